# `bench --book`: puts what was measured into the file of the text's figures, and into the text.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import platform
from collections import Counter
from pathlib import Path

from tool.console.terminal import note
from tool.course.layout import write_atomically
from tool.measuring import text_figures
from tool.measuring.bench_tables import MEASUREMENTS
from tool.measuring.book_tables import BOOK_MEASUREMENTS
from tool.measuring.figures import FILE, GIVEN, MACHINE, Figure, as_csv, merged, name_of, read_file
from tool.measuring.this_machine import compiler, distribution, processor


def renew(root: Path, measured: list[Figure], build: Path) -> int:
    """Says what was not measured, and what is left to mend by hand; 1 if there is any."""
    before = read_file(root / FILE)
    known = {name_of(one) for one in before}
    new = [one for one in measured if name_of(one) in known or not in_prose(one)]
    after = merged(before, words_of_the_machine(build) + new)
    for name, text in text_figures.renewed(root, after).items():
        write_atomically(root / name, text.encode())
    write_atomically(root / FILE, as_csv(after))
    note(f"{len(new)} figures are in {FILE} and in the text")
    there = {name_of(one) for one in new}
    old = [one for one in before if name_of(one) not in there and one.row != GIVEN]
    for exercise, count in Counter(one.exercise for one in old).items():
        if exercise != MACHINE:
            note(f"not measured now: {count} of the figures of {exercise}")
    left = text_figures.problems(root)
    for line in left:
        note(line)
    return 1 if left else 0


def in_prose(figure: Figure) -> bool:
    """From a table of which the text names but some figures."""
    return any(
        table.in_prose and figure.row.startswith(f"{table.title}: ")
        for one in (*MEASUREMENTS, *BOOK_MEASUREMENTS)
        if one.exercise == figure.exercise
        for table in one.tables
    )


def words_of_the_machine(build: Path) -> list[Figure]:
    words = {
        "processor": f"{processor()}, {len(os.sched_getaffinity(0))} cores",
        "system": distribution(),
        "compiler": compiler(build),
        "Python": platform.python_version(),
    }
    return [Figure(MACHINE, name, "", text, "") for name, text in words.items()]
