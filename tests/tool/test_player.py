#!/usr/bin/env python3
# test_player.py: the page that steps through the schedules which broke an answer.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import re
import unittest

import fake_tree
from tool.building.build_folder import Case
from tool.course import layout, seal
from tool.judging import board, judge, player
from tool.judging.judge import FAILED, NOT_RUN, PASSED, Outcome

STORY = {
    "version": 1,
    "kind": "data race",
    "text": "T1 writes and T2 reads </script><b>",
    "schedule": 1,
    "of": 2000,
    "replay": "1:0:",
    "advice": "Guard both",
    "threads": 3,
    "steps": [
        {"thread": 1, "does": "write n", "op": "write", "file": "exercises/ex01_count/count.cpp", "line": 1},
        {"thread": 1, "does": "ends", "op": "end", "file": "tests/../../outside.cpp", "line": 1},
        {"thread": 2, "does": "read n", "op": "read", "file": "scripts/workbook", "line": 1},
        {"thread": 2, "does": "ends", "op": "end"},
    ],
    "waiting": [],
    "values": {},
}


class Pages(fake_tree.FakeTree):
    def page(self, *outcomes):
        file = self.root / "page.html"
        exercise = layout.find_exercise(self.root, "ex01")
        player.write(file, exercise, self.root / "build/bin/ex01_checker", list(outcomes))
        return file.read_text(encoding="utf-8")

    def content(self, page):
        inside = re.search(r'<script type="application/json" id="broken">\n(.*?)\n</script>', page, re.S)
        return json.loads(inside.group(1))

    def outcome(self, verdict, story=None, name="a promise"):
        return Outcome(Case(name, 1, False, False, True), verdict, "the <report>", story)

    def test_of_the_broken_ones(self):
        outcomes = (PASSED, None), (FAILED, STORY), (NOT_RUN, None), (FAILED, None)
        content = self.content(self.page(*(self.outcome(*one) for one in outcomes)))
        self.assertEqual([one["story"] for one in content["broken"]], [STORY, None])
        again = 'WORKBOOK_REPLAY=1:0: build/bin/ex01_checker "a promise"'
        self.assertEqual(content["broken"][0]["again"], again)

    def test_it_is_complete_in_itself(self):
        page = self.page(self.outcome(FAILED, STORY))
        self.assertNotRegex(page, r"@[A-Z]+@|<link|src=|@import")
        self.assertEqual(page.count("</script>"), 2)
        self.assertIn("<title>ex01: broken promises</title>", page)

    def test_sources_of_the_answer_and_its_tests_only(self):
        files = self.content(self.page(self.outcome(FAILED, STORY)))["files"]
        self.assertEqual(list(files), ["exercises/ex01_count/count.cpp"])
        self.write("exercises/ex01_count/count.cpp", seal.sealed(b"a reference's").decode())
        self.assertEqual(self.content(self.page(self.outcome(FAILED, STORY)))["files"], {})

    def test_check_says_how_to_get_it_where_there_is_something_to_step_through(self):
        exercise = layout.find_exercise(self.root, "ex01")
        for story, said in ((STORY, True), (None, False)):
            verdict = board.verdict(exercise, [self.outcome(FAILED, story)])
            self.assertEqual("check ex01 --html report.html" in verdict, said)

    def test_when_everything_holds(self):
        page = self.page(self.outcome(PASSED))
        self.assertIn("<title>ex01 holds</title>", page)
        self.assertEqual(self.content(page), {"broken": [], "files": {}})


class Stories(fake_tree.FakeTree):
    def run_checker(self, text):
        checker = self.script("checker", text)
        return judge.Running(checker, self.root).run(Case("it's 1/2 done", 1, False, False, True)).story

    def test_what_the_checker_tells(self):
        told = """echo '{"version": 1, "kind": "deadlock"}' >"$WORKBOOK_STORY"; exit 1"""
        self.assertEqual(self.run_checker(told), {"version": 1, "kind": "deadlock"})

    def test_nothing_or_nonsense_is_none(self):
        for said in ("", "{", "7", '{"version": 2}'):
            self.assertIsNone(self.run_checker(f"""echo '{said}' >"$WORKBOOK_STORY"; exit 1"""))
        (self.root / "it_s_1_2_done.json").unlink()
        self.assertIsNone(self.run_checker("exit 1"))


if __name__ == "__main__":
    unittest.main()
