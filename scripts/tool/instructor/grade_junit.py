# What `grade` found as JUnit XML: a test suite for each hand-in's answer to an exercise, as Ant's
# schema wants it, which is the strictest of those in use.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

from tool.instructor.grade_report import name_of, shortened
from tool.judging.judge import PASSED

if TYPE_CHECKING:
    from tool.instructor.graded import Graded


def text(found: list[Graded], seed: int) -> str:
    """`seed`: of the tests' numbers."""
    top = ElementTree.Element("testsuites")
    for number, one in enumerate(found):
        top.append(suite(number, one, seed))
    ElementTree.indent(top)
    return ElementTree.tostring(top, "unicode", xml_declaration=True) + "\n"


def suite(number: int, one: Graded, seed: int) -> ElementTree.Element:
    # A dot in a class's name would begin a package's.
    owner = one.name.replace(".", "_")
    cases = cases_of(one)
    failures = sum(bool(message) for _, message, _, _ in cases)
    made = ElementTree.Element(
        "testsuite",
        id=str(number),
        package=name_of(one),
        name=f"{one.name}: {name_of(one)}",
        hostname="localhost",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(one.began)),
        tests=str(len(cases)),
        failures=str(failures),
        errors="0",
        time=f"{one.seconds:.3f}",
    )
    properties = ElementTree.SubElement(made, "properties")
    ElementTree.SubElement(properties, "property", name="seed", value=str(seed))
    for name, message, output, seconds in cases:
        case = ElementTree.SubElement(
            made,
            "testcase",
            classname=f"{name_of(one)}.{owner}",
            name=name,
            time=f"{seconds:.3f}",
        )
        if message:
            failure = ElementTree.SubElement(case, "failure", message=message, type=message)
            failure.text = output
    ElementTree.SubElement(made, "system-out").text = "\n".join(one.remarks)
    ElementTree.SubElement(made, "system-err")
    return made


def cases_of(one: Graded) -> list[tuple[str, str, str, float]]:
    """(name, what is wrong, all of it, seconds); nothing is wrong with a promise that holds."""
    cases = []
    if one.odd or not one.outcomes:
        cases.append(("the hand-in", one.verdict, "\n".join([*one.odd, one.why]), one.seconds))
    for outcome in one.outcomes:
        wrong = "" if outcome.verdict == PASSED else outcome.verdict
        said = shortened(outcome.output)
        cases.append((outcome.case.sentence, wrong, said, outcome.seconds))
    return cases
