# Builds that follow the files' content.
#
# SPDX-License-Identifier: MIT
import fcntl
import os
import shutil
import subprocess
import sys
import unittest

import fake_tree
from tool.building import build_step
from tool.course.layout import WorkbookError

STUB = "exercises/ex01_count/count.cpp"
SECOND = 1_000_000_000


class Contents(fake_tree.FakeTree):
    """ninja's last run is a file's time here; all sources are older than it."""

    def setUp(self):
        super().setUp()
        self.build = self.root / "build"
        self.build.mkdir()
        self.stub = self.root / STUB
        self.age_all(1000)
        build_step.touch_changed(self.build, self.root)
        self.run_ninja(at=2000)
        build_step.remember_run(self.build)

    def age_all(self, seconds):
        for path in build_step.source_files(self.root):
            os.utime(path, ns=(seconds * SECOND,) * 2)

    def run_ninja(self, at):
        (self.build / ".ninja_log").touch()
        os.utime(self.build / ".ninja_log", ns=(at * SECOND,) * 2)

    def touched(self):
        return build_step.touch_changed(self.build, self.root)

    def test_nothing_changed(self):
        self.assertEqual(self.touched(), [])

    def test_a_file_copied_with_an_old_time(self):
        other = self.write("elsewhere.cpp", "another answer")
        os.utime(other, ns=(500 * SECOND,) * 2)
        shutil.copy2(other, self.stub)
        self.assertEqual(self.touched(), [self.stub])
        self.assertGreater(self.stub.stat().st_mtime_ns, 2000 * SECOND)

    def test_a_file_moved_into_place(self):
        other = self.write("elsewhere.cpp", "another answer")
        os.utime(other, ns=(500 * SECOND,) * 2)
        other.rename(self.stub)
        self.assertEqual(self.touched(), [self.stub])

    def test_an_ordinary_edit_is_left_to_ninja(self):
        self.stub.write_text("edited", encoding="utf-8")
        self.assertEqual(self.touched(), [])

    def test_an_equal_copy_is_no_change(self):
        other = self.root / "elsewhere.cpp"
        shutil.copy2(self.stub, other)
        other.rename(self.stub)
        self.assertEqual(self.touched(), [])

    def test_there_and_back_while_a_bare_build_ran(self):
        other = self.root / "elsewhere.cpp"
        shutil.copy2(self.stub, other)
        self.stub.write_text("built meanwhile", encoding="utf-8")
        self.run_ninja(at=3000)
        shutil.copy2(other, self.stub)
        self.assertEqual(self.touched(), [self.stub])

    def test_what_an_editor_built_before_us_is_not_built_again(self):
        (self.build / build_step.CONTENTS).unlink()
        once = self.build / "CMakeFiles/3.25.1/CMakeSystem.cmake"
        once.parent.mkdir(parents=True)
        once.touch()
        os.utime(once, ns=(self.stub.stat().st_ctime_ns + 1,) * 2)
        other = self.write("elsewhere.cpp", "another answer")
        os.utime(other, ns=(500 * SECOND,) * 2)
        os.replace(other, self.stub)
        self.assertEqual(self.touched(), [self.stub])

    def test_a_time_in_the_future(self):
        future = 4_000_000_000 * SECOND
        os.utime(self.stub, ns=(future, future))
        self.assertEqual(self.touched(), [self.stub])
        self.assertLess(self.stub.stat().st_mtime_ns, future)

    def test_a_damaged_record_is_begun_anew(self):
        for text in ("{", "[]", "7", '{"files": []}', '{"files": {"a": 1}}', '{"files": {"a": []}}'):
            with self.subTest(text):
                (self.build / build_step.CONTENTS).write_text(text, encoding="utf-8")
                self.age_all(1000)
                self.assertIn(self.stub, self.touched())


