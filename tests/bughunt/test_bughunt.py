# A bug hunt with the real build: a copy of this checkout, begun, judged, mended.
#
# SPDX-License-Identifier: MIT
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
COPIED = ("exercises", "solutions", "tests", "scripts", "CMakeLists.txt", "CMakePresets.json")
LIMIT = 600  # seconds
LONG_AGO = 1577836800  # 2020: older than any build


class BugHunt(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name).resolve() / "my book"  # any path will do, so with a space
        self.root.mkdir()
        for name in COPIED:
            copy = shutil.copytree if (HERE / name).is_dir() else shutil.copy2
            copy(HERE / name, self.root / name)
        self.hunt = self.root / "hunts/ex01_threads"

    def run_in(self, folder, *words):
        return subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def bughunt(self, *words):
        tool = self.root / "scripts/tool"
        return self.run_in(self.root, sys.executable, str(tool), "bughunt", "ex01", *words)

    def lay_out(self, folder):
        """An answer over the hunted one, with old times."""
        for path in folder.glob("*.?pp"):
            shutil.copy2(path, self.hunt)
            os.utime(self.hunt / path.name, (LONG_AGO, LONG_AGO))

    def compiled_for_it(self):
        """The sources of what a first build of the hunt would compile beside the student's checker."""
        commands = []
        for target in ("hunt01", "ex01_checker"):
            words = ["ninja", "-C", str(self.root / "build"), "-t", "commands", target]
            lines = self.run_in(self.root, *words).stdout.splitlines()
            commands.append([line for line in lines if " -c " in line])
        own = [line for line in commands[0] if line not in commands[1]]
        return [shlex.split(line)[-1].removeprefix(f"{self.root}/") for line in own]

    def test_from_the_mistake_to_its_mend(self):
        begun = self.bughunt("--peek")
        self.assertEqual(begun.returncode, 1, begun.stdout + begun.stderr)
        record = json.loads((self.root / ".workbook/state.json").read_text(encoding="utf-8"))
        name = record["exercises"]["ex01_threads"]["hunt"]
        self.assertIn("In hunts/ex01_threads/ lies somebody's answer to ex01.", begun.stdout)
        self.assertRegex(begun.stdout, "hunts/ex01_threads: [0-9]+ of [0-9]+ core promises hold")
        self.assertNotIn(name, begun.stdout)

        # The student's headers are the hunt's, so the test is compiled already.
        self.assertEqual(self.compiled_for_it(), ["hunts/ex01_threads/calc_primes.cpp"])

        wrong = self.root / "wrong"
        shutil.copytree(self.hunt, wrong)
        self.lay_out(self.root / "solutions/ex01_threads")
        ctest = ("ctest", "-R", "hunt01")
        mended = self.run_in(self.root / "build", *ctest)
        self.assertEqual(mended.returncode, 0, mended.stdout)
        self.assertIn("100% tests passed", mended.stdout)
        # A private member more in the student's header, and the test is the solution's.
        header = self.root / "exercises/ex01_threads/calc_primes.hpp"
        header.write_text(header.read_text(encoding="utf-8") + "// mine\n", encoding="utf-8")
        self.assertEqual(self.run_in(self.root / "build", *ctest).returncode, 0)
        self.assertEqual(
            sorted(self.compiled_for_it()),
            ["hunts/ex01_threads/calc_primes.cpp", "tests/ex01_threads_test.cpp"],
        )

        self.lay_out(wrong)
        self.assertNotEqual(self.run_in(self.root / "build", *ctest).returncode, 0)

        self.lay_out(self.root / "solutions/ex01_threads")
        ended = self.bughunt()
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn(f"Mended. The mistake was {name}:", ended.stdout)


if __name__ == "__main__":
    unittest.main()
