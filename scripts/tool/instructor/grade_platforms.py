# What `grade` found of one hand-in as platforms take it: Gradescope's results.json, and the results of
# a GitHub Classroom autograder. Students see both, so why an answer needs a look is said where only
# instructors read it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tool.instructor.grade_report import id_of, name_of, points, same_at_home, shortened
from tool.instructor.graded import CORE
from tool.instructor.supervised import FORGED
from tool.judging.judge import PASSED

if TYPE_CHECKING:
    from tool.instructor.graded import Graded
    from tool.judging.judge import Outcome

TO_BE_SEEN = "An instructor will look at this hand-in; it has no points until then."


def gradescope(found: list[Graded], seed: int) -> str:
    """`seed`: of the tests' numbers."""
    tests = []
    for one in found:
        if one.odd or not one.outcomes:
            tests += [for_students(one), for_instructors(one)]
        for outcome in one.outcomes:
            score, most = points(one, outcome)
            tests.append(
                {
                    "name": f"{id_of(one)}: {outcome.case.sentence}",
                    "number": str(outcome.case.step),
                    "score": score,
                    "max_score": most,
                    "status": "passed" if outcome.verdict == PASSED else "failed",
                    "output": shortened(output_for_students(outcome)),
                    "visibility": "visible",
                }
            )
    output = "\n".join(f"{name_of(one)}: {one.verdict}" for one in found)
    top = {"output": output, "visibility": "visible", "extra_data": {"seed": seed}}
    return json.dumps({**top, "tests": tests}, indent=1) + "\n"


def for_students(one: Graded) -> dict[str, object]:
    return {
        "name": name_of(one),
        "status": "failed",
        "output": said_to_students(one),
        "score": 0,
        "max_score": worth(one),
        "visibility": "visible",
    }


def for_instructors(one: Graded) -> dict[str, object]:
    return {
        "name": f"{name_of(one)}: for instructors",
        "output": shortened("\n".join([one.verdict, *one.odd, *one.remarks])),
        "visibility": "hidden",
    }


def said_to_students(one: Graded) -> str:
    text = [one.verdict, *([TO_BE_SEEN] if one.odd else []), one.why]
    return shortened("\n".join(text).strip())


def output_for_students(outcome: Outcome) -> str:
    return TO_BE_SEEN if outcome.output.startswith(FORGED) else outcome.output


def worth(one: Graded) -> int:
    """Of what has no cases of its own: as much as if it had."""
    return 0 if one.outcomes else max(one.core, 1)


def classroom(found: list[Graded], seed: int) -> str:
    """`seed`: of the tests' numbers; it stands in each command that a student is shown."""
    tests, most_of_all = [], 0
    for one in found:
        if one.odd or not one.outcomes:
            wrong = {"name": name_of(one), "status": "error", "message": said_to_students(one)}
            tests.append({**wrong, "score": 0, "line_no": 0, "execution_time": "", "test_code": ""})
            most_of_all += worth(one)
        for outcome in one.outcomes:
            score, most = points(one, outcome)
            most_of_all += most
            tests.append(
                {
                    "name": f"{id_of(one)}: {outcome.case.sentence}",
                    "status": "pass" if outcome.verdict == PASSED else "fail",
                    "message": "" if outcome.verdict == PASSED else shortened(output_for_students(outcome)),
                    "score": score,
                    "line_no": 0,
                    "execution_time": f"{outcome.seconds:.1f}s",
                    "test_code": same_at_home(one, seed),
                }
            )
    failed = any(one.verdict != CORE for one in found)
    status = {"version": 1, "status": "fail" if failed else "pass", "max_score": most_of_all}
    return json.dumps({**status, "tests": tests}, indent=1) + "\n"
