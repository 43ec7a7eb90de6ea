# What `grade` found as gradebooks that platforms import: Moodle's grading worksheet (one grade a person,
# and feedback) and Canvas's gradebook (a column for each exercise).
#
# Who is who: a platform's download names each hand-in by the person's number, which is enough. Otherwise
# --roster names a file that the platform has exported, and the hand-in's name is looked for in it.
# Whoever cannot be told from others is left out, and said.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tool.course.layout import USAGE, WorkbookError
from tool.instructor import archive
from tool.instructor.grade_pages import for_student
from tool.instructor.grade_report import FORMULA, points
from tool.instructor.graded import LOOK, MISSING, NOT_JUDGED, UNREADABLE

if TYPE_CHECKING:
    from tool.course.layout import Exercise
    from tool.instructor.graded import Graded

IDENTIFIER, NAME, GRADE, MOST = "Identifier", "Full name", "Grade", "Maximum Grade"
MODIFIED, FEEDBACK = "Last modified (grade)", "Feedback comments"
WORKSHEET = [IDENTIFIER, NAME, GRADE, MOST, MODIFIED, FEEDBACK]
STUDENT, ID, SECTION, POSSIBLE = "Student", "ID", "Section", "Points Possible"
EXPORT = [STUDENT, ID, "SIS User ID", "SIS Login ID", SECTION]
IN_MOODLES_NAME = re.compile(r"(.+)_(\d+)_assignsubmission_")  # of a hand-in in its download
NUMBER_OF_MOODLES = re.compile(r"\d_assignsubmission")
IN_CANVASS_NAME = re.compile(r"(.+)_(\d{2,})")  # and ex01_group_7 has none
OUR_COLUMN = re.compile(r"ex\d\d(_\w+)?( \(\d+\))?", re.IGNORECASE)  # whatever column_for() finds
NEEDED = {"moodle": (IDENTIFIER, GRADE, MODIFIED), "canvas": (ID, SECTION)}
NAMED_BY = {
    "moodle": (NAME, "ID number", "Email address"),
    "canvas": (STUDENT, ID, "SIS User ID", "SIS Login ID"),
}
OPEN = (LOOK, NOT_JUDGED, UNREADABLE)  # no grade until somebody has had a look
MOST_TOLD = 20  # names in one line


@dataclass(frozen=True)
class Roster:
    """A platform's own table."""

    file: str
    columns: list[str]
    rows: list[list[str]]  # of people
    possible: list[str]  # Canvas's row of points

    def at(self, name: str) -> int | None:
        """Of a column; Moodle has changed the case of some."""
        there = [one.strip().casefold() for one in self.columns]
        return there.index(name.casefold()) if name.casefold() in there else None

    def cell(self, row: list[str], name: str) -> str:
        place = self.at(name)
        return "" if place is None else row[place].strip()

    def who(self, number: str, name: str, form: str) -> list[list[str]]:
        """The rows that may be this hand-in's."""
        if number:
            key = IDENTIFIER if form == "moodle" else ID
            found = [row for row in self.rows if re.fullmatch(rf"\D*0*{int(number)}", self.cell(row, key))]
            if found or form == "moodle":
                return found
        return [row for row in self.rows if name.casefold() in self._names(row, form)]

    def _names(self, row: list[str], form: str) -> set[str]:
        said = {self.cell(row, column).casefold() for column in NAMED_BY[form]} - {""}
        return said | {one.partition("@")[0] for one in said if "@" in one[1:]}


@dataclass(frozen=True)
class Person:
    name: str  # as the hand-in says
    number: str
    row: list[str]  # the roster's; without one empty
    found: list[Graded]


