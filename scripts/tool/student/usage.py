# Whether a program will take its arguments, known before it is built: its usage text declares them.
#
# The text stands in main.cpp; exercises/given/arguments.hpp says how it is read. What is said here is
# what the program would say.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TEXT = re.compile(r'\busage\s*=\s*R"\((usage: (\S+).*?)\)";', re.DOTALL)
RANGE = re.compile(r"^([A-Z]\S*): (-?\d+) to (-?\d+)", re.MULTILINE)
PART = re.compile(r"\[([^]]*?)(\.\.\.)?\]|(\S+)")


class Refused(Exception):
    """Arguments that do not fit, and why."""


@dataclass(frozen=True)
class Part:
    words: list[str]
    optional: bool
    repeats: bool

    def is_option(self) -> bool:
        return self.optional and self.words[0].startswith("--")


@dataclass(frozen=True)
class Usage:
    text: str
    forms: list[list[Part]] = field(default_factory=list)
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)

    def check(self, typed: list[str]) -> None:
        """Raises if they do not fit."""
        chosen = self._form_for(typed)
        options = {part.words[0]: part for part in chosen if part.is_option()}
        parts = [part for part in chosen if not part.is_option()]
        left = list(typed)
        while left:
            part = options.get(left[0]) or (parts[0] if parts else None)
            if part is None:
                raise Refused(f"'{left[0]}' is not understood")
            self._take(part, left)
            if parts and part is parts[0] and not part.repeats:
                parts.pop(0)
        if missing := [part for part in parts if not part.optional]:
            raise Refused(f"{missing[0].words[0]} is missing")

    def _form_for(self, typed: list[str]) -> list[Part]:
        """The one that begins with the first word; otherwise the first that begins with none."""
        words = {form[0].words[0]: form for form in self.forms if begins_with_a_word(form)}
        without = [form for form in self.forms if not begins_with_a_word(form)]
        return words.get(typed[0] if typed else "") or [*without, *self.forms][0]

    def _take(self, part: Part, left: list[str]) -> None:
        for wanted in part.words:
            if not left:
                raise Refused(f"{wanted} is missing")
            if is_name(wanted) and not left[0].startswith("--"):
                least, most = self.ranges[wanted]
                if not re.fullmatch("-?[0-9]+", left[0]) or not least <= int(left[0]) <= most:
                    raise Refused(
                        f"{wanted}: '{left[0]}' is not a whole number from {least} to {most}"
                    )
            elif left[0] != wanted:
                raise Refused(f"'{left[0]}' is not understood")
            left.pop(0)


def is_name(word: str) -> bool:
    return word[0].isupper()


def begins_with_a_word(form: list[Part]) -> bool:
    return bool(form) and not form[0].optional and not is_name(form[0].words[0])


def read(main: Path) -> Usage | None:
    """None if there is no text to be found: then the program will have its say."""
    try:
        found = TEXT.search(main.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    if not found:
        return None
    text, program = found.groups()
    begins = (f"usage: {program}", f"       {program}")
    forms = [line[len(begins[0]) :] for line in text.splitlines() if line.startswith(begins)]
    ranges = {name: (int(least), int(most)) for name, least, most in RANGE.findall(text)}
    return Usage(text, [form_of(line) for line in forms], ranges)


def form_of(line: str) -> list[Part]:
    """It ends at two spaces."""
    return [
        Part((inside or alone).split(), not alone, bool(repeats))
        for inside, repeats, alone in PART.findall(line.split("  ")[0])
    ]
