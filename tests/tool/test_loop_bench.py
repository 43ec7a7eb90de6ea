#!/usr/bin/env python3
# test_loop_bench.py: the copy in which the loop is measured, and the table.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys
import unittest

import fake_tree
from tool.building import bounded
from tool.console.progress import Line
from tool.course.layout import WorkbookError
from tool.measuring import loop_bench


class Loops(fake_tree.FakeTree):
    def loop(self, repeat=3):
        holder = self.root / "holder"
        holder.mkdir()
        return loop_bench.Loop(self.root, holder, repeat, Line("measuring"))

    def test_the_copy_has_nothing_that_was_built(self):
        self.write("build/CMakeCache.txt", "")
        self.write(".workbook/state.json", "{}")
        self.write("scripts/tool/building/build_step.py", "")
        copied = self.loop().root
        names = sorted(path.name for path in copied.iterdir())
        self.assertIn("CMakeLists.txt", names)
        self.assertNotIn("build", names)
        self.assertNotIn(".workbook", names)
        self.assertNotIn("holder", names)
        self.assertTrue((copied / "scripts/tool/building/build_step.py").is_file())

    def test_medians_of_pairs(self):
        loop = self.loop()
        floors = iter([1.0, 2.0, 4.0])
        loop.floor = lambda: next(floors)
        self.assertEqual(loop.pairs(lambda: (4.0, 8.0)), (2.0, 4.0))

    def test_what_happens_once_lies_between_two_floors(self):
        loop = self.loop()
        floors = iter([1.0, 3.0])
        loop.floor = lambda: next(floors)
        loop.seconds = lambda what, command: (6.0, "")
        self.assertEqual(loop.once("start", []), 3.0)

    def test_a_command_that_fails_is_told(self):
        program = "import sys; print('no such thing'); sys.exit(3)"
        with self.assertRaisesRegex(WorkbookError, "no such thing"):
            self.loop().seconds("start", [sys.executable, "-c", program])

    def test_what_a_command_prints_comes_back(self):
        ended = loop_bench.run([sys.executable, "-c", "print(7)"], self.root, bounded.nothing)
        self.assertEqual((ended.status, ended.output), (0, "7\n"))

    def test_the_table(self):
        rows = [
            loop_bench.Row("first start", (20.04, None, None)),
            loop_bench.Row("ex01", (0.5, 1.61, 1.0)),
        ]
        said = loop_bench.shown(rows, 0.75, 5)
        self.assertIn("(0.75 s here)", said)
        self.assertRegex(said, r"first start +20\.0 +- +-\n")
        self.assertRegex(said, r"ex01 +0\.5 +1\.6 +1\.0$")

    def test_the_builds_part_as_ctest_tells_it(self):
        line = " 1/28 Test  #1: ex01.build (errors: build/ex01.log) .......   Passed    1.61 sec"
        self.assertEqual(loop_bench.BUILD_ENTRY.search(line).group(1), "1.61")


if __name__ == "__main__":
    unittest.main()
