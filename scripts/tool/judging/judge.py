# Runs an exercise's cases, each in its own process, and keeps what they said.
#
# The checker's own supervisor holds the time limit and leaves nothing behind; the limit here is
# for a checker that fails to.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tool.building import bounded
from tool.building.build_folder import Built, Case
from tool.console.terminal import plain
from tool.course import pristine
from tool.course.layout import USAGE, Exercise, WorkbookError
from tool.judging import state

PASSED, FAILED, TODO, STUCK, NOT_RUN = "passed", "failed", "todo", "stuck", "not run"
UNJUDGED = "cannot judge"  # the machine lacks something, and the checker says what
VERDICTS = {0: PASSED, 1: FAILED, 3: TODO, 4: UNJUDGED}
# How the supervisor's report of an end that is no verdict of the case's own begins.
ENDED = re.compile(r"^The case's\s+process\s+(was\s+)?ended\s+by\s+(signal|itself)", re.MULTILINE)
FELL = re.compile(r"^The case's\s+process\s+was\s+ended\s+by\s+signal\s+(11|7)\b", re.MULTILINE)
# What the C library says when it finds its own memory spoilt.
SPOILT = re.compile(
    r"^((free|malloc|realloc|munmap_chunk)\(\): |double free|corrupted (size|double)|\*\*\* stack smashing)",
    re.MULTILINE,
)
NO_STACK = re.compile(r"\bcalls\s+itself\s+again\s+and\s+again\b")  # of those, the one that says why
CAUSE = "Cause: "
GAVE_UP = "Gave up after "  # how the supervisor's report of a time limit begins
STOOD_STILL = re.compile(r"\sin\s+which\s+every\s+thread\s+waited")  # in it: more time would have changed nothing
WAITED = re.compile(r"\s5\s+s\s+in\s+vain")  # of a case's own wait, which is bounded
RAN_OUT = re.compile(r"\bran\s+out\s+of\s+time\s+after\s")  # of a search
NO_JUDGE = "Cannot judge: "  # how it begins that the machine lacks something
INDENT = 2  # of a report that is shown below its promise
WIDEST = 100  # columns of a report with its indentation; on a terminal it may be narrower
OUTER_LIMIT = 150  # seconds, for a supervisor that does not keep its own
# Seconds. A check that has found a broken promise by then starts no more cases: of a hopeless
# answer each may wait for 5 s in vain.
PATIENCE = 20
NUMBERS = (
    "WORKBOOK_SCHEDULES",
    "WORKBOOK_SEED",
    "WORKBOOK_EXPLORE_SECONDS",
    "WORKBOOK_PROOF",
    "WORKBOOK_NUMBERS",
)
LEAST_SCHEDULES = 2000  # the explorer's default; a pass of fewer is not recorded


@dataclass(frozen=True)
class Outcome:
    case: Case
    verdict: str
    output: str
    story: dict[str, Any] | None = None  # of the schedule that broke it
    seconds: float = field(default=0.0, compare=False)  # that it took


def refuse_bad_settings() -> None:
    """Of the explorer, in the environment: one that it does not understand, or that fails all."""
    for name in NUMBERS:
        text = os.environ.get(name, "")
        if text and not (re.fullmatch("[0-9]{1,18}", text) and int(text) > 0):
            raise WorkbookError(
                f"{name} is {text!r} and not a whole number from 1 up: correct it, or unset {name}",
                USAGE,
            )
    if os.environ.get("WORKBOOK_PROOF"):
        raise WorkbookError(
            "WORKBOOK_PROOF is set, and a search for proofs alone is no verdict: unset WORKBOOK_PROOF",
            USAGE,
        )
    if os.environ.get("WORKBOOK_REPLAY"):
        raise WorkbookError(
            "WORKBOOK_REPLAY is set, and one schedule is no verdict: unset WORKBOOK_REPLAY "
            "(give it to one checker, as the report's last line does)",
            USAGE,
        )


def schedules_asked() -> int:
    return int(os.environ.get("WORKBOOK_SCHEDULES") or LEAST_SCHEDULES)


def few_schedules_asked() -> bool:
    """Too few to believe an explored case's pass."""
    return schedules_asked() < LEAST_SCHEDULES


