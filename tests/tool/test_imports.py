# The tool's modules import one another one way, and a circle would be found.
#
# SPDX-License-Identifier: MIT
import unittest
import unittest.mock

import fake_tree
from tool.author import imports, selfcheck

ROOT = fake_tree.TOOL.parents[1]


class Imports(fake_tree.FakeTree):
    def circle(self, **modules):
        """All in one folder."""
        return self.found(**{f"low__{name}": text for name, text in modules.items()})

    def found(self, table="| `low/` | |\n| `left/`, `right/` | |\n", **modules):
        """What is wrong with low/a.py (`low__a`) and others, in a tool with these folders."""
        self.write("scripts/tool/README.md", f"| folder | what |\n|---|---|\n{table}")
        for folder in ("", "low/", "left/", "right/"):
            self.write(f"scripts/tool/{folder}__init__.py", "")
        for name, text in modules.items():
            self.write(f"scripts/tool/{name.replace('__', '/')}.py", text)
        return imports.problems(self.root)

    def test_ours_run_one_way(self):
        self.assertEqual(selfcheck.check_imports(ROOT), [])

    def test_a_circle_is_told_once(self):
        found = self.circle(
            a="from tool.low import b\n",
            b="import os\nfrom tool.low.c import d\n",
            c="import tool.low.a\n",
            e="from tool.low import a\n",
        )
        names = "tool.low.a -> tool.low.b -> tool.low.c -> tool.low.a"
        self.assertEqual(found, [f"scripts/tool: imports run in a circle: {names}"])

    def test_one_in_a_function_counts(self):
        found = self.circle(a="from tool.low import b\n", b="def f():\n    from tool.low import a\n")
        self.assertEqual(len(found), 1)

    def test_one_for_the_type_checker_does_not(self):
        spared = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tool.low import a\n"
        self.assertEqual(self.circle(a="from tool.low import b\n", b=spared), [])

    def test_a_module_that_imports_itself(self):
        self.assertEqual(len(self.circle(a="from tool.low import a\n")), 1)

    def test_a_folder_imports_from_those_above_it_in_the_table(self):
        self.assertEqual(self.found(left__a="from tool.low import b\n", low__b=""), [])
        found = self.found(left__a="", low__b="def f():\n    from tool.left.a import x\n")
        self.assertEqual(
            found, ["scripts/tool: tool.low.b imports tool.left.a: left is not below low"]
        )

    def test_and_not_from_its_neighbor(self):
        found = self.found(left__a="", right__b="from tool.left import a\n")
        self.assertEqual(
            found, ["scripts/tool: tool.right.b imports tool.left.a: left is not below right"]
        )

    def test_the_top_imports_from_everywhere_and_nobody_from_it(self):
        self.assertEqual(self.found(commands="from tool.right import b\n", right__b=""), [])
        found = self.found(commands="", right__b="from tool import commands\n")
        self.assertEqual(
            found, ["scripts/tool: tool.right.b imports tool.commands: the top is not below right"]
        )

    def test_the_table_has_all_folders_and_no_other(self):
        found = self.found("| `low/` | |\n| `left/`, `high/` | |\n", right__b="")
        self.assertEqual(
            found,
            [
                "scripts/tool: README.md: right/ is not in its table",
                "scripts/tool: README.md: there is no high/",
            ],
        )

    def test_a_folder_without_its_init_does_not_escape(self):
        self.assertEqual(self.found(low__a=""), [])
        bad = "from tool.right import b\n"
        found = self.found(low__deep__c=bad, right__b="")
        missing = "scripts/tool: low/deep/ has modules, and no __init__.py"
        self.assertIn(missing, found)
        self.assertIn("scripts/tool: README.md: low.deep/ is not in its table", found)
        self.assertTrue([one for one in found if "tool.low.deep.c imports tool.right.b" in one], found)
        self.write("scripts/tool/low/deep/__init__.py", "")
        self.assertNotIn(missing, imports.problems(self.root))
        (self.root / "scripts/tool/low/__init__.py").unlink()
        self.assertIn("scripts/tool: low/ has modules, and no __init__.py", imports.problems(self.root))

    def test_what_is_copied_is_no_module(self):
        self.assertEqual(self.found(left__template__exercises__ex00__twin="import os\n"), [])


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
        self.write("scripts/tool/__init__.py", "")
        try:
            found = selfcheck.check_types(self.root)
        except selfcheck.Skipped as lack:
            self.skipTest(str(lack))
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "^scripts/tool/a.py:1: error: .*type annotation")


if __name__ == "__main__":
    unittest.main()
