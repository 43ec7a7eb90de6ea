# `book`: WORKBOOK.md is cut into pages with nothing lost, and links, folds and figures arrive.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import unittest
import unittest.mock

import fake_tree
from tool import commands
from tool.book import book, book_figures, book_pages
from tool.course.layout import MACHINE, USAGE, WorkbookError

OPENING = """\
<!-- opening begins -->

Welcome. Begin with [counting](#ex01_count), and [why](#why).

## Words (all of them)

Here. See [the answer](#what-did-you-notice).

<!-- opening ends -->

# Part 1: counting

"""
LESSONS = """
<!-- appendix instructors begins -->
## Appendix: for instructors

Hello.

### A lesson

```
### no heading, and [no link](#ex01_count)
```
<!-- appendix instructors ends -->
"""


class Pages(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("WORKBOOK.md", f"# The Book\n\n{OPENING}{fake_tree.SECTION}{LESSONS}")

    def pages(self):
        found = book_pages.pages(self.root)
        where = book_pages.addresses(self.root, found)
        return {page.name: book_pages.markdown(page, found, where) for page in found}

    def test_a_page_for_each_section(self):
        found = book_pages.pages(self.root)
        self.assertEqual(
            [(page.name, page.part, page.label) for page in found],
            [
                ("index", "Before the exercises", ""),
                ("words", "Before the exercises", "Words (all of them)"),
                ("ex01_count", "Part 1: counting", "ex01: Counting"),
                ("appendix-for-instructors", "For instructors", "Appendix: for instructors"),
                ("a-lesson", "For instructors", "A lesson"),
            ],
        )
        self.assertIn('"Part 1: counting"', book_pages.contents(found, []))

    def test_links_lead_to_the_pages(self):
        found = self.pages()
        self.assertIn("[counting](ex01_count.md), and [why](ex01_count.md#why)", found["index"])
        self.assertIn("[the answer](ex01_count.md#what-did-you-notice)", found["words"])
        self.assertIn("[no link](#ex01_count)", found["a-lesson"])  # in code it is none

    def test_headings_move_up(self):
        found = self.pages()
        for name, begin in (
            ("index", "# The Book\n\nWelcome."),
            ("words", "# Words (all of them)\n"),
            ("a-lesson", "# A lesson\n\n```\n### no heading"),
        ):
            self.assertTrue(found[name].startswith(begin), found[name])

    def test_an_exercise_says_where_it_stands_and_what_to_edit(self):
        text = self.pages()["ex01_count"]
        self.assertTrue(text.startswith("# ex01: Counting\n\n*Exercise 1 of 1; 0 of 1 hours"), text)
        self.assertIn("## Your task\n\n:::{stub}\nexercises/ex01_count/count.cpp\n:::\n", text)

    def test_what_is_given_is_not_to_be_edited(self):
        for folder in ("exercises", "solutions"):
            self.write(f"{folder}/ex01_count/given.cpp", "int given;\n")
        self.assertNotIn("given.cpp", self.pages()["ex01_count"])

    def test_folds_can_be_translated(self):
        text = self.pages()["ex01_count"]
        self.assertRegex(text, r"(?m)^:::\{fold\} Hint 1.*: think\n\nThink of \*two\*\.\n\n:::\n")
        self.assertNotIn("<details>", text)

    def test_a_description_is_one_line(self):
        self.change("WORKBOOK.md", "Because.", "![One\ntwo\nthree](LICENSE)")
        self.assertIn("![One two three](LICENSE)", self.pages()["ex01_count"])

    def test_nothing_is_left_out(self):
        self.change("WORKBOOK.md", "# Part 1: counting\n", "# Part 1: counting\n\nA stray word.\n")
        with self.assertRaisesRegex(WorkbookError, "WORKBOOK.md:15: stands in no section: A stray word."):
            book_pages.pages(self.root)

    def test_a_section_of_no_exercise(self):
        self.change("CMakeLists.txt", "ex01_count", "ex02_other")
        with self.assertRaisesRegex(WorkbookError, "'ex01_count' is no exercise"):
            book_pages.pages(self.root)

    def test_sources_that_are_no_longer_wanted_go(self):
        folder = self.root / "build-book"
        book.write_sources(self.root, folder)
        self.assertTrue((folder / "source" / "words.md").is_file())
        self.write("build-book/html/words.html", "")
        before = (folder / "source" / "a-lesson.md").stat().st_mtime_ns
        self.change("WORKBOOK.md", "## Words (all of them)", "## Terms")
        book.write_sources(self.root, folder)
        self.assertFalse((folder / "source" / "words.md").exists())
        self.assertFalse((folder / "html" / "words.html").exists())
        self.assertTrue((folder / "source" / "terms.md").is_file())
        self.assertEqual((folder / "source" / "a-lesson.md").stat().st_mtime_ns, before)


class Figures(fake_tree.FakeTree):
    HEAD = "exercise,row,column,value,unit\n"

    def test_none_were_measured(self):
        self.assertIsNone(book_figures.page(self.root))

    def test_a_table_for_each(self):
        lines = "ex01_count,primes: 1,time,18.3,ms\nex01_count,primes: 1,speed-up,1.00,\n"
        lines += "ex01_count,primes: 2,time,9.1,ms\n"
        self.write(".workbook/bench.csv", self.HEAD + lines)
        text = book_figures.page(self.root)
        self.assertIn("## ex01_count\n\nTo [its section](ex01_count.md).\n\n### primes\n", text)
        self.assertIn("|  | time, ms | speed-up |\n", text)
        self.assertIn("| 1 | 18.3 | 1.00 |\n| 2 | 9.1 |  |\n", text)

    def test_what_bench_did_not_write(self):
        for spoiled in ("hello\nyou\n", self.HEAD + "ex01_count,primes\n"):
            self.write(".workbook/bench.csv", spoiled)
            with self.assertRaisesRegex(WorkbookError, "bench.csv is not what bench --csv writes"):
                book_figures.page(self.root)


class Command(fake_tree.FakeTree):
    def refused(self, status, words, *argv):
        with self.assertRaisesRegex(WorkbookError, words) as caught:
            commands.call(self.root, ["book", *argv])
        self.assertEqual(caught.exception.status, status)

    def test_wrong_usage(self):
        self.refused(USAGE, "'xx' is not translated; there is: none", "--language", "xx")
        self.refused(USAGE, "--check tests all of the book: give it alone", "--check", "--epub")
        self.refused(USAGE, "unrecognized arguments: ex01", "ex01")

    def test_without_sphinx(self):
        with unittest.mock.patch("tool.book.book.python_with", return_value=None):
            self.refused(MACHINE, "apt-get install python3-sphinx python3-myst-parser furo")

    def test_sphinx_fails(self):
        python = self.script("python", "echo well; echo no room >&2; exit 2")
        with unittest.mock.patch("tool.book.book.python_with", return_value=str(python)):
            with contextlib.redirect_stderr(io.StringIO()):
                self.refused(1, "Sphinx ended with exit status 2: no room")

    def test_a_python_that_has_it(self):
        self.assertIsNotNone(book.python_with("json", "csv"))
        self.assertIsNone(book.python_with("json", "no_such_module"))


if __name__ == "__main__":
    unittest.main()
