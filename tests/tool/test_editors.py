# What editors do with the workbook: build folders of their own, ctest's list of tests, .vscode.
#
# SPDX-License-Identifier: MIT
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fake_tree
from tool.building import build_folder, build_step
from tool.course.layout import WorkbookError

ROOT = fake_tree.TOOL.parents[1]
BEGIN = f"""\
cmake_minimum_required(VERSION 3.22)
project(book CXX)
list(APPEND CMAKE_MODULE_PATH {fake_tree.TOOL.parent / "cmake"})
include(editors)
enable_testing()
"""
LISTS = """\
workbook_case_places(places ${CMAKE_SOURCE_DIR}/tests/ex01_count_test.cpp)
foreach(place IN LISTS places)
    string(REGEX REPLACE "[|].*" "" sentence "${place}")
    add_test(NAME "ex01: ${sentence}" COMMAND true)
    workbook_test_place("ex01: ${sentence}" "${place}")
endforeach()
workbook_finish_places()
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "no cmake or ninja here")
class BuildFolders(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("CMakeLists.txt", BEGIN + LISTS)
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


PROGRAM = """\
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_executable(ex01_checker EXCLUDE_FROM_ALL checker.cpp)
add_test(NAME one COMMAND ${CMAKE_BINARY_DIR}/bin/ex01_checker)
workbook_hold_place(${CMAKE_BINARY_DIR}/bin/ex01_checker)
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "no cmake or ninja here")
class BeforeItIsBuilt(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("CMakeLists.txt", BEGIN + PROGRAM)
        self.write("checker.cpp", "int main() {}\n")

    def configured(self, build, generator):
        words = ["cmake", "-S", self.root, "-B", build, "-G", generator]
        subprocess.run(words, check=True, capture_output=True)

    def test_a_script_holds_the_place_and_gives_it_up(self):
        for generator in ("Ninja", "Unix Makefiles"):
            with self.subTest(generator):
                if generator == "Unix Makefiles" and not shutil.which("make"):
                    continue
                build = self.root / f"build {generator}"
                program = build / "bin/ex01_checker"
                for _ in range(2):  # anew, and where the build remembers having built it
                    self.configured(build, generator)
                    run = subprocess.run([program], capture_output=True, text=True, check=False)
                    self.assertEqual(run.returncode, 1)
                    words = ["cmake", "--build", str(build), "--target", "ex01_checker"]
                    self.assertIn("ex01_checker is not built yet", run.stderr)
                    self.assertIn(" ".join(words), run.stderr)
                    subprocess.run(words, check=True, capture_output=True)
                    self.configured(build, generator)
                    self.assertEqual(subprocess.run([program], check=False).returncode, 0)
                    program.unlink()


@unittest.skipUnless(shutil.which("cmake") and shutil.which("make"), "no cmake or make here")
class AsCMakeToolsCalls(unittest.TestCase):
    """The workbook itself, configured with a kit, which has Makefiles where there is no preset."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        cls.addClassCleanup(holder.cleanup)
        cls.build = Path(holder.name).resolve() / "build"
        compiler = shutil.which((os.environ.get("CXX") or "g++").split()[0])
        kit = [f"-DCMAKE_CXX_COMPILER:FILEPATH={compiler}", "-DCMAKE_BUILD_TYPE:STRING=Debug"]
        kit += ["-DCMAKE_EXPORT_COMPILE_COMMANDS:BOOL=TRUE", "--no-warn-unused-cli"]
        words = ["cmake", *kit, "-S", ROOT, "-B", cls.build, "-G", "Unix Makefiles"]
        subprocess.run(words, check=True, capture_output=True)
        listed = subprocess.run(
            ["ctest", "--show-only=json-v1"], cwd=cls.build, check=True, capture_output=True
        )
        cls.listed = json.loads(listed.stdout)

    def places(self):
        """(name, what stands in its line, file)."""
        graph = self.listed["backtraceGraph"]
        for test in self.listed["tests"]:
            node = graph["nodes"][test["backtrace"]]
            file = Path(graph["files"][node["file"]])
            yield test["name"], file.read_text(encoding="utf-8").split("\n")[node["line"] - 1], file

    def test_each_promise_is_a_test_at_its_cases_line(self):
        promises = 0
        for name, line, file in self.places():
            group, colon, sentence = name.partition(": ")
            if re.fullmatch(r"ex\d\d", group) and colon:
                self.assertIn(f'"{sentence}"', line, name)
                self.assertTrue(line.startswith("TEST_CASE("), line)
                self.assertEqual(file.relative_to(ROOT).parts[0], "tests")
                promises += 1
        everyday = sum(line.startswith("TEST_CASE(") for path in ROOT.glob("tests/ex*_test.cpp")
                       for line in path.read_text(encoding="utf-8").split("\n"))  # fmt: skip
        self.assertGreaterEqual(promises, everyday)

    def test_each_test_names_its_program_before_anything_is_built(self):
        # CMake Tools reads command[0] of what it is to run, and runs nothing if there is none.
        without = [test["name"] for test in self.listed["tests"] if not test.get("command")]
        self.assertEqual(without[:3], [])

    def test_a_click_runs_one(self):
        names = [test["name"] for test in self.listed["tests"]]
        for name in (names[1], names[len(names) // 2], names[-1]):
            words = ["ctest", "-N", "-R", f"^{re.escape(name)}$"]
            told = subprocess.run(words, cwd=self.build, check=True, capture_output=True, text=True).stdout
            self.assertIn(name, told)
            # What judges it is built first, and is there in every selection.
            others = [one for one in re.findall(r"Test +#\d+: (.*)", told) if one != name]
            self.assertEqual([one for one in others if ".build" not in one], [])


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
