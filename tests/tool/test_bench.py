# `bench`: tables read strictly, medians, bars, and nothing lost when it ends early.
#
# SPDX-License-Identifier: MIT
import contextlib
import csv
import io
import json
import re
import unittest
import unittest.mock

import fake_tree
from tool.course import section
from tool.course.layout import WorkbookError, checkout_root
from tool.measuring import bench, bench_tables
from tool.measuring.bench_tables import Column, Measurement, Row, Table

TABLE = Table(
    title="how fast",
    header="threads time speed-up",
    rows=2,
    columns=(Column("time", "ms", printed=True), Column("speed-up")),
    plot="speed-up",
    label="threads",
)
PRINTED = """\
hello

threads        time  speed-up
      1     18.3 ms      1.00
      2      9.1 ms      2.01
"""


class Reading(unittest.TestCase):
    def read(self, output, table=TABLE):
        return [(row.label, *row.figures) for row in bench_tables.read_table(table, output)]

    def refused(self, output, words, table=TABLE):
        with self.assertRaisesRegex(WorkbookError, words):
            self.read(output, table)

    def test_rows_after_the_header(self):
        self.assertEqual(self.read(PRINTED), [("1", "18.3", "1.00"), ("2", "9.1", "2.01")])

    def test_every_table_is_as_the_book_quotes_it(self):
        for one in bench_tables.MEASUREMENTS:
            for table in one.tables:
                with self.subTest(one.exercise, table=table.title):
                    outputs = [text for text in quoted(one.exercise) if tried(table, text)]
                    self.assertEqual(len(outputs), 1)
                    self.assertIn(table.plot, ["", *(column.name for column in table.columns)])
                    if not table.remark and not table.labels and "," not in table.label:
                        for row in tried(table, outputs[0]):  # nothing that is a column's figure
                            self.assertIn(row.label, outputs[0])

    def test_what_is_not_there_or_there_twice(self):
        self.refused(PRINTED.replace("speed-up", "speedup"), "0 tables, not one, begin with 'thr")
        self.refused(PRINTED + PRINTED, "2 tables, not one")
        self.refused(PRINTED[:-30], "has 1 rows, not 2")

    def test_what_is_not_a_row(self):
        good = "9.1 ms      2.01"
        for bad in ("9.1 us 2.01", "9.1 ms", "9.1 ms 2.01 7", "fast ms 2.01", "9.1 ms 2.01 LOST"):
            self.refused(PRINTED.replace(good, bad), "not a row of the table 'how fast': 2 ")
        for bad in ("  1  ", "     "):
            self.refused(PRINTED.replace("  2  ", bad), "no names of their own")

    def test_a_caption_tells_tables_apart(self):
        two = Table(**{**vars(TABLE), "caption": "on two cores"})
        output = f"on one core\n{PRINTED[7:]}\non two cores\n{PRINTED[7:].replace('9.1', '9.2')}"
        self.assertEqual(self.read(output, two)[1], ("2", "9.2", "2.01"))

    def test_labels_that_are_shared_or_not_printed(self):
        rows = "a  1  with\n   -  without\nb  -7  with\n"
        table = Table("t", "head", 3, (Column("c"),), remark="with|without")
        self.assertEqual(
            self.read("head\n" + rows, table),
            [("a, with", "1"), ("a, without", "-"), ("b, with", "-7")],
        )
        table = Table("t", "", 2, (Column("c"), Column("d")), labels=("x", "y"))
        self.assertEqual(self.read("1 2\n3 4\n", table), [("x", "1", "2"), ("y", "3", "4")])


def quoted(exercise):
    """What the book's section shows of the program: each code block's output."""
    text = section.section(checkout_root(), exercise)
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    command = f"$ scripts/workbook run {exercise[:4]}"
    own = [one for one in blocks if one.startswith(command) and "--python" not in one]
    return [re.sub(r"^\$ .*\n", "", one, flags=re.M) for one in own]


def tried(table, output):
    try:
        return bench_tables.read_table(table, output)
    except WorkbookError:
        return None


