# Where everything lies, which exercises there are, and how a person may name one.
#
# The one string `ex03_process_pool` yields every path; CMakeLists.txt is the one list of them.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tool.course import seal

SOURCE_SUFFIXES = (".cpp", ".hpp")


class WorkbookError(Exception):
    """Something to tell in one line, and the exit status to leave with."""

    def __init__(self, message: str, status: int = 1):
        super().__init__(message)
        self.status = status


# Exit statuses, as --help lists them.
NOT_YET = 1
USAGE = 2
MACHINE = 3
DOES_NOT_COMPILE = 4


@dataclass(frozen=True)
class Exercise:
    """One exercise of the checkout at `root`."""

    root: Path
    name: str  # ex03_process_pool

    @property
    def id(self) -> str:  # ex03
        return self.name.split("_", 1)[0]

    @property
    def number(self) -> str:  # 03
        return self.id[2:]

    @property
    def stub(self) -> Path:
        return self.root / "exercises" / self.name

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / self.name

    @property
    def hunt(self) -> Path:  # a wrong answer that the student is to mend
        return self.root / "hunts" / self.name

    @property
    def hunt_id(self) -> str:  # hunt03: its checker, its entries
        return f"hunt{self.number}"

    @property
    def test(self) -> Path:
        return self.root / "tests" / f"{self.name}_test.cpp"

    @property
    def wrong_answers(self) -> Path:
        return self.root / "tests" / "wrong_answers" / self.name

    @property
    def right_answers(self) -> Path:
        return self.root / "tests" / "right_answers" / self.name

    @property
    def contracts(self) -> Path:  # which case forces which sentence
        return self.root / "tests" / "contracts" / f"{self.name}.txt"

    def folders(self) -> list[Path]:
        """All that is its own, but the test."""
        return [self.stub, self.solution, self.wrong_answers, self.right_answers]


STARTER = Path(__file__).resolve().parents[1] / "__main__.py"  # of all that the tool can do


def checkout_root() -> Path:
    """The checkout that this tool belongs to."""
    return Path(__file__).resolve().parents[3]


def contents(root: Path) -> str:
    """CMakeLists.txt."""
    try:
        return (root / "CMakeLists.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WorkbookError(f"there is no CMakeLists.txt in {root}") from None


def version(root: Path) -> str:
    """As project() says it, and after a v the tag of its release."""
    found = re.search(r"^project\([^)]*\bVERSION\s+([\d.]+)", contents(root), re.MULTILINE)
    return found.group(1) if found else "without a version"


def exercises(root: Path) -> list[Exercise]:
    """In CMakeLists.txt's order: one workbook_exercise(...) each."""
    names = re.findall(r"^\s*workbook_exercise\(\s*(ex\d\d_\w+)", contents(root), re.MULTILINE)
    return [Exercise(root, name) for name in names]


def find_exercise(root: Path, said: str) -> Exercise:
    """By any of its names: ex03, 3, 03, ex03_process_pool, or the path of its folder."""
    known = exercises(root)
    name = said.lower()
    number = re.fullmatch(r"(?:ex)?0*([0-9]{1,2})", name)
    for exercise in known:
        if name == exercise.name or (number and int(number.group(1)) == int(exercise.number)):
            return exercise
        if "/" in said and is_folder_of(exercise, said):
            return exercise
    names = " ".join(exercise.id for exercise in known)
    raise WorkbookError(f"there is no exercise {said!r} here; there are: {names}", USAGE)


def is_folder_of(exercise: Exercise, said: str) -> bool:
    """A path that exists from the working directory means that, otherwise it begins at the root."""
    try:
        path = Path(said) if Path(said).exists() else exercise.root / said
        return path.resolve() in (exercise.stub.resolve(), exercise.solution.resolve())
    except (OSError, ValueError):  # too long, a null character
        return False


def is_code(name: str) -> bool:
    """Whether a file of this name belongs to an answer; main.cpp is the program."""
    return name.endswith(SOURCE_SUFFIXES) and name != "main.cpp" and not name.startswith(".")


def code_files(folder: Path, programs: bool = False) -> list[Path]:
    """An answer's files, sorted; with the program if it is asked for."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and (is_code(path.name) or (programs and path.name == "main.cpp"))
    )


def read_code(folder: Path) -> dict[str, bytes]:
    """An answer: its code files, by name; opened, if it is sealed."""
    return {path.name: seal.read(path) for path in code_files(folder)}


def relative(path: Path, root: Path) -> str:
    """For people: below the checkout without its path, elsewhere in full."""
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


def output_file(option: str, said: str) -> Path:
    """The file to write in the end; refused before minutes of work are spent."""
    path = Path(said).resolve()
    if path.exists() and not path.is_file():
        raise WorkbookError(f"{option}: {said} is there and is no file; name another", USAGE)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise WorkbookError(f"{option}: no file can be written in {path.parent}", USAGE)
    return path


def write_if_changed(path: Path, content: bytes) -> bool:
    """Leaves an equal file alone, so that nothing is compiled again for its time's sake."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    return True


def write_atomically(path: Path, content: bytes) -> None:
    """Whole or not at all, whatever interrupts it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
