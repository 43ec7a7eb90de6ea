# Arguments of programs, refused before anything is built, and in the program's own words.
#
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool.author import verify
from tool.course.layout import WorkbookError, exercises
from tool.instructor import grade
from tool.measuring.bench_tables import MEASUREMENTS
from tool.student import bughunt, check, run, start, usage, watch

ROOT = fake_tree.TOOL.parents[1]
# Reads a usage text, and command lines with a tab between two words; says what becomes of each.
JUDGE = """\
#include "given/arguments.hpp"
#include <iostream>
#include <sstream>
int main(int, char** argv)
{
    for (std::string line; std::getline(std::cin, line);) {
        std::vector<std::string> words;
        std::istringstream in(line);
        for (std::string word; std::getline(in, word, '\\t');) {
            words.push_back(word);
        }
        try {
            given::arguments(argv[1], words);
            std::cout << "fits\\n";
        } catch (const given::usage_error& error) {
            std::cout << error.what() << "\\n";
        }
    }
}
"""
LINES = [
    [],
    ["0"],
    ["1"],
    ["-1"],
    ["+1"],
    ["7x"],
    ["99999999999999"],
    ["3", "4"],
    ["3", "4", "5", "6"],
    ["racy"],
    ["--nothing"],
    ["--serve"],
    ["--serve", "0"],
    ["--serve", "70000"],
    ["--serve", "5000", "3"],
    ["--serve", "5000", "racy"],
    ["--serve", "5000", "racy", "racy"],
    ["--race"],
    ["--race", "3", "1"],
    ["--race", "--gil"],
    ["--gil", "5"],
    ["5", "--gil"],
    ["--plain-int", "5"],
    ["--sizes", "3"],
    ["--kill"],
    ["--queue", "0"],
    ["--cost", "--cost"],
    ["--price", "--lost", "--interval", "5"],
    ["--interval"],
    ["--interval", "0"],
    ["--interval", "--lost"],
    ["--same-port"],
]


def judged_here(known, words):
    try:
        known.check(words)
        return "fits"
    except usage.Refused as error:
        return str(error)


class OfAllPrograms(unittest.TestCase):
    def usages(self):
        for exercise in exercises(ROOT):
            yield exercise, usage.read(exercise.stub / "main.cpp")

    def test_the_tool_says_what_the_program_says(self):
        with tempfile.TemporaryDirectory(prefix="workbook-test-") as there:
            source, program = Path(there, "judge.cpp"), Path(there, "judge")
            source.write_text(JUDGE, encoding="utf-8")
            given = ROOT / "exercises"
            compiler = (os.environ.get("CXX") or "g++").split()
            files = [source, given / "given/arguments.cpp", given / "given/todo.cpp"]
            command = [*compiler, "-std=c++20", "-O0", "-I", given, *files, "-o", program]
            subprocess.run(command, check=True)
            typed = "".join("\t".join(words) + "\n" for words in LINES)
            fitted = 0
            for exercise, known in self.usages():
                with self.subTest(exercise.id):
                    done = subprocess.run(
                        [program, known.text], input=typed, capture_output=True, text=True, check=True
                    )
                    there_said = done.stdout.splitlines()
                    self.assertEqual([judged_here(known, words) for words in LINES], there_said)
                    fitted += there_said.count("fits")
            self.assertGreater(fitted, 2 * len(exercises(ROOT)))

    def test_every_name_has_its_range(self):
        for exercise, known in self.usages():
            with self.subTest(exercise.id):
                words = [word for form in known.forms for part in form for word in part.words]
                names = {word for word in words if usage.is_name(word)}
                self.assertEqual(names, set(known.ranges))

    def test_what_bench_measures_fits(self):
        known = {exercise.name: one for exercise, one in self.usages()}
        for measurement in MEASUREMENTS:
            known[measurement.exercise].check([*measurement.arguments])

    def test_what_the_text_tells_one_to_type_fits(self):
        known = {exercise.id: one for exercise, one in self.usages()}
        typed = []
        for name in ("WORKBOOK.md", "README.md"):
            text = (ROOT / name).read_text(encoding="utf-8")
            typed += re.findall(r"scripts/workbook run (ex\d\d)((?: [-\w]+)*)", text)
        for exercise, rest in typed:
            words = [word for word in rest.split() if word != "--solution"]
            if "--python" not in words:
                with self.subTest(f"run {exercise}{rest}"):
                    known[exercise].check(words)
        self.assertGreater(len(typed), 20)

    def test_a_server_is_begun_alike_everywhere(self):
        serving = [exercise.id for exercise, one in self.usages() if "--serve" in one.text]
        self.assertEqual(serving, ["ex05", "ex06", "ex07", "ex10", "ex13"])
        for exercise, known in self.usages():
            if exercise.id in serving:
                known.check(["--serve"])
                known.check(["--serve", "5001"])


MAIN = """\
constexpr const char* usage =
    R"(usage: ex01_count [END]   counts
END: 1 to 10, 5 if not given
)";
"""


class BeforeBuilding(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("exercises/ex01_count/main.cpp", MAIN)
        of_students = [f"student.{one}" for one in ("checking", "run", "start", "watch")]
        for name in (*of_students, "instructor.grade", "author.verify"):
            never = AssertionError(f"{name} configured before the arguments were looked at")
            patch = unittest.mock.patch(f"tool.{name}.configure", side_effect=never)
            patch.start()
            self.addCleanup(patch.stop)

    def test_bad_arguments_are_refused(self):
        for which in ("own", "solution"):
            with self.assertRaisesRegex(WorkbookError, "END: '0' is not a whole number from 1 to 10") as r:
                run.run(self.root, "ex01", which, ["0"])
            self.assertEqual(r.exception.status, 2)
            self.assertNotIn("\n", str(r.exception))

    def test_help_needs_no_build(self):
        with unittest.mock.patch("builtins.print") as printed:
            self.assertEqual(run.run(self.root, "ex01", "own", ["--help"]), 0)
        self.assertIn("usage: ex01_count [END]", printed.call_args[0][0])

    def test_settings_come_before_it_too(self):
        for command in (
            start.start,
            lambda root: check.check(root, None),
            lambda root: check.check(root, "ex01"),
            lambda root: watch.watch(root, None),
            lambda root: bughunt.bughunt(root, "ex01", True),
            lambda root: grade.grade(root, grade.Asked([str(root)])),
            lambda root: verify.verify(root, True, 1),
        ):
            self.refused(command, "unset WORKBOOK_SEED", WORKBOOK_SEED="x")

    def refused(self, command, pattern, **environment):
        with unittest.mock.patch.dict(os.environ, environment):
            with self.assertRaisesRegex(WorkbookError, pattern):
                command(self.root)

    def test_so_does_what_grade_cannot_do(self):
        self.refused(
            lambda root: grade.grade(root, grade.Asked([str(root)])),
            "WORKBOOK_SCHEDULES is less than 2000",
            WORKBOOK_SCHEDULES="10",
        )
        self.hand_out()
        self.write("exercises/ex01_count/count.cpp", "edited")
        self.refused(lambda root: grade.grade(root, grade.Asked([str(root)], ["ex01"])), "edited here")

    def test_good_ones_and_unknown_programs_go_on(self):
        with self.assertRaisesRegex(AssertionError, "student.run configured"):
            run.run(self.root, "ex01", "own", ["10"])
        self.write("exercises/ex01_count/main.cpp", "int main() {}\n")
        with self.assertRaisesRegex(AssertionError, "student.run configured"):
            run.run(self.root, "ex01", "own", ["0"])


if __name__ == "__main__":
    unittest.main()
