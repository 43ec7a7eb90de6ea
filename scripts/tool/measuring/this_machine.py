# This machine, which figures come from, in words.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from tool.console.terminal import paint

BUSY = 0.5  # load average for each core above which figures mean little


def machine(build: Path, load: float) -> str:
    """What the figures depend on, and whether they can be trusted."""
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"{'processor':10}{processor()}, {cores} core{'s' * (cores != 1)}",
        f"{'kernel':10}{platform.system()} {platform.release()}",
        f"{'compiler':10}{compiler(build)}",
        f"{'load':10}{load:.2f} on average in the minute before",
    ]
    if load > BUSY * cores:
        busy = (
            "The machine is busy: its load is above half a process for each core, and these figures\n"
            "mean little. End what else runs, wait a minute, and measure again."
        )
        lines += ["", paint(busy, "yellow")]
    return "\n".join(lines)


def processor() -> str:
    return said_in("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.machine()


def distribution() -> str:
    return said_in("/etc/os-release", r'^PRETTY_NAME="?([^"\n]+)') or platform.system()


def said_in(file: str, pattern: str) -> str:
    """Its first match; empty if there is none, or no such file."""
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else ""


def compiler(build: Path) -> str:
    """The one that this build folder was configured with."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache, re.MULTILINE)
    said = output_of([found.group(1), "--version"]) if found else None
    return said.splitlines()[0] if said else "unknown"


def output_of(command: list[str], given: str | None = None) -> str | None:
    """What it prints, or None if it is not there or fails."""
    try:
        done = subprocess.run(
            command,
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