def width_of_reports() -> dict[str, str]:
    """What tells a checker how wide its report may be: as the terminal, less our indentation."""
    told = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    columns = min(shutil.get_terminal_size().columns, WIDEST) if told else WIDEST
    return {"COLUMNS": str(columns - INDENT)}


def story_file(folder: Path, sentence: str) -> Path:
    """Where the checker of this promise is to tell of the schedule that breaks it."""
    return folder / (re.sub(r"\W+", "_", sentence) + ".json")


def read_story(file: Path) -> dict[str, Any] | None:
    """None if there was no such schedule. Its form: tests/explore/report/story_json.hpp."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("version") == 1 else None


class Running:
    """The checkers that run now; interrupt() ends them, and no more are started."""

    def __init__(self, checker: Path, stories: Path, limit: float = OUTER_LIMIT):
        """`stories`: a folder for what the explorer tells of schedules that fail."""
        self._checker = checker
        self._stories = stories
        self._limit = limit
        self._patient_until = time.monotonic() + PATIENCE
        self._lock = threading.Lock()  # guards the two below
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def run(self, case: Case) -> Outcome:
        with tempfile.TemporaryFile() as out:
            with self._lock:
                if self._over:
                    return Outcome(case, NOT_RUN, "")
                # Of an explored one also what a pass is worth.
                shown = ["--show"] if case.explore else []
                story = story_file(self._stories, case.sentence)
                more = {"WORKBOOK_STORY": str(story), **width_of_reports()}
                process = bounded.start([self._checker, *shown, case.sentence], out, more=more)
                self._processes.add(process)
            ended = bounded.wait(process, out, self._limit)
        verdict = FAILED if ended.status is None else VERDICTS.get(ended.status, FAILED)
        if ended.status is None or (verdict == FAILED and GAVE_UP in ended.output):
            verdict = STUCK
        with self._lock:
            self._processes.discard(process)
            if self._over and ended.status not in VERDICTS:
                verdict = NOT_RUN
            late = verdict == FAILED and time.monotonic() >= self._patient_until
            if verdict == STUCK or late:
                self._over = True  # the rest would be as slow: mend this one first
        return Outcome(case, verdict, self._explained(case, ended), read_story(story))

    def _explained(self, case: Case, ended: bounded.Ended) -> str:
        """What it printed; and where that is no explanation, one."""
        said = plain(ended.output).strip("\n")
        if ended.status is None:
            said += f"\nGave up after {self._limit:g} s: the checker did not end."
        elif ended.status not in VERDICTS:
            said += f"\nThe checker {ended.how()}, without a verdict."
        elif ended.status != 0 and not said:
            said = f"The case failed and printed nothing: {self._checker} --debug '{case.sentence}'"
        return said.strip("\n")

    def interrupt(self) -> None:
        with self._lock:
            self._over = True
            for process in self._processes:
                process.terminate()


def judge(built: Built, told: Callable[..., object] = bounded.nothing) -> list[Outcome]:
    """Every everyday case in its order. One that got stuck is the last to be started, and one that
    is broken when this has lasted for long.

    Calls told(a sentence that is judged now, how many have been, of how many) now and then.
    """
    bounded.adopt_orphans()
    cases = built.everyday_cases()

    def meanwhile(done: int, now: Case | None) -> None:
        told(now.sentence if now else "", done, len(cases))

    try:
        with tempfile.TemporaryDirectory(prefix="workbook-") as stories:
            running = Running(built.checker, Path(stories))
            return bounded.in_parallel(running.run, cases, running.interrupt, meanwhile)
    finally:
        bounded.end_orphans()  # of a supervisor that was killed, by us or by what it judged


def first_broken(outcomes: list[Outcome]) -> Outcome | None:
    """Of the lowest step; core before stretch, whatever the step. In place of one that does not say
    why, one of its step that does; of one that does not even say what was broken, that one of its
    step that tells most."""
    broken = [one for one in outcomes if one.verdict not in (PASSED, NOT_RUN)]
    broken.sort(key=lambda one: one.case.stretch)  # stable: steps stay in order
    if not broken:
        return None
    first = broken[0]
    # Where memory was used that is none, the place says little; one of a later step may know more.
    fell = fell_by_memory(first)
    if first.verdict not in (FAILED, STUCK) or (
        tells(first) >= 3 and CAUSE in first.output and not fell
    ):
        return first
    place = (first.case.step, first.case.stretch)
    there = [one for one in broken if (one.case.step, one.case.stretch) == place]
    asked = [one for one in broken if one.case.stretch == first.case.stretch] if fell else there
    if why := next((one for one in asked if tells_why(one)), None):
        return why
    return first if tells(first) >= 3 else max(there, key=tells)  # the first of the best


def fell_by_memory(one: Outcome) -> bool:
    """Its memory was used wrongly, there or elsewhere; the supervisor's cause is then a general one."""
    spoilt = bool(ENDED.search(one.output) and SPOILT.search(one.output))
    return (spoilt or bool(FELL.search(one.output))) and not NO_STACK.search(one.output)


