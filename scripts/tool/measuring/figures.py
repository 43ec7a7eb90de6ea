# The text's figures. scripts/book/figures.csv has each of them once: what `bench --book` measured,
# what was measured in another way (it stays until somebody measures it again), and, in the rows
# named GIVEN, what is no measurement, such as a time that a program is told to wait.
# text_figures.py finds them in the text. What `bench --csv` writes has the same form.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import WorkbookError

FILE = "scripts/book/figures.csv"
COLUMNS = ["exercise", "row", "column", "value", "unit"]
GIVEN = "given"
MACHINE = "machine"


@dataclass(frozen=True)
class Figure:
    """A line of the file."""

    exercise: str
    row: str
    column: str
    value: str
    unit: str


def read_file(path: Path) -> list[Figure]:
    try:
        with open(path, encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except FileNotFoundError:
        return []
    if any(list(row) != COLUMNS or None in row.values() for row in rows):
        its = ", ".join(COLUMNS)
        raise WorkbookError(f"{path.name} is not what bench --csv writes: its columns are {its}")
    return [Figure(**row) for row in rows]


def as_csv(figures: list[Figure]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows([one.exercise, one.row, one.column, one.value, one.unit] for one in figures)
    return text.getvalue().encode()


def name_of(figure: Figure) -> tuple[str, str, str]:
    return figure.exercise, figure.row, figure.column


def merged(old: list[Figure], new: list[Figure]) -> list[Figure]:
    """The old ones in their order, with the new values; what is quite new at the end."""
    by_name = {name_of(one): one for one in new}
    kept = [by_name.pop(name_of(one), one) for one in old]
    return [*kept, *by_name.values()]
