# The table of the promises that are not proved: what a checker says becomes a row, and a row that is
# missing or no longer true is found.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import unittest
import unittest.mock

import fake_tree
from tool.author import proofs
from tool.building.build_folder import Case
from tool.course.layout import WorkbookError

BOOK = "before\n\n<!-- proofs begin -->\n\n{}\n<!-- proofs end -->\n\nafter\n"
PROVED = "passed: all 4 schedules that differ: a proof\n"
TOO_MANY = "no proof after 120000 schedules, 119000 of them different: there are more\n"
ASKS = "no proof after 3 schedules, 2 of them different: a thread asks again and again\n"


class Proofs(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.searched = []

    def run_proofs(self, says, rows, *words):
        """The status; `says` is what a checker prints of each case, by its sentence."""
        table = proofs.table_of([proofs.Row("ex01", *one) for one in rows], {"ex01": "ex01_count"})
        self.book = self.write("WORKBOOK.md", BOOK.format(table))
        cases = [Case(sentence, 1, False, False, True) for sentence in says]

        def search(_, exercise, case):
            self.searched.append(case.sentence)
            return proofs.row_of(exercise, case, says[case.sentence])

        self.out = io.StringIO()
        with contextlib.ExitStack() as patches:
            for name, value in (
                ("checkout_root", lambda: self.root),
                ("explored_cases", lambda root, checker: (self.exercise, cases)),
                ("searched", search),
            ):
                patches.enter_context(unittest.mock.patch.object(proofs, name, value))
            patches.enter_context(contextlib.redirect_stdout(self.out))
            return proofs.main([*words, "bin/ref01"])

    def assert_wrong(self, words, says, rows):
        self.assertEqual(self.run_proofs(says, rows), 1)
        self.assertIn(f"WORKBOOK.md's table of what is not proved, ex01: {words}", self.out.getvalue())

    def test_as_it_stands_there(self):
        says = {"one": PROVED, "two": ASKS, "three": PROVED + "passed: the only schedule; a proof\n"}
        self.assertEqual(self.run_proofs(says, [("two", 7, "a thread asks again and again")]), 0)
        self.assertEqual(self.searched, ["one", "two", "three"])

    def test_too_many_are_not_searched_again(self):
        self.assertEqual(self.run_proofs({"one": TOO_MANY}, [("one", 7, "there are more")]), 0)
        self.assertEqual(self.searched, [])

    def test_a_schedule_that_had_to_be_found(self):
        self.assertEqual(self.run_proofs({"one": "found: wrong result\n"}, []), 0)

    def test_a_row_that_is_missing(self):
        self.assert_wrong("it lacks 'one': there are more", {"one": PROVED + TOO_MANY}, [])

    def test_a_row_that_is_true_no_more(self):
        why = "a thread asks again and again"
        self.assert_wrong("it names 'one', which is proved", {"one": PROVED}, [("one", 2, why)])
        self.assert_wrong("it says 'time' of 'one', and the search", {"one": ASKS}, [("one", 2, "time")])
        self.assert_wrong("it names 'gone', which is no explored promise", {}, [("gone", 2, why)])

    def test_silence_is_no_proof(self):
        with self.assertRaisesRegex(WorkbookError, "ex01: one: no word of a proof"):
            self.run_proofs({"one": "passed: 2000 schedules\n"}, [])

    def test_a_damaged_table(self):
        with self.assertRaisesRegex(WorkbookError, "no row of a promise that is not proved: . what"):
            proofs.rows_of(BOOK.format(proofs.HEAD + "| what |\n"))
        with self.assertRaisesRegex(WorkbookError, "no table between"):
            proofs.rows_of("before\n")

    def test_renewed(self):
        says = {"one": PROVED, "two": TOO_MANY, "three": ASKS}
        self.assertEqual(self.run_proofs(says, [("one", 7, "there are more")], "--renew"), 0)
        text = self.book.read_text(encoding="utf-8")
        self.assertEqual(
            [(one.sentence, one.different, one.why) for one in proofs.rows_of(text)],
            [("two", 119000, "there are more"), ("three", 2, "a thread asks again and again")],
        )
        self.assertIn("| [ex01](#ex01_count) | two | 119,000 | there are more |\n", text)
        self.assertTrue(text.startswith("before\n") and text.endswith("\n\nafter\n"))


class NoChecker(fake_tree.FakeTree):
    def test_what_is_named_must_be_one(self):
        for name in ("ref01", "ref99", "ex01_checker"):
            with self.subTest(name), self.assertRaisesRegex(WorkbookError, "is no built checker"):
                proofs.explored_cases(self.root, self.root / "bin" / name)


if __name__ == "__main__":
    unittest.main()
