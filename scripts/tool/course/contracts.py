# tests/contracts/exNN_name.txt: which case forces which sentence of a contract, and which wrong
# answer breaks that sentence. Entries stand in the order of WORKBOOK.md's *Contract* and quote all
# of it, one sentence or a part of one each:
#
#   `end <= 2` gives no primes, and a negative `end` is no mistake.
#       case: an end of 2 or less gives nothing
#       wrong: negative_end
#
# A sentence that leaves something open has a right answer (`right: NAME`) that makes use of it. A
# whole sentence in brackets explains, promises nothing and has no entry; neither has a line that is
# a list's title. Below a line `In gil.hpp:` stand promises of that header which the text does not
# repeat.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass, field

from tool.course import pristine, section
from tool.course.answers import catchers
from tool.course.layout import Exercise, relative

POINTER = re.compile(r"    (case|wrong|right): (\S.*)")
SOURCE = re.compile(r"In (\w+\.hpp):")
REMARK = re.compile(r"(?:(?<=[.:;)] )|^)\([A-Z`](?:[^()]|\([^()]*\))*[.!?]\)")
TITLE = re.compile(r"(?!- )(?:.*:|`[^`]*`)")
LEAD = re.compile(r"^\*[\w ]+\.\* ")  # *Results.*
TWO_SENTENCES = re.compile(r"[.!?][)*]* +(?=[A-Z`])")


@dataclass
class Entry:
    line: int
    source: str  # the header that it quotes; empty for the contract
    sentence: str
    pointers: dict[str, list[str]] = field(default_factory=dict)  # case, wrong, right

    def names(self, kind: str) -> list[str]:
        return self.pointers.get(kind, [])


def read(exercise: Exercise) -> list[Entry]:
    """In the file's order; none if there is no such file."""
    path = exercise.contracts
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found: list[Entry] = []
    source, begins = "", True
    for number, line in enumerate(lines, 1):
        pointer, title = POINTER.fullmatch(line), SOURCE.fullmatch(line)
        if not line.strip() or line.startswith("#"):
            begins = True
        elif begins and title:
            source = title[1]
        elif pointer and found and not begins:
            found[-1].pointers.setdefault(pointer[1], []).append(pointer[2].strip())
        elif begins:
            found.append(Entry(number, source, line.strip()))
            begins = False
        else:
            found[-1].sentence += f" {line.strip()}"
    return found


def promises(exercise: Exercise) -> str:
    """The contract in one line, without what promises nothing."""
    return " ".join(block for _, block in blocks(exercise))


def blocks(exercise: Exercise) -> list[tuple[str, str]]:
    """Paragraphs and items of lists, each in one line, with the title above it."""
    text = section.part(section.section(exercise.root, exercise.name), "Contract")
    found, title = [], ""
    for block in re.split(r"\n\s*\n|\n(?=- )", text):
        block = " ".join(block.split())
        if TITLE.fullmatch(block):
            title = block
        elif kept := " ".join(REMARK.sub("", block.removeprefix("- ")).split()):
            found.append((title, kept))
    return found


def problems(exercise: Exercise, cases: dict[str, bool]) -> list[str]:
    """`cases`: the name of each, and whether it is a long one, which only verify runs."""
    where = relative(exercise.contracts, exercise.root)
    if not exercise.contracts.is_file():
        return [f"{where}: is missing"]
    entries = read(exercise)
    found = [f"{where}{text}" for text in unquoted(exercise, entries)]
    for entry in entries:
        wrong = entry_problems(exercise, entry, cases)
        found += [f"{where}:{entry.line}: {text}" for text in wrong]
    forcing = {name for entry in entries for name in entry.names("case")}
    found += [f"{where}: forces no sentence: {name}" for name in cases if name not in forcing]
    return found


def unquoted(exercise: Exercise, entries: list[Entry]) -> list[str]:
    """Text of the contract that no entry quotes, and what is quoted and not there."""
    found = []
    text, at = promises(exercise), 0
    for entry in entries:
        if entry.source:
            if entry.sentence not in comments(exercise, entry.source):
                found.append(f":{entry.line}: not in {entry.source}: {entry.sentence}")
            continue
        begin = text.find(entry.sentence, at)
        if begin < 0:
            what = "not in the contract, or not in its order"
            found.append(f":{entry.line}: {what}: {entry.sentence}")
            continue
        found += named_by_none(text[at:begin])
        at = begin + len(entry.sentence)
    return found + named_by_none(text[at:])


def named_by_none(text: str) -> list[str]:
    return [f": no entry quotes: {text.strip()}"] if text.strip() else []


def comments(exercise: Exercise, header: str) -> str:
    """What the header's comments say, in one line; of the header as it is handed out."""
    content = pristine.shipped_code(exercise).get(header, b"").decode()
    return " ".join(" ".join(re.findall(r"//+ ?(.*)", content)).split())


def entry_problems(exercise: Exercise, entry: Entry, cases: dict[str, bool]) -> list[str]:
    found = []
    if TWO_SENTENCES.search(LEAD.sub("", entry.sentence)):
        found.append("quotes more than one sentence")
    for name in entry.names("case"):
        if name not in cases:
            found.append(f"{exercise.id} has no case: {name}")
    for name in entry.names("wrong"):
        patch = exercise.wrong_answers / f"{name}.patch"
        if not patch.is_file():
            found.append(f"{exercise.id} has no wrong answer: {name}")
        elif not set(catchers(patch.read_text(encoding="utf-8"))) & set(entry.names("case")):
            found.append(f"is not caught by a case of this sentence: {name}")
    for name in entry.names("right"):
        if not (exercise.right_answers / f"{name}.patch").is_file():
            found.append(f"{exercise.id} has no right answer: {name}")
    if not entry.names("right") or entry.names("case") or entry.names("wrong"):
        found += lacks(entry, cases)
    return found


def lacks(entry: Entry, cases: dict[str, bool]) -> list[str]:
    """What a promise must have and this one has not."""
    found = []
    if not entry.names("case"):
        found.append(f"no case forces: {entry.sentence}")
    elif all(cases.get(name, False) for name in entry.names("case")):
        found.append(f"only long cases force, which students do not run: {entry.sentence}")
    if not entry.names("wrong"):
        found.append(f"no wrong answer breaks: {entry.sentence}")
    return found
