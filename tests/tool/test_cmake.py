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
workbook_sources({stub} sources)
message(NOTICE "${{sources}}")
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "no cmake or ninja here")
class Sources(fake_tree.FakeTree):
    def test_what_editors_leave_is_none(self):
        stub = self.exercise.stub
        os.symlink("nobody@nowhere.1:2", stub / ".#count.cpp")  # Emacs, while the file is open
        self.write("exercises/ex01_count/._count.cpp", "\0")  # macOS, on foreign disks
        self.write("exercises/ex01_count/extra.cpp", "int more;")
        modules = fake_tree.TOOL.parent / "cmake"
        self.write("CMakeLists.txt", LISTS.format(modules=modules, stub=stub))
        done = subprocess.run(
            ["cmake", "-G", "Ninja", "-S", self.root, "-B", self.root / "build"],
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stderr.splitlines()
        self.assertEqual(said, [f"{stub}/count.cpp;{stub}/extra.cpp"])


if __name__ == "__main__":
    unittest.main()
