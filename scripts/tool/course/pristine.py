# The stubs as they were handed out, whatever a student has made of them since.
#
# exercises/.pristine has a line `<id> <path> <content>` for each file that a student may edit: the id
# is git's for this content, which follows compressed. So they come back without git, too: in a ZIP
# download, in a checkout that git does not touch because another user owns it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import base64
import binascii
import hashlib
import re
import shutil
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import (
    MACHINE,
    SOURCE_SUFFIXES,
    Exercise,
    WorkbookError,
    is_code,
    relative,
    write_atomically,
)

MANIFEST = "exercises/.pristine"
BACKUPS = ".workbook/backup"
ENTRY = re.compile(r"([0-9a-f]{40}) (exercises/.+) ([A-Za-z0-9+/]+=*)\n")


@dataclass(frozen=True)
class Original:
    """A file as it was handed out."""

    id: str
    packed: str

    def content(self, path: str) -> bytes:
        try:
            content = zlib.decompress(base64.b64decode(self.packed))
        except (binascii.Error, zlib.error):
            raise damaged(path) from None
        if blob_id(content) != self.id:
            raise damaged(path)
        return content


def damaged(what: str) -> WorkbookError:
    cure = f"unpack it anew, or git checkout -- {MANIFEST}"
    return WorkbookError(f"{MANIFEST} is damaged ({what}): {cure}", MACHINE)


def blob_id(content: bytes) -> str:
    """What `git hash-object` prints for this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def read_manifest(root: Path) -> dict[str, Original]:
    """path -> what was handed out; empty if there is none yet."""
    try:
        text = (root / MANIFEST).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return {}
    entries = {}
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        entry = ENTRY.fullmatch(line)
        if not entry:
            raise damaged(f"line {number} is not '<id> <path> <content>'")
        entries[entry.group(2)] = Original(entry.group(1), entry.group(3))
    return entries


def shipped(exercise: Exercise) -> dict[str, Original]:
    """path -> what was handed out, of this exercise's files."""
    prefix = f"exercises/{exercise.name}/"
    return {p: one for p, one in read_manifest(exercise.root).items() if p.startswith(prefix)}


def student_files(exercise: Exercise) -> list[Path]:
    """The files of the stub's folder that a student may edit, as they are there now.

    Hidden ones are an editor's: nobody's answer, and nothing to put back.
    """
    if not exercise.stub.is_dir():
        return []
    return sorted(
        path
        for path in exercise.stub.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and (path.suffix in (".cpp", ".hpp") or path.name == "NOTES.md")
    )


def in_the_way(exercise: Exercise) -> list[str]:
    """Paths of what has a source file's name and is none: a folder, a link that leads nowhere."""
    if not exercise.stub.is_dir():
        return []
    return sorted(
        relative(path, exercise.root)
        for path in exercise.stub.iterdir()
        if path.name.endswith(SOURCE_SUFFIXES)
        and not path.name.startswith(".")
        and not path.is_file()
    )


def edited_files(exercise: Exercise) -> list[str]:
    """Paths that are not as shipped: changed, missing, no file, or added by the student."""
    wanted = {path: one.id for path, one in shipped(exercise).items()}
    there = {
        relative(path, exercise.root): blob_id(path.read_bytes())
        for path in student_files(exercise)
    }
    there.update(dict.fromkeys(in_the_way(exercise), "no file"))
    return sorted(path for path in {*wanted, *there} if wanted.get(path) != there.get(path))


def shipped_content(exercise: Exercise) -> dict[str, bytes]:
    """path -> content as handed out."""
    return {path: one.content(path) for path, one in shipped(exercise).items()}


def shipped_code(exercise: Exercise) -> dict[str, bytes]:
    """The answer that is handed out: its code files, by name."""
    named = {Path(path).name: text for path, text in sorted(shipped_content(exercise).items())}
    return {name: text for name, text in named.items() if is_code(name)}


def reset(exercise: Exercise) -> tuple[Path | None, list[str]]:
    """Puts the stub back. Returns where the student's folder was copied to, and what was undone.

    Everything is read before anything is changed; with nothing to undo there is no backup.
    """
    if not shipped(exercise):
        raise WorkbookError(f"{exercise.id}: no stub of it is recorded in {MANIFEST}")
    edited = edited_files(exercise)
    if not edited:
        return None, []
    originals = shipped_content(exercise)
    backup = keep(exercise.root, exercise.stub, exercise.id)
    try:
        for path in edited:
            target = exercise.root / path
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            elif path not in originals:
                target.unlink()
            if path in originals:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(target, originals[path])
    except OSError as error:
        kept = relative(backup, exercise.root)
        raise WorkbookError(
            f"reset fails: {error}; your files are kept in {kept}/", MACHINE
        ) from None
    return backup, edited


def keep(root: Path, folder: Path, name: str) -> Path:
    """Copies a folder in which the student works, whole or not at all; returns where to."""
    backup = None
    try:
        backup = new_backup_folder(root, name)
        if folder.is_dir():
            shutil.copytree(folder, backup, symlinks=True, dirs_exist_ok=True)
        return backup
    except BaseException as error:
        if backup is not None:
            shutil.rmtree(backup, ignore_errors=True)
        if not isinstance(error, OSError):  # shutil.Error is one
            raise
        raise WorkbookError(
            f"cannot keep your {name} in {BACKUPS}/ ({reason(error)}); nothing was changed",
            MACHINE,
        ) from None


def reason(error: OSError) -> str:
    """copytree collects what went wrong as (from, to, text); the first says enough."""
    first = error.args[0] if error.args else error
    return str(first[0][2]) if isinstance(error, shutil.Error) and first else error.strerror


def new_backup_folder(root: Path, name: str) -> Path:
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    above = root / BACKUPS
    above.mkdir(parents=True, exist_ok=True)
    for count in range(1000):
        folder = above / (f"{name}-{stamp}" + (f"-{count}" if count else ""))
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue
    raise WorkbookError(f"cannot make a backup folder in {above}; nothing was changed", MACHINE)


def accept(exercise: Exercise) -> int:
    """Records the stub as it is now as the one that is handed out."""
    entries = read_manifest(exercise.root)
    before = shipped(exercise)
    for path in before:
        del entries[path]
    files = student_files(exercise)
    for file in files:
        path, fresh = relative(file, exercise.root), packed(file.read_bytes())
        same = path in before and before[path].id == fresh.id
        entries[path] = before[path] if same else fresh  # zlib's versions pack differently
    lines = [f"{one.id} {path} {one.packed}\n" for path, one in sorted(entries.items())]
    write_atomically(exercise.root / MANIFEST, "".join(lines).encode())
    return len(files)


def packed(content: bytes) -> Original:
    return Original(blob_id(content), base64.b64encode(zlib.compress(content, 9)).decode())
