# Whether a header of an answer says the same as the stub's to whoever includes it: the tests do. Its
# layout, comments and #include lines are free, its classes' private parts, and the bodies that are to
# be written in it. It is read token by token, because a class's end is its last brace, however lines
# are broken.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass

from tool.judging.code_text import TOKEN, as_compiler_reads, without_dead_parts, without_texts

Tokens = list[str]
SHOWN = 8  # tokens of a difference
DEEPEST = 100  # braces in one another
# A directive stands on a line of its own, as one token.
DIRECTIVE = "\1"
TOKENS = re.compile(rf"{DIRECTIVE}[^\n]*|{TOKEN.pattern}|\+\+|--|&&|\S", re.DOTALL)
# Pragmas that change nothing but what an editor folds and what a compiler warns of.
QUIET_PRAGMA = re.compile(
    r"(?:once|(?:(?:end)?region|mark|message|warning|comment\s*\(\s*lib)\b(?!.*R\").*"
    r"|(?:GCC|clang)\s+diagnostic\s+(?:push|pop|(?:ignored|warning)\b(?!.*R\").*))\s*"
)
# Attributes that change nothing for those who call.
WORD_TO_CALLERS = (
    r"(?:nodiscard|maybe_unused|deprecated|(?:gnu::)?(?:noinline|hot|cold|unused|warn_unused_result))"
    r'(?:\s*\(\s*"[^"\n]*"\s*\))?'
)
FREE_ATTRIBUTES = re.compile(
    rf"\[\s*\[\s*{WORD_TO_CALLERS}(?:\s*,\s*{WORD_TO_CALLERS})*\s*\]\s*\]"
)
CLASSES = {"class", "struct", "union"}
ACCESS = {"public", "protected", "private"}


@dataclass
class Scope:
    """Between a brace and its other."""

    kind: str  # a class's keyword, "namespace", or "" for all others
    access: str = ""  # of what stands in a class now
    told: str = ""  # the access that has been told last

    @property
    def hides(self) -> bool:
        return self.access == "private"


def change(name: str, stub: bytes, answer: bytes, before_it: bytes | None = None) -> str:
    """What the answer's header `name` begins to say differently; nothing if it does not. `before_it`:
    is compared in the stub's place, which tells what is to be written."""
    bodies = to_write(tokens(name, stub))
    before, after = (
        public_part(tokens(name, text), bodies)
        for text in (stub if before_it is None else before_it, answer)
    )
    if before == after:
        return ""
    pairs = zip([*before, ""], [*after, ""])
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))
    extra = " ".join(after[first : first + SHOWN]).replace(DIRECTIVE, "")
    return extra or "something is missing"


def tokens(name: str, header: bytes) -> Tokens:
    """Without comments, #include lines and guards against a second #include; `class` in a
    template's parameters reads `typename`."""
    text = without_texts(without_dead_parts(as_compiler_reads(header)), only_comments=True)
    lines, plain = text.split("\n"), without_texts(text).split("\n")
    at = [index for index, line in enumerate(plain) if line.lstrip().startswith("#")]
    for index in at:
        line = " ".join(lines[index].strip()[1:].split())
        free = re.match(r"include\b", line) or (
            line.startswith("pragma ") and QUIET_PRAGMA.fullmatch(line[len("pragma ") :])
        )
        lines[index] = "" if free else f"{DIRECTIVE}#{line}"
    told = [index for index in at if lines[index]]
    if is_guard(name, [lines[index][1:] for index in told]):
        for index in (*told[:2], told[-1]):
            lines[index] = ""
    found = [one.group() for one in TOKENS.finditer(FREE_ATTRIBUTES.sub(" ", "\n".join(lines)))]
    return [
        "typename" if one == "class" and before in ("<", ",") else one
        for before, one in zip(["", *found], found)
    ]


