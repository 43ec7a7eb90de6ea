#!/usr/bin/env python3
# test_everywhere.py [EX...]: forged passes for the untouched stub and for wrong answers of each exercise,
# and its solution with headers of another make. Each forger may call what its exercise is about, above
# all send() and recv(). Ends with status 77 where no sandbox can be made.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import cheats  # noqa: E402
import possible  # noqa: E402
from tool.building.build_folder import Case, folder  # noqa: E402
from tool.course import answers  # noqa: E402
from tool.course.layout import exercises, find_exercise  # noqa: E402
from tool.instructor import court, graded, handin  # noqa: E402
from tool.judging.judge import PASSED  # noqa: E402

SEED = int(os.environ.get("WORKBOOK_NUMBERS") or 20_261_130)  # of the tests' numbers
MOST_WRONG = 3  # answers to an exercise that forgers are put into
FORGERS = {
    "finds the page": (cheats.FORGED_PAGE, "cstdint fcntl.h unistd.h"),
    "sends the end alone": (cheats.messages(0, False), "cstdlib sys/socket.h"),
    "sends what a right answer does": (cheats.messages(2, True), "cstdlib sys/socket.h"),
    "takes the answers": (
        cheats.by_threads(2),
        "chrono condition_variable cstdlib deque mutex sys/socket.h thread",
    ),
    "takes the answers in other processes": (
        cheats.BY_PROCESSES,
        "condition_variable csignal deque mutex sys/socket.h unistd.h",
    ),
}


COMPILED_SOON = ("ex01", "ex02", "ex09")  # the tests of these


class Forged(unittest.TestCase):
    def test_no_untouched_stub_passes(self):
        for exercise in chosen:
            with tempfile.TemporaryDirectory(prefix="workbook-test-") as holder:
                place = Path(holder) / "place"
                self.forge(court.Court(folder(ROOT, "instructor"), exercise, place, SEED))

    def forge(self, judges: court.Court) -> None:
        judges.trials.cases = judges.trials.cases[:3]
        for number, (name, (code, headers)) in enumerate(FORGERS.items(), 1):
            with self.subTest(exercise=judges.exercise.id, forger=name):
                source = next(one for one in sorted(judges.stub) if one.endswith(".cpp"))
                text = cheats.hidden(code, headers).encode() + judges.stub[source]
                files = {**judges.stub, source: text}
                found = judges.grade(handin.HandIn("eve", judges.exercise, files), number)
                # Some may use all that the forger does: there it just does not pass.
                self.assertIn(found.verdict, (graded.LOOK, graded.NOT_PASSED), found.why)
                self.assertFalse([one for one in found.outcomes if one.verdict == PASSED])

    def test_headers_of_another_make(self):
        """The tests are compiled anew with them, and see the same; nothing is odd. In the others that
        takes minutes: name them to have them tried."""
        of_all = len(chosen) == len(exercises(ROOT))
        for exercise in [one for one in chosen if not of_all or one.id in COMPILED_SOON]:
            with tempfile.TemporaryDirectory(prefix="workbook-test-") as holder:
                judges = court.Court(folder(ROOT, "instructor"), exercise, Path(holder) / "place", SEED)
                judges.trials.cases = judges.trials.cases[:3]
                files = dict(handin.solution(exercise).files)
                for name in files:
                    if name.endswith(".hpp"):
                        files[name] = guarded(name, files[name])
                with self.subTest(exercise=exercise.id):
                    found = judges.grade(handin.HandIn("alice", exercise, files), 1)
                    self.assertEqual((found.verdict, found.odd, found.why), (graded.CORE, [], ""))

    def test_no_thread_sends_messages_in_the_tests_place(self):
        """Nor if it writes them into the tests' memory or registers first. In wrong answers, as these
        reach no TODO."""
        for exercise in chosen:
            with tempfile.TemporaryDirectory(prefix="workbook-test-") as holder:
                place = Path(holder) / "place"
                judges = court.Court(folder(ROOT, "instructor"), exercise, place, SEED)
                self.send_in_its_place(judges)

    def send_in_its_place(self, judges: court.Court) -> None:
        headers = f"{FORGERS['takes the answers'][1]} atomic csignal pthread.h ucontext.h vector"
        for wrong, case in caught_by_few_assertions(judges)[:MOST_WRONG]:
            judges.trials.cases = [case]
            count = judges.trials.expected[case.sentence].assertions
            for name, before in (
                ("sends", ""),
                ("writes and sends", cheats.WRITES_IT),
                ("changes registers and sends", cheats.CHANGES_REGISTERS),
            ):
                if "gregs" in before and platform.machine() != "x86_64":
                    continue
                with self.subTest(wrong.check, forger=name):
                    text = cheats.hidden(cheats.by_threads(count, before), headers).encode()
                    source = next(one for one in sorted(wrong.files) if one.endswith(".cpp"))
                    files = {**wrong.files, source: text + wrong.files[source]}
                    found = judges.grade(handin.HandIn("eve", judges.exercise, files), 1)
                    self.assertIn(found.verdict, (graded.LOOK, graded.NOT_PASSED), found.why)
                    self.assertFalse([one for one in found.outcomes if one.verdict == PASSED])


def guarded(name: str, header: bytes) -> bytes:
    """As somebody writes it who uses Windows, and guards against a second #include."""
    guard = re.sub(r"\W", "_", name).upper().encode()
    text = header.replace(b"#pragma once", b"#ifndef %s\n#define %s" % (guard, guard)) + b"\n#endif\n"
    return b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")


def caught_by_few_assertions(judges: court.Court) -> list[tuple[answers.Answer, Case]]:
    """Wrong answers that compile without the test, and a case that catches each."""
    expected = judges.trials.expected
    few = {
        one.sentence: one
        for one in judges.trials.cases
        if not one.explore and 0 < expected[one.sentence].assertions == expected[one.sentence].turnable < 9
    }
    return [
        (answer, few[sentence])
        for answer in answers.answers_of(judges.exercise, [])
        if answer.check.startswith("bad") and set(answer.files) == set(judges.stub)
        if all(text == judges.stub[name] for name, text in answer.files.items() if name.endswith(".hpp"))
        for sentence in answer.sentences
        if sentence in few
    ]


if __name__ == "__main__":
    chosen = [find_exercise(ROOT, name) for name in sys.argv[1:]] or exercises(ROOT)
    possible.skip_if_not()
    unittest.main(argv=sys.argv[:1], verbosity=2)
