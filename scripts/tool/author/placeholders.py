# What `new exercise` left for its author to write: each line with PLACEHOLDER in it.
#
# A scaffold's sentence that stays in the book is a mistake that no compiler sees. The stub is read as
# it is recorded, because that is what students get: an edit without `accept` is not there yet.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.course import pristine
from tool.course.layout import Exercise, exercises, relative

MARK = "PLACEHOLDER"


def problems(root: Path) -> list[str]:
    """Each marked line of the exercises and of the text, with file and line number."""
    found = []
    for exercise in exercises(root):
        recorded = pristine.shipped_content(exercise)
        for name, content in sorted(recorded.items()):
            found += marked(name, content, unaccepted(exercise, name, content))
        for path in other_files(exercise):
            name = relative(path, root)
            if name not in recorded:
                found += marked(name, path.read_bytes())
    if (root / "WORKBOOK.md").is_file():
        found += marked("WORKBOOK.md", (root / "WORKBOOK.md").read_bytes())
    return found


def other_files(exercise: Exercise) -> list[Path]:
    folders = [folder for folder in exercise.folders() if folder.is_dir()]
    found = [path for folder in folders for path in sorted(folder.iterdir())]
    found += [exercise.test, exercise.contracts]
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def unaccepted(exercise: Exercise, path: str, recorded: bytes) -> str:
    there = exercise.root / path
    if there.is_file() and there.read_bytes() == recorded:
        return ""
    return f" (as it was recorded: scripts/workbook accept {exercise.id})"


def marked(name: str, content: bytes, remark: str = "") -> list[str]:
    lines = content.decode("utf-8", "replace").splitlines()
    return [
        f"{name}:{number}: {line.strip()}{remark}"
        for number, line in enumerate(lines, 1)
        if MARK in line
    ]
