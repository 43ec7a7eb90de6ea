#!/usr/bin/env python3
# test_play.py: the player as the scheduler, against a checker that is played by this test.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import io
import subprocess
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
import running
from tool.building.build_folder import Built, Case
from tool.course.layout import WorkbookError
from tool.student import play, play_shown


def step(thread, does, decisive=False):
    return {"thread": thread, "does": does, "op": "other", "tells": True, "decisive": decisive}


class Count(play.Game):
    """T1 and T2 read, then write. It breaks if the one that began does not write at once."""

    def look(self, choices):
        if choices is None:
            return self.story([1, 2, 1, 2], "wrong result"), ""
        done, given = [], list(choices)
        while True:
            left = [one for one in (1, 2) if done.count(one) < 2]
            left.sort(key=lambda one: one != (done or [1])[-1])  # the current one first
            if not left:
                break
            if len(left) > 1 and not given:
                return {**self.story(done, "stopped"), "choices": list(choices), "open": left}, ""
            done.append(left[given.pop(0) if len(left) > 1 else 0])
        lost = done[0] != done[1]
        return (self.story(done, "wrong result") if lost else None), "replayed"

    def story(self, done, kind):
        steps = [
            step(one, "writes" if one in done[:i] else "reads") for i, one in enumerate(done)
        ]
        waiting = [{"thread": one, "text": "could go on", "next": "goes on"} for one in (1, 2)]
        return {"kind": kind, "text": "one is lost", "threads": 3, "steps": steps, "waiting": waiting}


class Playing(unittest.TestCase):
    def play(self, typed, breaks=True):
        game = Count(Path("checker"), Case("nothing is lost", 1, False, False, True))
        best = game.look(None)[0] if breaks else None
        lines = iter(typed)

        def answer():
            try:
                return next(lines)
            except StopIteration:
                raise EOFError from None

        out = io.StringIO()
        with contextlib.redirect_stdout(out), unittest.mock.patch("builtins.input", answer):
            status = play.play_on(game, best)
        self.choices = game.choices
        return status, out.getvalue()

    def test_in_par(self):
        status, said = self.play(["", "2", "1"])
        self.assertEqual(status, 0)
        self.assertIn("Broken: wrong result\none is lost\nIn 3 switches; that is par.\n", said)

    def test_what_is_shown_and_asked(self):
        _, said = self.play(["2"])
        self.assertIn("Who goes on, T1 or T2? [T1] ", said)
        self.assertIn("Who goes on, T2 or T1? [T2] ", said)
        self.assertIn("T1  next: goes on\n", said)
        self.assertRegex(said, r"T0 +T1 +T2\n +reads\n")

    def test_a_schedule_that_holds_and_a_step_back(self):
        status, said = self.play(["1*", "1", "b", "2", "q"])
        self.assertEqual(status, 1)
        self.assertIn("This schedule ends, and the promise holds.", said)
        self.assertIn("the schedule has ended; ? shows what can be typed", said)
        self.assertEqual(said.count("[T1]"), 2)

    def test_from_the_beginning(self):
        status, _ = self.play(["1", "2", "r", "b", "q"])
        self.assertEqual((status, self.choices), (1, []))

    def test_a_wrong_key_explains_itself(self):
        said = self.play(["x", "T7", "time", "?"])[1]
        self.assertIn("'x' is none of those that can go on; ? shows what can be typed", said)
        self.assertIn("'T7' is none", said)
        self.assertIn("'time' is none", said)
        self.assertIn(play.HELP, said)

    def test_the_end_of_the_input_is_the_end(self):
        status, said = self.play([])
        self.assertEqual((status, said.splitlines()[-1]), (1, "Not broken."))

    def test_where_the_explorer_found_nothing(self):
        self.assertIn("The explorer did not find that.", self.play(["1", "2", "2"], breaks=False)[1])
        said = play_shown.goal(None, "passed: all 174 schedules that differ: a proof\n")
        found = "The explorer has found none (all 174 schedules that differ: a proof). Try, if you like."
        self.assertIn("Your goal: an order of steps that fails.\n" + found, said)

    def test_the_goal_is_how_the_explorers_own_game_ends(self):
        best = Count(Path("checker"), Case("nothing is lost", 1, False, False, True)).look(None)[0]
        said = play_shown.goal(best, "")
        self.assertIn("One ends so:\n  wrong result: one is lost\nThe explorer took 3 switches", said)

    def test_older_values_are_not_in_the_players_hand(self):
        best = Count(Path("checker"), Case("nothing is lost", 1, False, False, True)).look(None)[0]
        for replay, takes_one in (("1:0o1:0x3.1", True), ("1:0u:0x3.1", False)):
            said = play_shown.goal({**best, "replay": replay}, "")
            self.assertEqual("gives an older value" in said, takes_one)
            self.assertNotEqual("that is par" in said, takes_one)

    def test_what_decided_is_marked_however_long_ago(self):
        steps = [step(1, "reads", decisive=True), *[step(2, "computes")] * 20, step(1, "writes", decisive=True)]
        story = {"kind": "wrong result", "text": "", "threads": 3, "steps": steps, "cause": "T1 read it."}
        lines = play_shown.schedule(story).splitlines()[1:]
        self.assertRegex(lines[1], "^> +reads$")
        self.assertEqual(lines[2], "  ... 7 steps")
        self.assertEqual([line[0] for line in lines].count(">"), 2)
        self.assertEqual(play_shown.cause(story), "\nCause: T1 read it.\nThe steps marked > decided it.")
        with unittest.mock.patch("tool.student.play_shown.columns", return_value=40):
            self.assertEqual(play_shown.schedule(story).splitlines()[1], "> T1: reads")

    def test_a_thread_that_has_done_nothing_is_at_its_beginning(self):
        said = [{"thread": 1, "text": "could go on", "after": "is here"}]
        self.assertTrue(
            play_shown.standing({"waiting": said, "open": [1], "steps": []}).startswith("T1  is at its beginning\n")
        )