class Bench(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.pretend_measurable("echo my++ 1.0; echo and more")
        self.printing(PRINTED)
        self.measuring(Measurement("ex01_count", ("--all", "7"), (TABLE,)))

    def measuring(self, *measurements):
        self.patch("tool.measuring.bench.MEASUREMENTS", measurements)

    def printing(self, *outputs):
        """The program prints the first of these, in its next run the second, and so on."""
        for number, output in enumerate(outputs, 1):
            self.write(f"output{number}", output)
        self.write("runs", "")
        self.script(
            "program",
            f'cd {self.root}; echo "$*" >> runs\n'
            '[ "$1" != fail ] || exit 3; cat output$(wc -l < runs)',
        )

    def bench(self, *said, csv_file=None, repeat=1):
        out = io.StringIO()
        self.out = out
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(bench.bench(self.root, list(said), csv_file, repeat), 0)
        return out.getvalue()

    def saved(self):
        with open(self.root / "f.csv", encoding="utf-8", newline="") as file:
            return [tuple(line.values()) for line in csv.DictReader(file)]

    def test_what_is_shown(self):
        text = self.bench()
        self.assertRegex(text, r"processor .+, \d+ core")
        self.assertRegex(text, r"compiler +my\+\+ 1.0\n")
        for words in ("busy", "and more"):
            self.assertNotIn(words, text)
        self.assertEqual(self.read("runs"), "--all 7\n")
        self.assertEqual(
            text[text.index("ex01") :],
            "ex01_count: Counting\n\n"
            "  how fast (one run)\n"
            "    threads  time, ms  speed-up\n"
            "    1            18.3      1.00\n"
            "    2             9.1      2.01\n\n"
            "    speed-up\n"
            f"    1  {'#' * 20} 1.00\n"
            f"    2  {'#' * 40} 2.01\n",
        )

    def test_one_of_two_exercises_and_two_measurements_of_one(self):
        book = json.loads(self.read("build/workbook.json"))
        book["exercises"].append({**book["exercises"][0], "name": "ex02_more"})
        self.write("build/workbook.json", json.dumps(book))
        self.change("CMakeLists.txt", "(ex01_count)", "(ex01_count)\nworkbook_exercise(ex02_more)")
        one, two = (Measurement(name, (), (TABLE,)) for name in ("ex01_count", "ex02_more"))
        self.measuring(one, one, two)
        both = ["ex01_count", "ex02_more"]
        for said, headings in ((["1"], both[:1]), (["2", "2"], both[1:]), ([], both)):
            self.printing(PRINTED, PRINTED, PRINTED)
            text = self.bench(*said)
            self.assertEqual(re.findall(r"^ex\d\d_\w+", text, re.M), headings)
            self.assertEqual(text.count("how fast"), len(self.read("runs").splitlines()))

    def test_medians(self):
        self.printing(PRINTED, PRINTED.replace("18.3", "17.0"), PRINTED.replace("18.3", "99.9"))
        text = self.bench("1", csv_file=str(self.root / "f.csv"), repeat=3)
        self.assertIn("(medians of 3 runs)\n", text)
        self.assertEqual(
            self.saved(),
            [
                ("ex01_count", "how fast: 1", "time", "18.3", "ms"),
                ("ex01_count", "how fast: 1", "speed-up", "1.00", ""),
                ("ex01_count", "how fast: 2", "time", "9.1", "ms"),
                ("ex01_count", "how fast: 2", "speed-up", "2.01", ""),
            ],
        )

    def test_what_does_not_apply_is_left_out(self):
        self.printing(PRINTED.replace("1.00", "   -"))
        text = self.bench(csv_file=str(self.root / "f.csv"))
        self.assertEqual(len(self.saved()), 3)
        self.assertNotIn("    1  #", text)

    def test_a_busy_machine(self):
        cores = len(bench.os.sched_getaffinity(0))
        for load, busy in ((cores * 0.49, False), (cores * 0.51, True)):
            self.patch("os.getloadavg", return_value=(load, 0, 0))
            self.printing(PRINTED)
            self.assertEqual("figures\nmean little" in self.bench(), busy)

    def test_a_program_that_fails(self):
        self.measuring(Measurement("ex01_count", ("fail",), (TABLE,)))
        told = "^program fail ended with exit status 3: it printed nothing$"
        with self.assertRaisesRegex(WorkbookError, told):
            self.bench()
        self.printing("something else\n")
        self.measuring(Measurement("ex01_count", ("--all",), (TABLE,)))
        with self.assertRaisesRegex(WorkbookError, "^program --all: 0 tables, not one"):
            self.bench()

    def test_a_program_that_does_not_end(self):
        self.script("program", "sleep 1000")
        with unittest.mock.patch("tool.measuring.bench.RUN_LIMIT", 0.2):
            with self.assertRaisesRegex(WorkbookError, "did not end within 0.2 s: is the mach"):
                self.bench()

    def test_rows_that_change_from_run_to_run(self):
        self.printing(PRINTED, PRINTED.replace("  2  ", "  3  "))
        with self.assertRaisesRegex(WorkbookError, "differ from run to run"):
            self.bench(repeat=2)

    def test_what_was_measured_is_shown_and_saved_whatever_ends_it(self):
        done = bench_tables.read_table(TABLE, PRINTED)
        for error in (KeyboardInterrupt(), WorkbookError("broken")):
            (self.root / "f.csv").unlink(missing_ok=True)
            with unittest.mock.patch("tool.measuring.bench.run", side_effect=[[done], [done], error]):
                with self.assertRaises(type(error)):
                    self.bench(csv_file=str(self.root / "f.csv"), repeat=3)
            self.assertIn("how fast (medians of 2 runs)\n", self.out.getvalue())
            self.assertEqual(len(self.saved()), 4)

    def test_nothing_measured_leaves_the_old_file(self):
        self.write("f.csv", "old")
        with unittest.mock.patch("tool.measuring.bench.run", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                self.bench(csv_file=str(self.root / "f.csv"))
        self.assertEqual(self.read("f.csv"), "old")

    def test_refusals(self):
        self.change("CMakeLists.txt", "(ex01_count)", "(ex01_count)\nworkbook_exercise(ex02_text)")
        for said, file, words in (
            (["ex02"], None, "ex02 prints no table of figures; these do: ex01$"),
            (["ex01", "ex03"], None, "no exercise 'ex03'"),
            ([], "", "is there and is no file"),
            ([], "/dev/null", "is there and is no file"),
            ([], str(self.root), "is there and is no file"),
            ([], str(self.root / "no/f.csv"), "no file can be written in .*/no$"),
            ([], str(self.root / "LICENSE/f.csv"), "no file can be written in .*/LICENSE$"),
        ):
            with self.assertRaisesRegex(WorkbookError, words) as raised:
                self.bench(*said, csv_file=file)
            self.assertEqual(raised.exception.status, 2)
        self.assertEqual(self.read("runs"), "")


class Bars(unittest.TestCase):
    def lengths(self, *figures):
        rows = [Row(str(number), (text,)) for number, text in enumerate(figures)]
        table = Table("t", "", len(rows), (Column("c", "ns"),), plot="c")
        title, *lines = bench.bars(table, rows)[1:]
        return "logarithmic" in title, [line.count("#") for line in lines]

    def test_in_proportion(self):
        self.assertEqual(self.lengths("10", "40", "0", "0.1", "-1"), (False, [10, 40, 0, 1, 0]))

    def test_wide_apart(self):
        self.assertEqual(self.lengths("1", "10", "1000"), (True, [1, 14, 40]))
        self.assertEqual(self.lengths("5", "5"), (False, [40, 40]))
        self.assertEqual(self.lengths("0", "5000"), (False, [0, 40]))

    def test_no_column_no_bars(self):
        self.assertEqual(bench.bars(Table("t", "", 1, (Column("c"),)), [Row("a", ("1",))]), [])


if __name__ == "__main__":
    unittest.main()
