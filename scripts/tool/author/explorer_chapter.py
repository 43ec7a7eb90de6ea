# The schedule explorer is to be read as a chapter: its files are short, and its map is true.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from pathlib import Path

MOST_LINES = 400
FOLDER = "tests/explore"
NAMED = re.compile(r"`([\w/.]+)`")


def problems(root: Path) -> list[str]:
    folder = root / FOLDER
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".cpp", ".hpp", ".py")]
    if not files:
        return []  # a tree without an explorer, as tests have it
    found = []
    for path in files:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES:
            found.append(f"{path.relative_to(root)}: {lines} lines; at most {MOST_LINES}")
    return found + map_problems(folder, files)


def map_problems(folder: Path, files: list[Path]) -> list[str]:
    """The map names every folder, and no file that there is not."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    there = {path.relative_to(folder).as_posix() for path in files} | {path.name for path in files}
    missing = [name for name in named if name.endswith((".cpp", ".hpp")) and name not in there]
    found = [f"{FOLDER}/README.md: there is no {name}" for name in dict.fromkeys(missing)]
    folders = {path.relative_to(folder).parent.as_posix() for path in files} - {"."}
    unnamed = [name for name in sorted(folders) if not {name, f"{name}/"} & set(named)]
    return found + [f"{FOLDER}/README.md: does not name {name}/" for name in unnamed]
