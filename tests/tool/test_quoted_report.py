#!/usr/bin/env python3
# test_quoted_report.py: whether a quotation is still what a program prints.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import io
import os
import sys
import unittest
import unittest.mock

import fake_tree
from tool.author import quoted_report

PRINTED = """\
data race, found in schedule 1 of 2000
  T1: write primes
      build/answers/bad01.no_lock/ex01_count/count.cpp:91   primes.push_back(n);
  start T1
  start T2
Files: build/answers/bad01.no_lock/ex01_count/count.cpp,
tests/ex01_count_test.cpp
Again:  WORKBOOK_REPLAY=1:0: /a/build/bin/bad01.no_lock "a promise"
"""
QUOTED = """\
data race, found in schedule 1 of 2000
  T1: write primes   exercises/ex01_count/count.cpp:91   primes.push_back(n);
  start T1   <-- the first
  ...
Files: exercises/ex01_count/count.cpp, tests/ex01_count_test.cpp
Again:  WORKBOOK_REPLAY=1:0: build/bin/ex01_checker "a promise"
"""


class Quotations(fake_tree.FakeTree):
    def status(self, quoted, printed=PRINTED):
        return self.status_of(["-c", f"print({printed!r}, end='')"], quoted)

    def status_of(self, program, quoted):
        book = self.write("book.md", f"<!-- quoted: it -->\n```\n{quoted}```\n")
        with contextlib.redirect_stdout(io.StringIO()):
            return quoted_report.main([str(book), "it", sys.executable, *program])

    def test_as_a_student_would_see_it(self):
        self.assertEqual(self.status(QUOTED), 0)

    def test_another_number(self):
        self.assertEqual(self.status(QUOTED.replace("schedule 1 of", "schedule 2 of")), 1)

    def test_another_line(self):
        self.assertEqual(self.status(QUOTED.replace("primes.push", "found.push")), 1)

    def test_part_of_a_word_is_another_one(self):
        self.assertEqual(self.status(QUOTED, PRINTED.replace("start T1", "start T10")), 1)

    def test_another_order(self):
        printed = PRINTED.replace("  start T1\n  start T2\n", "") + "  start T1\n"
        self.assertEqual(self.status(QUOTED, printed), 1)

    def test_what_is_set_here_does_not_matter(self):
        asking = "import os\nfor k in ['WORKBOOK_SCHEDULES', 'COLUMNS'] * 2: print(k in os.environ)"
        with unittest.mock.patch.dict(os.environ, WORKBOOK_SCHEDULES="10000", COLUMNS="40"):
            self.assertEqual(self.status_of(["-c", asking], "False\n" * 4), 0)

    def test_todays_numbers(self):
        printed = PRINTED.replace(":91", ":104").replace("schedule 1 of", "schedule 12 of")
        text, missing = quoted_report.renewed(QUOTED, printed)
        self.assertEqual(missing, [])
        self.assertEqual(text, QUOTED.replace(":91", ":104").replace("schedule 1 ", "schedule 12 "))
        self.assertIsNone(quoted_report.first_missing(quoted_report.quotation(
            f"<!-- quoted: it -->\n```\n{text}```\n", "it"), printed))

    def test_a_replay_line_with_older_values(self):
        printed = PRINTED.replace("=1:0:", "=1:0uo1:0x3.1")
        text, missing = quoted_report.renewed(QUOTED, printed)
        self.assertEqual((missing, text), ([], QUOTED.replace("=1:0:", "=1:0uo1:0x3.1")))

    def test_what_no_number_mends(self):
        text, missing = quoted_report.renewed(QUOTED, PRINTED.replace("start T1", "begin T1"))
        self.assertEqual((text, missing), (QUOTED, ["  start T1"]))

    def test_no_quotation(self):
        self.assertEqual(self.status(""), 1)


if __name__ == "__main__":
    unittest.main()
