# Watching: saves, keys, and a terminal that is given back.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import shutil
import signal
import subprocess
import unittest
import unittest.mock

import fake_tree
import running
import student
import watch
from layout import Exercise, WorkbookError

STUB = "exercises/ex01_count/count.cpp"
# A stub that says "right" passes; at "slow" the checker begins and does not end.
CHECKER = """\
[ "$1" = --list ] && printf 'a\\nb\\nc\\nd\\n' && exit
if grep -q slow {stub}; then exec 9>{fifo}; echo begun >&9; sleep 1000; fi
grep -q right {stub}"""
PREPARE = """\
import layout, student, watch
from pathlib import Path
sys.argv[1:] = ['watch', 'ex01']
root = Path({root!r})
layout.checkout_root = lambda: root
watch.TICK = 0.02
def build(*_):
    if 'not C++' in (root / {stub!r}).read_text():
        raise layout.WorkbookError('ex01 does not build: expected a declaration', 4)
student.build_target = build
"""


class Watched(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        fifo = self.root / "fifo"
        os.mkfifo(fifo)
        self.told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.told)
        lines = CHECKER.format(stub=self.root / STUB, fifo=fifo)
        program = self.script("program", "echo the program runs; exec sleep 1000")
        self.write("CMakeLists.txt", "workbook_exercise(ex01_count)\nworkbook_exercise(ex02_new)\n")
        self.write("exercises/ex02_new/new.cpp", "")
        self.pretend_configured(
            "ex01_count",
            "ex02_new",
            student_checker=str(self.script("checker", lines)),
            program=str(program),
        )
        self.prepare = PREPARE.format(root=str(self.root), stub=STUB)

    def all_is_over(self):
        """Whoever held the FIFO has gone; otherwise this fails, as it would have to wait."""
        while os.read(self.told, 100):
            pass

    def save(self, text):
        """As most editors do: a new file takes the old one's place."""
        self.write(f"{STUB}~", text).rename(self.root / STUB)


