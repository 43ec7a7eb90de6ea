# What CMake takes for an answer's sources.
#
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import unittest

import fake_tree

LISTS = """\
cmake_minimum_required(VERSION 3.22)
project(book NONE)
list(APPEND CMAKE_MODULE_PATH {modules})
include(exercise)
set(EX_id ex01)
{line}
"""
SHOW = """\
workbook_sources({stub} sources)
message(NOTICE "${{sources}}")
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "no cmake or ninja here")
class Sources(fake_tree.FakeTree):
    def configured(self, line):
        """What CMake says on stderr."""
        line = line.format(stub=self.exercise.stub)
        self.write("CMakeLists.txt", LISTS.format(modules=fake_tree.TOOL.parent / "cmake", line=line))
        done = subprocess.run(
            ["cmake", "-G", "Ninja", "-S", self.root, "-B", self.root / "build"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr

    def test_what_editors_leave_is_none(self):
        stub = self.exercise.stub
        os.symlink("nobody@nowhere.1:2", stub / ".#count.cpp")  # Emacs, while the file is open
        self.write("exercises/ex01_count/._count.cpp", "\0")  # macOS, on foreign disks
        self.write("exercises/ex01_count/extra.cpp", "int more;")
        self.assertEqual(self.configured(SHOW).splitlines(), [f"{stub}/count.cpp;{stub}/extra.cpp"])

    def is_told(self, name):
        said = " ".join(self.configured("workbook_program(a {stub} {stub}/main.cpp all)").split())
        self.assertIn(f"exercises/ex01_count/{name} is gone, or no file; to have it again: ", said)
        self.assertIn("scripts/workbook reset ex01", said)

    def test_what_is_no_file_is_told_with_its_cure(self):
        stub = self.exercise.stub
        (stub / "main.cpp").unlink()
        self.is_told("main.cpp")
        (stub / "main.cpp").mkdir()
        self.is_told("main.cpp")
        (stub / "main.cpp").rmdir()
        self.write("exercises/ex01_count/main.cpp", "int main() {}")
        (stub / "count.cpp").unlink()
        os.symlink("/nowhere/count.cpp", stub / "count.cpp")
        self.is_told("count.cpp")


if __name__ == "__main__":
    unittest.main()
