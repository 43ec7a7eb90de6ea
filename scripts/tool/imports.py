# Which module of the tool imports which, and whether that goes one way: no module reaches itself.
#
# Imports inside functions count, because they are there for speed and not to hide a circle. What is
# imported for a type checker only does not run, and does not count.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import ast
from pathlib import Path

Graph = dict[str, set[str]]


def graph(folder: Path) -> Graph:
    """module -> the modules of the same folder that it imports."""
    files = {path.stem: path for path in sorted(folder.glob("*.py"))}
    return {name: imported(path) & set(files) for name, path in files.items()}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    due: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"), str(path))]
    while due:
        node = due.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            due += node.orelse
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
        else:
            due += ast.iter_child_nodes(node)
    return found


def circles(found: Graph) -> list[list[str]]:
    """Each circle once, from its first module in the alphabet."""
    circles = []
    for begin in sorted(found):
        paths = [[begin]]
        seen = set()
        while paths:
            path = paths.pop()
            for following in sorted(found.get(path[-1], ())):
                if following == begin:
                    circles.append([*path, begin])
                    paths = []
                    break
                if following > begin and following not in seen:
                    seen.add(following)
                    paths.append([*path, following])
    return circles


def problems(root: Path) -> list[str]:
    folder = root / "scripts" / "tool"
    found = [" -> ".join(one) for one in circles(graph(folder))]
    return [f"scripts/tool: imports run in a circle: {one}" for one in found]
