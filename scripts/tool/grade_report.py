# What `grade` found, in the forms that others read: a table for people, CSV, JUnit XML, Gradescope's
# results.json and the results of a GitHub Classroom autograder.
#
# Each core promise is worth a point, stretch none. An answer that needs a look has no points until
# somebody had it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING

import judge
from board import in_full
from judge import PASSED, Outcome
from layout import USAGE, WorkbookError, output_file, write_atomically
from terminal import paint

if TYPE_CHECKING:
    from graded import Graded

STYLES = {"passed": "green", "not yet": "yellow", "not started": "dim"}  # all else is red
# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("hand-in", "exercise", "verdict", "core", "of core", "stretch", "of stretch")
COLUMNS += ("first broken promise", "remarks")
MOST_TEXT = 20_000  # characters of one case's output


def passed_of(one: Graded, stretch: bool) -> tuple[int, int]:
    verdicts = [o.verdict for o in one.outcomes if o.case.stretch == stretch]
    return verdicts.count(PASSED), len(verdicts)


def remarks(one: Graded) -> str:
    return "; ".join([*one.odd, *one.why.splitlines()[:1]])


def table(found: list[Graded]) -> str:
    """A line for each; below it what is to be known of those that did not pass."""
    if not found:
        return ""
    name = max(len("hand-in"), *(len(one.name) for one in found))
    exercise = max(len("exercise"), *(len(name_of(one)) for one in found))
    verdict = max(len(one.verdict) for one in found)
    lines = [f"{'hand-in':{name}}  {'exercise':{exercise}}  {'verdict':{verdict}}   core  stretch"]
    for one in found:
        core, stretch = (counted(one, flag) for flag in (False, True))
        shown = paint(f"{one.verdict:{verdict}}", STYLES.get(one.verdict, "red"))
        lines.append(
            f"{one.name:{name}}  {name_of(one):{exercise}}  {shown}  {core:>5}  {stretch:>7}"
        )
    return "\n".join([*lines, *details(found)]) + "\n"


def name_of(one: Graded) -> str:
    return one.exercise.name if one.exercise else "-"


def counted(one: Graded, stretch: bool) -> str:
    count, total = passed_of(one, stretch)
    return f"{count}/{total}" if total else "-"


def details(found: list[Graded]) -> list[str]:
    lines = []
    for one in found:
        parts = [f"  odd: {what}" for what in one.odd]
        parts += [f"  {line}".rstrip() for line in one.why.splitlines()]
        first = judge.first_broken(one.outcomes)
        if first is not None and len(found) > 1:
            parts.append(f'  step {first.case.step}, {first.verdict}: "{first.case.sentence}"')
        elif first is not None:  # a single one: the whole report
            parts += [f"  {line}".rstrip() for line in in_full(first).splitlines()]
        if parts:
            lines += ["", f"{one.name}, {name_of(one)}: {one.verdict}", *parts]
    return lines


def csv_text(found: list[Graded]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        first = judge.first_broken(one.outcomes)
        row = [one.name, name_of(one), one.verdict]
        row += [str(number) for flag in (False, True) for number in passed_of(one, flag)]
        row += [first.case.sentence if first else "", remarks(one)]
        writer.writerow(["'" + cell if cell.startswith(FORMULA) else cell for cell in row])
    return out.getvalue()


def junit_text(found: list[Graded]) -> str:
    top = ElementTree.Element("testsuites")
    for one in found:
        suite = ElementTree.SubElement(top, "testsuite", name=f"{one.name}: {name_of(one)}")
        failures = 0
        for name, message, text in junit_cases(one):
            case = ElementTree.SubElement(suite, "testcase", classname=name_of(one), name=name)
            if message:
                failures += 1
                ElementTree.SubElement(case, "failure", message=message).text = text
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(failures))
    ElementTree.indent(top)
    return ElementTree.tostring(top, "unicode", xml_declaration=True) + "\n"


def junit_cases(one: Graded) -> list[tuple[str, str, str]]:
    """(name, what is wrong, all of it); nothing is wrong with a promise that holds."""
    cases = []
    if one.odd or not one.outcomes:
        cases.append(("the hand-in", one.verdict, "\n".join([*one.odd, one.why])))
    for outcome in one.outcomes:
        wrong = "" if outcome.verdict == PASSED else outcome.verdict
        cases.append((outcome.case.sentence, wrong, shortened(outcome.output)))
    return cases


def shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n... the rest is left out"


def points(one: Graded, outcome: Outcome) -> tuple[int, int]:
    """(points, points at most)."""
    most = 0 if outcome.case.stretch else 1
    return (most if outcome.verdict == PASSED and not one.odd else 0), most


def gradescope_text(found: list[Graded]) -> str:
    tests = []
    for one in found:
        if one.odd or not one.outcomes:
            wrong = {"name": name_of(one), "status": "failed", "output": verdict_text(one)}
            tests.append({**wrong, "score": 0, "max_score": 0 if one.outcomes else 1})
        for outcome in one.outcomes:
            score, most = points(one, outcome)
            tests.append(
                {
                    "name": f"{one.exercise.id}: {outcome.case.sentence}",
                    "number": str(outcome.case.step),
                    "score": score,
                    "max_score": most,
                    "status": "passed" if outcome.verdict == PASSED else "failed",
                    "output": shortened(outcome.output),
                }
            )
    output = "\n".join(f"{name_of(one)}: {one.verdict}" for one in found)
    return json.dumps({"output": output, "visibility": "visible", "tests": tests}, indent=1) + "\n"


def verdict_text(one: Graded) -> str:
    return "\n".join([one.verdict, *one.odd, one.why]).strip()


def classroom_text(found: list[Graded]) -> str:
    tests, most_of_all = [], 0
    for one in found:
        if one.odd or not one.outcomes:
            wrong = {"name": name_of(one), "status": "error", "message": verdict_text(one)}
            tests.append({**wrong, "score": 0, "line_no": 0, "execution_time": "", "test_code": ""})
            most_of_all += 0 if one.outcomes else 1
        for outcome in one.outcomes:
            score, most = points(one, outcome)
            most_of_all += most
            tests.append(
                {
                    "name": f"{one.exercise.id}: {outcome.case.sentence}",
                    "status": "pass" if outcome.verdict == PASSED else "fail",
                    "message": "" if outcome.verdict == PASSED else shortened(outcome.output),
                    "score": score,
                    "line_no": 0,
                    "execution_time": "",
                    "test_code": f"scripts/workbook check {one.exercise.id}",
                }
            )
    failed = any(one.verdict != "passed" for one in found)
    status = {"version": 1, "status": "fail" if failed else "pass", "max_score": most_of_all}
    return json.dumps({**status, "tests": tests}, indent=1) + "\n"


FORMATS = {
    "csv": csv_text,
    "junit": junit_text,
    "gradescope": gradescope_text,
    "classroom": classroom_text,
}
OF_ONE = ("gradescope", "classroom")


def output_files(files: dict[str, str], hand_ins: int) -> dict[str, Path]:
    """Refuses bad ones, before minutes of work are spent."""
    for form in files:
        if form in OF_ONE and hand_ins != 1:
            raise WorkbookError(
                f"--{form} is the result of one hand-in, and {hand_ins} are named: one at a time",
                USAGE,
            )
    return {form: output_file(f"--{form}", name) for form, name in files.items()}


def write_all(files: dict[str, Path], found: list[Graded]) -> None:
    for form, path in files.items():
        write_atomically(path, FORMATS[form](found).encode())
