#!/usr/bin/env python3
# mutate.py FOLDER FILE FLAGS...: every way to change one place of the answer in FOLDER that FILE, a
# .cpp of it, shows to the compiler with these flags: a statement or a lock removed, a lock made
# shorter, while for if, and so on. Prints them as JSON, a list of Mutants.
#
# Clang's tree says what is a statement, a condition, a lock; the text between its borders says the
# rest. What comes out need not compile.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from clang.cindex import Cursor, CursorKind, Diagnostic, Index, TranslationUnit

LOCKS = re.compile(r"\b(lock_guard|unique_lock|scoped_lock|shared_lock)\b")
SIMPLE = {
    CursorKind.CALL_EXPR,
    CursorKind.BINARY_OPERATOR,
    CursorKind.COMPOUND_ASSIGNMENT_OPERATOR,
    CursorKind.UNARY_OPERATOR,
    CursorKind.UNEXPOSED_EXPR,
    CursorKind.CXX_THROW_EXPR,
    CursorKind.CXX_DELETE_EXPR,
}
COMPOUND = {
    CursorKind.IF_STMT,
    CursorKind.FOR_STMT,
    CursorKind.CXX_FOR_RANGE_STMT,
    CursorKind.WHILE_STMT,
    CursorKind.BREAK_STMT,
    CursorKind.CONTINUE_STMT,
}
CONDITIONAL = {
    CursorKind.IF_STMT: "if",
    CursorKind.WHILE_STMT: "while",
    CursorKind.FOR_STMT: "for",
}
OTHER_OPERATORS = {
    "<": ("<=",),
    "<=": ("<",),
    ">": (">=",),
    ">=": (">",),
    "==": ("!=",),
    "!=": ("==",),
    "+": ("-",),
    "-": ("+",),
    "&&": ("||",),
    "||": ("&&",),
    "+=": ("-=",),
    "-=": ("+=",),
}
OTHER_CALLS = (
    ("other notify", "notify_one", "notify_all"),
    ("detach for join", "join", "detach"),
    ("opposite call", "acquire", "release"),
    ("opposite call", "push_back", "push_front"),
    ("opposite call", "pop_back", "pop_front"),
    ("opposite call", "back", "front"),
    ("opposite call", "min", "max"),
)
# Kinds of clang's that this version of its binding has forgotten: it raises where it meets one.
CONCEPTS = (153, 154, 604)  # a concept asked for, a requires expression, a concept declared
OTHER_ERRORS = {
    "invalid_argument": "runtime_error",
    "logic_error": "runtime_error",
    "length_error": "runtime_error",
    "runtime_error": "logic_error",
}
NARROWER = {
    "...": "const std::exception&",
    "const std::exception&": "const std::runtime_error&",
    "const std::system_error&": "const std::logic_error&",
}


@dataclass(frozen=True)
class Mutant:
    kind: str
    file: str  # in FOLDER
    begin: int  # bytes
    end: int
    new: str


class Source:
    """A file of the answer, and the changes found in it."""

    def __init__(self, path: Path):
        self.name = path.name
        self.text = path.read_bytes()
        self.found: list[Mutant] = []

    def of(self, begin: int, end: int) -> str:
        return self.text[begin:end].decode()

    def add(self, kind: str, begin: int, end: int, new: str) -> None:
        if self.of(begin, end) != new:
            self.found.append(Mutant(kind, self.name, begin, end, new))

    def end_of_statement(self, end: int) -> int:
        """Behind its semicolon, which clang counts among some statements only."""
        behind = re.match(rb"\s*;", self.text[end:])
        return end + behind.end() if behind else end

    def parenthesized(self, begin: int) -> tuple[int, int] | None:
        """The borders of what stands in the next pair of parentheses."""
        first = self.text.find(b"(", begin)
        depth = 0
        for token in re.finditer(rb"'(?:\\.|[^'])'|\"(?:\\.|[^\"])*\"|[()]", self.text[first:]):
            depth += {b"(": 1, b")": -1}.get(token.group(), 0)
            if depth == 0 and token.group() == b")":
                return first + 1, first + token.start()
        return None


def change_statements(source: Source, block: Cursor) -> None:
    statements = list(block.get_children())
    borders = [
        (one.extent.start.offset, source.end_of_statement(one.extent.end.offset)) for one in statements
    ]
    for i, one in enumerate(statements):
        begin, end = borders[i]
        if one.kind in SIMPLE or one.kind in COMPOUND:
            source.add("statement removed", begin, end, ";")
        if is_lock(one):
            source.add("lock removed", begin, end, ";")
            for _, last in borders[i + 1 : -1]:
                source.add("lock made shorter", begin, last, f"{{ {source.of(begin, last)} }}")
        if i + 1 < len(statements) and order_shows(statements[: i + 2]):
            between = source.of(end, borders[i + 1][0])
            swapped = source.of(*borders[i + 1]) + between + source.of(begin, end)
            source.add("statements swapped", begin, borders[i + 1][1], swapped)


