# What is printed: the board of all exercises, and the verdict on one as a beginner wants it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tool.building.build_folder import Built, book_so_far
from tool.console.terminal import paint
from tool.console.wrapping import broken, fitted, width
from tool.course import whole_sentences
from tool.course.layout import Exercise, WorkbookError, exercises
from tool.judging import judge, state
from tool.judging.judge import FAILED, NOT_RUN, PASSED, STUCK, TODO, UNJUDGED, Outcome

MARKS = {
    PASSED: ("ok", "green"),
    FAILED: ("FAILED", "red"),
    STUCK: ("STUCK", "red"),
    TODO: ("todo", "yellow"),
    UNJUDGED: ("?", "red"),
    NOT_RUN: ("-", "dim"),
}
STYLES = {"done": "green", "core done": "green", "in progress": "yellow", "not started": "dim"}
BAR = 10
ROW = BAR + 34  # columns of a row beside the name, without a hint


def board(root: Path) -> str:
    """One line for each exercise, from what check saw last; builds nothing."""
    recorded = state.read(root)
    known = exercises(root)
    if not known:
        raise WorkbookError("CMakeLists.txt has no exercise yet")
    wide = max(len(exercise.name) for exercise in known)
    lines = [f"{'':{wide}}  {'':{BAR + 2}}   core  stretch"]
    columns = width()
    if columns is not None and columns < wide + ROW:
        lines, wide = [], 0
    book = book_so_far(root)
    for exercise in known:
        facts = book.get(exercise.name)  # none if it was added since the folder was configured
        lines.append(row(exercise, facts, recorded.get(exercise.name, {}), wide))
    return "\n".join(lines)


def row(exercise: Exercise, facts: Built | None, record: dict[str, Any], wide: int) -> str:
    """`wide`: of the column of names; 0 on a terminal that has no room for columns."""
    if facts is None:
        return fitted(f"{exercise.name:{wide}}  not built yet: scripts/workbook check {exercise.id}")
    results = judge.results(exercise, record)
    cases = facts.everyday_cases()
    core = [results.get(case.sentence) == PASSED for case in cases if not case.stretch]
    stretch = [results.get(case.sentence) == PASSED for case in cases if case.stretch]
    word, hint = standing(exercise, core, stretch, record)
    count = f"{sum(core)}/{len(core)}"
    more = f"{sum(stretch)}/{len(stretch)}" if stretch else "-"
    if wide == 0:
        stands = f"{word} ({hint})" if hint else word
        return fitted(f"{exercise.name}: {stands}\n  core {count}, stretch {more}")
    return f"{exercise.name:{wide}}  {bar(core)}  {count:>5}  {more:>7}  " + (
        paint(word, STYLES[word]) + (paint(f" ({hint})", "dim") if hint else "")
    )


def standing(
    exercise: Exercise, core: list[bool], stretch: list[bool], record: dict[str, Any]
) -> tuple[str, str]:
    """The state in words, and what to know about it."""
    if judge.untouched(exercise):
        return "not started", ""
    current = record.get("digest") == judge.digest(exercise)
    hint = ""
    if not current:
        hint = "edited since it was checked" if "digest" in record else "not checked yet"
    if core and all(core):
        return ("done" if all(stretch) else "core done"), hint
    if record.get("passed"):
        hint = "its core held before" + (f"; {hint}" if hint else "")
    return "in progress", hint


def bar(passed: list[bool]) -> str:
    full = sum(passed) * BAR // len(passed) if passed else 0
    return "[" + paint("#" * full, "green") + "." * (BAR - full) + "]"


def verdict(exercise: Exercise, outcomes: list[Outcome]) -> str:
    """The compact list, then the first broken promise in full, then what to type next."""
    if judge.first_broken(outcomes) is None:
        stretch = any(one.case.stretch for one in outcomes)
        praise = "Everything holds, stretch included." if stretch else "Everything holds."
        following = after_passing(exercise, praise)
    elif judge.core_passed(outcomes):
        following = after_passing(exercise, "The core is done; what is left is stretch.")
    else:
        following = (
            f"Next: edit, then   scripts/workbook check {exercise.id}\n"
            f"      a nudge:     scripts/workbook hint {exercise.id}"
        )
        if (first := judge.first_broken(outcomes)) and first.story:
            page = f"scripts/workbook check {exercise.id} --html report.html"
            following += f"\n      as a page:   {page}"
            if "Steps not shown: " in first.output:
                following += f"\n      in full:     scripts/workbook check {exercise.id} --all"
    return f"{findings(exercise.name, exercise, outcomes)}\n\n{following}"


