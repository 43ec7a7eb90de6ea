# The text's figures: each is found, and held to the file; a new file is put into the text.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import unittest

import fake_tree
from tool.measuring import bench, text_figures
from tool.measuring.bench_tables import Column, Measurement, Table
from tool.measuring.figures import FILE, Figure, merged, read_file

HEAD = "exercise,row,column,value,unit\n"
ROWS = """\
machine,processor,,a slow one,
ex01_count,how fast: 1,time,18.3,ms
ex01_count,how fast: 2,time,9.14,ms
ex01_count,said,memory,4.6,KiB
ex01_count,given,how long it waits,5,ms
race,1 ms,lost,3,
race,20 ms,lost,12,
"""
TEXT = """\
<!-- ex01_count begins -->

It waits for 5 ms. `7 ms` is code, and here is a program:

```
$ scripts/workbook run ex01
threads     time
      1  18.3 ms
      2  9.14 ms
4.6 KiB each
```

Two threads take 9.1 ms, or 0.0091 s; one takes 10 to
20 ms.
<!-- figures: 9.1 ms = 2 > time; 0.0091 s = 2 > time; 10 to 20 ms = ex01 how fast: 1 > time -->

| work | lost |
|---|---|
| `1 ms` | 3 |
| `20 ms` | 12 |
<!-- table of figures: race -->

<!-- ex01_count ends -->
"""
MEASURED = Measurement(
    "ex01_count",
    (),
    (
        Table("how fast", "threads time", 2, (Column("time", "ms", printed=True),)),
        Table("said", "", 1, (Column("memory", "KiB"),), line="# KiB each"),
    ),
)
PRINTED = "threads     time\n      1   17.0 ms\n      2  10.26 ms\n10.0 KiB each\n"


class Tree(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        (self.root / "README.md").write_text("A workbook.\n", encoding="utf-8")
        self.write("WORKBOOK.md", TEXT)
        self.write(FILE, HEAD + ROWS)
        for name in ("text_figures", "bench", "renewal"):
            self.patch(f"tool.measuring.{name}.MEASUREMENTS", (MEASURED,))
            self.patch(f"tool.measuring.{name}.BOOK_MEASUREMENTS", ())


class Checked(Tree):
    def problems_with(self, file, old, new):
        before = self.read(file)
        self.change(file, old, new)
        found = text_figures.problems(self.root)
        self.write(file, before)
        return found

    def test_all_is_well(self):
        self.assertEqual(text_figures.problems(self.root), [])

    def test_what_the_text_says_otherwise(self):
        for old, new, line, words in (
            ("1  18.3 ms", "1  18.4 ms", 8, "says 18.4 ms, and .* 18.3 ms .how fast: 1 > time"),
            ("4.6 KiB", "4.7 KiB", 10, "says 4.7 KiB, and .* 4.6 KiB"),
            ("| 12 |", "| 13 |", 20, "says 13, and .* 12 .20 ms > lost"),
        ):
            found = self.problems_with("WORKBOOK.md", old, new)
            self.assertEqual(len(found), 1, found)
            self.assertRegex(found[0], rf"^WORKBOOK.md:{line}: {words}")

    def test_a_figure_that_changes_in_the_file(self):
        found = self.problems_with(FILE, "9.14", "9.2")
        self.assertEqual(len(found), 3, found)
        self.assertRegex(found[2], "says 0.0091 s, and .* 9.2 ms")
        found = self.problems_with(FILE, "18.3", "21")
        self.assertRegex(found[-1], "says 10 to 20 ms, and .* 21 ms")

    def test_what_the_file_does_not_have(self):
        for old, new, words in (
            ("5 ms", "6 ms", "3: .* does not have '6 ms'"),
            ("Two threads", "A page is 4 KiB. Two threads", "13: .* does not have '4 KiB'"),
            ("9.1 ms, or", "9.2 ms, or", "15: '9.1 ms' does not stand in the paragraph"),
            ("= 2 > time; 0", "= 3 > time; 0", "15: .* has 0 figures '3 > time' of ex01"),
            ("9.1 ms = 2 ", "slow = 2 ", "15: 'slow = 2 > time' is not 'FIGURE = ROW"),
            ("4.6 KiB each", "4.6 KiB in all", "2: 0 code blocks show 'said'"),
        ):
            found = self.problems_with("WORKBOOK.md", old, new)
            self.assertTrue(found)
            self.assertRegex(found[0], words)

    def test_what_nobody_says(self):
        found = self.problems_with(FILE, "race,1 ms", "ex01_count,x,y,1,\nrace,1 ms")
        self.assertEqual(found, [f"{FILE}: nothing says 'x > y' of ex01_count"])

    def test_the_end_of_a_range_is_another_figure(self):
        words = "It takes 10 to 18.3 ms, here 18.3 ms.\n"
        words += "<!-- figures: 10 to 18.3 ms = how fast: 1 > time; 18.3 ms = how fast: 1 > time -->\n"
        self.change("WORKBOOK.md", "| work |", f"{words}\n| work |")
        self.assertEqual(text_figures.problems(self.root), [])
        self.change(FILE, "18.3", "12.5")
        text = text_figures.renewed(self.root, read_file(self.root / FILE))["WORKBOOK.md"]
        self.assertIn("It takes 10 to 18.3 ms, here 12.5 ms.\n", text)

    def test_equal_figures_in_one_paragraph(self):
        twice = "Both take 9.1 ms and 9.1 ms.\n"
        twice += "<!-- figures: 9.1 ms = 2 > time; 9.1 ms = 3 > time -->\n"
        self.change("WORKBOOK.md", "| work |", f"{twice}\n| work |")
        self.change(FILE, "race,1 ms", "ex01_count,how slow: 3,time,9.4,ms\nrace,1 ms")
        found = text_figures.problems(self.root)
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "says 9.1 ms, and .* 9.4 ms .how slow: 3")


