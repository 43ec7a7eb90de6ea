#!/usr/bin/env python3
# test_judged.py: what verify need not run again.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import shutil
import unittest
from pathlib import Path

import fake_tree
import judged
from judged import Check, Fingerprints


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

    def test_the_explorers_own_on_its_folder(self):
        before = self.of("self.explorer.right")
        self.append_to(self.root / "WORKBOOK.md")
        self.assertEqual(self.of("self.explorer.right"), before)
        self.write("tests/explore/strategy.cpp", "int x;\n")
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


if __name__ == "__main__":
    unittest.main()
