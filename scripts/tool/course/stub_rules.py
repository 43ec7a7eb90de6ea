# What a stub may differ in from its solution, read from the sources' layout alone.
#
# A function of a stub that holds todo() stands at namespace scope with its braces alone in column
# 0, as .clang-format lays it out. Stub and solution differ only inside such bodies, in #include
# lines, in private parts of classes in headers, in comments of a .cpp, and by unnamed namespaces
# that only the solution's .cpp has. The same reading yields half-filled stubs: the solution with one
# body put back.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

TODO_CALL = re.compile(r"\btodo\s*\(")
CLASS = re.compile(r"(?:template\s*<.*>\s*)?(class|struct|union)\s+(?:\[\[.*?\]\]\s*)?\w+")
ONLY_A_TODO = re.compile(r'todo\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\);')


@dataclass(frozen=True)
class Function:
    """Lines [first, close] of a file; its body is from line `open` on.

    `heading` is what stands before the body, `signature` the same as one line to compare by. An
    empty body may stand as `{}` at a line's end; then open is close.
    """

    first: int
    open: int
    close: int
    heading: tuple[str, ...]
    signature: str


@dataclass(frozen=True)
class Todo:
    function: Function
    sentence: str


class RuleBroken(Exception):
    """A stub that cannot be read by these rules: line number (from 1) and what is wrong."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


def functions(lines: list[str]) -> list[Function]:
    """Every body at namespace scope: between a `{` and a `}` alone in column 0, or `{}`."""
    found = []
    for index, line in enumerate(lines):
        if line not in ("{", "{}") and not line.endswith(" {}"):
            continue
        first = index
        while first > 0 and not ends_a_declaration(lines[first - 1]):
            first -= 1
        if line == "{":
            heading = lines[first:index]
            try:
                close = lines.index("}", index)
            except ValueError:
                raise RuleBroken(index + 1, "this '{' has no '}' alone in column 0") from None
        else:
            heading = lines[first:index] + [line[:-2].rstrip()] * (line != "{}")
            close = index
            if not heading or heading[0].startswith(" ") or "(" not in "".join(heading):
                continue
        found.append(Function(first, index, close, tuple(heading), normalised(heading)))
    return found


def ends_a_declaration(line: str) -> bool:
    text = line.rstrip()
    if not text or text.startswith(("//", "#", "}", "{", " *", "/*")):
        return True
    if text.endswith((";", " {}")):
        return True
    return text.endswith("{") and not text.startswith(" ")


def normalised(signature: list[str]) -> str:
    """One line, without attributes and without a constructor's initialisers (they are body)."""
    text = " ".join(line.strip() for line in signature)
    text = re.sub(r"\[\[maybe_unused\]\]\s*|/\*.*?\*/", "", text)
    return re.sub(r"\s+", " ", text[: initialisers_at(text)]).strip()


def initialisers_at(signature: str) -> int:
    """Where a constructor's `: member_(value)` begins, or the signature's end."""
    depth = 0
    for index, letter in enumerate(signature):
        depth += letter in "([<"
        depth -= letter in ")]" or (letter == ">" and signature[index - 1] != "-")
        beside = signature[max(index - 1, 0)] + signature[index + 1 : index + 2]
        if letter == ":" and depth == 0 and ":" not in beside:
            return index
    return len(signature)


def todos(lines: list[str]) -> list[Todo]:
    """The stub's TODOs in their order. RuleBroken for one that the rules do not allow."""
    found = []
    held: set[int] = set()
    for function in functions(lines):
        body = [strip_comment(line) for line in lines[function.open + 1 : function.close]]
        if not any(TODO_CALL.search(line) for line in body):
            continue
        call = ONLY_A_TODO.fullmatch(" ".join(" ".join(body).split()))
        line = function.open + 2
        if not call:
            raise RuleBroken(line, 'todo("one sentence"); must stand alone in its function')
        if "~" in function.signature or re.search(r"\bnoexcept\b", function.signature):
            raise RuleBroken(line, "no TODO in a destructor or a noexcept function")
        held.update(range(function.open, function.close))
        pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', call.group(1))
        found.append(Todo(function, "".join(pieces)))
    for index, text in enumerate(lines):
        if index not in held and TODO_CALL.search(strip_comment(text)):
            raise RuleBroken(index + 1, "this todo() is in no function with braces in column 0")
    signatures = [todo.function.signature for todo in found]
    for todo in found:
        if signatures.count(todo.function.signature) > 1:
            raise RuleBroken(todo.function.open, f"two functions read '{todo.function.signature}'")
    return found


def strip_comment(line: str) -> str:
    return re.sub(r'^((?:[^"/]|"(?:[^"\\]|\\.)*"|/(?!/))*)//.*$', r"\1", line)