def is_lock(statement: Cursor) -> bool:
    declared = list(statement.get_children()) if statement.kind == CursorKind.DECL_STMT else []
    return any(LOCKS.search(one.type.spelling) for one in declared)


def order_shows(statements: list[Cursor]) -> bool:
    """Whether somebody could notice that the last two of a block's statements are swapped."""
    *before, one, other = statements
    if not all(each.kind in SIMPLE or is_lock(each) for each in (one, other)):
        return False
    if any(map(is_lock, before)) and (is_notify(one) or is_notify(other)):
        return False  # who is woken waits for the lock
    return not (stays_inside(one) and stays_inside(other) and not touched(one) & touched(other))


def is_notify(statement: Cursor) -> bool:
    return statement.spelling in ("notify_one", "notify_all")


def stays_inside(statement: Cursor) -> bool:
    """Calls nothing and touches no atomic: of its moment no other thread may know."""
    parts = list(statement.walk_preorder())
    calls = [one for one in parts if one.kind == CursorKind.CALL_EXPR]
    simple = all(one.spelling in ("operator=", "operator++", "operator--") for one in calls)
    return simple and not any(
        one.kind == CursorKind.CXX_THROW_EXPR or "atomic" in one.type.spelling for one in parts
    )


def touched(statement: Cursor) -> set[str]:
    """Names of its variables; one by the same name elsewhere does no harm."""
    kinds = (CursorKind.MEMBER_REF_EXPR, CursorKind.DECL_REF_EXPR)
    named = [one.spelling for one in statement.walk_preorder() if one.kind in kinds]
    return {name for name in named if not name.startswith("operator")}


def change_condition(source: Source, one: Cursor) -> None:
    begin = one.extent.start.offset
    if one.kind == CursorKind.WHILE_STMT:
        source.add("if for while", begin, begin + len("while"), "if")
    found = source.parenthesized(begin)
    if not found:
        return
    first, last = found
    parts = source.of(first, last).split(";")
    if one.kind == CursorKind.FOR_STMT:
        if len(parts) != 3 or not parts[1].strip():
            return
        first += len(parts[0].encode()) + 1
        last -= len(parts[2].encode()) + 1
    elif len(parts) > 1:
        first += len(parts[0].encode()) + 1
    condition = source.of(first, last).strip()
    if re.match(r"(const )?auto\b", condition):
        return  # declares what it asks for
    if not re.fullmatch(r"![\w.:>()-]+", condition):  # its `!` is taken away elsewhere
        source.add("condition negated", first, last, f"!({condition})")
    if one.kind == CursorKind.IF_STMT:
        source.add("condition always true", first, last, "true")


def change_operator(source: Source, one: Cursor) -> None:
    sides = list(one.get_children())
    if len(sides) < 2:
        return
    begin, end = sides[0].extent.end.offset, sides[-1].extent.start.offset
    text = source.of(begin, end)
    sign = text.strip()
    at = begin + text.find(sign)
    for other in OTHER_OPERATORS.get(sign, ()):
        source.add("operator changed", at, at + len(sign), other)
    if sign in ("&&", "||"):
        whole = one.extent.start.offset, one.extent.end.offset
        source.add("half of a condition", *whole, source.of(whole[0], begin))
        source.add("half of a condition", *whole, source.of(end, whole[1]))


def change_call(source: Source, one: Cursor) -> None:
    begin, end = one.extent.start.offset, one.extent.end.offset
    text = source.of(begin, end)
    for kind, *pair in OTHER_CALLS:
        if one.spelling in pair:
            other = pair[1 - pair.index(one.spelling)]
            callee = source.of(begin, next(one.get_children()).extent.end.offset)
            at = begin + len(callee[: callee.rfind(one.spelling)].encode())
            source.add(kind, at, at + len(one.spelling), other)
    arguments = list(one.get_arguments())
    if one.spelling in ("wait", "wait_for", "wait_until") and len(arguments) > 1:
        cut = arguments[-2].extent.end.offset
        timed = " == std::cv_status::no_timeout" if one.spelling != "wait" else ""
        source.add("predicate dropped", cut, end, f"){timed}")
    if one.spelling in ("wait_for", "wait_until") and len(arguments) == 3:
        first, _, condition = (source.of(a.extent.start.offset, a.extent.end.offset) for a in arguments)
        on = text[: text.index(one.spelling)]
        source.add("time limit dropped", begin, end, f"({on}wait({first}, {condition}), true)")
    if text.startswith("std::move(") and len(arguments) == 1 and outlives(arguments[0]):
        inner = arguments[0].extent
        source.add("move dropped", begin, end, source.of(inner.start.offset, inner.end.offset))
    if one.spelling.startswith("operator") and len(arguments) == 2:
        change_operator(source, one)


def outlives(moved: Cursor) -> bool:
    """Not so what a constructor was given: it goes as that returns, and a copy is slower at most."""
    seen = moved.referenced
    given = seen is not None and seen.kind == CursorKind.PARM_DECL
    return not (given and seen.semantic_parent.kind == CursorKind.CONSTRUCTOR)


