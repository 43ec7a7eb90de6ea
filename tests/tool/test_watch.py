# Watching an exercise or a hunt: saves, keys, and a terminal that is given back.
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
from tool.course.layout import Exercise, WorkbookError
from tool.judging import state
from tool.student import bughunt, checking, watch

STUB = "exercises/ex01_count/count.cpp"
HUNTED = "hunts/ex01_count/count.cpp"
# An answer that says "right" passes; at "slow" the checker begins and does not end.
CHECKER = """\
[ "$1" = --list ] && printf 'a\\nb\\nc\\nd\\n' && exit
if grep -q slow {answer}; then exec 9>{fifo}; echo begun >&9; sleep 1000; fi
grep -q right {answer}"""
PREPARE = """\
from tool.course import layout
from tool.student import checking, run, watch
from pathlib import Path
sys.argv[1:] = {words!r}
root = Path({root!r})
layout.checkout_root = lambda: root
watch.TICK = 0.02
def build(*_):
    if 'not C++' in (root / {answer!r}).read_text():
        raise layout.WorkbookError('ex01 does not build: expected a declaration', 4)
checking.build_target = run.build_target = build
"""


class Watched(fake_tree.FakeTree):
    words = ("watch", "ex01")
    answer = STUB

    def setUp(self):
        super().setUp()
        fifo = self.root / "fifo"
        os.mkfifo(fifo)
        self.told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.told)
        lines = CHECKER.format(answer=self.root / self.answer, fifo=fifo)
        program = self.script("program", "echo the program runs; exec sleep 1000")
        self.write("CMakeLists.txt", "workbook_exercise(ex01_count)\nworkbook_exercise(ex02_new)\n")
        self.write("exercises/ex02_new/new.cpp", "")
        self.pretend_configured(
            "ex01_count",
            "ex02_new",
            student_checker=str(self.script("checker", lines)),
            program=str(program),
        )
        self.script("hunt01", lines)
        self.prepare = PREPARE.format(
            root=str(self.root), answer=self.answer, words=[*self.words]
        )

    def begin_in_a_pipe(self):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        tool = running.run_main(self.prepare, {}, **streams)
        self.addCleanup(tool.communicate)
        self.addCleanup(tool.kill)
        return tool

    def begin_in_a_terminal(self, more="", **environment):
        terminal = running.Terminal(self.prepare + more, **environment)
        self.addCleanup(terminal.close)
        return terminal

    def all_is_over(self):
        """Whoever held the FIFO has gone; otherwise this fails, as it would have to wait."""
        while os.read(self.told, 100):
            pass

    def save(self, text):
        """As most editors do: a new file takes the old one's place."""
        self.write(f"{self.answer}~", text).rename(self.root / self.answer)


class InAPipe(Watched):
    def setUp(self):
        super().setUp()
        self.tool = self.begin_in_a_pipe()
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
                self.assertRegex(said[1], rb"checking ex01 \.\.\.\n(checking ex01.*\n)*interrupted\n$")
                self.all_is_over()
            self.doCleanups()
            self.setUp()

    def test_a_folder_that_goes_away(self):
        shutil.rmtree(self.root / "exercises/ex01_count")
        said = self.tool.communicate(timeout=running.LIMIT)[1].decode()
        self.assertEqual(self.tool.returncode, 1)
        self.assertEqual(said.count("scripts/workbook: "), 1)
        self.assertIn("exercises/ex01_count/ is gone; to have it again: scripts/workbook reset ex01", said)


