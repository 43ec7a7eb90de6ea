# What `grade` writes, read by programs that others use for it. Each is skipped where it is missing;
# they are in the packages sqlite3, jq, libxml2-utils and python3-junitparser.
#
# SPDX-License-Identifier: MIT
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fake_tree
from tool.building.build_folder import Case
from tool.console.terminal import harmless, one_line
from tool.course.layout import Exercise
from tool.instructor import grade_forms
from tool.instructor.graded import CORE, LOOK, NOT_PASSED, UNREADABLE, Graded
from tool.judging.judge import FAILED, PASSED, Outcome

ROOT = fake_tree.TOOL.parents[1]

SEED = 614207733  # of the tests' numbers
NAMES = (
    "alice", 'b"o,b;\t', "=1+1", "-2", "Ödön Мария 学生 😀", "</testcase>]]>", "<script>x</script>&amp;",
    "a'b\\", "\u202egnirts", "{{7*7}}",
)  # fmt: skip
PRINTED = b"\0 \x1b[31mred\x1b[0m ]]> <b> & \r\n \xff \xef\xbf\xbe \x07 \xc2\x85 end\n" + b"x" * 200_000
OUTPUT = harmless(PRINTED.decode("utf-8", "replace"))  # as it is taken from a sandbox
READ_BY_JUNITPARSER = """
import sys
from junitparser import JUnitXml
suites = list(JUnitXml.fromfile(sys.argv[1]))
print(len(suites), sum(s.tests for s in suites), sum(s.failures for s in suites))
for suite in suites:
    for case in suite:
        assert case.name and case.classname and case.time is not None
"""


def class_of_students() -> list[Graded]:
    exercise = Exercise(ROOT, "ex01_threads")
    found = []
    for number, name in enumerate(map(one_line, NAMES)):
        good = number % 2 == 0
        case = Case("a promise", 1, False, False)
        outcomes = [Outcome(case, PASSED if good else FAILED, OUTPUT)]
        odd = [f"calc_primes.cpp:1: {OUTPUT[:60]}"] if number == 2 else []
        verdict = LOOK if odd else CORE if good else NOT_PASSED
        found.append(Graded(name, exercise, verdict, outcomes, odd=odd, files={"a.cpp": OUTPUT}))
    return [*found, Graded("zoe", None, UNREADABLE, why="a\nb")]


class Readers(unittest.TestCase):
    def written(self, form: str, found: list[Graded]) -> Path:
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / f"made.{form}"
        text = grade_forms.FORMS[form](found, SEED)
        file.write_bytes(text.encode("utf-8", "replace"))
        return file

    def enterContext(self, context):  # Python 3.11 has it
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def said_by(self, *words) -> str:
        if shutil.which(words[0]) is None:
            self.skipTest(f"{words[0]} is not installed")
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        # libxml2 knows HTML 4.
        told = [line for line in done.stderr.decode().splitlines() if "error" in line]
        told = [line for line in told if not re.search(r"Tag (details|summary) invalid$", line)]
        self.assertEqual((done.returncode, told), (0, []))
        return done.stdout.decode()

    def test_csv_by_sqlite(self):
        found = class_of_students()
        file = self.written("csv", found)
        queries = (f'.import "{file}" marks', ".mode json", 'select "hand-in", verdict, core, seed from marks')
        rows = json.loads(self.said_by("sqlite3", "-csv", ":memory:", *queries))
        self.assertEqual([row["hand-in"].lstrip("'") for row in rows], [one.name for one in found])
        self.assertEqual([row["verdict"] for row in rows], [one.verdict for one in found])
        self.assertEqual({row["seed"] for row in rows}, {str(SEED)})

    def test_junit_by_junitparser(self):
        file = self.written("junit", class_of_students())
        python = next((p for p in ("/usr/bin/python3", sys.executable) if has_junitparser(p)), None)
        if python is None:
            self.skipTest("junitparser is not installed")
        said = self.said_by(python, "-c", READ_BY_JUNITPARSER, str(file))
        # Of each a promise; one that needs a look has a line of its own, who was unreadable that alone.
        self.assertEqual(said.split(), ["11", "12", "7"])

    def test_junit_by_xmllint(self):
        file = self.written("junit", class_of_students())
        self.said_by("xmllint", "--noout", str(file))
        count = self.said_by("xmllint", "--xpath", "count(//testsuite[@timestamp and @time])", str(file))
        self.assertEqual(count.strip(), "11")
        seeds = f"count(//testsuite/properties/property[@name='seed' and @value='{SEED}'])"
        self.assertEqual(self.said_by("xmllint", "--xpath", seeds, str(file)).strip(), "11")

    def test_the_page_by_xmllint(self):
        file = self.written("html", class_of_students())
        for path, count in (("//script", 0), ("//td[1][.='alice']", 1), ("//table//tr", 12)):
            said = self.said_by("xmllint", "--html", "--xpath", f"count({path})", str(file))
            self.assertEqual(said.strip(), str(count), path)

    def test_platforms_by_jq(self):
        for one in class_of_students():
            gradescope = self.written("gradescope", [one])
            sums = '[.tests[].score // 0] | add, ([.[] | numbers] | length)'
            self.said_by("jq", "-e", '.tests | length > 0 and all(.name | type == "string")', str(gradescope))
            self.assertEqual(self.said_by("jq", ".extra_data.seed", str(gradescope)).strip(), str(SEED))
            self.assertEqual(len(self.said_by("jq", sums, str(gradescope)).split()), 2)
            classroom = self.written("classroom", [one])
            tests = '.version == 1 and (.tests | all(.status | IN("pass", "fail", "error")))'
            self.said_by("jq", "-e", tests, str(classroom))


def has_junitparser(python: str) -> bool:
    words = [python, "-c", "import junitparser"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    unittest.main()
