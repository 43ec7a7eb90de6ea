# What this machine has and lacks, each with its cure.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from tool.building.build_folder import FOLDERS
from tool.building.build_step import refuse_foreign
from tool.console.command_line import Command
from tool.console.terminal import paint
from tool.console.wrapping import fitted
from tool.course import pristine
from tool.course.layout import MACHINE, WorkbookError, exercises
from tool.judging import sandbox
from tool.measuring.this_machine import output_of

OK, NOTE, FIX = "ok", "note", "fix"
STYLES = {OK: "green", NOTE: "yellow", FIX: "red"}


@dataclass(frozen=True)
class Finding:
    grade: str  # FIX: the workbook does not work without it
    text: str


def doctor(root: Path) -> int:
    found = [*tools(), *libraries(), *kernel(), loopback(), sandbox_finding(), originals(root), *folders(root)]
    for one in found:
        line = fitted(f"{one.grade:4}  {one.text}")
        print(paint(line[:4], STYLES[one.grade]) + line[4:])
    needed = [one for one in found if one.grade == FIX]
    if needed:
        print(f"\n{len(needed)} to fix.")
    return MACHINE if needed else 0


def compiler() -> list[str]:
    return (os.environ.get("CXX") or "g++").split()


def version(command: list[str]) -> tuple[int, ...] | None:
    said = output_of([*command, "--version"])
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", re.sub(r"\(.*?\)", "", said or ""))
    return tuple(int(part or 0) for part in match.groups()) if match else None


def shown(number: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in number)


def tools() -> list[Finding]:
    found = [compiler_finding()]
    python = shown(sys.version_info[:3])
    found.append(Finding(OK, f"python3 {python}"))
    for name, least, package, needed in (
        ("cmake", (3, 22), "cmake", FIX),
        ("ninja", (1, 8), "ninja-build", FIX),
        ("patch", (2, 5), "patch", FIX),
        ("addr2line", (2, 30), "binutils", FIX),
        ("clang-format", (14,), "clang-format", NOTE),
    ):
        there = version([name])
        if there is None:
            why = "verify needs it" if name == "clang-format" else "needed"
            found.append(Finding(needed, f"{name} is missing ({why}): apt-get install {package}"))
        elif there < least:
            found.append(Finding(FIX, f"{name} {shown(there)} is older than {shown(least)}"))
        else:
            found.append(Finding(OK, f"{name} {shown(there)}"))
    instead = "scripts/workbook connect does the same, or "
    return found + [by_hand("nc", "netcat-openbsd", instead), by_hand("gdb", "gdb")]


def by_hand(name: str, package: str, instead: str = "") -> Finding:
    """A program that the tool does without, and the text does not."""
    if shutil.which(name):
        return Finding(OK, name)
    cure = f"{instead}apt-get install {package}"
    return Finding(NOTE, f"{name} is missing (the text tells you to type it): {cure}")


def compiler_finding() -> Finding:
    command = compiler()
    name = " ".join(command)
    there = version(command)
    if there is None:
        return Finding(FIX, f"the compiler {name} is missing: apt-get install g++, or set CXX")
    is_clang = "clang" in (output_of([*command, "--version"]) or "")
    least = 16 if is_clang else 12
    if there[0] < least:
        return Finding(
            FIX, f"{name} {shown(there)} is older than {least}: install a newer one and set CXX"
        )
    return Finding(OK, f"{name} {shown(there)}")


def libraries() -> list[Finding]:
    found = []
    for header, package in (
        ("catch2/catch_all.hpp", "catch2"),
        ("asio.hpp", "libasio-dev"),
        ("fmt/core.h", "libfmt-dev"),
    ):
        names = [header, "catch2/catch.hpp"] if package == "catch2" else [header]
        there = any(has_header(name) for name in names)
        text = package if there else f"{package} is not installed; CMake fetches it, with a network"
        found.append(Finding(OK if there else NOTE, text))
    return found


def has_header(name: str) -> bool:
    test = f"#if !__has_include(<{name}>)\n#error\n#endif\n"
    return output_of([*compiler(), "-E", "-x", "c++", "-"], test) is not None


def kernel() -> list[Finding]:
    found = []
    bits = Path("/proc/sys/vm/mmap_rnd_bits")
    number = int(bits.read_text(encoding="ascii")) if os.access(bits, os.R_OK) else 0
    if number > 28:
        found.append(
            Finding(
                NOTE,
                f"vm.mmap_rnd_bits is {number}: ThreadSanitizer (preset tsan) may die at once; "
                "run it under setarch -R, or: sysctl -w vm.mmap_rnd_bits=28",
            )
        )
    else:
        found.append(Finding(OK, "address randomisation suits ThreadSanitizer"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4200:
        text = f"at most {hard} descriptors: tests with 2,000 connections need 4,200 (ulimit -Hn)"
        found.append(Finding(NOTE, text))
    else:
        found.append(Finding(OK, "descriptors enough for 2,000 connections"))
    return found


def loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
        return Finding(OK, "127.0.0.1 answers")
    except OSError as error:
        why = f"127.0.0.1 does not work ({error.strerror}), and servers cannot be judged"
        return Finding(FIX, f"{why}: as root,  ip link set lo up")


def sandbox_finding() -> Finding:
    """Tried, because in some containers it is there and cannot start."""
    why = sandbox.problem()
    return Finding(NOTE, f"{why}; grade and verify need it") if why else Finding(OK, "bubblewrap starts")


def originals(root: Path) -> Finding:
    """Whether each stub can be brought back."""
    try:
        for exercise in exercises(root):
            pristine.shipped_content(exercise)
        return Finding(OK, "the stubs are kept as they were handed out")
    except WorkbookError as error:
        return Finding(FIX, str(error))


def folders(root: Path) -> list[Finding]:
    found = []
    for name in FOLDERS.values():
        if not (root / name).is_dir():
            continue
        try:
            refuse_foreign(root / name, root)
            found.append(Finding(OK, f"{name}/ belongs to this checkout"))
        except WorkbookError as error:
            found.append(Finding(FIX, str(error)))
    if not os.access(root, os.W_OK):
        found.append(Finding(FIX, f"{root} cannot be written"))
    return found


COMMAND = Command(
    "doctor",
    "what this machine has and lacks",
    lambda root, _: doctor(root),
    examples=(("doctor", ""),),
)
