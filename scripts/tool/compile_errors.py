# Finds what a student needs in a compiler's output: the first errors, with their source line.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from pathlib import Path

from terminal import plain

DIAGNOSTIC = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<text>.+)$")
# As ld, lld and mold say it.
LINKING = re.compile(
    r"undefined reference to|multiple definition of|undefined symbol|duplicate symbol"
)
EXCERPT = re.compile(r"^\s*\d*\s*\|")


def first_errors(output: str, root: Path, most: int = 3) -> str:
    """The first errors as indented text, paths short; the output's end if none is recognised."""
    lines = [shortened(line, root) for line in plain(output).splitlines()]
    found = compiler_errors(lines) or linker_errors(lines) or configure_errors(lines)
    if not found:
        return "\n".join(f"  {line}" for line in lines[-15:])
    shown = found[:most]
    if len(found) > most:
        shown.append([f"... and {len(found) - most} more"])
    return "\n".join(f"  {line}" for error in shown for line in error)


def configure_errors(lines: list[str]) -> list[list[str]]:
    """CMake's first, when the build configured again and failed at that."""
    first = next((i for i, line in enumerate(lines) if line.startswith("CMake Error")), None)
    return [] if first is None else [lines[first : first + 6]]


def shortened(line: str, root: Path) -> str:
    return line.replace(f"{root}/", "")


def compiler_errors(lines: list[str]) -> list[list[str]]:
    """Each error: its line, the excerpt below it, and who asked for the template it is in."""
    found = []
    asked_by = None
    for index, line in enumerate(lines):
        match = DIAGNOSTIC.match(line)
        if not match:
            continue
        if "required from" in match["text"] and not match["file"].startswith("/"):
            asked_by = line
        if not re.match(r"(fatal )?error: ", match["text"]):
            continue
        error = [line]
        for below in lines[index + 1 : index + 4]:
            if not EXCERPT.match(below):
                break
            error.append(below)
        if match["file"].startswith("/") and asked_by:
            error.append(asked_by)
        found.append(error)
        asked_by = None
    return found


def linker_errors(lines: list[str]) -> list[list[str]]:
    unique = dict.fromkeys(line for line in lines if LINKING.search(line))
    return [[line] for line in unique]
