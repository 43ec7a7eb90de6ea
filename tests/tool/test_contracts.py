# Which case forces which sentence: what is missing is found, and a student sees the sentence.
#
# SPDX-License-Identifier: MIT
import unittest

import fake_tree
from tool.building.build_folder import Case
from tool.course import contracts, whole_sentences
from tool.judging import board, judge
from tool.judging.judge import Outcome

FILE = "tests/contracts/ex01_count.txt"
CASES = {"two times three is six": False}


class Contracts(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()

    def contract(self, text: str) -> None:
        self.change("WORKBOOK.md", "- A count grows.", text)

    def found(self, cases=None):
        return contracts.problems(self.exercise, CASES if cases is None else cases)

    def assert_found(self, words):
        found = self.found()
        self.assertTrue(any(words in text for text in found), found)

    def test_none_in_a_good_tree(self):
        self.assertEqual(self.found(), [])

    def test_a_sentence_that_nothing_quotes(self):
        for text, left in (
            ("- First it waits. A count grows.", "First it waits."),
            ("- A count grows. Then\n  it ends.", "Then it ends."),
            ("- A count grows.\n- So does *this*.", "So does *this*."),
            ("- A count grows.\n\nMore stands below.", "More stands below."),
        ):
            with self.subTest(text):
                before = self.read("WORKBOOK.md")
                self.contract(text)
                self.assertEqual(self.found(), [f"{FILE}: no entry quotes: {left}"])
                self.write("WORKBOOK.md", before)

    def test_a_sentence_is_found_across_lines(self):
        self.contract("- A\n  count grows.")
        self.assertEqual(self.found(), [])
        self.change(FILE, "A count grows.", "A\ncount grows.")
        self.assertEqual(self.found(), [])

    def test_titles_and_remarks_promise_nothing(self):
        self.contract("The counter:\n- A count grows. (It is `quick (very)` too.)\n\n`class x`\n")
        self.assertEqual(self.found(), [])

    def test_brackets_within_a_sentence_promise_something(self):
        self.contract("- A count grows (twice).")
        self.assert_found("no entry quotes: A count grows (twice).")

    def test_a_quote_of_nothing(self):
        self.change(FILE, "A count grows.", "A count grew.")
        self.assert_found(":3: not in the contract, or not in its order: A count grew.")
        self.assert_found("no entry quotes: A count grows.")

    def test_two_sentences_at_once(self):
        self.contract("- A count grows. And waits.")
        self.change(FILE, "A count grows.", "A count grows. And waits.")
        self.assertEqual(self.found(), [f"{FILE}:3: quotes more than one sentence"])

    def test_a_sentence_behind_the_word_that_it_is_about(self):
        self.contract("- *Numbers.* A count grows.")
        self.change(FILE, "A count grows.", "*Numbers.* A count grows.")
        self.assertEqual(self.found(), [])

    def test_a_sentence_without_a_case(self):
        self.change(FILE, "    case: two times three is six\n", "")
        self.assert_found(":3: no case forces: A count grows.")
        self.assert_found("is not caught by a case of this sentence: undoubled")
        self.assert_found("forces no sentence: two times three is six")

    def test_a_sentence_without_a_wrong_answer(self):
        self.change(FILE, "    wrong: undoubled\n", "")
        self.assertEqual(self.found(), [f"{FILE}:3: no wrong answer breaks: A count grows."])

    def test_a_sentence_that_students_runs_do_not_force(self):
        found = self.found({"two times three is six": True})
        self.assertEqual(
            found, [f"{FILE}:3: only long cases force, which students do not run: A count grows."]
        )

    def test_a_case_that_forces_nothing(self):
        found = self.found({**CASES, "it is quick": False})
        self.assertEqual(found, [f"{FILE}: forces no sentence: it is quick"])

    def test_names_that_point_to_nothing(self):
        self.change(FILE, "is six\n    wrong: undoubled", "is nine\n    wrong: gone\n    right: gone")
        self.assert_found(":3: ex01 has no case: two times three is nine")
        self.assert_found(":3: ex01 has no wrong answer: gone")
        self.assert_found(":3: ex01 has no right answer: gone")

    def test_what_is_left_open_needs_a_right_answer_only(self):
        self.contract("- A count grows. How is up to you.")
        with open(self.root / FILE, "a", encoding="utf-8") as file:
            file.write("\nHow is up to you.\n    right: adds\n")
        self.assertEqual(self.found(), [f"{FILE}:7: ex01 has no right answer: adds"])
        self.write("tests/right_answers/ex01_count/adds.patch", "right answer: adds\n")
        self.assertEqual(self.found(), [])

    def test_promises_of_a_header(self):
        entry = "\n    case: two times three is six\n    wrong: undoubled\n"
        with open(self.root / FILE, "a", encoding="utf-8") as file:
            file.write(f"\nIn count.hpp:\n\nTwo times n.{entry}\nThree times n.{entry}")
        self.assertEqual(self.found(), [f"{FILE}:13: not in count.hpp: Three times n."])

    def test_a_missing_file(self):
        (self.root / FILE).unlink()
        self.assertEqual(self.found(), [f"{FILE}: is missing"])


class Shown(fake_tree.FakeTree):
    def shown(self, verdict, sentence="two times three is six"):
        outcome = Outcome(Case(sentence, 1, False, False), verdict, "expected 6")
        return board.findings("ex01_count", self.exercise, [outcome])

    def test_a_failed_case_has_its_sentence(self):
        begin = 'Step 1: "two times three is six"\n'
        for verdict in (judge.FAILED, judge.STUCK):
            self.assertIn(f"{begin}Contract: A count grows.\n\n  expected 6", self.shown(verdict))

    def test_a_link_is_its_words(self):
        self.change(FILE, "A count grows.", "A count grows (see [ex05](#ex05_x)).")
        self.assertIn("Contract: A count grows (see ex05).\n", self.shown(judge.FAILED))

    def test_a_long_sentence_is_broken_between_words(self):
        self.change(FILE, "A count grows.", f"A count grows{' and grows' * 20}.")
        self.change("WORKBOOK.md", "A count grows.", f"A count grows{' and grows' * 20}.")
        shown = self.shown(judge.FAILED)
        self.assertLessEqual(max(len(line) for line in shown.splitlines()), 100)
        self.assertIn(f"Contract: A count grows{' and grows' * 20}.", " ".join(shown.split()))

    def test_no_sentence_where_nothing_is_broken_or_known(self):
        self.assertNotIn("Contract", self.shown(judge.TODO))
        self.assertNotIn("Contract", self.shown(judge.UNJUDGED))
        self.assertNotIn("Contract", self.shown(judge.FAILED, "it is quick"))
        (self.root / FILE).unlink()
        self.assertNotIn("Contract", self.shown(judge.FAILED))


class WholeSentences(fake_tree.FakeTree):
    """What is shown of a contract can be read by itself."""

    def told(self, text, *entries):
        """Of these entries, all of the same case, in a contract with this text."""
        self.change("WORKBOOK.md", "- A count grows.", text)
        pointer = "\n    case: two times three is six\n    wrong: undoubled\n\n"
        self.write(FILE, "".join(one + pointer for one in entries))
        return whole_sentences.forced_by(self.exercise, "two times three is six")

    def test_a_part_brings_its_sentence_once(self):
        text = "- First it waits. `count` counts, and\n  tells; nobody waits. That is all."
        found = self.told(text, "`count` counts,", "and tells; nobody waits.")
        self.assertEqual(found, ["`count` counts, and tells; nobody waits."])

    def test_a_sentence_that_leans_brings_the_one_before_it(self):
        text = "- More stands here.\n- `count` counts. If it ends, it tells. Then it rests."
        self.assertEqual(self.told(text, "Then it rests."), ["`count` counts. If it ends, it tells. Then it rests."])

    def test_or_its_title(self):
        found = self.told("What a counter promises:\n- It counts. It ends.", "It counts.")
        self.assertEqual(found, ["What a counter promises: It counts."])

    def test_the_word_that_a_sentence_is_about_stays_with_it(self):
        self.assertEqual(self.told("- *Numbers.* `n` grows. More.", "`n` grows."), ["*Numbers.* `n` grows."])

    def test_the_entry_is_meant_and_not_the_same_words_before_it(self):
        found = self.told("- `a` counts, twice.\n- `b` ends, twice.", "`a` counts,", "`b` ends,", "twice.")
        self.assertEqual(found, ["`a` counts, twice.", "`b` ends, twice."])

    def test_a_header_brings_the_name(self):
        self.hand_out()
        found = self.told("- It counts.", "In count.hpp:\n\nTwo times")
        self.assertEqual(found, ["`twice`: Two times n."])
        self.write("exercises/ex01_count/count.hpp", "int twice(int n);\n")
        self.assertEqual(whole_sentences.forced_by(self.exercise, "two times three is six"), ["Two times"])

    def test_what_cannot_be_read_by_itself_is_found(self):
        self.told("- It counts.\n- counts too.", "It counts.", "counts too.")
        self.assertEqual(
            whole_sentences.problems(self.exercise),
            [f"{FILE}:{line}: cannot be read by itself: {text}" for line, text in ((1, "It counts."), (5, "counts too."))],
        )


if __name__ == "__main__":
    unittest.main()
