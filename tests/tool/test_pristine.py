# Stubs as handed out: recorded, put back, never at the cost of a student's work.
#
# SPDX-License-Identifier: MIT
import shutil
import unittest

import fake_tree
import pristine
from layout import WorkbookError

STUB = "exercises/ex01_count/count.cpp"


class Pristine(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.git("init", "-q")
        pristine.accept(self.exercise)

    def test_the_id_is_gits(self):
        self.assertEqual(
            pristine.blob_id(fake_tree.STUB.encode()), self.git("hash-object", STUB).strip()
        )

    def test_the_manifest_has_every_file_a_student_edits(self):
        names = [path.rsplit("/", 1)[1] for path in pristine.shipped(self.exercise)]
        self.assertEqual(names, ["NOTES.md", "count.cpp", "count.hpp", "main.cpp"])
        self.assertEqual(pristine.edited_files(self.exercise), [])

    def test_accepting_one_keeps_the_others(self):
        entry = "0" * 40 + " exercises/ex02_else/a.cpp\n"
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

    def test_outside_git_nothing_is_changed(self):
        shutil.rmtree(self.root / ".git")
        self.write(STUB, "my work")
        with self.assertRaisesRegex(WorkbookError, "nothing was changed"):
            pristine.reset(self.exercise)
        self.assertEqual(self.read(STUB), "my work")

    def test_an_untouched_stub_needs_no_git(self):
        shutil.rmtree(self.root / ".git")
        self.assertEqual(pristine.shipped_content(self.exercise)[STUB].decode(), fake_tree.STUB)


if __name__ == "__main__":
    unittest.main()
