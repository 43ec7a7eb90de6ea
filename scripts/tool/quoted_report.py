#!/usr/bin/env python3
# quoted_report.py BOOK NAME COMMAND...: is what BOOK quotes still what COMMAND prints? The quotation is
# the code block after the line `<!-- quoted: NAME -->`. It may be shortened, with `...` for what was
# left out, and annotated, behind `<--`; addresses and process ids may differ. The rest must stand in
# the output, line by line and in this order.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def quotation(book: str, name: str) -> list[str]:
    found = re.search(rf"^<!-- quoted: {re.escape(name)} -->\n+```\w*\n(.*?)^```$", book, re.M | re.S)
    if not found:
        return []
    lines = [re.sub(r"\s*<-- .*", "", line) for line in found.group(1).splitlines()]
    return [line for line in lines if line.strip() not in ("", "...")]


def plain(line: str) -> str:
    """Without what differs from run to run, and as a student's own answer and checker would say it."""
    line = re.sub(r" \([\w.+-]+\+0x[0-9a-f]+\)", "", line)
    line = re.sub(r"[\w-]+/answers/[\w.]+/", "exercises/", line)
    line = re.sub(r"(?:\S*/)?bin/[\w.]+(?= \")", "bin/...", line)
    line = re.sub(r"0x[0-9a-f]+|0x\.\.\.", "0x...", line)
    line = re.sub(r"(pid|tid)=(\d+|\.\.\.)", r"\1=...", line)
    return " ".join(line.split())


def same(quoted: str, printed: str) -> bool:
    """A line whose path is longer than a student's is cut off earlier."""
    start, cut, end = plain(printed).partition("..")
    is_cut = cut and not end and "/answers/" in printed
    return plain(quoted) == plain(printed) or bool(is_cut and plain(quoted).startswith(start))


def first_missing(quoted: list[str], printed: list[str]) -> str | None:
    """The first quoted line that does not come after the one before it."""
    rest = iter(printed)
    for line in quoted:
        if not any(same(line, one) for one in rest):
            return line
    return None


def main() -> int:
    if len(sys.argv) < 4:
        print("usage: quoted_report.py BOOK NAME COMMAND...", file=sys.stderr)
        return 2
    book, name, *command = sys.argv[1:]
    quoted = quotation(Path(book).read_text(encoding="utf-8"), name)
    if len(quoted) < 4:
        print(f"{book}: no code block worth checking after <!-- quoted: {name} -->")
        return 1
    if shutil.which("setarch"):
        command = ["setarch", "-R", *command]  # ThreadSanitizer minds some random address layouts
    # As a student sees it who has set nothing.
    plainly = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBOOK_", "COLUMNS"))}
    run = subprocess.run(command, env=plainly, capture_output=True, text=True, timeout=50)
    said = re.sub(r"^(Files: .*,)\n", r"\1 ", run.stdout + run.stderr, flags=re.M)  # one line again
    printed = said.splitlines()
    missing = first_missing(quoted, printed)
    if missing is None:
        return 0
    print(f"{book} quotes a line that {name} does not print (any more), or not there:\n  {missing}")
    print("It prints:\n" + "\n".join(printed))
    return 1


if __name__ == "__main__":
    sys.exit(main())
