# The folders that one hand-in is built and judged in.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tool.instructor.handin import HandIn
from tool.judging import sandbox


class Place:
    """Folders for one hand-in: its answer, an empty one, one to build in; and an empty file."""

    def __init__(self, holder: Path, one: HandIn, user: int):
        self.answer, self.empty, self.out = (holder / n for n in ("answer", "empty", "out"))
        self.user = user
        self.nothing = holder / "nothing"
        self.nothing.touch()
        for folder in (self.answer, self.empty, self.out):
            folder.mkdir()
            folder.chmod(0o755)
        for name, content in one.files.items():
            path = self.answer / name
            for folder in reversed(list(Path(name).parents)[:-1]):
                (self.answer / folder).mkdir(exist_ok=True)
                (self.answer / folder).chmod(0o755)
            path.write_bytes(content)
            path.chmod(0o644)
        if os.geteuid() == 0:
            os.chown(self.out, sandbox.FIRST_USER + user, sandbox.FIRST_USER + user)


@contextlib.contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Empty, and gone afterwards. Not in the temporary directory, where nobody would find what a
    killed run leaves."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
