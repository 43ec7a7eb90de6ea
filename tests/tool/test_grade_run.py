# A grading that is broken off, in whatever way, and the same command again. The court is a stand-in:
# nothing is built or judged here.
#
# SPDX-License-Identifier: MIT
import contextlib
import csv
import io
import os
import re
import shutil
import signal
import threading
import time
import types
import unittest.mock
from functools import partial
from pathlib import Path

import fake_tree
from tool import commands
from tool.building.build_folder import Case
from tool.course.layout import MACHINE, WorkbookError
from tool.instructor import grade, grade_record
from tool.instructor.graded import CORE, DOES_NOT_BUILD, NOT_JUDGED, NOT_PASSED, Graded
from tool.judging.judge import FAILED, PASSED, STUCK, Outcome

COUNT = 6
TESTS = os.getpid()
LIMIT = 60  # seconds


class Court:
    """Passes every second hand-in; does what `before` says when it has the one of that name."""

    before: dict = {}
    judged: list = []
    seeds: list = []
    in_vain: tuple = ()  # these run out of time when they are not alone

    def __init__(self, _build, exercise, place, seed):
        self.exercise, self.trials = exercise, types.SimpleNamespace(place=place)
        self.seeds.append(seed)

    def grade(self, one, _user, _told):
        self.place = self.trials.place
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "half built").touch()
        self.before.get(Path(one.name).name, lambda: None)()
        self.judged.append(Path(one.name).name)
        shutil.rmtree(self.place)
        good = b"even" in one.files["count.cpp"]
        case = Case("two times three is six", 1, False, False)
        verdict = PASSED if good else FAILED
        if Path(one.name).name in self.in_vain and os.getpid() != TESTS:
            verdict = STUCK
        outcome = Outcome(case, verdict, "\0 what it said\n")
        return Graded(one.name, self.exercise, CORE if good else NOT_PASSED, [outcome])


