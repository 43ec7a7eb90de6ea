# Reads archives that strangers have packed: .zip, .tar.gz, .tar.xz, .tar. Nothing is unpacked onto the
# disk: a member is a name and its bytes in memory, so that none can land anywhere. What is no plain
# file inside the archive is named as such, and what would not end is refused.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import io
import lzma
import posixpath
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar")
MOST_UNPACKED = 64 << 20  # bytes of an archive's members together
MOST_MEMBERS = 20_000
MOST_MEMORY = 128 << 20  # bytes that a decompressor may take
TROUBLE = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, ValueError,
    NotImplementedError, RuntimeError, OverflowError, OSError,
)  # fmt: skip


Wanted = Callable[[str], bool]


class Refused(Exception):
    """An archive that is not read, and why."""


@dataclass(frozen=True)
class Member:
    path: str  # below the archive, with /
    time: float  # seconds since 1970, by the packer's account
    content: bytes = b""
    wrong: str = ""  # why it is not to be used; empty for a plain file


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """The name without what says that it is an archive."""
    return next((name[: -len(s)] for s in SUFFIXES if name.lower().endswith(s)), name)


class Budget:
    """How much may still be unpacked, of an archive and of those in it."""

    def __init__(self, most: int = MOST_UNPACKED):
        self._most = self.left = most

    def take(self, size: int) -> None:
        enough = size <= self.left
        self.left = self.left - size if enough else 0
        if not enough:
            raise Refused(f"more than {self._most >> 20} MiB come out of it")


def members(name: str, packed: bytes, wanted: Wanted, budget: Budget) -> Iterator[Member]:
    """Those whose wanted(path) is true, and whatever is no plain file. Raises Refused."""
    try:
        if name.lower().endswith(".zip"):
            yield from of_zip(packed, wanted, budget)
        else:
            yield from of_tar(unpacked(name, packed, budget), wanted)
    except TROUBLE as error:
        raise Refused(f"{name} cannot be unpacked: {str(error) or type(error).__name__}") from None


def unpacked(name: str, packed: bytes, budget: Budget) -> bytes:
    """A tar's compression undone, as far as it may go."""
    if name.lower().endswith(".tar"):
        return packed
    if name.lower().endswith("xz"):
        plain = lzma.LZMADecompressor(memlimit=MOST_MEMORY).decompress(packed, budget.left + 1)
    else:
        gzips_head = 31
        plain = zlib.decompressobj(gzips_head).decompress(packed, budget.left + 1)
    budget.take(len(plain))
    return plain


def of_tar(plain: bytes, wanted: Wanted) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
        for number, one in enumerate(tar):
            refuse_too_many(number)
            if one.isdir():
                continue
            wrong = wrong_path(one.name) or wrong_kind(one)
            path = posixpath.normpath(one.name)
            if wrong:
                yield Member(path, one.mtime, wrong=wrong)
            elif wanted(path):
                file = tar.extractfile(one)
                yield Member(path, one.mtime, file.read() if file else b"")


def wrong_kind(one: tarfile.TarInfo) -> str:
    if one.issym() or one.islnk():
        return "is a link"
    if not one.isreg() or one.issparse():
        return "is no plain file"
    return wrong_mode(one.mode)


def wrong_mode(mode: int) -> str:
    return "would run as its owner (setuid)" if mode & (stat.S_ISUID | stat.S_ISGID) else ""


def of_zip(packed: bytes, wanted: Wanted, budget: Budget) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for number, one in enumerate(archive.infolist()):
            refuse_too_many(number)
            if one.is_dir():
                continue
            path = posixpath.normpath(one.filename.replace("\\", "/"))
            if wrong := wrong_path(path) or wrong_in_zip(one):
                yield Member(path, time_of(one), wrong=wrong)
            elif wanted(path):
                with archive.open(one) as file:
                    text = file.read(budget.left + 1)
                budget.take(len(text))
                yield Member(path, time_of(one), text)


def wrong_in_zip(one: zipfile.ZipInfo) -> str:
    mode = one.external_attr >> 16  # 0 by packers that know of none
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is no plain file"
    return wrong_mode(mode) or ("is encrypted" if one.flag_bits & 1 else "")


def time_of(one: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*one.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0


def wrong_path(path: str) -> str:
    if path.startswith("/") or ".." in path.replace("\\", "/").split("/"):
        return "leads out of the archive"
    return ""


def refuse_too_many(number: int) -> None:
    if number >= MOST_MEMBERS:
        raise Refused(f"it has more than {MOST_MEMBERS} members")
