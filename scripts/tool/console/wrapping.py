# Text as wide as the terminal: no word is broken, and what goes on stands below its beginning.
#
# Where there is no terminal, lines stay as long as they are.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import shutil
import sys
import textwrap
from typing import TextIO

LEAST = 20  # columns: below that nothing can be read anyway
ITEM = re.compile(r"\s*(?:[-*]|\d+\.) +")
ALONE = re.compile(r"\s*(?:[|#>]|```|$)")  # of Markdown: a line that no other one continues


def fitted(text: str, stream: TextIO | None = None) -> str:
    """Lines that are too long are broken between words."""
    columns = width(stream)
    if columns is None:
        return text
    return "\n".join(broken(line, columns) for line in text.split("\n"))


def width(stream: TextIO | None = None) -> int | None:
    """Of the terminal, in columns; None where there is none."""
    stream = sys.stdout if stream is None else stream
    return max(shutil.get_terminal_size().columns, LEAST) if stream.isatty() else None


def broken(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    item = ITEM.match(line)
    begin = len(line) - len(line.lstrip())
    indent = len(item.group()) if item else begin and begin + 2
    parts = textwrap.wrap(
        line,
        columns,
        subsequent_indent=" " * min(indent, columns // 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def flowing(markdown: str) -> str:
    """For the terminal, a paragraph in one line: the text's own lines are as long as its editor."""
    if not sys.stdout.isatty():
        return markdown
    lines: list[str] = []
    fenced = goes_on = False
    for line in markdown.split("\n"):
        fence = line.lstrip().startswith("```")
        alone = fenced or bool(ALONE.match(line))
        if goes_on and not alone and not ITEM.match(line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        goes_on = not alone
        fenced ^= fence
    return fitted("\n".join(lines))
