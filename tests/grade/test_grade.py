#!/usr/bin/env python3
# test_grade.py: `grade` on hand-ins to ex01 that cheat, in truth: built, run in the sandbox, judged.
# Ends with status 77 where no sandbox can be made, or the stub is not as handed out.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import cheats  # noqa: E402
import honest  # noqa: E402
import possible  # noqa: E402
from tool.building import bounded  # noqa: E402
from tool.building.build_folder import folder  # noqa: E402
from tool.course import answers, pristine  # noqa: E402
from tool.course.layout import find_exercise  # noqa: E402
from tool.instructor import court, graded, handin  # noqa: E402
from tool.judging.judge import FAILED, PASSED, STUCK  # noqa: E402

SEED = int(os.environ.get("WORKBOOK_NUMBERS") or 20_261_130)  # of the tests' numbers
EXERCISE = find_exercise(ROOT, "ex01")
GOOD = {name: text.decode() for name, text in handin.solution(EXERCISE).files.items()}
SOURCE, HEADER = "calc_primes.cpp", "calc_primes.hpp"
# Every number is prime to this one; what it adds shall make the tests believe it.
WRONG = GOOD[SOURCE].replace("return n >= 2;", "return true;")
IS_PRIME = "bool is_prime(int n)\n{\n"
PROMISE = "0 and 1 and negative numbers are not prime"


# What is said of a compilation that comes to a limit: of time, of memory, of a file's size.
OF_A_LIMIT = "Gave up: |Ended: it |out of memory allocating|File size limit exceeded"
STUB = {name: text.decode() for name, text in pristine.shipped_code(EXERCISE).items()}
LOCK = "std::lock_guard lock(mutex);"
SHARED = "the shared result is guarded under every schedule"


def with_body(text: str, body: str, headers: str) -> str:
    """is_prime() begins with `body`."""
    includes = "".join(f"#include <{name}>\n" for name in headers.split())
    return includes + text.replace(IS_PRIME, f"{IS_PRIME}    {body}\n")


