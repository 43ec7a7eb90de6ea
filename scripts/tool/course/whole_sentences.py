# What of a contract a case forces, as `check` shows it: whole sentences, each of which can be read
# by itself. One that begins with "It" or the like comes with the one before it; a header's comment
# comes with the name that it is about.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re

from tool.course import contracts
from tool.course.layout import Exercise, relative

LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
LEANS = re.compile(
    r"(?:(?:If|When|With|After|For as long as) )?"
    r"(?:it|its|they|their|them|this|that|these|those|such|then|but|neither|none|one that|so)\b",
    re.IGNORECASE,
)
COMMENT = re.compile(r"((?:^ *///.*\n)+)(?=((?:.*\n){1,4}))", re.MULTILINE)
DECLARED = re.compile(r"^ *(?:class|struct) (\w+)|(\w+)\(", re.MULTILINE)


def forced_by(exercise: Exercise, case: str) -> list[str]:
    """What this case forces, for people: whole sentences, of which each can be read by itself."""
    found: list[str] = []
    for entry, told in whole(exercise):
        told = LINK.sub(r"\1", told)
        if case in entry.names("case") and not any(told in one for one in found):
            found = [one for one in found if one not in told] + [told]
    return found


def whole(exercise: Exercise) -> list[tuple[contracts.Entry, str]]:
    """Each entry with the sentences that it is a part of."""
    parts = contracts.blocks(exercise)
    text, at, found = " ".join(block for _, block in parts), 0, []
    for entry in contracts.read(exercise):
        begin = -1 if entry.source else text.find(entry.sentence, at)
        if begin >= 0:
            at = begin + len(entry.sentence)
            found.append((entry, around(parts, begin, at)))
        else:
            found.append((entry, of_header(exercise, entry) if entry.source else entry.sentence))
    return found


def around(parts: list[tuple[str, str]], begin: int, end: int) -> str:
    """The sentences that lie there, from one on that leans on none before it."""
    for title, block in parts:
        if begin < len(block):
            break
        begin, end = begin - len(block) - 1, end - len(block) - 1
    lead = contracts.LEAD.match(block)
    begins = contracts.TWO_SENTENCES.finditer(block, lead.end() if lead else 0)
    starts = [one.end() for one in begins]
    first = max(one for one in [0, *starts] if one <= begin)
    while first and LEANS.match(block, first):
        first = max(one for one in [0, *starts] if one < first)
    last = min([one for one in starts if one >= end], default=len(block))
    told = block[first:last].strip()
    return f"{title.rstrip(':')}: {told}" if not first and title and LEANS.match(told) else told


def of_header(exercise: Exercise, entry: contracts.Entry) -> str:
    """Behind what it is said of, as the header is now: a student may have changed it."""
    file = exercise.stub / entry.source
    content = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    for comment, code in COMMENT.findall(content):
        text = " ".join(re.sub(r"^ */// ?", "", comment, flags=re.MULTILINE).split())
        begin = text.find(entry.sentence)
        if begin >= 0:
            name = next((a or b for a, b in DECLARED.findall(code)), entry.source)
            return f"`{name}`: {around([('', text)], begin, begin + len(entry.sentence))}"
    return entry.sentence


def problems(exercise: Exercise) -> list[str]:
    where = relative(exercise.contracts, exercise.root)
    return [
        f"{where}:{entry.line}: cannot be read by itself: {told}"
        for entry, told in whole(exercise)
        if told[:1].islower() or LEANS.match(told)
    ]
