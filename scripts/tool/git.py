# git, which keeps the stubs as they were handed out; why it cannot be asked is one line with a cure.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from layout import MACHINE, WorkbookError

# git's own advice for a folder of another user, with the path as its shell wants it.
TRUST = re.compile(r"git config --global --add safe\.directory .+")


def git(root: Path, *words: str, why: str) -> subprocess.CompletedProcess:
    """Asks git in this checkout. `why`: what it is needed for, should it not answer at all."""
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=root,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise WorkbookError(
            f"git is needed to {why}, and is not installed: apt-get install git", MACHINE
        ) from None
    advice = TRUST.search(complaint(done))
    if done.returncode != 0 and advice:
        raise WorkbookError(
            f"git does not touch this checkout, which belongs to another user; to {why}: "
            f"{advice.group()}",
            MACHINE,
        )
    return done


def complaint(done: subprocess.CompletedProcess) -> str:
    return done.stderr.decode("utf-8", "replace").strip()