class BrokenOff(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()
        for number in range(COUNT):
            text = f"// {'odd' if number % 2 else 'even'}\n"
            self.write(f"../hand-ins/h{number}/ex01_count/count.cpp", text)
        self.tops = [str(self.root.parent / f"hand-ins/h{n}") for n in range(COUNT)]
        self.csv = str(self.root.parent / "marks.csv")
        Court.before, Court.judged, Court.seeds, Court.in_vain = {}, [], [], ()
        self.patch("tool.instructor.grade.Court", Court)
        self.patch("tool.instructor.grade.at_once", return_value=1)
        self.patch("tool.instructor.grade.configure", return_value=self.root / "build")
        self.patch("tool.instructor.grade.sandbox.refuse_without")
        self.patch("tool.instructor.grade.core_promises", return_value=1)
        self.patch("tool.instructor.grade_record.LEAST_ROOM", 1)

    def grade(self, command=grade.grade, *, tops=None, **more) -> str:
        """The table that it prints; self.notes is what it says beside it."""
        out, notes = io.StringIO(), io.StringIO()
        self.notes = ""
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(notes):
            try:
                files = {"csv": self.csv, **more.pop("files", {})}
                command(self.root, grade.Asked(tops or self.tops, ["ex01"], files, **more))
            finally:
                self.notes = notes.getvalue()
                self.table = out.getvalue()
        return self.table

    def marks(self) -> str:
        """Without the seed, which each run draws anew."""
        return re.sub(",[0-9]+$", "", Path(self.csv).read_text(encoding="utf-8"), flags=re.MULTILINE)

    def undisturbed(self) -> tuple[str, str]:
        found = self.grade(), self.marks()
        self.assertEqual(len(Court.judged), COUNT)
        os.unlink(self.csv)
        Court.judged.clear()
        return found

    def left(self) -> list[str]:
        return [str(one) for one in (self.root / grade_record.FOLDER).glob("*/*")]

    def goes_on(self, expected: tuple[str, str], judged: list[str]) -> None:
        """The same command judges these and no others, and comes to the same end."""
        Court.before, Court.judged[:] = {}, []
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual(Court.judged, judged)
        self.assertEqual(self.left(), [])

    def breaks_off(self, at: str, how, error) -> None:
        Court.before = {at: how}
        with self.assertRaises(error):
            self.grade()
        self.assertFalse([one for one in self.left() if one.endswith("place")])

    def test_a_download_becomes_a_worksheet(self):
        """Whoever was not judged has no grade in it."""
        for number, text in (("123", "even"), ("124", "odd"), ("125", "even")):
            self.write(f"../class/N_{number}_assignsubmission_file_/ex01_count/count.cpp", f"// {text}\n")
        worksheet = self.root.parent / "worksheet.csv"
        words = ["--class", str(self.root.parent / "class"), "--exercise", "ex01", "--moodle", str(worksheet)]

        def interrupted():
            raise KeyboardInterrupt

        def grades():
            rows = csv.DictReader(worksheet.read_text(encoding="utf-8").splitlines())
            return [(row["Identifier"], row["Grade"], row["Maximum Grade"]) for row in rows]

        Court.before = {"N_125_assignsubmission_file_": interrupted}
        with self.assertRaises(KeyboardInterrupt), contextlib.redirect_stderr(io.StringIO()):
            with contextlib.redirect_stdout(io.StringIO()):
                commands.call(self.root, ["grade", *words])
        expected = [("Participant 123", "1", "1"), ("Participant 124", "0", "1"), ("Participant 125", "", "1")]
        self.assertEqual(grades(), expected)
        Court.before = {}
        again = self.root.parent / "again.csv"
        again.write_bytes(worksheet.read_bytes())
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            commands.call(self.root, ["grade", *words, "--roster", str(again)])
        self.assertEqual(grades(), [*expected[:2], ("Participant 125", "1", "1")])

    def test_by_ctrl_c(self):
        expected = self.undisturbed()

        def interrupted():
            raise KeyboardInterrupt

        self.breaks_off("h3", interrupted, KeyboardInterrupt)
        for number in range(COUNT):
            [line] = [one for one in self.marks().splitlines() if f"/h{number}," in one]
            self.assertEqual(NOT_JUDGED in line, number >= 3, line)
        self.assertIn("3 of 6 are not judged yet; the same command goes on", self.notes)
        self.goes_on(expected, ["h3", "h4", "h5"])

    def test_by_kill(self):
        """Three times; nothing is left in the temporary directory, nor of what was half built."""
        expected = self.undisturbed()
        for at in ("h1", "h2", "h4"):
            child = os.fork()
            if child == 0:
                Court.before = {at: lambda: os.kill(os.getpid(), signal.SIGKILL)}
                with contextlib.suppress(BaseException):
                    self.grade()
                os._exit(1)
            self.assertEqual(os.waitpid(child, 0)[1], signal.SIGKILL)
        self.assertTrue([one for one in self.left() if one.endswith("place")])
        self.goes_on(expected, ["h4", "h5"])

    def test_in_the_middle_of_a_line(self):
        expected = self.undisturbed()
        self.breaks_off("h2", lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt)
        [record] = (self.root / grade_record.FOLDER).glob("*/judged.jsonl")
        record.write_bytes(record.read_bytes()[:-20])
        self.goes_on(expected, ["h1", "h2", "h3", "h4", "h5"])

    def test_by_a_full_disk(self):
        expected = self.undisturbed()
        full = unittest.mock.patch("tool.instructor.grade_record.room", return_value=0)
        Court.before = {"h2": full.start}
        with self.assertRaisesRegex(WorkbookError, "room is left .* the same command goes on") as raised:
            self.grade()
        full.stop()
        self.assertEqual(raised.exception.status, MACHINE)
        self.goes_on(expected, ["h2", "h3", "h4", "h5"])

    def test_where_nothing_can_be_recorded(self):
        expected = self.undisturbed()
        full = [None, OSError(28, "full")]
        with unittest.mock.patch("tool.instructor.grade_record.os.fsync", side_effect=full):
            with self.assertRaises(OSError):
                self.grade()
        Court.judged.clear()
        self.grade()
        self.assertIn(Court.judged, (["h1", "h2", "h3", "h4", "h5"], ["h2", "h3", "h4", "h5"]))
        self.assertEqual(self.marks(), expected[1])

    def test_a_hand_in_that_has_changed_is_judged_again(self):
        self.breaks_off("h2", lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt)
        self.write("../hand-ins/h0/ex01_count/count.cpp", "// odd now\n")
        Court.before, Court.judged[:] = {}, []
        self.assertIn("0/1", self.grade().splitlines()[1])
        self.assertEqual(Court.judged, ["h0", "h2", "h3", "h4", "h5"])

    def test_other_tests_judge_all_again(self):
        self.breaks_off("h2", lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt)
        self.change("tests/ex01_count_test.cpp", "6", "2 * 3")
        Court.before, Court.judged[:] = {}, []
        self.grade()
        self.assertIn("the tests have changed", self.notes)
        self.assertEqual(len(Court.judged), COUNT)

    def test_the_numbers_are_those_of_the_run(self):
        self.breaks_off("h2", lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt)
        self.assertIn(f"--seed {Court.seeds[0]}\n", self.notes)
        Court.before = {}
        for seed in (0, 77, 0):
            self.grade(seed=seed)
            rows = list(csv.DictReader(Path(self.csv).read_text(encoding="utf-8").splitlines()))
            self.assertEqual([row["seed"] for row in rows], [str(Court.seeds[-1])] * COUNT)
        first, again, said, new = Court.seeds
        self.assertEqual((first, said), (again, 77))
        self.assertNotIn(new, (0, first, 77))

    def test_another_command_goes_its_own_way(self):
        self.breaks_off("h2", lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt)
        Court.before, Court.judged[:] = {}, []
        self.grade(tops=self.tops[:1])
        self.assertEqual(Court.judged, ["h0"])

    def test_in_parts(self):
        """The parts' tables put together are the table of all."""
        expected = self.undisturbed()
        saved = []
        for number in (1, 2, 3):
            saved.append(str(self.root.parent / f"part{number}"))
            self.grade(part=(number, 3), seed=7, files={"save": saved[-1]})
        self.assertEqual(sorted(Court.judged), [f"h{n}" for n in range(COUNT)])
        self.grade(grade.merge, tops=saved)
        self.assertEqual(sorted(self.marks().splitlines()), sorted(expected[1].splitlines()))
        with self.assertRaisesRegex(WorkbookError, "say --seed N"):
            self.grade(part=(2, 3))
        other = str(self.root.parent / "other")
        self.grade(part=(2, 3), seed=8, files={"save": other})
        with self.assertRaisesRegex(WorkbookError, "with other numbers: give all one --seed"):
            self.grade(grade.merge, tops=[saved[0], other, saved[2]])
        with self.assertRaisesRegex(WorkbookError, "of 3 parts 2 are missing"):
            self.grade(grade.merge, tops=[saved[0], saved[2]])
        with self.assertRaisesRegex(WorkbookError, "name each part once"):
            Path(f"{saved[0]}.old").write_bytes(Path(saved[0]).read_bytes())
            self.grade(grade.merge, tops=[*saved, f"{saved[0]}.old"])
        (self.root / "tests" / "more").write_text("")
        with self.assertRaisesRegex(WorkbookError, "judged by other tests"):
            self.grade(grade.merge, tops=saved)

    def test_a_text_for_each_student(self):
        folder = self.root.parent / "feedback"
        with self.assertRaisesRegex(WorkbookError, "is no folder"):
            self.grade(feedback=str(folder))
        folder.mkdir(mode=0o555)
        if not os.access(folder, os.W_OK):  # root may write there
            with self.assertRaisesRegex(WorkbookError, "nothing can be written"):
                self.grade(feedback=str(folder))
        folder.chmod(0o755)
        self.grade(feedback=str(folder))
        self.assertEqual(len(list(folder.iterdir())), COUNT)

    def several_at_once(self):
        self.patch("tool.instructor.grade.at_once", return_value=2)

    def meet(self, name: str, other: str) -> None:
        """Goes on when the other is there, too."""
        (self.root.parent / f"{name} is here").touch()
        deadline = time.monotonic() + LIMIT
        while not (self.root.parent / f"{other} is here").exists():
            assert time.monotonic() < deadline
            os.sched_yield()

    def test_several_at_once(self):
        expected = self.undisturbed()
        self.several_at_once()
        Court.before = {"h2": partial(self.meet, "h2", "h3"), "h3": partial(self.meet, "h3", "h2")}
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual((Court.judged, self.left()), ([], []))  # all in other processes
        self.assertEqual(threading.active_count(), 1)

    def test_who_ran_out_of_time_beside_others_is_judged_alone(self):
        expected = self.undisturbed()
        self.several_at_once()
        Court.in_vain = ("h0",)
        Court.before = {"h0": partial(self.meet, "h0", "h1"), "h1": partial(self.meet, "h1", "h0")}
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual(Court.judged, ["h0"])

    def test_who_waits_for_ever_is_not_judged_again(self):
        case = Case("a", 1, False, False)
        for said, again in (
            ("Gave up after 8 s in which every thread waited: the case does not end.", False),
            ("Gave up after 20 s: the case does not end.", True),
            ("Ended: it took more than 2 GiB of memory.", True),
        ):
            found = Graded("h0", None, NOT_PASSED, [Outcome(case, STUCK, said)])
            self.assertEqual(grade.wants_time(found), again, said)
        for said, again in (
            ("it waited for 5 s in vain", True),
            ("it was 3", False),
            ("Cannot judge: the machine is busy", True),
            ("The search ran out\nof time after 31 of 2000 schedules", True),
        ):
            found = Graded("h0", None, NOT_PASSED, [Outcome(case, FAILED, said)])
            self.assertEqual(grade.wants_time(found), again, said)

    def test_whose_compilation_took_long_by_the_clock_alone_is_judged_again(self):
        for why, again in (
            ("x.cpp:1: error\nGave up after 200 s.", True),
            ("Gave up: it waited for 10 s.", True),
            ("  Gave up: to compile it takes far longer than the solution does.", False),
            ("x.cpp:1: error", False),
        ):
            self.assertEqual(grade.wants_time(Graded("h0", None, DOES_NOT_BUILD, why=why)), again, why)

    def test_there_is_room_for_each_that_is_judged(self):
        self.several_at_once()
        Court.before = {"h0": signal.pause}
        with unittest.mock.patch("tool.instructor.grade_record.room", return_value=1):
            with self.assertRaisesRegex(WorkbookError, "of room is left"):
                self.grade()
        self.assertIn("6 of 6 are not judged yet", self.notes)

    def test_several_at_once_by_kill(self):
        expected = self.undisturbed()
        self.several_at_once()
        child = os.fork()
        if child == 0:
            Court.before = {"h3": lambda: os.kill(os.getppid(), signal.SIGKILL)}
            with contextlib.suppress(BaseException):
                self.grade()
            os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], signal.SIGKILL)
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual(self.left(), [])

    def test_several_at_once_by_ctrl_c(self):
        expected = self.undisturbed()
        self.several_at_once()
        self.breaks_off("h3", lambda: os.kill(os.getppid(), signal.SIGINT), KeyboardInterrupt)
        Court.before = {}
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual(self.left(), [])

    def test_verdicts_that_came_before_their_turn_are_told(self):
        """The first one is under way still, the others are judged."""
        self.several_at_once()
        recorded = []

        def keep(record, one, found, real=grade_record.Record.keep):
            real(record, one, found)
            recorded.append(one)
            if len(recorded) == COUNT - 1:
                os.kill(os.getpid(), signal.SIGINT)

        self.patch("tool.instructor.grade_record.Record.keep", keep)
        self.breaks_off("h0", signal.pause, KeyboardInterrupt)
        for number in range(COUNT):
            for lines in (self.marks().splitlines(), self.table.splitlines()):
                line = next(one for one in lines if f"/h{number}" in one)
                self.assertEqual(NOT_JUDGED in line, number == 0, line)
        self.assertIn("1 of 6 are not judged yet", self.notes)

    def test_a_helper_that_fails_ends_the_grading(self):
        self.several_at_once()
        for error in (WorkbookError("no room", MACHINE), OSError(28, "no room")):

            def fails(error=error):
                raise error

            Court.before = {"h3": fails}
            with self.assertRaisesRegex(WorkbookError, "no room") as raised:
                self.grade()
            self.assertEqual(raised.exception.status, MACHINE)

    def test_what_a_helper_cannot_save(self):
        self.several_at_once()
        self.patch("tool.instructor.helpers.pickle.dump", side_effect=OSError(28, "full"))
        with self.assertRaisesRegex(WorkbookError, "could not save") as raised:
            self.grade()
        self.assertEqual(raised.exception.status, MACHINE)

    def test_whose_helper_is_killed_is_judged_alone(self):
        expected = self.undisturbed()
        self.several_at_once()

        def killed():
            if os.getpid() != TESTS:
                os.kill(os.getpid(), signal.SIGKILL)

        Court.before = {"h3": killed}
        self.assertEqual((self.grade(), self.marks()), expected)
        self.assertEqual(Court.judged, ["h3"])

    def test_twice_at_once(self):
        def another():
            with self.assertRaisesRegex(WorkbookError, "in another terminal"):
                with grade_record.Record(self.root, [*self.tops, "--", "ex01", "False (1, 1) 0"]):
                    pass

        Court.before = {"h1": another}
        self.grade()
        self.assertEqual(len(Court.judged), COUNT)


if __name__ == "__main__":
    unittest.main()
