# What git makes of the workbook on other people's machines.
#
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree

ROOT = fake_tree.TOOL.parents[1]


class WindowsLineEnds(unittest.TestCase):
    """A clone made with core.autocrlf=true, which Git for Windows sets."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        cls.addClassCleanup(holder.cleanup)
        cls.book = Path(holder.name).resolve() / "book"
        cls.clone = cls.book.with_name("clone")
        shutil.copytree(ROOT, cls.book, symlinks=True, ignore=not_ours)
        nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@nowhere", "-C", cls.book]
        cls.git("-C", cls.book, "init", "-q")
        cls.git(*nobody, "add", "--all")
        cls.git(*nobody, "commit", "-q", "-m", "the book")
        cls.git("clone", "-q", "-c", "core.autocrlf=true", cls.book, cls.clone)

    @staticmethod
    def git(*words):
        here = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(["git", *words], env=here, check=True, capture_output=True)

    def test_every_file_arrives_as_it_was(self):
        contents = {path.relative_to(self.book): path.read_bytes() for path in files(self.book)}
        arrived = {path.relative_to(self.clone): path.read_bytes() for path in files(self.clone)}
        self.assertIn(Path("scripts/workbook"), contents)
        self.assertEqual(sorted(arrived), sorted(contents))
        other = [str(name) for name, content in contents.items() if arrived[name] != content]
        self.assertEqual(other[:5], [])

    def test_it_starts(self):
        done = subprocess.run(
            [self.clone / "scripts" / "workbook", "list"],
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("ex01_threads", done.stdout)


def not_ours(folder, names):
    """What .gitignore leaves out, and git's own."""
    made = ("build", ".workbook", "hunts", ".cache") if Path(folder) == ROOT else ()
    known = ("__pycache__", ".git", ".mypy_cache")
    return [name for name in names if name in known or name.startswith(made)]


def files(top):
    return [path for path in top.rglob("*") if path.is_file() and ".git" not in path.parts]


if __name__ == "__main__":
    unittest.main()