class Renewed(Tree):
    def setUp(self):
        super().setUp()
        self.pretend_measurable("echo my++ 1.0")
        self.write("output", PRINTED)
        self.script("program", f"cat {self.root}/output")

    def renew(self):
        with contextlib.redirect_stdout(io.StringIO()):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                status = bench.bench(self.root, [], None, 1, book=True)
        return status, said.getvalue()

    def test_file_and_text_have_what_was_measured(self):
        self.assertEqual(self.renew()[0], 0)
        there = {(one.row, one.column): one.value for one in read_file(self.root / FILE)}
        self.assertEqual(there["how fast: 2", "time"], "10.26")
        self.assertEqual(there["compiler", ""], "my++ 1.0")
        self.assertEqual(there["20 ms", "lost"], "12")
        text = self.read("WORKBOOK.md")
        self.assertIn("\n      1  17.0 ms\n      2 10.26 ms\n10.0 KiB each\n", text)
        self.assertIn("take 10.3 ms, or 0.0103 s; one takes 10 to\n20 ms", text)
        self.assertEqual(text_figures.problems(self.root), [])

    def test_of_a_table_in_prose_only_what_the_text_names(self):
        columns = (Column("time", "ms", printed=True),)
        table = Table("slow", "threads time", 2, columns, in_prose=True)
        measured = Measurement("ex01_count", (), (*MEASURED.tables, table))
        for name in ("text_figures", "bench", "renewal"):
            self.patch(f"tool.measuring.{name}.MEASUREMENTS", (measured,))
        self.change(FILE, "race,1 ms", "ex01_count,slow: 1,time,8.0,ms\nrace,1 ms")
        words = "It was 8 ms.\n<!-- figures: 8 ms = slow: 1 > time -->\n"
        self.change("WORKBOOK.md", "| work |", f"{words}\n| work |")
        self.change("WORKBOOK.md", "2 > time; 0.0", "how fast: 2 > time; 0.0")
        self.assertEqual(self.renew()[0], 0)
        there = [one.row for one in read_file(self.root / FILE)]
        self.assertIn("slow: 1", there)
        self.assertNotIn("slow: 2", there)
        self.assertIn("It was 17 ms.\n", self.read("WORKBOOK.md"))

    def test_what_was_not_measured_is_said(self):
        self.assertIn("not measured now: 2 of the figures of race\n", self.renew()[1])

    def test_what_is_left_to_mend_is_said(self):
        self.write("output", PRINTED.replace("17.0", "27.0"))
        status, said = self.renew()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"WORKBOOK.md:\d+: .*10 to 20 ms")

    def test_new_values_in_the_old_order(self):
        old = [Figure("a", "x", "c", "1", ""), Figure("b", "y", "c", "2", "")]
        new = [Figure("c", "z", "c", "3", ""), Figure("a", "x", "c", "4", "s")]
        self.assertEqual(merged(old, new), [new[1], old[1], new[0]])


if __name__ == "__main__":
    unittest.main()
