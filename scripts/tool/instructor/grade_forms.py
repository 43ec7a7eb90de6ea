# The forms in which `grade` writes what it found into files, by the names of its options.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tool.course.layout import USAGE, WorkbookError, output_file, write_atomically
from tool.instructor import grade_junit, grade_pages, grade_platforms, grade_report

if TYPE_CHECKING:
    from tool.instructor.grade_record import Saved

FORMS = {
    "csv": grade_report.csv_text,
    "junit": grade_junit.text,
    "gradescope": grade_platforms.gradescope,
    "classroom": grade_platforms.classroom,
    "html": grade_pages.for_instructors,
}
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
    return {form: output_file(f"--{form}", name) for form, name in files.items()}


def write_all(files: dict[str, Path], saved: Saved) -> None:
    for form, path in files.items():
        text = saved.text() if form == SAVE else FORMS[form](saved.found)
        write_atomically(path, text.encode("utf-8", "replace"))
