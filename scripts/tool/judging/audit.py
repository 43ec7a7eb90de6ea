# What an answer could use to mislead its judge, looked for in its source; symbols.py looks into its
# object files. An answer is judged in one process with the tests, so code that sets out to can change
# their verdict. What it would need for that does not stand in honest answers to these exercises: a
# finding proves nothing, and is a reason to read the answer.
#
# The source is searched twice: as it was handed in, and as the preprocessor leaves it, with macros
# expanded. What the exercise's own stub or solution does is no finding.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tool.course import stub_rules

MOST = 20  # findings of one kind in a file
# What a search in the source finds, comments and texts taken out.
WORDS = (
    (r"\b(?:__)?asm(?:__)?\b", "assembly"),
    (r"\b__attribute(?:__)?\b", "a compiler's attribute"),
    (r"\[\s*\[(?:[^\[\]]|\[[^\[\]]{0,50}\]){0,200}(?:::|\busing\b)", "a compiler's attribute"),
    (r"\b_Pragma\b", "a pragma"),
    (r"\b__tsan_\w*|\bAnnotate\w+", "a word to the explorer"),
    (
        r"\bnamespace\s+(?:std|Catch|explorer)\b[^;{=]{0,200}\{",
        "an addition to a foreign namespace",
    ),
    (r"\btemplate\s*<\s*>[^;{]{0,500}\bstd\s*::", "a specialization in the standard library"),
    (r'\bextern\s*"', "C linkage"),
    (r"\bsyscall\b", "a system call"),
    (r"\btodo_page\b", "the tests' own memory"),
)
# Attributes that change nothing of what an answer does.
HARMLESS = (
    r"(?:gnu::|__gnu__::)?(?:__)?(?:noinline|always_inline|flatten|hot|cold|pure|const|unused|used"
    r"|nonnull|returns_nonnull|malloc|warn_unused_result|nothrow|format|deprecated|nodiscard"
    r"|maybe_unused|noreturn|likely|unlikely|fallthrough|no_unique_address)(?:__)?\s*(?:\([^()]*\))?"
)
HARMLESS_ATTRIBUTES = re.compile(
    rf"\[\s*\[\s*{HARMLESS}(?:\s*,\s*{HARMLESS})*\s*\]\s*\]"
    rf"|\b__attribute(?:__)?\s*\(\(\s*{HARMLESS}(?:\s*,\s*{HARMLESS})*\s*\)\)"
)
# The system's own macros may expand to it.
IN_SOURCE_ONLY = ((r"\b__builtin_\w+", "a compiler's function"),)
IN_PREPROCESSED = ((r"^[ \t]*#[ \t]*pragma\b(?![ \t]+once\b).*", "a pragma"),)
DIRECTIVES = "include pragma if ifdef ifndef elif else endif error warning define undef".split()
IN_HEADERS = "include pragma ifndef define endif".split()  # the tests see these headers, too
FOREIGN = re.compile(
    r"/|\.\.|(?:catch2|support|explore)/|sys/mman|sys/ptrace|dlfcn|(?:\w*/)?\w*intrin"
)
IS_THERE_HAS_INCLUDE = r"\bdefined\s*\(?\s*__has_include(?:_next)?\b\s*\)?"
HAS_INCLUDE = r"\b__has_include(?:_next)?\b\s*\(?([^)]*)"
# An identifier and a number are taken whole: what looks like a text may begin inside one.
TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*(?:.*?\*/|.*))"
    r'|(?P<raw>(?:u8|[uUL])?R"(?P<end>[^()\\\s]{0,16})\((?:.*?\)(?P=end)"|.*))'
    r'|(?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"?)'
    r"|(?P<letter>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*'?)"
    r"|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|'?\w|\.)*",
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
        found += words(name, without_texts(text), (*WORDS, *IN_SOURCE_ONLY))
        found += directives(name, text, name in stub and name.endswith(".hpp"))
        if name in stub and name.endswith(".hpp"):
            found += interface_changes(name, content, files, stub)
    return found


def preprocessed_findings(output: str, folder: str) -> list[Finding]:
    """In what the preprocessor printed of one source."""
    return [
        Finding(one.kind, part)
        for part, text in own_parts(output, folder).items()
        for one in words(part, without_texts(text), (*WORDS, *IN_PREPROCESSED))
    ]


