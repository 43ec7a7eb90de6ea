# Sealed files: what a handout for students needs and does not show, solutions and wrong answers.
#
# A seal is no lock: whoever opens it knows that he did. The build opens what it compiles in a folder
# that is gone afterwards (sealed_compile.py); bughunt opens the mistake that it lays out, and diff the
# solution once the core has passed.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import base64
import hashlib
import itertools
import textwrap
import zlib
from pathlib import Path

BEGIN = b"sealed for students\n"
MARK = "solutions/.sealed"  # there in a handout


def in_handout(root: Path) -> bool:
    return (root / MARK).exists()


def sealed(content: bytes) -> bytes:
    text = base64.b64encode(mixed(zlib.compress(content, 9))).decode()
    return BEGIN + "\n".join(textwrap.wrap(text, 100)).encode() + b"\n"


def opened(content: bytes) -> bytes:
    """What was sealed; anything else as it is."""
    if not content.startswith(BEGIN):
        return content
    return zlib.decompress(mixed(base64.b64decode(content[len(BEGIN) :])))


def read(path: Path) -> bytes:
    return opened(path.read_bytes())


def mixed(content: bytes) -> bytes:
    """Its own inverse: no search for a word of it finds it."""
    blocks = (hashlib.sha256(BEGIN + str(n).encode()).digest() for n in itertools.count())
    return bytes(a ^ b for a, b in zip(content, itertools.chain.from_iterable(blocks)))


def open_folder(folder: Path, to: Path) -> None:
    """Its plain files and its sealed ones, opened."""
    to.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(read(path))
