# The tables that the exercises' programs print: which command prints which, and how to read one.
#
# Reading is strict. A table is the rows after its header line, which must stand in the output word
# for word; every row must have its label and all its figures. Anything else is an error, because a
# figure from the wrong column is worse than none.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass

from tool.course.layout import WorkbookError

FIGURE = r"-|-?\d+(?:\.\d+)?"  # a dash: does not apply here


@dataclass(frozen=True)
class Column:
    name: str
    unit: str = ""
    printed: bool = False  # the unit stands behind each figure


@dataclass(frozen=True)
class Table:
    title: str
    header: str  # as printed, but for the number of spaces; empty: the output begins with the rows
    rows: int
    columns: tuple[Column, ...]
    plot: str = ""  # the column to draw
    caption: str = ""  # the line above the header, if others have the same header
    label: str = ""  # what the rows' labels are
    labels: tuple[str, ...] = ()  # the rows' labels, if the program prints none
    remark: str = ""  # what may stand behind the figures, and belongs to the label
    in_prose: bool = False  # the text does not show it, but names some of its figures
    line: str = ""  # instead of a header: the first line that reads so, with # for each figure


@dataclass(frozen=True)
class Row:
    label: str
    figures: tuple[str, ...]  # as printed


@dataclass(frozen=True)
class Measurement:
    exercise: str
    arguments: tuple[str, ...]
    tables: tuple[Table, ...]
    python: bool = False  # of the twin


SPEED_UP = Column("speed-up")
TIME = Column("time", "ms", printed=True)


def ways_to_share(threads: int) -> Table:
    return Table(
        title=f"{threads} threads, three ways to share the numbers",
        caption=f"{threads} threads, three ways to share the numbers",
        header="time speed-up busiest thread's part",
        rows=3,
        columns=(TIME, SPEED_UP, Column("busiest thread's part", "%", printed=True)),
        plot="speed-up",
    )


MEASUREMENTS = (
    Measurement(
        "ex01_threads",
        ("20000", "1", "2", "5"),
        (
            Table(
                title="primes below 20000",
                header="threads time speed-up ideal primes",
                rows=3,
                columns=(TIME, SPEED_UP, Column("ideal"), Column("primes")),
                plot="speed-up",
                label="threads",
            ),
            ways_to_share(2),
            ways_to_share(5),
        ),
    ),
    Measurement(
        "ex02_dummy_pool",
        ("20000", "1", "5"),
        (
            Table(
                title="primes below 20000, and as many empty tasks",
                header="workers 1 5",
                rows=4,
                columns=(
                    Column("1 worker", "ms", printed=True),
                    Column("5 workers", "ms", printed=True),
                ),
                plot="5 workers",
            ),
        ),
    ),
    Measurement(
        "ex03_process_pool",
        ("20000", "5"),
        (
            Table(
                title="primes below 20000",
                header="1 worker 5 workers speed-up an empty task",
                rows=3,
                columns=(
                    Column("1 worker", "ms", printed=True),
                    Column("5 workers", "ms", printed=True),
                    SPEED_UP,
                    Column("an empty task", "us", printed=True),
                ),
                plot="an empty task",
            ),
        ),
    ),
    Measurement(
        "ex03_process_pool",
        ("--sizes", "2"),
        (
            Table(
                title="tasks of several sizes, 2 workers",
                header="alone dummy pool process pool",
                rows=7,
                columns=(
                    Column("alone", "us"),
                    Column("dummy pool", "us"),
                    Column("dummy pool, speed-up"),
                    Column("process pool", "us"),
                    Column("process pool, speed-up"),
                ),
                plot="process pool, speed-up",
                label="size",
                labels=("1 us", "10 us", "30 us", "100 us", "300 us", "1 ms", "10 ms"),
            ),
        ),
    ),
    Measurement(
        "ex04_gil",
        (),
        (
            Table(
                title="n += 1 in each thread, under the GIL",
                header="threads interval, us expected n lost",
                rows=3,
                columns=(Column("expected"), Column("n"), Column("lost", "%", printed=True)),
                label="threads, interval in us",
            ),
            Table(
                title="the same work by 1 and by 5 threads",
                header="1 thread 5 threads speed-up",
                rows=4,
                columns=(Column("1 thread", "ms"), Column("5 threads", "ms"), SPEED_UP),
                plot="speed-up",
                remark="with GIL|without",
            ),
            Table(
                title="latency of a request of one byte",
                header="interval min median p99 max computed, 1/us",
                rows=6,
                columns=(
                    Column("interval", "us"),
                    Column("min", "us"),
                    Column("median", "us"),
                    Column("p99", "us"),
                    Column("max", "us"),
                    Column("computed", "1/us"),
                ),
                plot="median",
            ),
            Table(
                title="one reference taken and dropped",
                header="1 thread count 2 threads count",
                rows=4,
                columns=(
                    Column("1 thread", "ns"),
                    Column("count by 1"),
                    Column("2 threads", "ns"),
                    Column("count by 2"),
                ),
                plot="2 threads",
            ),
        ),
    ),
    Measurement(
        "ex07_locked_server",
        (),
        (
            Table(
                title="1 ms of work for each client",
                header="times in ms replies per s min median p99 max",
                rows=6,
                columns=(
                    Column("replies"),
                    Column("per s"),
                    Column("min", "ms"),
                    Column("median", "ms"),
                    Column("p99", "ms"),
                    Column("max", "ms"),
                ),
                plot="median",
            ),
        ),
    ),
    Measurement(
        "ex11_greenlet",
        (),
        (
            Table(
                title="a switch there and back",
                header="there and back, by ns",
                rows=4,
                columns=(Column("there and back", "ns"),),
                plot="there and back",
            ),
        ),
    ),
    Measurement(
        "ex14_thredo",
        ("--cost",),
        (
            Table(
                title="what a task and an item cost",
                header="",
                rows=4,
                columns=(Column("each", "ns", printed=True),),
                plot="each",
            ),
        ),
    ),
)


