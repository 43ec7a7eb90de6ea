# Bug hunts: which mistake is laid out, what is kept, when it counts as mended.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import json
import os
import shutil
import unittest
import unittest.mock

import fake_tree
from tool.course.layout import WorkbookError
from tool.judging import state
from tool.student import bughunt

# Two checkers of the four cases: what fails is "b", or nothing.
LISTS = '[ "$1" != --list ] || { printf "a\\nb\\nc\\nd\\n"; exit 0; }'
FAILS = f'{LISTS}\n[ "$1" != b ] || {{ echo "expected 6, got 5"; exit 1; }}'
HOLDS = LISTS


def mistake(caught_by, why, wrong):
    return fake_tree.patch(f"caught by: {caught_by}\n{why}", "return add(n, n)", wrong)


class BugHunt(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()
        self.write("build/bin/ex01_checker", "")
        self.pretend_configured(
            "ex01_count", student_checker=str(self.root / "build/bin/ex01_checker")
        )
        self.judged_by(FAILS)
        shutil.rmtree(self.exercise.wrong_answers)
        self.mistakes(undoubled=mistake("b", "Forgets to\ndouble.", "return n"))

    def mistakes(self, **patches):
        for name, text in patches.items():
            self.write(f"tests/wrong_answers/ex01_count/{name}.patch", text)

    def judged_by(self, lines):
        self.script("build/bin/hunt01", lines)

    def hunt(self, peek=False, core=True, first=False, **environment):
        """Exit status; what was said and noted is kept. Chooses the `first` of the mistakes, or the last."""
        with unittest.mock.patch("tool.student.diff.core_recorded", lambda exercise: core):
            with unittest.mock.patch("random.choice", lambda names: names[0 if first else -1]):
                return self.printed(lambda: bughunt.bughunt(self.root, "ex01", peek), environment)

    def tell(self):
        return self.printed(lambda: bughunt.tell(self.root, "ex01"), {})

    def printed(self, action, environment):
        out, notes = io.StringIO(), io.StringIO()
        self.built = []
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(notes):
            with unittest.mock.patch("tool.student.checking.build_target", lambda *words: self.built.append(words[2])):
                with unittest.mock.patch.dict(os.environ, {"WORKBOOK_SCHEDULES": "", **environment}):
                    status = action()
        self.said, self.noted = out.getvalue(), notes.getvalue()
        return status

    def laid_out(self):
        return self.read("hunts/ex01_count/count.cpp")

    def record(self):
        return state.read(self.root).get("ex01_count", {})

    def backups(self):
        return sorted(self.root.glob(".workbook/backup/*"))

    def test_it_waits_for_the_core(self):
        with self.assertRaisesRegex(WorkbookError, "--peek") as raised:
            self.hunt(core=False)
        self.assertNotIn("\n", str(raised.exception))
        self.assertFalse(self.exercise.hunt.exists())
        self.assertEqual(self.hunt(), 1)
        self.assertNotIn("peek", self.record())

    def test_whoever_peeked_is_not_asked_again(self):
        self.hunt(core=False, peek=True)
        self.tell()
        self.assertEqual(self.hunt(core=False), 1)
        self.assertEqual(self.record(), {"hunt": "undoubled", "hunted": [], "peek": True})

    def test_a_mistake_without_its_name(self):
        self.assertEqual(self.hunt(), 1)
        self.assertEqual(self.built, ["hunt01"])
        self.assertEqual(
            self.laid_out(), fake_tree.SOLUTION.replace("return add(n, n)", "return n")
        )
        self.assertIn("hunts/ex01_count: 1 of 2 core promises hold, 1 of 1 stretch", self.said)
        self.assertIn('Step 2: "b"\n\n  expected 6, got 5\n', self.said)
        self.assertIn("scripts/workbook bughunt ex01 --tell", self.said)
        self.assertNotIn("undoubled", self.said + self.noted)
        self.assertNotIn("Forgets", self.said + self.noted)
        self.assertEqual(self.read("exercises/ex01_count/count.cpp"), fake_tree.STUB)

    def test_what_the_student_does_is_judged_and_stays(self):
        self.hunt()
        self.write("hunts/ex01_count/count.cpp", "half mended")
        self.assertEqual(self.hunt(core=False), 1)
        self.assertEqual(self.laid_out(), "half mended")
        self.assertNotIn("somebody's answer", self.said)

    def test_mended(self):
        self.hunt()
        self.write("hunts/ex01_count/count.cpp", "mended")
        self.judged_by(HOLDS)
        self.assertEqual(self.hunt(), 0)
        self.assertIn("Mended. The mistake was undoubled:\n\n  Forgets to\n  double.\n", self.said)
        self.assertIn("1 of 1 hunted", self.said)
        self.assertEqual(self.record(), {"hunted": ["undoubled"]})
        self.assertEqual(self.laid_out(), "mended")

    def test_nothing_is_mended_by_luck(self):
        self.judged_by(HOLDS)
        self.assertEqual(self.hunt(), 1)
        self.assertIn("nothing in hunts/ex01_count/ is mended yet", self.said)
        self.assertEqual(self.record(), {"hunt": "undoubled"})

    def test_few_schedules_mend_nothing(self):
        self.hunt()
        self.write("hunts/ex01_count/count.cpp", "mended")
        self.judged_by(HOLDS)
        self.assertEqual(self.hunt(WORKBOOK_SCHEDULES="10"), 1)
        self.assertIn("not recorded: WORKBOOK_SCHEDULES is less than 2000", self.noted)
        self.assertEqual(self.record(), {"hunt": "undoubled"})

    def test_the_next_is_another_and_the_last_is_kept(self):
        self.mistakes(tripled=mistake("a", "Adds once more.", "return add(n, add(n, n))"))
        seen = set()
        for _ in range(2):
            self.judged_by(FAILS)
            self.hunt(first=True)
            seen.add(self.record()["hunt"])
            self.write("hunts/ex01_count/extra.cpp", "int mine;\n")
            self.judged_by(HOLDS)
            self.assertEqual(self.hunt(), 0)
        self.assertEqual(seen, {"undoubled", "tripled"})
        self.assertIn("2 of 2 hunted", self.said)
        (kept,) = self.backups()
        self.assertEqual((kept / "extra.cpp").read_text(encoding="utf-8"), "int mine;\n")

    def test_files_of_the_hunt_before_go(self):
        self.test_mended()
        self.write("hunts/ex01_count/extra.cpp", "int mine;\n")
        self.judged_by(FAILS)
        self.hunt()
        self.assertFalse((self.exercise.hunt / "extra.cpp").exists())
        self.assertIn("the hunt before is kept in .workbook/backup/hunt01-", self.noted)

    def test_all_begin_anew(self):
        self.test_mended()
        self.judged_by(FAILS)
        self.assertEqual(self.hunt(), 1)
        self.assertIn("you have hunted all 1 mistakes of ex01; they begin anew", self.noted)
        self.assertEqual(self.record(), {"hunt": "undoubled", "hunted": []})

    def test_only_what_everyday_cases_catch(self):
        self.mistakes(slow=mistake("d", "Only a long case sees it.", "return n"))
        self.hunt(first=True)
        self.assertEqual(self.record()["hunt"], "undoubled")

    def test_told(self):
        self.hunt()
        self.write("hunts/ex01_count/count.cpp", "half mended")
        self.assertEqual(self.tell(), 0)
        self.assertIn("The mistake was undoubled:\n\n  Forgets to\n  double.\n", self.said)
        self.assertIn("-    return add(n, n);\n+    return n;\n", self.said)
        self.assertEqual(self.laid_out(), "half mended")
        self.assertEqual(self.record(), {"hunted": ["undoubled"]})
        with self.assertRaisesRegex(WorkbookError, "no hunt of ex01 is going on"):
            self.tell()

    def test_a_folder_that_was_removed_comes_back(self):
        self.mistakes(tripled=mistake("a", "Adds once more.", "return add(n, add(n, n))"))
        self.hunt()
        first = self.laid_out()
        shutil.rmtree(self.root / "hunts")
        self.assertEqual(self.hunt(core=False, first=True), 1)
        self.assertEqual((self.laid_out(), self.record()), (first, {"hunt": "undoubled"}))
        self.assertEqual(self.backups(), [])

    def test_so_do_sources_without_which_nothing_is_built(self):
        self.hunt()
        (self.exercise.hunt / "count.cpp").unlink()
        self.write("hunts/ex01_count/count.hpp", "mine")
        self.assertEqual(self.hunt(core=False), 1)
        self.assertIn("return n;", self.laid_out())
        (kept,) = self.backups()
        self.assertEqual((kept / "count.hpp").read_text(encoding="utf-8"), "mine")

    def test_a_header_that_was_removed_comes_back_and_the_rest_stays(self):
        self.hunt()
        header = self.read("hunts/ex01_count/count.hpp")
        (self.exercise.hunt / "count.hpp").unlink()
        self.write("hunts/ex01_count/count.cpp", "half mended")
        self.assertEqual(self.hunt(core=False), 1)
        self.assertEqual(self.read("hunts/ex01_count/count.hpp"), header)
        self.assertEqual(self.laid_out(), "half mended")
        self.assertIn("put back: hunts/ex01_count/count.hpp\n", self.noted)
        self.assertEqual(self.backups(), [])

    def test_a_mistake_that_the_workbook_has_no_more(self):
        self.hunt()
        os.rename(
            self.exercise.wrong_answers / "undoubled.patch", self.exercise.wrong_answers / "x.patch"
        )
        self.write("hunts/ex01_count/count.cpp", "mended")
        self.judged_by(HOLDS)
        self.assertEqual(self.hunt(), 0)
        self.assertIn("Mended. The mistake was undoubled.\n", self.said)

    def test_two_terminals_begin_one_hunt(self):
        """The other one begins between our look at the record and our own choice."""
        self.mistakes(tripled=mistake("a", "Adds once more.", "return add(n, add(n, n))"))

        def meanwhile(exercise):
            with unittest.mock.patch("tool.student.diff.core_recorded", lambda exercise: True):
                bughunt.begin(exercise, None, False)
            return True

        with unittest.mock.patch("random.choice", lambda names: names[0]):
            with unittest.mock.patch("tool.student.diff.core_recorded", meanwhile):
                with contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(bughunt.begin(self.exercise, None, False).name, "tripled")
        self.assertEqual(self.record(), {"hunt": "tripled"})
        self.assertEqual(self.backups(), [])

    def test_an_exercise_without_mistakes(self):
        shutil.rmtree(self.exercise.wrong_answers)
        with self.assertRaisesRegex(WorkbookError, "no mistakes to hunt in ex01"):
            self.hunt()
        self.assertFalse(self.exercise.hunt.exists())
        self.assertEqual(self.record(), {})

    def test_a_lost_record_loses_no_work(self):
        self.hunt()
        self.write("hunts/ex01_count/count.cpp", "half mended")
        (self.root / ".workbook/state.json").unlink()
        self.hunt()
        (kept,) = self.backups()
        self.assertEqual((kept / "count.cpp").read_text(encoding="utf-8"), "half mended")

    def test_other_facts_of_the_exercise_stay(self):
        with state.changing(self.root, "ex01_count") as record:
            record.update(hints=2, results={"a": "passed"}, digest="x")
        self.hunt()
        self.tell()
        self.assertEqual(json.dumps(self.record()["results"]), '{"a": "passed"}')
        self.assertEqual(self.record()["hints"], 2)


if __name__ == "__main__":
    unittest.main()
