# CONTRIBUTING.md's example of a small change, typed as it stands; what builds is left out.
#
# SPDX-License-Identifier: MIT
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree

ROOT = fake_tree.TOOL.parents[1]
EXAMPLE = "A small change, as an example"
NOT_HERE = re.compile(r"(git|cmake|ctest) ")


def typed(heading):
    """The lines of the section's shell blocks."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {heading}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return "".join(re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)).splitlines()


@unittest.skipUnless(shutil.which("bash") and shutil.which("patch"), "no bash or patch here")
class SmallChange(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.tree = Path(holder.name) / "clone"
        others = shutil.ignore_patterns("build", "build-*", ".git", ".workbook", "hunts", "__pycache__")
        shutil.copytree(ROOT, self.tree, ignore=others, symlinks=True)

    def test_what_is_typed_makes_a_wrong_answer_that_is_named_and_sent(self):
        lines = typed(EXAMPLE)
        script = "\n".join(one for one in lines if not NOT_HERE.match(one))
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.tree, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.stderr, "")
        for check in ("wrong-answers", "contracts"):
            self.assertIn(f"{check}: good\n", done.stdout)
        folder = "tests/wrong_answers/ex01_threads"
        new = {path.name for path in Path(self.tree, folder).iterdir()}
        new -= {path.name for path in Path(ROOT, folder).iterdir()}
        self.assertEqual(new, {"even_divisors.patch"})
        contracts = (self.tree / "tests/contracts/ex01_threads.txt").read_text(encoding="utf-8")
        self.assertEqual(contracts.count("wrong: even_divisors\n"), 1)
        self.assertTrue(any(one.startswith("git commit ") for one in lines))


if __name__ == "__main__":
    unittest.main()
