# The commands as a person types them: names, bad words, hints, the board, what is kept.
#
# SPDX-License-Identifier: MIT
import contextlib
import dataclasses
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest
import unittest.mock

import fake_tree
from running import LIMIT, run_main
from tool import commands
from tool.building import bounded
from tool.building.build_folder import Built, Case, configure
from tool.course import pristine
from tool.course.layout import Exercise, WorkbookError, find_exercise
from tool.judging import board, judge, state
from tool.judging.judge import FAILED, NOT_RUN, PASSED, STUCK, TODO, Outcome
from tool.student import check, diff, hint, reset, run
from tool.student import list as board_list

# A checker of the board's four cases that passes them all.
GOOD = '[ "$1" != --list ] || printf "a\\nb\\nc\\nd\\n"'


def said(action, *arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        action(*arguments)
    return out.getvalue()


class Words(fake_tree.FakeTree):
    def test_an_exercise_by_any_name(self):
        absolute = str(self.exercise.stub)
        names = ("ex01", "1", "01", "ex1", "ex01_count", "EX01", "Ex01_Count")
        for name in (*names, "exercises/ex01_count/", absolute):
            self.assertEqual(find_exercise(self.root, name), self.exercise, name)

    def test_an_unknown_exercise(self):
        self.write("elsewhere/exercises/ex01_count/count.cpp", "")
        other = str(self.root / "elsewhere/exercises/ex01_count")
        odd = ("\u0661", "ex\u0660\u0661", "1\n", "\0/", "a/" * 5000)
        for name in ("ex02", "0", "", "count", "-1", "ex01_", "101", other, "x/ex01_count", *odd):
            with self.assertRaisesRegex(WorkbookError, "there are: ex01") as raised:
                find_exercise(self.root, name)
            self.assertEqual(raised.exception.status, 2)
            self.assertNotIn("\n", str(raised.exception))

    def status(self, *words):
        done = subprocess.run(
            [sys.executable, str(fake_tree.TOOL), *words], capture_output=True, text=True, check=False
        )
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stderr

    def test_bad_words_get_one_line(self):
        for words in (
            ["frobnicate"],
            ["check", "--sideways"],
            ["check", "ex01", "ex02"],
            ["watch", "ex77"],
            ["watch", "ex01", "ex02"],
            ["grade"],
            ["grade", "/nowhere"],
            ["grade", "--csv"],
            ["grade", "/tmp", "--part", "3/2"],
            ["grade", "/tmp", "--part", "0/2"],
            ["grade", "/tmp", "--part", "1/2"],
            ["grade", "/tmp", "--seed", "0"],
            ["grade", "/tmp", "--seed", "many"],
            ["grade", "/dev/null", "--merge", "--seed", "7"],
            ["grade", "/nowhere", "--merge"],
            ["grade", "/dev/null", "--merge", "--class"],
            ["hint"],
            ["run"],
            ["run", "--solution"],
            ["run", "ex77"],
            ["run", "ex11", "--solution", "--python"],
            ["run", "--python", "ex11", "--solution"],
            ["run", "ex11", "0"],
            ["run", "ex11", "--solution", "0"],
            ["reset", "ex77"],
            ["accept"],
            ["bughunt"],
            ["bughunt", "ex77"],
            ["bughunt", "ex77", "--watch"],
            ["bughunt", "ex01", "--peek", "--tell"],
            ["bughunt", "ex01", "--watch", "--tell"],
            ["verify", "-j", "0"],
            ["verify", "-j", "many"],
            ["verify", "everything"],
            ["list", "all"],
            ["bench", "ex77"],
            ["bench", "ex05"],
            ["bench", "--repeat", "0"],
            ["bench", "--csv"],
            ["bench", "--csv", "/nowhere/f.csv"],
            ["new"],
            ["new", "exercise"],
            ["new", "project", "barriers"],
            ["new", "exercise", "Barriers"],
            ["new", "exercise", "threads"],
        ):
            status, error = self.status(*words)
            self.assertEqual(status, 2, words)
            self.assertEqual(error.count("\n"), 1, error)

    def test_run_passes_the_rest_on(self):
        seen = []
        with unittest.mock.patch("tool.student.run.run", lambda *words: seen.append(words[1:])):
            commands.call(self.root, ["run", "ex01", "--solution", "20000", "-3", "--help"])
            commands.call(self.root, ["run", "--python", "ex01", "--", "--solution"])
            commands.call(self.root, ["run", "ex01", "5", "--solution"])
            commands.call(self.root, ["run", "ex01", "-h"])
        self.assertEqual(
            seen,
            [
                ("ex01", "solution", ["20000", "-3", "--help"]),
                ("ex01", "python", ["--solution"]),
                ("ex01", "own", ["5", "--solution"]),
                ("ex01", "own", ["-h"]),
            ],
        )


class Streams(unittest.TestCase):
    def list(self, stdout=subprocess.DEVNULL, **how):
        return subprocess.run(
            [sys.executable, str(fake_tree.TOOL), "list"],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **how,
        )

    def test_closed_ones_lead_nowhere(self):
        for closed in ((1,), (2,), (0, 1, 2)):
            with self.subTest(closed=closed):
                done = self.list(preexec_fn=lambda: [os.close(one) for one in closed])
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_character_that_cannot_be_shown(self):
        script = "import sys; sys.argv[1:] = ['check', '\\u03c0']"
        done = run_main(script, {"PYTHONIOENCODING": "ascii"}, stderr=subprocess.PIPE)
        self.assertIn(b"there is no exercise '?'", done.communicate(timeout=LIMIT)[1])
        self.assertEqual(done.returncode, 2)

    def test_a_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.list(stdout=full)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (3, 1), done.stderr)
        self.assertIn("No space left on device", done.stderr)


