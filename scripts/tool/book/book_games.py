# The games of the book, in which the reader is the scheduler: as a page needs them, and what must hold
# between WORKBOOK.md, where `<!-- game: NAME -->` says where one is played, the small cases in
# tests/book/games, and what games.py recorded of them.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tool.book import games
from tool.course import section
from tool.course.layout import WorkbookError, relative

MARK = re.compile(r"^<!-- game: (\w+) -->$", re.MULTILINE)
DATA = "games"  # folder beside Sphinx's sources


def names(text: str) -> list[str]:
    return MARK.findall(text)


def directives(text: str) -> str:
    """The marks as Sphinx is to read them."""
    return MARK.sub(r":::{game} \1\n:::", text)


def data(root: Path) -> dict[str, bytes]:
    """Of each game that the text has, by its file's name."""
    wanted = names(section.book_text(root))
    return {f"{name}.json": json.dumps(of_a_page(root, name)).encode() for name in wanted}


def of_a_page(root: Path, name: str) -> dict[str, Any]:
    game = games.read(root, name)
    text = games.text_of(games.cases(root) / f"{name}.cpp")
    game["lines"] = text.splitlines()[game["first"] - 1 : game["last"]]
    game["captions"] = captions(name, text, game)
    return {**game, "still": still(game)}


def captions(name: str, text: str, game: dict[str, Any]) -> dict[int, list[str]]:
    """Line -> what it does, as the case says: at first, and when its thread comes back."""
    found: dict[int, list[str]] = {}
    for words, again, says in games.CAPTION.findall(text):
        there = [i for i, line in enumerate(game["lines"], game["first"]) if words == line]
        there = there or [i for i, line in enumerate(game["lines"], game["first"]) if words in line]
        if len(there) != 1:
            raise WorkbookError(f"{name}: '{words}' is in {len(there)} of the lines that are shown")
        found.setdefault(there[0], []).append(says)
        if bool(again) != (len(found[there[0]]) == 2):
            raise WorkbookError(f"{name}: '{words}' is told twice, or again and not at first")
    return found


def still(game: dict[str, Any]) -> dict[str, Any]:
    """The shortest way to break it, where nothing can be played: thread, line, what it does."""
    node = game["nodes"][0]
    rows: list[list[int]] = []
    for thread in game["way"]:
        edge = next(one for one in node["open"] if one["thread"] == thread)
        for step in (game["steps"][number] for number in edge["steps"]):
            line = step.get("line", 0)
            own = step["thread"] != 0 and game["first"] <= line <= game["last"]
            if own and (step["tells"] or line == edge["line"]) and rows[-1:] != [[thread, line]]:
                rows.append([thread, line])
        node = game["nodes"][edge["to"]]
    told = [[*one, caption(game, rows[:at], *one)] for at, one in enumerate(rows)]
    return {"rows": told, "end": f"{node['kind']}: {node['text']}"}


def caption(game: dict[str, Any], before: list[list[int]], thread: int, line: int) -> str:
    says: list[str] = game["captions"].get(line, [""])
    return says[-1] if [thread, line] in before else says[0]


def problems(root: Path) -> list[str]:
    found = []
    shown = names(section.book_text(root))
    there = [source.stem for source in games.sources(root)]
    for name in shown:
        try:
            if not games.read(root, name)["way"]:
                found.append(f"{name}: no schedule breaks it: there is nothing to play")
        except WorkbookError as error:
            found.append(str(error))
    found += [f"WORKBOOK.md does not show the game {one}" for one in there if one not in shown]
    for file in games.recording(root, "x").parent.glob("*.json"):
        if file.stem not in there:
            found.append(f"{relative(file, root)}: has no source in tests/book/games")
    return found