class HandIns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        cls.addClassCleanup(holder.cleanup)
        cls.place = Path(holder.name) / "place"
        cls.court = court.Court(folder(ROOT, "instructor"), EXERCISE, cls.place, SEED)
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

    def test_what_honest_people_write_beside_it(self):
        texts = {name: f"{GOOD[SOURCE]}\n{code}" for name, code in honest.BESIDE.items()}
        texts.update({name: change(GOOD[SOURCE]) for name, change in honest.WRITTEN.items()})
        for name, text in texts.items():
            with self.subTest(name):
                self.assertNotEqual(text, GOOD[SOURCE])
                self.judge_only(PROMISE, SHARED)
                found = self.graded(text)
                self.assertEqual((found.verdict, found.odd, found.why), (graded.CORE, [], ""))

    def test_a_file_more(self):
        more = {"more.hpp": "#pragma once\nint four();\n", "more.cpp": '#include "more.hpp"\nint four()\n'}
        more["more.cpp"] += "{\n    return 4;\n}\n"
        self.judge_only(PROMISE)
        found = self.graded('#include "more.hpp"\n' + GOOD[SOURCE], **more)
        self.assertEqual((found.verdict, found.odd, found.why), (graded.CORE, [], ""))

    def test_headers_of_ones_own(self):
        more = {"trace.h": "#define TRACE(x)\n", "util/twice.hpp": '#include "../trace.h"\nint twice(int);\n'}
        self.judge_only(PROMISE)
        found = self.graded('#include "trace.h"\n#include "util/twice.hpp"\n' + GOOD[SOURCE], **more)
        self.assertEqual((found.verdict, found.odd, found.why), (graded.CORE, [], ""))
        more["util/twice.hpp"] = 'inline void nothing() { asm("nop"); }\n'
        found = self.graded('#include "util/twice.hpp"\n' + GOOD[SOURCE], **more)
        self.assertEqual(found.verdict, graded.LOOK)

    def test_the_courses_right_and_half_filled_answers(self):
        problems: list[str] = []
        for one in answers.answers_of(EXERCISE, problems):
            if not one.check.startswith(("good", "half")):
                continue
            with self.subTest(one.check):
                self.court.trials.cases = self.cases
                type(self).user += 1
                found = self.court.grade(handin.HandIn("alice", EXERCISE, one.files), self.user)
                expected = graded.CORE if one.check.startswith("good") else graded.NOT_PASSED
                self.assertEqual((found.verdict, found.odd, found.why), (expected, [], ""))
        self.assertEqual(problems, [])

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

    def test_before_main(self):
        for name, (code, headers) in cheats.BEFORE_WRONG.items():
            with self.subTest(name):
                self.judge_only(PROMISE)
                found = self.refused(cheats.hidden(code, headers) + WRONG)
                self.assertEqual(self.verdict_on(found, PROMISE).verdict, FAILED)

    def test_a_forged_page_for_an_untouched_stub(self):
        code = cheats.hidden(cheats.FORGED_PAGE, "cstdint fcntl.h unistd.h")
        found = self.graded(code + STUB[SOURCE], STUB[HEADER])
        self.assertFalse(any(one.verdict == PASSED for one in found.outcomes))
        self.assertEqual(found.verdict, graded.LOOK)

    def test_in_the_function_that_is_judged(self):
        for name, (code, headers) in cheats.IN_IS_PRIME.items():
            with self.subTest(name):
                self.judge_only(PROMISE)
                found = self.refused(with_body(WRONG, code, headers))
                # WRONG does not pass in any case: what matters is that this is seen.
                seen = graded.NOT_PASSED if name in cheats.HONEST_CALLS else graded.LOOK
                self.assertEqual(found.verdict, seen, found.odd)

    def test_beside_the_function(self):
        for name, code in cheats.AFTER_WRONG.items():
            with self.subTest(name):
                self.judge_only(PROMISE)
                found = self.refused(f"{WRONG}\n{code}\n")
                self.assertIn(found.verdict, (graded.LOOK, graded.DOES_NOT_BUILD))

    def test_a_lock_for_the_judge_alone(self):
        self.assertIn(LOCK, GOOD[SOURCE])
        for name, code in cheats.LOCKS_ONLY_WHEN_JUDGED.items():
            with self.subTest(name):
                self.judge_only(SHARED)
                found = self.refused(GOOD[SOURCE].replace(LOCK, f"\n{code.format(LOCK)}\n"))
                self.assertEqual(found.why, "")
                if self.verdict_on(found, SHARED).verdict == PASSED:
                    self.assertEqual(found.verdict, graded.LOOK)

    def test_what_the_explorer_would_not_see(self):
        self.judge_only(PROMISE)
        for name, code in cheats.UNSEEN.items():
            with self.subTest(name):
                found = self.graded(f"{GOOD[SOURCE]}\n{code}\n")
                self.assertEqual((found.verdict, found.why), (graded.LOOK, ""))

    def test_bombs(self):
        self.judge_only(PROMISE)
        for name, code in cheats.BOMBS.items():
            with self.subTest(name):
                began = time.monotonic()
                found = self.refused(with_body(GOOD[SOURCE], code, cheats.BODIES))
                verdict = self.verdict_on(found, PROMISE)
                self.assertIn(verdict.verdict, (FAILED, STUCK))
                self.assertLess(len(verdict.output), 1 << 20)
                print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)

    def test_what_takes_for_ever_to_compile(self):
        bomb = cheats.SLOW_TO_COMPILE
        for source, header in ((bomb + GOOD[SOURCE], GOOD[HEADER]), (GOOD[SOURCE], GOOD[HEADER] + bomb)):
            began = time.monotonic()
            found = self.graded(source, header)
            self.assertEqual(found.verdict, graded.DOES_NOT_BUILD)
            self.assertIn("takes far longer than the solution", found.why)
            print(f"to compile: {time.monotonic() - began:.0f} s", flush=True)

    def test_bombs_in_a_header(self):
        """Included by the answer, by the tests, or by both: none gets beyond a limit, nothing is left."""
        self.judge_only(PROMISE)
        for name, bomb in cheats.COMPILATION_BOMBS.items():
            for included in ("by the answer", "by the interface"):
                with self.subTest(name, included=included):
                    include = '#include "bomb.hpp"\n'
                    source, header = GOOD[SOURCE], GOOD[HEADER].replace("#pragma once", f"#pragma once\n{include}")
                    if included == "by the answer":
                        source, header = include + GOOD[SOURCE], GOOD[HEADER]
                    began = time.monotonic()
                    found = self.graded(source, header, **{"bomb.hpp": bomb})
                    took = time.monotonic() - began
                    print(f"{name}, {included}: {took:.0f} s: {found.why.strip()[:200]}", flush=True)
                    self.assertEqual(found.verdict, graded.DOES_NOT_BUILD)
                    self.assertRegex(found.why, OF_A_LIMIT)
                    self.assertEqual(bounded.children(), [])

    def test_what_waits_or_has_many_parts_to_compile(self):
        many = {f"part{i}.cpp": cheats.SLOW_TO_COMPILE.replace("more", f"more{i}") for i in range(30)}
        for source, more in ((cheats.WAITS_TO_COMPILE + GOOD[SOURCE], {}), (GOOD[SOURCE], many)):
            began = time.monotonic()
            found = self.graded(source, **more)
            self.assertEqual(found.verdict, graded.DOES_NOT_BUILD)
            self.assertIn("Gave up: ", found.why)
            print(f"to compile: {time.monotonic() - began:.0f} s", flush=True)

    def test_the_usual_numbers_by_heart(self):
        begin, end = (GOOD[SOURCE].index(text) for text in ("bool is_prime(", "std::vector<int> calc_primes("))
        text = GOOD[SOURCE][:begin] + cheats.BY_HEART + "\n" + GOOD[SOURCE][end:]
        found = self.graded(text)
        self.assertEqual((found.verdict, found.odd), (graded.NOT_PASSED, []))
        usual = court.Court(folder(ROOT, "instructor"), EXERCISE, self.place, 0)
        files = {SOURCE: text.encode(), HEADER: GOOD[HEADER].encode()}
        found = usual.grade(handin.HandIn("alice", EXERCISE, files), 1)
        self.assertEqual((found.verdict, found.odd), (graded.CORE, []))

    def test_macros_of_ones_own_for_the_tests(self):
        self.judge_only(PROMISE)
        header = GOOD[HEADER].replace("#pragma once", "#pragma once\n#include <helper.hpp>")
        helper = "#undef REQUIRE_FALSE\n#define REQUIRE_FALSE(x) REQUIRE(true)\n"
        found = self.graded(WRONG, header, **{"helper.hpp": helper})
        self.assertEqual(found.verdict, graded.LOOK)

    def test_headers_in_the_place_of_what_the_tests_include(self):
        """They lie in the answer's folder, where the compiler looks first."""
        self.judge_only(PROMISE)
        for name, code in cheats.HEADERS_FOR_THE_TESTS.items():
            for header in (f"// Mine.\n{GOOD[HEADER]}", GOOD[HEADER]):
                with self.subTest(name, header=header[:8]):
                    found = self.graded(f'#include "{name}"\n{WRONG}', header, **{name: code})
                    self.assertEqual(found.why, "")
                    if self.verdict_on(found, PROMISE).verdict == PASSED:
                        self.assertEqual(found.verdict, graded.LOOK)
                    if header != GOOD[HEADER]:  # else the tests are those that were built before
                        self.assertIn(f"#include of {name}, which the tests see", " ".join(found.odd))

    def test_honest_habits(self):
        """Nothing of these is odd."""
        self.judge_only(PROMISE)
        more = (
            "#include <cassert>\n#include <chrono>\n#include <cstdlib>\n#include <fstream>\n#include <iostream>\n"
            "#include <cstdio>\n#include <map>\n#include <sstream>\n#include <cmath>\n"
            "using namespace std;\nusing namespace std::chrono_literals;\n#define TWICE(x) (2 * (x))\n"
            "[[gnu::noinline]] int add(int a, int b)\n{\n    return a + b;\n}\n"
            "namespace support\n{\nint lines = add(1, 2);\n}\n"
            "void trace()\n{\n    if (const char* to = std::getenv(\"TRACE\")) {\n"
            "        std::ofstream(to) << support::lines;\n    }\n"
            "    std::cerr << \"here\";\n    std::fprintf(stderr, \"here\");\n}\n"
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

    def test_included_from_outside(self):
        for path in (f"{EXERCISE.solution}/{SOURCE}", "/etc/shadow", "/dev/zero"):
            found = self.refused(f'{GOOD[SOURCE]}\n#include "{path}"\n')
            self.assertEqual(found.verdict, graded.DOES_NOT_BUILD, path)


if __name__ == "__main__":
    possible.skip_if_not(EXERCISE)
    unittest.main(verbosity=2)
