# The table of platforms: what makes its rows, and that it says of each platform what became of it.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import subprocess
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool.author import platforms
from tool.course.layout import WorkbookError

ROOT = fake_tree.TOOL.parents[1]
VERSIONS = {"compiler": "g++ 14.2.0", "CMake": "3.31.6", "Catch2": "3.7.1", "asio": "1.30.2", "fmt": "10.1.1",
            "Python": "3.13.5"}  # fmt: skip
GOOD = dict.fromkeys(("`start`", *platforms.SOLVED), platforms.GOOD)


def tried(platform, **verdicts):
    compiler = platform.split("/")[1]
    return platforms.Tried(platform, {**VERSIONS, "compiler": f"{compiler} 14.2.0"}, {**GOOD, **verdicts})


class Table(unittest.TestCase):
    def test_a_version_is_found_in_what_programs_say(self):
        for said, version in (
            ("g++ (Debian 14.2.0-19) 14.2.1\nCopyright", "14.2.1"),
            ("Debian clang version 19.1.7 (3+b1)\nTarget: x86_64", "19.1.7"),
            ("cmake version 3.31.6", "3.31.6"),
            ("Python 3.13.5", "3.13.5"),
            ("1:1.30.2-1", "1.30.2"),
            ("11.1.1+ds1-2", "11.1.1"),
            ("sh: not found", "unknown"),
        ):
            self.assertEqual(platforms.version_in(said), version)

    def test_rows_of_what_was_not_tried_again_stay(self):
        text = "Before.\n<!-- platforms begin -->\n<!-- platforms end -->\nAfter.\n"
        text = platforms.renewed(text, [tried("trixie/g++"), tried("sid/g++", ex13="fails")])
        text = platforms.renewed(text, [tried("bookworm/g++"), tried("sid/g++")])
        rows = {platforms.row_key(line): line for line in text.splitlines()[4:-2]}
        self.assertEqual(list(rows), list(platforms.PLATFORMS))
        tried_ones = [name for name, line in rows.items() if platforms.UNTRIED not in line]
        self.assertEqual(tried_ones, ["bookworm/g++", "trixie/g++", "sid/g++"])
        self.assertNotIn("fails", text)
        self.assertTrue(text.startswith("Before.\n<!--") and text.endswith("-->\nAfter.\n"))

    def test_a_platform_that_is_tried_no_more_goes(self):
        text = "<!-- platforms begin -->\n<!-- platforms end -->\n"
        text = platforms.renewed(text, [tried("sid/g++")]).replace("| sid |", "| etch |")
        self.assertNotIn("etch", platforms.renewed(text, [tried("trixie/g++")]))

    def test_a_document_without_its_place(self):
        with self.assertRaisesRegex(WorkbookError, "has lost its place"):
            platforms.renewed("# Nothing\n", [])

    def test_ours_has_a_row_for_each_platform_and_a_verdict_in_each_cell(self):
        found = platforms.TABLE.search((ROOT / platforms.DOCUMENT).read_text(encoding="utf-8"))[0]
        head, _, *rows = found.splitlines()
        self.assertEqual(head, platforms.table([]).splitlines()[0])
        self.assertEqual([platforms.row_key(row) for row in rows], list(platforms.PLATFORMS))
        for row in rows:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            self.assertEqual(len(cells), len(platforms.COLUMNS), row)
            self.assertNotIn("unknown", cells)
            for cell in cells[-len(GOOD) :]:
                self.assertIn(cell, ("passes", "fails", "does not compile", "does not end", platforms.UNTRIED))


class Trying(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.place = self.root.parent / "systems" / "sid"
        self.place.mkdir(parents=True)
        for name in ("build/CMakeCache.txt", "build-asan/x", ".workbook/x", "scripts/tool/building/a.py"):
            self.write(name, "")
        self.ran = []
        self.patch("tool.author.platforms.SOLVED", ("ex01",))
        self.patch("tool.author.platforms.mirror", return_value="here")

    def tries(self, **says):
        """`says`: what a command of the workbook leaves with, and prints."""

        def run(_, *words, **environment):
            if words[0] == "scripts/workbook":
                answer = (self.place / "workbook/exercises/ex01_count/count.cpp").read_text(encoding="utf-8")
                self.ran.append((*words[1:], environment["CXX"], answer == fake_tree.SOLUTION))
                status, text = says[words[1]]
                return subprocess.CompletedProcess(words, status, text)
            return subprocess.CompletedProcess(words, 0, "x 1.2.3")

        self.patch("tool.author.platforms.System.run", run)
        with contextlib.redirect_stdout(io.StringIO()) as self.out:
            return platforms.try_one(self.root, self.place.parent, "sid/clang++").verdicts

    def test_a_stub_is_judged_and_then_the_solution(self):
        found = self.tries(start=(0, 'Step 1: "a"'), check=(0, ""))
        self.assertEqual(found, {"`start`": "passes", "ex01": "passes"})
        self.assertEqual(self.ran, [("start", "clang++", False), ("check", "ex01", "clang++", True)])
        there = {path.name for path in (self.place / "workbook").iterdir()}
        self.assertEqual(there & {"build", "build-asan", ".workbook"}, set())
        self.assertTrue((self.place / "workbook/scripts/tool/building/a.py").exists())

    def test_what_fails_is_told_with_its_last_lines(self):
        self.assertEqual(
            self.tries(start=(0, "all good"), check=(4, "error: no such thing")),
            {"`start`": "fails", "ex01": "does not compile"},
        )
        self.assertIn("error: no such thing", self.out.getvalue())
        self.assertEqual(self.tries(start=(0, "no step"), check=(1, ""))["`start`"], "fails")

    def test_a_system_that_was_half_made_is_made_anew(self):
        for breaks in (True, False):

            def make(words, breaks=breaks):
                place = Path(words[-2])
                self.assertFalse(place.exists())
                place.mkdir()
                if breaks:
                    raise WorkbookError("no room")
                return ""

            self.patch("tool.author.platforms.run_or_fail", make)
            system = platforms.System(self.place.parent, "etch")
            with contextlib.suppress(WorkbookError):
                system.make("here")
            self.assertEqual(system.top.exists(), not breaks)

    def test_what_cannot_be(self):
        for words, pattern in (
            (["--folder", "/nowhere"], "is no folder"),
            (["--folder", "/tmp", "etch/g++"], "etch/g\\+\\+ is none of bookworm"),
        ):
            with self.assertRaisesRegex(WorkbookError, pattern):
                platforms.main(words)


if __name__ == "__main__":
    unittest.main()
