# How far something is: the line on a terminal, the lines through a pipe, and what ninja is at.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import pty
import subprocess
import sys
import unittest
import unittest.mock

import fake_tree
import running
from tool.building import ninja_steps
from tool.console import progress, terminal
from tool.console.progress import Line

TESTS = "CMakeFiles/ex01_checker_test.dir/tests/ex01_threads_test.cpp.o"
# What stands for a build: it says how far it is, has a compiler that does not end, and waits.
SLOW = """\
echo '[1/3] Building CXX object CMakeFiles/given_plain.dir/exercises/given/work.cpp.o'
sh -c 'read word < {fifo}' c++ -o {made} -c
echo '[3/3] Linking CXX executable bin/ex01_checker'
"""
PREPARE = """\
from tool.building import build_step
from tool.student import list as board_list
from pathlib import Path
sys.argv[1:] = ['list']
root = Path({root!r})
def follow(_):
    with build_step.locked(root / 'build') as lock:
        status = build_step.run_followed(
            [root / 'slow'], root / 'build', ['x'], root / 'log', lock, 'building ex01')
    print('built', status)
    return 0
board_list.show = follow
"""


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class OnATerminal(unittest.TestCase):
    """stderr is a terminal of its own here."""

    def setUp(self):
        self.clock = Clock()
        self.end, its_end = pty.openpty()
        self.addCleanup(os.close, self.end)
        stream = self.enterContext(open(its_end, "w", encoding="utf-8"))
        self.enterContext(contextlib.redirect_stderr(stream))
        self.environment(TERM="xterm", NO_COLOR="")
        self.written = ""
        self.columns = 100
        running.resize(self.end, 100)

    def enterContext(self, manager):  # unittest's own is newer than Python 3.9
        self.addCleanup(manager.__exit__, None, None, None)
        return manager.__enter__()

    def environment(self, **variables):
        self.enterContext(unittest.mock.patch.dict(os.environ, variables))

    def rows(self):
        """What the terminal shows now."""
        print("~", end="", file=sys.stderr, flush=True)  # a mark at the cursor's place
        self.written = running.heard(self.end, "~", self.written)[:-1]
        return running.screen(self.written, self.columns)

    def test_a_bar_what_it_is_at_and_the_time(self):
        with Line("building ex01", clock=self.clock) as line:
            self.assertEqual(self.rows(), ["building ex01  0 s"])
            self.clock.now += 8
            line.tell("compiling the tests", 12, 40)
            told = "building ex01  [######..............]  12 of 40  8 s  compiling the tests"
            self.assertEqual(self.rows(), [told])
            self.clock.now += 65
            line.tell("linking", 40, 40)
            told = "building ex01  [####################]  40 of 40  1 min 13 s  linking"
            self.assertEqual(self.rows(), [told])
        self.assertEqual(self.rows(), [""])

    def test_it_fits_whatever_the_width(self):
        for columns in (100, 80, 60, 40, 20, 9, 2, 1):
            self.columns, self.written = columns, ""
            running.resize(self.end, columns)
            with self.subTest(columns), Line("building ex01", clock=self.clock) as line:
                line.tell("compiling your \u5bbf\u984c\033[2J_a_long_name.cpp", 12, 40)
                self.assertEqual(len(self.rows()), 1)
                self.assertNotIn("@", self.rows()[0])
                self.assertNotIn("\033[2J", self.written)
            self.assertEqual(self.rows(), [""])

    def test_forty_columns_keep_the_bar_and_what_it_is_at(self):
        running.resize(self.end, 40)
        with Line("building ex01", clock=self.clock) as line:
            line.tell("compiling the tests of ex01", 12, 40)
            self.assertEqual(self.rows(), ["[#....]  12 of 40  0 s  the tests of .."])

    def test_a_window_that_is_made_narrower(self):
        """Its terminal has wrapped the line: all its rows go, from where the cursor is."""
        with Line("building ex01", clock=self.clock) as line:
            line.tell("compiling the tests of ex01", 12, 40)
            self.rows()
            running.resize(self.end, 40)
            self.written = ""
            line.tick()
            self.assertEqual(self.rows(), ["[#....]  12 of 40  0 s  the tests of .."])
            self.assertTrue(self.written.startswith("\r\033[J"), self.written)
            running.resize(self.end, 20)
            self.written = ""
        self.assertEqual(self.rows(), [""])
        self.assertTrue(self.written.startswith("\r\033[J"), self.written)

    def test_what_else_is_said_stands_clean(self):
        with Line("building ex01", clock=self.clock) as line:
            terminal.note("put back: a file")
            line.tell("linking")
            self.assertEqual(self.rows(), ["put back: a file", "building ex01  0 s  linking"])
            line.make_room()
            self.assertEqual(self.rows(), ["put back: a file", ""])
            line.tick()
        self.assertEqual(self.rows(), ["put back: a file", ""])

    def test_an_error_erases_it_as_well(self):
        with contextlib.suppress(KeyboardInterrupt), Line("building ex01", clock=self.clock):
            self.rows()
            raise KeyboardInterrupt
        self.assertEqual(self.rows(), [""])

    def test_colours_are_as_asked_for(self):
        with Line("building ex01", clock=self.clock):
            self.rows()
        self.assertIn("\033[2m", self.written)
        self.environment(NO_COLOR="1")
        self.written = ""
        with Line("building ex01", clock=self.clock):
            self.rows()
        self.assertNotIn("\033", self.written)

    def test_one_without_a_cursor_gets_plain_lines(self):
        for term in ("dumb", ""):
            self.environment(TERM=term)
            with self.subTest(term), Line("building ex01", clock=self.clock) as line:
                self.clock.now += progress.PERIOD
                line.tell("linking", 1, 2)
                told = ["building ex01 ...", "building ex01: 1 of 2, linking (2 s)", ""]
                self.assertEqual(self.rows(), told)
            self.assertNotRegex(self.written, r"\r[^\n]|\033\[[^0-9]|\010")
            self.written = ""


