# Where the text says its figures (figures.py), which must be the file's:
#
# - in the programs' output, where a table or a line of bench_tables or book_tables stands;
# - in a paragraph with a comment behind it, `<!-- figures: 18 ms = ROW > COLUMN; ... -->`, where
#   `ex10 ROW > COLUMN` is another exercise's;
# - in a table with `<!-- table of figures: NAME -->` behind it, by its rows and columns.
#
# A time, a size or a percentage in the text that is none of these must be GIVEN.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from tool.course.layout import WorkbookError
from tool.measuring.bench_tables import MEASUREMENTS, Row, Table, named, rows_in
from tool.measuring.book_tables import BOOK_MEASUREMENTS
from tool.measuring.figures import FILE, GIVEN, MACHINE, Figure, read_file

SCALES = {"ns": -9, "us": -6, "microseconds": -6, "ms": -3, "s": 0}
NUMBER = r"\d[\d,]*(?:\.\d+)?"
REGION = re.compile(r"^<!-- ([\w ]+) begins -->\n(.*?)^<!-- \1 ends -->", re.M | re.S)
BLOCK = re.compile(r"^( *)```\w*\n(.*?)^ *```$", re.M | re.S)
MARKED = re.compile(r"^<!-- figures: (.*) -->\n", re.M)
TABLE = re.compile(r"^<!-- table of figures: (\w+) -->\n", re.M)
UNITS = "ns|us|ms|KiB|microseconds|%"
MEASURE = re.compile(rf"(?<![\w.,`])({NUMBER}(?:\sto\s{NUMBER})?)\s?({UNITS})(?!\w)")


@dataclass(frozen=True)
class Place:
    """Where the text says a figure: between two offsets, in a unit."""

    start: int
    end: int
    shown: str
    unit: str
    figure: Figure
    in_comment: bool = False

    def should_be(self) -> str:
        """As precise as it is, with the same commas; as it is, if it is a range that holds."""
        if " to " in self.figure.value:
            return self.figure.value
        value = Decimal(self.figure.value)
        if self.unit != self.figure.unit and {self.unit, self.figure.unit} <= SCALES.keys():
            value *= Decimal(10) ** (SCALES[self.figure.unit] - SCALES[self.unit])
        low, _, high = self.shown.replace(",", "").partition(" to ")
        if high and Decimal(low) <= value <= Decimal(high):
            return self.shown
        digits = Decimal(1).scaleb(-len(low.partition(".")[2]))
        comma = "," if "," in self.shown else ""
        return f"{value.quantize(digits, ROUND_HALF_UP):{comma}}"


