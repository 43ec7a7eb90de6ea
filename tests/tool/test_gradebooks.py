# The gradebooks that `grade` writes for Moodle and Canvas: who is who, what they are given, and names
# that a spreadsheet would run. Read again by Python's csv and, where it is installed, by sqlite3.
#
# SPDX-License-Identifier: MIT
import csv
import html
import io
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree
from tool.building.build_folder import Case
from tool.course.layout import Exercise, WorkbookError
from tool.instructor import gradebooks, grade_forms
from tool.instructor.graded import CORE, DOES_NOT_BUILD, LOOK, MISSING, NOT_PASSED, UNREADABLE, Graded
from tool.judging.judge import FAILED, PASSED, Outcome

ROOT = fake_tree.TOOL.parents[1]
EX01, EX02 = Exercise(ROOT, "ex01_count"), Exercise(ROOT, "ex02_pool")
HOSTILE = ("=1+1", "+cmd", "-2", "@SUM(A1)", 'b"o,b;', "a\\", "Ödön 学生", "</pre><b>", "\u202egnirts")
WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Last modified (grade)","Feedback comments"
Participant 123,"Doe, Jane",jane@example.org,Submitted,,4.00,-,
Participant 124,=HYPERLINK(1),wei@example.org,Submitted,,4.00,"Monday, 2 March 2026, 9:00 AM",old
Participant 125,Nobody,nobody@example.org,-,,4.00,-,
"""
EXPORT = """\
\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (11),ex01_count (12),Final Score
,,,,,,Manual Posting,
    Points Possible,,,,,10.00,2.00,(read only)