class Signals(fake_tree.FakeTree):
    """HUP and TERM end the tool as Ctrl+C does: with everything that it had started."""

    def ends(self, number, command):
        """`command`: Python that runs the program `self.busy`."""
        fifo = self.root / f"fifo{number}"
        os.mkfifo(fifo)
        # Each of its processes holds the FIFO open: whoever reads it comes to its end after them.
        self.script(
            "busy",
            f"exec 9>{fifo}; echo begun >&9; sleep 1000 & while :; do echo busy; sleep 0.1; done",
        )
        told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, told)
        script = (
            "import sys; sys.argv[1:] = ['list']; from pathlib import Path\n"
            "from tool.building import bounded; from tool.student import list as board_list\n"
            f"busy = Path({str(self.root / 'busy')!r})\n"
            f"{command}\n"
            "board_list.show = lambda root: busily()"
        )
        tool = run_main(script, {}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(tool.communicate)
        self.addCleanup(tool.kill)
        self.assertEqual(self.heard(told), b"begun\n")
        tool.send_signal(number)
        said = tool.communicate(timeout=LIMIT)[1]
        self.assertEqual(tool.returncode, 128 + number)
        self.assertRegex(said, rb"^(judging.*\n)*interrupted\n$")
        self.assertEqual(self.heard(told), b"")

    def heard(self, told):
        self.assertTrue(select.select([told], [], [], LIMIT)[0], "it neither tells nor ends")
        return os.read(told, 100)

    def test_while_it_judges(self):
        command = (
            "from tool.building.build_folder import Built, Case; from tool.judging import judge\n"
            "built = Built(busy, '', busy, '', busy, '', (Case('a', 1, False, False),))\n"
            "busily = lambda: judge.judge(built)"
        )
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number.name):
                self.ends(number, command)

    def test_while_it_builds(self):
        command = (
            "from tool.building.build_step import locked, run_logged\n"
            "def busily():\n"
            "    with locked(busy.parent / 'build') as lock:\n"
            "        run_logged([busy], busy.parent / 'log', lock)"
        )
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number.name):
                self.ends(number, command)

    def test_while_it_verifies(self):
        command = "from tool.author import verify; busily = lambda: verify.run_ctest([busy], {})"
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number.name):
                self.ends(number, command)

    def test_while_it_is_still_being_loaded(self):
        prepare = (
            "class Interrupted:\n"
            "    def find_spec(name, *_):\n"
            "        if name == 'tool.commands': raise KeyboardInterrupt\n"
            "sys.meta_path.insert(0, Interrupted)"
        )
        tool = run_main(prepare, {}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.assertEqual(tool.communicate(timeout=LIMIT)[1], b"")
        self.assertEqual(tool.returncode, 128 + signal.SIGINT)


class Hints(fake_tree.FakeTree):
    def hint(self, again=False):
        with contextlib.redirect_stderr(io.StringIO()) as noted:
            shown = said(hint.hint, self.root, "ex01", again).splitlines()[0]
        self.noted = noted.getvalue()
        return shown

    def test_one_more_each_time(self):
        titles = [self.hint() for _ in range(4)]
        self.assertEqual(titles[0], "Hint 1 of 3, step 1: think")
        self.assertEqual(titles[1], "Hint 2 of 3, step 1: think more")
        self.assertEqual(titles[2:], ["Hint 3 of 3, step 2: nearly there"] * 2)
        self.assertEqual(self.hint(again=True), titles[0])
        self.assertEqual(self.hint(), titles[1])

    def test_it_says_which_stage_it_is_for(self):
        self.change("WORKBOOK.md", "Hint 1, step 1:", "Hint 1, step 1, half way:")
        self.assertEqual(self.hint(), "Hint 1 of 3, step 1, half way: think")

    def test_it_begins_with_the_step_that_fails(self):
        self.hand_out()
        self.pretend_configured("ex01_count")
        self.write("exercises/ex01_count/count.cpp", "begun")
        self.checked(a=FAILED, b=TODO)
        self.assertEqual(self.hint(), "Hint 1 of 3, step 1: think")
        self.checked(a=PASSED, b=FAILED)
        self.assertEqual(self.hint(), "Hint 3 of 3, step 2: nearly there")
        self.assertEqual(self.noted, "what comes before step 2 holds; its hints: hint ex01 --again\n")
        self.assertEqual(self.hint(again=True), "Hint 1 of 3, step 1: think")
        self.checked(a=FAILED, b=FAILED)
        self.assertEqual(self.hint(), "Hint 2 of 3, step 1: think more")
        self.assertEqual(self.noted, "")

    def checked(self, **verdicts):
        outcomes = [
            Outcome(Case(name, 1, False, False), verdict, "") for name, verdict in verdicts.items()
        ]
        judge.remember(self.exercise, judge.digest(self.exercise), outcomes)

    def test_one_that_cannot_be_remembered_is_shown_all_the_same(self):
        self.hint()
        with unittest.mock.patch("tool.judging.state.write_atomically", side_effect=PermissionError(13, "no")):
            self.assertEqual(self.noted_hint(), ("Hint 2 of 3, step 1: think more", "not recorded: [Errno 13] no\n"))
        shutil.rmtree(self.root / ".workbook")
        self.write(".workbook", "a file where the folder should be")
        shown, noted = self.noted_hint()
        self.assertEqual(shown, "Hint 1 of 3, step 1: think")
        self.assertRegex(noted, "^not recorded: .*\n$")

    def noted_hint(self):
        return self.hint(), self.noted


class Kept(fake_tree.FakeTree):
    def test_an_error_meanwhile_changes_nothing(self):
        with state.changing(self.root, "ex01_count") as record:
            record["hints"] = 1
        with self.assertRaises(KeyboardInterrupt):
            with state.changing(self.root, "ex01_count") as record:
                record["hints"] = 2
                raise KeyboardInterrupt
        self.assertEqual(state.read(self.root)["ex01_count"], {"hints": 1})

    def test_a_damaged_file_is_put_aside(self):
        for text in (
            "{",
            "[]",
            '{"exercises": [1]}',
            '{"exercises": {"a": 1}}',
            '{"exercises": {"a": {"results": 1}}}',
            '{"exercises": {"a": {"hints": "two"}}}',
            '{"exercises": {"a": {"digest": []}}}',
            '{"exercises": {"a": {"hunt": 1}}}',
            '{"exercises": {"a": {"hunted": "one"}}}',
            '{"exercises": {"a": {"peek": "yes"}}}',
            '{"exercises": {"a": {"passed": 1}}}',
            '{"exercises": {"a": {"hunted": [[]]}}}',
        ):
            path = self.write(".workbook/state.json", text)
            with contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(state.read(self.root), {})
            self.assertFalse(path.exists())
            self.assertEqual(self.read(".workbook/state.damaged"), text)


def outcome(step, verdict, stretch=False, output=""):
    return Outcome(Case(f"case {step} {verdict}", step, stretch, False), verdict, output)


class Verdicts(fake_tree.FakeTree):
    def test_the_first_broken_promise(self):
        later = outcome(2, FAILED)
        self.assertEqual(
            judge.first_broken([outcome(1, PASSED), outcome(1, TODO, stretch=True), later]), later
        )
        self.assertIsNone(judge.first_broken([outcome(1, PASSED), outcome(2, NOT_RUN)]))

    def test_one_that_says_why_comes_before_one_that_says_how_it_ended(self):
        died = outcome(1, FAILED, output="The case's process was ended by signal 11 (Segmentation fault).")
        said = outcome(1, FAILED, output="Broken promise: it adds\n  REQUIRE( sum == 2 )")
        told = dataclasses.replace(said, story={"version": 1})
        stuck = outcome(1, STUCK, output="Gave up after 20 s: the case does not end.")
        for first in (died, stuck):
            self.assertEqual(judge.first_broken([first, said]), said)
            self.assertEqual(judge.first_broken([first, said, told]), told)
            # But not in place of a lower step, or of the core.
            self.assertEqual(judge.first_broken([first, outcome(2, FAILED, output="sum")]), first)
            stretch = outcome(1, FAILED, stretch=True, output="Broken promise: it adds")
            self.assertEqual(judge.first_broken([first, stretch]), first)
            self.assertEqual(judge.first_broken([first, outcome(1, TODO)]), first)
        self.assertEqual(judge.first_broken([said, told]), said)

    def test_one_that_says_why_comes_before_one_that_says_what(self):
        said = outcome(1, FAILED, output="Broken promise: it adds\n  REQUIRE( sum == 2 )")
        story = {"version": 1, "kind": "data race", "schedule": 1, "cause": "Nobody locks."}
        why = dataclasses.replace(said, output=f"{said.output}\nCause: Nobody locks.", story=story)
        bare = dataclasses.replace(said, story={**story, "cause": ""})
        for first in (said, bare):
            self.assertEqual(judge.first_broken([first, why]), why)
            later = dataclasses.replace(why, case=outcome(2, FAILED).case)
            self.assertEqual(judge.first_broken([first, later]), first)
        # But a wrong result only if some schedules give a right one.
        for schedule in (1, 2):
            wrong = {**story, "kind": "wrong result", "schedule": schedule}
            why = dataclasses.replace(why, story=wrong)
            self.assertEqual(judge.first_broken([said, why]), said if schedule == 1 else why)
        # Where the program fell, even one of a later step.
        why = dataclasses.replace(why, case=outcome(2, FAILED).case, story=story)
        fell = dataclasses.replace(said, output="The case's process was ended by signal 11 (x).\nCause: y")
        self.assertEqual(judge.first_broken([fell, why]), why)
        # Also where it fell in the middle of the test: what the supervisor says of that is general.
        memory = "Cause: the memory that is used there does not exist, or no more"
        late = dataclasses.replace(said, output=f"{said.output}\n{fell.output.splitlines()[0]}\n{memory}")
        aborted = late.output.replace("signal 11 (x)", "signal 6 (Aborted)")
        heap = "free(): double free detected in tcache 2\n"
        for output in (late.output, heap + aborted):
            broken = dataclasses.replace(said, output=output)
            self.assertEqual(judge.first_broken([broken, why]), why)
            self.assertEqual(judge.first_broken([broken, said]), broken)
        for output in (
            aborted,
            late.output.replace(memory, "Cause: it calls\n  itself again and again, until no stack is left."),
        ):
            known = dataclasses.replace(said, output=output)
            self.assertEqual(judge.first_broken([known, why]), known)
        thrown = dataclasses.replace(fell, output=fell.output.replace("11", "6"))
        self.assertEqual(judge.first_broken([thrown, why]), thrown)
        why = dataclasses.replace(why, case=said.case)
        known = dataclasses.replace(said, output=f"{said.output}\nCause: it is empty.")
        self.assertEqual(judge.first_broken([known, why]), known)

    def test_what_does_not_end_comes_before_what_waited_for_it(self):
        waited = outcome(1, FAILED, output="Broken promise: a\n  seen: waited 5 s in\n    vain: t.cpp:3")
        bare = outcome(1, STUCK, output="Gave up after 20 s: the case does not end.")
        stuck = dataclasses.replace(bare, output=f"{bare.output}\nCause: it waits for itself.")
        died = outcome(1, FAILED, output="The case's process was ended by\n  signal 8 (x).\nCause: y")
        said = outcome(1, FAILED, output="Broken promise: it adds\n  REQUIRE( sum == 2 )")
        self.assertEqual(judge.first_broken([waited, stuck]), stuck)
        self.assertEqual(judge.first_broken([waited, died]), died)
        self.assertEqual(judge.first_broken([waited, bare]), waited)
        self.assertEqual(judge.first_broken([waited, stuck, said]), said)

    def test_what_a_report_left_out(self):
        output = "data race\n  Steps not shown: 3 earlier. To see all: WORKBOOK_STEPS=all in front of"
        failed = dataclasses.replace(outcome(1, FAILED, output=output), story={"version": 1})
        self.assertIn("scripts/workbook check ex01 --all", board.verdict(self.exercise, [failed]))
        failed = dataclasses.replace(failed, output="data race")
        self.assertNotIn("--all", board.verdict(self.exercise, [failed]))

    def test_reports_are_as_wide_as_asked_for(self):
        with unittest.mock.patch.dict(os.environ, COLUMNS="60"):
            self.assertEqual(judge.width_of_reports(), {"COLUMNS": "58"})
        # With their indentation no wider than 100, whether that is known to be the width or not.
        with unittest.mock.patch.dict(os.environ, COLUMNS="140"):
            self.assertEqual(judge.width_of_reports(), {"COLUMNS": "98"})
        with unittest.mock.patch.dict(os.environ):
            os.environ.pop("COLUMNS", None)
            self.assertEqual(judge.width_of_reports(), {"COLUMNS": "98"})

    def test_the_core_has_passed(self):
        self.assertTrue(judge.core_passed([outcome(1, PASSED), outcome(2, FAILED, stretch=True)]))
        self.assertFalse(judge.core_passed([outcome(1, PASSED), outcome(2, STUCK)]))
        self.assertFalse(judge.core_passed([outcome(1, PASSED), outcome(2, NOT_RUN)]))
        self.assertFalse(judge.core_passed([]))

    def test_a_todo_is_shown_with_its_place(self):
        output = "TODO ex01: double it\n  exercises/ex01_count/count.cpp:9      scripts/workbook hint ex01"
        text = board.verdict(self.exercise, [outcome(1, TODO, output=output)])
        self.assertIn("not started", text)
        self.assertIn("  TODO ex01: double it\n    exercises/ex01_count/count.cpp:9\n", text)
        text = board.verdict(self.exercise, [outcome(1, TODO, output=output.replace("it", 40 * "it "))])
        self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_steps_that_are_all_alike_are_one_line(self):
        several = [outcome(1, PASSED), outcome(1, PASSED), outcome(2, TODO), outcome(3, TODO)]
        lines = board.compact(several).splitlines()
        self.assertEqual(
            lines,
            ["  step 1  ok      all 2", "  step 2", "    todo    case 2 todo", "  step 3  todo    all 1"],
        )

    def test_a_failure_is_shown_in_full(self):
        text = board.verdict(self.exercise, [outcome(1, FAILED, output="expected 6\n\ngot 5")])
        self.assertIn('Step 1: "case 1 failed"\n\n  expected 6\n\n  got 5', text)

    def test_what_a_pass_of_the_explorer_is_worth(self):
        proof = "passed: all 38 schedules that differ: a proof"
        sample = "passed: 2000 schedules, among them all 349 with at most 1 preemption"
        for output, worth in (
            (proof, True),
            ("passed: the only schedule; a proof", True),
            (sample, False),
            (f"{proof}\n{sample}", False),
            ("", None),
        ):
            with self.subTest(output):
                explored = Outcome(Case("a", 1, False, False, True), PASSED, output)
                self.assertIs(judge.proved(explored), worth)
        self.assertIsNone(judge.proved(outcome(1, PASSED, output=proof)))
        outcomes = [
            Outcome(Case(name, 1, False, False, True), PASSED, said)
            for name, said in (("a", proof), ("b", proof), ("c", sample))
        ]
        with unittest.mock.patch.dict(os.environ, WORKBOOK_SCHEDULES="3000"):
            last = board.compact(outcomes).splitlines()[-1]
            long = board.compact(10 * outcomes[1:]).splitlines()[-1]
        self.assertEqual(
            last,
            "  Explored: 2 proved, by every schedule that differs; 1 tried, under 3000 schedules each.",
        )
        # Numbers of two figures leave it one line, and that no wider than a report.
        self.assertIn("10 proved, by every schedule that differs; 10 tried", long)
        self.assertLessEqual(len(long), 100)
        self.assertNotIn("Explored", board.compact([outcome(1, PASSED)]))

    def test_an_explored_case_says_what_its_pass_is_worth(self):
        running = judge.Running(self.script("checker", '[ "$1" = --show ] && echo "passed: shown"'), self.root)
        self.assertEqual(running.run(Case("a", 1, False, False, True)).output, "passed: shown")

    def test_after_one_stuck_no_more_are_started(self):
        script = self.script(
            "checker", '[ "$1" = slow ] && { echo Gave up after 20 s; exit 1; }\nexit 0'
        )
        running = judge.Running(script, self.root)
        cases = [Case(name, 1, False, False) for name in ("quick", "slow", "late")]
        self.assertEqual([running.run(case).verdict for case in cases], [PASSED, STUCK, NOT_RUN])

    def test_after_a_slow_one_that_is_broken_no_more_are_started(self):
        script = self.script("checker", '[ "$1" = broken ] && exit 1\nexit 0')
        cases = [Case(name, 1, False, False) for name in ("quick", "broken", "late")]
        for patience, last in ((0, NOT_RUN), (judge.PATIENCE, PASSED)):
            with unittest.mock.patch.object(judge, "PATIENCE", patience):
                running = judge.Running(script, self.root)
            verdicts = [running.run(case).verdict for case in cases]
            self.assertEqual(verdicts, [PASSED, FAILED, last])


class Interrupted(fake_tree.FakeTree):
    def test_no_signal_comes_between_the_threads(self):
        checker = self.script("checker", "exec sleep 1000")
        built = Built(checker, "", checker, "", checker, "", (Case("a", 1, False, False),))
        unharmed = []

        def wait(judged, limit, real=bounded.futures.wait):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)  # the first makes Python act at the latest here
            unharmed.append(True)
            return real(judged, limit)

        began = time.monotonic()
        with unittest.mock.patch("tool.building.bounded.futures.wait", wait), self.assertRaises(KeyboardInterrupt):
            judge.judge(built)
        self.assertEqual(unharmed, [True])
        self.assertLess(time.monotonic() - began, judge.OUTER_LIMIT)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)


