# What an earlier verify saw pass, and whether it would see the same again: a check runs anew only if
# something that it depends on has changed, by content and never by time.
#
# A checker's verdict depends on its program, on the libraries that this loads and on what the
# environment asks of the explorer. The project's checks of itself read the checkout.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tool.course.layout import MACHINE, WorkbookError, write_atomically

RECORD = "judged.json"
# Folders beside the program that some checks read; of any other check of the project all is read.
READ_BY = {
    "self.explorer.": ("tests/explore",),
    "self.program-of-": (),
    "self.proofs-": ("WORKBOOK.md", "scripts/tool"),
}
# Checks of the tool, of grading and of the pages' look read the checkout, but for the answers, which
# they do not judge.
OF_THE_TOOL = ("self.tool", "self.grade", "self.checker", "self.book-in-a-browser")
ANSWERS = ("solutions", "tests/wrong_answers", "tests/right_answers")
NOT_OURS = re.compile(r"\.git|\.workbook|build.*|hunts|__pycache__")


@dataclass(frozen=True)
class Check:
    """An entry of ctest's."""

    number: int  # ctest's, from 1
    name: str
    command: tuple[str, ...]  # empty if its program is not there
    labels: tuple[str, ...]

    def is_build(self) -> bool:
        return "build" in self.labels


def checks(build: Path) -> list[Check]:
    """Every entry of the build folder, in ctest's order."""
    words = ["ctest", "--test-dir", str(build), "--show-only=json-v1"]
    said = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if said.returncode != 0:
        raise WorkbookError(f"ctest fails: {said.stderr.strip()}", MACHINE)
    found = json.loads(said.stdout)["tests"]
    return [
        Check(number, one["name"], tuple(one.get("command", ())), labels(one))
        for number, one in enumerate(found, 1)
    ]


def labels(entry: dict[str, Any]) -> tuple[str, ...]:
    for one in entry.get("properties", ()):
        if one["name"] == "LABELS":
            return tuple(one["value"])
    return ()


class Fingerprints:
    """Tells what a check's verdict depends on. Of the files as they are when first asked.

    Which libraries a program loads is asked once for all of these that are linked alike.
    """

    def __init__(self, root: Path, environment: dict[str, str], known: Iterable[Check] = ()):
        asked = {k: v for k, v in environment.items() if k.startswith("WORKBOOK_")}
        self._asked = json.dumps(asked, sort_keys=True)
        self._of_file = lru_cache(None)(digest)
        self._of_folder = lru_cache(None)(lambda *folders: digest_of_folder(root, *folders))
        self._linked = linked({one.command[0] for one in known if one.command})
        self._loaded: dict[str, list[Path]] = {}

    def of(self, check: Check) -> str | None:
        """None if its program is not there."""
        if not check.command or not check.command[0].startswith("/"):
            return None
        mixed = hashlib.sha256(json.dumps([check.name, check.command, self._asked]).encode())
        named = [Path(word) for word in check.command if word.startswith("/")]
        for path in [one for one in named if one.is_file()]:
            mixed.update(self._of_file(path).encode())
        for path in self._libraries(named[0]):
            mixed.update(self._of_file(path).encode())
        without = ANSWERS if check.name.startswith(OF_THE_TOOL) else ()
        for folder in self._folders(check.name):
            mixed.update(self._of_folder(folder, *without).encode())
        return mixed.hexdigest()

    def _libraries(self, program: Path) -> list[Path]:
        way = self._linked.get(str(program), str(program))
        if way not in self._loaded:
            self._loaded[way] = libraries(program)
        return self._loaded[way]

    def _folders(self, name: str) -> tuple[str, ...]:
        if not name.startswith("self."):
            return ()
        return next((read for begin, read in READ_BY.items() if name.startswith(begin)), ("",))


def digest_of_folder(root: Path, folder: str, *without: str) -> str:
    """Of all that lies in it, but for these folders; or of the one file that it is."""
    mixed = hashlib.sha256()
    found = [Path(folder)] if (root / folder).is_file() else []
    for above, inside, names in os.walk(root / folder):
        inside[:] = sorted(
            name
            for name in inside
            if not NOT_OURS.fullmatch(name)
            and Path(above, name).relative_to(root).as_posix() not in without
        )
        found += [Path(above, name).relative_to(root) for name in sorted(names)]
    for path in found:
        if (root / path).is_file():
            mixed.update(f"{path}\0{digest(root / path)}\n".encode())
    return mixed.hexdigest()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def linked(programs: Iterable[str]) -> dict[str, str]:
    """program -> which libraries it asks for, and where; none where that cannot be told."""
    there = sorted(one for one in programs if os.path.isfile(one))
    try:
        words = ["readelf", "-dW", *there, os.devnull]  # one more: with several it tells their names
        said = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except OSError:
        return {}
    parts = (part.split("\n", 1) for part in said.stdout.split("\nFile: ")[1:])
    asked = re.compile(r"\((?:NEEDED|RPATH|RUNPATH)\).*")
    return {part[0]: "\n".join(asked.findall(part[-1])) for part in parts}


def libraries(program: Path) -> list[Path]:
    """The shared libraries that it loads: a newer one may behave in another way."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    found = re.findall(r"(?:=> |^\s*)(/\S+) \(", said.stdout, re.MULTILINE)
    return sorted({Path(one).resolve() for one in found})


def passed_before(build: Path) -> dict[str, str]:
    """name -> fingerprint of what passed; a damaged record is none."""
    try:
        found = json.loads((build / RECORD).read_text(encoding="utf-8"))
        return {str(name): str(print_) for name, print_ in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def remember(build: Path, passed: dict[str, str]) -> None:
    write_atomically(build / RECORD, json.dumps(passed, indent=0).encode())
