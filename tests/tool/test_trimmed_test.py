#!/usr/bin/env python3
# test_trimmed_test.py: a test with only some of its cases, and one in parts.
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


class Parts(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.exercise = Exercise(self.root, "ex01_count")
        cases = "".join(CASE.format(number) for number in range(8))
        self.write("tests/ex01_count_test.cpp", HEAD + cases)
        self.write("tests/support/more.hpp", "".join(CASE.format(n) for n in (8, 9)))

    def sentences(self, files):
        return re.findall(r'TEST_CASE\("(case \d)"', b"".join(files.values()).decode())

    def test_a_short_one_has_none(self):
        self.assertEqual(trimmed_test.parts(self.exercise), [])

    def test_each_case_is_in_one(self):
        with unittest.mock.patch("tool.course.trimmed_test.LONG", 20):
            first, second = trimmed_test.parts(self.exercise)
        self.assertEqual(self.sentences(first), [f"case {n}" for n in range(5)])
        self.assertEqual(self.sentences(second), [f"case {n}" for n in range(5, 10)])
        for half in (first, second):
            self.assertIn("int helper();", half["ex01_count_test.cpp"].decode())

    def test_a_header_that_each_student_writes(self):
        """The cases that need it are apart, and nothing else is compiled with it."""
        needs = 'TEST_CASE("case {0}", "[step1]")\n{{\n    next_one();\n}}\n'
        text = HEAD.replace('"count.hpp"', '"count.hpp" // for next_one()') + needs.format(0)
        cases = "".join(CASE.format(number) for number in range(1, 6))
        self.write("tests/ex01_count_test.cpp", text + cases + needs.format(6))
        for long, rest in ((500, ["1234589"]), (20, ["123", "4589"])):
            with unittest.mock.patch("tool.course.trimmed_test.LONG", long):
                apart, *others = trimmed_test.parts(self.exercise)
            self.assertEqual(self.sentences(apart), ["case 0", "case 6"])
            self.assertIn('#include "count.hpp"', apart["ex01_count_test.cpp"].decode())
            found = ["".join(one[5:] for one in self.sentences(part)) for part in others]
            self.assertEqual(found, rest)
            for part in others:
                self.assertNotIn("count.hpp\"", part["ex01_count_test.cpp"].decode())
                told, include, *_ = part["ex01_count_test.cpp"].decode().splitlines()
                self.assertEqual(include, "")
        (self.exercise.stub / "count.hpp").unlink()  # of another exercise, then
        self.assertEqual(trimmed_test.parts(self.exercise), [])

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
        self.assertFalse(list((out / "ex01_count").glob("*")))


if __name__ == "__main__":
    unittest.main()
