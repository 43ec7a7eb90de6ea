# What a student has laid where nobody looks for it, or where no file of an answer belongs: told
# before the build, which would not see it, in a line with the path.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import subprocess
from pathlib import Path

from tool.course import pristine
from tool.course.layout import Exercise, WorkbookError, code_files, exercises, is_code, relative


def refuse_what_is_no_file(exercise: Exercise) -> None:
    """The compiler would tell of it in words of its own."""
    for path in pristine.in_the_way(exercise):
        raise WorkbookError(
            f"{path} is no file; to have one again: "
            f"scripts/workbook reset {exercise.id} (keeps a copy)"
        )


def told(exercise: Exercise) -> list[str]:
    """A line for each file, or folder, that is no part of the answer and looks like one."""
    home = f"exercises/{exercise.name}/"
    found = [
        f"{path} is not part of {exercise.id}: files of an answer lie in {home}"
        for path in out_of_place(exercise)
    ]
    found += [
        f"{path}/ is no exercise's folder: an answer lies in one like {home}"
        for path in strangers(exercise)
    ]
    return found + [
        f"{path} is not what is judged: files of an answer lie in {home}"
        for path in among_the_solutions(exercise)
    ]


def out_of_place(exercise: Exercise) -> list[str]:
    """Paths of code above the exercise's folder, or in a folder inside it."""
    root = exercise.root
    found = [*root.glob("*"), *(root / "exercises").glob("*"), *exercise.stub.glob("[!.]*/**/*")]
    code = [path for path in found if is_code(path.name) and path.is_file()]
    return sorted(relative(path, root) for path in code)


def strangers(exercise: Exercise) -> list[str]:
    """Folders with code beside those of the exercises."""
    root = exercise.root
    known = {"given", *(one.name for one in exercises(root))}
    folders = sorted((root / "exercises").glob("[!.]*"))
    return [relative(one, root) for one in folders if one.name not in known and code_files(one)]


def among_the_solutions(exercise: Exercise) -> list[str]:
    """Paths of files there that are the student's: new ones; or changed ones, as far as git knows,
    while the stub is as it was handed out. An author changes solutions, too, but not instead."""
    handed_out = {Path(path).name for path in pristine.shipped(exercise)}
    if not handed_out:  # an author's, not recorded yet
        return []
    there = code_files(exercise.solution)
    found = [path for path in there if path.name not in handed_out]
    if not pristine.edited_files(exercise):
        found += changed(exercise.root, [path for path in there if path not in found])
    return sorted(relative(path, exercise.root) for path in found)


def changed(root: Path, files: list[Path]) -> list[Path]:
    """Those that are not as they were committed; none if git cannot tell."""
    try:
        done = subprocess.run(
            ["git", "diff", "--name-only", "-z", "HEAD", "--", *files],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return []
    names = done.stdout.decode("utf-8", "replace").split("\0") if done.returncode == 0 else []
    return [path for path in files if relative(path, root) in names]
