# What `check` saw last and how many hints were shown: .workbook/state.json.
#
# Read, changed and written back whole under a lock, and replaced in one move: an interrupt loses
# nothing, and two terminals do not overwrite each other.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tool.console.terminal import note
from tool.course.layout import write_atomically

Record = dict[str, Any]


def state_file(root: Path) -> Path:
    return root / ".workbook" / "state.json"


def read(root: Path) -> dict[str, Record]:
    """exercise name -> {"results": {sentence: verdict}, "digest": ..., "hints": n,
    "passed": the core once held, whatever the results are now,
    "hunt": the mistake that is hunted, "hunted": [mistakes that were], "peek": before the core}.
    """
    path = state_file(root)
    try:
        found: dict[str, Record] = json.loads(path.read_text(encoding="utf-8"))["exercises"]
        if not all(is_record(record) for record in found.values()):
            raise ValueError
        return found
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path.with_suffix(".damaged")
        with contextlib.suppress(OSError):
            os.replace(path, aside)
        note(f"{path.name} cannot be read; it is kept as {aside.name}, and the board starts anew")
        return {}


def is_record(found: object) -> bool:
    """Of the types that read() promises; each entry may be missing."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("results", {}), dict)
        and isinstance(found.get("digest", ""), str)
        and isinstance(found.get("hints", 0), int)
        and isinstance(found.get("hunt", ""), str)
        and isinstance(found.get("passed", False), bool)
        and isinstance(found.get("peek", False), bool)
        and isinstance(found.get("hunted", []), list)
        and all(isinstance(name, str) for name in found.get("hunted", []))
    )


@contextlib.contextmanager
def changing(root: Path, exercise: str) -> Iterator[Record]:
    """Yields the exercise's record to change; it is saved if the block ends normally."""
    path = state_file(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name("state.lock"), "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        everything = read(root)
        yield everything.setdefault(exercise, {})
        text = json.dumps({"exercises": everything}, indent=1)
        write_atomically(path, text.encode())


@contextlib.contextmanager
def changing_if_possible(root: Path, exercise: str) -> Iterator[Record]:
    """The same for what is worth showing in any case: where nothing can be saved, a note says so."""
    record = None
    try:
        with changing(root, exercise) as record:
            yield record
    except OSError as error:
        note(f"not recorded: {error}")
        if record is None:
            yield read(root).get(exercise, {})