class InATerminal(Watched):
    def test_keys(self):
        terminal = self.begin_in_a_terminal()
        terminal.shows("0 of 2 core(.*\n)*Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("Hint 1 of 3, step 1: think(.*\n)*Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("Hint 2 of 3, step 1")
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

    def test_a_hint_amid_a_check_and_its_line_stand_clean(self):
        self.save("slow")
        terminal = self.begin_in_a_terminal()
        terminal.shows("checking ex01  [0-9]+ s")
        running.heard(self.told, "begun")
        so_far = terminal.shows(r"\[\.+\]  0 of 3")
        terminal.press(b"h")
        rows = running.screen(so_far + terminal.shows("Hint 1 of 3(.*\n)*.*  0 of 3"), 80)
        self.assertIn("Hint 1 of 3, step 1: think", rows)
        self.assertEqual([row for row in rows if "0 of 3" in row], rows[-1:])
        self.save("right")
        terminal.shows("has passed")
        self.all_is_over()

    def test_the_line_goes_with_the_check_that_is_ended(self):
        self.save("slow")
        for key, last in ((b"q", "~"), (b"\3", "interrupted\r\n~"), (b"r", "the program runs")):
            with self.subTest(key):
                terminal = self.begin_in_a_terminal()
                running.heard(self.told, "begun")
                so_far = terminal.shows("0 of 3")
                terminal.press(key)
                if last.endswith("~"):  # a mark, where the tool has left the cursor
                    terminal.tool.wait(running.LIMIT)
                    os.write(terminal.its_end, b"~")
                rows = running.screen(so_far + terminal.shows(last), 80)
                self.assertEqual([row for row in rows if "of 3" in row], [])

    def test_what_passes_says_which_key_goes_on(self):
        self.save("right")
        terminal = self.begin_in_a_terminal(NO_COLOR="1")
        text = terminal.shows("The core of ex01 has passed. Key n goes on to the next(.*\n)*Keys")
        self.assertNotIn("\033", text)
        terminal.press(b"\r")
        self.assertNotRegex(terminal.shows("Keys"), r"\033\[[0-9;]*m")

    def test_ctrl_c_ends_the_program_and_then_the_watching(self):
        terminal = self.begin_in_a_terminal()
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
                terminal = self.begin_in_a_terminal()
                terminal.shows("Keys: .*quit")
                terminal.tool.send_signal(number)
                self.assertEqual(terminal.tool.wait(running.LIMIT), 128 + number)
                self.assertTrue(terminal.is_as_found())

    def test_a_terminal_that_is_closed(self):
        terminal = self.begin_in_a_terminal()
        terminal.shows("Keys: .*quit")
        terminal.hang_up()
        self.assertEqual(terminal.tool.wait(running.LIMIT), 128 + signal.SIGHUP)

    def test_and_by_an_error_of_our_own(self):
        terminal = self.begin_in_a_terminal("watch.Watch._hint = lambda self: 1 / 0\n")
        terminal.shows("Keys: .*quit")
        terminal.press(b"h")
        terminal.shows("ZeroDivisionError")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 1)
        self.assertTrue(terminal.is_as_found())


