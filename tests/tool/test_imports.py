# The tool's modules import one another one way, and a circle would be found.
#
# SPDX-License-Identifier: MIT
import unittest
import unittest.mock

import fake_tree
import imports
import selfcheck

ROOT = fake_tree.TOOL.parents[1]


class Imports(fake_tree.FakeTree):
    def circle(self, **modules):
        for name, text in modules.items():
            self.write(f"scripts/tool/{name}.py", text)
        return imports.problems(self.root)

    def test_ours_run_one_way(self):
        self.assertEqual(selfcheck.check_imports(ROOT), [])

    def test_a_circle_is_told_once(self):
        found = self.circle(a="import b\n", b="import os\nfrom c import d\n", c="import a\n", e="import a\n")
        self.assertEqual(found, ["scripts/tool: imports run in a circle: a -> b -> c -> a"])

    def test_one_in_a_function_counts(self):
        found = self.circle(a="import b\n", b="def f():\n    import a\n")
        self.assertEqual(len(found), 1)

    def test_one_for_the_type_checker_does_not(self):
        spared = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\n"
        self.assertEqual(self.circle(a="import b\n", b=spared), [])

    def test_a_module_that_imports_itself(self):
        self.assertEqual(len(self.circle(a="import a\n")), 1)


class Lint(fake_tree.FakeTree):
    def test_a_name_that_nobody_uses_is_found(self):
        self.write("scripts/tool/a.py", "import os\n")
        try:
            found = selfcheck.check_lint(self.root)
        except selfcheck.Skipped as lack:
            self.skipTest(str(lack))
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0], "^scripts/tool/a.py:1:.* 'os' imported but unused")

    def test_where_there_is_none_it_is_skipped(self):
        with unittest.mock.patch("shutil.which", return_value=None):
            for name in ("lint", "types"):
                self.assertEqual(selfcheck.report(name, self.root), 77)

    def test_a_function_without_types_is_found(self):
        self.write("scripts/tool/mypy.ini", (ROOT / "scripts/tool/mypy.ini").read_text())
        self.write("scripts/tool/a.py", "def double(n):\n    return 2 * n\n")
        self.write("scripts/tool/verify.py", "def double(n):\n    return 2 * n\n")  # spared still
        try:
            found = selfcheck.check_types(self.root)
        except selfcheck.Skipped as lack:
            self.skipTest(str(lack))
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "^scripts/tool/a.py:1: error: .*type annotation")


if __name__ == "__main__":
    unittest.main()
