# `handout FILE`: the workbook as students get it, in an archive that works by itself. Stubs are as they
# were handed out; solutions and the wrong answers that bug hunts lay out are sealed (seal.py); what
# judges the course itself, and what is said to instructors, is left out.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import io
import json
import re
import tarfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tool.console.command_line import Command, Parser
from tool.console.terminal import note
from tool.course import pristine, seal
from tool.course.answers import catchers
from tool.course.cases import cases_of
from tool.course.layout import USAGE, WorkbookError, contents, exercises, output_file, relative
from tool.instructor import archive

AT_THE_TOP = (
    ".clang-format",
    ".devcontainer",
    ".editorconfig",
    ".gitattributes",
    ".github/classroom",
    ".gitignore",
    ".vscode",
    "AGENTS.md",
    "CMakeLists.txt",
    "CMakePresets.json",
    "LICENSE",
    "README.md",
    "WORKBOOK.md",
    "exercises",
    "scripts",
    "solutions",
    "tests",
)
# Folders that judge the course, and not an answer to it.
LEFT_OUT = re.compile(
    r"(.*/)?__pycache__|scripts/tool/(instructor|author)"
    r"|scripts/tool/(course/cases|judging/(audit|checker_recipe|code_text|interface|judged|symbols))\.py"
    r"|tests/(bughunt|checker|equivalent_mutants|grade|right_answers|tool)"
    r"|tests/book/[^/]+\.(py|cmake)"  # not the games that the book shows
    r"|tests/explore/(.*/)?(bench|cases|conformance)"
)
APPENDIX = "appendix instructors"  # WORKBOOK.md's
FOR_OTHERS = ("## If you are an instructor", "## If you are writing an exercise")
# Where GitHub Classroom looks for it.
MOVED = {".github/classroom/workflow.yml": ".github/workflows/classroom.yml"}
AUTOGRADING = ".github/classroom/autograding.json"
FORMS = (".zip", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class Entry:
    content: bytes
    runs: bool = False  # a program


def handout(root: Path, said: str) -> int:
    if not said.endswith(FORMS):
        raise WorkbookError(f"handout: {said} is no {', '.join(FORMS)}", USAGE)
    file = output_file("handout", said)
    entries = entries_of(root)
    top = archive.stem(file.name) or "workbook"
    (write_zip if file.suffix == ".zip" else write_tar)(file, top, entries)
    note(f"written: {said}, {len(entries)} files, {file.stat().st_size >> 10} KiB")
    return 0


def entries_of(root: Path) -> dict[str, Entry]:
    """path -> what the archive has there."""
    found = {}
    for name in AT_THE_TOP:
        for path in files_below(root / name, root):
            where = MOVED.get(relative(path, root), relative(path, root))
            found[where] = Entry(path.read_bytes(), bool(path.stat().st_mode & 0o100))
    as_handed_out(root, found)
    seal_the_answers(root, found)
    for file, kept in FOR_STUDENTS.items():
        found[file] = Entry(kept(found[file].content.decode()).encode())
    found[AUTOGRADING] = Entry(autograding(root))
    found[seal.MARK] = Entry(b"What lies here was sealed for students: scripts/tool/course/seal.py.\n")
    return found


def files_below(path: Path, root: Path) -> list[Path]:
    if path.is_file():
        return [path]
    parts = sorted(path.iterdir()) if path.is_dir() else []
    kept = [one for one in parts if not is_left_out(relative(one, root))]
    return [file for part in kept for file in files_below(part, root)]


def is_left_out(path: str) -> bool:
    hidden = "/." in path and path != pristine.MANIFEST  # an editor's
    return hidden or LEFT_OUT.fullmatch(path) is not None


def as_handed_out(root: Path, found: dict[str, Entry]) -> None:
    for exercise in exercises(root):
        prefix = f"exercises/{exercise.name}/"
        shipped = pristine.shipped_content(exercise)
        for path in [one for one in found if one.startswith(prefix) and one not in shipped]:
            if path.endswith((".cpp", ".hpp")):
                del found[path]  # a student's, in this tree
        found.update({path: Entry(content) for path, content in shipped.items()})


def seal_the_answers(root: Path, found: dict[str, Entry]) -> None:
    used = set(re.findall(r"\bex\d\d_\w+", " ".join(re.findall(r"USES([^)]*)", contents(root)))))
    for exercise in exercises(root):
        everyday = {case.sentence for case in cases_of(exercise) if "[soak]" not in case.tags}
        for path in list(found):
            entry = found[path]
            if path.startswith(f"solutions/{exercise.name}/"):
                # A header that stubs of later exercises include is their interface.
                if not (exercise.name in used and path.endswith(".hpp")):
                    found[path] = Entry(seal.sealed(entry.content))
            elif path.startswith(f"tests/wrong_answers/{exercise.name}/"):
                if everyday.isdisjoint(catchers(entry.content.decode())):
                    del found[path]  # no hunt lays it out
                else:
                    found[path] = Entry(seal.sealed(entry.content))
            elif path == f"tests/contracts/{exercise.name}.txt":
                kept = re.sub(r"^ +wrong:.*\n", "", entry.content.decode(), flags=re.MULTILINE)
                found[path] = Entry(kept.encode())


def text_for_students(workbook: str) -> str:
    return re.sub(rf"^<!-- {APPENDIX} begins -->\n.*?^<!-- {APPENDIX} ends -->\n", "", workbook, flags=re.M | re.S)


def presets_for_students(presets: str) -> str:
    """Editors offer each, and the build refuses to judge the course where it is a handout."""
    told = json.loads(presets)
    for kind in [one for one in told if one.endswith("Presets")]:
        told[kind] = [one for one in told[kind] if one["name"] != "instructor"]
    return json.dumps(told, indent=2) + "\n"


def for_students(readme: str) -> str:
    for heading in FOR_OTHERS:
        readme = re.sub(rf"^{heading}\n.*?(?=^## |^MIT license|\Z)", "", readme, flags=re.M | re.S)
    readme = re.sub(r"^## Two commands$", "## One command", readme, flags=re.M)
    readme = re.sub(r"^scripts/workbook verify .*\n", "", readme, flags=re.M)
    return re.sub(r"^`verify` .*?\n\n", "", readme, flags=re.M | re.S)


# What these files keep of what they say.
FOR_STUDENTS = {
    "CMakePresets.json": presets_for_students,
    "README.md": for_students,
    "WORKBOOK.md": text_for_students,
}


def autograding(root: Path) -> bytes:
    """For GitHub Classroom: as many points for each exercise, when `check` is content."""
    tests = [
        {
            "name": one.name,
            "setup": "",
            "run": f"scripts/workbook check {one.id}",
            "input": "",
            "output": "",
            "comparison": "included",
            "timeout": 10,  # minutes
            "points": 10,
        }
        for one in exercises(root)
    ]
    return json.dumps({"tests": tests}, indent=2).encode() + b"\n"


def write_zip(file: Path, top: str, entries: dict[str, Entry]) -> None:
    now = time.localtime()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, entry in sorted(entries.items()):
            info = zipfile.ZipInfo(f"{top}/{path}", now)
            info.external_attr = (0o100755 if entry.runs else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, entry.content)


def write_tar(file: Path, top: str, entries: dict[str, Entry]) -> None:
    with tarfile.open(file, "w:gz") as packed:
        for path, entry in sorted(entries.items()):
            info = tarfile.TarInfo(f"{top}/{path}")
            info.size, info.mtime = len(entry.content), int(time.time())
            info.mode = 0o755 if entry.runs else 0o644
            packed.addfile(info, io.BytesIO(entry.content))


def handout_arguments(reader: Parser) -> None:
    reader.add_argument("file", metavar="FILE", help="the archive: .zip, .tar.gz or .tgz")


COMMAND = Command(
    "handout",
    "the workbook for students, in an archive that works by itself",
    lambda root, given: handout(root, given.file),
    handout_arguments,
    (("handout workbook.zip", ""),),
    "Stubs are as handed out. Solutions, and the wrong answers that bug hunts lay out, are sealed: "
    "the build and the commands open what they need, and no search finds a word of them. A seal "
    "is no lock, though.",
)
