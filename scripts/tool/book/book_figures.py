# The book's page of this machine's figures: what `bench --csv .workbook/bench.csv` saved.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import datetime
import itertools
from pathlib import Path

from tool.measuring.figures import Figure, read_file

NAME = "this-machine"
TITLE = "This machine's figures"


def figures_file(root: Path) -> Path:
    return root / ".workbook" / "bench.csv"


def page(root: Path) -> str | None:
    """None if nothing was measured here."""
    path = figures_file(root)
    if not path.is_file():
        return None
    rows = read_file(path)
    day = datetime.date.fromtimestamp(path.stat().st_mtime)
    text = f"# {TITLE}\n\nMeasured here on {day}, by\n"
    text += "`scripts/workbook bench --csv .workbook/bench.csv`;\n"
    text += "[All of it, side by side](all-of-it-side-by-side.md) says how far such figures go.\n"
    for exercise, of_it in itertools.groupby(rows, lambda row: row.exercise):
        text += f"\n## {exercise}\n\nTo [its section]({exercise}.md).\n"
        for title, table in itertools.groupby(of_it, lambda row: row.row.partition(": ")[0]):
            text += f"\n### {title}\n\n{tabled(list(table))}\n"
    return text


def tabled(figures: list[Figure]) -> str:
    """A line for each row, a column for each of its figures."""
    columns = {one.column: one.unit for one in figures}
    names = [f"{name}, {unit}" if unit else name for name, unit in columns.items()]
    lines = [["", *names], ["---", *["--:"] * len(names)]]
    for row, cells in itertools.groupby(figures, lambda one: one.row.partition(": ")[2]):
        values = {one.column: one.value for one in cells}
        lines.append([row, *(values.get(name, "") for name in columns)])
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
