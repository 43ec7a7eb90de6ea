# The archive for students: what is in it and what is not, and that it opens where it must.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
import unittest.mock
import zipfile
from pathlib import Path

import fake_tree
from tool import __main__ as starter
from tool import commands
from tool.author import imports
from tool.book import book_pages
from tool.course import answers, seal
from tool.course.layout import STARTER, Exercise, WorkbookError, exercises, read_code
from tool.instructor import handout
from tool.judging import state
from tool.student import bughunt, diff

SECRET = "Only the solution has this."


class Seal(unittest.TestCase):
    def test_it_opens_as_it_was(self):
        for content in (b"", b"int main() {}\n" * 1000, bytes(range(256))):
            self.assertEqual(seal.opened(seal.sealed(content)), content)
            self.assertNotIn(b"main", seal.sealed(content))

    def test_what_is_not_sealed_stays(self):
        self.assertEqual(seal.opened(b"int a;"), b"int a;")


class Handout(fake_tree.FakeTree):
    """self.given is the unpacked archive of the tree."""

    def setUp(self):
        super().setUp()
        self.hand_out()
        for name in ("tests/tool/test_a.py", "tests/right_answers/ex01_count/a.patch", "scripts/workbook"):
            self.write(name, "#!/bin/sh\n")
        (self.root / "scripts/workbook").chmod(0o755)
        self.write("exercises/ex01_count/count.cpp", "an instructor's try")
        self.write("exercises/ex01_count/mine.cpp", "an instructor's try")
        self.write("CMakePresets.json", (fake_tree.TOOL.parents[1] / "CMakePresets.json").read_text())
        with open(self.root / "WORKBOOK.md", "a", encoding="utf-8") as text:
            text.write("\n<!-- appendix instructors begins -->\n\n## Ask\n\nThe answer.\n\n")
            text.write("<!-- appendix instructors ends -->\n")
        self.write("README.md", "# Read me\n\n## If you are an instructor\n\nSecrets.\n\n## Other\n\nRead.\n")
        self.write("build/CMakeCache.txt", "")
        self.given = self.root.parent / "students" / "book"
        self.make("book.zip")
        with zipfile.ZipFile(self.root.parent / "book.zip") as archive:
            archive.extractall(self.given.parent)
        self.exercise = Exercise(self.given, "ex01_count")

    def make(self, name):
        with contextlib.redirect_stderr(io.StringIO()):
            commands.call(self.root, ["handout", str(self.root.parent / name)])

    def files(self):
        return {str(p.relative_to(self.given)) for p in self.given.rglob("*") if p.is_file()}

    def test_no_text_of_the_solution_is_in_it(self):
        for path in self.files():
            text = (self.given / path).read_bytes()
            self.assertNotIn(SECRET.encode(), text, path)
            self.assertNotIn(b"return n;", text, path)  # the wrong answer's
            self.assertNotIn(b"undoubled", text, path)
        self.assertEqual(read_code(self.exercise.solution)["count.cpp"].decode(), fake_tree.SOLUTION)

    def test_stubs_are_as_handed_out(self):
        self.assertEqual((self.exercise.stub / "count.cpp").read_text(), fake_tree.STUB)
        self.assertNotIn("exercises/ex01_count/mine.cpp", self.files())
        self.assertIn("exercises/ex01_count/twin.py", self.files())

    def test_what_judges_the_course_is_left_out(self):
        found = self.files()
        self.assertIn("tests/ex01_count_test.cpp", found)
        self.assertEqual([one for one in found if re.match("tests/(tool|right)|build", one)], [])
        self.assertEqual((self.given / "README.md").read_text(), "# Read me\n\n## Other\n\nRead.\n")

    def test_what_is_for_instructors_is_left_out(self):
        text = (self.given / "WORKBOOK.md").read_text()
        self.assertIn("<!-- ex01_count ends -->", text)
        self.assertNotIn("instructors", text)
        self.assertNotIn("The answer.", text)
        presets = json.loads((self.given / "CMakePresets.json").read_text())
        for kind in ("configurePresets", "buildPresets", "testPresets"):
            # An editor offers all of them, and the build refuses this one in a handout.
            self.assertEqual([one["name"] for one in presets[kind]], ["student", "asan", "tsan"])
        self.assertEqual(presets["version"], 3)

    def test_what_its_commands_read_is_in_it(self):
        whole = fake_tree.TOOL.parents[1]
        found = {str(one.relative_to(whole)) for one in handout.files_below(whole / "scripts", whole)}
        parts = [one.name for one in (fake_tree.TOOL / "judging/player_page").iterdir()]
        self.assertLessEqual({f"scripts/tool/judging/player_page/{name}" for name in parts}, found)
        self.assertLessEqual({"scripts/book/conf.py", "scripts/cmake/places/CMakeLists.txt"}, found)
        self.assertFalse([one for one in found if re.match("scripts/tool/(instructor|author)", one)])
        games = handout.files_below(whole / "tests/book", whole)
        self.assertEqual({one.parent.name for one in games}, {"games"})

    def test_a_header_that_others_include_is_plain(self):
        header = "solutions/ex01_count/count.hpp"
        self.assertTrue((self.given / header).read_bytes().startswith(seal.BEGIN))
        self.change("CMakeLists.txt", "workbook_exercise(ex01_count)", "workbook_exercise(ex01_count)\n"
                    "workbook_exercise(ex02_more USES ex01_count)")
        only = [Exercise(self.root, "ex01_count")]
        with unittest.mock.patch("tool.instructor.handout.exercises", return_value=only):
            entries = handout.entries_of(self.root)
        self.assertEqual(entries[header].content, (self.root / header).read_bytes())
        self.assertTrue(entries["solutions/ex01_count/count.cpp"].content.startswith(seal.BEGIN))

    def test_a_tar_has_the_same(self):
        self.make("other.tar.gz")
        with tarfile.open(self.root.parent / "other.tar.gz") as archive:
            names = {one.name.split("/", 1)[1]: one.mode for one in archive.getmembers()}
        self.assertEqual(set(names), self.files())
        self.assertEqual((names["scripts/workbook"], names["README.md"]), (0o755, 0o644))

    def test_a_classroom_judges_each_exercise(self):
        self.write(".github/classroom/workflow.yml", "name: autograding\n")
        found = handout.entries_of(self.root)
        told = json.loads(found[handout.AUTOGRADING].content)
        self.assertEqual(
            [(one["name"], one["run"]) for one in told["tests"]],
            [(one.name, f"scripts/workbook check {one.id}") for one in exercises(self.root)],
        )
        self.assertIn(".github/workflows/classroom.yml", found)
        self.assertNotIn(".github/classroom/workflow.yml", found)

    def test_its_readme_tells_of_no_command_that_it_refuses(self):
        readme = (fake_tree.TOOL.parents[1] / "README.md").read_text(encoding="utf-8")
        told = set(re.findall(r"scripts/workbook ([a-z]+)", handout.for_students(readme)))
        self.assertEqual(told & set(commands.GROUPS[commands.TEACH]), set())
        self.assertLess({"start", "check", "completion"}, told)

    def test_its_help_tells_of_no_command_that_it_refuses(self):
        told = commands.whole_help(self.given)
        self.assertIn("\n  check ", told)
        for name in commands.GROUPS[commands.TEACH]:
            self.assertNotIn(f"\n  {name} ", told)

    def test_its_tool_does_without_what_is_left_out(self):
        whole = fake_tree.TOOL.parents[1]
        for file in handout.files_below(fake_tree.TOOL, whole):
            there = self.given / file.relative_to(whole)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)
        words = {("--help",): 0, ("grade", "x"): 2, ("selfcheck", "tool"): 2}
        for given, status in words.items():
            command = [sys.executable, str(self.given / "scripts/tool"), *given]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (status, status // 2), done.stderr)
            self.assertIn("this is a handout" if status else "\n  check ", done.stderr + done.stdout)

    def test_each_module_in_it_is_needed_there(self):
        """By a student's command, or by a program that CMake calls."""
        whole = fake_tree.TOOL.parents[1]
        left = handout.files_below(fake_tree.TOOL, whole)
        graph = imports.graph(fake_tree.TOOL)
        due = {"tool.commands", "tool.completion", "tool.__main__"}
        due |= {f"tool.{name}" for name in commands.GROUPS[commands.LEARN].values()}
        due |= {f"tool.{folder}.{name}" for name, folder in starter.PROGRAMS.items() if folder != "author"}
        needed = set()
        while due:
            name = due.pop()
            needed.add(name)
            due |= graph[name] - needed
        there = {imports.module_of(one, fake_tree.TOOL) for one in left if one.suffix == ".py"}
        there = {one for one in there & set(graph) if not one.endswith("__init__")}
        self.assertEqual(there - needed, set())
        needed = {one for one in needed if not one.endswith("__init__")}
        self.assertEqual(needed - there, set())

    def test_its_solution_is_not_to_be_played_with(self):
        with self.assertRaisesRegex(WorkbookError, "a handout has no --solution to break"):
            commands.call(self.given, ["play", "ex01", "--solution"])

    def test_its_book_knows_what_is_given(self):
        with unittest.mock.patch("tool.book.book_pages.code_files") as files:
            given = self.given / "exercises/ex01_count/given.cpp"
            files.return_value = [given, self.given / "exercises/ex01_count/count.cpp"]
            given.write_text("// given\n")
            sealed = self.given / "solutions/ex01_count/given.cpp"
            sealed.write_bytes(seal.sealed(b"// given\n"))
            self.assertEqual([one.name for one in book_pages.stubs(self.exercise)], ["count.cpp"])

    def test_another_form_is_refused(self):
        with self.assertRaisesRegex(WorkbookError, "book.rar is no .zip, .tar.gz, .tgz"):
            commands.call(self.root, ["handout", "book.rar"])

    def test_diff_opens_it_once_the_core_has_passed(self):
        for looks in (diff.diff, bughunt.bughunt):
            for peek in (True, False):  # without it, nobody is told of a way that is then refused
                with self.assertRaisesRegex(WorkbookError, "sealed until the core of ex01 has passed"):
                    looks(self.given, "ex01", peek)
        with state.changing(self.given, "ex01_count") as record:
            record["passed"] = True
        with contextlib.redirect_stdout(io.StringIO()) as out:
            diff.diff(self.given, "ex01", False)
        self.assertIn(f"+// {SECRET}\n", out.getvalue())

    def test_a_hunt_opens_its_mistake(self):
        mistake = bughunt.Mistake(self.exercise, "undoubled")
        self.assertIn("caught by", mistake.text())
        self.assertIn("return n;", mistake.files()["count.cpp"].decode())
        made = answers.patched(self.exercise, read_code(self.exercise.solution), mistake.patch, "bad")
        self.assertEqual(made.sentences, ("two times three is six",))
        with unittest.mock.patch("tool.student.bughunt.progress", return_value="1 of 2"):
            self.assertNotIn("diff -ru", bughunt.after(self.exercise))

    def test_what_needs_the_whole_is_refused(self):
        for words in (["verify"], ["grade", "x"], ["accept", "ex01"], ["mutants"], ["handout", "a.zip"]):
            with self.assertRaisesRegex(WorkbookError, f"handout for students: {words[0]} needs all"):
                commands.call(self.given, words)

    def test_the_compiler_reads_it_opened(self):
        solution = self.exercise.solution
        compiler = self.script(
            "compiler",
            'for w; do case $w in *.cpp) cat "$w"; echo "x.o: $w" >x.d ;; esac; done; echo "$@" >words',
        )
        words = [compiler, f"-I{solution}", "-MF", "x.d", "-c", solution / "count.cpp"]
        step = [sys.executable, "-S", "-E", str(STARTER), "sealed_compile", self.given / "solutions", *words]
        done = subprocess.run(step, cwd=self.root, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, fake_tree.SOLUTION), done.stderr)
        self.assertEqual(self.read("x.d"), f"x.o: {solution}/count.cpp\n")
        opened = re.search("-I(.*?) ", self.read("words")).group(1)
        self.assertFalse(Path(opened).exists())
        self.assertIn(f"-ffile-prefix-map={Path(opened).parent}=solutions", self.read("words"))


if __name__ == "__main__":
    unittest.main()
