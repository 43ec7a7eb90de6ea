#!/usr/bin/env python3
# test_judged.py: what verify need not run again.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import shutil
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool.author import verify
from tool.judging import judged
from tool.judging.judged import Check, Fingerprints


class WhatAVerdictDependsOn(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.program = self.root / "build-instructor/bin/ref01"
        self.program.parent.mkdir(parents=True)
        shutil.copy("/bin/true", self.program)

    def of(self, name="ref01: a", environment=None, command=()):
        command = command or (str(self.program), "a")
        return Fingerprints(self.root, environment or {}).of(Check(1, name, command, ()))

    def append_to(self, path: Path) -> None:
        with open(path, "ab") as out:
            out.write(b"\n")

    def test_the_program_by_content_and_not_by_time(self):
        before = self.of()
        os.utime(self.program, (1, 1))
        self.assertEqual(self.of(), before)
        self.append_to(self.program)
        self.assertNotEqual(self.of(), before)

    def test_what_is_asked_of_it(self):
        before = self.of()
        self.assertNotEqual(self.of(command=(str(self.program), "b")), before)
        self.assertNotEqual(self.of(environment={"WORKBOOK_SEED": "7"}), before)
        self.assertEqual(self.of(environment={"HOME": "/elsewhere"}), before)

    def test_the_libraries_that_it_loads(self):
        self.assertTrue(any("libc.so" in str(path) for path in judged.libraries(Path("/bin/true"))))

    def test_programs_that_are_linked_alike_are_asked_once(self):
        other = self.program.with_name("ref02")
        shutil.copy("/bin/true", other)
        shutil.copy("/bin/bash", self.program.with_name("ref03"))
        names = ("ref01", "ref02", "ref03", "gone")
        known = [Check(1, name, (str(self.program.with_name(name)), "a"), ()) for name in names]
        before = [self.of(one.name, command=one.command) for one in known[:3]]
        asked = unittest.mock.Mock(side_effect=judged.libraries)
        with unittest.mock.patch("tool.judging.judged.libraries", asked):
            prints = Fingerprints(self.root, {}, known)
            self.assertEqual([prints.of(one) for one in known[:3]], before)
        self.assertEqual([call.args[0].name for call in asked.call_args_list], ["ref01", "ref03"])

    def test_a_solutions_check_does_not_depend_on_the_text(self):
        before = self.of()
        self.append_to(self.root / "WORKBOOK.md")
        self.assertEqual(self.of(), before)

    def test_a_check_of_the_project_depends_on_the_checkout(self):
        before = self.of("self.sections")
        self.append_to(self.root / "build-instructor/verify.log")
        self.assertEqual(self.of("self.sections"), before)
        self.append_to(self.root / "WORKBOOK.md")
        self.assertNotEqual(self.of("self.sections"), before)

    def test_of_grading_on_all_but_the_answers(self):
        solution = self.root / "solutions/ex01_count/count.cpp"
        before = {name: self.of(name) for name in ("self.grade", "self.stubs")}
        self.append_to(solution)
        self.write("tests/wrong_answers/ex01_count/new.patch", "--- a\n")
        self.assertEqual(self.of("self.grade"), before["self.grade"])
        self.assertNotEqual(self.of("self.stubs"), before["self.stubs"])
        self.write("exercises/given/solutions/x.cpp", "int x;\n")  # of the same name elsewhere
        self.assertNotEqual(self.of("self.grade"), before["self.grade"])

    def test_the_explorers_own_on_its_folder(self):
        before = self.of("self.explorer.right")
        self.append_to(self.root / "WORKBOOK.md")
        self.assertEqual(self.of("self.explorer.right"), before)
        self.write("tests/explore/strategies/replay.cpp", "int x;\n")
        self.assertNotEqual(self.of("self.explorer.right"), before)

    def test_a_script_that_the_interpreter_runs(self):
        script = self.root / "check.py"
        script.write_text("pass\n", encoding="utf-8")
        command = ("/bin/true", str(script))
        before = self.of("ref01: a", command=command)
        self.append_to(script)
        self.assertNotEqual(self.of("ref01: a", command=command), before)

    def test_a_program_that_is_not_there_has_none(self):
        self.assertIsNone(Fingerprints(self.root, {}).of(Check(1, "ref01: a", (), ())))
        self.assertIsNone(self.of(command=("ref01", "a")))


class TheRecord(fake_tree.FakeTree):
    def test_it_comes_back(self):
        judged.remember(self.root, {"ref01: a": "12"})
        self.assertEqual(judged.passed_before(self.root), {"ref01: a": "12"})

    def test_a_damaged_one_is_none(self):
        for text in ("", "[]", "{", "7"):
            (self.root / judged.RECORD).write_text(text, encoding="utf-8")
            self.assertEqual(judged.passed_before(self.root), {})

    def test_an_interrupted_run_goes_on_where_it_was(self):
        def interrupted(_build, _due, _jobs, ran):
            ran.update({1: True, 2: False})
            raise KeyboardInterrupt

        known = [Check(n, f"ref01: {n}", ("/bin/true",), ()) for n in (1, 2, 3)]
        with (
            unittest.mock.patch("tool.author.verify.configure", return_value=self.root),
            unittest.mock.patch("tool.author.verify.build_all", return_value=False),
            unittest.mock.patch("tool.author.verify.cases_differ", return_value=False),
            unittest.mock.patch("tool.judging.judged.checks", return_value=known),
            unittest.mock.patch("tool.author.verify.run_all", side_effect=interrupted) as runs,
        ):
            for due in ([1, 2, 3], [2, 3]):
                with self.assertRaises(KeyboardInterrupt):
                    verify.verify(self.root, False, 1)
                self.assertEqual([one.number for one in runs.call_args[0][1]], due)


class WhatRan(fake_tree.FakeTree):
    def test_by_what_ctest_says(self):
        self.script(
            "ctest",
            "echo '1/7 Test   #1: a ...   Passed    0.02 sec'\n"
            "echo ' 2/7 Test #10: Passed    1 sec ...***Failed    0.38 sec'\n"
            "echo '3/7 Test  #3: ***Failed    2 sec ....   Passed  188.31 sec'\n"
            "echo '4/7 Test  #4: d ....***Timeout 1500.00 sec'\n"
            "echo '5/7 Test  #5: e ....***Exception: SegFault  0.10 sec'\n"
            "echo '6/7 Test  #6: f ....***Skipped   0.00 sec'\n"
            "echo '7/7 Test  #7: g ....***Not Run   0.00 sec'\n"
            "echo 'a line of a test: 9/9 Test #9: h ....   Passed    0.02 sec'\n"
            "echo '43% tests passed'; echo more",
        )
        ran = {}
        with unittest.mock.patch("builtins.print"):
            said = verify.run_ctest([str(self.root / "ctest")], ran)
        self.assertEqual(ran, {1: True, 10: False, 3: True, 4: False, 5: False})
        self.assertEqual(said[0], 0)
        self.assertEqual(said[1][-2:], ["43% tests passed\n", "more\n"])

    def test_what_failed_is_told_again_at_the_end(self):
        self.script(
            "ctest",
            "echo '      Start  1: a'; echo '      Start  2: b'; echo '      Start  3: c'\n"
            "echo '1/3 Test  #1: a ....***Failed    0.02 sec'; seq 1 50\n"
            "echo '2/3 Test  #2: b ....   Passed    0.02 sec'; echo fine\n"
            "echo '3/3 Test  #3: c ....***Failed    0.02 sec'; echo why; echo '      Start  4: d'\n"
            "echo 'what ctest says'; echo '33% tests passed'",
        )
        with unittest.mock.patch("builtins.print"):
            told = "".join(verify.run_ctest([str(self.root / "ctest")], {})[1]).splitlines()
        self.assertEqual(told[0], "What failed, once more:")
        self.assertRegex(told[2], "#1: a ")
        self.assertEqual(told[3:43], [str(n) for n in range(11, 51)])
        self.assertRegex(told[43], "#3: c ")
        self.assertEqual(told[44:], ["why", "33% tests passed"])


if __name__ == "__main__":
    unittest.main()
