# quoted_report BOOK NAME COMMAND...: is what BOOK quotes still what COMMAND prints? The quotation is
# the code block after the line `<!-- quoted: NAME -->`. It may be shortened, with `...` for what was
# left out, and annotated, behind `<--`; addresses and process ids may differ, and lines may be broken
# elsewhere. The rest must stand in the output, in this order.
#
# quoted_report --renew BUILD: for authors. Puts today's line numbers, and those of schedules, into
# every quotation that the checks of this build folder know, and names those that say something else.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NUMBER = re.compile(r"(?<=:)\d+\b|(?<=in schedule )\d+|(?<=WORKBOOK_REPLAY=)[\d:.xuo]+")
ANNOTATION = re.compile(r"\s*<-- .*")


def block(book: str, name: str) -> re.Match[str] | None:
    """Its group 1: the quotation, as it stands there."""
    begin = rf"^<!-- quoted: {re.escape(name)} -->\n+```\w*\n"
    return re.search(rf"{begin}(.*?)^```$", book, re.M | re.S)


def quotation(book: str, name: str) -> list[str]:
    found = block(book, name)
    lines = [ANNOTATION.sub("", line) for line in found.group(1).splitlines()] if found else []
    return [line for line in lines if line.strip() not in ("", "...")]


def plain(text: str) -> str:
    """Without what differs from run to run, and as a student's own answer and checker would say it."""
    text = re.sub(r" \([\w.+-]+\+0x[0-9a-f]+\)", "", text)
    text = re.sub(r"[\w-]+/answers/[\w.]+/", "exercises/", text)
    text = re.sub(r"(?:\S*/)?bin/[\w.]+(?= \")", "bin/...", text)
    text = re.sub(r"(?<![:.])0x[0-9a-f]+|0x\.\.\.", "0x...", text)  # a replay line has others
    text = re.sub(r"(pid|tid)=(\d+|\.\.\.)", r"\1=...", text)
    return " ".join(text.split())


def pattern(line: str, any_number: bool) -> re.Pattern[str]:
    """Matches the quoted line; with any numbers of lines and schedules, each a group of its own."""
    parts = [re.escape(plain(line))]
    if any_number:
        parts = [re.escape(part) for part in NUMBER.split(plain(line))]
    return re.compile(r"(?<!\S)" + r"([\d:.xuo]+)".join(parts) + r"(?!\S)")


def first_missing(quoted: list[str], printed: str) -> str | None:
    """The first quoted line that does not come after the one before it."""
    rest = plain(printed)
    for line in quoted:
        found = pattern(line, False).search(rest)
        if not found:
            return line
        rest = rest[found.end() :]
    return None


def renewed(quoted: str, printed: str) -> tuple[str, list[str]]:
    """The quotation with the numbers that are printed today; and its lines that no number mends."""
    rest = plain(printed)
    lines, missing = [], []
    for line in quoted.splitlines():
        text = ANNOTATION.sub("", line)
        if text.strip() in ("", "..."):
            lines.append(line)
            continue
        found = pattern(text, True).search(rest)
        if not found:
            missing.append(text)
            lines.append(line)
            continue
        rest = rest[found.end() :]
        numbers = iter(found.groups())
        lines.append(NUMBER.sub(lambda _: next(numbers), text) + line[len(text) :])
    return "".join(f"{line}\n" for line in lines), missing


def output(command: list[str]) -> str:
    """Of the command, as a student sees it who has set nothing."""
    if shutil.which("setarch"):
        command = ["setarch", "-R", *command]  # ThreadSanitizer minds some random address layouts
    plainly = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBOOK_", "COLUMNS"))}
    run = subprocess.run(command, env=plainly, capture_output=True, text=True, timeout=50)
    return run.stdout + run.stderr


def check(file: str, name: str, command: list[str]) -> int:
    quoted = quotation(Path(file).read_text(encoding="utf-8"), name)
    if len(quoted) < 4:
        print(f"{file}: no code block worth checking after <!-- quoted: {name} -->")
        return 1
    printed = output(command)
    missing = first_missing(quoted, printed)
    if missing is None:
        return 0
    print(f"{file} quotes a line that {name} does not print (any more), or not there:\n  {missing}")
    print("Line numbers alone: python3 scripts/tool quoted_report --renew BUILD puts today's in.")
    print(f"It prints:\n{printed}")
    return 1


def renew(build: str) -> int:
    """What the folder's checks run must have been built: ctest -R quoted-report does so."""
    from tool.judging import judged  # here, because the check itself does without

    left = 0
    entries = [one for one in judged.checks(Path(build)) if one.name.startswith("self.quoted-report-")]
    for entry in entries:
        at = next(i for i, word in enumerate(entry.command) if word.endswith(".md"))
        file, name, *command = entry.command[at:]
        book = Path(file).read_text(encoding="utf-8")
        found = block(book, name)
        if not found:
            print(f"{file}: no code block after <!-- quoted: {name} -->")
            left += 1
            continue
        text, missing = renewed(found.group(1), output(command))
        for line in missing:
            print(f"{name}: to be quoted anew by hand: {line.strip()}")
        left += bool(missing)
        if text != found.group(1):
            Path(file).write_text(book[: found.start(1)] + text + book[found.end(1) :], encoding="utf-8")
            print(f"{name}: renewed")
    print(f"{len(entries)} quotations looked at, {left} left to mend")
    return 1 if left or not entries else 0


def main(argv: list[str]) -> int:
    if len(argv) == 2 and argv[0] == "--renew":
        return renew(argv[1])
    if len(argv) < 3:
        usage = "python3 scripts/tool quoted_report BOOK NAME COMMAND... | --renew BUILD"
        print(f"usage: {usage}", file=sys.stderr)
        return 2
    book, name, *command = argv
    return check(book, name, command)
