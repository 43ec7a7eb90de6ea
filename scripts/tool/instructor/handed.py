# What lies in a hand-in, folder or archive, archives in it included: its code, and what there is in
# the place of code. Nobody has looked at it: it may hold links to other people's files, devices, pipes
# that never end. Only plain files, reached without following a link, are read.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import collections
import itertools
import os
import posixpath
import re
import stat
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path

from tool.course.layout import USAGE, WorkbookError, is_code
from tool.instructor import archive
from tool.instructor.archive import Budget, Member, Refused, is_archive

MOST_BYTES = 256 << 10  # of one file of code
MOST_PACKED = 32 << 20  # of one archive
MOST_DEEP = 12  # folders in one another
LONGEST_FOLDER = 200  # letters of one that is remembered
MOST_NESTED = 3  # archives in one another
MOST_ENTRIES = 50_000
CLASS_FACTOR = 8  # how much more than a hand-in may come out of a whole class's archive
PASSED_BY = re.compile(r"\..*|__MACOSX|build(-.*)?")  # a folder in which no hand-in lies
# Of headers that an answer may bring besides its code.
HEADERS = (".h", ".hh", ".hxx", ".inl", ".ipp", ".tpp", ".inc")
# Learning platforms that put everybody's files into one folder: name_user_submission_file. Two people
# may have one name.
FLAT = re.compile(r"(.+?)_(?:LATE_|late_)?(\d{2,})_\d{2,}_")


@dataclass
class Tree:
    """Files by their path inside the hand-in, with /."""

    name: str
    files: dict[str, Member] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)  # its own folders' names, with or without code

    def folders(self) -> dict[str, dict[str, Member]]:
        """Of each folder that has code, or what has its name, the files in it."""
        found: dict[str, dict[str, Member]] = {}
        for path, one in self.files.items():
            if is_code(posixpath.basename(path)):
                above, name = posixpath.split(path)
                found.setdefault(above, {})[name] = one
        return found

    def refused(self, told: Set[str] = frozenset()) -> list[str]:
        """What else it has that is not to be used, and why."""
        return [
            f"{path} {one.wrong}"
            for path, one in self.files.items()
            if one.wrong and path not in told and not is_header(path)
        ]


class Reading:
    """Of a hand-in, or of a whole class's; each hand-in has one budget."""

    def __init__(self, tree: Tree, of_a_class: bool):
        self._tree = tree
        self._of_a_class = of_a_class
        self._budgets: dict[str, Budget] = {}  # of each hand-in, by its part's name
        self._entries: collections.Counter[str] = collections.Counter()
        self._folders: set[str] = set()  # that hold a file so far, itself or in folders below

    def folder(self, top: Path, above: str = "", deep: int = 0) -> None:
        try:
            with os.scandir(top) as entries:
                there = sorted(entries, key=lambda one: one.name)
        except OSError as error:
            if not above:
                raise
            self._refuse(above, f"cannot be read ({error.strerror})")
            return
        for entry in there:
            path = posixpath.join(above, entry.name)
            if not self._counts(path):
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            self._note_part(posixpath.join(path, "") if is_folder else path)
            if is_folder and not is_code(entry.name):
                if not PASSED_BY.fullmatch(entry.name) and deep < MOST_DEEP:
                    self.folder(Path(entry.path), path, deep + 1)
            elif is_wanted(path) or entry.is_symlink():
                self._file(Path(entry.path), path)

    def _file(self, file: Path, path: str) -> None:
        one = plain_file(file)
        if one.wrong or not is_archive(path):
            self._keep(path, one)
        else:
            self.archive(path, one, 1)

    def _keep(self, path: str, one: Member) -> None:
        self._tree.files[path] = one
        slashes = itertools.islice(re.finditer("/", path[:LONGEST_FOLDER]), MOST_DEEP)
        self._folders.update(path[: slash.start()] for slash in slashes)

    def archive(self, path: str, packed: Member, nested: int) -> None:
        """Its members stand where a folder of its name would."""
        above = archive.stem(path) if path else ""
        if nested > MOST_NESTED:
            self._refuse(path, f"lies in more than {MOST_NESTED} archives")
            return
        packed_again = []  # read last: what lies beside them in a folder of their name comes first
        try:
            name = path or self._tree.name
            wanted = is_wanted if path else self._wanted_at_the_top
            if above in self._folders:  # it has been unpacked beside it, and perhaps worked on
                above = posixpath.join(above, posixpath.basename(path), posixpath.basename(above))
            for one in archive.members(name, packed.content, wanted, self._budget(path)):
                inside = posixpath.join(above, one.path)
                if not self._counts(inside):
                    continue
                if one.wrong or not is_archive(one.path):
                    self._keep(inside, of_size(one))
                else:
                    packed_again.append((inside, one))
        except Refused as error:
            self._refuse(path, f"is refused: {error}")
        for inside, one in packed_again:
            self.archive(inside, one, nested + 1)

    def _wanted_at_the_top(self, path: str) -> bool:
        self._note_part(path)
        return is_wanted(path)

    def _note_part(self, path: str) -> None:
        first, inside, _ = path.partition("/")
        if (inside or FLAT.match(first)) and not PASSED_BY.fullmatch(first):
            self._tree.parts.add(first)

    def _refuse(self, path: str, why: str) -> None:
        self._tree.files[path or self._tree.name] = Member(path, 0, wrong=why)

    def _hand_in(self, path: str) -> str:
        """Whose file it is: the name of a part of a class's, else nothing."""
        return path.split("/")[0] if self._of_a_class else ""

    def _budget(self, path: str) -> Budget:
        """An archive of the class's own is as large as all that is in it."""
        most = archive.MOST_UNPACKED * (1 if path or not self._of_a_class else CLASS_FACTOR)
        return self._budgets.setdefault(self._hand_in(path), Budget(most))

    def _counts(self, path: str) -> bool:
        """Whether there is room for one more; of a class, one hand-in with too many is refused."""
        whose = self._hand_in(path)
        self._entries[whose] += 1
        if self._entries[whose] <= MOST_ENTRIES:
            return True
        why = f"has more than {MOST_ENTRIES} files and folders"
        if not self._of_a_class:
            raise Refused(f"it {why}")
        self._refuse(whose, why)
        return False


