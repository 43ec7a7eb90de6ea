# A student's files against the solution's, once the core has passed.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tool.console.command_line import Command, Parser
from tool.console.terminal import colours, paint
from tool.course import seal
from tool.course.layout import NOT_YET, Exercise, WorkbookError, code_files, find_exercise
from tool.judging import state


def diff(root: Path, said: str, peek: bool) -> int:
    """The student's files against the solution's."""
    exercise = find_exercise(root, said)
    refuse_sealed(exercise)
    if not peek and not core_recorded(exercise):
        raise WorkbookError(
            f"the core of {exercise.id} has not passed a check yet; "
            f"to look all the same: scripts/workbook diff {exercise.id} --peek",
            NOT_YET,
        )
    with tempfile.TemporaryDirectory(prefix="workbook-") as opened:
        seal.open_folder(exercise.solution, Path(opened))
        return differences(exercise, Path(opened))


def refuse_sealed(exercise: Exercise) -> None:
    """In a handout nobody looks before the core has passed."""
    if seal.in_handout(exercise.root) and not core_recorded(exercise):
        raise WorkbookError(
            f"here the solutions are sealed until the core of {exercise.id} has passed a check", NOT_YET
        )


def differences(exercise: Exercise, solution: Path) -> int:
    files = code_files(exercise.stub) + code_files(solution)
    same = True
    for name in sorted({path.name for path in files}):
        here, there = (f"{top}/{exercise.name}/{name}" for top in ("exercises", "solutions"))
        done = subprocess.run(
            ["diff", "-u", "-N", "--label", here, "--label", there, here, solution / name],
            cwd=exercise.root,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode > 1:
            raise WorkbookError(f"diff fails: {done.stderr.strip()}")
        print("".join(coloured(line) for line in done.stdout.splitlines(keepends=True)), end="")
        same = same and not done.stdout
    if same:
        print(f"Your {exercise.id} and the solution are the same.")
    return 0


def core_recorded(exercise: Exercise) -> bool:
    """Whether it has held once: what came of the answer since changes nothing."""
    return bool(state.read(exercise.root).get(exercise.name, {}).get("passed", False))


def coloured(line: str) -> str:
    if not colours():
        return line
    styles = {"+++": "bold", "---": "bold", "+": "green", "-": "red", "@@": "cyan"}
    for begin, style in styles.items():
        if line.startswith(begin):
            return paint(line.rstrip("\n"), style) + "\n"
    return line


def diff_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--peek", "before the core has passed; not in a handout")


COMMAND = Command(
    "diff",
    "your answer against the solution, once the core has passed",
    lambda root, given: diff(root, given.exercise, given.peek),
    diff_arguments,
    (("diff ex03", ""),),
)