def read_roster(form: str, said: str) -> Roster:
    try:
        text = Path(said).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise WorkbookError(f"--roster: {said}: {error.strerror}", USAGE) from None
    except UnicodeDecodeError:
        raise WorkbookError(f"--roster: {said} is no text in UTF-8", USAGE) from None
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if any(row)]
    except csv.Error as error:
        raise WorkbookError(f"--roster: {said} is no table: {error}", USAGE) from None
    if not table:
        raise WorkbookError(f"--roster: {said} is empty", USAGE)
    columns = table[0]
    rows = [(row + [""] * len(columns))[: len(columns)] for row in table[1:]]
    found = Roster(said, columns, rows, [])
    for name in NEEDED[form]:
        if found.at(name) is None:
            raise WorkbookError(
                f"--roster: {said} has no column '{name}', as {form.title()}'s export in English has", USAGE
            )
    return checked_worksheet(found) if form == "moodle" else without_other_rows(found)


def checked_worksheet(found: Roster) -> Roster:
    for row in found.rows:
        if said := found.cell(row, MOST):
            number_of(found, said)
    return found


def without_other_rows(found: Roster) -> Roster:
    """Canvas's table has rows above the people's: how each column is posted, and its points."""
    possible = [row for row in found.rows if POSSIBLE in row[0]]
    if not possible:
        raise WorkbookError(f"--roster: {found.file} has no row '{POSSIBLE}', as Canvas's export has", USAGE)
    for column, said in zip(found.columns, possible[0]):
        if OUR_COLUMN.fullmatch(column.strip()) and said.strip():
            number_of(found, said.strip())  # now, and not after an hour of judging
    people = [row for row in found.rows if any(row[:2]) and row not in possible]
    return Roster(found.file, found.columns, people, possible[0])


def number_of(roster: Roster, said: str) -> float:
    if not re.fullmatch(r"\d+([.,]\d+)?", said):
        raise WorkbookError(f"--roster: {roster.file}: '{said}' is no maximum of points", USAGE)
    return float(said.replace(",", "."))


def text(form: str, found: list[Graded], seed: int, roster: Roster | None) -> tuple[str, list[str]]:
    """The file, and what is to be said of it."""
    told: list[str] = []
    people = everybody(form, found, roster, told)
    table = (moodle if form == "moodle" else canvas)(people, found, seed, roster)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([plain(cell) for cell in row] for row in table)
    return out.getvalue(), told


def plain(cell: str) -> str:
    """One line that no spreadsheet runs. PHP takes a quote behind a backslash for a part of the cell."""
    cell = " ".join(cell.splitlines()).replace("\\", "/")
    return "'" + cell if cell.startswith(FORMULA) and cell != "-" else cell