class Reader:
    """Finds the places of a text, and notes what is wrong with it."""

    def __init__(self, name: str, text: str, figures: list[Figure]) -> None:
        self.name, self.text, self.figures = name, text, figures
        self.places: list[Place] = []
        self.wrong: list[str] = []
        regions = [(one[1], one.start(2), one.end(2)) for one in REGION.finditer(text)]
        for exercise, start, end in regions or [(name, 0, len(text))]:
            self.read_output(exercise, start, end)
            self.read_paragraphs(exercise, start, end)
            self.read_tables(start, end)
            self.look_for_strays(exercise, start, end)

    def problem(self, offset: int, text: str) -> None:
        self.wrong.append(f"{self.name}:{self.text.count(chr(10), 0, offset) + 1}: {text}")

    def add(self, start: int, shown: str, unit: str, figure: Figure, in_comment: bool = False) -> None:
        self.places.append(Place(start, start + len(shown), shown, unit, figure, in_comment))

    def find(self, exercise: str, row: str, column: str | None, offset: int) -> Figure | None:
        """The only one of that name; a row may be named without the table's title."""
        found = [
            one
            for one in self.figures
            if one.exercise.split("_")[0] == exercise.split("_")[0]
            and (one.row == row or one.row.endswith(f": {row}"))
            and column in (None, one.column)
        ]
        if len(found) == 1:
            return found[0]
        name = " > ".join(filter(None, (row, column)))
        self.problem(offset, f"{FILE} has {len(found)} figures '{name}' of {exercise}")
        return None

    def read_output(self, exercise: str, start: int, end: int) -> None:
        blocks = list(BLOCK.finditer(self.text, start, end))
        for one in (*MEASUREMENTS, *BOOK_MEASUREMENTS):
            if one.exercise != exercise:
                continue
            there = [block for block in blocks if is_output(block[2], one.python)]
            for table in [table for table in one.tables if not table.in_prose]:
                read = [(block, tried(table, block[2])) for block in there]
                found = [(block, rows) for block, rows in read if rows]
                if len(found) != 1:
                    self.problem(start, f"{len(found)} code blocks show '{table.title}'")
                    continue
                block, rows = found[0]
                for at, row in rows:
                    self.read_row(exercise, table, row, start_of_line(block, at))

    def read_row(self, exercise: str, table: Table, row: Row, begin: int) -> None:
        line = self.text[begin : self.text.index("\n", begin)]
        name = named(table, row)
        for column, shown in reversed(list(zip(table.columns, row.figures))):
            here = list(re.finditer(rf"(?<![\w.,]){re.escape(shown)}(?![\w.,]*\d)", line))[-1]
            line = line[: here.start()]
            if shown != "-":
                figure = self.find(exercise, name, column.name, begin)
                if figure:
                    self.add(begin + here.start(), shown, column.unit, figure)

    def read_paragraphs(self, exercise: str, start: int, end: int) -> None:
        for marked in MARKED.finditer(self.text, start, end):
            paragraph = (self.text.rindex("\n\n", 0, marked.start()) + 2, marked.start())
            entries = list(re.finditer(r"[^;]+", marked[1]))
            said = [entry[0].partition(" = ")[0].strip() for entry in entries]
            for at, entry in enumerate(entries):
                begin = marked.start(1) + entry.start() + len(entry[0]) - len(entry[0].lstrip())
                among = (said[:at].count(said[at]), said.count(said[at]))
                self.read_entry(exercise, begin, entry[0].strip(), paragraph, among)

    def read_entry(
        self, exercise: str, begin: int, entry: str, paragraph: tuple[int, int], among: tuple[int, int]
    ) -> None:
        """One figure of a paragraph; of those shown alike, (which of them, of how many)."""
        shown, _, key = entry.partition(" = ")
        row, _, column = key.partition(" > ")
        other = re.match(r"(ex\d\d|demo) ", row)
        whose, row = (other[1], row[other.end() :]) if other else (exercise, row)
        match = re.fullmatch(rf"({NUMBER}(?: to {NUMBER})?)(?: (.+))?", shown)
        if not match:
            self.problem(begin, f"'{entry}' is not 'FIGURE = ROW > COLUMN'")
            return
        figure = self.find(whose, row, column or None, begin)
        words = r"\s".join(map(re.escape, shown.split()))
        whole = rf"(?<![\w.,])(?<!\d\sto\s){words}(?!\w|[.,]\d|\sto\s\d)"  # no end of a range
        there = re.finditer(whole, self.text[slice(*paragraph)])
        found = [paragraph[0] + one.start() for one in there]
        which, alike = among
        if which >= len(found):
            self.problem(begin, f"'{shown}' does not stand in the paragraph")
        elif figure:
            for place in found if alike == 1 else [found[which]]:
                self.add(place, match[1], match[2] or figure.unit, figure)
            self.add(begin, match[1], match[2] or figure.unit, figure, in_comment=True)

    def read_tables(self, start: int, end: int) -> None:
        for marked in TABLE.finditer(self.text, start, end):
            first = self.text.rindex("\n\n", 0, marked.start()) + 2
            header: list[str] = []
            begin = first
            for line in self.text[first : marked.start()].splitlines(keepends=True):
                bounds = [at for at, letter in enumerate(line) if letter == "|"]
                cells = [(a + 1, line[a + 1 : b]) for a, b in zip(bounds, bounds[1:])]
                header = header or [cell.strip() for _, cell in cells]
                for name, (at, cell) in list(zip(header, cells))[1:]:
                    if re.fullmatch(NUMBER, cell.strip()):
                        row = cells[0][1].strip().replace("`", "")
                        figure = self.find(marked[1], row, name, begin)
                        if figure:
                            shift = len(cell) - len(cell.lstrip())
                            self.add(begin + at + shift, cell.strip(), figure.unit, figure)
                begin += len(line)

    def look_for_strays(self, exercise: str, start: int, end: int) -> None:
        """Measures in the prose of which the file knows nothing."""
        bare = blanked(self.text[start:end])
        known = {place.start for place in self.places}
        given = {
            (one.value, one.unit)
            for one in self.figures
            if one.row == GIVEN and one.exercise == exercise
        }
        for stray in MEASURE.finditer(bare):
            value, unit = " ".join(stray[1].split()), stray[2]
            if start + stray.start() not in known and (value, unit) not in given:
                self.problem(start + stray.start(), f"{FILE} does not have '{value} {unit}'")