def is_guard(name: str, directives: list[str]) -> bool:
    """#ifndef COUNT_HPP, #define COUNT_HPP ... #endif, for count.hpp."""
    if len(directives) < 3 or directives[-1] != "#endif":
        return False
    found = re.fullmatch(r"#ifndef (\w+_(?:H|HPP|HXX|INCLUDED)(?:_\w*)?)", directives[0])
    stem = re.sub(r"\W", "_", name.rpartition(".")[0]).upper()
    return found is not None and stem in found[1] and directives[1] == f"#define {found[1]}"


def to_write(stub: Tokens) -> set[tuple[str, ...]]:
    """The headings of the functions whose bodies are a todo()."""
    found: set[tuple[str, ...]] = set()
    for heading, opens, closes in functions(stub):
        body = stub[opens:closes]
        if any(pair == ("todo", "(") for pair in zip(body, body[1:])):
            found.add(heading)
    return found


def functions(found: Tokens) -> list[tuple[tuple[str, ...], int, int]]:
    """The heading and the braces' indices of each body that no class or body is around."""
    bodies = []
    heading: Tokens = []
    index = 0
    while index < len(found):
        one = found[index]
        if one == "{" and kind_of(heading) == "namespace":
            heading = []
        elif one == "{":
            closes = other_brace(found, index)
            bodies.append((tuple(heading), index, closes))
            index, heading = closes, []
        elif one in (";", "}") or one.startswith(DIRECTIVE):
            heading = []
        else:
            heading.append(one)
        index += 1
    return bodies


def other_brace(found: Tokens, index: int) -> int:
    """Where what is opened at `index` closes; the end, if it does not."""
    depth = 0
    for at in range(index, len(found)):
        depth += (found[at] == "{") - (found[at] == "}")
        if depth == 0:
            return at
    return len(found)


def kind_of(heading: Tokens) -> str:
    """A class's keyword, "namespace", or nothing."""
    words = without_template(heading)
    if words[:1] == ["namespace"] or words[:2] == ["inline", "namespace"]:
        return "namespace"
    if {"enum", "=", "("} & set(words):
        return ""
    return next((one for one in words if one in CLASSES), "")


def without_template(heading: Tokens) -> Tokens:
    """Without `template <...>` before it, as often as it stands there."""
    begin = 0
    while heading[begin : begin + 2] == ["template", "<"]:
        depth = 0
        for index in range(begin + 1, len(heading)):
            depth += (heading[index] == "<") - (heading[index] == ">")
            if depth == 0:
                begin = index + 1
                break
        else:
            return []
    return heading[begin:]


def public_part(found: Tokens, bodies: set[tuple[str, ...]]) -> Tokens:
    """Without private parts, and without the bodies of the functions that are to be written."""
    free = {opens: closes for heading, opens, closes in functions(found) if heading in bodies}
    kept: Tokens = []
    scopes: list[Scope] = []
    heading: Tokens = []
    index = 0
    while index < len(found):
        one = found[index]
        here = scopes[-1] if scopes else Scope("")
        if one == "{":
            kind = kind_of(heading)
            if not any(scope.hides for scope in scopes):
                kept.append(one)
            first = "private" if kind == "class" else "public" if kind in CLASSES else ""
            if len(scopes) == DEEPEST:
                return [*kept, "too many braces"]
            scopes.append(Scope(kind, first, first))
            index = free.get(index, index + 1) - 1
            heading = []
        elif one == "}":
            if scopes:
                scopes.pop()
            if not any(scope.hides for scope in scopes):
                kept.append(one)
            heading = []
        elif one in ACCESS and here.kind in CLASSES and is_label(found, index):
            here.access = one
            if one != "private" and one != here.told and not any(scope.hides for scope in scopes):
                kept += [one, ":"]
                here.told = one
            index += 1
            heading = []
        else:
            if one.startswith(DIRECTIVE) or not any(scope.hides for scope in scopes):
                kept.append(one)
            if one == ";" or one.startswith(DIRECTIVE):
                heading = []
            else:
                heading.append(one)
        index += 1
    return [*kept, *("an open brace" for _ in scopes)]


def is_label(found: Tokens, index: int) -> bool:
    return found[index + 1 : index + 2] == [":"] and found[index + 2 : index + 3] != [":"]
