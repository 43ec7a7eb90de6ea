# `check EX --html FILE`: one page, complete in itself, that steps through the schedules which broke
# the answer's promises. The checker tells of each as JSON (tests/explore/report/story_json.hpp); the
# page's parts lie in player_page/.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from tool.course import seal
from tool.course.layout import Exercise, relative, write_atomically
from tool.judging.judge import NOT_RUN, PASSED, Outcome

PARTS = Path(__file__).with_name("player_page")
SHOWN = ("exercises/", "hunts/", "solutions/", "tests/")  # sources that a page may show


def write(file: Path, exercise: Exercise, checker: Path, outcomes: list[Outcome]) -> None:
    """Of the broken promises, in the order in which they were judged."""
    broken = [
        one_broken(exercise.root, checker, outcome)
        for outcome in outcomes
        if outcome.verdict not in (PASSED, NOT_RUN)
    ]
    content = {"broken": broken, "files": files(exercise.root, broken)}
    title = html.escape(f"{exercise.id}: broken promises" if broken else f"{exercise.id} holds")
    page = part("player.html").replace("@TITLE@", title)
    page = page.replace("@STYLE@", part("player.css")).replace("@SCRIPT@", part("player.js"))
    # In a script element nothing but the end of it has a meaning.
    page = page.replace("@BROKEN@", json.dumps(content, indent=0).replace("<", "\\u003c"))
    write_atomically(file, page.encode())


def part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def one_broken(root: Path, checker: Path, outcome: Outcome) -> dict[str, Any]:
    sentence = outcome.case.sentence
    made = {"promise": sentence, "report": outcome.output, "story": outcome.story}
    if outcome.story:
        replay = outcome.story["replay"]
        made["again"] = f'WORKBOOK_REPLAY={replay} {relative(checker, root)} "{sentence}"'
    return made


def files(root: Path, broken: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The sources that the steps lie in, as they are now."""
    steps = [step for one in broken if one["story"] for step in one["story"]["steps"]]
    names = {step["file"] for step in steps if "file" in step}
    return {
        name: {"first": 1, "lines": text_of(root / name).split("\n")}
        for name in sorted(names)
        if name.startswith(SHOWN) and ".." not in name and is_readable(root / name)
    }


def is_readable(path: Path) -> bool:
    return path.is_file() and not path.read_bytes().startswith(seal.BEGIN)


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
