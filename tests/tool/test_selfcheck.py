# The project's checks of itself find what is planted, and nothing in a good tree.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import shutil
import unittest
import unittest.mock

import fake_tree
from tool.author import selfcheck, verify
from tool.book import book
from tool.course import pristine, section


class Checks(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()

    def found(self, check):
        with contextlib.redirect_stdout(io.StringIO()):
            return selfcheck.CHECKS[check](self.root)

    def assert_found(self, check, words):
        found = self.found(check)
        self.assertTrue(any(words in text for text in found), found)

    def test_a_good_tree(self):
        self.write("scripts/workbook", "#!/bin/sh\n# SPDX-License-Identifier: MIT\n")
        for check in ("stubs", "sections", "names", "wrong-answers", "contracts", "spdx"):
            self.assertEqual(self.found(check), [], check)

    def test_a_difference_outside_the_todos(self):
        self.change("solutions/ex01_count/count.hpp", "int next();", "int next(int);")
        self.assert_found("stubs", "count.hpp:0: only the solution has (line 12): int next(int);")

    def test_a_file_without_counterpart(self):
        self.write("solutions/ex01_count/more.hpp", "")
        self.assert_found("stubs", "more.hpp: has no counterpart")

    def test_a_stub_without_a_todo(self):
        shutil.copy(self.exercise.solution / "count.cpp", self.exercise.stub / "count.cpp")
        pristine.accept(self.exercise)
        self.assert_found("stubs", "has no TODO")

    def test_an_edited_stub_is_no_fault(self):
        self.write("exercises/ex01_count/count.cpp", "my own work")
        self.assertEqual(self.found("stubs"), [])

    def test_an_exercise_that_is_not_recorded(self):
        self.write(pristine.MANIFEST, "")
        self.assert_found("stubs", "scripts/workbook accept ex01")

    def test_names(self):
        case = 'TEST_CASE("two times three is six", "[ex01][step1]")'
        for new, words in (
            ('TEST_CASE("two, comma", "[ex01][step1]")', "letters, digits"),
            ('TEST_CASE("as in ex02", "[ex01][step1]")', "names an exercise"),
            ('TEST_CASE("a name", "[step1]")', "no tag [ex01]"),
            ('TEST_CASE("a name", "[ex01]")', "not one tag [stepN]"),
            ('TEST_CASE("a name", "[ex01][step2]")', "its steps are [2]"),
            ('TEST_CASE("a name", "[ex01][step1][strech]")', "unknown tags ['strech']"),
            ('TEST_CASE("a name",\n          "[ex01][step1]")', "on a line"),
            ('TEMPLATE_TEST_CASE("a name", "[ex01][step1]", int)', "on a line"),
        ):
            with self.subTest(new):
                self.write("tests/ex01_count_test.cpp", fake_tree.TEST.replace(case, new))
                self.assert_found("names", words)

    def test_two_cases_of_one_name(self):
        self.write("tests/ex01_count_test.cpp", fake_tree.TEST + fake_tree.TEST)
        self.assert_found("names", "two cases have the name")

    def test_shared_cases_are_read_too(self):
        self.change("CMakeLists.txt", "ex01_count", "ex01_count SHARES both.hpp USES ex09_x")
        self.write("tests/support/both.hpp", 'TEST_CASE("shared", TAG "[step1]")\n')
        self.assertEqual(self.found("names"), [])
        self.assert_found("wrong-answers", "no wrong answer is caught by: shared")

    def test_a_case_that_no_wrong_answer_fails(self):
        self.change("tests/ex01_count_test.cpp", "three is six", "four is eight")
        self.assert_found("wrong-answers", "no wrong answer is caught by: two times four is eight")
        self.assert_found("wrong-answers", "ex01 has no case 'two times three is six'")

    def test_wrong_answers_of_no_exercise(self):
        self.write("tests/wrong_answers/ex09_gone/a.patch", "caught by: x\n")
        self.assert_found("wrong-answers", "ex09_gone: belongs to no exercise")

    def test_a_missing_licence_line(self):
        self.write("scripts/workbook", "#!/bin/sh\n# SPDX-License-Identifier: MIT\n")
        self.write("tests/support/new.hpp", "// no licence\n")
        self.assert_found("spdx", "tests/support/new.hpp: has no SPDX line")

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_the_explorers_map(self):
        self.write("tests/explore/README.md", "`a.cpp`, and `part/`\n")
        self.write("tests/explore/a.cpp", "int a;\n")
        self.write("tests/explore/part/b.cpp", "int b;\n" * 400)
        self.assertEqual(self.found("explorer"), [])
        self.write("tests/explore/part/b.cpp", "int b;\n" * 401)
        self.write("tests/explore/other/c.hpp", "int c;\n")
        (self.root / "tests/explore/a.cpp").unlink()
        self.assert_found("explorer", "part/b.cpp: 401 lines; at most 400")
        self.assert_found("explorer", "there is no a.cpp")
        self.assert_found("explorer", "does not name other/")

    def test_format(self):
        self.write("tests/support/new.hpp", "int  f( );\n")
        self.assert_found("format", "tests/support/new.hpp:1:")

    def test_no_clang_format_is_no_pass(self):
        missing = unittest.mock.patch("tool.author.selfcheck.shutil.which", return_value=None)
        with missing:
            self.assert_found("format", "clang-format is not installed")


class Skipping(unittest.TestCase):
    """A check that could not be made is neither good nor bad, and says why."""

    def status(self, group, **checks):
        known = {name.replace("_", "-"): check for name, check in checks.items()}
        here = unittest.mock.patch("tool.book.book.python_with", return_value=None)
        with here, unittest.mock.patch.dict(selfcheck.CHECKS, known):
            with contextlib.redirect_stdout(io.StringIO()) as said:
                return selfcheck.main([group]), said.getvalue()

    def lacks(self, root):
        raise selfcheck.Skipped("no browser here")

    def test_one_that_is_skipped(self):
        good = {"book": lambda root: [], "book_in_a_browser": self.lacks}
        status, said = self.status("whole-book", **good)
        self.assertEqual(status, book.SKIPPED)
        self.assertIn("book: good\nbook-in-a-browser: skipped: no browser here\n", said)

    def test_a_failure_beside_it_counts(self):
        bad = {"book": lambda root: ["a dead link"], "book_in_a_browser": self.lacks}
        self.assertEqual(self.status("whole-book", **bad)[0], 1)


class Text(fake_tree.FakeTree):
    def assert_found(self, old, new, words):
        self.change("WORKBOOK.md", old, new)
        found = section.problems(self.root)
        self.assertTrue(any(words in text for text in found), found)

    def test_hints_in_order(self):
        hints = section.hints(self.root, self.exercise)
        self.assertEqual([hint.title for hint in hints], ["think", "think more", "nearly there"])
        self.assertEqual(hints[0].text, "Think of *two*.")

    def test_a_missing_section(self):
        self.assert_found("ex01_count begins", "ex01_count starts", "has no section")

    def test_a_missing_part(self):
        self.assert_found("### Contract\n", "", "its parts are")

    def test_parts_out_of_order(self):
        self.assert_found("### Why", "### Further", "its parts are")

    def test_an_empty_part(self):
        self.assert_found("### Why\nBecause.", "### Why", "'Why' is empty")

    def test_two_hints(self):
        self.assert_found("Hint 3, step 2: nearly there", "nearly there", "has 2 hints, fewer than 3")

    def test_misnumbered_hints(self):
        self.assert_found("Hint 3", "Hint 4", "its hints are numbered [1, 2, 4]")

    def test_a_hint_without_its_stage(self):
        step = "2. Go on:\n   - *Slowly.* A pace.\n\n   - *Faster.* More.\n### Contract\n"
        self.change("WORKBOOK.md", "### Contract\n", step)
        self.assert_found("Hint 1", "Hint 1", "hint 3 names no stage of step 2: slowly / faster")
        self.change("WORKBOOK.md", "step 2: nearly", "step 2, faster: nearly")
        self.assertEqual(section.problems(self.root), [])
        self.assert_found("step 1: think more", "step 1, faster: more", "hint 2 names no stage of step 1: ")

    def test_a_step_without_a_hint(self):
        steps = "1. Begin.\n2. Go on.\n3. (stretch) More.\n4. End.\n### Contract\n"
        self.change("WORKBOOK.md", "### Contract\n", steps)
        self.assertEqual(
            section.problems(self.root), ["WORKBOOK.md: ex01_count: step 4 has no hint"]
        )

    def test_no_hours(self):
        self.assert_found("*1 hour.*", "", "has no line")

    def test_no_word_on_what_is_next(self):
        self.assert_found("\n**Next:** [once more](#the-book).", "", "does not end with two lines")

    def test_a_next_that_leads_nowhere(self):
        self.assert_found("[once more](#the-book)", "once more", "'Next:' has no link")

    def test_a_next_that_leads_back(self):
        self.assert_found("[once more](#the-book)", "[on](#ex01_count)", "leads back to ex01_count")

    def test_a_dead_anchor(self):
        self.assert_found("(#hints)", "(#hint)", "no such heading: #hint")

    def test_a_dead_file(self):
        self.assert_found("(LICENSE)", "(LICENCE)", "no such file: LICENCE")

    def test_an_exercise_that_there_is_not(self):
        self.assert_found("run ex01", "run ex77", "there is no ex77")

    def test_an_unclosed_fold(self):
        self.assert_found("Two.\n\n</details>", "Two.\n", "unequal numbers of <details>")

    def test_code_has_neither_headings_nor_links(self):
        code = "Because.\n```\n### Not a heading\n[x](#nowhere)\n```\nand `a[i](#none)`"
        self.change("WORKBOOK.md", "Because.", code)
        self.assertEqual(section.problems(self.root), [])

    def test_anchors_as_github_makes_them(self):
        text = "# Part 2: I/O-bound: one server, four ways\n## Why\n## Why\n## ex03_process_pool\n"
        self.assertEqual(
            section.anchors(text),
            {"part-2-io-bound-one-server-four-ways", "why", "why-1", "ex03_process_pool"},
        )


class Counts(unittest.TestCase):
    def test_what_was_judged(self):
        text = verify.describe(
            [
                "ref01.build (errors: build-instructor/ref01.log)",
                "ref01: a",
                "ref01: b",
                "ref02: a",
                "new01: a",
                "half01.1",
                "half01.12",
                "bad01.build (errors: build-instructor/bad01.log)",
                "bad01.builds_nothing",
                "good01.other",
                "self.format",
            ]
        )
        for words in (
            "2 solutions (3 promises)",
            "1 fresh stubs (1 promises",
            "2 half-filled stubs",
            "1 wrong answers",
            "1 right answers",
            "1 checks",
        ):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
