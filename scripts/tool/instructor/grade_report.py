# What `grade` found: as a table for people and as CSV. grade_forms.py knows the other forms, too.
#
# Each core promise is worth a point, stretch none. An answer that needs a look has no points until
# somebody had it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tool.console.terminal import paint
from tool.judging import judge
from tool.judging.board import in_full
from tool.judging.judge import PASSED, Outcome

if TYPE_CHECKING:
    from tool.instructor.graded import Graded

STYLES = {"passed": "green", "not yet": "yellow", "not started": "dim"}  # all else is red
# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    *("hand-in", "exercise", "verdict", "core", "of core", "stretch", "of stretch"),
    *("first broken promise", "remarks", "seed"),
)
MOST_TEXT = 20_000  # characters of one case's output


def passed_of(one: Graded, stretch: bool) -> tuple[int, int]:
    verdicts = [o.verdict for o in one.outcomes if o.case.stretch == stretch]
    return verdicts.count(PASSED), len(verdicts)


def remarks(one: Graded) -> str:
    return "; ".join([*one.odd, *one.why.splitlines()[:1], *one.remarks])


def table(found: list[Graded]) -> str:
    """A line for each; below it what is to be known of those that did not pass."""
    if not found:
        return ""
    name = max(len("hand-in"), *(len(one.name) for one in found))
    exercise = max(len("exercise"), *(len(name_of(one)) for one in found))
    verdict = max(len(one.verdict) for one in found)
    lines = [f"{'hand-in':{name}}  {'exercise':{exercise}}  {'verdict':{verdict}}   core  stretch"]
    for one in found:
        core, stretch = (counted(one, flag) for flag in (False, True))
        shown = paint(f"{one.verdict:{verdict}}", STYLES.get(one.verdict, "red"))
        lines.append(
            f"{one.name:{name}}  {name_of(one):{exercise}}  {shown}  {core:>5}  {stretch:>7}"
        )
    return "\n".join([*lines, *details(found)]) + "\n"


def name_of(one: Graded) -> str:
    return one.exercise.name if one.exercise else "-"


def id_of(one: Graded) -> str:
    return one.exercise.id if one.exercise else "-"


def same_at_home(one: Graded, seed: int) -> str:
    """The command that checks with the same numbers."""
    return f"WORKBOOK_NUMBERS={seed} scripts/workbook check {id_of(one)}"


def counted(one: Graded, stretch: bool) -> str:
    count, total = passed_of(one, stretch)
    return f"{count}/{total}" if total else "-"


def details(found: list[Graded]) -> list[str]:
    lines = []
    for one in found:
        parts = [f"  odd: {what}" for what in one.odd]
        parts += [f"  {what}" for what in one.remarks]
        parts += [f"  {line}".rstrip() for line in one.why.splitlines()]
        first = judge.first_broken(one.outcomes)
        if first is not None and len(found) > 1:
            parts.append(f'  step {first.case.step}, {first.verdict}: "{first.case.sentence}"')
        elif first is not None:  # a single one: the whole report
            parts += [f"  {line}".rstrip() for line in in_full(first).splitlines()]
        if parts:
            lines += ["", f"{one.name}, {name_of(one)}: {one.verdict}", *parts]
    return lines


def csv_text(found: list[Graded], seed: int) -> str:
    """`seed`: of the tests' numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        first = judge.first_broken(one.outcomes)
        row = [one.name, name_of(one), one.verdict]
        row += [str(number) for flag in (False, True) for number in passed_of(one, flag)]
        row += [first.case.sentence if first else "", remarks(one), str(seed)]
        writer.writerow(["'" + cell if cell.startswith(FORMULA) else cell for cell in row])
    return out.getvalue()


def shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n... the rest is left out"


def points(one: Graded, outcome: Outcome) -> tuple[int, int]:
    """(points, points at most)."""
    most = 0 if outcome.case.stretch else 1
    return (most if outcome.verdict == PASSED and not one.odd else 0), most
