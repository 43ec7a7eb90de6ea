# The commands of instructors and authors: what each takes, and where its work is done.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path

from tool.console.command_line import Command, Parser, cores, whole_number
from tool.course.layout import USAGE, WorkbookError
from tool.student import student


def verify_arguments(reader: Parser) -> None:
    reader.flag("--quick", "leave out the long cases")
    reader.add_argument(
        "-j", "--jobs", metavar="N", default=str(cores()), help="at once (%(default)s)"
    )


def run_verify(root: Path, options: Namespace) -> int:
    jobs = whole_number("-j", options.jobs, 999)
    from tool.author import verify

    return verify.verify(root, options.quick, jobs)


def mutants_arguments(reader: Parser) -> None:
    reader.exercise("default: all", name="exercises", nargs="*")


def run_mutants(root: Path, options: Namespace) -> int:
    from tool.author import mutants

    return mutants.mutants(root, options.exercises)


FORMS = {
    "csv": "for a spreadsheet",
    "junit": "JUnit's XML",
    "gradescope": "Gradescope's results.json",
    "classroom": "the results of a GitHub Classroom autograder",
    "html": "a page for instructors: each report folded, with the hand-in's lines",
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
    reader.add_argument("--feedback", metavar="DIR", help="a text for each student goes there")
    reader.add_argument(
        "--part", metavar="I/N", default="1/1", help="only this part of them: 2/8, every eighth from the second"
    )
    reader.flag("--merge", "DIR is a file from --save: put several machines' parts together")


def run_grade(root: Path, options: Namespace) -> int:
    from tool.instructor import grade

    files = {form: getattr(options, form) for form in FORMS}
    asked = grade.Asked(
        options.hand_ins,
        options.exercise,
        {form: name for form, name in files.items() if name},
        options.each,
        options.feedback or "",
        part_of(options.part),
    )
    if not options.merge:
        return grade.grade(root, asked)
    if options.exercise or options.each or asked.part != (1, 1):
        raise WorkbookError("--merge takes all that was saved: no --exercise, --class or --part", USAGE)
    return grade.merge(root, asked)


def part_of(said: str) -> tuple[int, int]:
    part = re.fullmatch("([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", said)
    if not part or int(part.group(1)) > int(part.group(2)):
        raise WorkbookError(f"--part: '{said}' is no part such as 2/8", USAGE)
    return int(part.group(1)), int(part.group(2))


def accept_arguments(reader: Parser) -> None:
    reader.exercise("whose stub it is", name="exercises", nargs="+")


def new_arguments(reader: Parser) -> None:
    reader.add_argument("what", choices=["exercise"], help="the word exercise")
    reader.add_argument("name", metavar="NAME", help="barriers, or ex15_barriers for a number")


def new(root: Path, options: Namespace) -> int:
    from tool.author import new_exercise

    return new_exercise.new_exercise(root, options.name)


def handout_arguments(reader: Parser) -> None:
    reader.add_argument("file", metavar="FILE", help="the archive: .zip, .tar.gz or .tgz")


def run_handout(root: Path, options: Namespace) -> int:
    from tool.instructor import handout

    return handout.handout(root, options.file)


COMMANDS = [
    Command(
        "verify",
        "the project's own tests",
        run_verify,
        verify_arguments,
        (("verify --quick -j 2", ""),),
        "Solutions, fresh and half-filled stubs, wrong and right answers, the text and this tool. "
        "What has passed as it is now is not run again.",
    ),
    Command(
        "grade",
        "judge hand-ins that nobody has read, each in a sandbox; see WORKBOOK.md",
        run_grade,
        grade_arguments,
        (
            ("grade submissions/* --csv marks.csv", ""),
            ("grade anna --exercise ex03", "one exercise only"),
            ("grade --class download.zip", "a folder or an archive of each student in it"),
            ("grade --class download.zip --part 2/8 --save part2", "on the second of 8 machines"),
            ("grade --merge part* --csv marks.csv", "their parts in one table"),
        ),
        "grade needs bubblewrap. A hand-in reaches neither network, files nor other hand-ins, and "
        "cannot use up the machine. Tests and answer share one process, though, so code that sets "
        "out to can mislead them: what it would need for that is looked for, and an answer that "
        'has some of it "needs a look" and does not pass. Broken off, the same command goes on.',
    ),
    Command(
        "handout",
        "the workbook for students, in an archive that works by itself",
        run_handout,
        handout_arguments,
        (("handout workbook.zip", ""),),
        "Stubs are as handed out. Solutions, and the wrong answers that bug hunts lay out, are sealed: "
        "the build and the commands open what they need, and no search finds a word of them. A seal "
        "is no lock, though.",
    ),
    Command(
        "mutants",
        "for authors: changes one place of a solution at a time, and lists what no case caught",
        run_mutants,
        mutants_arguments,
        (("mutants ex15", ""),),
    ),
    Command(
        "accept",
        "for authors: the stubs as they are now are the ones handed out",
        lambda root, options: student.accept(root, options.exercises),
        accept_arguments,
        (("accept ex15", ""),),
    ),
    Command(
        "new",
        "for authors: a tiny exercise to begin from",
        new,
        new_arguments,
        (("new exercise barriers", "with the next number"),),
    ),
]
