# The answers made of patches and stubs.
#
# SPDX-License-Identifier: MIT
import contextlib
import difflib
import io
import unittest

import fake_tree
from tool.course import answers


class Answers(fake_tree.FakeTree):
    def make(self):
        """(exit status, what was printed)"""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = answers.main(["--source-dir", str(self.root), "--out", str(self.root / "out")])
        return status, said.getvalue()

    def made(self):
        status, said = self.make()
        self.assertEqual(status, 0, said)
        return sorted(path.name for path in (self.root / "out").iterdir() if path.is_dir())

    def test_every_kind_is_made(self):
        right = fake_tree.patch("right answer: adds", "return add(n, n)", "return n + n")
        self.write("tests/right_answers/ex01_count/adds.patch", right)
        self.assertEqual(
            self.made(),
            ["bad01.undoubled", "good01.adds", "half01.1", "half01.2", "half01.3", "new01"],
        )
        self.assertIn("return n;", self.read("out/bad01.undoubled/ex01_count/count.cpp"))
        self.assertIn("return n + n;", self.read("out/good01.adds/ex01_count/count.cpp"))
        self.assertEqual(self.read("out/new01/ex01_count/count.cpp"), fake_tree.STUB)
        listed = self.read("out/answers.cmake")
        self.assertIn('"bad01.undoubled|count.cpp|two times three is six"', listed)
        self.assertIn('"half01.3|count.cpp|count on by one"', listed)
        self.assertIn('"new01|header"', listed)

    def test_a_header_that_differs_brings_the_cases_that_must_fail(self):
        self.change("tests/ex01_count_test.cpp", "#include", '#include "support/more.hpp"\n#include')
        one = '\nTEST_CASE("it is quick", "[ex01][step1]")\n{\n    REQUIRE(true);\n}\n'
        with open(self.root / "tests/ex01_count_test.cpp", "a", encoding="utf-8") as test:
            test.write(one)
        self.write("tests/support/more.hpp", f"int helper();\n{one}int another();\n")
        header = self.read("solutions/ex01_count/count.hpp").splitlines(True)
        narrow = [line.replace("int twice(int n)", "short twice(int n)") for line in header]
        differs = "".join(difflib.unified_diff(header, narrow, "a/count.hpp", "b/count.hpp"))
        wrong = f"caught by: two times three is six\nNarrow.\n{differs}"
        self.write("tests/wrong_answers/ex01_count/narrow.patch", wrong)
        self.made()
        self.assertIn('"bad01.narrow|header|', self.read("out/answers.cmake"))
        test = self.read("out/bad01.narrow/tests/ex01_count_test.cpp").splitlines()
        whole = (self.root / "tests/ex01_count_test.cpp").read_text().splitlines()
        self.assertEqual(test[0], f'#line 1 "{self.root / "tests/ex01_count_test.cpp"}"')
        self.assertEqual(len(test), len(whole) + 1)
        self.assertIn('TEST_CASE("two times three is six", "[ex01][step1]")', test)
        self.assertNotIn("it is quick", "".join(test))
        shared = self.read("out/bad01.narrow/tests/support/more.hpp")
        self.assertNotIn("TEST_CASE", shared)
        self.assertIn("int helper();", shared)
        self.assertIn("int another();", shared)
        self.assertFalse((self.root / "out/bad01.undoubled/tests").exists())

    def test_a_todo_with_a_semicolon(self):
        self.change("exercises/ex01_count/count.cpp", "return two times n", "double n; return it")
        self.made()
        listed = self.read("out/answers.cmake")
        self.assertIn('"half01.1|count.cpp|double n<semicolon> return it"', listed)

    def test_a_todo_that_cmake_would_not_pass_on(self):
        self.change("exercises/ex01_count/count.cpp", "return two times n", "return $n")
        status, said = self.make()
        self.assertEqual(status, 1)
        self.assertIn("exercises/ex01_count/count.cpp:10: a TODO sentence has none of", said)

    def test_the_program_is_no_part_of_an_answer(self):
        self.made()
        self.assertFalse((self.root / "out/new01/ex01_count/main.cpp").exists())

    def test_a_patch_that_no_longer_applies_is_an_error(self):
        self.change("solutions/ex01_count/count.cpp", "return add(n, n);", "return 2 * n;")
        status, said = self.make()
        self.assertEqual(status, 1)
        self.assertIn("undoubled.patch: no longer applies to solutions/ex01_count", said)

    def test_a_patch_is_not_applied_with_fuzz(self):
        self.change("solutions/ex01_count/count.cpp", "int twice(int n)\n{\n", "int twice(int n)\n{\n\n")
        self.assertEqual(self.make()[0], 1)

    def test_a_patch_that_changes_nothing_is_an_error(self):
        self.write("tests/wrong_answers/ex01_count/idle.patch", "caught by: two times three is six\n")
        status, said = self.make()
        self.assertEqual(status, 1)
        self.assertIn("idle.patch", said)

    def test_a_wrong_answer_says_what_catches_it(self):
        self.change("tests/wrong_answers/ex01_count/undoubled.patch", "caught by", "found by")
        status, said = self.make()
        self.assertEqual(status, 1)
        self.assertIn("does not begin with 'caught by:'", said)

    def test_making_again_leaves_files_alone_and_removes_stale_ones(self):
        self.made()
        path = self.root / "out/half01.1/ex01_count/count.cpp"
        before = path.stat().st_mtime_ns
        (self.root / "tests/wrong_answers/ex01_count/undoubled.patch").unlink()
        self.assertNotIn("bad01.undoubled", self.made())
        self.assertEqual(path.stat().st_mtime_ns, before)

    def test_an_edited_stub_is_judged_as_handed_out(self):
        self.hand_out()
        self.write("exercises/ex01_count/count.cpp", "my own work, which does not even compile")
        self.write("exercises/ex01_count/extra.cpp", "more of it")
        self.made()
        self.assertEqual(self.read("out/new01/ex01_count/count.cpp"), fake_tree.STUB)
        self.assertFalse((self.root / "out/new01/ex01_count/extra.cpp").exists())
        self.assertIn("return two times n", self.read("out/half01.1/ex01_count/count.cpp"))


if __name__ == "__main__":
    unittest.main()
