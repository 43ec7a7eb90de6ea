#!/usr/bin/env python3
# test_checker.py CHECKER: the checkers' main and the supervisor, seen from outside. CHECKER is built
# from cases.cpp beside this.
#
# SPDX-License-Identifier: MIT
import json
import os
import re
import resource
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

CASES = "tests/checker/cases.cpp"
LIMIT = 60  # seconds, for what takes less than one


def run(*words, within=(), before=None, **environment):
    done = subprocess.run(
        [*within, CHECKER, *words],
        env={**os.environ, **environment},
        preexec_fn=before,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stdout


def line(text, after="", file="cases.cpp"):
    """The number of that file's line with this text; the first one after that with the other."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), file), encoding="utf-8") as source:
        lines = source.read().splitlines()
    begin = next((i for i, one in enumerate(lines) if after in one), 0)
    return next(i for i, one in enumerate(lines[begin:], begin + 1) if text in one)


def unbroken(text):
    """As one line: it may be broken anywhere between words."""
    return " ".join(text.split())


class Linking(unittest.TestCase):
    def test_what_is_not_instrumented_comes_after_test_and_answer(self):
        """Of two copies of an inline function the linker takes the first."""
        build = os.path.dirname(os.path.dirname(CHECKER))
        for target in ("ref02", "ex02_checker"):
            words = ["ninja", "-C", build, "-t", "commands", target]
            link = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            order = [word for word in link.splitlines()[-1].split() if word.endswith((".o", ".a"))]
            judged = [i for i, word in enumerate(order) if "ex02_dummy_pool" in word]
            others = [i for i, word in enumerate(order) if "explorer_runtime" in word or ".a" in word]
            self.assertGreater(len(judged), 2)
            self.assertGreater(len(others), 2)
            self.assertLess(max(judged), min(others))

    def test_every_linker_that_is_here_links_a_checker(self):
        """Some look at an archive once, in its turn."""
        build = os.path.dirname(os.path.dirname(CHECKER))
        words = ["ninja", "-C", build, "-t", "commands", "ref01"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        link = [word for word in shlex.split(said.splitlines()[-1])[2:-2] if "fuse-ld" not in word]
        at = link.index("-o") + 1
        for linker in ("bfd", "gold", "lld", "mold"):
            if not shutil.which(f"ld.{linker}"):
                continue
            with self.subTest(linker), tempfile.TemporaryDirectory() as folder:
                link[at] = os.path.join(folder, "checker")
                command = [*link, f"-fuse-ld={linker}"]
                linked = subprocess.run(
                    command, cwd=build, capture_output=True, text=True, timeout=LIMIT, check=False
                )
                self.assertEqual(linked.returncode, 0, linked.stderr)
                listed = subprocess.run([link[at], "--list"], capture_output=True, check=False)
                self.assertIn(b"0 and 1 and negative numbers are not prime\n", listed.stdout)


class Statuses(unittest.TestCase):
    """A global object whose destructor calls _exit(0) is in every process here."""

    def test_a_pass(self):
        self.assertEqual(run("holds"), (0, ""))

    def test_a_broken_promise(self):
        status, output = run("does not hold")
        self.assertEqual(status, 1)
        self.assertIn("Broken promise: does not hold\n  REQUIRE( 1 + 1 == 3 )\n", output)

    def test_numbers_that_are_none(self):
        for said in ("x", "7x", "-1", "1" * 19):
            status, output = run("holds", WORKBOOK_NUMBERS=said)
            self.assertEqual(status, 2)
            self.assertIn(f"WORKBOOK_NUMBERS is '{said}' and no whole number", output)

    def test_a_promise_longer_than_the_page_breaks_between_words(self):
        output = run("an exception breaks it off", COLUMNS="40")[1]
        self.assertIn("Broken promise: an exception breaks it\noff\n", output)

    def test_how_a_case_ended_breaks_between_words(self):
        for case in ("leaves early", "waits for itself", "uses a null pointer"):
            for line in run(case, COLUMNS="40")[1].splitlines():
                unbreakable = " " not in line.strip()
                self.assertTrue(len(line) <= 40 or unbreakable, f"{case}: {line}")

    def test_a_case_that_leaves_early(self):
        status, output = run("leaves early")
        self.assertEqual(status, 1)
        self.assertIn("ended by itself, with exit status 0, before the case did", output)

    def test_a_case_in_which_every_thread_waits(self):
        status, output = run("waits for itself")
        self.assertEqual(status, 1)
        self.assertIn("Gave up after 8 s in which every thread waited: the case does not end.", output)
        joins, waits = line("other.join();", "waits for itself"), line("never.acquire();")
        for said in (
            f"the case's own thread waits for the end of thread 1\n    at {CASES}:{joins}   other.join();",
            f"Cause: the case's own thread waits for the end of thread 1 (cases.cpp:{joins}); thread 1 ",
            f"(cases.cpp:{waits}): that does not come.",
        ):
            self.assertIn(unbroken(said), unbroken(output))

    def test_somebody_works_or_wakes_up_now_and_then(self):
        for case in ("waits for one who works", "waits for one who wakes up now and then"):
            self.assertEqual(run(case), (0, ""))

    def test_no_such_case(self):
        status, output = run("is not there")
        self.assertEqual(status, 2)
        self.assertIn('no case "is not there"', output)

    def test_the_list_arrives_whole(self):
        status, output = run("--list")
        self.assertEqual(status, 0)
        with open(os.path.join(os.path.dirname(__file__), "cases.cpp"), encoding="utf-8") as file:
            written = file.read()
        self.assertEqual(len(output.splitlines()), written.count("\nTEST_CASE("))

    def test_the_checks_of_tests(self):
        self.assertEqual(run("--fails", "does not hold")[0], 0)
        self.assertEqual(run("--fails", "holds")[0], 1)


class Explanations(unittest.TestCase):
    """Of a case that is not explored: where it ended, and one sentence of cause."""

    def says(self, case, *expected):
        status, output = run(case)
        self.assertEqual(status, 1, output)
        for said in expected:
            self.assertIn(unbroken(said), unbroken(output))

    def test_a_lock_that_is_held_already(self):
        place = line("mutex.lock(); // here it hangs")
        self.says(
            "locks what it holds",
            f"at {CASES}:{place}   mutex.lock(); // here it hangs",
            f"Cause: the case's own thread waits to lock a mutex that it has locked itself (cases.cpp:{place}).",
        )

    def test_an_exception_that_leaves_a_thread(self):
        thrown = 'throw std::runtime_error{"boom"}; }};'
        self.says(
            "an exception leaves a thread",
            f"at {CASES}:{line(thrown)}   std::thread other{{[] {{ {thrown}",
            'Cause: nobody catches std::runtime_error "boom", which is thrown there. An exception that '
            "leaves a thread's function ends the program",
        )

    def test_an_exception_that_breaks_the_case_off(self):
        self.says(
            "an exception breaks it off",
            "Broken promise: an exception breaks it off",
            "That exception is std::out_of_range",
            f"at {CASES}:{line('.at(7)')}   static_cast<void>(",
        )

    def test_what_was_made_and_not_thrown_came_from_nowhere(self):
        output = run("is broken off by what was made and not thrown")[1]
        self.assertIn("but an exception came: the second", output)
        self.assertNotIn("That exception is", output)
        self.assertNotIn("the first", output)

    def test_a_type_of_the_cases_own(self):
        self.says("throws what it declares itself", 'That exception is own_error "mine", thrown')

    def test_the_line_of_the_case_that_asked(self):
        self.says(
            "breaks off in a call of the answer's",
            "answers/checker/answer.cpp:",
            f"called by the case at {CASES}:{line('// asked here')}   answer::throws();",
        )

    def test_an_exception_that_the_case_did_not_expect(self):
        """It is no advice to catch it: what it speaks of is what went wrong."""
        for case, cause in (
            (
                "breaks off in a call of the answer's",
                'std::system_error "cannot throw: Bad file descriptor" comes out of your code (answer.cpp:NN), and '
                "the case expects no such exception: what it used was closed already,",
            ),
            (
                "joins itself in a call of the answer's",
                "(answer.cpp:NN), and the case expects no such exception: a thread waits there for its own end.",
            ),
        ):
            with self.subTest(case):
                status, output = run(case)
                self.assertEqual(status, 1, output)
                said = re.sub(r"(answer.cpp):\d+", r"\1:NN", unbroken(output).partition("Cause: ")[2])
                self.assertIn(cause, said, output)
                self.assertNotIn("nobody but the case", said)

    def test_greenlets_that_wait(self):
        self.says("waits for one that has ended", "Cause: main waits for greenlet #1, which has ended:")
        self.says("waits for what does not come", "Cause: greenlet #1 waits, and nobody is left who could")

    def test_what_was_left_open(self):
        opened = f"which is still open, was opened at {CASES}:{line('// here it is opened')} "
        self.says("leaves a descriptor open", "; still open: ", " (a socket).", opened)

    def test_a_value_that_is_no_text(self):
        self.says("prints what is no text", 'but it was: "\u00e4 \\x86\\xc3" == ""')

    def test_errors_are_told_in_words(self):
        self.says("wants an error where there is none", "but it was: no error == Message too long (")
        self.says("wants another error", "but it was: Connection refused (system:111) == ", " (iostream:1)")

    def test_one_who_is_accepted_and_gets_no_reply(self):
        status, output = run("drops whom it has accepted", WORKBOOK_SCHEDULES="2000")
        self.assertEqual(status, 1, output)
        self.assertRegex(
            unbroken(output),
            r"Cause: T1 accepts a connection \(answer.cpp:\d+\), reads stopping = true "
            r"\(answer.cpp:\d+\) and closes it \(answer.cpp:\d+\) without having sent anything",
        )
        self.assertRegex(output, r"> +accept4\(\d+\) = \d+ +answer.cpp:\d+ +while \(auto client")

    def test_a_thread_that_is_not_joined(self):
        self.says(
            "destroys a thread that runs",
            f"at {CASES}:{line('} // here it is destroyed')}   }} // here",
            "Cause: a std::thread that was neither joined nor detached is destroyed or replaced there.",
        )

    def test_the_last_of_many_exceptions(self):
        self.says(
            "throws often and at last to nobody",
            'Cause: nobody catches std::runtime_error "the last one", which is thrown there.',
        )

    def test_a_word_that_looks_like_a_thread(self):
        case = "waits for a word that has a thread's number"
        place = line("word.wait(word); // here it hangs for ever")
        self.says(case, "Cause: the case's own thread waits for ", f"(cases.cpp:{place}): that does not come")
        self.assertNotIn("waits for the end of", run(case)[1])

    def test_signals(self):
        self.says(
            "uses a null pointer",
            f"ended by signal 11 (Segmentation fault).\n    at {CASES}:{line('// here it falls')}   *nowhere",
            "Cause: a null pointer is used there: something in that line is empty.",
        )
        self.says(
            "writes where nobody reads",
            f"at {CASES}:{line('// here it is told')}   REQUIRE(write",
            "Cause: it writes to a connection or pipe whose other end is closed.",
        )

    def test_a_call_without_end(self):
        place = line("// round and round")
        self.says(
            "calls itself for ever",
            f"at {CASES}:{place}   static int call()",
            "Cause: it calls itself again and again, until no stack is left.",
        )

    def test_a_wait_that_a_change_does_not_end(self):
        place = line("// here it waits")
        self.says(
            "joins one who waits for a descriptor",
            f"thread 1 waits until something comes on a descriptor (cases.cpp:{place}): nothing comes "
            "there. If it is to be ended from outside, a changed variable is not enough",
        )

    def test_an_exception_that_comes_again_and_again(self):
        status, output = run("goes on in vain")
        self.assertEqual(status, 1, output)
        self.assertRegex(
            unbroken(output),
            r'it goes on and on; meanwhile std::system_error "cannot send: Broken pipe" has been '
            r"thrown there [0-9]{3,} times \(answer.cpp:[0-9]+\): the other end of that connection",
        )

    def test_a_descriptor_that_is_closed(self):
        self.says("sends where all is closed", 'Bad file descriptor"', "was closed already, moved away")

    def test_the_function_that_was_asked(self):
        place = line("int twice(int number)", file="answer.cpp")
        for case in ("asks a function of the answer's", "tells what a function of the answer's made"):
            self.says(case, f"your twice(): build-instructor/answers/checker/answer.cpp:{place}   int twice(int number)")

    def test_what_is_said_again_and_again(self):
        status, output = run("says the same again and again")
        self.assertEqual(status, 1)
        self.assertIn("no\n  (and 999 more such lines)\nBroken promise: ", output)
        self.assertIn('  but it was: "1\\n2\\n\\0" == "1\\n3\\n"\n', output)

    def test_a_value_of_many_lines(self):
        status, output = run("compares long lists")
        self.assertEqual(status, 1)
        self.assertNotIn("more such lines", output)
        wanted = ", ".join(60 * [r'"<1>\n"'])
        self.assertIn(f"== {{ {wanted} }}\n", re.sub(r"\n {6,}", " ", output))
        self.assertIn("\n  where that came of <1>\\n, which was asked for\n", output)

    def test_a_value_that_cannot_be_told(self):
        status, output = run("compares what cannot be told")
        self.assertEqual(status, 1)
        self.assertIn("  REQUIRE( numbers.begin() == numbers.end() )\n  cases.cpp:", output.replace("tests/checker/", ""))

    def test_what_was_said_on_stderr_and_kept(self):
        self.says("keeps what is said", "on stderr it said: a word")

    def test_a_lot_that_was_said_on_stderr_is_shortened(self):
        self.says("keeps a lot of what is said", r"said: 0\n1\n2\n3\n4\n(and 995 more lines)")

    def test_a_case_that_gives_up(self):
        self.says("gives up", "  nothing comes\n", "thread 1 waits to be notified", "never.wait(); }};")


class TurnedRound(unittest.TestCase):
    """workbook_supervisor, which turns one of a case's expectations round."""

    def judged(self, case, assertions, seed="", **environment):
        supervisor = os.path.join(os.path.dirname(CHECKER), "workbook_supervisor")
        done = subprocess.run(
            [supervisor, CHECKER, case, str(assertions)],
            env={**os.environ, **environment},
            input=seed.encode(),
            stdout=subprocess.PIPE,
            timeout=LIMIT,
            check=True,
        )
        verdict, _, text = done.stdout.partition(b"\n")
        return verdict.decode(), text.decode()

    def test_a_right_answer_passes_whichever_it_is(self):
        for _ in range(20):
            self.assertEqual(self.judged("holds three times", 3), ("passed 4 3", ""))

    def test_numbers_come_from_the_seed(self):
        case = "draws two numbers"
        self.assertEqual(self.judged(case, 1), ("passed 1 1", "1 2\n"))
        self.assertEqual(self.judged(case, 1, WORKBOOK_NUMBERS="7"), ("passed 1 1", "1 2\n"))
        drawn = self.judged(case, 1, "7")
        first, second = map(int, drawn[1].split())
        self.assertTrue(1_000 <= first != second >= 1_000)
        for assertions in (0, 1):
            self.assertEqual(self.judged(case, assertions, "7")[1], drawn[1])
        self.assertNotEqual(self.judged(case, 1, "8")[1], drawn[1])
        self.assertEqual(run("--show", case, WORKBOOK_NUMBERS="7"), (0, drawn[1]))
        self.assertEqual(run("--show", case, WORKBOOK_NUMBERS=""), (0, "1 2\n"))

    def test_the_ends_of_what_may_be_drawn(self):
        for said, shown in (("smallest", "1000 1000\n"), ("largest", "1000000 1000000\n")):
            self.assertEqual(run("--show", "draws two numbers", WORKBOOK_NUMBERS=said), (0, shown))

    def test_an_explored_one(self):
        verdict, text = self.judged("holds under every schedule", 1)
        self.assertEqual(verdict, "passed 1 1")
        self.assertIn("passed: ", text)

    def test_a_wrong_answer_has_the_report_of_one(self):
        for _ in range(20):
            verdict, text = self.judged("breaks the second of three", 3)
            self.assertRegex(verdict, "^failed ")
            self.assertEqual(text.count("Broken promise"), 1)
            self.assertIn("REQUIRE( 1 + 1 == 3 )", text)

    def judged_in_turn(self, case):
        with tempfile.TemporaryDirectory() as folder:
            return self.judged(case, 1, RUNS=os.path.join(folder, "runs"))

    def test_what_holds_in_any_case_is_forged(self):
        verdict, text = self.judged_in_turn("holds every second time")
        self.assertEqual(verdict, "forged 1 1")
        self.assertIn("holds as it is and turned round", text)

    def test_what_breaks_now_and_then_is_no_forgery(self):
        verdict, text = self.judged_in_turn("holds from the second time on")
        self.assertEqual(verdict, "failed 1 1")
        self.assertIn("broke this promise in one run and kept it in the next", text)

    def test_a_message_from_elsewhere_is_forged(self):
        for assertions in (0, 3):
            verdict, text = self.judged("tells its own tale", assertions)
            self.assertRegex(verdict, "^forged ")
            self.assertIn("A message came from elsewhere than the tests.", text)

    def test_who_is_ended_while_it_asserts_is_no_forger(self):
        for _ in range(20):
            verdict, text = self.judged("reaches a TODO while it asserts", 1000)
            self.assertRegex(verdict, "^todo ")
            self.assertIn("TODO ex01: end", text)

    def test_assertions_in_another_thread(self):
        for _ in range(20):
            self.assertEqual(self.judged("asserts in another thread", 2), ("passed 4 2", ""))
        verdict, text = self.judged("asserts in another thread", 2, FAIL="1")
        self.assertEqual(verdict, "failed 4 2")
        self.assertIn('CHECK( std::getenv("FAIL") == nullptr )', text)

    def test_fewer_assertions_than_expected_are_counted(self):
        self.assertEqual(self.judged("holds", 1000)[0], "passed 1 1")

    def test_a_system_that_does_not_tell_where_a_process_waits(self):
        """As it does not of a program that its user cannot read."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            program = shutil.copy(CHECKER, folder)
            os.chmod(program, 0o111)
            supervisor = os.path.join(os.path.dirname(CHECKER), "workbook_supervisor")
            words = [shutil.copy(supervisor, folder), program, "holds", "1"]
            other = {"user": 65534} if os.geteuid() == 0 else {}
            said = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, **other
            ).stdout
        self.assertRegex(said, "^cannot-judge 0 0\nCannot judge: this system does not tell where ")

    def test_zero_bytes_cut_nothing(self):
        self.assertEqual(self.judged("prints a zero byte", 0), ("passed 1 1", "one\0two\n"))
        self.assertEqual(run("--show", "prints a zero byte"), (0, "one\0two\n"))

    def test_output_without_end_ends_the_case(self):
        verdict, text = self.judged("prints without end", 0)
        self.assertRegex(verdict, "^failed ")
        self.assertIn("Ended: it printed more than 64 MiB.", text)
        self.assertLess(len(text), 300_000)


class Signals(unittest.TestCase):
    """Ended by a signal, the supervisor takes all the case's processes with it."""

    def begin(self, ignored=()):
        def as_in_a_terminal():
            for one in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(one, signal.SIG_IGN if one in ignored else signal.SIG_DFL)

        self.told, tell = os.pipe()
        self.addCleanup(os.close, self.told)
        try:
            self.checker = subprocess.Popen(
                [CHECKER, "never ends"],
                env={**os.environ, "TELL": str(tell)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(tell,),
                preexec_fn=as_in_a_terminal,
            )
        finally:
            os.close(tell)
        self.addCleanup(self.end, self.checker)
        self.assertEqual(self.heard(), b"begun\n")

    def end(self, checker):
        checker.terminate()
        checker.wait(LIMIT)

    def heard(self):
        """What the case tells; nothing once all of its processes have ended."""
        self.assertTrue(select.select([self.told], [], [], LIMIT)[0], "it neither tells nor ends")
        return os.read(self.told, 100)

    def ends_with(self, number):
        self.assertEqual(self.checker.wait(LIMIT), 128 + number)
        self.assertEqual(self.heard(), b"")

    def test_each(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            with self.subTest(number.name):
                self.begin()
                self.checker.send_signal(number)
                self.ends_with(number)

    def test_under_nohup_a_hangup_is_ignored(self):
        self.begin(ignored=(signal.SIGHUP,))
        self.checker.send_signal(signal.SIGHUP)
        self.checker.terminate()
        self.ends_with(signal.SIGTERM)


class ExplorersSettings(unittest.TestCase):
    def test_good_ones(self):
        settings = {"WORKBOOK_SCHEDULES": "10", "WORKBOOK_SEED": "7", "WORKBOOK_EXPLORE_SECONDS": "9"}
        self.assertEqual(run("holds under every schedule", **settings), (0, ""))
        self.assertEqual(run("holds under every schedule", WORKBOOK_SCHEDULES=""), (0, ""))

    def test_malformed_ones_are_no_broken_promise(self):
        for name, value, said in (
            ("WORKBOOK_SCHEDULES", "many", "'many' is not a whole number from 1 up"),
            ("WORKBOOK_SCHEDULES", "0", "'0' is not a whole number from 1 up"),
            ("WORKBOOK_SEED", "7x", "'7x' is not a whole number from 1 up"),
            ("WORKBOOK_EXPLORE_SECONDS", "1s", "'1s' is not a whole number from 1 up"),
            ("WORKBOOK_PROOF", "all", "'all' is not a whole number from 1 up"),
            ("WORKBOOK_REPLAY", "1:0", "'1:0' is not a replay line such as 1:0:0x3.1"),
        ):
            with self.subTest(name, value=value):
                status, output = run("holds under every schedule", **{name: value})
                self.assertEqual((status, output), (4, f"Cannot judge: {name}: {said}\n"))

    def test_the_story_of_the_schedule_that_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "story.json")
            self.assertEqual(run("holds under every schedule", WORKBOOK_STORY=file)[0], 0)
            self.assertFalse(os.path.exists(file))
            self.assertEqual(run("counts without a lock", WORKBOOK_STORY=file)[0], 1)
            with open(file, encoding="utf-8") as told:
                story = json.load(told)
        self.assertEqual((story["version"], story["kind"], story["threads"]), (1, "data race", 2))
        decisive = [step for step in story["steps"] if step["decisive"]]
        accesses = [step for step in decisive if step.get("sort") == "memory"]
        self.assertEqual({step["thread"] for step in accesses}, {0, 1})
        for step in accesses:
            self.assertEqual(step["object"], "count")
            self.assertEqual(step["source"].count("++count"), 1)
            self.assertTrue(step["file"].endswith("tests/checker/cases.cpp") and step["line"] > 1, step)

    def test_cases_that_are_not_explored_do_without(self):
        self.assertEqual(run("holds", WORKBOOK_SCHEDULES="many"), (0, ""))


class Lacking(unittest.TestCase):
    """What the machine has not got is no broken promise."""

    def test_with_all_that_is_needed(self):
        for case in ("talks to itself", "opens many files", "starts many threads", "takes much memory"):
            self.assertEqual(run(case), (0, ""))

    def cannot_judge(self, pattern, *words, **how):
        status, output = run(*words, **how)
        self.assertEqual(status, 4, output)
        self.assertRegex(output, f"^Cannot judge: {pattern}.*\n$")

    def test_no_network(self):
        ways = (["unshare", "-n"], ["unshare", "-rn"])
        way = next((one for one in ways if shutil.which("unshare") and starts([*one, "true"])), None)
        if way is None:
            self.skipTest("no process can be had without a network here")
        self.cannot_judge("the loopback network .*: as root,  ip link set lo up", "talks to itself", within=way)

    def test_few_descriptors(self):
        few = at_most(resource.RLIMIT_NOFILE, 256)
        self.cannot_judge("300 descriptors are needed, .* 256 here: .*ulimit -Hn", "opens many files", before=few)

    def test_hardly_a_descriptor(self):
        for number in (4, 7, 64):
            few = at_most(resource.RLIMIT_NOFILE, number)
            self.cannot_judge(f"256 descriptors are needed, .* {number} here", "talks to itself", before=few)

    def test_few_threads(self):
        self.cannot_judge("(480 threads are needed, .*ulimit -u|fork: )", "starts many threads", before=few_threads)


    def test_little_memory(self):
        little = at_most(resource.RLIMIT_AS, 400 << 20)
        self.cannot_judge("1024 MiB of memory are needed, .*ulimit -v", "takes much memory", before=little)

    def test_a_clock_that_stands(self):
        code = "int clock_gettime(int, long* time) { time[0] = 1000; time[1] = 0; return 0; }"
        self.cannot_judge("the system's clock stands still .*", "holds", LD_PRELOAD=self.library(code))

    def test_a_canary_that_stalls(self):
        stalled = self.library(STALLS)
        self.assertEqual(run("holds", LD_PRELOAD=stalled), (0, ""))
        pattern = "the explorer did not come to the case, .* try again"
        self.cannot_judge(pattern, "holds under every schedule", LD_PRELOAD=stalled)

    def library(self, code):
        """One that is there before the system's."""
        compiler = shutil.which("c++") or self.skipTest("no c++ here")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = os.path.join(folder.name, "before.so")
        words = [compiler, "-shared", "-fPIC", "-x", "c++", "-o", file, "-"]
        subprocess.run(words, input=f'extern "C" {{ {code} }}', text=True, check=True)
        return file


# Whoever looks for the explorer's seed does not come back.
STALLS = """
int pause();
extern char** environ;
char* getenv(const char* name)
{
    while (!__builtin_strcmp(name, "WORKBOOK_SEED")) pause();
    const unsigned long size = __builtin_strlen(name);
    for (char** one = environ; *one; ++one)
        if (!__builtin_strncmp(*one, name, size) && (*one)[size] == '=') return *one + size + 1;
    return nullptr;
}
"""


def starts(command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def at_most(what, number):
    return lambda: resource.setrlimit(what, (number, number))


def few_threads():
    """Of a user with no other process, if we may become one."""
    resource.setrlimit(resource.RLIMIT_NPROC, (30, 30) if os.geteuid() == 0 else (1, 1))
    if os.geteuid() == 0:  # whom the limit does not bind
        os.setgid(64_321)
        os.setuid(64_321)


if __name__ == "__main__":
    CHECKER = os.path.abspath(sys.argv.pop(1))
    unittest.main()
