# A tiny workbook in a temporary folder: one exercise whose every part is there and right. Tests
# spoil one thing each.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import difflib
import json
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "scripts" / "tool"
sys.path.insert(0, str(TOOL.parent))

from tool.course import pristine  # noqa: E402
from tool.course.layout import Exercise  # noqa: E402

STUB_HEADER = """\
// Counts.
//
// SPDX-License-Identifier: MIT
#pragma once

/// Two times n.
int twice(int n);

class counter {
public:
    explicit counter(int begin);
    int next();

private:
    int spare_ = 0;
};
"""

STUB = """\
// Counts.
//
// SPDX-License-Identifier: MIT
#include "count.hpp"

#include "given/todo.hpp"

int twice([[maybe_unused]] int n)
{
    todo("return two times n");
}

counter::counter([[maybe_unused]] int begin)
{
    todo("remember where to begin");
}

int counter::next()
{
    todo("count on "
         "by one");
}
"""

SOLUTION = """\
// Counts, with a word more than the stub says.
//
// SPDX-License-Identifier: MIT
#include "count.hpp"

// Only the solution has this.
namespace {

int add(int a, int b)
{
    return a + b;
}

} // namespace

int twice(int n)
{
    return add(n, n);
}

counter::counter(int begin) : value_(begin) {}

int counter::next()
{
    return value_++;
}
"""



def patch(heading: str, old: str, new: str) -> str:
    """An answer of another kind: the solution with `new` for `old`."""
    lines = difflib.unified_diff(
        SOLUTION.splitlines(True), SOLUTION.replace(old, new).splitlines(True), "a/count.cpp", "b/count.cpp"
    )
    return heading + "\n" + "".join(lines)


WRONG = patch("caught by: two times three is six\nForgets.", "return add(n, n)", "return n")

TEST = """\
// SPDX-License-Identifier: MIT
#include "count.hpp"
#include "support/catch.hpp"

TEST_CASE("two times three is six", "[ex01][step1]")
{
    REQUIRE(twice(3) == 6);
}
"""

SECTION = """\
<!-- ex01_count begins -->
## ex01_count

**Counting.** *1 hour.* You will have counted.

### Why
Because.
### Your task
1. Count. See [the hints](#hints).
### Contract
- A count grows.
### Try it
`scripts/workbook run ex01`
### Hints
<details><summary>Hint 1, step 1: think</summary>

Think of *two*.

</details>
<details><summary>Hint 2, step 1: think more</summary>

`n + n`

</details>
<details><summary>Hint 3, step 2: nearly there</summary>

Return it.

</details>
### What did you notice?
<details><summary>How many?</summary>

Two.

</details>
### Further
[The license](LICENSE)

**So far:** you have counted.\\
**Next:** [once more](#the-book).
<!-- ex01_count ends -->
"""

CONTRACT = """\
# SPDX-License-Identifier: MIT

A count grows.
    case: two times three is six
    wrong: undoubled
"""


class FakeTree(unittest.TestCase):
    """self.root is the tree, self.exercise its only exercise; nothing of it is in git yet."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name).resolve() / "book"
        self.exercise = Exercise(self.root, "ex01_count")
        self.write("CMakeLists.txt", "# SPDX-License-Identifier: MIT\nworkbook_exercise(ex01_count)\n")
        self.write("WORKBOOK.md", f"# The Book\n\n{SECTION}")
        self.write("README.md", "# Read me\n\nSee [the text](WORKBOOK.md#ex01_count).\n")
        self.write("LICENSE", "MIT\n")
        self.write("exercises/ex01_count/count.hpp", STUB_HEADER)
        self.write("exercises/ex01_count/count.cpp", STUB)
        self.write("exercises/ex01_count/main.cpp", "// SPDX-License-Identifier: MIT\nint main() {}\n")
        self.write("exercises/ex01_count/NOTES.md", "# Notes\n")
        self.write("exercises/ex01_count/twin.py", "# SPDX-License-Identifier: MIT\n")
        header = STUB_HEADER.replace("int spare_ = 0;", "int value_;")
        self.write("solutions/ex01_count/count.hpp", header)
        self.write("solutions/ex01_count/count.cpp", SOLUTION)
        self.write("tests/ex01_count_test.cpp", TEST)
        self.write("tests/contracts/ex01_count.txt", CONTRACT)
        self.write("tests/wrong_answers/ex01_count/undoubled.patch", WRONG)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def script(self, name: str, lines: str) -> Path:
        """A program for /bin/sh, to stand for a checker."""
        path = self.write(name, f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    def hand_out(self) -> None:
        """The tree is a checkout, and its stub the one that students get."""
        self.git("init", "-q")
        pristine.accept(self.exercise)

    def pretend_configured(self, *names: str, **facts) -> None:
        """A build folder that knows these exercises, each with the same four cases."""
        found = []
        for name in names:
            keys = ("student_checker", "target", "program", "program_target")
            entry = {key: "x" for key in (*keys, "solution_program", "solution_program_target")}
            cases = [("a", 1, False, False), ("b", 2, False, False), ("c", 2, True, False)]
            cases.append(("d", 2, False, True))
            keys = ("sentence", "step", "stretch", "soak")
            entry.update(name=name, explored=True, cases=[{"explore": False, **dict(zip(keys, one))} for one in cases])
            found.append({**entry, **facts})
        self.write("build/workbook.json", json.dumps({"exercises": found}))
        self.write("build/build.ninja", "")

    def pretend_measurable(self, compiler: str) -> None:
        """A build folder whose solution's program, `program` in the root, is built already, with a
        compiler that does this when it is asked who it is; on a machine that does nothing else."""
        program = str(self.root / "program")
        self.pretend_configured("ex01_count", solution_program=program, explored=False, cases=[])
        compiler = self.script("compiler", compiler)
        self.write("build/CMakeCache.txt", f"CMAKE_CXX_COMPILER:FILEPATH={compiler}\n")
        self.patch("tool.measuring.bench.build_target")
        self.patch("os.getloadavg", return_value=(0.1, 0, 0))

    def patch(self, *what, **how):
        patcher = unittest.mock.patch(*what, **how)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def git(self, *arguments: str) -> str:
        """In the tree, whatever repository the tests were started in (a git hook sets GIT_DIR)."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout
