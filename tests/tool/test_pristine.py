# Stubs as handed out: recorded, put back, never at the cost of a student's work.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import shutil
import unittest
import unittest.mock
import zlib

import fake_tree
from tool.author import accept, selfcheck
from tool.building import misplaced
from tool.course import pristine
from tool.course.layout import WorkbookError
from tool.student import check, doctor, run

STUB = "exercises/ex01_count/count.cpp"


class Pristine(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()

    def test_the_id_is_gits(self):
        self.assertEqual(
            pristine.blob_id(fake_tree.STUB.encode()), self.git("hash-object", STUB).strip()
        )

    def test_the_manifest_has_every_file_a_student_edits(self):
        names = [path.rsplit("/", 1)[1] for path in pristine.shipped(self.exercise)]
        self.assertEqual(names, ["NOTES.md", "count.cpp", "count.hpp", "main.cpp"])
        self.assertEqual(pristine.edited_files(self.exercise), [])

    def test_a_damaged_manifest_is_told_with_its_cure(self):
        whole = self.read(pristine.MANIFEST)
        for damaged in (whole[:-1], "[]\n", "\0\xff\n", "0" * 40 + " ../elsewhere x\n", whole + "\n"):
            self.write(pristine.MANIFEST, damaged)
            with self.assertRaisesRegex(WorkbookError, "git checkout -- exercises/.pristine$") as raised:
                pristine.edited_files(self.exercise)
            self.assertNotIn("\n", str(raised.exception))

    def test_accept_says_how_to_undo_it(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            accept.accept(self.root, ["ex01"])
        self.assertIn("To undo this: git checkout -- exercises/.pristine\n", out.getvalue())

    def test_accepting_one_keeps_the_others(self):
        entry = "0" * 40 + " exercises/ex02_else/a.cpp eNoDAAAAAAE=\n"
        self.write(pristine.MANIFEST, self.read(pristine.MANIFEST) + entry)
        self.write(STUB, "another stub\n")
        pristine.accept(self.exercise)
        self.assertIn(entry, self.read(pristine.MANIFEST))
        self.assertEqual(pristine.edited_files(self.exercise), [])

    def test_reset_puts_back_and_keeps_a_backup(self):
        self.write(STUB, "my work")
        self.write("exercises/ex01_count/extra.cpp", "my other file")
        (self.root / "exercises/ex01_count/NOTES.md").unlink()
        backup, undone = pristine.reset(self.exercise)
        self.assertEqual(len(undone), 3)
        self.assertEqual(self.read(STUB), fake_tree.STUB)
        self.assertEqual(pristine.edited_files(self.exercise), [])
        self.assertFalse((self.root / "exercises/ex01_count/extra.cpp").exists())
        self.assertEqual((backup / "count.cpp").read_text(), "my work")
        self.assertEqual((backup / "extra.cpp").read_text(), "my other file")

    def test_two_resets_in_a_second_keep_two_backups(self):
        backups = set()
        for work in ("first", "second"):
            self.write(STUB, work)
            backups.add(pristine.reset(self.exercise)[0])
        self.assertEqual(sorted((b / "count.cpp").read_text() for b in backups), ["first", "second"])

    def test_nothing_to_reset_makes_no_backup(self):
        self.assertEqual(pristine.reset(self.exercise), (None, []))
        self.assertFalse((self.root / ".workbook").exists())

    def test_what_editors_leave_is_not_the_students(self):
        lock = self.exercise.stub / ".#count.cpp"
        os.symlink("nobody@nowhere.1:2", lock)
        self.write("exercises/ex01_count/.hidden.cpp", "")
        self.assertEqual(pristine.edited_files(self.exercise), [])
        self.write(STUB, "my work")
        backup, undone = pristine.reset(self.exercise)
        self.assertEqual(undone, [STUB])
        self.assertTrue(lock.is_symlink())
        self.assertEqual(os.readlink(backup / ".#count.cpp"), "nobody@nowhere.1:2")

    def what_is_no_file(self):
        """Of one kind and another, each where a file belongs; and what it is told as."""
        folder = self.exercise.stub
        for name in ("count.cpp", "count.hpp", "main.cpp"):
            (folder / name).unlink()
        self.write("exercises/ex01_count/count.cpp/deeper/work.txt", "my work")
        os.symlink("/nowhere/count.hpp", folder / "count.hpp")
        os.symlink("/", folder / "main.cpp")
        os.mkdir(folder / "extra.cpp")
        return [f"exercises/ex01_count/{name}" for name in ("count.cpp", "count.hpp", "extra.cpp", "main.cpp")]

    def test_reset_keeps_what_is_no_file_and_lays_a_file_there(self):
        there = self.what_is_no_file()
        backup, undone = pristine.reset(self.exercise)
        self.assertEqual(undone, there)
        self.assertEqual(self.read(STUB), fake_tree.STUB)
        self.assertEqual(pristine.edited_files(self.exercise), [])
        self.assertEqual(pristine.in_the_way(self.exercise), [])
        self.assertTrue((self.exercise.stub / "main.cpp").is_file())
        self.assertFalse((self.exercise.stub / "extra.cpp").exists())
        self.assertEqual((backup / "count.cpp/deeper/work.txt").read_text(), "my work")
        self.assertEqual(os.readlink(backup / "count.hpp"), "/nowhere/count.hpp")
        self.assertEqual(os.readlink(backup / "main.cpp"), "/")
        self.assertTrue((backup / "extra.cpp").is_dir())

    def test_what_is_no_file_is_told_with_its_cure(self):
        misplaced.refuse_what_is_no_file(self.exercise)
        self.what_is_no_file()
        for told in (check.check, lambda root, said: run.run(root, said, "own", [])):
            with self.assertRaisesRegex(WorkbookError, "count.cpp is no file; .*workbook reset ex01") as raised:
                told(self.root, "ex01")
            self.assertNotIn("\n", str(raised.exception))

    def refused_to_keep(self, said):
        self.write(STUB, "my work")
        with self.assertRaisesRegex(WorkbookError, f"cannot keep your ex01.*{said}.*nothing was") as raised:
            pristine.reset(self.exercise)
        self.assertEqual(raised.exception.status, 3)
        self.assertNotIn("\n", str(raised.exception))
        self.assertEqual(self.read(STUB), "my work")

    def test_a_backup_that_fails_midway_is_removed(self):
        os.mkfifo(self.exercise.stub / "pipe")  # which cannot be copied
        self.refused_to_keep("pipe` is a named pipe")
        self.assertEqual(list((self.root / pristine.BACKUPS).iterdir()), [])

    def test_a_backup_that_cannot_begin(self):
        self.write(".workbook", "a file where the folder should be")
        self.refused_to_keep("(Not a directory|File exists)")

    def test_what_cannot_be_put_back_is_told(self):
        self.write(STUB, "my work")
        with unittest.mock.patch("tool.course.pristine.write_atomically", side_effect=PermissionError(13, "no")):
            with self.assertRaisesRegex(WorkbookError, "your files are kept in .workbook/backup/ex01-"):
                pristine.reset(self.exercise)

    def without_git(self):
        """A ZIP download, where the program git is not even installed."""
        shutil.rmtree(self.root / ".git", ignore_errors=True)
        there = {"PATH": "/nowhere", "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        return unittest.mock.patch.dict(os.environ, there)

    def test_without_git_it_comes_back(self):
        self.write(STUB, "my work")
        with self.without_git():
            pristine.reset(self.exercise)
        self.assertEqual(self.read(STUB), fake_tree.STUB)

    def test_without_git_a_stub_is_accepted(self):
        with self.without_git():
            self.write(STUB, "another stub\n")
            pristine.accept(self.exercise)
            self.write(STUB, "my work")
            pristine.reset(self.exercise)
        self.assertEqual(self.read(STUB), "another stub\n")

    def test_in_another_users_checkout_all_goes_on(self):
        self.write(STUB, "my work")
        with unittest.mock.patch.dict(os.environ, GIT_TEST_ASSUME_DIFFERENT_OWNER="1"):
            pristine.reset(self.exercise)
            with contextlib.redirect_stdout(io.StringIO()):
                accept.accept(self.root, ["ex01"])
            self.assertEqual(selfcheck.check_stubs(self.root), [])
        self.assertEqual(self.read(STUB), fake_tree.STUB)

    def test_accepting_again_changes_no_line(self):
        before = self.read(pristine.MANIFEST)
        with unittest.mock.patch("zlib.compress", side_effect=lambda text, _: zlib_of_another(text)):
            pristine.accept(self.exercise)
        self.assertEqual(self.read(pristine.MANIFEST), before)

    def test_doctor_knows_whether_the_stubs_can_come_back(self):
        self.assertEqual(doctor.originals(self.root).grade, doctor.OK)
        other = pristine.packed(b"somebody's").packed
        entry = pristine.shipped(self.exercise)[STUB]
        self.change(pristine.MANIFEST, entry.packed, other)
        self.assertEqual(doctor.originals(self.root).grade, doctor.FIX)
        self.write(STUB, "my work")
        with self.assertRaisesRegex(WorkbookError, f"is damaged .{STUB}.: .*git checkout"):
            pristine.reset(self.exercise)
        self.assertEqual(self.read(STUB), "my work")


def zlib_of_another(text, real=zlib.compress):
    return real(text, 1)


if __name__ == "__main__":
    unittest.main()
