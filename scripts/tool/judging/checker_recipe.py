# How the build folder makes an exercise's checker, read from ninja: the same commands, for another
# answer and in the sandbox.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from functools import cached_property
from pathlib import Path

from tool.building.build_folder import Built
from tool.course.layout import MACHINE, Exercise, WorkbookError
from tool.judging import symbols

# So that __DATE__ and __TIME__ are the same in what is compared.
AT_ONE_TIME = ("env", "SOURCE_DATE_EPOCH=0")


class Recipe:
    """The commands of one exercise; its checker has been built."""

    def __init__(self, build: Path, exercise: Exercise, facts: Built):
        self.build, self.exercise, self.facts = build, exercise, facts
        words = ["ninja", "-C", str(build), "-t", "commands", facts.checker_target]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise WorkbookError(f"ninja fails: {said.stdout.strip()}", MACHINE)
        commands = [shlex.split(line) for line in said.stdout.splitlines() if " -o " in line]
        target = facts.checker_target
        self._own = f"CMakeFiles/{target}.dir/"
        self._answers = [c for c in commands if made(c).startswith(self._own)]
        self._answer = self._answers[0]
        # Of a test in parts, each.
        self._tests = [c for c in commands if made(c).startswith(f"CMakeFiles/{target}_test.dir/")]
        # `: && c++ ... && :`
        link = next(c for c in commands if c[0] == ":" and c[-1] == ":")
        self._link = link[2:-2]

    def compile(self, source: Path, out: str) -> list[str]:
        """An answer's source."""
        return made_into(self._answer, out, str(source))

    def preprocess(self, source: Path) -> list[str]:
        """The same source, printed as the compiler's own eyes see it."""
        return printed_whole(self.compile(source, "-"))

    def preprocess_test(self, object_file: str) -> list[str]:
        """The part of the test that this is made of, so printed."""
        return printed_whole(self.compile_test(object_file, "-"))

    def preprocess_unjudged(self, source: Path) -> list[str]:
        """The same as if nobody judged it: optimised, without explorer, tests and what they include."""
        words = printed(self.compile(source, "-"))
        while "-include" in words:
            at = words.index("-include")
            del words[at : at + 2]
        tests = f"-I{self.exercise.root / 'tests'}"
        explorers = ("-DASIO_RECYCLING_ALLOCATOR", "-DASIO_DISABLE_STD_ALIGNED_ALLOC")
        dropped = ("-fsanitize", "-O", "--param", "-Winvalid-pch", "-Werror", *explorers)
        kept = [word for word in words[1:] if not word.startswith(dropped) and word != tests]
        return [*AT_ONE_TIME, words[0], "-O2", "-U_FORTIFY_SOURCE", *kept]

    def answer_objects(self) -> dict[str, str]:
        """Those of the built checker, by their sources' names."""
        return {Path(source_of(c)).name: made(c) for c in self._answers}

    def tests_with(self, headers: list[Path]) -> list[str]:
        """The object files of the test whose sources include one of these."""
        wanted = set(map(str, headers))
        return [one for one, included in self._included.items() if wanted & included]

    @cached_property
    def _included(self) -> dict[str, set[str]]:
        """What each object file of the test is made of, by what the compiler said when it was built."""
        found = {}
        for object_file in map(made, self._tests):
            words = ["ninja", "-C", str(self.build), "-t", "deps", object_file]
            said = subprocess.run(words, capture_output=True, text=True, check=False)
            paths = [line.strip() for line in said.stdout.splitlines() if line.startswith(" ")]
            if said.returncode != 0 or not paths:
                raise WorkbookError(f"ninja does not know what {object_file} is made of", MACHINE)
            found[object_file] = {os.path.normpath(os.path.join(self.build, p)) for p in paths}
        return found

    def seconds(self, object_file: str) -> float:
        """That its compilation took here when it was built, by the clock; 0 if nobody knows."""
        with contextlib.suppress(OSError, ValueError):
            for line in reversed((self.build / ".ninja_log").read_text(encoding="utf-8").splitlines()):
                began, ended, _, made_then, *_ = [*line.split("\t"), "", "", "", ""]
                if made_then == object_file:
                    return (int(ended) - int(began)) / 1000
        return 0

    def compile_test(self, object_file: str, out: str) -> list[str]:
        """The part of the test that this is made of."""
        command = next(c for c in self._tests if made(c) == object_file)
        return made_into(command, out, source_of(command))

    def link(self, answer: list[str], tests: dict[str, str], out: str) -> list[str]:
        """With other files in the place of some of the test's that the build has made."""
        words = [tests.get(word, word) for word in self._link if not word.startswith(self._own)]
        at = next(i for i, word in enumerate(words) if word.endswith(".o"))
        # The test first: of two copies of an inline function the linker takes the first.
        while words[at].endswith(".o"):
            at += 1
        words[at:at] = answer
        words[words.index("-o") + 1] = out
        words.append("-Wl,-z,relro,-z,now")  # no table of functions that could be written to
        return words

    def linked(self) -> list[Path]:
        """What the tests and the given code are linked from, apart from the answer."""
        files = [word for word in self._link if word.endswith((".o", ".a"))]
        return [self.build / word for word in dict.fromkeys(files) if not word.startswith(self._own)]

    def reference_headers(self) -> list[Path]:
        """Of solutions that this exercise uses."""
        above = self.exercise.root / "solutions"
        folders = {Path(w[2:]) for w in (*self._answer, *self._tests[0]) if w.startswith("-I")}
        return [p for one in sorted(folders) if above in one.parents for p in one.glob("*.hpp")]

    def surroundings(self) -> symbols.Surroundings:
        offered = [p for p in self.linked() if is_offered(p)]
        judges = [p for p in self.linked() if p not in offered]
        libraries = [self.library(name) for name in ("stdc++", "c", "m", "gcc_s")]
        return symbols.Surroundings(
            symbols.read(offered),
            symbols.read(judges),
            symbols.together(
                symbols.read([path], shared=True) for path in libraries if path.is_file()
            ),
        )

    def library(self, name: str) -> Path:
        version = {"stdc++": 6, "gcc_s": 1}.get(name, 6)
        words = [self._link[0], f"-print-file-name=lib{name}.so.{version}"]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        return Path(said.stdout.strip() or "/nowhere")


def is_offered(path: Path) -> bool:
    """Whether answers may call what is in this file of a checker's."""
    given = path.name.startswith(("libgiven_", "libreference_"))
    return given or "/instantiated_" in str(path)


def printed(compilation: list[str]) -> list[str]:
    return ["-E" if word == "-c" else word for word in compilation]


def printed_whole(compilation: list[str]) -> list[str]:
    words = [*AT_ONE_TIME, *printed(compilation)]
    # A precompiled header is read and not printed: nobody looks at it. Clang does so by itself.
    return words if "-include-pch" in words else [*words, "-fpch-preprocess"]


def made(command: list[str]) -> str:
    return command[command.index("-o") + 1] if "-o" in command else ""


def source_of(command: list[str]) -> str:
    return command[command.index("-c") + 1]


def made_into(command: list[str], out: str, source: str) -> list[str]:
    """The same compilation of another source into another file, without a list of its headers."""
    words = list(command)
    for option, count in (("-MD", 1), ("-MT", 2), ("-MF", 2)):
        if option in words:
            at = words.index(option)
            del words[at : at + count]
    words[words.index("-o") + 1] = out
    words[words.index("-c") + 1] = source
    return words