def findings(name: str, exercise: Exercise, outcomes: list[Outcome]) -> str:
    """The list, and the first broken promise; of the exercise, or its hunt, under this name."""
    parts = [summary(name, outcomes), compact(outcomes)]
    first = judge.first_broken(outcomes)
    if first is not None:
        try:
            promised = whole_sentences.forced_by(exercise, first.case.sentence)
        except WorkbookError:  # without WORKBOOK.md a verdict is a verdict, too
            promised = []
        parts.append(in_full(first, promised))
    return "\n\n".join(parts)


def summary(name: str, outcomes: list[Outcome]) -> str:
    core = [one.verdict for one in outcomes if not one.case.stretch]
    stretch = [one.verdict for one in outcomes if one.case.stretch]
    text = f"{name}: {core.count(PASSED)} of {len(core)} core promises hold"
    if stretch:
        text += f", {stretch.count(PASSED)} of {len(stretch)} stretch"
    if all(one.verdict == TODO for one in outcomes):
        text = f"{name}: not started, {len(core)} core promises to keep"
    return paint(text, "bold")


def compact(outcomes: list[Outcome]) -> str:
    """A step in which all are alike is one line, except the one to work on."""
    lines = []
    first = judge.first_broken(outcomes)
    for step, group in itertools.groupby(outcomes, lambda one: one.case.step):
        cases = list(group)
        verdicts = {one.verdict for one in cases}
        if len(verdicts) == 1 and first not in cases:
            lines.append(f"  step {step}  {marked(cases[0].verdict)}  all {len(cases)}")
            continue
        lines.append(f"  step {step}")
        for one in cases:
            stretch = paint("  (stretch)", "dim") if one.case.stretch else ""
            lines.append(f"    {marked(one.verdict)}  {one.case.sentence}{stretch}")
    if any(one.verdict == NOT_RUN for one in outcomes):
        lines.append("  Those marked - were not run: those before took too long to fail.")
    if any(one.verdict == UNJUDGED for one in outcomes):
        lines.append("  Those marked ? cannot be judged on this machine, which lacks something.")
    lines += explored(outcomes)
    return narrowed(lines)


def explored(outcomes: list[Outcome]) -> list[str]:
    """What the passes of the schedule explorer are worth."""
    found = [judge.proved(one) for one in outcomes]
    proofs, samples = found.count(True), found.count(False)
    parts = [f"{proofs} proved, by every schedule that differs"] if proofs else []
    if samples:
        parts.append(f"{samples} tried, under {judge.schedules_asked()} schedules each")
    return [f"  Explored: {'; '.join(parts)}."] if parts else []


def marked(verdict: str) -> str:
    word, style = MARKS[verdict]
    return paint(f"{word:6}", style)


def in_full(first: Outcome, promised: Sequence[str] = ()) -> str:
    """`promised`: the contract's sentences that it breaks, told once the function is begun."""
    begin = f'Step {first.case.step}: "{first.case.sentence}"'
    todo_and_place = judge.todo_place(first.output)
    if first.verdict == TODO and todo_and_place:
        todo, place = todo_and_place
        return f"{begin}\n\n{paint(narrowed([f'  {todo}']), 'yellow')}\n    {place}"
    if first.verdict in (FAILED, STUCK):
        said = [begin, *(f"Contract: {sentence}" for sentence in promised)]
        begin = narrowed(said)
    indent = " " * judge.INDENT
    lines = [f"{indent}{line}".rstrip() for line in first.output.splitlines()]
    return f"{begin}\n\n" + "\n".join(lines)


def narrowed(lines: Iterable[str]) -> str:
    """None is wider than a report."""
    return "\n".join(broken(line, judge.WIDEST) for line in lines)


def after_passing(exercise: Exercise, praise: str) -> str:
    lines = [
        praise,
        f"Compare:  scripts/workbook diff {exercise.id}",
        f"Run it:   scripts/workbook run {exercise.id}",
        f"Hunt:     scripts/workbook bughunt {exercise.id}   (a wrong answer to mend)",
    ]
    left = [one for one in unfinished(exercise.root) if one != exercise]
    after = [one for one in left if one.number > exercise.number]
    if left:
        lines.append(f"Next:     scripts/workbook check {(after or left)[0].id}")
    else:
        lines.append("The core of every exercise is done.")
    return "\n".join(lines)


def unfinished(root: Path) -> list[Exercise]:
    """Those whose core does not hold, as far as check knows."""
    book = book_so_far(root)
    recorded = state.read(root)
    return [
        one
        for one in exercises(root)
        if one.name not in book
        or not judge.core_done(one, book[one.name], recorded.get(one.name, {}))
    ]
