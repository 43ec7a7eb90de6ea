# A bug hunt with the real build: a copy of this checkout, begun, judged, mended.
#
# SPDX-License-Identifier: MIT
import json
import os
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

    def test_from_the_mistake_to_its_mend(self):
        begun = self.bughunt("--peek")
        self.assertEqual(begun.returncode, 1, begun.stdout + begun.stderr)
        record = json.loads((self.root / ".workbook/state.json").read_text(encoding="utf-8"))
        name = record["exercises"]["ex01_threads"]["hunt"]
        self.assertIn("In hunts/ex01_threads/ lies somebody's answer to ex01.", begun.stdout)
        self.assertRegex(begun.stdout, "hunts/ex01_threads: [0-9]+ of [0-9]+ core promises hold")
        self.assertNotIn(name, begun.stdout)

        wrong = self.root / "wrong"
        shutil.copytree(self.hunt, wrong)
        self.lay_out(self.root / "solutions/ex01_threads")
        ctest = ("ctest", "-R", "hunt01")
        mended = self.run_in(self.root / "build", *ctest)
        self.assertEqual(mended.returncode, 0, mended.stdout)
        self.assertIn("100% tests passed", mended.stdout)
        self.lay_out(wrong)
        self.assertNotEqual(self.run_in(self.root / "build", *ctest).returncode, 0)

        self.lay_out(self.root / "solutions/ex01_threads")
        ended = self.bughunt()
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn(f"Mended. The mistake was {name}:", ended.stdout)


if __name__ == "__main__":
    unittest.main()
