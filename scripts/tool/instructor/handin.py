# The answers in a hand-in: which of its folders is the answer to an exercise, and which files of it
# count. Files that an answer lacks are the stub's.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from tool.console.terminal import one_line
from tool.course import pristine
from tool.course.layout import Exercise, exercises, read_code
from tool.instructor import archive, handed
from tool.instructor.archive import Member
from tool.instructor.handed import Tree

MOST_FILES = 40  # of one answer
MOST_TOLD = 5  # of what was not used
LONGEST_NAME = 100
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.[ch]pp")
PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
HEADER = re.compile(rf"(?:{PART}/){{0,8}}{PART}")
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">\r\n]{1,200})[">]', re.MULTILINE)
# Beside exercises/, the course's own answers, tests and mistakes.
OURS = {"solutions", "tests", "hunts"}


class Unreadable(Exception):
    """A hand-in that cannot be read, and why."""


@dataclass(frozen=True)
class HandIn:
    """One answer to one exercise: the code files by name, without the program."""

    name: str
    exercise: Exercise
    files: dict[str, bytes]
    remarks: tuple[str, ...] = ()  # of how it was read


def solution(exercise: Exercise) -> HandIn:
    files = read_code(exercise.solution)
    return HandIn("the solution", exercise, files)


def read(tree: Tree, exercise: Exercise, alone: bool) -> HandIn | None:
    """None if there is none. `alone`: no other exercise is asked for, so that its files count
    wherever they lie."""
    stub = pristine.shipped_code(exercise)
    found = places(tree, exercise, stub, alone)
    if not found:
        if refused := tree.refused():
            raise Unreadable("; ".join(one_line(one) for one in refused[:MOST_TOLD]))
        return None
    chosen = max(found, key=lambda folder: rank(folder, found[folder], exercise.name))
    files, remarks = used(found[chosen], stub)
    more, wrong = own_headers(tree, chosen, {**stub, **files})
    files.update(more)
    remarks += wrong
    if len(files) > MOST_FILES:
        raise Unreadable(f"more than {MOST_FILES} files of code")
    if len({content(one) for one in found.values()}) > 1:
        remarks.append(f"there are {len(found)}; judged is the last, {chosen or 'at the top'}")
    own = {posixpath.join(chosen, name) for name in found[chosen]}
    remarks += [f"left out: {one}" for one in tree.refused(own)]
    return HandIn(
        one_line(tree.name), exercise, {**stub, **files}, tuple(map(one_line, remarks[:MOST_TOLD]))
    )


def places(
    tree: Tree, exercise: Exercise, stub: dict[str, bytes], alone: bool
) -> dict[str, dict[str, Member]]:
    """The folders in which its answer may lie."""
    folders = tree.folders()
    if any("exercises" in folder.split("/") for folder in folders):
        folders = {f: files for f, files in folders.items() if not OURS & set(f.split("/"))}
    top = archive.stem(Path(tree.name).absolute().name)
    named = {f: files for f, files in folders.items() if is_named(posixpath.basename(f) or top, exercise)}
    if named or not alone:
        return named
    by_file = {f: files for f, files in folders.items() if set(stub) & set(files)}
    return by_file or {f: files for f, files in folders.items() if f == ""}


def is_named(folder: str, exercise: Exercise) -> bool:
    """ex03_process_pool, EX03, and what a copy of it is called: ex03_process_pool (2)."""
    name = folder.lower()
    more = name[len(exercise.name) : len(exercise.name) + 1]
    return name == exercise.id or (name.startswith(exercise.name) and not more.isalnum())


def rank(
    folder: str, files: dict[str, Member], name: str
) -> tuple[bool, bool, float, int, bool, str]:
    """The largest is judged: of several the last by its time, as in a checkout before others."""
    in_checkout = folder.split("/")[-2:-1] == ["exercises"]
    itself = posixpath.basename(folder) == name  # no copy of it
    time = max(one.time for one in files.values())
    return in_checkout, in_checkout and itself, time, -folder.count("/"), itself, folder


def content(files: dict[str, Member]) -> tuple[tuple[str, bytes], ...]:
    return tuple(sorted((name, one.content) for name, one in files.items()))


def used(files: dict[str, Member], stub: dict[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """The files that make the answer, and what is to be said of the others."""
    taken, remarks = {}, []
    for name, one in sorted(files.items()):
        wrong = one.wrong
        if len(name) > LONGEST_NAME:
            wrong = f"has a name of more than {LONGEST_NAME} letters"
        elif not NAME.fullmatch(name):
            wrong = "has not only letters, digits, _, - and . in its name"
        if wrong and name in stub:
            raise Unreadable(f"{name} {wrong}")
        if wrong:
            remarks.append(f"left out: {name} {wrong}")
        else:
            taken[name] = one.content
    return taken, remarks


def own_headers(
    tree: Tree, folder: str, files: dict[str, bytes]
) -> tuple[dict[str, bytes], list[str]]:
    """What these #include that lies in folders below, or is called otherwise than .hpp; and what is
    to be said of it."""
    found: dict[str, bytes] = {}
    remarks = []
    due = list(files)
    while due and len(found) <= MOST_FILES:
        name = due.pop()
        for said in set(INCLUDE.findall(found[name] if name in found else files[name])):
            for above in dict.fromkeys((posixpath.dirname(name), "")):
                path = posixpath.normpath(posixpath.join(above, said.decode("utf-8", "replace")))
                one = tree.files.get(posixpath.join(folder, path))
                fits = handed.is_header(path) or path.endswith(".hpp")
                if one is None or path in files or path in found or not fits:
                    continue
                wrong = one.wrong or wrong_header(path, {*files, *found})
                if wrong:
                    remarks.append(f"left out: {path} {wrong}")
                    continue
                found[path] = one.content
                due.append(path)
    return found, sorted(set(remarks))


def wrong_header(path: str, others: set[str]) -> str:
    """Why it cannot lie in the answer's folder beside these; an archive may hold a file and a folder
    of one name."""
    above = {path[: slash.start()] for slash in re.finditer("/", path)}
    if above & others or any(other.startswith(f"{path}/") for other in others):
        return "has the name of a file and of a folder"
    fits = len(path) <= LONGEST_NAME and HEADER.fullmatch(path)
    return "" if fits else "has a name that is not used here"


def is_started(one: HandIn) -> bool:
    """Whether more was done to the stub than an editor does by itself."""
    stub = pristine.shipped_code(one.exercise)
    return one.files.keys() != stub.keys() or any(
        plain(text) != plain(stub[name]) for name, text in one.files.items()
    )


def plain(text: bytes) -> bytes:
    """Without what an editor changes by itself: a byte order mark, ends of lines."""
    return b"\n".join(line.rstrip() for line in text.removeprefix(b"\xef\xbb\xbf").splitlines()).rstrip()


def all_started(tree: Tree, root: Path) -> list[HandIn]:
    """Every exercise that somebody worked on there."""
    found, wrong = [], None
    for exercise in exercises(root):
        try:
            one = read(tree, exercise, False)
        except Unreadable as error:
            wrong = error
            continue
        if one is not None and is_started(one):
            found.append(one)
    if wrong and not found:
        raise wrong
    return found
