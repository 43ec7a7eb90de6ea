# Files of an answer that lie where nobody looks for them.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import shutil
import unittest
import unittest.mock

import fake_tree
from tool.building import misplaced
from tool.student import checking


class Misplaced(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()

    def test_nothing_is_said_of_a_good_tree(self):
        self.write("exercises/given/todo.hpp", "")
        self.write("exercises/ex01_count/mine.cpp", "")
        self.assertEqual(misplaced.told(self.exercise), [])

    def test_code_that_lies_elsewhere_is_told(self):
        self.write("exercises/ex01_count/.cache/a.cpp", "")
        self.write("exercises/ex01_count/notes/a.txt", "")
        self.assertEqual(misplaced.out_of_place(self.exercise), [])
        elsewhere = ["count.hpp", "exercises/count.cpp", "exercises/ex01_count/old/count.cpp"]
        for path in elsewhere:
            self.write(path, "")
        with contextlib.redirect_stderr(io.StringIO()) as noted:
            checking.look_at_files(self.exercise)
        for path, line in zip(elsewhere, noted.getvalue().splitlines()):
            self.assertRegex(line, f"^{path} is not part of ex01: .* in exercises/ex01_count/$")
        self.assertEqual(noted.getvalue().count("\n"), 3)

    def test_a_folder_that_is_no_exercises(self):
        self.write("exercises/ex01/count.cpp", "")
        self.write("exercises/notes/a.txt", "")
        line = "exercises/ex01/ is no exercise's folder: an answer lies in one like exercises/ex01_count/"
        self.assertEqual(misplaced.told(self.exercise), [line])

    def is_told(self, *paths):
        home = "files of an answer lie in exercises/ex01_count/"
        lines = [f"{path} is not what is judged: {home}" for path in paths]
        self.assertEqual(misplaced.told(self.exercise), lines)

    def test_a_new_file_among_the_solutions(self):
        self.write("solutions/ex01_count/mine.cpp", "")
        self.is_told("solutions/ex01_count/mine.cpp")
        with unittest.mock.patch.dict(os.environ, PATH="/nowhere"):
            self.is_told("solutions/ex01_count/mine.cpp")

    def test_a_solution_that_was_changed_instead_of_the_stub(self):
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all")
        self.is_told()
        self.write("solutions/ex01_count/count.cpp", "my work")
        self.is_told("solutions/ex01_count/count.cpp")
        self.write("exercises/ex01_count/count.cpp", "my work, too")  # an author's, then
        self.is_told()

    def test_without_git_a_changed_solution_is_not_seen(self):
        shutil.rmtree(self.root / ".git")
        self.write("solutions/ex01_count/count.cpp", "my work")
        self.is_told()


if __name__ == "__main__":
    unittest.main()
