# What an answer could use to mislead its judge, looked for in its source; symbols.py looks into its
# object files. An answer is judged in one process with the tests, so code that sets out to can change
# their verdict. What it would need for that does not stand in honest answers to these exercises: a
# finding proves nothing, and is a reason to read the answer.
#
# What the exercise's own stub or solution does is no finding.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass, field

import stub_rules

# What a search in the source finds, comments and texts taken out.
WORDS = (
    (r"\b(?:__)?asm(?:__)?\b", "assembly"),
    (r"\b__attribute(?:__)?\b|\[\[\s*(?:using\s+)?(?:gnu|clang)\b", "a compiler's attribute"),
    (r"\b_Pragma\b", "a pragma"),
    (r"\b__tsan_\w*|\bAnnotate\w+", "a word to the explorer"),
    (r"\bnamespace\s+(?:std|Catch|support|explorer)\b", "an addition to a foreign namespace"),
    (r"\btemplate\s*<\s*>[^;{]*\bstd\s*::", "a specialization in the standard library"),
    (r'\bextern\s*"', "C linkage"),
    (r"\b__builtin_\w+", "a compiler's function"),
    (r"\bsyscall\b", "a system call"),
    (r"#\s*define\b[^\n]*##", "a macro that makes names"),
)
DIRECTIVES = "include pragma if ifdef ifndef elif else endif error warning define undef".split()
IN_HEADERS = "include pragma ifndef define endif".split()  # the tests see these headers, too
FOREIGN = re.compile(r"/|.*\.\.|(?:catch2|support|explore|sys/mman|sys/ptrace|dlfcn)\b")
LITERAL = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|(?<![0-9a-fA-F])\'(?:[^\'\\\n]|\\.)+\'',
    re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    kind: str  # what it is, wherever it stands
    where: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}"


def findings(files: dict[str, bytes], stub: dict[str, bytes]) -> list[Finding]:
    """In an answer's files; those that are as handed out are not looked at."""
    found = []
    for name, content in files.items():
        if content == stub.get(name):
            continue
        text = as_compiler_reads(content)
        found += words(name, text)
        found += directives(name, text, name in stub and name.endswith(".hpp"))
        if name in stub and name.endswith(".hpp"):
            found += interface_changes(name, content, stub)
    return found


def as_compiler_reads(content: bytes) -> str:
    """Lines that end in a backslash joined. Every line keeps its number."""
    text = content.decode("utf-8", "replace").replace("\0", "?")
    lines = []
    for line in re.sub(r"\\[ \t]*\r?\n", "\0", text).split("\n"):
        lines.append(line.replace("\0", ""))
        lines += [""] * line.count("\0")
    return "\n".join(lines)


def without_texts(text: str) -> str:
    """Comments become blank and literals empty. Every line keeps its number."""

    def emptied(match: re.Match) -> str:
        found = match.group()
        kept = " " if found.startswith("/") else "''" if found.startswith("'") else '""'
        return kept + "\n" * found.count("\n")

    return LITERAL.sub(emptied, text)


def words(name: str, text: str) -> list[Finding]:
    text = without_texts(text)
    return [
        Finding(f"{what} ({' '.join(match.group().split())})", place(name, text, match))
        for pattern, what in WORDS
        for match in re.finditer(pattern, text)
    ]


def place(name: str, text: str, match: re.Match) -> str:
    return f"{name}:{text.count(chr(10), 0, match.start()) + 1}"


def directives(name: str, text: str, seen_by_tests: bool) -> list[Finding]:
    """`text` with its literals, because a path is one."""
    found = []
    plain = without_texts(text).split("\n")
    for index, line in enumerate(text.split("\n")):
        match = re.match(r"\s*(?:#|%:|\?\?=)\s*(\w+)(.*)", line)
        # In a comment or a text of several lines it is none.
        if match and re.match(r"\s*(?:#|%:|\?\?=)", plain[index]):
            kind = directive_kind(match.group(1), match.group(2).strip(), seen_by_tests)
            if kind:
                found.append(Finding(kind, f"{name}:{index + 1}"))
    return found


def directive_kind(word: str, rest: str, seen_by_tests: bool) -> str:
    """What is odd about it; nothing for an ordinary one."""
    rest = re.sub(r"\s*//.*|/\*.*?\*/", "", rest)
    if word not in (IN_HEADERS if seen_by_tests else DIRECTIVES):
        return f"#{word}"
    if word == "pragma" and rest != "once":
        return f"#pragma {rest}"
    if word == "define" and seen_by_tests and not re.fullmatch(r"\w+", rest):
        return f"a macro that the tests see ({rest.split('(')[0]})"
    if word == "include":
        path = re.fullmatch(r'<([^>]+)>|"([^"]+)"', rest)
        if path is None:
            return f"#include {rest}"
        if FOREIGN.match(path.group(1) or path.group(2)):
            return f"#include {rest}"
    return ""


def interface_changes(name: str, content: bytes, stub: dict[str, bytes]) -> list[Finding]:
    """The tests are compiled with the answer's header: only its private part is free."""
    old, new = (laid_out(text.decode("utf-8", "replace")) for text in (stub[name], content))
    handed_out = {*stub, *own_includes(old)}
    found = [
        Finding(f"#include of {path}, which the tests see", name)
        for path in own_includes(new)
        if path not in handed_out and not path.startswith("given/")
    ]
    try:
        bodies = {todo.function.signature for todo in stub_rules.todos(old.splitlines())}
        before, after = (public_part(text, bodies) for text in (old, new))
        if squeezed(before) != squeezed(after):
            extra = next((text for text in after if text not in before), "something is missing")
            found.append(Finding(f"the public part is changed ({extra})", name))
    except stub_rules.RuleBroken as error:
        found.append(Finding(f"the public part cannot be read ({error})", f"{name}:{error.line}"))
    return found


def laid_out(header: str) -> str:
    """Without comments and a byte order mark, and as near to our layout as lines allow."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", header.lstrip("\ufeff"), flags=re.DOTALL)
    text = text.replace("\r\n", "\n").expandtabs(4)
    return re.sub(r"^(\S[^;{}\n]*\)[^;{}\n]*?) *\{$", r"\1\n{", text, flags=re.MULTILINE)


def public_part(header: str, bodies: set[str]) -> list[str]:
    """Its lines but for the bodies to write and private parts."""
    kept = stub_rules.skeleton(header.splitlines(), bodies, True)
    return [text.strip() for _, text in kept if text.strip()]


def squeezed(lines: list[str]) -> str:
    return re.sub(r"\s+", "", "".join(lines))


def own_includes(text: str) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*"([^"]*)"', text, re.MULTILINE)
