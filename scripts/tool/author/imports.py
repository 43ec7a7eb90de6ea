# Which module of the tool imports which, and whether that goes one way: each folder from those above it
# in the table of scripts/tool/README.md, and no module, by whatever detour, from itself.
#
# Imports inside functions count, because they are there for speed and not to hide a circle. What is
# imported for a type checker only does not run, and does not count.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import ast
import re
from pathlib import Path

COPIED = "template"  # a folder of author/
Graph = dict[str, set[str]]  # tool.course.layout -> the tool's modules that it imports


def graph(tool: Path) -> Graph:
    files = {module_of(path, tool): path for path in sorted(tool.rglob("*.py")) if is_ours(path.relative_to(tool))}
    return {name: imported(path) & set(files) for name, path in files.items()}


def is_ours(path: Path) -> bool:
    """And no part of what is copied into a new exercise."""
    return COPIED not in path.parts


def module_of(path: Path, tool: Path) -> str:
    return ".".join(path.relative_to(tool.parent).with_suffix("").parts)


def imported(path: Path) -> set[str]:
    """`from a import b` may mean a module b."""
    found: set[str] = set()
    due: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"), str(path))]
    while due:
        node = due.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            due += node.orelse
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.update({node.module, *(f"{node.module}.{one.name}" for one in node.names)})
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


def floors(readme: str) -> dict[str, int]:
    """folder -> its row in the table; several may share one. What lies in no folder is above them all."""
    rows = re.findall(r"^\| (`.*?) \|", readme, re.MULTILINE)
    found = {name: n for n, row in enumerate(rows, 1) for name in re.findall(r"`(\w+)/`", row)}
    return {**found, "": len(rows) + 1}


def folder_of(module: str) -> str:
    return ".".join(module.split(".")[1:-1])


def without_init(found: Graph, tool: Path) -> list[str]:
    """Folders that no import statement of ours would find as they are found."""
    folders = {folder_of(module).replace(".", "/") for module in found}
    there = [f"{one}/" if one else "" for one in sorted(folders) if not (tool / one / "__init__.py").is_file()]
    return [f"{one or 'the top'} has modules, and no __init__.py" for one in there]


def upward(found: Graph, floor: dict[str, int]) -> list[str]:
    told = []
    for module, others in found.items():
        here = folder_of(module)
        for other in sorted(others):
            there = folder_of(other)
            if here != there and floor.get(there, 0) >= floor.get(here, 0):
                told.append(f"{module} imports {other}: {there or 'the top'} is not below {here}")
    return told


def problems(root: Path) -> list[str]:
    tool = root / "scripts" / "tool"
    readme = tool / "README.md"
    found = graph(tool)
    floor = floors(readme.read_text(encoding="utf-8") if readme.is_file() else "")
    folders = {folder_of(module) for module in found}
    told = [f"README.md: there is no {one}/" for one in floor.keys() - folders - {""}]
    told += [f"README.md: {one}/ is not in its table" for one in folders - floor.keys()]
    told += without_init(found, tool)
    told += [f"imports run in a circle: {' -> '.join(one)}" for one in circles(found)]
    return [f"scripts/tool: {one}" for one in [*sorted(told), *upward(found, floor)]]
