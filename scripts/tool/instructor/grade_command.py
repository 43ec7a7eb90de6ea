# `grade`: what it takes; grade.py does it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path

from tool.console.command_line import Command, Parser, whole_number
from tool.course.layout import USAGE, WorkbookError
from tool.instructor import grade
from tool.instructor.grade_record import MOST_SEED

FORMS = {
    "csv": "for a spreadsheet",
    "junit": "JUnit's XML",
    "gradescope": "Gradescope's results.json",
    "classroom": "the results of a GitHub Classroom autograder",
    "html": "a page for instructors: each report folded, with the hand-in's lines",
    "moodle": "Moodle's grading worksheet: points and feedback",
    "canvas": "Canvas's gradebook: a column for each exercise",
    "save": "for --merge",
}


def grade_arguments(reader: Parser) -> None:
    reader.add_argument(
        "hand_ins", nargs="+", metavar="DIR", help="a hand-in each, or a .zip, .tar.gz or .tar.xz"
    )
    reader.exercise(
        "this one, also if it is untouched; may be repeated (all that were worked on)",
        name="--exercise",
        action="append",
        default=[],
    )
    reader.add_argument(
        "--class", action="store_true", dest="each", help="DIR holds a hand-in for each student"
    )
    for form, what in FORMS.items():
        reader.add_argument(f"--{form}", metavar="FILE", help=what)
    reader.add_argument(
        "--roster", metavar="FILE", help="the worksheet or gradebook that Moodle or Canvas exported: who is who"
    )
    reader.add_argument("--feedback", metavar="DIR", help="a text for each student goes there")
    reader.add_argument(
        "--part", metavar="I/N", default="1/1", help="only this part of them: 2/8, every eighth from the second"
    )
    reader.add_argument(
        "--seed", metavar="N", help="of the tests' numbers, as an earlier run has said (one is drawn)"
    )
    reader.flag("--merge", "DIR is a file from --save: put several machines' parts together")


def run_grade(root: Path, options: Namespace) -> int:
    files = {form: getattr(options, form) for form in FORMS}
    asked = grade.Asked(
        options.hand_ins,
        options.exercise,
        {form: name for form, name in files.items() if name},
        options.each,
        options.feedback or "",
        part_of(options.part),
        0 if options.seed is None else whole_number("--seed", options.seed, MOST_SEED),
        options.roster or "",
    )
    if not options.merge:
        return grade.grade(root, asked)
    if options.exercise or options.each or asked.part != (1, 1) or asked.seed:
        raise WorkbookError(
            "--merge takes all that was saved: no --exercise, --class, --part or --seed", USAGE
        )
    return grade.merge(root, asked)


def part_of(said: str) -> tuple[int, int]:
    part = re.fullmatch("([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", said)
    if not part or int(part.group(1)) > int(part.group(2)):
        raise WorkbookError(f"--part: '{said}' is no part such as 2/8", USAGE)
    return int(part.group(1)), int(part.group(2))


COMMAND = Command(
    "grade",
    "judge hand-ins that nobody has read, each in a sandbox; see WORKBOOK.md",
    run_grade,
    grade_arguments,
    (
        ("grade submissions/* --csv marks.csv", ""),
        ("grade anna --exercise ex03", "one exercise only"),
        ("grade --class download.zip", "a folder or an archive of each student in it"),
        ("grade --class download.zip --part 2/8 --seed 7 --save part2", "on the second of 8 machines"),
        ("grade --merge part* --csv marks.csv", "their parts in one table"),
        ("grade --class download.zip --moodle marks.csv --roster worksheet.csv", "for import there"),
    ),
    "grade needs bubblewrap. A hand-in reaches neither network, files nor other hand-ins, and "
    "cannot use up the machine. Tests and answer share one process, though, so code that sets "
    "out to can mislead them: what it would need for that is looked for, and an answer that "
    'has some of it "needs a look" and does not pass. Broken off, the same command goes on.',
)