class Leftovers(fake_tree.FakeTree):
    """Whatever the checker leaves behind, or if it does not end: judge() does, and nothing runs on."""

    def judge(self, lines, *sentences):
        checker = self.script("checker", lines)
        cases = tuple(Case(name, 1, False, False) for name in sentences)
        began = time.monotonic()
        outcomes = judge.judge(Built(checker, "", checker, "", checker, "", cases))
        self.assertLess(time.monotonic() - began, judge.OUTER_LIMIT)
        return outcomes

    def is_gone(self, printed):
        with self.assertRaises(ProcessLookupError):
            os.kill(int(printed), 0)

    def test_an_orphan_that_holds_the_output(self):
        (one,) = self.judge("setsid sleep 1000 & echo $!; exit 1", "a")
        self.assertEqual(one.verdict, FAILED)
        self.is_gone(one.output)

    def test_a_supervisor_that_is_killed(self):
        (one,) = self.judge("setsid sleep 1000 & echo $!; kill -9 $$", "a")
        self.assertEqual(one.verdict, FAILED)
        process, said = one.output.splitlines()
        self.assertEqual(said, "The checker was ended by signal 9 (Killed), without a verdict.")
        self.is_gone(process)

    def test_one_that_does_not_end(self):
        checker = self.script("checker", "sleep 1000 & echo $!; wait")
        bounded.adopt_orphans()
        outcome = judge.Running(checker, self.root, limit=3).run(Case("a", 1, False, False))
        bounded.end_orphans()
        self.assertEqual(outcome.verdict, STUCK)
        process, said = outcome.output.splitlines()
        self.assertEqual(said, "Gave up after 3 s: the checker did not end.")
        self.is_gone(process)

    def test_what_cannot_be_judged_is_not_a_broken_promise(self):
        outcomes = self.judge("[ $1 = good ] || { echo Cannot judge: no network; exit 4; }", "a", "good")
        self.assertEqual([one.verdict for one in outcomes], ["cannot judge", PASSED])
        text = board.verdict(self.exercise, outcomes)
        self.assertIn("    ?       a\n", text)
        self.assertIn("Those marked ? cannot be judged on this machine", text)
        self.assertIn('Step 1: "a"\n\n  Cannot judge: no network\n', text)
        self.assertNotIn("FAILED", text)

    def test_a_failure_without_a_word(self):
        outcomes = self.judge('case $1 in mute) exit 1 ;; odd) exit 7 ;; esac', "mute", "odd", "good")
        said = [one.output for one in outcomes]
        self.assertRegex(said[0], "^The case failed and printed nothing: .*/checker --debug 'mute'$")
        self.assertEqual(said[1], "The checker ended with exit status 7, without a verdict.")
        self.assertEqual(said[2], "")
        self.assertNotIn("\n\n\n\n", board.verdict(self.exercise, outcomes))


