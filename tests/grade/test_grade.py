#!/usr/bin/env python3
# test_grade.py: `grade` on hand-ins to ex01 that cheat, in truth: built, run in the sandbox, judged.
# Ends with status 77 where no sandbox can be made, or the stub is not as handed out.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "tool"))

import court  # noqa: E402
import grade  # noqa: E402
import graded  # noqa: E402
import handin  # noqa: E402
import sandbox  # noqa: E402
from build_folder import folder  # noqa: E402
from judge import FAILED, PASSED, STUCK  # noqa: E402
from layout import WorkbookError, find_exercise  # noqa: E402

SKIPPED = 77
EXERCISE = find_exercise(ROOT, "ex01")
GOOD = {name: text.decode() for name, text in handin.solution(EXERCISE).files.items()}
SOURCE, HEADER = "calc_primes.cpp", "calc_primes.hpp"
# Every number is prime to this one; what it adds shall make the tests believe it.
WRONG = GOOD[SOURCE].replace("return n >= 2;", "return true;")
IS_PRIME = "bool is_prime(int n)\n{\n"
PROMISE = "0 and 1 and negative numbers are not prime"


def with_body(text: str, body: str, headers: str) -> str:
    """is_prime() begins with `body`."""
    includes = "".join(f"#include <{name}>\n" for name in headers.split())
    return includes + text.replace(IS_PRIME, f"{IS_PRIME}    {body}\n")


def before_main(text: str, body: str, headers: str) -> str:
    """`body` runs before the checker's main."""
    includes = "".join(f"#include <{name}>\n" for name in headers.split())
    return f"{includes}{text}\nnamespace {{ struct first {{ first() {{ {body} }} }} now; }}\n"