def change_literal(source: Source, one: Cursor) -> None:
    begin, end = one.extent.start.offset, one.extent.end.offset
    text = source.of(begin, end)
    if one.kind == CursorKind.CXX_BOOL_LITERAL_EXPR and text in ("true", "false"):
        source.add("other truth", begin, end, {"true": "false", "false": "true"}[text])
    elif re.fullmatch(r"\d+", text):
        source.add("bound shifted", begin, end, str(int(text) + 1))
        if int(text) > 0:
            source.add("bound shifted", begin, end, str(int(text) - 1))


def change_catch(source: Source, one: Cursor) -> None:
    found = source.parenthesized(one.extent.start.offset)
    if not found:
        return
    caught = re.fullmatch(r"(.*?&|\.\.\.)(\s*\w*)", source.of(*found).strip())
    narrower = NARROWER.get(caught.group(1)) if caught else None
    if caught and narrower:
        source.add("catches less", *found, narrower + caught.group(2))


def changes_with(closure: Cursor) -> bool:
    """Whether it looks at a variable around it that is no constant: else a copy is as good."""
    begin, end = closure.extent.start.offset, closure.extent.end.offset
    for one in closure.walk_preorder():
        seen = one.referenced if one.kind == CursorKind.DECL_REF_EXPR else None
        if seen is None or seen.kind not in (CursorKind.VAR_DECL, CursorKind.PARM_DECL):
            continue
        outside = not begin <= seen.extent.start.offset < end
        if outside and not seen.type.is_const_qualified():
            return True
    return False


def change_thrown(source: Source, one: Cursor) -> None:
    begin = one.extent.start.offset
    thrown = re.match(r"throw\s+std::(\w+)\b(?!::)", source.of(begin, one.extent.end.offset))
    if thrown and thrown[1] in OTHER_ERRORS:
        first, last = thrown.span(1)
        source.add("throws another", begin + first, begin + last, OTHER_ERRORS[thrown[1]])


def change_by_text(source: Source, one: Cursor) -> None:
    """What the tree does not show well."""
    begin, end = one.extent.start.offset, one.extent.end.offset
    text = source.of(begin, end)
    if one.kind == CursorKind.LAMBDA_EXPR and text.startswith("[&") and changes_with(one):
        source.add("copy captured", begin, begin + 2, "[" if re.match(r"\w", text[2:]) else "[=")
    order = re.fullmatch(r"(?:std::)?memory_order_(acquire|release|acq_rel|seq_cst)", text)
    if one.kind == CursorKind.DECL_REF_EXPR and order:
        source.add("weaker order", end - len(order.group(1)), end, "relaxed")
    if one.kind == CursorKind.RETURN_STMT and (value := next(one.get_children(), None)):
        if value.type.spelling == "bool":
            inner = value.extent
            said = source.of(inner.start.offset, inner.end.offset)
            if said in ("true", "false"):
                return  # changed as a literal
            source.add("other answer", inner.start.offset, inner.end.offset, f"!({said})")
    # Not `!=`, which clang may make out of `==`.
    if one.kind == CursorKind.UNARY_OPERATOR and re.match(r"!(?!=)", text):
        source.add("condition negated", begin, begin + 1, "")


def change(source: Source, one: Cursor) -> None:
    if one.kind == CursorKind.COMPOUND_STMT:
        change_statements(source, one)
    if one.kind in CONDITIONAL:
        change_condition(source, one)
    if one.kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
        change_operator(source, one)
    if one.kind == CursorKind.CALL_EXPR:
        change_call(source, one)
    if one.kind in (CursorKind.INTEGER_LITERAL, CursorKind.CXX_BOOL_LITERAL_EXPR):
        change_literal(source, one)
    if one.kind == CursorKind.CXX_CATCH_STMT:
        change_catch(source, one)
    if one.kind == CursorKind.CXX_THROW_EXPR:
        change_thrown(source, one)
    change_by_text(source, one)


def know_concepts() -> None:
    for number in CONCEPTS:
        try:
            CursorKind.from_id(number)
        except ValueError:
            CursorKind(number)  # enters itself


def walk(one: Cursor, sources: dict[str, Source]) -> None:
    file = one.location.file
    source = sources.get(str(Path(file.name).resolve())) if file else None
    if file and not source:
        return
    if source and one.kind.is_preprocessing():
        return
    if source:
        change(source, one)
    for child in one.get_children():
        walk(child, sources)


def mutants(folder: Path, file: Path, flags: list[str]) -> list[Mutant]:
    sources = {str(path.resolve()): Source(path) for path in folder.glob("*.[ch]pp")}
    unit = Index.create().parse(str(file), flags, options=TranslationUnit.PARSE_INCOMPLETE)
    for said in unit.diagnostics:
        if said.severity >= Diagnostic.Fatal:
            sys.exit(str(said))
    for one in unit.cursor.get_children():
        walk(one, sources)
    found = {mutant: None for source in sources.values() for mutant in source.found}
    return list(found)


def main() -> int:
    folder, file, *flags = sys.argv[1:]
    know_concepts()
    json.dump([asdict(one) for one in mutants(Path(folder), Path(file), flags)], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
