#!/usr/bin/env python3
# test_trimmed_test.py: a test with only some of its cases, and a long one in two halves.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import unittest
import unittest.mock

import fake_tree
from tool.course import trimmed_test
from tool.course.layout import Exercise

CASE = 'TEST_CASE("case {0}", "[ex01][step1]")\n{{\n    if (true) {{\n    }}\n}}\n\n'
HEAD = '#include "count.hpp"\n#include "support/more.hpp"\n\nint helper();\n\n'


class Halves(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.exercise = Exercise(self.root, "ex01_count")
        cases = "".join(CASE.format(number) for number in range(8))
        self.write("tests/ex01_count_test.cpp", HEAD + cases)
        self.write("tests/support/more.hpp", "".join(CASE.format(n) for n in (8, 9)))

    def sentences(self, files):
        return re.findall(r'TEST_CASE\("(case \d)"', b"".join(files.values()).decode())

    def test_a_short_one_has_none(self):
        self.assertEqual(trimmed_test.halves(self.exercise), [])

    def test_each_case_is_in_one(self):
        with unittest.mock.patch("tool.course.trimmed_test.LONG", 20):
            first, second = trimmed_test.halves(self.exercise)
        self.assertEqual(self.sentences(first), [f"case {n}" for n in range(5)])
        self.assertEqual(self.sentences(second), [f"case {n}" for n in range(5, 10)])
        for half in (first, second):
            self.assertIn("int helper();", half["ex01_count_test.cpp"].decode())

    def test_lines_keep_their_numbers(self):
        whole = self.exercise.test.read_text(encoding="utf-8").splitlines()
        files = trimmed_test.trimmed(self.exercise, ("case 7",))
        told, *lines = files["ex01_count_test.cpp"].decode().splitlines()
        self.assertEqual(told, f'#line 1 "{self.exercise.test}"')
        self.assertEqual(len(lines), len(whole))
        kept = [number for number, line in enumerate(lines) if line and number > 4]
        begin = whole.index('TEST_CASE("case 7", "[ex01][step1]")')
        self.assertEqual(kept, list(range(begin, begin + 5)))

    def test_a_shared_file_that_includes_another_means_its_copy(self):
        more = '#include "support/most.hpp"\n#include "support/catch.hpp"\n' + CASE.format(8)
        self.write("tests/support/more.hpp", more)
        self.write("tests/support/most.hpp", CASE.format(9))
        files = trimmed_test.trimmed(self.exercise, ("case 9",))
        self.assertEqual(self.sentences(files), ["case 9"])
        said = files["support/more.hpp"].decode()
        self.assertIn('#include "most.hpp"', said)
        self.assertIn('#include "support/catch.hpp"', said)

    def test_written_out_and_taken_away_again(self):
        out = self.root / "out"
        with unittest.mock.patch("tool.course.trimmed_test.LONG", 20):
            trimmed_test.main([str(self.root), str(out)])
        self.assertTrue((out / "ex01_count/2/ex01_count_test.cpp").is_file())
        self.assertTrue((out / "ex01_count/2/support/more.hpp").is_file())
        trimmed_test.main([str(self.root), str(out)])
        self.assertFalse((out / "ex01_count").exists())


if __name__ == "__main__":
    unittest.main()
