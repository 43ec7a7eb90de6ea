# report_sizes [--sample] BUILD [NAME...]: do the reports on the wrong answers that are built there fit
# their page? NAME: bad02 or bad02.if_for_while; all without one. --sample: a few of each exercise.
#
# No line is wider than 100 columns, or than 60 or 40 where COLUMNS says so, and none is cut off there:
# all but a line to be copied and what has no space at which it could be broken. A report has 45 rows at
# most, without the promise and what was said on stderr.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import os
import re
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import USAGE, WorkbookError
from tool.judging import judged

WIDEST = 100
PAGES = (None, 60, 40)  # what COLUMNS says; nothing
IN_COLUMNS = 80  # a narrower page has no table, whose rows would be cut off
MOST_ROWS = 45
OF_EACH = 3  # answers of an exercise, in a sample
AT_ONCE = 4  # some wait for long and use no processor meanwhile
TO_COPY = "WORKBOOK_REPLAY="
PROMISE = "Broken promise: "
# The first line that is not what the program itself printed.
BEGIN = re.compile(rf"{PROMISE}|The\s+case|Gave up after |Left running |Ended: ")
ON_STDERR = re.compile(r"Said on stderr:|  on stderr it said: ")


@dataclass(frozen=True)
class Broken:
    """A promise that a wrong answer breaks."""

    answer: str
    checker: str
    sentence: str


@dataclass(frozen=True)
class Size:
    columns: int
    rows: int


def broken_promises(build: Path, names: list[str]) -> list[Broken]:
    """Of the wrong answers whose checkers have been built."""
    found = []
    for one in judged.checks(build):
        wanted = not names or one.name in names or one.name.split(".")[0] in names
        if one.name.startswith("bad") and one.command[1:2] == ("--fails",) and wanted:
            if os.access(one.command[0], os.X_OK):
                found += [Broken(one.name, one.command[0], said) for said in one.command[2:]]
    return found


def sample(all_of_them: list[Broken]) -> list[Broken]:
    """The same ones each time, and not those whose names come first."""
    found = []
    for _, group in itertools.groupby(all_of_them, lambda one: one.answer.split(".")[0]):
        by_answer = sorted(group, key=lambda one: zlib.crc32(one.answer.encode()))
        for _, promises in itertools.islice(itertools.groupby(by_answer, lambda one: one.answer), OF_EACH):
            found.append(next(promises))
    return found


def report_of(one: Broken, columns: int | None) -> str:
    ours = ("WORKBOOK_", "COLUMNS")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    if columns is not None:
        environment["COLUMNS"] = str(columns)
    command = [one.checker, one.sentence]
    ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    return ended.stdout.decode("utf-8", "replace") if ended.returncode == 1 else ""


def told(report: str) -> list[str]:
    """Its rows without what is not the report's own: the promise, and what the program said."""
    lines = report.splitlines()
    first = next((at for at, line in enumerate(lines) if BEGIN.match(line)), len(lines))
    rows: list[str] = []
    skipping = ""
    for line in lines[first:]:
        if line.startswith(PROMISE):
            skipping = PROMISE
        elif ON_STDERR.match(line):
            skipping = " "
        elif skipping == PROMISE and line[:1].islower() and not re.search(r", found in\b", line):
            pass  # the sentence goes on
        elif not (skipping == " " and line.startswith("  ")) or line.startswith("  tests/"):
            skipping = ""
        if not skipping:
            rows.append(line)
    return rows


def is_too_wide(line: str, columns: int) -> bool:
    can_be_broken = " " in line.strip() and TO_COPY not in line
    cut_off = columns < IN_COLUMNS and len(line) == columns and line.endswith("..")
    return cut_off or (len(line) > columns and can_be_broken)


def problems(one: Broken) -> tuple[list[str], Size]:
    """What does not fit; and the size of the report, for the widest page."""
    found = []
    size = Size(0, 0)
    for columns in PAGES:
        rows = told(report_of(one, columns))
        begin = f"{one.answer}: {one.sentence}: COLUMNS={columns or ''}: "
        if not rows:
            found.append(f"{begin}no report on a broken promise")
        found += [f"{begin}{row}" for row in rows if is_too_wide(row, columns or WIDEST)]
        if columns is None:
            size = Size(max((len(row) for row in rows if TO_COPY not in row), default=0), len(rows))
            if size.rows > MOST_ROWS:
                found.append(f"{begin}{size.rows} rows")
    return found, size


def main(argv: list[str]) -> int:
    words = [word for word in argv if word != "--sample"]
    if not words:
        raise WorkbookError("usage: python3 scripts/tool report_sizes [--sample] BUILD [NAME...]", USAGE)
    chosen = broken_promises(Path(words[0]), words[1:])
    if "--sample" in argv:
        chosen = sample(chosen)
    if not chosen:
        raise WorkbookError(f"{words[0]}: no wrong answer is built there", USAGE)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looked_at = list(pool.map(problems, chosen))
    for line in itertools.chain.from_iterable(found for found, _ in looked_at):
        print(line)
    widest = max(zip(looked_at, chosen), key=lambda one: one[0][1].columns)
    longest = max(zip(looked_at, chosen), key=lambda one: one[0][1].rows)
    print(
        f"{len(chosen)} reports on {len({one.answer for one in chosen})} wrong answers, of which "
        f"{sum(bool(found) for found, _ in looked_at)} do not fit; the widest has "
        f"{widest[0][1].columns} columns ({widest[1].answer}), the longest {longest[0][1].rows} rows "
        f"({longest[1].answer})"
    )
    return 1 if any(found for found, _ in looked_at) else 0
