# Finds what a student needs in a compiler's output: the first errors, with their source line.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from pathlib import Path

from tool.console.terminal import plain

DIAGNOSTIC = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<text>.+)$")
# As ld, lld and mold say it.
LINKING = re.compile(
    r"undefined reference to|multiple definition of|undefined symbol|duplicate symbol"
)
TWICE = re.compile(r"multiple definition of|duplicate symbol")
# Where the linkers say that it is defined: lld in lines below, gold in the next one, ld in the one
# before, all of them with the object file's name.
DEFINED = re.compile(r">>> |.*previous definition here$")
FILE = re.compile(r"(?:CMakeFiles/[^/\s]+\.dir/)?([\w./+-]+\.[ch]pp)(?:\.o\b|(:\d+))")
# The same where a name has any characters: "copy (2) of.cpp".
ANY_FILE = re.compile(
    r"CMakeFiles/[^/\s]+\.dir/([^:\n]+?\.[ch]pp)\.o\b()|>>> .*?\(([^:\n]+?\.[ch]pp)(:\d+)\)$", re.M
)
TWO_FILES = (
    "Each .cpp file of the folder is part of the answer, and no two may define the same;\n"
    "  what a header defines must be inline."
)
MAIN_TWICE = re.compile(r"(?:multiple definition of|duplicate symbol:).*\bmain\b")
TWO_MAINS = "The program's main() stands in main.cpp, and the tests have one: an answer has none."
WIDE_CHARACTERS = re.compile(
    r"^(?P<file>[^\s:][^:]*):\d+:.*null character|byte order mark detected in '(?P<marked>[^']+)'"
)
EXCERPT = re.compile(r"^\s*\d*\s*\|")


def first_errors(output: str, root: Path, most: int = 3) -> str:
    """The first errors as indented text, paths short; the output's end if none is recognised."""
    lines = [shortened(line, root) for line in plain(output).splitlines()]
    found = encoding_errors(lines) or compiler_errors(lines) or linker_errors(lines)
    found = found or configure_errors(lines)
    if not found:
        return "\n".join(f"  {line}" for line in lines[-15:])
    shown = found[:most]
    if len(found) > most:
        shown.append([f"... and {len(found) - most} more"])
    if any(MAIN_TWICE.search(error[0]) for error in shown):
        shown.append([TWO_MAINS])
    elif any(TWICE.search(error[0]) for error in shown):
        shown.append([TWO_FILES])
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


def encoding_errors(lines: list[str]) -> list[list[str]]:
    """A file of UTF-16 has an error in each of its characters; this is the one that counts."""
    matches = filter(None, map(WIDE_CHARACTERS.search, lines))
    files = dict.fromkeys(match["file"] or match["marked"] for match in matches)
    return [[f"{file}: has null characters, as UTF-16 has: save it as UTF-8"] for file in files]


def linker_errors(lines: list[str]) -> list[list[str]]:
    found = {}
    for index, line in enumerate(lines):
        if LINKING.search(line):
            found[line] = [line, *places(lines, index)] if TWICE.search(line) else [line]
    return list(found.values())


def places(lines: list[str], index: int) -> list[str]:
    """The files that define what this line calls a duplicate."""
    told = lines[max(index - 1, 0) : index + 1] if " in function `" in lines[index - 1] else [lines[index]]
    for below in lines[index + 1 :]:
        if not DEFINED.match(below):
            break
        told.append(below)
    files: dict[str, str] = {}  # path -> with the line, where the linker knows it
    text = "\n".join(told)
    found = [(file or other, line) for file, _, other, line in ANY_FILE.findall(text)]
    for file, line in [*found, *FILE.findall(text)]:
        files[file] = files.get(file) or line
    named = [
        file + line
        for file, line in files.items()
        if "/" in file and not any(other.endswith(f"/{file}") for other in files)
    ]
    return [f"  in {' and '.join(named)}"] if named else []
