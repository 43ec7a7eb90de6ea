# One hand-in's verdict on one exercise.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import dataclass, field

from tool.course.layout import Exercise
from tool.judging.judge import Outcome

CORE = "passed"
NOT_PASSED = "not yet"
NOT_STARTED = "not started"
DOES_NOT_BUILD = "does not compile"
LOOK = "needs a look"
UNREADABLE = "cannot be read"
MISSING = "not handed in"
NOT_JUDGED = "not judged"  # the run ended before its turn


@dataclass(frozen=True)
class Graded:
    name: str
    exercise: Exercise | None  # None: nothing was handed in at all
    verdict: str
    outcomes: list[Outcome] = field(default_factory=list)
    why: str = ""  # of a verdict without outcomes
    odd: list[str] = field(default_factory=list)  # of "needs a look"
    remarks: list[str] = field(default_factory=list)  # of how it was read
    began: float = 0.0  # seconds since 1970
    seconds: float = 0.0  # that it took
    core: int = 0  # how many core promises the exercise has, whatever was judged
    files: dict[str, str] = field(default_factory=dict)  # what was handed in, to be shown
