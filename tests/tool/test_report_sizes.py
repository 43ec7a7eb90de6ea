#!/usr/bin/env python3
# test_report_sizes.py: whether a report that does not fit its page is noticed.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import io
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool.author import report_sizes
from tool.course.layout import WorkbookError
from tool.judging import judged

GOOD = """\
Broken promise: it counts
  REQUIRE( count() == 2 )
Cause: two threads write it.
Again:  WORKBOOK_REPLAY=1:0: {}/bin/bad01.no_lock "it counts, and nothing is left out of what it counts"
"""


class ReportSizes(fake_tree.FakeTree):
    def looked_at(self, *reports, words=()):
        """The status and what is printed, for answers that report this; "@40" begins one for 40 columns."""
        entries = []
        for number, report in enumerate(reports):
            wide, _, narrow = report.partition("@40\n")
            checker = self.root / f"bad01.n{number}"
            self.script(checker, wide, narrow or wide)
            command = (str(checker), "--fails", "it counts")
            entries.append(judged.Check(number + 1, checker.name, command, ()))
        out = io.StringIO()
        with (
            unittest.mock.patch.object(judged, "checks", lambda build: entries),
            contextlib.redirect_stdout(out),
        ):
            return report_sizes.main([*words, str(self.root)]), out.getvalue()

    def script(self, checker: Path, wide: str, narrow: str) -> None:
        code = f"import os, sys; print({narrow!r} if 'COLUMNS' in os.environ else {wide!r}, end='')"
        checker.write_text(f"#!/usr/bin/env python3\n{code}\nsys.exit(1)\n", encoding="utf-8")
        checker.chmod(0o755)

    def test_one_that_fits(self):
        status, said = self.looked_at(GOOD)
        self.assertEqual(status, 0, said)
        self.assertIn("1 reports on 1 wrong answers, of which 0 do not fit", said)
        self.assertIn("columns (bad01.n0), the longest 3 rows (bad01.n0)", said)

    def test_what_is_too_wide(self):
        for row in ("  a " + 98 * "b", "two words " * 11):
            status, said = self.looked_at(f"{GOOD}{row}\n@40\n{GOOD}")
            self.assertEqual(status, 1)
            self.assertIn(f"bad01.n0: it counts: COLUMNS=: {row}\n", said)
        status, said = self.looked_at(f"{GOOD}@40\n{GOOD}  {30 * 'a '}\n")
        self.assertIn("COLUMNS=40: ", said)
        self.assertNotIn("COLUMNS=60: ", self.looked_at(f"{GOOD}@40\n{GOOD}  {25 * 'a '}\n")[1])

    def test_what_cannot_be_broken_may_be_wide(self):
        self.assertEqual(self.looked_at(f"{GOOD}@40\n{GOOD}      {'a' * 60}\n")[0], 0)

    def test_what_is_cut_off_on_a_narrow_page(self):
        status, said = self.looked_at(f"{GOOD}@40\n{GOOD}{'wrong result, found in schedule 20 of 20':.38}..\n")
        self.assertEqual(status, 1, said)

    def test_what_is_too_long(self):
        rows = report_sizes.MOST_ROWS - 3
        said_by_it = "  on stderr it said: a\n" + "      b\n" * 60 + "  tests/a.cpp:1\n"
        self.assertEqual(self.looked_at(GOOD + "  row\n" * rows)[0], 0)
        self.assertEqual(self.looked_at(GOOD + "  row\n" * (rows + 1))[0], 1)
        self.assertEqual(self.looked_at("said\n" * 60 + GOOD + said_by_it + "  row\n" * (rows - 1))[0], 0)

    def test_a_sentence_on_two_lines_is_none_of_the_report(self):
        promise = "Broken promise: it counts\nand goes on\ndata race, found in schedule 1 of 2\n"
        self.assertEqual(report_sizes.told(promise), ["data race, found in schedule 1 of 2"])

    def test_no_report_at_all_is_noticed(self):
        self.assertEqual(self.looked_at("")[0], 1)
        with self.assertRaisesRegex(WorkbookError, "no wrong answer is built there"):
            self.looked_at()
        with self.assertRaisesRegex(WorkbookError, "usage: "):
            report_sizes.main(["--sample"])

    def test_a_sample_has_some_of_each_exercise(self):
        all_of_them = [
            report_sizes.Broken(f"bad{ex:02}.n{number}", "", "it counts")
            for ex in range(1, 4)
            for number in range(9)
        ]
        chosen = report_sizes.sample(all_of_them)
        self.assertEqual(len(chosen), 3 * report_sizes.OF_EACH)
        self.assertEqual(len({one.answer for one in chosen}), len(chosen))
        self.assertEqual(chosen, report_sizes.sample(all_of_them))
        self.assertEqual({one.answer[:5] for one in chosen}, {"bad01", "bad02", "bad03"})


if __name__ == "__main__":
    unittest.main()