class HandIns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        cls.addClassCleanup(holder.cleanup)
        place = Path(holder.name) / "place"
        cls.court = court.Court(folder(ROOT, "instructor"), EXERCISE, place)
        cls.cases = cls.court.trials.cases
        cls.user = 0

    def setUp(self):
        self.assertNotEqual(WRONG, GOOD[SOURCE])
        self.assertIn(IS_PRIME, WRONG)
        self.court.trials.cases = self.cases

    def judge_only(self, *sentences: str) -> None:
        """What never ends takes each case's whole time."""
        chosen = [one for one in self.cases if one.sentence in sentences]
        self.assertEqual(len(chosen), len(sentences))
        self.court.trials.cases = chosen

    def graded(self, source: str, header: str = GOOD[HEADER], **more: str) -> graded.Graded:
        type(self).user += 1
        files = {SOURCE: source, HEADER: header, **more}
        one = handin.HandIn("alice", EXERCISE, {name: text.encode() for name, text in files.items()})
        return self.court.grade(one, self.user)

    def verdict_on(self, found: graded.Graded, sentence: str):
        return next(one for one in found.outcomes if one.case.sentence == sentence)

    def test_an_honest_answer(self):
        found = self.graded("// Mine.\n" + GOOD[SOURCE])
        self.assertEqual((found.verdict, found.odd), (graded.CORE, []))
        self.assertTrue(all(one.verdict == PASSED for one in found.outcomes))

    def test_an_honest_mistake(self):
        found = self.graded(WRONG)
        self.assertEqual((found.verdict, found.odd), (graded.NOT_PASSED, []))
        self.assertEqual(self.verdict_on(found, PROMISE).verdict, FAILED)

    def test_a_race_is_found_in_the_sandbox_too(self):
        found = self.graded(GOOD[SOURCE].replace("std::lock_guard lock(mutex);", ""))
        self.assertEqual(found.verdict, graded.NOT_PASSED)
        self.assertTrue(any("exercises/ex01_threads/calc_primes.cpp" in o.output for o in found.outcomes))
        self.assertTrue(any("primes.push_back(n);" in o.output for o in found.outcomes))

    def test_a_compile_error(self):
        found = self.graded(GOOD[SOURCE].replace("return n >= 2;", "return n >= ;"))
        self.assertEqual(found.verdict, graded.DOES_NOT_BUILD)
        self.assertIn("exercises/ex01_threads/calc_primes.cpp:", found.why)

    def refused(self, source: str, **more):
        """It does not pass, and the promise that it breaks is not said to hold."""
        found = self.graded(source, **more)
        self.assertNotEqual(found.verdict, graded.CORE)
        return found

    def test_leaving_with_success_before_main(self):
        found = self.refused(before_main(WRONG, "std::exit(0);", "cstdlib"))
        self.assertTrue(all(one.verdict == FAILED for one in found.outcomes))

    def test_a_forged_record(self):
        body = 'std::cout << "passed 1\\n" << std::flush; std::exit(0);'
        found = self.refused(before_main(WRONG, body, "cstdlib iostream"))
        self.assertTrue(all(one.verdict == FAILED for one in found.outcomes))

    def test_killing_the_supervisor(self):
        found = self.refused(with_body(WRONG, "kill(getppid(), SIGKILL);", "csignal unistd.h"))
        self.assertEqual(self.verdict_on(found, PROMISE).verdict, FAILED)

    def test_writing_the_record_page(self):
        more = "namespace support { struct watch_page; extern watch_page* page; }"
        found = self.graded(f"{WRONG}\n{more}\nvoid* leak() {{ return support::page; }}\n")
        self.assertEqual(found.verdict, graded.LOOK)
        self.assertTrue(any("support::page" in what for what in found.odd), found.odd)

    RECORD = (
        "struct record { char todo[2048]; int taken[32]; char text[32][120];"
        " int seconds, cases, assertions, completed, failed; };"
    )

    def test_writing_the_record_before_main(self):
        body = (
            "static record r; r.seconds = 20; r.cases = 1; r.assertions = 99; r.completed = 1;"
            " if (write(3, &r, sizeof r) == sizeof r) { std::_Exit(0); }"
        )
        found = self.graded(f"{self.RECORD}\n{before_main(WRONG, body, 'cstdlib unistd.h')}")
        self.assertEqual(self.verdict_on(found, PROMISE).verdict, FAILED)
        self.assertNotEqual(found.verdict, graded.CORE)

    def test_finding_the_record_by_the_todo(self):
        self.judge_only(PROMISE)
        body = (
            "if (n < 2) { auto* r = reinterpret_cast<record*>(todo_page); r->cases = 1;"
            " r->assertions = 99; r->completed = 1; std::_Exit(0); }"
        )
        source = with_body(WRONG, body, "given/todo.hpp cstdlib")
        found = self.graded(source.replace("namespace {", f"{self.RECORD}\nnamespace {{", 1))
        self.assertEqual(found.verdict, graded.LOOK)

    def test_macros_of_ones_own_for_the_tests(self):
        self.judge_only(PROMISE)
        header = GOOD[HEADER].replace("#pragma once", "#pragma once\n#include <helper.hpp>")
        helper = "#undef REQUIRE_FALSE\n#define REQUIRE_FALSE(x) REQUIRE(true)\n"
        found = self.graded(WRONG, header, **{"helper.hpp": helper})
        self.assertEqual(found.verdict, graded.LOOK)

    def test_what_only_the_preprocessor_sees(self):
        self.judge_only(PROMISE)
        for text in (
            "#define G gnu\n[[G::no_sanitize_thread]] void quiet();",
            "#define J(a, b) a%:%:b\nvoid nop() { J(as, m)(\"nop\"); }",
            "#if !__has_include(<a/*b>)\nvoid nop() { asm(\"nop\"); }\n#endif // */",
        ):
            found = self.graded(f"{GOOD[SOURCE]}\n{text}\n")
            self.assertEqual((found.verdict, found.why), (graded.LOOK, ""), text)

    def test_honest_habits(self):
        """Nothing of these is odd."""
        self.judge_only(PROMISE)
        more = (
            "#include <cassert>\n#include <chrono>\n#include <map>\n#include <sstream>\n#include <cmath>\n"
            "using namespace std;\nusing namespace std::chrono_literals;\n#define TWICE(x) (2 * (x))\n"
            "string shown(double x)\n{\n    assert(x > 0);\n    ostringstream out;\n"
            "    out << exp2(x) << hypot(x, TWICE(x)) << atoi(\"3\");\n    return out.str();\n}\n"
        )
        found = self.graded(f"\ufeff{GOOD[SOURCE]}\n{more}".replace("\n", "\r\n"))
        self.assertEqual((found.verdict, found.odd), (graded.CORE, []))

    def test_what_lies_about(self):
        """Nothing of the solution, of other files and of the network is within reach."""
        self.judge_only(PROMISE)
        body = (
            'std::system("cat solutions/*/*; cat ../*/*; ls -d /root/* /home/* /etc/passwd;'
            ' ls tests; id -u; touch x; grep -c . /proc/net/route");'
        )
        found = self.graded(with_body(WRONG, body, "cstdlib"))
        said = self.verdict_on(found, PROMISE).output
        self.assertEqual(found.verdict, graded.LOOK)
        self.assertIn("cannot access '/etc/passwd'", said)
        self.assertIn("cannot touch 'x'", said)
        self.assertIn("'solutions/*/*': No such file", said)
        self.assertNotIn("jthread", said)
        self.assertNotIn("wrong_answers", said)

    def test_output_without_end(self):
        self.judge_only(PROMISE)
        found = self.refused(with_body(GOOD[SOURCE], 'for (;;) { std::puts("more"); }', "cstdio"))
        said = self.verdict_on(found, PROMISE)
        self.assertEqual(said.verdict, STUCK)
        self.assertLess(len(said.output), 1 << 20)

    def test_included_from_outside(self):
        for path in (f"{EXERCISE.solution}/{SOURCE}", "/etc/shadow", "/dev/zero"):
            found = self.refused(f'{GOOD[SOURCE]}\n#include "{path}"\n')
            self.assertEqual(found.verdict, graded.DOES_NOT_BUILD, path)

    def test_forks_without_end(self):
        self.judge_only(PROMISE)
        found = self.refused(with_body(GOOD[SOURCE], "for (;;) { fork(); }", "unistd.h"))
        self.assertNotEqual(self.verdict_on(found, PROMISE).verdict, PASSED)

    def test_memory_without_end(self):
        self.judge_only(PROMISE)
        body = "for (;;) { std::memset(std::malloc(1 << 26), 1, 1 << 26); }"
        found = self.refused(with_body(GOOD[SOURCE], body, "cstdlib cstring"))
        self.assertIn(self.verdict_on(found, PROMISE).verdict, (FAILED, STUCK))


if __name__ == "__main__":
    why = sandbox.problem()
    try:
        grade.refuse_edited(EXERCISE)
    except WorkbookError as error:
        why = str(error)
    if why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