def function_named(lines: list[str], signature: str) -> Function | None:
    return next((one for one in functions(lines) if one.signature == signature), None)


def put_back(solution: list[str], stub: list[str], todo: Todo) -> list[str]:
    """The solution with this one TODO undone. RuleBroken if the solution lacks the function."""
    there = function_named(solution, todo.function.signature)
    if there is None:
        raise RuleBroken(
            todo.function.open, f"the solution has no function '{todo.function.signature}'"
        )
    # The stub's own heading: a constructor may have to initialise references and constants.
    undone = stub[todo.function.first : todo.function.close + 1]
    text = solution[: there.first] + undone + solution[there.close + 1 :]
    missing = [line for line in stub if line.startswith("#include") and line not in solution]
    return with_includes(text, missing)


def with_includes(lines: list[str], missing: list[str]) -> list[str]:
    at = next((i for i, line in enumerate(lines) if line.startswith("#include")), None)
    if at is None:
        at = top_comment(lines)
    return lines[:at] + missing + lines[at:]


def top_comment(lines: list[str]) -> int:
    """How many lines the comment at the file's top has."""
    return next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))


def differences(stub: list[str], solution: list[str], header: bool) -> list[tuple[int, str]]:
    """What the rules forbid: (line of the stub, or 0 when only the solution has it; the text)."""
    signatures = {todo.function.signature for todo in todos(stub)}
    left = skeleton(stub, signatures, header)
    right = skeleton(solution, signatures, header)
    if not header:
        right = without_own_namespaces(right, left)
    left = [(number, text) for number, text in left if text]
    right = [(number, text) for number, text in right if text]
    found = []
    matcher = difflib.SequenceMatcher(
        None, [text for _, text in left], [text for _, text in right], autojunk=False
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        found += [(number, f"only the stub has: {text.strip()}") for number, text in left[a:b]]
        found += [(0, f"only the solution has (line {n}): {t.strip()}") for n, t in right[c:d]]
    return found


def skeleton(lines: list[str], signatures: set[str], header: bool) -> list[tuple[int, str]]:
    """(line number, text) of what must be the same on both sides; blank lines are kept."""
    kept = [(index + 1, line.rstrip()) for index, line in enumerate(lines)]
    dropped: set[int] = set(range(top_comment(lines)))
    for one in functions(lines):
        if one.signature in signatures:
            dropped.update(range(one.first, one.close + 1))
            kept[one.first] = (one.first + 1, f"<the body of> {one.signature}")
            dropped.discard(one.first)
    if header:
        dropped.update(private_lines(lines))
    else:
        # "Given. ..." in the stub, say. In a header, comments are the interface's promises.
        dropped.update(i for i, line in enumerate(lines) if line.lstrip().startswith("//"))
    return [
        (number, text)
        for number, text in kept
        if number - 1 not in dropped and not re.match(r"\s*#\s*include\b", text)
    ]


def private_lines(lines: list[str]) -> set[int]:
    """Indices of lines in the private parts of classes."""
    found: set[int] = set()
    classes: list[tuple[str, bool]] = []  # (indentation, in a private part now)
    heading = False
    for index, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip())]
        text = line.strip()
        opens = CLASS.match(text)
        if opens and not text.endswith(";") and not heading:
            heading = True
            kind, depth = opens.group(1), indent
        if classes and not heading:
            access = re.match(r"(public|protected|private)\s*:", text)
            if access and indent == classes[-1][0]:
                classes[-1] = (indent, access.group(1) == "private")
            elif text.startswith("};") and indent == classes[-1][0]:
                classes.pop()
                if any(private for _, private in classes):
                    found.add(index)
                continue
        if any(private for _, private in classes):
            found.add(index)
        if heading and text.endswith(("{", "};", ";", "}")):
            heading = False
            if text.endswith("{"):
                classes.append((depth, kind == "class"))
    return found


def without_own_namespaces(
    solution: list[tuple[int, str]], stub: list[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Drops the unnamed namespaces that the stub does not have."""
    theirs = list(blocks(stub).values())
    dropped: set[int] = set()
    for (begin, end), text in blocks(solution).items():
        if text not in theirs:
            dropped.update(range(begin, end + 1))
    return [entry for index, entry in enumerate(solution) if index not in dropped]


def blocks(entries: list[tuple[int, str]]) -> dict[tuple[int, int], list[str]]:
    """Unnamed namespaces: (first, last) entry -> their lines without the blank ones."""
    found = {}
    begin = None
    for index, (_, text) in enumerate(entries):
        if text == "namespace {":
            begin = index
        elif begin is not None and re.match(r"\} *// (anonymous )?namespace$|\} *// unnamed", text):
            found[(begin, index)] = [line for _, line in entries[begin : index + 1] if line]
            begin = None
    return found