class Step(fake_tree.FakeTree):
    def test_a_folder_of_another_checkout_is_refused(self):
        cache = self.write("build/CMakeCache.txt", "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n")
        with self.assertRaisesRegex(WorkbookError, "another checkout, /elsewhere"):
            build_step.refuse_foreign(self.root / "build", self.root)
        cache.write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={self.root}\n", encoding="utf-8")
        build_step.refuse_foreign(self.root / "build", self.root)

    def test_a_copied_folder_is_refused(self):
        copied = self.write("copy/CTestTestfile.cmake", "").parent
        self.assertIn(f"{copied} is a copy of", self.fails("t", copied, status=3))

    def fails(self, target, folder, status=1):
        """What ctest's step for this target says in one line, run in the folder."""
        step = [sys.executable, str(fake_tree.TOOL), "build_step", "--target", target]
        step += ["--build-dir", str(self.root / "build"), "--source-dir", str(self.root)]
        step += ["--exercise", "ex01_count", "--log", str(self.root / "log")]
        done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (status, 1), done.stderr)
        return done.stderr

    def test_a_folder_in_a_sources_place_is_told_with_its_cure(self):
        (self.root / STUB).unlink()
        (self.root / STUB).mkdir()
        said = self.fails("ex01_checker", self.root)
        self.assertTrue(said.startswith(f"{STUB} is no file; "), said)
        self.assertIn("scripts/workbook reset ex01", said)

    def test_changed_cases_are_told(self):
        build_step.compare_cases(["a", "b"], ["b", "a"], "ex01")
        with self.assertRaisesRegex(WorkbookError, "the promises changed: run again\n.*new: c"):
            build_step.compare_cases(["a"], ["a", "c"], "ex01")
        with self.assertRaisesRegex(WorkbookError, "gone: a"):
            build_step.compare_cases(["a"], [], "ex01")

    def test_a_case_added_twice_is_told(self):
        with self.assertRaises(WorkbookError):
            build_step.compare_cases(["a"], ["a", "a"], "ex01")

    def test_the_second_build_waits_for_the_first(self):
        build = self.root / "build"
        script = (
            f"import sys; sys.path.insert(0, {str(fake_tree.TOOL.parent)!r})\n"
            "from pathlib import Path; from tool.building import build_step\n"
            f"with build_step.locked(Path({str(build)!r})): print('in', flush=True)\n"
        )
        with build_step.locked(build):
            other = subprocess.Popen(
                [sys.executable, "-c", script],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self.assertIn("waiting for another build", other.stderr.readline())
            self.assertIsNone(other.poll())
        self.assertEqual(other.communicate(timeout=20)[0], "in\n")

    def test_what_an_interrupt_took_away_is_made_anew(self):
        """An interrupt while CMake runs again leaves a folder without a build.ninja."""
        self.write(
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.22)\nproject(tiny NONE)\n"
            "add_custom_target(tiny COMMAND ${CMAKE_COMMAND} -E touch ${MADE})\n",
        )
        build = self.root / "build"
        cmake = ["cmake", "-G", "Ninja", "-DMADE=made", "-S", str(self.root), "-B", str(build)]
        subprocess.run(cmake, capture_output=True, check=True)
        for made in ("build.ninja", "cmake_install.cmake"):
            (build / made).unlink()
        build_step.build_target(build, self.root, "tiny", self.root / "log", "ex01")
        self.assertTrue((build / "made").is_file())
        (build / "build.ninja").unlink()
        self.change("CMakeLists.txt", "add_custom", "no_such_command")
        with self.assertRaisesRegex(WorkbookError, "CMake Error at CMakeLists.txt:3"):
            build_step.build_target(build, self.root, "tiny", self.root / "log", "ex01")
        self.assertFalse((build / "build.ninja").exists())

    def test_a_folder_that_nobody_configured_is_left_so(self):
        build = self.root / "build"
        build.mkdir()
        with self.assertRaisesRegex(WorkbookError, "ex01 does not build"):
            build_step.build_target(build, self.root, "tiny", self.root / "log", "ex01")
        self.assertFalse((build / "CMakeCache.txt").exists())

    def test_a_build_that_outlives_us_keeps_the_lock(self):
        build = self.root / "build"
        fifo = self.root / "fifo"
        build.mkdir()
        os.mkfifo(fifo)
        script = (
            f"import sys; sys.path.insert(0, {str(fake_tree.TOOL.parent)!r})\n"
            "from pathlib import Path; from tool.building import build_step\n"
            f"with build_step.locked(Path({str(build)!r})) as lock:\n"
            "    print('in', flush=True)\n"
            f"    build_step.run_logged(['cat', {str(fifo)!r}], Path({str(self.root / 'log')!r}), lock)\n"
        )
        ours = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        self.assertEqual(ours.stdout.readline(), "in\n")
        with open(fifo, "wb"):  # once this is open, `cat` runs; it ends when it is closed
            ours.kill()
            ours.wait()
            self.assertFalse(self.is_free(build))
        with build_step.locked(build):
            pass
        ours.stdout.close()

    def is_free(self, build):
        with open(build / ".lock", "w", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                return False


class Listing(fake_tree.FakeTree):
    """checker_cases() of programs that judged code has spoiled."""

    def refused(self, lines, limit=20):
        checker = self.script("ex01_checker", lines)
        with self.assertRaises(WorkbookError) as raised:
            build_step.checker_cases(checker, limit)
        return str(raised.exception)

    def test_the_cases_come_as_lines(self):
        checker = self.script("ex01_checker", '[ "$1" = --list ] && echo "a case" && echo another')
        self.assertEqual(build_step.checker_cases(checker), ["a case", "another"])

    def test_one_that_ends_before_it_lists(self):
        error = self.refused("exit 0")
        self.assertIn("--list lists no case: does the initializer of a global object call exit()?", error)
        self.assertNotIn("\n", error)

    def test_one_that_does_not_end(self):
        error = self.refused("while :; do :; done", limit=0.2)
        self.assertIn("--list does not end within 0.2 s", error)
        self.assertNotIn("\n", error)

    def test_one_that_fails(self):
        self.assertRegex(self.refused("echo why; exit 7"), "ended with exit status 7: .*\nwhy$")
        self.assertIn("was ended by signal 9 (Killed)", self.refused("kill -9 $$"))

    def test_one_that_cannot_be_executed(self):
        checker = self.write("ex01_checker", "\0not a program")
        checker.chmod(0o755)
        with self.assertRaisesRegex(WorkbookError, r"Exec format error\): remove it \(rm .*") as raised:
            build_step.checker_cases(checker)
        self.assertEqual(raised.exception.status, 3)
        with self.assertRaisesRegex(WorkbookError, "No such file"):
            build_step.checker_cases(self.root / "nowhere")

    def test_what_it_leaves_behind_is_ended(self):
        checker = self.script(
            "ex01_checker", "trap '' HUP; sleep 1000 & setsid sleep 1000 & echo $!; echo a case"
        )
        left, case = build_step.checker_cases(checker)
        self.assertEqual(case, "a case")
        with self.assertRaises(ProcessLookupError):
            os.kill(int(left), 0)


class Errors(unittest.TestCase):
    def first(self, output):
        from pathlib import Path

        from tool.building.compile_errors import first_errors

        return first_errors(output, Path("/book"))

    def test_the_error_its_line_and_no_noise(self):
        output = (
            "[1/2] Building CXX object x.o\nFAILED: x.o\n/usr/bin/g++ -I/book -c /book/a.cpp\n"
            "In file included from /book/b.hpp:1:\n"
            "\033[01m/book/a.cpp:3:5:\033[0m \033[31merror: \033[mno such thing\n"
            "    3 | thing\n      | ^~~~~\n"
            "/book/a.cpp:9:1: warning: odd\nninja: build stopped\n"
        )
        self.assertEqual(
            self.first(output), "  a.cpp:3:5: error: no such thing\n      3 | thing\n        | ^~~~~"
        )

    def test_who_asked_for_a_template(self):
        output = "/book/a.cpp:7:3:   required from here\n/usr/include/t.h:1:2: error: bad\n"
        self.assertIn("a.cpp:7:3:   required from here", self.first(output))

    def test_at_most_three(self):
        output = "".join(f"/book/a.cpp:{n}:1: error: e{n}\n" for n in range(1, 6))
        self.assertIn("... and 2 more", self.first(output))

    def test_the_linker(self):
        output = "/usr/bin/ld: a.o: in function `main':\na.cpp:4: undefined reference to `f()'\n"
        self.assertIn("undefined reference to `f()'", self.first(output))

    def test_the_other_linkers(self):
        for line in (
            "ld.lld: error: duplicate symbol: twice(int)",
            "mold: error: duplicate symbol: a.o: b.o: twice(int)",
            "ld.lld: error: undefined symbol: twice(int)",
        ):
            output = f"FAILED: bin/x\n{line}\n>>> defined at a.cpp:3\n" + "noise\n" * 20
            self.assertIn(line, self.first(output))

    def test_what_two_files_define_names_them(self):
        made = "CMakeFiles/ex01_checker.dir/exercises/ex01_count"
        both = "\n    in exercises/ex01_count/{0} and exercises/ex01_count/{1}\n  Each .cpp file"
        for output, first, second in (
            (
                "ld.lld: error: duplicate symbol: twice(int)\n"
                ">>> defined at a.cpp:1 (/book/exercises/ex01_count/a.cpp:1)\n"
                f">>>            {made}/a.cpp.o:(twice(int))\n"
                ">>> defined at b.cpp:2 (/book/exercises/ex01_count/b.cpp:2)\n"
                f">>>            {made}/b.cpp.o:(.text+0x0)\n\nld.lld: error: c.cpp.o: bad\n",
                "a.cpp:1",
                "b.cpp:2",
            ),
            (
                f"/usr/bin/ld: {made}/b.cpp.o: in function `twice(int)':\n"
                f"b.cpp:(.text+0x0): multiple definition of `twice(int)'; {made}/a.cpp.o:"
                "a.cpp:(.text+0x0): first defined here\ncollect2: error\n",
                "b.cpp",
                "a.cpp",
            ),
            (
                f"/usr/bin/ld.gold: error: {made}/b.cpp.o: multiple definition of 'twice(int)'\n"
                f"/usr/bin/ld.gold: {made}/a.cpp.o: previous definition here\n",
                "b.cpp",
                "a.cpp",
            ),
            (
                f"mold: error: duplicate symbol: {made}/a.cpp.o: {made}/b.cpp.o: twice(int)\n",
                "a.cpp",
                "b.cpp",
            ),
        ):
            self.assertIn(both.format(first, second), self.first(f"FAILED: bin/x\n{output}"))

    def test_a_name_with_spaces_and_brackets(self):
        made = "CMakeFiles/ex01_checker.dir/exercises/ex01_count"
        for output in (
            "ld.lld: error: duplicate symbol: twice(int)\n"
            ">>> defined at a.cpp:1 (/book/exercises/ex01_count/a.cpp:1)\n"
            f">>>            {made}/a.cpp.o:(twice(int))\n"
            ">>> defined at a (copy).cpp:1 (/book/exercises/ex01_count/a (copy).cpp:1)\n"
            f">>>            {made}/a (copy).cpp.o:(.text+0x0)\n\n",
            f"mold: error: duplicate symbol: {made}/a.cpp.o: {made}/a (copy).cpp.o: twice(int)\n",
        ):
            shown = self.first(f"FAILED: bin/x\n{output}")
            self.assertRegex(shown, r"in exercises/ex01_count/a.cpp\S* and exercises/ex01_count/a \(copy\).cpp")

    def test_a_second_main_is_told_where_the_programs_is(self):
        made = "CMakeFiles/ex01_checker.dir/exercises/ex01_count"
        for output in (
            "ld.lld: error: duplicate symbol: main\n"
            ">>> defined at a.cpp:1 (/book/exercises/ex01_count/a.cpp:1)\n"
            f">>>            {made}/a.cpp.o:(main)\n"
            ">>> defined at checker.cpp:9 (/book/tests/support/checker.cpp:9)\n"
            ">>>            checker.cpp.o:(.text+0x0) in archive libworkbook_support.a\n",
            f"/usr/bin/ld: libsupport.a(checker.cpp.o): in function `main':\n"
            f"checker.cpp:(.text+0x0): multiple definition of `main'; {made}/a.cpp.o:"
            "a.cpp:(.text+0x0): first defined here\ncollect2: error\n",
        ):
            shown = self.first(f"FAILED: bin/x\n{output}")
            self.assertIn("exercises/ex01_count/a.cpp", shown)
            self.assertIn("stands in main.cpp, and the tests have one: an answer has none.", shown)
            self.assertNotIn("inline", shown)

    def test_a_file_of_utf_16_is_one_line(self):
        for output in (
            "/book/a.cpp:1:1: error: stray '\\377' in program\n    1 | <ff><fe>#<U+0000>\n"
            "/book/a.cpp:1:4: warning: null character(s) ignored\n" * 5,
            "fatal error: UTF-16 (LE) byte order mark detected in '/book/a.cpp', but encoding\n",
        ):
            self.assertEqual(
                self.first(output), "  a.cpp: has null characters, as UTF-16 has: save it as UTF-8"
            )

    def test_cmake(self):
        output = "[1/2] Re-running CMake...\nCMake Error at a.cmake:2 (message):\n  stands twice\n"
        self.assertEqual(self.first(output), "  CMake Error at a.cmake:2 (message):\n    stands twice")

    def test_anything_else_shows_the_end(self):
        self.assertIn("disk is full", self.first("one\ndisk is full\n"))


if __name__ == "__main__":
    unittest.main()
