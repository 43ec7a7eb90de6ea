# proofs [--renew] BUILD/bin/refNN...: is WORKBOOK.md's table of the explored promises that are not
# proved still true? Every explored case of these checkers, which judge solutions, is searched for a
# proof, and must come to one unless the table names it. A case that the table says has too many
# schedules is not searched again; --renew searches them all, for minutes, and writes the table.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tool.building.build_folder import Case, built
from tool.course.layout import Exercise, WorkbookError, checkout_root, exercises, write_atomically

# Schedules of a search: enough for 100,000 that differ, as a rule.
BUDGET = {"WORKBOOK_PROOF": "150000", "WORKBOOK_EXPLORE_SECONDS": "600"}
# A checker's lines, one of each search: what must be so was so in all schedules, or in one, or ...
PROVED = re.compile("^passed: .*a proof$|^found: ", re.MULTILINE)
# ... there is no telling.
OPEN = re.compile(r"^\s*no proof after \d+ schedules, (\d+) of them different: (.*)$", re.MULTILINE)
NOT_AGAIN = ("there are more", "there was no more time")  # what is not searched in each check
TABLE = re.compile(r"(?<=<!-- proofs begin -->\n\n)(?:\|.*\n)*(?=\n<!-- proofs end -->)")
HEAD = "| exercise | promise | schedules that differ, until the search ended | because |\n|---|---|---|---|\n"
ROW = re.compile(r"\| \[(ex\d\d)\]\(#\w+\) \| (.*) \| ([\d,]+) \| (.*) \|")


@dataclass(frozen=True)
class Row:
    exercise: str
    sentence: str
    different: int
    why: str


def row_of(exercise: Exercise, case: Case, output: str) -> Row | None:
    """What the table must say of the case; None if it is proved."""
    lacking = OPEN.findall(output)
    if not lacking and not PROVED.search(output):
        raise WorkbookError(f"{exercise.id}: {case.sentence}: no word of a proof in:\n{output}")
    return Row(exercise.id, case.sentence, int(lacking[0][0]), lacking[0][1]) if lacking else None


def searched(checker: Path, exercise: Exercise, case: Case) -> Row | None:
    words = [str(checker), "--show", case.sentence]
    environment = {**BUDGET, **os.environ}  # who renews may want to wait for less
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0 and not OPEN.search(done.stdout):
        raise WorkbookError(f"{exercise.id}: {case.sentence}:\n{done.stdout}{done.stderr}")
    return row_of(exercise, case, done.stdout)


def rows_of(text: str) -> list[Row]:
    """Of WORKBOOK.md's table."""
    table = TABLE.search(text)
    if not table:
        raise WorkbookError("WORKBOOK.md: no table between <!-- proofs begin --> and <!-- proofs end -->")
    rows = []
    for line in table.group(0).splitlines()[HEAD.count("\n") :]:
        cells = ROW.fullmatch(line)
        if not cells:
            raise WorkbookError(f"WORKBOOK.md: this is no row of a promise that is not proved: {line}")
        rows.append(Row(cells[1], cells[2], int(cells[3].replace(",", "")), cells[4]))
    return rows


def table_of(rows: list[Row], names: dict[str, str]) -> str:
    lines = [
        f"| [{one.exercise}](#{names[one.exercise]}) | {one.sentence} | {one.different:,} | {one.why} |\n"
        for one in sorted(rows, key=lambda one: one.exercise)
    ]
    return HEAD + "".join(lines)


def wrong_rows(checker: Path, exercise: Exercise, cases: list[Case], rows: list[Row]) -> list[str]:
    """What the table does not say of this exercise's cases, and what it says and is not so."""
    said = {one.sentence: one for one in rows}
    explored = {case.sentence for case in cases}
    wrong = [f"it names {one!r}, which is no explored promise" for one in said if one not in explored]
    for case in cases:
        expected = said.get(case.sentence)
        if expected and expected.why in NOT_AGAIN:
            continue
        found = searched(checker, exercise, case)
        if found and not expected:
            wrong.append(f"it lacks {case.sentence!r}: {found.why}")
        elif expected and not found:
            wrong.append(f"it names {case.sentence!r}, which is proved")
        elif expected and found and expected.why != found.why:
            wrong.append(f"it says {expected.why!r} of {case.sentence!r}, and the search {found.why!r}")
    return [f"WORKBOOK.md's table of what is not proved, {exercise.id}: {line}" for line in wrong]


def explored_cases(root: Path, checker: Path) -> tuple[Exercise, list[Case]]:
    named = re.fullmatch(r"ref(\d\d)", checker.name)
    found = [one for one in exercises(root) if named and one.number == named[1]]
    if not found or not checker.is_file():
        raise WorkbookError(f"{checker} is no built checker of a solution")
    return found[0], [one for one in built(checker.parent.parent, found[0]).cases if one.explore]


def main(argv: list[str]) -> int:
    renew = argv[:1] == ["--renew"]
    checkers = [Path(word) for word in argv[renew:]]
    if not checkers:
        print("usage: python3 scripts/tool proofs [--renew] BUILD/bin/refNN...", file=sys.stderr)
        return 2
    root = checkout_root()
    book = root / "WORKBOOK.md"
    rows = rows_of(book.read_text(encoding="utf-8"))
    wrong: list[str] = []
    for checker in checkers:
        exercise, cases = explored_cases(root, checker)
        mine = [one for one in rows if one.exercise == exercise.id]
        if not renew:
            wrong += wrong_rows(checker, exercise, cases, mine)
            continue
        found = [searched(checker, exercise, case) for case in cases]
        rows = [one for one in rows if one not in mine] + [one for one in found if one]
        text = book.read_text(encoding="utf-8")
        table = table_of(rows, {one.id: one.name for one in exercises(root)})
        write_atomically(book, TABLE.sub(lambda _: table, text).encode())
    print("".join(f"{line}\n" for line in wrong), end="")
    return 1 if wrong else 0