def named(table: Table, row: Row) -> str:
    return f"{table.title}: {row.label}" if row.label else table.title


def read_table(table: Table, output: str) -> list[Row]:
    """Its rows; raises if the output does not hold it as it should."""
    return [row for _, row in rows_in(table, output)]


def rows_in(table: Table, output: str) -> list[tuple[int, Row]]:
    """The rows, and where in the output each stands: the index of its line."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    if table.line:
        return [line_in(table, lines)]
    first = first_row(table, lines)
    chosen = lines[first : first + table.rows]
    if len(chosen) < table.rows:
        raise WorkbookError(f"the table '{table.title}' has {len(chosen)} rows, not {table.rows}")
    found: list[Row] = []
    for number, line in enumerate(chosen):
        match = row_pattern(table).fullmatch(line)
        if not match:
            raise WorkbookError(f"not a row of the table '{table.title}': {line}")
        label, *figures, remark = match.groups()
        if table.labels:
            label = table.labels[number]
        elif not label and found:  # goes on with the row above
            label = found[-1].label.rsplit(", ", 1)[0]
        found.append(Row(", ".join(part for part in (label, remark) if part), tuple(figures)))
    labels = [row.label for row in found]
    if len(set(labels)) < len(labels) or "" in labels:
        raise WorkbookError(f"the rows of '{table.title}' have no names of their own: {labels}")
    return list(enumerate(found, first))


def line_in(table: Table, lines: list[str]) -> tuple[int, Row]:
    pattern = re.escape(table.line).replace(r"\#", f"({FIGURE})")
    for at, line in enumerate(lines):
        match = re.fullmatch(pattern, line)
        if match:
            return at, Row("", match.groups())
    raise WorkbookError(f"no line reads '{table.line}'")


def first_row(table: Table, lines: list[str]) -> int:
    if not table.header:
        return 0
    starts = [
        number
        for number, line in enumerate(lines)
        if line == table.header and (not table.caption or lines[number - 1] == table.caption)
    ]
    if len(starts) != 1:
        raise WorkbookError(f"{len(starts)} tables, not one, begin with '{table.header}'")
    return starts[0] + 1


def row_pattern(table: Table) -> re.Pattern[str]:
    """Label, figures, remark, with one space between any two."""
    figures = [rf" ({FIGURE})" + rf" {re.escape(c.unit)}" * c.printed for c in table.columns]
    remark = rf" ({table.remark})" if table.remark else "()"
    # Without a label there is no space before the first figure.
    return re.compile(rf"(.*?)(?:^| ){''.join(figures)[1:]}{remark}")