class ThroughAPipe(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()

    def said(self, **words):
        """By a line that is ticked each quarter of a second, for six."""
        with contextlib.redirect_stderr(io.StringIO()) as noted:
            with Line("checking ex01", clock=self.clock, **words) as line:
                for quarters in range(24):
                    line.tell("a promise", quarters // 4, 12)
                    self.clock.now += 0.25
        return noted.getvalue().splitlines()

    def test_a_plain_line_now_and_then(self):
        self.assertEqual(
            self.said(),
            [
                "checking ex01 ...",
                "checking ex01: 2 of 12, a promise (2 s)",
                "checking ex01: 4 of 12, a promise (4 s)",
            ],
        )

    def test_what_may_be_over_at_once_begins_late(self):
        self.assertEqual(self.said(late=True)[0], "checking ex01: 0 of 12, a promise (0 s)")
        with contextlib.redirect_stderr(io.StringIO()) as noted:
            with Line("checking ex01", late=True, clock=self.clock) as line:
                line.tell("a promise")
        self.assertEqual(noted.getvalue(), "")

    def test_what_else_is_printed_tells_as_much(self):
        with contextlib.redirect_stderr(io.StringIO()) as noted:
            with Line("judging", late=True, clock=self.clock) as line:
                for count in range(24):
                    self.clock.now += 0.25
                    line.make_room()
                    line.tell("", count, 24)
        self.assertEqual(noted.getvalue(), "")


class OfABuild(fake_tree.FakeTree):
    """The tool as a program follows a build that waits for us."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.root / "fifo")
        self.script("slow", SLOW.format(fifo=self.root / "fifo", made=TESTS))
        self.prepare = PREPARE.format(root=str(self.root))

    def go_on(self):
        with open(self.root / "fifo", "w", encoding="utf-8") as fifo:
            fifo.write("now\n")

    def test_on_terminals(self):
        for columns in (40, 100):
            with self.subTest(columns):
                there = running.Terminal(self.prepare, columns)
                self.addCleanup(there.close)
                there.shows("1 of 3  [0-9]+ s  (compiling )?the tests of")
                self.go_on()
                shown = there.shows("built 0\r\n")
                self.assertEqual(running.screen(shown, columns), ["built 0", ""])
                self.assertIn("[3/3] Linking", self.read("log"))

    def test_on_a_terminal_ctrl_c_leaves_it_clean(self):
        there = running.Terminal(self.prepare, 60)
        self.addCleanup(there.close)
        there.shows("the tests of")
        there.press(b"\3")
        shown = there.shows("interrupted\r\n")
        self.assertEqual(running.screen(shown, 60)[-2:], ["interrupted", ""])
        self.assertEqual(there.tool.wait(running.LIMIT), 130)

    def test_through_a_pipe(self):
        tool = running.run_main(self.prepare, {}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(tool.communicate)
        self.addCleanup(tool.kill)
        told = r"building ex01: 1 of 3, compiling the tests of ex01 \([0-9]+ s\)\n"
        said = running.heard(tool.stderr.fileno(), told)
        self.go_on()
        out, more = tool.communicate(timeout=running.LIMIT)
        self.assertEqual((tool.returncode, out), (0, b"built 0\n"))
        self.assertNotRegex(said + more.decode(), "[\r\033\b]")


class OfVerify(fake_tree.FakeTree):
    def test_ctests_own_lines_stand_clean(self):
        os.mkfifo(self.root / "fifo")
        self.script(
            "ctest",
            "echo '      Start  1: a'; echo ' 7/12 Test  #1: a ....   Passed    0.02 sec'\n"
            f"read word < {self.root / 'fifo'}; echo '100% tests passed'",
        )
        prepare = (
            "from tool.author import verify\nfrom tool.student import list as board_list\nsys.argv[1:] = ['list']\n"
            f"ctest = {str(self.root / 'ctest')!r}\n"
            "board_list.show = lambda _: print(verify.run_ctest([ctest], {})) or 0\n"
        )
        there = running.Terminal(prepare)
        self.addCleanup(there.close)
        there.shows(r"\[#####.....\]  7 of 12  [0-9]+ s")
        with open(self.root / "fifo", "w", encoding="utf-8"):
            pass
        shown = running.screen(there.shows(r"tests passed.*\r\n"), 80)
        self.assertEqual(shown[0].split(), ["Start", "1:", "a"])
        self.assertEqual(shown[1], " 7/12 Test  #1: a ....   Passed    0.02 sec")
        self.assertEqual(shown[2:], ["(0, ['100% tests passed\\n'])", ""])


class Steps(fake_tree.FakeTree):
    def test_in_a_students_words(self):
        checker = "ex01_checker.dir/exercises/ex01_threads"
        program = "ex01_threads_solution.dir/programs/ex01_threads_solution"
        reference = "reference_ex05_naive_server_plain.dir/solutions/ex05_naive_server"
        wrong = "bad03.short_read.dir/answers/bad03.short_read/ex03_process_pool"
        for made, words in (
            ("ex01_checker_test.dir/tests/ex01_threads_test.cpp.o", "the tests of ex01"),
            (f"{checker}/calc_primes.cpp.o", "your calc_primes.cpp"),
            ("hunt01.dir/hunts/ex01_threads/calc_primes.cpp.o", "calc_primes.cpp of your hunt"),
            (f"{program}/main.cpp.o", "the program of ex01"),
            (f"{reference}/naive_server.cpp.o", "the solution of ex05"),
            ("given_plain.dir/exercises/given/work.cpp.o", "the code given to you (once)"),
            ("workbook_support.dir/tests/support/a.cpp.o", "the tests' framework (once)"),
            ("explorer_runtime.dir/tests/explore/memory/races.cpp.o", "the schedule explorer (once)"),
            ("precompiled_a.dir/cmake_pch.hxx.gch", "the standard library's headers (once)"),
            ("workbook_asio.dir/scripts/cmake/asio.cpp.o", "asio (once)"),
            (f"{wrong}/process_pool.cpp.o", "ex03's wrong answer short_read"),
            ("new.dir/nobody/knows/this.cpp.o", "this.cpp"),
        ):
            with self.subTest(made):
                said = ninja_steps.in_words(f"CMakeFiles/{made}")
                self.assertEqual(said, f"compiling {words}")
        self.assertEqual(ninja_steps.in_words("bin/ex01_checker"), "linking")

    def test_what_ninja_plans(self):
        """Also where CMake has it look for new files first."""
        self.write(
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.22)\nproject(tiny NONE)\n"
            "file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/exercises/*)\n"
            "add_custom_command(OUTPUT one COMMAND ${CMAKE_COMMAND} -E touch one)\n"
            "add_custom_target(tiny DEPENDS one)\n",
        )
        build = self.root / "build"
        cmake = ["cmake", "-G", "Ninja", "-S", str(self.root), "-B", str(build)]
        subprocess.run(cmake, capture_output=True, check=True)
        self.assertEqual(ninja_steps.plan(build, ["tiny"]), ["Generating one"])
        self.assertFalse((build / "one").exists())
        make = ["cmake", "--build", str(build), "--target", "tiny"]
        subprocess.run(make, capture_output=True, check=True)
        self.assertEqual(ninja_steps.plan(build, ["tiny"]), [])
        self.assertEqual(ninja_steps.plan(build, ["no_such_target"]), [])

    def test_the_first_build_says_what_it_costs(self):
        steps = ["Building CXX object a.o", "Building CXX object b.o", "Linking CXX executable c"]
        with unittest.mock.patch("os.sched_getaffinity", lambda _: {0, 1}):
            said = ninja_steps.first_build(steps)
        self.assertTrue(said.startswith("first build: 2 files to compile on 2 cores; "), said)

    def test_the_log_as_it_grows(self):
        log = self.root / "log"
        line = unittest.mock.Mock()
        build = ninja_steps.Build(line, log, 5)

        def told(more):
            with open(log, "a", encoding="utf-8") as out:
                out.write(more)
            build.look(0)  # no process has this number
            return line.tell.call_args.args

        build.look(0)
        self.assertEqual(line.tell.call_args.args, ("", 0, 5))
        looks = ("looking for new files", 0, 5)
        self.assertEqual(told("[0/2] Re-checking globbed directories...\n"), looks)
        self.assertEqual(told("[1/7] Building a.o\n[2/"), ("looking for new files", 1, 7))
        self.assertEqual(told("7] Building b.o\na.cpp:1: warning: [9/9] odd\n")[1:], (2, 7))

    def test_what_is_compiled_now(self):
        os.mkfifo(self.root / "fifo")
        waits = ["sh", "-c", f"echo begun; read word < {self.root / 'fifo'}", "c++"]
        for more, words in ((["-o", TESTS], "compiling the tests of ex01"), ([], "")):
            ninja = subprocess.Popen([*waits, *more], stdout=subprocess.PIPE)
            running.heard(ninja.stdout.fileno(), "begun")
            try:
                self.assertEqual(ninja_steps.under_way(os.getpid()), words)
            finally:
                ninja.kill()
                ninja.communicate()


if __name__ == "__main__":
    unittest.main()