def is_output(block: str, python: bool) -> bool:
    """Of the program, or of the twin; a block that shows no command may be either's."""
    commands = re.findall(r"^ *\$ .*", block, re.M)
    return not commands or any("--python" in line for line in commands) == python


def tried(table: Table, block: str) -> list[tuple[int, Row]] | None:
    """Its rows, if the block has them; the commands above the output are none of it."""
    lines = block.splitlines()
    skipped = next((at for at, line in enumerate(lines) if not line.startswith("$ ")), 0)
    try:
        return [(at + skipped, row) for at, row in rows_in(table, "\n".join(lines[skipped:]))]
    except WorkbookError:
        return None


def start_of_line(block: re.Match[str], at: int) -> int:
    return block.start(2) + len("".join(block[2].splitlines(keepends=True)[:at]))


def blanked(text: str) -> str:
    """Without code and comments, everything else where it was."""
    for pattern in (r"^ *```.*?^ *```$", r"<!--.*?-->", r"`[^`\n]*`"):
        text = re.sub(pattern, lambda one: re.sub(r"[^\n]", " ", one[0]), text, flags=re.M | re.S)
    return text


def readers(root: Path, figures: list[Figure]) -> list[Reader]:
    texts = [root / name for name in ("WORKBOOK.md", "README.md")]
    return [
        Reader(one.name, one.read_text(encoding="utf-8"), figures) for one in texts if one.is_file()
    ]


def problems(root: Path) -> list[str]:
    """Figures of the text that the file has not, or has otherwise; and idle ones of the file."""
    figures = read_file(root / FILE)
    found: list[str] = []
    used = set()
    for reader in readers(root, figures):
        found += reader.wrong
        for place in reader.places:
            used.add(place.figure)
            if place.should_be() != place.shown and not place.in_comment:
                line = reader.text.count("\n", 0, place.start) + 1
                found.append(
                    f"{reader.name}:{line}: says {place.shown} {place.unit}".rstrip()
                    + f", and {FILE} {place.figure.value} {place.figure.unit}".rstrip()
                    + f" ({place.figure.row} > {place.figure.column})"
                )
    for one in figures:
        if one not in used and one.row != GIVEN and one.exercise != MACHINE:
            found.append(f"{FILE}: nothing says '{one.row} > {one.column}' of {one.exercise}")
    return found


def renewed(root: Path, measured: list[Figure]) -> dict[str, str]:
    """The texts by name, with the figures that were measured, right-aligned where they were."""
    texts = {}
    for reader in readers(root, measured):
        text = reader.text
        for place in sorted(reader.places, key=lambda one: one.start, reverse=True):
            new = place.should_be()
            if new == place.shown or (" to " in place.shown and " to " not in new):
                continue  # no change; or no longer in the range, which is for the author to see
            start = place.start
            longer = len(new) - len(place.shown)
            if longer > 0 and text[start - longer - 1 : start] == " " * (longer + 1):
                start -= longer
            elif longer < 0 and text[start - 2 : start] == "  ":
                new = " " * -longer + new
            text = text[:start] + new + text[place.end :]
        texts[reader.name] = text
    return texts