def is_wanted(path: str) -> bool:
    *above, name = path.split("/")
    if any(PASSED_BY.fullmatch(one) for one in above) or name.startswith("."):
        return False
    return is_code(name) or is_header(name) or is_archive(name)


def is_header(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(HEADERS) and not name.startswith(".")


def plain_file(file: Path) -> Member:
    most = MOST_PACKED if is_archive(file.name) else MOST_BYTES
    try:
        if file.is_symlink():
            return Member(file.name, 0, wrong="is a link")
        # Not to wait for the other end of a pipe.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                return Member(file.name, 0, wrong="is no plain file")
            with open(descriptor, "rb", closefd=False) as opened:
                text = opened.read(most + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Member(file.name, 0, wrong=f"cannot be read ({error.strerror})")
    return of_size(Member(file.name, about.st_mtime, text))


def of_size(one: Member) -> Member:
    """As it is, unless it is too large to be read."""
    most = MOST_PACKED if is_archive(one.path) else MOST_BYTES
    if len(one.content) <= most:
        return one
    return Member(one.path, one.time, wrong=f"is larger than {most >> 10} KiB")


def tree_of(top: Path, of_a_class: bool = False) -> Tree:
    """Raises Refused, OSError."""
    tree = Tree(str(top))
    reading = Reading(tree, of_a_class)
    if top.is_dir():
        reading.folder(top)
    elif (packed := plain_file(top)).wrong:
        raise Refused(f"it {packed.wrong}")
    else:
        reading.archive("", Member(top.name, packed.time, packed.content), 1)
    return tree


def by_student(whole: Tree) -> list[Tree]:
    """The hand-ins of a download that has a folder, an archive or some files for each student. Who
    has no code in it has a hand-in without files."""
    found: dict[str, Tree] = {}

    def of(part: str) -> Tree:
        flat = FLAT.match(part)
        name = f"{flat[1]}_{flat[2]}" if flat and "assignsubmission" not in part else part
        return found.setdefault(name, Tree(posixpath.join(whole.name, name)))

    for part in sorted(whole.parts):
        of(part)
    for path, one in whole.files.items():
        part, inside, rest = path.partition("/")
        tree = of(part)
        is_folder = inside and tree.name.endswith(f"/{part}")
        tree.files[rest if is_folder else path] = one
    return list(found.values())


def tops(said: list[str]) -> list[Path]:
    """The hand-ins that were named; each once."""
    for name in said:
        path = Path(name)
        if not path.exists():
            raise WorkbookError(f"{name} is not there", USAGE)
        if not path.is_dir() and not is_archive(name):
            kinds = " ".join(archive.SUFFIXES)
            raise WorkbookError(f"{name} is neither a folder nor an archive ({kinds})", USAGE)
    return [Path(name) for name in dict.fromkeys(said)]