class InAPipe(Watched):
    def setUp(self):
        super().setUp()
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.tool = running.run_main(self.prepare, {}, **streams)
        self.addCleanup(self.tool.communicate)
        self.addCleanup(self.tool.kill)
        self.shows("0 of 2 core promises hold.*\n(.*\n)*.*judged again when you save")

    def shows(self, pattern):
        return running.heard(self.tool.stdout.fileno(), pattern)

    def tells(self, pattern):
        return running.heard(self.tool.stderr.fileno(), pattern)

    def test_each_save_is_judged_in_plain_text(self):
        self.save("right")
        text = self.shows("The core of ex01 has passed.\n")
        self.assertIn("Everything holds", text)
        self.assertNotIn("\033", text)
        self.assertNotIn("Key", text)
        self.write(STUB, "spoiled again")
        self.shows("0 of 2 core(.*\n)*.*judged again")
        self.assertNotIn("\033", self.tells("saved: count.cpp\n(.*\n)*saved: count.cpp\n"))

    def test_what_does_not_compile_is_told_and_watched_on(self):
        self.save("not C++")
        self.tells("scripts/workbook: ex01 does not build: expected a declaration\n")
        self.assertNotIn("promises", self.shows("judged again"))
        self.save("right")
        self.shows("2 of 2 core")

    def test_a_save_ends_the_check_under_way(self):
        self.save("slow")
        running.heard(self.told, "begun")
        self.save("right")
        text = self.shows("has passed")
        self.assertEqual(text.count("promises hold"), 1)
        self.all_is_over()

    def test_signals_end_it_with_all_it_started(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                self.save("slow")
                running.heard(self.told, "begun")
                self.tool.send_signal(number)
                said = self.tool.communicate(timeout=running.LIMIT)
                self.assertEqual(self.tool.returncode, 128 + number)
                self.assertTrue(said[1].endswith(b"checking ex01 ...\ninterrupted\n"), said)
                self.all_is_over()
            self.doCleanups()
            self.setUp()

    def test_a_folder_that_goes_away(self):
        shutil.rmtree(self.root / "exercises/ex01_count")
        said = self.tool.communicate(timeout=running.LIMIT)[1].decode()
        self.assertEqual(self.tool.returncode, 1)
        self.assertEqual(said.count("scripts/workbook: "), 1)
        self.assertIn("exercises/ex01_count/ is gone; to have the stub again: git checkout --", said)


class InATerminal(Watched):
    def begin(self, more="", **environment):
        terminal = running.Terminal(self.prepare + more, **environment)
        self.addCleanup(terminal.close)
        return terminal

    def test_keys(self):
        terminal = self.begin()
        terminal.shows("0 of 2 core(.*\n)*Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("Hint 1 of 3: think(.*\n)*Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("Hint 2 of 3")
        terminal.press(b"\n")
        terminal.shows("\033\\[2J(.*\n)*.*0 of 2 core(.*\n)*Keys: .*quit")
        terminal.press(b"\033[h\033Oq")  # as keys with pictures on them do
        terminal.press(b"n")
        self.assertNotIn("Hint", terminal.shows("Watching ex02(.*\n)*Keys: .*quit"))
        terminal.press(b"n")
        terminal.shows("No unfinished exercise comes after ex02")
        terminal.press(b"q")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 0)
        self.assertTrue(terminal.is_as_found())

    def test_what_passes_says_which_key_goes_on(self):
        self.save("right")
        terminal = self.begin(NO_COLOR="1")
        text = terminal.shows("The core of ex01 has passed. Key n goes on to the next(.*\n)*Keys")
        self.assertNotIn("\033", text)
        terminal.press(b"\r")
        self.assertNotRegex(terminal.shows("Keys"), "\033.*m")

    def test_ctrl_c_ends_the_program_and_then_the_watching(self):
        terminal = self.begin()
        terminal.shows("Keys: .*quit")
        self.assertTrue(terminal.reads_keys())
        terminal.press(b"r")
        terminal.shows("the program runs")
        self.assertTrue(terminal.is_as_found())
        terminal.press(b"\3")
        terminal.shows("run ex01 was ended by signal 2 .*\n(.*\n)*Keys: .*quit")
        self.assertTrue(terminal.reads_keys())
        self.save("right")
        text = terminal.shows("has passed")
        self.assertNotIn("\033[2J", text)  # what the program printed stays
        terminal.press(b"\3")
        terminal.shows("interrupted")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 130)
        self.assertTrue(terminal.is_as_found())

    def test_the_terminal_is_given_back_whatever_ends_it(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                terminal = self.begin()
                terminal.shows("Keys: .*quit")
                terminal.tool.send_signal(number)
                self.assertEqual(terminal.tool.wait(running.LIMIT), 128 + number)
                self.assertTrue(terminal.is_as_found())

    def test_and_by_an_error_of_our_own(self):
        terminal = self.begin("watch.Watch._hint = lambda self: 1 / 0\n")
        terminal.shows("Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("ZeroDivisionError")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 1)
        self.assertTrue(terminal.is_as_found())


class Looks(Watched):
    def test_editors_leave_things_that_are_no_save(self):
        before = watch.picture(self.exercise)
        self.assertEqual(list(sorted(before)), ["count.cpp", "count.hpp", "main.cpp"])
        for name in (".count.cpp.swp", ".count.cpp", "count.cpp~", "#count.cpp#", "4913", "NOTES.md"):
            self.write(f"exercises/ex01_count/{name}", "x")
        os.symlink("nobody@nowhere.1:2", self.exercise.stub / ".#count.cpp")
        self.assertEqual(watch.picture(self.exercise), before)

    def test_a_file_of_the_same_size_and_time_in_its_place(self):
        before = watch.picture(self.exercise)
        shutil.copy2(self.root / STUB, self.root / "other")
        (self.root / "other").rename(self.root / STUB)
        self.assertNotEqual(watch.picture(self.exercise), before)

    def test_no_verdict_on_files_that_changed_meanwhile(self):
        """Neither a good one nor an error; and not if they are gone."""
        out = io.StringIO()
        for last_words in ([], WorkbookError("does not build")):
            for meanwhile in (lambda: self.save("x"), lambda: shutil.rmtree(self.exercise.stub)):
                self.write(STUB, "begun")
                watched = watch.Watch(self.exercise, None)

                def check(_, meanwhile=meanwhile, last_words=last_words):
                    meanwhile()
                    if last_words:
                        raise last_words
                    return last_words

                with unittest.mock.patch("student.check_quietly", check):
                    with unittest.mock.patch("os.setsid"), contextlib.redirect_stdout(out):
                        self.assertEqual(watched._check(), watch.STALE)
        self.assertEqual(out.getvalue(), "")

    def test_the_first_unfinished_one_after_another(self):
        second = Exercise(self.root, "ex02_new")
        self.assertEqual(student.unfinished(self.root), self.exercise)
        self.assertEqual(student.unfinished(self.root, after=self.exercise), second)
        self.assertIsNone(student.unfinished(self.root, after=second))


if __name__ == "__main__":
    unittest.main()