def differing(output: str, other: str, folder: str) -> list[Finding]:
    """Where one source is not the same program to its judge and elsewhere, as the preprocessor
    printed it for both."""
    parts, others = own_parts(output, folder), own_parts(other, folder)
    return [
        Finding("another program when it is not judged", name)
        for name in {**parts, **others}
        if as_without_optimization(parts.get(name, "")) != as_without_optimization(others.get(name, ""))
    ]


def as_without_optimization(text: str) -> str:
    """Where it optimizes, the system's headers make macros of htons() and its like. No blanks."""
    for names, macro in ((r"htons|ntohs", "__bswap_16"), (r"htonl|ntohl", "__bswap_32")):
        text = re.sub(rf"\b(?:{names})\b", macro, text)
    return "".join(text.split())


def own_text(output: str, folder: str) -> str:
    """Of what the preprocessor printed, what own_parts() needs."""
    parts = own_parts(output, folder)
    return "".join(f'# 1 "{folder}/{name}"\n{text}\n' for name, text in parts.items())


def own_parts(output: str, folder: str) -> dict[str, str]:
    """By file, the lines that come from `folder`."""
    parts: dict[str, list[str]] = {}
    name = ""
    for line in output.split("\n"):
        if marker := re.match(r'# \d+ "([^"]*)"', line):
            path = posixpath.normpath(marker.group(1))
            name = posixpath.basename(path) if posixpath.dirname(path) == folder else ""
        elif name:
            parts.setdefault(name, []).append(line)
    return {part: "\n".join(lines) for part, lines in parts.items()}


def as_compiler_reads(content: bytes) -> str:
    """Lines that end in a backslash joined, and digraphs spelled out. Lines keep their numbers."""
    text = content.decode("utf-8", "replace").lstrip("\ufeff").replace("\0", " ")
    lines = []
    for line in re.sub(r"\\[ \t\v\f]*\r?\n", "\0", text).split("\n"):
        lines.append(line.replace("\0", ""))
        lines += [""] * line.count("\0")
    text = "\n".join(lines)
    for digraph, meaning in (("<:", "["), (":>", "]"), ("<%", "{"), ("%>", "}"), ("%:", "#")):
        text = text.replace(digraph, meaning)
    return text


def without_texts(text: str, only_comments: bool = False) -> str:
    """Comments become blank and literals empty. Every line keeps its number."""

    def emptied(match: re.Match[str]) -> str:
        found, kind = str(match.group()), match.lastgroup
        if kind == "comment":
            kept = " "
        elif kind is None or only_comments:
            return found
        else:
            kept = "''" if kind == "letter" else '""'
        return kept + "\n" * found.count("\n")

    return TOKEN.sub(emptied, text)


def words(name: str, text: str, searches: Iterable[tuple[str, str]]) -> list[Finding]:
    text = HARMLESS_ATTRIBUTES.sub(lambda match: "\n" * match.group().count("\n"), text)
    return [
        Finding(f"{what} ({' '.join(match.group().split())[:60]})", place(name, text, match))
        for pattern, what in searches
        for match in itertools.islice(re.finditer(pattern, text, re.MULTILINE), MOST)
    ]


def place(name: str, text: str, match: re.Match[str]) -> str:
    return f"{name}:{text.count(chr(10), 0, match.start()) + 1}"


def directives(name: str, text: str, seen_by_tests: bool) -> list[Finding]:
    found = []
    plain = without_texts(text).split("\n")
    for index, line in enumerate(without_texts(text, only_comments=True).split("\n")):
        match = re.match(r"\s*#\s*(\w+)(.*)", line)
        if match and plain[index].lstrip().startswith("#"):  # not in a text of several lines
            word, rest = match.group(1), match.group(2).strip()
            kind = directive_kind(word, rest, seen_by_tests)
            if word == "define" and "##" in plain[index]:
                kind = "a macro that makes names"
            if kind:
                found.append(Finding(kind, f"{name}:{index + 1}"))
    return found


