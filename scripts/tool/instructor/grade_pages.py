# What `grade` found for people to read: one page for instructors, complete in itself, with every report
# folded and the hand-ins' own lines behind it; and a text for each student, in which nothing stands
# that is for instructors alone.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tool.course.layout import write_atomically
from tool.instructor.grade_platforms import output_for_students, said_to_students
from tool.instructor.grade_report import counted, name_of, same_at_home, shortened
from tool.judging import judge
from tool.judging.board import in_full
from tool.judging.judge import PASSED

if TYPE_CHECKING:
    from tool.instructor.graded import Graded

STYLE = """\
body { font: 1rem/1.4 system-ui, sans-serif; margin: 1.5rem; max-width: 70rem }
table { border-collapse: collapse } td, th { padding: .1rem .7rem; text-align: left }
tr:nth-child(even) { background: #8882 } pre { overflow-x: auto; font-size: .85rem }
.passed { color: #070 } .wrong { color: #b00 } .source span:target { background: #ff08 }
:root { color-scheme: light dark }
"""
MOST_LINES = 2000  # of a file
LONGEST_NAME = 180  # bytes, of a file for a student; a system allows 255
PLACE = re.compile(r"exercises/\w+/([A-Za-z0-9_./-]+\.[a-z]+):(\d+)")


def for_instructors(found: list[Graded], seed: int) -> str:
    """`seed`: of the tests' numbers."""
    rows = "".join(row(number, one) for number, one in enumerate(found))
    parts = "".join(section(number, one) for number, one in enumerate(found))
    head = "".join(f"<th>{name}</th>" for name in ("hand-in", "exercise", "verdict", "core", "stretch"))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Hand-ins</title>\n'
        f"<style>{STYLE}</style></head><body>\n<h1>Hand-ins</h1>\n"
        f"<p>The tests' numbers are those of <code>--seed {seed}</code>.</p>\n"
        f"<table><tr>{head}</tr>\n{rows}</table>\n{parts}</body></html>\n"
    )


def row(number: int, one: Graded) -> str:
    kind = "passed" if one.verdict == "passed" else "wrong"
    cells = (
        f'<a href="#h{number}">{html.escape(one.name)}</a>',
        html.escape(name_of(one)),
        f'<span class="{kind}">{html.escape(one.verdict)}</span>',
        counted(one, False),
        counted(one, True),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def section(number: int, one: Graded) -> str:
    said = [*(f"odd: {what}" for what in one.odd), *one.remarks, one.why]
    parts = [f'<h2 id="h{number}">{html.escape(f"{one.name}, {name_of(one)}")}: {one.verdict}</h2>']
    parts.append(f"<pre>{linked(number, one, chr(10).join(said).strip())}</pre>")
    for outcome in one.outcomes:
        if outcome.verdict != PASSED:
            title = f"step {outcome.case.step}, {outcome.verdict}: {outcome.case.sentence}"
            parts.append(folded(title, f"<pre>{linked(number, one, shortened(outcome.output))}</pre>"))
    for name, text in one.files.items():
        parts.append(folded(name, source(number, name, text)))
    return "\n".join(parts) + "\n"


def folded(title: str, inside: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{inside}</details>"


def linked(number: int, one: Graded, text: str) -> str:
    """Places in the hand-in lead to its lines on the same page."""

    def link(match: re.Match[str]) -> str:
        if match[1] not in one.files:
            return match[0]
        return f'<a href="#h{number}-{match[1]}-{match[2]}">{match[0]}</a>'

    return PLACE.sub(link, html.escape(text))


def source(number: int, name: str, text: str) -> str:
    given = text.split("\n")
    lines = [
        f'<span id="h{number}-{name}-{n}">{n:5}  {html.escape(line)}</span>'
        for n, line in enumerate(given[:MOST_LINES], 1)
    ]
    if len(given) > MOST_LINES:
        lines.append(f"and {len(given) - MOST_LINES} more lines")
    return '<pre class="source">' + "\n".join(lines) + "</pre>"


def feedback(folder: Path, found: list[Graded], seed: int) -> None:
    """A text for each hand-in's owner, by its name. `seed`: of the tests' numbers."""
    by_name: dict[str, list[Graded]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    taken: set[str] = set()
    for name, theirs in by_name.items():
        plain = re.sub(r"[/\\:*?\"<>|\x00-\x1f]+", "_", name).encode("utf-8", "replace")
        file = plain[-LONGEST_NAME:].decode("utf-8", "ignore").strip("._ ") or "hand-in"
        while file in taken:
            file += "_"
        taken.add(file)
        text = "\n\n".join(for_student(one, seed) for one in theirs) + "\n"
        write_atomically(folder / f"{file}.txt", text.encode("utf-8", "replace"))


def for_student(one: Graded, seed: int) -> str:
    lines = [f"{name_of(one)}: {said_to_students(one)}"]
    lines += [f"  {remark}" for remark in one.remarks]
    if one.outcomes:
        lines.append(f"core {counted(one, False)}, stretch {counted(one, True)}")
    for outcome in one.outcomes:
        lines.append(f"  step {outcome.case.step}  {outcome.verdict:7} {outcome.case.sentence}")
    if first := judge.first_broken(one.outcomes):
        told = replace(first, output=output_for_students(first))
        lines += ["", "The first that is broken:", shortened(in_full(told))]
    if one.exercise:
        lines += ["", "Some numbers in the tests were drawn. The same ones at home:"]
        lines.append(f"  {same_at_home(one, seed)}")
    return "\n".join(lines)
