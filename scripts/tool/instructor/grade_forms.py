# The forms in which `grade` writes what it found into files, by the names of its options. In each but
# Canvas's gradebook stands the seed of the tests' numbers, which repeats the run.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tool.console.terminal import note
from tool.course.layout import USAGE, WorkbookError, output_file, write_atomically
from tool.instructor import grade_junit, grade_pages, grade_platforms, grade_report, gradebooks

if TYPE_CHECKING:
    from tool.instructor.grade_record import Saved
    from tool.instructor.gradebooks import Roster

FORMS = {
    "csv": grade_report.csv_text,
    "junit": grade_junit.text,
    "gradescope": grade_platforms.gradescope,
    "classroom": grade_platforms.classroom,
    "html": grade_pages.for_instructors,
}
GRADEBOOKS = ("moodle", "canvas")
SAVE = "save"  # as no reader but merging needs it
OF_ONE = ("gradescope", "classroom")


def output_files(files: dict[str, str], hand_ins: int) -> dict[str, Path]:
    """Refuses bad ones, before minutes of work are spent."""
    for form in files:
        if form in OF_ONE and hand_ins != 1:
            raise WorkbookError(
                f"--{form} is the result of one hand-in, and {hand_ins} are named: one at a time",
                USAGE,
            )
    paths: dict[str, Path] = {}
    for form, name in files.items():
        path = output_file(f"--{form}", name)
        for other in (one for one in paths if paths[one] == path):
            raise WorkbookError(f"--{form} and --{other}: one file, {name}; name two", USAGE)
        paths[form] = path
    return paths


def roster_for(files: dict[str, str], said: str) -> Roster | None:
    """A platform's table of people, if one is named."""
    if not said:
        return None
    asked = [form for form in GRADEBOOKS if form in files]
    if len(asked) != 1:
        raise WorkbookError("--roster goes with one of --moodle and --canvas, whose export it is", USAGE)
    if Path(said).resolve() == Path(files[asked[0]]).resolve():
        raise WorkbookError(f"--{asked[0]} and --roster: one file, {said}; name two", USAGE)
    return gradebooks.read_roster(asked[0], said)


def write_all(files: dict[str, Path], saved: Saved, roster: Roster | None = None) -> None:
    for form, path in files.items():
        told: list[str] = []
        if form in GRADEBOOKS:
            text, told = gradebooks.text(form, saved.found, saved.seed, roster)
        else:
            text = saved.text() if form == SAVE else FORMS[form](saved.found, saved.seed)
        write_atomically(path, text.encode("utf-8", "replace"))
        for line in told:
            note(line)
