# .ci/run: what cannot be installed is said, and the tests are run all the same.
#
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree

RUN = fake_tree.TOOL.parents[1] / ".ci" / "run"
WITHOUT_APT = ("bash", "dirname", "grep", "tail", "timeout")


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in (".ci", "scripts", "bin"):
            (self.root / name).mkdir()
        shutil.copy(RUN, self.root / ".ci" / "run")
        for name in WITHOUT_APT:
            (self.root / "bin" / name).symlink_to(shutil.which(name))
        self.script("scripts/workbook", 'echo "told to $*"')

    def script(self, name, body):
        path = self.root / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def run_it(self):
        return subprocess.run(
            ["bash", str(self.root / ".ci" / "run")],
            env={**os.environ, "PATH": str(self.root / "bin"), "WORKBOOK_NO_INSTALL": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_without_apt(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "^Not all packages can be installed here")
        self.assertRegex(done.stdout, "(?s)apt-get.*\ntold to verify\n$")

    def test_with_an_apt_that_fails(self):
        self.script("bin/apt-get", f'echo "$@" >> {self.root}/asked; echo no network; exit 100')
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "(?s)^Not all .*\nno network\ntold to verify\n$")

    def test_what_is_missing_is_installed(self):
        self.script("bin/apt-get", f'echo "$@" >> {self.root}/asked')
        self.script("bin/dpkg-query", 'case "$*" in *firefox*|*mypy*) exit 1;; esac; printf installed')
        done = self.run_it()
        self.assertEqual((done.returncode, done.stdout), (0, "told to verify\n"))
        asked = (self.root / "asked").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(asked), 3, asked)
        self.assertRegex(asked[2], "^install .*--no-download firefox-esr mypy$")

    def test_where_all_is_there_nothing_is_asked(self):
        self.script("bin/dpkg-query", "printf installed")
        self.assertEqual(self.run_it().stdout, "told to verify\n")

    def test_a_failure_of_the_tests_counts(self):
        self.script("bin/dpkg-query", "printf installed")
        self.script("scripts/workbook", "exit 7")
        self.assertEqual(self.run_it().returncode, 7)


if __name__ == "__main__":
    unittest.main()
