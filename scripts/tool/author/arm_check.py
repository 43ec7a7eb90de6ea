# The course on 64-bit Arm, from a machine that is none: compiled by Debian's cross compiler, and
# judged under qemu. For authors:
#
#   apt-get install g++-aarch64-linux-gnu qemu-user-static
#   python3 scripts/tool arm_check [ref01 ...]
#
# What it judges is in SOLUTIONS and WRONG. It cannot show what only a real one does: qemu's memory is
# as strongly ordered as this machine's, and its threads are this machine's.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tool.building.build_step import locked
from tool.course.answers import catchers
from tool.course.cases import cases_of
from tool.course.layout import MACHINE, USAGE, Exercise, WorkbookError, checkout_root, find_exercise

SOLUTIONS = ("ref01", "ref02", "ref04", "ref07", "ref09", "ref11", "ref14")
WRONG = (
    "bad01.no_lock",
    "bad01.loop_variable_by_reference",
    "bad01.end_included",
    "bad02.if_for_while",
    "bad04.no_forced_switch",
    "bad07.coarse_no_lock",
    "bad07.fine_no_lock",
    "bad07.fine_lock_per_client",
    "bad09.always_reported",
    "bad14.lost_cancel_get",
)
BUILD = "build-arm"
NEEDED = {
    "aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu",
    "qemu-aarch64-static": "qemu-user-static",
}
EMULATOR = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]
LIMIT = 600  # seconds for one case, under an emulator
CANNOT_JUDGE = 4  # a checker's exit status
SCHEDULES = "200"  # for each explored case, unless WORKBOOK_SCHEDULES says how many


def configure(root: Path) -> Path:
    build = root / BUILD
    words: list[str | Path] = ["cmake", "--preset", "instructor", "-B", build]
    words += ["--toolchain", root / "scripts" / "cmake" / "aarch64.cmake"]
    run_or_fail(words, root)
    return build


def run_or_fail(words: list[str | Path], root: Path) -> None:
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        text = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise WorkbookError(f"{' '.join(map(str, words[:3]))} fails:\n" + "\n".join(text), MACHINE)


def runs_of(exercise: Exercise, check: str) -> list[list[str]]:
    """How its checker is asked: once for each case, or as ctest does for a wrong answer."""
    if check.startswith("bad"):
        patch = exercise.wrong_answers / f"{check.split('.')[1]}.patch"
        return [["--fails", *catchers(patch.read_text(encoding="utf-8"))]]
    return [[case.sentence] for case in cases_of(exercise) if "[soak]" not in case.tags]


def judge(root: Path, build: Path, check: str) -> tuple[int, int, int]:
    """How many of its runs held, could not be judged, and were made."""
    exercise = find_exercise(root, check[3:5])
    with locked(build):
        run_or_fail(["ninja", "-j1", "-C", build, check], root)
    asked = runs_of(exercise, check)
    environment = {"WORKBOOK_SCHEDULES": SCHEDULES, **os.environ}
    held = unjudged = 0
    for words in asked:
        try:
            done = subprocess.run(
                [*EMULATOR, build / "bin" / check, *words],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            print(f"{check} {words}: did not end within {LIMIT} s")
            continue
        held += done.returncode == 0
        unjudged += done.returncode == CANNOT_JUDGE
        if done.returncode != 0:
            said = f"{done.stdout[-2000:]}{done.stderr[-500:]}"
            print(f"{check} {words}: status {done.returncode}\n{said}")
    return held, unjudged, len(asked)


def main(argv: list[str]) -> int:
    root = checkout_root()
    known = [*SOLUTIONS, *WRONG]
    for one in argv:
        if not re.fullmatch(r"ref\d\d|bad\d\d\.\w+", one):
            raise WorkbookError(f"arm_check: {one} is no ref01 or bad01.no_lock", USAGE)
    missing = [package for tool, package in NEEDED.items() if not shutil.which(tool)]
    if missing:
        raise WorkbookError(f"missing: apt-get install {' '.join(missing)}", MACHINE)
    build = root / BUILD if (root / BUILD / "build.ninja").exists() else configure(root)
    bad = 0
    for check in argv or known:
        held, unjudged, of = judge(root, build, check)
        lacking = f", {unjudged} cannot be judged under the emulator" if unjudged else ""
        print(f"{check}: {held} of {of}{lacking}", flush=True)
        bad += held + unjudged != of
    print(f"{bad} do not hold" if bad else "all hold")
    return 1 if bad else 0
