# Each header of the course's right answers, laid out in styles that people like, says what its stub says;
# and with a declaration more or less it does not.
#
# SPDX-License-Identifier: MIT
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree
from tool.course import pristine
from tool.course.layout import exercises, read_code
from tool.judging import interface

ROOT = fake_tree.TOOL.parents[1]
STYLES = (
    "LLVM",
    "Google",
    "Mozilla",
    "WebKit",
    "Microsoft",
    "GNU",
    "{BasedOnStyle: Google, BreakBeforeBraces: Allman, UseTab: Always, AlwaysBreakAfterReturnType: All}",
)


def headers():
    """(name, stub, solution) of each."""
    return [
        (name, stub, solution[name])
        for one in exercises(ROOT)
        for solution in [read_code(one.solution)]
        for name, stub in pristine.shipped_code(one).items()
        if name.endswith(".hpp") and name in solution
    ]


class Headers(unittest.TestCase):
    def test_as_they_are(self):
        self.assertGreater(len(headers()), 14)
        for name, stub, solution in headers():
            for text in (solution, solution.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + solution):
                self.assertEqual(interface.change(name, stub, text), "", name)

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_in_each_style(self):
        with tempfile.TemporaryDirectory(prefix="workbook-test-") as holder:
            for style in STYLES:
                paths = []
                for number, (name, _, solution) in enumerate(headers()):
                    paths.append(Path(holder) / f"{number}_{name}")
                    paths[-1].write_bytes(solution)
                subprocess.run(["clang-format", "-i", f"--style={style}", *paths], check=True)
                changed = 0
                for path, (name, stub, solution) in zip(paths, headers()):
                    changed += path.read_bytes() != solution
                    self.assertEqual(interface.change(name, stub, path.read_bytes()), "", (style, name))
                self.assertGreater(changed, 9, style)

    def test_with_a_guard(self):
        for name, stub, solution in headers():
            guard = f"MY_{re.sub(r'[^a-z0-9]', '_', name)}".upper().encode()
            text = solution.replace(b"#pragma once", b"#ifndef %s\n#define %s" % (guard, guard), 1)
            self.assertNotEqual(text, solution, name)
            self.assertEqual(interface.change(name, stub, text + b"#endif\n"), "", name)

    def test_a_declaration_more(self):
        for name, stub, solution in headers():
            for more in (b"int more;", b"template <> bool x<int>();", b"#define X", b"}", b"using y = int;"):
                self.assertNotEqual(interface.change(name, stub, solution + b"\n" + more + b"\n"), "", name)

    def test_a_declaration_less(self):
        """Each that ends on a line before the first private part and stands in no body."""
        tried = 0
        for name, stub, solution in headers():
            before = solution.split(b"private:")[0].split(b"{\n    ")[0]
            for line in re.findall(rb"(?m)^ {0,4}\w[^\n/#]*\);$", before):
                tried += 1
                changed = interface.change(name, stub, solution.replace(line, b"", 1))
                self.assertNotEqual(changed, "", (name, line))
        self.assertGreater(tried, 9)


if __name__ == "__main__":
    unittest.main()