def tells_why(one: Outcome) -> bool:
    """By a schedule that fails where others do not. A result that is wrong under each of them has to
    do with none."""
    story = one.story or {}
    return bool(story.get("cause")) and (story.get("kind") != "wrong result" or story["schedule"] > 1)


def tells(one: Outcome) -> int:
    """How much its report says of why: 4 the schedule, 3 what was broken, 2 how it ended and why, 1
    what was waited for in vain, perhaps because of one that does not end, 0 only how it ended."""
    if one.verdict not in (FAILED, STUCK):
        return -1
    if one.verdict == STUCK or ENDED.search(one.output) and "Broken promise: " not in one.output:
        return 2 if CAUSE in one.output else 0
    if one.story is not None:
        return 4
    return 1 if WAITED.search(one.output) else 3


def proved(outcome: Outcome) -> bool | None:
    """Of an explored promise that holds: whether no schedule was left out; None of any other."""
    said = re.findall("^passed: .*$", outcome.output, re.MULTILINE)
    if outcome.verdict != PASSED or not outcome.case.explore or not said:
        return None
    return all(line.endswith("a proof") for line in said)


def core_passed(outcomes: list[Outcome]) -> bool:
    core = [one for one in outcomes if not one.case.stretch]
    return bool(core) and all(one.verdict == PASSED for one in core)


def todo_place(output: str) -> tuple[str, str] | None:
    """("TODO ex01: what to do", file:line) of the message that a checker printed."""
    found = re.search(r"(TODO \w+: .*)\n\s+(\S+:\d+)", output)
    return (found.group(1), found.group(2)) if found else None


def untouched(exercise: Exercise) -> bool:
    """True while the code is as handed out (NOTES.md aside); nothing of it can have passed."""
    changed = pristine.edited_files(exercise)
    return bool(pristine.shipped(exercise)) and all(path.endswith(".md") for path in changed)


def results(exercise: Exercise, record: dict[str, Any]) -> dict[str, Any]:
    """sentence -> verdict as check saw it last; nothing if the stub has come back since."""
    return {} if untouched(exercise) else record.get("results", {})


def core_done(exercise: Exercise, facts: Built, record: dict[str, Any]) -> bool:
    """Of the answer as check saw it last."""
    seen = results(exercise, record)
    core = [case for case in facts.everyday_cases() if not case.stretch]
    return bool(core) and all(seen.get(case.sentence) == PASSED for case in core)


def step_to_mend(exercise: Exercise, facts: Built, record: dict[str, Any]) -> int | None:
    """That of the first broken promise, as check saw it last."""
    seen = results(exercise, record)
    cases = [case for case in facts.everyday_cases() if case.sentence in seen]
    broken = first_broken([Outcome(case, seen[case.sentence], "") for case in cases])
    return broken.case.step if broken else None


def digest(exercise: Exercise) -> str:
    """Tells whether the student's files are those that were judged."""
    mixed = hashlib.sha256()
    for path in pristine.student_files(exercise):
        if path.suffix != ".md":
            mixed.update(path.name.encode() + b"\0" + pristine.blob_id(path.read_bytes()).encode())
    return mixed.hexdigest()


def remember(exercise: Exercise, judged: str, outcomes: list[Outcome]) -> None:
    """`judged`: the digest taken before the build, so that an edit meanwhile shows on the board."""
    with state.changing_if_possible(exercise.root, exercise.name) as record:
        record["results"] = {
            one.case.sentence: one.verdict for one in outcomes if one.verdict != NOT_RUN
        }
        record["digest"] = judged
        if core_passed(outcomes):
            record["passed"] = True