class NarrowBoard(fake_tree.FakeTree):
    def test_it_has_no_columns_where_there_is_no_room(self):
        self.hand_out()
        self.pretend_configured("ex01_count")
        with unittest.mock.patch("tool.judging.board.width", return_value=40):
            narrow = board.board(self.root)
        self.assertEqual(narrow, "ex01_count: not started\n  core 0/2, stretch 0/1")
        with unittest.mock.patch("tool.judging.board.width", return_value=80):
            self.assertEqual(board.board(self.root), self.at_no_terminal())

    def at_no_terminal(self):
        text = board.board(self.root)
        self.assertIn("core  stretch\nex01_count  [", text)
        return text


class Board(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()
        self.pretend_configured("ex01_count")

    def row(self):
        return board.board(self.root).splitlines()[1]

    def record(self, **verdicts):
        cases = [Case(name, 1, False, False) for name in verdicts]
        outcomes = [Outcome(case, verdicts[case.sentence], "") for case in cases]
        judge.remember(self.exercise, judge.digest(self.exercise), outcomes)

    def test_states(self):
        self.assertRegex(self.row(), r"\[\.{10}\] +0/2 +0/1 +not started$")
        self.write("exercises/ex01_count/count.cpp", "begun")
        self.assertRegex(self.row(), r"in progress \(not checked yet\)$")
        self.record(a=PASSED, b=FAILED, c=TODO)
        self.assertRegex(self.row(), r"\[#####\.{5}\] +1/2 +0/1 +in progress$")
        self.record(a=PASSED, b=PASSED, c=TODO)
        self.assertRegex(self.row(), r"2/2 +0/1 +core done$")
        self.record(a=PASSED, b=PASSED, c=PASSED)
        self.assertRegex(self.row(), r"2/2 +1/1 +done$")
        self.write("exercises/ex01_count/count.cpp", "spoiled")
        self.assertRegex(self.row(), r"done \(edited since it was checked\)$")
        self.write("exercises/ex01_count/count.cpp", fake_tree.STUB)
        self.assertRegex(self.row(), r"\[\.{10}\] +0/2 +0/1 +not started$")

    def test_a_pass_is_remembered(self):
        self.write("exercises/ex01_count/count.cpp", "begun")
        self.record(a=PASSED, b=PASSED)
        self.write("exercises/ex01_count/count.cpp", "spoiled")
        self.record(a=PASSED, b=FAILED)
        self.assertRegex(self.row(), r"1/2 +0/1 +in progress \(its core held before\)$")
        self.assertIn("+int twice(int n)", said(diff.diff, self.root, "ex01", False))
        said(reset.reset, self.root, "ex01")
        with self.assertRaisesRegex(WorkbookError, "--peek"):
            diff.diff(self.root, "ex01", False)

    def next_after_passing(self, *ids):
        """What comes next after ex02, with the cores of these done."""
        for id in ids:
            one = Exercise(self.root, f"{id}_count")
            self.write(f"exercises/{one.name}/count.cpp", "begun")
            outcomes = [Outcome(Case(name, 1, False, False), PASSED, "") for name in ("a", "b")]
            judge.remember(one, judge.digest(one), outcomes)
        text = board.verdict(Exercise(self.root, "ex02_count"), [outcome(1, PASSED)])
        self.assertIn("\nEverything holds.\n", text)
        return text.splitlines()[-1]

    def test_what_comes_next_has_not_passed_yet(self):
        names = [f"ex0{number}_count" for number in (1, 2, 3, 4)]
        self.write("CMakeLists.txt", "".join(f"workbook_exercise({name})\n" for name in names))
        self.pretend_configured(*names)
        for name in names[1:]:
            self.write(f"exercises/{name}/count.cpp", fake_tree.STUB)
            pristine.accept(Exercise(self.root, name))
        ahead = "Next:     scripts/workbook check "
        self.assertEqual(self.next_after_passing("ex02"), f"{ahead}ex03")
        self.assertEqual(self.next_after_passing("ex03"), f"{ahead}ex04")
        self.assertEqual(self.next_after_passing("ex04"), f"{ahead}ex01")
        self.assertEqual(self.next_after_passing("ex01"), "The core of every exercise is done.")

    def test_there_is_no_stretch_where_there_is_none(self):
        both = [outcome(1, PASSED), outcome(1, PASSED, stretch=True)]
        self.assertIn("Everything holds, stretch included.\n", board.verdict(self.exercise, both))

    def check(self, checker, **environment):
        """`check ex01` with this program for a checker."""
        book = json.loads(self.read("build/workbook.json"))
        book["exercises"][0]["student_checker"] = str(self.script("checker", checker))
        self.write("build/workbook.json", json.dumps(book))
        with unittest.mock.patch("tool.student.checking.build_target"):
            with unittest.mock.patch.dict(os.environ, {"WORKBOOK_SCHEDULES": "", **environment}):
                with contextlib.redirect_stderr(io.StringIO()) as self.noted:
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        self.status = check.check(self.root, "ex01")
        return out.getvalue()

    def test_a_checker_that_ends_before_its_main_has_no_verdict(self):
        self.write("exercises/ex01_count/count.cpp", "int twice = (exit(0), 0);")
        with self.assertRaisesRegex(WorkbookError, "lists no case"):
            self.check("exit 0")
        with self.assertRaisesRegex(WorkbookError, "gone: c"):
            self.check("echo a; echo b; echo d")
        self.assertEqual(state.read(self.root), {})

    def test_a_checker_that_lists_its_cases_is_believed(self):
        self.write("exercises/ex01_count/count.cpp", "begun")
        text = self.check(GOOD)
        self.assertIn("2 of 2 core promises hold, 1 of 1 stretch", text)
        self.assertRegex(self.row(), "done$")

    def test_a_machine_that_lacks_something_has_a_status_of_its_own(self):
        self.write("exercises/ex01_count/count.cpp", "begun")
        for status, expected in ((1, 1), (4, 3)):
            self.check(f"{GOOD}; [ $1 != b ] || {{ echo why; exit {status}; }}")
            self.assertEqual(self.status, expected)

    def test_few_schedules_are_not_recorded(self):
        self.write("exercises/ex01_count/count.cpp", "begun")
        self.assertIn("2 of 2 core", self.check(GOOD, WORKBOOK_SCHEDULES="10"))
        self.assertIn("not recorded: WORKBOOK_SCHEDULES is less than 2000\n", self.noted.getvalue())
        self.assertEqual(state.read(self.root), {})
        self.check(GOOD, WORKBOOK_SCHEDULES="2000")
        self.assertRegex(self.row(), "done$")

    def test_a_verdict_that_cannot_be_recorded_is_told(self):
        self.write("exercises/ex01_count/count.cpp", "begun")
        with unittest.mock.patch("tool.judging.state.write_atomically", side_effect=PermissionError(13, "no")):
            self.assertIn("2 of 2 core promises hold", self.check(GOOD))
        self.assertIn("not recorded: [Errno 13] no\n", self.noted.getvalue())

    def test_settings_that_nobody_understands(self):
        for name, value in (
            ("WORKBOOK_SCHEDULES", "many"),
            ("WORKBOOK_SCHEDULES", "0"),
            ("WORKBOOK_SCHEDULES", "9" * 20),
            ("WORKBOOK_SEED", "-1"),
            ("WORKBOOK_EXPLORE_SECONDS", "1s\n"),
            ("WORKBOOK_PROOF", "0"),
            ("WORKBOOK_PROOF", "100000"),
            ("WORKBOOK_REPLAY", "1:0:"),
        ):
            with self.subTest(name, value=value):
                with self.assertRaisesRegex(WorkbookError, f"unset {name}") as raised:
                    self.check(GOOD, **{name: value})
                self.assertEqual(raised.exception.status, 2)
                self.assertNotIn("\n", str(raised.exception))
        self.check(GOOD, WORKBOOK_SCHEDULES="", WORKBOOK_SEED="", WORKBOOK_REPLAY="")

    def test_notes_are_no_edit(self):
        self.write("exercises/ex01_count/NOTES.md", "my answers")
        self.assertRegex(self.row(), r"not started$")

    def test_reset_forgets_the_verdicts_and_keeps_the_hints(self):
        said(hint.hint, self.root, "ex01", False)
        self.write("exercises/ex01_count/count.cpp", "mine")
        self.write("exercises/ex01_count/more.cpp", "mine, too")
        self.record(a=PASSED, b=PASSED, c=PASSED)
        text = said(reset.reset, self.root, "ex01")
        self.assertIn("put back: exercises/ex01_count/count.cpp\n", text)
        self.assertIn("removed: exercises/ex01_count/more.cpp\n", text)
        self.assertIn("Your files are kept in .workbook/backup/ex01-", text)
        self.assertRegex(self.row(), r"0/2 +0/1 +not started$")
        self.assertEqual(state.read(self.root)["ex01_count"], {"hints": 1})

    def test_a_twin_that_is_gone_is_told_with_its_cure(self):
        (self.exercise.stub / "twin.py").unlink()
        with self.assertRaisesRegex(WorkbookError, "git checkout -- exercises/ex01_count/twin.py"):
            run.run(self.root, "ex01", "python", [])

    def test_diff_waits_for_the_core(self):
        with self.assertRaisesRegex(WorkbookError, "--peek"):
            diff.diff(self.root, "ex01", False)
        self.assertIn("+int twice(int n)", said(diff.diff, self.root, "ex01", True))
        self.write("exercises/ex01_count/count.cpp", "mine")
        self.record(a=PASSED, b=PASSED)
        self.assertIn("+int twice(int n)", said(diff.diff, self.root, "ex01", False))

    def test_a_damaged_folder_is_told_with_its_cure(self):
        whole = self.read("build/workbook.json")
        for damaged in (whole[:100], "[]", "7", '{"exercises": [1]}', '{"exercises": [{"name": "a"}]}'):
            self.write("build/workbook.json", damaged)
            for action in (board_list.show, lambda root: check.check(root, None)):
                with self.assertRaisesRegex(WorkbookError, "damaged: .*rm -r build") as raised:
                    action(self.root)
                self.assertNotIn("\n", str(raised.exception))

    def test_no_name_is_not_an_empty_one(self):
        with self.assertRaisesRegex(WorkbookError, "there is no exercise ''"):
            check.check(self.root, "")

    def test_a_folder_that_lacks_an_exercise_is_configured_again(self):
        ran = []
        with unittest.mock.patch("tool.building.build_folder.run_logged", lambda *words: ran.append(words) or 0):
            configure(self.root)
            self.assertEqual(ran, [])
            self.change("CMakeLists.txt", "(ex01_count)", "(ex01_count)\nworkbook_exercise(ex02_new)")
            with contextlib.redirect_stderr(io.StringIO()):
                configure(self.root)
        self.assertEqual(ran[0][0], ["cmake", "--preset", "student"])

    def test_an_exercise_newer_than_the_folder(self):
        self.change("CMakeLists.txt", "(ex01_count)", "(ex01_count)\nworkbook_exercise(ex02_new)")
        self.assertIn("ex02_new    not built yet", board.board(self.root))


if __name__ == "__main__":
    unittest.main()
