# What `play` shows: the goal, the schedule so far, what each thread is about to do, and how it
# ended. A "story" is what the checker tells of a schedule as JSON.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

from tool.console.terminal import columns

CLOCK = 32  # in a story's "open"
MOST_ROWS = 14


def goal(best: dict[str, Any] | None, printed: str) -> str:
    """What there is to do, and what the explorer has done."""
    text = "You say which thread goes on, a step at a time: T0 is the test, T1 the first that it"
    text += " starts."
    text += "\nYour goal: an order of steps that fails."
    if best is not None:
        ends = best["text"].strip().splitlines()[0]
        text += f" One ends so:\n  {best['kind']}: {ends}\n"
        if "o" in best.get("replay", ""):  # as in 1:0o1:0x3.1
            text += "It takes an atomic that gives an older value. Here they give the newest, so you\n"
            text += "will hardly get there: scripts/workbook check shows the steps."
            return text
        many = counted(switches(best))
        return f"{text}The explorer took {many} from thread to thread: that is par."
    passed = [line for line in printed.splitlines() if line.startswith("passed: ")]
    found = f" ({passed[0][len('passed: '):]})" if passed else ""
    return f"{text}\nThe explorer has found none{found}. Try, if you like."


def switches(story: dict[str, Any]) -> int:
    """How often another thread had the turn than the step before."""
    threads = [step["thread"] for step in story["steps"]]
    return sum(one != other for one, other in zip(threads, threads[1:]))


def schedule(story: dict[str, Any]) -> str:
    """The end of what was done and what decided it, a column for each thread if there is room."""
    rows = [step for step in story["steps"] if step["tells"]]
    shown = [i for i, one in enumerate(rows) if one["decisive"] or i >= len(rows) - MOST_ROWS]
    room = columns() - 1
    width = min(22, max((room - 26) // story["threads"], 1))
    wide = width >= 12
    lines = ["  " + "".join(f"{f'T{i}':{width}}" for i in range(story["threads"]))] if wide else []
    before = -1
    for at in shown:
        if at > before + 1:
            lines.append(f"  ... {counted(at - before - 1, 'step', 's')}")
        mark = "> " if rows[at]["decisive"] else "  "
        lines.append(mark + row(rows[at], story["threads"], width if wide else 0))
        before = at
    return "\n" + "\n".join(line[:room].rstrip() for line in lines) + "\n"


def row(one: dict[str, Any], threads: int, width: int) -> str:
    """Of one step; without columns where they have no width."""
    if not width:
        return f"T{one['thread']}: {one['does']}  {place(one)}"
    cells = [one["does"][: width - 1] if i == one["thread"] else "" for i in range(threads)]
    return "".join(f"{cell:{width}}" for cell in cells) + place(one)


def place(one: dict[str, Any]) -> str:
    if "file" not in one:
        return ""
    name = one["file"].rsplit("/", 1)[-1]
    return f"{'the test' if name.endswith('_test.cpp') else name}:{one['line']}"


def standing(story: dict[str, Any]) -> str:
    """What each thread is about to do."""
    lines = []
    for one in story["waiting"]:
        does = one["text"]
        if one["thread"] in story["open"]:
            does = f"next: {one['next']}" if "next" in one else f"has done: {one['after']}"
            does = "is at its beginning" if does.endswith(": is here") else does
        lines.append(f"T{one['thread']}  {does}   {place(one)}  {one.get('source', '')}")
    lines.append(f"{counted(switches(story))} so far")
    return "\n".join(line[: columns() - 1].rstrip() for line in lines)


def name_of(thread: int) -> str:
    return "TIME" if thread == CLOCK else f"T{thread}"


def counted(number: int, what: str = "switch", more: str = "es") -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{more}"


def score(mine: int, best: dict[str, Any] | None) -> str:
    if best is None:
        return f"In {counted(mine)}. The explorer did not find that."
    par = switches(best)
    against = "that is par" if mine == par else f"par is {par}"
    return f"In {counted(mine)}; {against}."


def cause(story: dict[str, Any]) -> str:
    why = f"\nCause: {story['cause']}" if story.get("cause") else ""
    marked = any(step["decisive"] for step in story["steps"] if step["tells"])
    return why + ("\nThe steps marked > decided it." if marked else "")
