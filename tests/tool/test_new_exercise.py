# `new exercise`: whole or not at all, right in all that checks can see, and marked where it is not.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool.author import new_exercise, selfcheck
from tool.course import answers, pristine
from tool.course.layout import Exercise, WorkbookError, exercises

OTHERS = ("stubs", "sections", "names", "wrong-answers", "contracts", "format", "spdx")
BOOK = Path(__file__).resolve().parents[2]


class Scaffold(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("scripts/workbook", "#!/bin/sh\n# SPDX-License-Identifier: MIT\n")
        (self.root / "tests" / "right_answers").mkdir()
        shutil.copy(BOOK / ".clang-format", self.root)
        self.hand_out()

    def new(self, name="barriers"):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(new_exercise.new_exercise(self.root, name), 0)
        return out.getvalue()

    def everything(self):
        """Every file but git's, folders too."""
        return {
            str(path.relative_to(self.root)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.root.rglob("*"))
            if ".git" not in path.parts
        }

    def found(self, check):
        with contextlib.redirect_stdout(io.StringIO()):
            return selfcheck.CHECKS[check](self.root)

    def refused(self, name, words, status=None):
        before = self.everything()
        with self.assertRaisesRegex(WorkbookError, words) as raised:
            self.new(name)
        self.assertNotIn("\n", str(raised.exception))
        if status is not None:
            self.assertEqual(raised.exception.status, status)
        self.assertEqual(self.everything(), before)


class Made(Scaffold):
    def test_the_checks_are_content_but_for_the_placeholders(self):
        self.new()
        self.assertEqual([one.name for one in exercises(self.root)], ["ex01_count", "ex02_barriers"])
        for check in OTHERS:
            if check != "format" or shutil.which("clang-format"):
                self.assertEqual(self.found(check), [], check)
        self.assertIn(
            'exercises/ex02_barriers/barriers.cpp:10: todo("PLACEHOLDER: say what to do, and not how");',
            self.found("placeholders"),
        )

    def test_no_file_is_without_a_placeholder(self):
        self.new()
        found = self.found("placeholders")
        self.assertEqual(sorted(set(found)), sorted(found))
        told = {text.split(":")[0] for text in found}
        made = {name for name in self.everything() if "ex02_" in name and (self.root / name).is_file()}
        self.assertEqual(told, {"WORKBOOK.md", *made})

    def test_its_answers_can_be_made(self):
        self.new()
        problems = []
        found = answers.answers_of(Exercise(self.root, "ex02_barriers"), problems)
        self.assertEqual(problems, [])
        self.assertEqual(
            [one.check for one in found],
            ["bad02.no_lock", "bad02.threads_unchecked", "good02.atomic_sum", "half02.1", "new02"],
        )

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_the_longest_name_stays_within_the_margin(self):
        for name in ("z" * new_exercise.LONGEST, "a_scaffold"):
            self.new(name)
            self.assertEqual(self.found("format"), [])
            self.assertEqual(self.found("stubs"), [])
            self.assertNotIn("a_a_", "".join(self.everything()))

    @unittest.skipUnless(shutil.which("g++"), "g++ is not installed")
    def test_stub_and_solution_compile(self):
        self.new()
        for top in ("exercises", "solutions"):
            source = self.root / top / "ex02_barriers" / "barriers.cpp"
            command = ["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
            done = subprocess.run(
                [*command, f"-I{BOOK / 'exercises'}", source], capture_output=True, text=True, check=False
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_stands_after_the_one_before_it(self):
        self.new("ex05_late")
        self.new("ex03_early")
        self.new("ex04_between")
        self.assertEqual(
            self.read("CMakeLists.txt").splitlines()[1:],
            [
                "workbook_exercise(ex01_count)",
                "workbook_exercise(ex03_early EXPLORED)",
                "workbook_exercise(ex04_between EXPLORED)",
                "workbook_exercise(ex05_late EXPLORED)",
            ],
        )
        self.assertEqual(
            re.findall(r"<!-- (.*) -->", self.read("WORKBOOK.md")),
            [
                f"{name} {end}"
                for name in ("ex01_count", "ex03_early", "ex04_between", "ex05_late")
                for end in ("begins", "ends")
            ],
        )

    def test_a_call_of_several_lines_ends_at_its_parenthesis(self):
        self.change("CMakeLists.txt", "(ex01_count)", "(ex01_count\n    SHARES a.hpp) # why")
        self.new()
        self.assertIn("a.hpp) # why\nworkbook_exercise(ex02_barriers", self.read("CMakeLists.txt"))

    def test_it_says_where_to_go_on(self):
        text = self.new()
        line = self.read("WORKBOOK.md").splitlines().index("## ex02_barriers") + 1
        self.assertIn(f"WORKBOOK.md:{line} ", text)
        self.assertIn("CMakeLists.txt:3 ", text)
        self.assertIn("python3 scripts/tool selfcheck exercises\n", text)
        for path in re.findall(r"^  ((?:exercises|solutions|tests)/\S+)", text, re.MULTILINE):
            self.assertTrue(list(self.root.glob(path)), path)
        self.assertLess(max(len(one) for one in text.splitlines()), 100)


class Refused(Scaffold):
    def test_bad_names(self):
        long = "a" * (new_exercise.LONGEST + 1)
        for name in ("", "Barriers", "ex15", "15", "ex2_a", "a-b", "a_", "_a", "a__b", "ex02_", "a1",
                     "main", "ex02_main", "../a", "a\n", "ex02_a b", "\u00e4", long):
            self.refused(name, "is no name for an exercise", 2)
        self.refused("ex00_none", "from 01 to 99", 2)

    def test_a_number_or_a_name_that_is_taken(self):
        for name in ("count", "ex01_count", "ex01_other", "ex02_count"):
            self.refused(name, "there is ex01_count already", 2)

    def test_the_numbers_are_used_up(self):
        self.new("ex99_last")
        self.refused("more", "from 01 to 99", 2)

    def test_leftovers_of_its_number(self):
        for name in (
            "exercises/ex02_barriers/mine.cpp",
            "solutions/ex02_other/mine.cpp",
            "tests/ex02_barriers_test.cpp",
            "tests/wrong_answers/ex02_barriers/mine.patch",
        ):
            path = self.write(name, "mine")
            self.refused("barriers", "ex02_[a-z_.]+ is there already: move it away")
            path.unlink()
            if path.parent.name.startswith("ex02"):
                path.parent.rmdir()
        self.new()

    def test_a_text_without_the_place_for_it(self):
        self.change("WORKBOOK.md", "<!-- ex01_count ends -->", "")
        self.refused("barriers", "has 0 lines '<!-- ex01_count ends -->'")

    def test_a_section_that_is_there(self):
        self.change("WORKBOOK.md", "# The Book", "<!-- ex02_barriers begins -->")
        self.refused("barriers", "has a section ex02_barriers already")

    def test_no_exercise_to_come_after(self):
        self.write("CMakeLists.txt", "# none\n")
        self.refused("ex02_barriers", "no exercise before ex02")

    def test_git_is_not_needed(self):
        shutil.rmtree(self.root / ".git", ignore_errors=True)
        with unittest.mock.patch.dict(os.environ, PATH=tempfile.gettempdir()):
            self.new()
        exercise = Exercise(self.root, "ex02_barriers")
        self.assertEqual(pristine.edited_files(exercise), [])
        self.assertIn("barriers.cpp", pristine.shipped_code(exercise))


class Undone(Scaffold):
    """Whatever fails, and wherever it does: the tree is as it was."""

    def fails_at(self, write, error):
        """The `write`th file that is written raises `error`."""
        count = 0

        def spoiled(path, content, real=new_exercise.write_atomically):
            nonlocal count
            count += 1
            if count == write:
                raise error
            real(path, content)

        return unittest.mock.patch("tool.author.new_exercise.write_atomically", spoiled)

    def test_a_disk_that_is_full_at_any_file(self):
        before = self.everything()
        failed = 0
        for write in range(1, 100):
            with self.fails_at(write, OSError(28, "No space left on device")):
                try:
                    self.new()
                    break
                except WorkbookError as error:
                    self.assertRegex(str(error), "No space left on device; nothing was changed")
                    self.assertEqual(error.status, 3)
                    failed += 1
            self.assertEqual(self.everything(), before)
        self.assertEqual(failed, 14)  # twelve new files, the text, CMakeLists.txt

    def test_an_interrupt(self):
        before = self.everything()
        for write in (1, 8, 13):
            with self.fails_at(write, KeyboardInterrupt()):
                with self.assertRaises(KeyboardInterrupt):
                    self.new()
            self.assertEqual(self.everything(), before)

    def test_a_stub_that_cannot_be_recorded(self):
        with unittest.mock.patch("tool.course.pristine.accept", side_effect=WorkbookError("it is damaged")):
            self.refused("barriers", "it is damaged")


class Placeholders(Scaffold):
    def test_an_edit_counts_once_it_is_accepted(self):
        self.new()
        name = "exercises/ex02_barriers/NOTES.md"
        self.write(name, "# Notes\n\n1. Why?\n")
        told = [text for text in self.found("placeholders") if text.startswith(name)]
        self.assertEqual(len(told), 1)
        self.assertIn("(as it was recorded: scripts/workbook accept ex02)", told[0])
        pristine.accept(Exercise(self.root, "ex02_barriers"))
        self.assertNotIn(name, " ".join(self.found("placeholders")))

    def test_none_in_a_good_tree(self):
        self.assertEqual(self.found("placeholders"), [])

    def test_an_exercise_on_no_path(self):
        self.change("WORKBOOK.md", "# The Book\n", "# The Book\n\n## Three paths\n\n[one](#ex01_count)\n")
        self.assertEqual(self.found("sections"), [])
        self.new()
        self.assertEqual(self.found("sections"), ["WORKBOOK.md:3: no path leads to ex02_barriers"])

    def test_one_command_tells_all(self):
        self.new()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = selfcheck.main(["exercises", str(self.root)])
        self.assertEqual(status, 1)
        self.assertIn("sections: good\nfigures: good\nnames: good\nwrong-answers: good\ncontracts: good\n", out.getvalue())
        self.assertRegex(out.getvalue(), r"placeholders: \d+ problems\n")
        self.assertIn("spdx: good\n", out.getvalue())


if __name__ == "__main__":
    unittest.main()
