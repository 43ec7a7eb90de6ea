# Text on narrow terminals.
#
# SPDX-License-Identifier: MIT
import io
import os
import unittest
import unittest.mock

from tool.console import wrapping


class Screen(io.StringIO):
    def isatty(self):
        return True


class Wrapping(unittest.TestCase):
    def setUp(self):
        for patch in (
            unittest.mock.patch("sys.stdout", Screen()),
            unittest.mock.patch.dict(os.environ, COLUMNS="40"),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def test_no_word_is_broken_and_none_is_lost(self):
        long = "    FAILED  a server that has ended leaves no thread or descriptor behind"
        text = f"short\n\n{long}\n  {'x' * 50} and more"
        fitted = wrapping.fitted(text)
        self.assertEqual(fitted.split(), text.split())
        lines = fitted.splitlines()
        self.assertEqual(lines[:3], ["short", "", "    FAILED  a server that has ended"])
        self.assertTrue(lines[3].startswith("      leaves"))
        self.assertTrue(all(len(line) <= 40 for line in lines if "x" * 50 not in line), lines)

    def test_without_a_terminal_it_stays_as_it_is(self):
        text = "word " * 40
        self.assertEqual(wrapping.fitted(text, io.StringIO()), text)
        with unittest.mock.patch("sys.stdout", io.StringIO()):
            self.assertEqual(wrapping.flowing(f"{text}\n{text}"), f"{text}\n{text}")

    def test_a_paragraph_flows_and_code_does_not(self):
        markdown = (
            "One two three four five six\nseven eight nine ten.\n\n"
            "- an item that goes on for more than\n  a line\n- another\n\n"
            "```cpp\nint a;\nint b;\n```\nAnd on."
        )
        self.assertEqual(
            wrapping.flowing(markdown),
            "One two three four five six seven eight\nnine ten.\n\n"
            "- an item that goes on for more than a\n  line\n- another\n\n"
            "```cpp\nint a;\nint b;\n```\nAnd on.",
        )


if __name__ == "__main__":
    unittest.main()
