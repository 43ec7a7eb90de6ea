# What editors do with the workbook: build folders of their own, ctest's list of tests, .vscode.
#
# SPDX-License-Identifier: MIT
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import fake_tree
from tool.building import build_folder, build_step
from tool.course.layout import WorkbookError

ROOT = fake_tree.TOOL.parents[1]
LISTS = """\
cmake_minimum_required(VERSION 3.22)
project(book NONE)
list(APPEND CMAKE_MODULE_PATH {modules})
include(editors)
enable_testing()
workbook_case_places(places ${{CMAKE_SOURCE_DIR}}/tests/ex01_count_test.cpp)
foreach(place IN LISTS places)
    string(REGEX REPLACE "[|].*" "" sentence "${{place}}")
    add_test(NAME "ex01: ${{sentence}}" COMMAND true)
    workbook_test_place("ex01: ${{sentence}}" "${{place}}")
endforeach()
workbook_finish_places()
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "no cmake or ninja here")
class BuildFolders(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("CMakeLists.txt", LISTS.format(modules=fake_tree.TOOL.parent / "cmake"))
        self.change("tests/ex01_count_test.cpp", "{\n", "{\n    // three\n")
        with open(self.root / "tests/ex01_count_test.cpp", "a", encoding="utf-8") as test:
            test.write('\nTEST_CASE("half of it is odd", "[ex01][step1]")\n{\n}\n')

    def configured(self, *words):
        return subprocess.run(
            ["cmake", "-S", self.root, *words], capture_output=True, text=True, check=False
        )

    def test_each_generator_lists_a_case_at_its_line(self):
        text = self.read("tests/ex01_count_test.cpp").split("\n")
        lines = {f"ex01: {m[1]}": n for n, t in enumerate(text, 1) if (m := re.match('TEST_CASE."(.*?)"', t))}
        self.assertEqual(len(lines), 2)
        for generator in ("Ninja", "Ninja Multi-Config", "Unix Makefiles"):
            with self.subTest(generator):
                if generator == "Unix Makefiles" and not shutil.which("make"):
                    continue
                build = self.root / f"build {generator}"
                done = self.configured("-B", build, "-G", generator)
                self.assertEqual(done.returncode, 0, done.stderr)
                listed = subprocess.run(
                    ["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, check=True
                )
                found = json.loads(listed.stdout)
                graph = found["backtraceGraph"]
                for test in found["tests"]:
                    node = graph["nodes"][test["backtrace"]]
                    self.assertTrue(graph["files"][node["file"]].endswith("tests/ex01_count_test.cpp"))
                    self.assertEqual(node["line"], lines[test["name"]])
                self.assertEqual({test["name"] for test in found["tests"]}, set(lines))
                one = re.escape(sorted(lines)[1])
                ran = subprocess.run(
                    ["ctest", "-R", f"^{one}$"], cwd=build, capture_output=True, text=True, check=False
                )
                self.assertIn("100% tests passed, 0 tests failed out of 1", ran.stdout)

    def test_the_top_is_no_build_folder(self):
        done = self.configured("-B", self.root, "-G", "Ninja")
        self.assertNotEqual(done.returncode, 0)
        said = " ".join(done.stderr.split())
        self.assertIn("Build in a folder of its own: rm -r CMakeCache.txt CMakeFiles", said)

    def test_the_tool_refuses_anothers_generator_in_a_line(self):
        self.write(
            "build/CMakeCache.txt",
            f"CMAKE_HOME_DIRECTORY:INTERNAL={self.root}\nCMAKE_GENERATOR:INTERNAL=Unix Makefiles\n",
        )
        with self.assertRaisesRegex(WorkbookError, r"configured for Unix Makefiles.*rm -r build\)") as raised:
            build_folder.configure(self.root)
        self.assertEqual(raised.exception.status, 3)
        self.assertNotIn("\n", str(raised.exception))

    def test_make_sees_a_file_that_came_with_an_older_time(self):
        build = self.root / "build"
        stub = self.exercise.stub / "count.cpp"
        build.mkdir()
        build_step.touch_changed(build, self.root)
        stub.write_text("another", encoding="utf-8")
        os.utime(stub, (1000, 1000))
        self.assertEqual(build_step.touch_changed(build, self.root), [stub])
        self.assertEqual(build_step.touch_changed(build, self.root), [])


class VisualStudioCode(unittest.TestCase):
    def read(self, name):
        return json.loads((ROOT / name).read_text(encoding="utf-8"))

    def test_each_file_is_read(self):
        for name in ("extensions", "settings", "tasks", "launch"):
            self.assertTrue(self.read(f".vscode/{name}.json"))

    def test_what_is_asked_for_is_declared(self):
        for name in ("tasks", "launch"):
            told = self.read(f".vscode/{name}.json")
            asked = set(re.findall(r"\$\{input:(\w+)\}", json.dumps(told)))
            self.assertEqual(asked, {one["id"] for one in told["inputs"]})
        tasks = {one["label"]: one for one in self.read(".vscode/tasks.json")["tasks"]}
        for one in self.read(".vscode/launch.json")["configurations"]:
            if "preLaunchTask" in one:
                self.assertIn(one["preLaunchTask"], tasks)
        for one in tasks.values():
            if one["command"].startswith("scripts/"):
                self.assertTrue(os.access(Path(ROOT, one["command"]), os.X_OK))

    def test_the_container_has_what_is_recommended(self):
        container = self.read(".devcontainer/devcontainer.json")
        self.assertEqual(
            set(container["customizations"]["vscode"]["extensions"]),
            set(self.read(".vscode/extensions.json")["recommendations"]),
        )


if __name__ == "__main__":
    unittest.main()
