#!/usr/bin/env python3
# test_games.py: small cases are recorded as graphs, and what the book plays fits its text.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import unittest

import fake_tree
from tool.book import book_games, games
from tool.course.layout import WorkbookError

SOURCE = """\
// Two threads read, then write.
//
// T0: the test
// T1: one
// T2: other
#include <thread>

namespace {

int count = 0;
void read_and_write()
{
    read();
    write();
}

} // namespace

void twice()
{
}
"""
FILE = "tests/book/games/twice.cpp"
LINES = {"read": 13, "write": 14}


class Explorer:
    """Two threads that read a count and write one more; both must not have read the same."""

    def __call__(self, choices, stop):
        given, done, made, steps = list(choices), [], [], [self.step(0, "start T1", "start", 0)]
        count, seen, number = 0, {}, {}
        while True:
            left = [one for one in (1, 2) if done.count(one) < 2]
            if not left:
                break
            if len(left) > 1:
                if stop and not given:
                    return self.story("stopped", "", steps, made, left)
                made.append(given.pop(0) if given else 0)
            thread = left[made[-1]] if len(left) > 1 else left[0]
            if thread not in done:
                seen[thread] = count
                steps.append(self.step(thread, "read", "read", len(made), value=str(count)))
            else:
                count = number[thread] = seen[thread] + 1
                steps.append(self.step(thread, "write", "write", len(made), value=str(count)))
            done.append(thread)
        text = "one != two" if number[1] == number[2] else "told"
        text = f"T0: EXPLORE_REQUIRE( {text} ) does not hold (x.cpp:1)"
        return self.story("wrong result", text, steps, made, [])

    def step(self, thread, does, op, choices, **more):
        made = {"thread": thread, "does": does, "op": op, "choices": choices, "tells": True, **more}
        if thread:
            made.update(object="count", file=FILE, line=LINES[op], source=op)
        return made

    def story(self, kind, text, steps, choices, can):
        waiting = [{"thread": one, "text": "could go on"} for one in can]
        return {"kind": kind, "text": text, "steps": steps, "choices": choices, "open": can, "waiting": waiting}


class Recorded(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write(FILE, SOURCE)
        self.recorder = games.Recorder(self.root / "no program", self.root, self.root / FILE)
        self.recorder.replay = Explorer()

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def test_the_graph_of_a_lost_count(self):
        game = self.recorder.record()
        ends = [node["kind"] for node in game["nodes"] if "kind" in node]
        self.assertEqual(sorted(set(ends)), ["held", "wrong result"])
        self.assertEqual((game["par"], len(game["way"]), game["names"]), (2, 4, ["the test", "one", "other"]))
        self.assertTrue(game["nodes"][0]["breaks"])
        first = game["nodes"][0]["open"]
        self.assertEqual([(one["thread"], one["line"]) for one in first], [(1, 13), (2, 13)])
        alone = game["nodes"][first[0]["to"]]["open"][0]["to"]  # T1 has read and written
        self.assertFalse(game["nodes"][alone]["breaks"])
        broken = next(node for node in game["nodes"] if node.get("kind") == "wrong result")
        self.assertEqual(broken["text"], "one != two does not hold")

    def test_what_has_no_name_tells_nothing(self):
        step = {"thread": 1, "op": "read", "does": "read variable A", "object": "variable A", "tells": True}
        self.recorder.numbered(step)
        self.recorder.numbered({**step, "does": "read count", "object": "count"})
        recorded = [json.loads(text) for text in self.recorder.steps]
        self.assertEqual([one["tells"] for one in recorded], [False, True])

    def test_two_ways_to_the_same_state_are_one(self):
        nodes = self.recorder.record()["nodes"]
        after = [nodes[edge["to"]]["open"] for edge in nodes[0]["open"]]
        self.assertEqual(after[0][1]["to"], after[1][0]["to"])  # both have read, in either order

    def test_a_thread_that_is_left_alone_goes_on_line_by_line(self):
        nodes = self.recorder.record()["nodes"]
        at, lines = 0, []
        for thread in (1, 1, 2, 2):
            edge = next(one for one in nodes[at]["open"] if one["thread"] == thread)
            lines.append(edge["line"])
            at = edge["to"]
        self.assertEqual((lines, nodes[at]["kind"]), ([13, 14, 13, 14], "held"))

    def test_what_stands_still(self):
        still = book_games.still({**self.recorder.record(), "captions": {13: ["looks"]}})
        self.assertEqual(still["rows"], [[1, 13, "looks"], [2, 13, "looks"], [2, 14, ""], [1, 14, ""]])
        self.assertEqual(still["end"], "wrong result: one != two does not hold")

    def captions(self, *lines):
        text = SOURCE.replace("#include", "\n".join([*lines, "#include"]))
        shown = text.splitlines()
        return book_games.captions("twice", text, {"first": 1, "lines": ["", *shown[10 + len(lines) : 15 + len(lines)]]})

    def test_what_a_line_does(self):
        self.assertEqual(
            self.captions("// at `read()`: looks", "// at `read()`, again: looks once more", "// at `}`: ends"),
            {4: ["looks", "looks once more"], 6: ["ends"]},
        )

    def test_a_caption_that_fits_no_line(self):
        for line in ("// at `gone`: looks", "// at `()`: looks"):
            with self.assertRaisesRegex(WorkbookError, "in [03] of the lines that are shown"):
                self.captions(line)
        with self.assertRaisesRegex(WorkbookError, "again and not at first"):
            self.captions("// at `read()`, again: looks")

    def test_problems(self):
        def problems(text):
            self.write("WORKBOOK.md", text)
            return " ".join(book_games.problems(self.root))

        mark = "<!-- game: twice -->\n"
        self.assertIn("not recorded as it is now", problems(mark))
        recorded = games.recording(self.root, "twice")
        self.write(recorded.relative_to(self.root), games.as_text(self.recorder.record()).decode())
        self.assertEqual(problems(mark), "")
        self.assertIn("does not show the game twice", problems(""))
        self.assertIn("there is no game 'thrice'", problems(mark + "<!-- game: thrice -->\n"))
        self.write(FILE, SOURCE + "\n")
        self.assertIn("not recorded as it is now", problems(mark))
        with self.assertRaises(WorkbookError):
            book_games.data(self.root)
        (self.root / FILE).unlink()
        self.assertIn("has no source", problems(""))

    def test_one_that_cannot_be_broken_is_no_game(self):
        self.write("WORKBOOK.md", "<!-- game: twice -->\n")
        game = {**self.recorder.record(), "way": []}
        self.write("scripts/book/games/twice.json", json.dumps(game))
        self.assertIn("nothing to play", " ".join(book_games.problems(self.root)))


if __name__ == "__main__":
    unittest.main()