class Chosen(fake_tree.FakeTree):
    def chosen(self, sentence, *sentences, explore=True):
        cases = tuple(Case(one, 1, False, False, explore) for one in sentences)
        here = Path("x")
        facts = Built(here, "", here, "", here, "", cases, True)
        exercise = unittest.mock.Mock(id="ex01")
        return play.chosen(exercise, facts, sentence).sentence

    def test_a_promise(self):
        self.assertEqual(self.chosen(None, "one", "two"), "one")
        self.assertEqual(self.chosen("tw", "one", "two"), "two")
        self.assertEqual(self.chosen("one", "one", "one more"), "one")

    def test_none_or_several(self):
        for said in ("three", "o"):
            with self.assertRaisesRegex(WorkbookError, "is not one promise of ex01's; these are:\n  one\n  two"):
                self.chosen(said, "one", "two")
        with self.assertRaisesRegex(WorkbookError, "no promise that the explorer judges"):
            self.chosen(None, "one", explore=False)


class OnATerminal(unittest.TestCase):
    PREPARE = (
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from tool.student import list as board_list, play; import test_play; sys.argv[1:] = ['list']\n"
        "from tool.building.build_folder import Case\n"
        "game = test_play.Count('x', Case('p', 1, False, False, True))\n"
        "board_list.show = lambda _: play.play_on(game, game.look(None)[0])\n"
    )

    def test_steps_and_ctrl_c(self):
        there = running.Terminal(self.PREPARE, 60)
        self.addCleanup(there.close)
        there.shows(r"\[T1\]")
        there.press(b"2\r")
        there.shows(r"\[T2\]")
        there.press(b"\3")
        there.shows("interrupted\r\n")
        self.assertEqual(there.tool.wait(running.LIMIT), 130)

    def test_through_a_pipe(self):
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        tool = running.run_main(self.PREPARE, {}, **pipe)
        out, error = tool.communicate(b"1\n2\n1\n", timeout=running.LIMIT)
        self.assertEqual((tool.returncode, error), (0, b""), out)
        self.assertNotIn(b"\033", out)


if __name__ == "__main__":
    unittest.main()
