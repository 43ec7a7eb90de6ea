# What workbook_supervisor says of one case of a hand-in (tests/supervise/main.cpp).
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass

from tool.building.build_folder import Case
from tool.console.terminal import harmless
from tool.judging import judge, sandbox
from tool.judging.judge import FAILED, PASSED, STUCK, TODO, Outcome

NO_VERDICT = "No verdict came of it."
FORGED = "Forged: it passes whatever is expected of it."
WORDS = {"passed": PASSED, "failed": FAILED, "todo": TODO}


@dataclass(frozen=True)
class Counts:
    """Of one case's run."""

    assertions: int = 0
    turnable: int = 0  # of these, with an expectation that can be turned round


def outcome_of(case: Case, ended: sandbox.Ended) -> tuple[Outcome, Counts]:
    """From the supervisor's record, which only it can have written."""
    record = re.match(r"(passed|failed|todo|cannot-judge|forged) (\d+) (\d+)\n", ended.output)
    text = harmless(ended.output[record.end() :] if record else "")
    if ended.status is None:
        return Outcome(case, STUCK, f"{text}{ended.why}"), Counts()
    if ended.status != 0 or record is None:
        said = harmless(ended.errors)
        return Outcome(case, FAILED, f"{NO_VERDICT}\n{said}".strip()), Counts()
    verdict = WORDS.get(record.group(1), FAILED)
    if verdict == FAILED and judge.GAVE_UP in text:
        verdict = STUCK
    if record.group(1) == "forged":
        text = f"{FORGED}\n{text}"
    return Outcome(case, verdict, text.strip("\n")), Counts(*map(int, record.groups()[1:]))