"Doe, Jane",4711,s1,jane,A,7,,70
"Li, Wei",4712,s2,wei,B,,,
"""


def graded(name, *verdicts, exercise=EX01, verdict=NOT_PASSED, **more):
    """The third of the cases is stretch."""
    outcomes = [Outcome(Case(f"case {i}", 1, i == 2, False), one, "<why>\n") for i, one in enumerate(verdicts)]
    return Graded(name, exercise, verdict, outcomes, core=2, **more)


def moodle_name(name, number):
    return f"download.zip/{name}_{number}_assignsubmission_file_"


class Gradebooks(unittest.TestCase):
    def roster(self, form, text, encoding="utf-8"):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / "roster.csv"
        file.write_bytes(text.encode(encoding))
        return gradebooks.read_roster(form, str(file))

    def rows(self, form, found, roster=None):
        text, self.told = gradebooks.text(form, found, 7, roster)
        return list(csv.DictReader(io.StringIO(text)))

    def refused(self, pattern, form, text, **how):
        with self.assertRaisesRegex(WorkbookError, pattern) as raised:
            self.roster(form, text, **how)
        self.assertEqual(raised.exception.status, 2)


class Moodle(Gradebooks):
    def test_two_folders_of_one_person_one_of_them_empty(self):
        """A download with online text."""
        full, empty = "N_123_assignsubmission_file_", "N_123_assignsubmission_onlinetext_"
        found = [Graded(empty, None, MISSING, why="no exercise"), graded(full, PASSED, PASSED)]
        for order in (found, found[::-1]):
            [row] = self.rows("moodle", order)
            self.assertEqual((row["Identifier"], row["Grade"], self.told), ("Participant 123", "2", []))

    def test_the_number_is_in_the_folders_name(self):
        [row] = self.rows("moodle", [graded(moodle_name("Doe Jane", 123), PASSED, FAILED, PASSED)])
        self.assertEqual(row["Identifier"], "Participant 123")
        self.assertEqual((row["Full name"], row["Grade"], row["Maximum Grade"]), ("Doe Jane", "1", "2"))
        self.assertEqual(row["Last modified (grade)"], "-")
        self.assertEqual(self.told, [])

    def test_a_file_of_ones_own_an_archive_and_a_blind_marking(self):
        for name in ("Doe Jane_123_assignsubmission_file_ex01.zip", "Participant_123_assignsubmission_file_"):
            [row] = self.rows("moodle", [graded(name, PASSED, PASSED)])
            self.assertEqual(row["Identifier"], "Participant 123", name)

    def test_an_underscore_or_a_number_in_a_name(self):
        [row] = self.rows("moodle", [graded(moodle_name("J_9_D", 123), PASSED)])
        self.assertEqual((row["Identifier"], row["Full name"]), ("Participant 123", "J_9_D"))

    def test_a_name_with_two_numbers_is_nobodys(self):
        """A student chooses the name of a file, and on some sites the own one."""
        for name in ("Eve_124_assignsubmission_file_x_123_assignsubmission_file_.zip", "E_1_assignsubmission_2_assignsubmission_file_"):
            self.assertEqual(self.rows("moodle", [graded(name, PASSED)]), [], name)
            roster = self.roster("moodle", WORKSHEET)
            self.assertEqual(self.rows("moodle", [graded(name, PASSED)], roster), [], name)
            self.assertIn(name, self.told[0])

    def test_the_points_of_all_exercises_are_one_grade(self):
        name = moodle_name("Doe Jane", 123)
        other = graded(moodle_name("Li Wei", 124), PASSED, FAILED)
        found = [graded(name, PASSED, FAILED), graded(name, PASSED, PASSED, exercise=EX02, verdict=CORE), other]
        rows = self.rows("moodle", found)
        self.assertEqual([(row["Grade"], row["Maximum Grade"]) for row in rows], [("3", "4"), ("1", "4")])
        self.assertIn("ex01_count", rows[0]["Feedback comments"])
        self.assertIn("ex02_pool", rows[0]["Feedback comments"])

    def test_what_somebody_must_look_at_has_no_grade_yet(self):
        for one in (
            graded(moodle_name("a", 1), PASSED, PASSED, verdict=LOOK, odd=["uses open"]),
            Graded(moodle_name("a", 1), EX01, UNREADABLE, why="a pipe", core=2),
            Graded(moodle_name("a", 1), EX01, "not judged", core=2),
        ):
            [row] = self.rows("moodle", [one, graded(moodle_name("a", 1), PASSED, exercise=EX02)])
            self.assertEqual(row["Grade"], "", one.verdict)
            self.assertNotIn("uses open", row["Feedback comments"])

    def test_what_does_not_compile_or_is_missing_has_none_of_the_points(self):
        for verdict in (DOES_NOT_BUILD, MISSING):
            one = Graded(moodle_name("a", 1), EX01, verdict, why="error: x", core=2)
            [row] = self.rows("moodle", [one])
            self.assertEqual((row["Grade"], row["Maximum Grade"]), ("0", "2"))

    def test_feedback_is_html_without_a_line_break_of_its_own(self):
        [row] = self.rows("moodle", [graded(moodle_name("a", 1), PASSED, FAILED)])
        said = row["Feedback comments"]
        self.assertTrue(said.startswith("<pre>") and said.endswith("</pre>"))
        self.assertNotIn("\n", said)
        text = html.unescape(said[5:-6].replace("<br>", "\n"))
        self.assertIn("<why>", text)
        self.assertIn("WORKBOOK_NUMBERS=7", text)

    def test_who_has_no_number_is_told_and_left_out(self):
        self.assertEqual(self.rows("moodle", [graded("submissions/alice", PASSED)]), [])
        self.assertEqual(len(self.told), 1)
        self.assertIn("submissions/alice", self.told[0])
        self.assertIn("--roster", self.told[0])

    def test_a_worksheet_comes_back_filled_in(self):
        found = [graded(moodle_name("Doe Jane", 123), PASSED, FAILED), graded(moodle_name("X", 999), PASSED)]
        rows = self.rows("moodle", found, self.roster("moodle", WORKSHEET))
        self.assertEqual(list(rows[0]), next(csv.reader(io.StringIO(WORKSHEET))))
        self.assertEqual([row["Identifier"] for row in rows], ["Participant 123"])
        self.assertEqual(rows[0]["Full name"], "Doe, Jane")
        self.assertEqual(rows[0]["Grade"], "2")  # 1 of 2, where the maximum is 4
        self.assertIn("case 1", rows[0]["Feedback comments"])
        self.assertEqual(len(self.told), 1)
        self.assertIn("X_999", self.told[0])

    def test_a_worksheet_finds_people_by_what_it_says_of_them(self):
        roster = self.roster("moodle", WORKSHEET)
        for name in ("hand_ins/WEI@example.org", "hand_ins/wei", "=HYPERLINK(1).zip"):
            [row] = self.rows("moodle", [graded(name, PASSED, PASSED)], roster)
            self.assertEqual(row["Identifier"], "Participant 124", name)
            self.assertEqual(row["Full name"], "'=HYPERLINK(1)")
            self.assertEqual(row["Last modified (grade)"], "Monday, 2 March 2026, 9:00 AM")

    def test_who_may_be_two_is_nobody(self):
        twice = WORKSHEET.replace("nobody@", "jane@")
        self.assertEqual(self.rows("moodle", [graded("jane", PASSED)], self.roster("moodle", twice)), [])
        self.assertIn("2 rows", self.told[0])

    def test_two_hand_ins_of_one_person_are_told(self):
        found = [graded("jane", PASSED), graded("jane@example.org", PASSED, PASSED)]
        self.assertEqual(self.rows("moodle", found, self.roster("moodle", WORKSHEET)), [])
        self.assertIn("jane, jane@example.org", self.told[0])

    def test_a_grade_of_a_worksheet_stays_if_there_is_none_of_ours(self):
        kept = WORKSHEET.replace("Submitted,,4.00", "Submitted,3.00,4.00")
        one = graded(moodle_name("Jane", 123), PASSED, PASSED, verdict=LOOK, odd=["x"])
        [row] = self.rows("moodle", [one], self.roster("moodle", kept))
        self.assertEqual(row["Grade"], "3.00")

    def test_semicolons_a_mark_and_other_spellings(self):
        text = "\ufeff" + WORKSHEET.replace("Maximum Grade", "Maximum grade").replace(",", ";")
        text = text.replace("Doe; Jane", "Doe, Jane")
        [row] = self.rows("moodle", [graded("jane", PASSED, PASSED)], self.roster("moodle", text))
        self.assertEqual((row["Identifier"], row["Grade"]), ("Participant 123", "4"))

    def test_what_is_no_worksheet(self):
        self.refused("has no column 'Identifier'", "moodle", EXPORT)
        self.refused("has no column 'Grade'", "moodle", WORKSHEET.replace("Grade,", "Nota,"))
        self.refused("is empty", "moodle", "")
        self.refused("is no table", "moodle", WORKSHEET + '"' + "x" * 200_000)
        self.refused("is no text in UTF-8", "moodle", WORKSHEET.replace("Jane", "Ödön"), encoding="latin-1")
        self.refused("'-5' is no maximum", "moodle", WORKSHEET.replace("4.00", "-5"))
        with self.assertRaisesRegex(WorkbookError, "No such file"):
            gradebooks.read_roster("moodle", "/nowhere/x.csv")


class Canvas(Gradebooks):
    def test_the_end_of_an_exercises_name_is_nobodys_number(self):
        self.assertEqual(gradebooks.identity("canvas", "ex01_group_7"), ("ex01_group_7", ""))
        self.assertEqual(gradebooks.identity("canvas", "doejane_4711"), ("doejane", "4711"))

    def test_a_column_for_each_exercise_below_it_its_points(self):
        found = [
            graded("c.zip/doejane_4711", PASSED, FAILED),
            graded("c.zip/doejane_4711", PASSED, PASSED, exercise=EX02, verdict=CORE),
            graded("c.zip/liwei_4712", FAILED, FAILED),
        ]
        points, jane, wei = self.rows("canvas", found)
        head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ex01_count", "ex02_pool"]
        self.assertEqual(list(jane), head)
        self.assertEqual(list(points.values()), ["    Points Possible", "", "", "", "", "2", "2"])
        self.assertEqual(list(jane.values()), ["doejane", "4711", "", "", "", "1", "2"])
        self.assertEqual(list(wei.values()), ["liwei", "4712", "", "", "", "0", ""])

    def test_a_column_that_is_there_keeps_its_name_and_its_points(self):
        export = EXPORT.replace("10.00,2.00", '10.00,"10,00"')
        points, jane = self.rows("canvas", [graded("x/jane", PASSED, FAILED)], self.roster("canvas", export))
        self.assertEqual(list(points.values()), ["    Points Possible", "", "", "", "", "10"])
        self.assertEqual(list(jane.items())[-1], ("ex01_count (12)", "5"))
        self.assertEqual([*jane.values()][:5], ["Doe, Jane", "4711", "s1", "jane", "A"])
        self.assertNotIn("Essay (11)", jane)  # nobody's else grade is sent back

    def test_a_column_of_ours_without_a_number_of_points_is_refused_when_it_is_read(self):
        for name in ("ex01_count (12)", "EX02", "ex13_x"):
            export = EXPORT.replace("ex01_count (12)", name).replace("2.00", "(read only)")
            self.refused(r"'\(read only\)' is no maximum", "canvas", export)
        for name in ("ex01_count essay (12)", "next01"):
            self.roster("canvas", EXPORT.replace("ex01_count (12)", name).replace("2.00", "(read only)"))

    def test_people_by_each_of_their_names(self):
        roster = self.roster("canvas", EXPORT)
        for name in ("liwei_4712", "4712", "s2", "wei", "Li, Wei.tar.gz"):
            _, row = self.rows("canvas", [graded(f"c/{name}", PASSED)], roster)
            self.assertEqual(row["ID"], "4712", name)

    def test_the_seed_stands_in_moodles_comments(self):
        for one in (graded(moodle_name("a", 1), PASSED, PASSED, verdict=CORE), Graded(moodle_name("a", 1), EX01, DOES_NOT_BUILD)):
            [row] = self.rows("moodle", [one])
            self.assertIn("WORKBOOK_NUMBERS=7", row["Feedback comments"])

    def test_what_is_to_be_looked_at_is_empty(self):
        odd = graded("a_4711", PASSED, PASSED, verdict=LOOK, odd=["x"])
        self.assertEqual(self.rows("canvas", [odd])[1]["ex01_count"], "")

    def test_nothing_of_an_exercise_is_not_its_none(self):
        found = [Graded("a_4711", None, MISSING), graded("b_4712", PASSED)]
        _, a, b = self.rows("canvas", found)
        self.assertEqual((a["ex01_count"], b["ex01_count"]), ("0", "1"))

    def test_a_name_is_enough_if_there_is_no_number(self):
        _, row = self.rows("canvas", [graded("c/Jane Doe", PASSED)])
        self.assertEqual((row["Student"], row["ID"]), ("Jane Doe", ""))

    def test_first_and_last_names_apart(self):
        text = EXPORT.replace("Student,", "LastName,FirstName,").replace('"Doe, Jane"', "Doe,Jane")
        text = text.replace('"Li, Wei"', "Li,Wei").replace(",,,,,,M", ",,,,,,,M").replace("le,", "le,,")
        _, row = self.rows("canvas", [graded("jane", PASSED)], self.roster("canvas", text))
        self.assertEqual((row["LastName"], row["FirstName"], row["Section"]), ("Doe", "Jane", "A"))

    def test_what_is_no_export(self):
        self.refused("has no column 'ID'", "canvas", WORKSHEET)
        self.refused("no row 'Points Possible'", "canvas", EXPORT.replace("Possible", "there"))


class HostileNames(Gradebooks):
    def test_no_cell_is_a_formula_and_each_is_whole(self):
        for form, of in (("moodle", moodle_name), ("canvas", lambda name, n: f"{name}_{n}")):
            found = [graded(of(name, n), PASSED, FAILED) for n, name in enumerate(HOSTILE, 100)]
            rows = self.rows(form, found)[-len(HOSTILE) :]
            self.assertEqual(len(rows), len(HOSTILE))
            for number, row in enumerate(rows, 100):
                self.assertTrue(str(number) in (row.get("ID"), row.get("Identifier", "")[12:]))
                for cell in row.values():
                    self.assertNotRegex(cell, r"^[=+\-@\t\r].|\n")
                    # PHP's reader takes the quote behind a backslash for a part of the cell.
                    self.assertFalse(cell.endswith("\\"))

    def test_sqlite_reads_what_python_reads(self):
        if shutil.which("sqlite3") is None:
            self.skipTest("sqlite3 is not installed")
        for form, of in (("moodle", moodle_name), ("canvas", lambda name, n: f"{name}_{n}")):
            found = [graded(of(name, n), PASSED, FAILED) for n, name in enumerate(HOSTILE, 100)]
            rows = self.rows(form, found)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "marks.csv"
                text, _ = gradebooks.text(form, found, 7, None)
                file.write_text(text, encoding="utf-8")
                words = (f'.import "{file}" marks', ".mode json", "select * from marks")
                done = subprocess.run(
                    ["sqlite3", "-csv", ":memory:", *words], capture_output=True, check=True
                )
            self.assertEqual(json.loads(done.stdout), rows)


class Options(Gradebooks):
    def test_no_file_is_written_over_another(self):
        with self.assertRaisesRegex(WorkbookError, "--html and --csv: one file"):
            grade_forms.output_files({"csv": "/tmp/x", "html": "/tmp/./x"}, 1)
        with self.assertRaisesRegex(WorkbookError, "--moodle and --roster: one file"):
            grade_forms.roster_for({"moodle": "/tmp/x"}, "/tmp/./x")

    def test_a_roster_is_one_platforms(self):
        for files in ({}, {"csv": "x"}, {"moodle": "x", "canvas": "y"}):
            with self.assertRaisesRegex(WorkbookError, "--roster"):
                grade_forms.roster_for(files, "roster.csv")
        self.assertIsNone(grade_forms.roster_for({"moodle": "x"}, ""))


if __name__ == "__main__":
    unittest.main()
