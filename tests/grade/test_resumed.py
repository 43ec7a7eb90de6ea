#!/usr/bin/env python3
# test_resumed.py [COUNT]: so many hand-ins to ex01 (12) are graded twice, by `scripts/workbook grade`
# itself: once undisturbed, once ended three times, by SIGKILL, SIGTERM and Ctrl+C, each after a random
# number of verdicts, and begun again. Both tables are the same, and nothing stays behind. Ends with
# status 77 where no sandbox can be made, or the stub is not as handed out.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import possible  # noqa: E402
from tool.building import bounded  # noqa: E402
from tool.course import answers, pristine  # noqa: E402
from tool.course.layout import find_exercise  # noqa: E402
from tool.instructor import grade_record, handin  # noqa: E402

EXERCISE = find_exercise(ROOT, "ex01")
SEED = 20_261_130  # of what is random here, and of the tests' numbers
LIMIT = 3600  # seconds, for one verdict and for one run
SOURCE = "calc_primes.cpp"


def some_answers() -> list[dict[str, bytes]]:
    """Right, half-filled, untouched, one that does not compile; each other than the others."""
    solution = handin.solution(EXERCISE).files
    half = [one.files for one in answers.answers_of(EXERCISE, []) if one.check.startswith("half")]
    broken = {**solution, SOURCE: solution[SOURCE] + b"int wrong = ;\n"}
    kinds = itertools.cycle([solution, *half[:2], pristine.shipped_code(EXERCISE), broken])
    return [
        {**files, SOURCE: files[SOURCE] + b"// %d\n" % number} for number, files in zip(range(count), kinds)
    ]


class Resumed(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.names = [f"student{number}" for number in range(count)]
        for name, files in zip(self.names, some_answers()):
            place = self.folder / name / EXERCISE.name
            place.mkdir(parents=True)
            for file, text in files.items():
                (place / file).write_bytes(text)
        self.records = ROOT / grade_record.FOLDER
        self.before = set(self.records.glob("*"))

    def start(self) -> subprocess.Popen:
        words = [sys.executable, str(ROOT / "scripts/tool"), "--", "grade", *self.names]
        words += ["--exercise", "ex01", "--csv", "marks.csv", "--seed", str(SEED)]
        self.printed = open(self.folder / "table", "wb")
        self.addCleanup(self.printed.close)
        return subprocess.Popen(
            words,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self.printed,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # As in a terminal: what a shell starts in the background ignores Ctrl+C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def found(self) -> tuple[str, str]:
        return tuple((self.folder / name).read_text(encoding="utf-8") for name in ("table", "marks.csv"))

    def to_the_end(self) -> tuple[str, str]:
        process = self.start()
        self.assertIn(process.wait(LIMIT), (0, 1))
        return self.found()

    def verdicts(self) -> int:
        """That are on the disk."""
        files = [file for one in self.left() for file in one.glob("judged.jsonl")]
        return sum(file.read_bytes().count(b"\n") - 1 for file in files)

    def left(self) -> list[Path]:
        return sorted(set(self.records.glob("*")) - self.before)

    def ended_after(self, verdicts: int, by: int) -> None:
        process = self.start()
        deadline = time.monotonic() + LIMIT
        while self.verdicts() < verdicts:
            self.assertIsNone(bounded.status_within(process, 0.05), "it has come to its end")
            self.assertLess(time.monotonic(), deadline)
        process.send_signal(by)
        process.wait(LIMIT)
        print(f"{self.verdicts()} verdicts, then {signal.Signals(by).name}", flush=True)

    def test_killed_three_times(self):
        began = time.monotonic()
        expected = self.to_the_end()
        print(f"undisturbed: {time.monotonic() - began:.0f} s", flush=True)
        self.assertEqual(len(expected[1].splitlines()), count + 1)
        self.assertEqual(self.left(), [])
        chance = random.Random(SEED)
        last = count - 3  # some are at work when it is killed, and it shall not come to its end
        moments = sorted(chance.sample(range(1, last), 3))
        signals = chance.sample([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], 3)
        for verdicts, by in zip(moments, signals):
            (self.folder / "marks.csv").unlink(missing_ok=True)
            self.ended_after(verdicts, by)
            self.assertGreaterEqual(self.verdicts(), verdicts)
        self.assertEqual(self.to_the_end(), expected)
        self.assertEqual(self.left(), [])


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    possible.skip_if_not(EXERCISE)
    os.environ.pop("WORKBOOK_NUMBERS", None)
    unittest.main(argv=sys.argv[:1], verbosity=2)