class AHunt(Watched):
    words = ("bughunt", "ex01", "--watch", "--peek")
    answer = HUNTED

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.exercise.wrong_answers)
        mistake = fake_tree.patch("caught by: b\nForgets to double.", "return add(n, n)", "return n")
        self.write("tests/wrong_answers/ex01_count/undoubled.patch", mistake)

    def record(self):
        return state.read(self.root)["ex01_count"]

    def begun_in_a_pipe(self):
        tool = self.begin_in_a_pipe()
        running.heard(tool.stdout.fileno(), r"Watching hunts/ex01_count: .*judged again when you save\.\n")
        return tool

    def ends(self, tool):
        """Exit status, and what it said."""
        said = [text.decode() for text in tool.communicate(timeout=running.LIMIT)]
        return tool.returncode, *said

    def test_it_is_over_once_the_mistake_is_mended(self):
        tool = self.begun_in_a_pipe()
        self.save("half mended")
        running.heard(tool.stdout.fileno(), "0 of 2 core(.*\n)*.*judged again when you save")
        self.save("right")
        status, out, noted = self.ends(tool)
        self.assertEqual(status, 0)
        self.assertEqual(noted.count("saved: count.cpp\nchecking hunt01 ...\n"), 2)
        self.assertIn("Mended. The mistake was undoubled:\n\n  Forgets to double.\n", out)
        self.assertNotIn("judged again", out)
        self.assertEqual(self.record(), {"hunted": ["undoubled"], "peek": True})
        self.assertEqual(self.read(STUB), fake_tree.STUB)

    def test_a_hunt_that_ended_elsewhere(self):
        tool = self.begun_in_a_pipe()
        with state.changing(self.root, "ex01_count") as record:
            record.pop("hunt")
        self.save("right")
        status, out, noted = self.ends(tool)
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(noted.count("checking hunt01 ...\n"), 1)
        self.assertRegex(noted, "\nscripts/workbook: this hunt has ended; the next: .* ex01\n$")
        self.assertEqual(self.record(), {"peek": True})

    def test_a_folder_that_goes_away(self):
        tool = self.begun_in_a_pipe()
        shutil.rmtree(self.root / "hunts")
        status, _, noted = self.ends(tool)
        self.assertEqual(status, 1)
        self.assertIn("hunts/ex01_count/ is gone; to have it again: scripts/workbook bughunt ex01\n", noted)

    def test_sources_that_go_away(self):
        """There is nothing to build then."""
        tool = self.begun_in_a_pipe()
        (self.root / HUNTED).unlink()
        status, out, noted = self.ends(tool)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("hunts/ex01_count/ has no .cpp file; to have it again: ", noted)

    def test_a_header_that_goes_away(self):
        tool = self.begun_in_a_pipe()
        (self.root / HUNTED).with_name("count.hpp").unlink()
        status, out, noted = self.ends(tool)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("hunts/ex01_count/ has no count.hpp; to have it again: ", noted)

    def test_keys(self):
        terminal = self.begin_in_a_terminal()
        terminal.shows("somebody's answer(.*\n)*.*0 of 2 core(.*\n)*Keys: Enter check again, q quit")
        terminal.press(b"hnrt")  # a watched stub's, and one that nobody has
        text = terminal.shows("That is no key here. Keys: Enter check again, q quit\\s+$")
        self.assertEqual(text.count("no key"), 1)
        terminal.press(b"\n")
        text = terminal.shows("0 of 2 core(.*\n)*Keys: .*quit")
        self.assertNotIn("Hint", text)
        self.assertNotIn("program runs", text)
        terminal.press(b"q")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 0)
        self.assertTrue(terminal.is_as_found())
        self.assertEqual(self.record()["hunt"], "undoubled")

    def test_mended_in_a_terminal(self):
        terminal = self.begin_in_a_terminal()
        terminal.shows("Keys: .*quit")
        self.save("right")
        terminal.shows("The mistake was undoubled(.*\n)*The next: .*hunted")
        self.assertEqual(terminal.tool.wait(running.LIMIT), 0)
        self.assertTrue(terminal.is_as_found())

    def test_a_verdict_that_is_stale_ends_nothing(self):
        """All held, but of files that changed meanwhile."""
        tool = self.begun_in_a_pipe()
        mistake = bughunt.Mistake(self.exercise, "undoubled")
        tool.kill()
        self.save("right")
        watched = watch.WatchedHunt(mistake, None)
        judged = bughunt.judged

        def judged_too_late(mistake):
            said = judged(mistake)
            self.save("spoiled")
            return said

        out = io.StringIO()
        with unittest.mock.patch("tool.student.checking.build_target"), unittest.mock.patch("os.setsid"):
            with unittest.mock.patch("tool.student.bughunt.judged", judged_too_late):
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                    self.assertEqual(watched._check(), watch.STALE)
        self.assertNotIn("Mended", out.getvalue())
        self.assertEqual(self.record()["hunt"], "undoubled")


class Looks(Watched):
    def test_editors_leave_things_that_are_no_save(self):
        before = watch.picture(self.exercise.stub)
        self.assertEqual(list(sorted(before)), ["count.cpp", "count.hpp", "main.cpp"])
        for name in (".count.cpp.swp", ".count.cpp", "count.cpp~", "#count.cpp#", "4913", "NOTES.md"):
            self.write(f"exercises/ex01_count/{name}", "x")
        os.symlink("nobody@nowhere.1:2", self.exercise.stub / ".#count.cpp")
        self.assertEqual(watch.picture(self.exercise.stub), before)

    def test_a_file_of_the_same_size_and_time_in_its_place(self):
        before = watch.picture(self.exercise.stub)
        shutil.copy2(self.root / STUB, self.root / "other")
        (self.root / "other").rename(self.root / STUB)
        self.assertNotEqual(watch.picture(self.exercise.stub), before)

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

                with unittest.mock.patch("tool.student.checking.check_quietly", check):
                    with unittest.mock.patch("os.setsid"), contextlib.redirect_stdout(out):
                        self.assertEqual(watched._check(), watch.STALE)
        self.assertEqual(out.getvalue(), "")

    def test_the_first_unfinished_one_after_another(self):
        second = Exercise(self.root, "ex02_new")
        self.assertEqual(checking.unfinished(self.root), self.exercise)
        self.assertEqual(checking.unfinished(self.root, after=self.exercise), second)
        self.assertIsNone(checking.unfinished(self.root, after=second))


if __name__ == "__main__":
    unittest.main()