def directive_kind(word: str, rest: str, seen_by_tests: bool) -> str:
    """What is odd about it; nothing for an ordinary one."""
    if word not in (IN_HEADERS if seen_by_tests else DIRECTIVES):
        return f"#{word}"
    if word == "pragma" and rest != "once":
        return f"#pragma {rest}"
    if word == "define" and seen_by_tests and not re.fullmatch(r"\w+", rest):
        return f"a macro that the tests see ({rest.split('(')[0]})"
    asked = re.findall(HAS_INCLUDE, re.sub(IS_THERE_HAS_INCLUDE, "", rest))
    if word in ("if", "elif") and any(map(is_elsewhere, asked)):
        return f"#{word} {rest}"
    if word == "include":
        path = re.fullmatch(r'<([^>]+)>|"([^"]+)"', rest)
        if path is None or FOREIGN.match(normal_path(path.group(1) or path.group(2))):
            return f"#include {rest}"
    return ""


def is_elsewhere(said: str) -> bool:
    """What __has_include() is asked for: a file that need not be there when it is judged."""
    path = re.match(r'\s*(?:<([^>]+)>|"([^"]+)")', said)
    return path is None or bool(re.match(r"/|\.\.", posixpath.normpath(path.group(1) or path.group(2))))


def normal_path(path: str) -> str:
    """The given code may be named by way of the folder above."""
    path = posixpath.normpath(path)
    return path[3:] if path.startswith("../given/") else path


def interface_changes(
    name: str, content: bytes, files: dict[str, bytes], stub: dict[str, bytes]
) -> list[Finding]:
    """The tests are compiled with the answer's header: only its private part is free."""
    old, new = (laid_out(text) for text in (stub[name], content))
    # By name, however it is spelled: a header of one's own could tell the tests anything.
    own = {path for path in files if path not in stub}
    found = [
        Finding(f"#include of {path}, which the tests see", name)
        for path in includes(new)
        if posixpath.basename(path) in own
    ]
    try:
        bodies = {todo.function.signature for todo in stub_rules.todos(old.splitlines())}
        before, after = (public_part(text, bodies) for text in (old, new))
        if squeezed(before) != squeezed(after):
            extra = next((text for text in after if text not in before), "something is missing")
            found.append(Finding(f"the public part is changed ({extra})", name))
        found += [
            Finding("goes on behind its last brace, which the tests see", f"{name}:{line}")
            for line in broken_out(without_texts(new).splitlines(), bodies)
        ]
    except stub_rules.RuleBroken as error:
        found.append(Finding(f"the public part cannot be read ({error})", f"{name}:{error.line}"))
    return found


def laid_out(header: bytes) -> str:
    """Without comments, and as near to our layout as lines allow."""
    text = without_texts(as_compiler_reads(header), only_comments=True)
    text = text.replace("\r\n", "\n").expandtabs(4)
    return re.sub(r"^(\S[^;{}\n]*\)[^;{}\n]*?) *\{$", r"\1\n{", text, flags=re.MULTILINE)


def public_part(header: str, bodies: set[str]) -> list[str]:
    """Its lines but for the bodies to write and private parts."""
    kept = stub_rules.skeleton(header.splitlines(), bodies, True)
    return [text.strip() for _, text in kept if text.strip()]


def broken_out(lines: list[str], bodies: set[str]) -> list[int]:
    """Where a body to write, or a private part, ends before it seems to: what follows there is no
    longer inside. Without texts, and in the lines' layout."""
    functions = [one for one in stub_rules.functions(lines) if one.signature in bodies]
    regions = [(list(range(one.open, one.close)), 0) for one in functions]
    private = sorted(stub_rules.private_lines(lines))
    runs = itertools.groupby(enumerate(private), lambda pair: pair[1] - pair[0])
    regions += [([line for _, line in run], -1) for _, run in runs]
    found = []
    for region, least in regions:
        depth = 0
        for line in region:
            for brace in re.findall("[{}]", lines[line]):
                depth += 1 if brace == "{" else -1
                if depth <= least:
                    found.append(line + 1)
    return sorted(set(found))[:MOST]


def squeezed(lines: list[str]) -> str:
    return re.sub(r"\s+", "", "".join(lines))


def includes(text: str) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*["<]([^">]*)[">]', text, re.MULTILINE)