def everybody(form: str, found: list[Graded], roster: Roster | None, told: list[str]) -> list[Person]:
    by_name: dict[str, list[Graded]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    people, lost = [], []
    for name, theirs in by_name.items():
        shown, number = identity(form, name)
        rows = roster.who(number, shown, form) if roster else [[]]
        if len(rows) > 1:
            told.append(f"--{form}: {name} may be any of {len(rows)} rows of the roster; left out")
        elif not rows or (form == "moodle" and not roster and not number):
            lost.append(name)
        else:
            people.append(Person(shown, number, rows[0], theirs))
    if lost:
        why = f"not in {roster.file}" if roster else "no participant's number in the name; see --roster"
        told.append(f"--{form}: left out ({why}): {listed(lost)}")
    return once(form, people, told)


def once(form: str, people: list[Person], told: list[str]) -> list[Person]:
    """Nobody can have two grades, and which hand-in counts is not ours to say."""
    groups: dict[str, list[Person]] = {}
    for one in people:
        groups.setdefault(str(one.row or one.number or one.name), []).append(one)
    for key, group in groups.items():
        # A download with online text has two folders of each, one of them mostly without an answer.
        handed_in = [one for one in group if not all(g.verdict == MISSING for g in one.found)]
        groups[key] = group = handed_in or group[:1]
        if len(group) > 1:
            names = listed([one.found[0].name for one in group])
            told.append(f"--{form}: hand-ins of one person; left out: {names}")
    return [group[0] for group in groups.values() if len(group) == 1]


def identity(form: str, name: str) -> tuple[str, str]:
    """What a hand-in's name says: who, and the platform's number."""
    last = name.rpartition("/")[2]
    in_name = IN_MOODLES_NAME.match(last) if form == "moodle" else None
    if in_name and NUMBER_OF_MOODLES.search(in_name[1] + "_"):  # two: one of them a student's invention
        return last, ""
    last = archive.stem(last)
    in_name = in_name or (IN_CANVASS_NAME.fullmatch(last) if form == "canvas" else None)
    return (in_name[1], in_name[2]) if in_name else (last, "")


def listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return ", ".join(names[:MOST_TOLD]) + more


def exercises_of(found: list[Graded]) -> dict[Exercise, int]:
    """Each with its points, in their order."""
    most: dict[Exercise, int] = {}
    for one in found:
        if one.exercise:
            most[one.exercise] = max(most.get(one.exercise, 0), one.core)
    return dict(sorted(most.items(), key=lambda item: item[0].name))


def has(one: Graded) -> int:
    return sum(points(one, outcome)[0] for outcome in one.outcomes)


def scaled(number: float, most: int, theirs: float) -> str:
    """Of our points, as many of the platform's."""
    return f"{number * theirs / most:.2f}".rstrip("0").rstrip(".") if most else ""


def moodle(people: list[Person], found: list[Graded], seed: int, roster: Roster | None) -> list[list[str]]:
    most = sum(exercises_of(found).values())
    made = roster or Roster("", WORKSHEET, [], [])
    table = [made.columns]
    for one in people:
        row = one.row or [f"Participant {one.number}", one.name, "", str(most), "-", ""]
        theirs = made.cell(row, MOST)
        ours: dict[str, str] = {FEEDBACK: as_html("\n\n".join(for_student(g, seed) for g in one.found))}
        if not any(g.verdict in OPEN for g in one.found):
            ours[GRADE] = scaled(sum(map(has, one.found)), most, number_of(made, theirs) if theirs else most)
        table.append([ours.get(column_of(made, n), cell) for n, cell in enumerate(row)])
    return table


def column_of(roster: Roster, place: int) -> str:
    return next((name for name in (GRADE, FEEDBACK) if roster.at(name) == place), "")


def as_html(said: str) -> str:
    """As Moodle takes a comment."""
    return f"<pre>{html.escape(said)}</pre>".replace("\n", "<br>")


def canvas(people: list[Person], found: list[Graded], _: int, roster: Roster | None) -> list[list[str]]:
    """Whoever has exercises of these names as assignments there finds them filled in."""
    most = exercises_of(found)
    made = roster or Roster("", EXPORT, [], [f"    {POSSIBLE}"])
    known = (made.at(SECTION) or 0) + 1
    heads = {one: column_for(made, one) for one in most}
    theirs = {one: possible(made, heads[one], most[one]) for one in most}
    table = [
        [*made.columns[:known], *heads.values()],
        [*(made.possible + [""] * known)[:known], *(scaled(1, 1, theirs[one]) for one in most)],
    ]
    for one in people:
        row = one.row or [one.name, one.number, "", "", ""]
        cells = [mark(one.found, exercise, most[exercise], theirs[exercise]) for exercise in most]
        table.append([*row[:known], *cells])
    return table


def column_for(roster: Roster, exercise: Exercise) -> str:
    """`ex01_threads (4711)`, if there is one; an assignment of that name will be made otherwise."""
    for column in roster.columns:
        if re.fullmatch(rf"({exercise.name}|{exercise.id})( \(\d+\))?", column.strip(), re.IGNORECASE):
            return column
    return exercise.name


def possible(roster: Roster, head: str, most: int) -> float:
    if head in roster.columns and (said := roster.possible[roster.columns.index(head)].strip()):
        return number_of(roster, said)
    return most


def mark(found: list[Graded], exercise: Exercise, most: int, theirs: float) -> str:
    for one in found:
        if one.exercise in (exercise, None):
            return "" if one.verdict in OPEN else scaled(has(one), most, theirs)
    return ""  # not worked on
