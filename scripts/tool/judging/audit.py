# What an answer could use to mislead its judge, looked for in its source; symbols.py looks into its
# object files. An answer is judged in one process with the tests, so code that sets out to can change
# their verdict. What it would need for that does not stand in honest answers to these exercises: a
# finding proves nothing, and is a reason to read the answer.
#
# The source is searched twice: as it was handed in, but for what stands behind `#if 0`, and as the
# preprocessor leaves it, with macros expanded. What the exercise's own stub or solution does is no
# finding.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tool.judging import interface
from tool.judging.code_text import (
    as_compiler_reads,
    as_directives_are_read,
    hard_to_read,
    on_one_line,
    without_dead_parts,
    without_texts,
)

MOST = 20  # findings of one kind in a file
MOST_EXCUSED = 100  # in a file
LONGEST = 500  # letters of what is looked at to excuse it
LONGEST_INSIDE = 2000  # of a namespace
# Of a signal: the rest of it, in C++'s own language.
HANDLER = r'"\s*(?:static\s+|inline\s+)?void\s+\w+\s*\(\s*int\b[^()]*\)\s*(?:noexcept\s*)?\{'
# What a search in the source finds, comments and texts taken out.
WORDS = (
    (r"\b(?:__)?asm(?:__)?\b", "assembly"),
    (
        r"\b__tsan_\w*|\bAnnotate(?:HappensBefore|HappensAfter|Ignore|BenignRace|RWLock|Mutex|CondVar"
        r"|NewMemory|Memory|Publish|Unpublish|FlushState|Enable)\w*",
        "a word to the explorer",
    ),
    (
        r"\bnamespace\s+(?:std|Catch|explorer)\b[^;{=]{0,200}\{",
        "an addition to a foreign namespace",
    ),
    (
        rf"\btemplate\s*<\s*>(?=[^;{{]{{0,{LONGEST}}}\bstd\s*::)[^;{{]{{0,{LONGEST}}}",
        "a specialization in the standard library",
    ),
    (rf'\bextern\s*"(?!{HANDLER})', "C linkage"),
    (r"\bsyscall\b", "a system call"),
    (r"\btodo_page\b", "the tests' own memory"),
)
# Not in a macro's definition: what it expands to is searched for them.
ATTRIBUTES = (
    (r"\b_Pragma\b", "a pragma"),
    (r"\b__attribute(?:__)?\b", "a compiler's attribute"),
    (r"\[\s*\[(?:[^\[\]]|\[[^\[\]]{0,50}\]){0,200}(?:::|\busing\b)", "a compiler's attribute"),
)
# Attributes that change nothing of what an answer does.
HARMLESS = (
    r"(?:gnu::|__gnu__::)?(?:__)?(?:noinline|always_inline|flatten|hot|cold|pure|const|unused|used"
    r"|nonnull|returns_nonnull|malloc|warn_unused_result|nothrow|format|deprecated|nodiscard"
    r"|maybe_unused|noreturn|likely|unlikely|fallthrough|no_unique_address"
    # Clang's analysis of locks.
    r"|(?:pt_)?guarded_by|capability|lockable|scoped_lockable|no_thread_safety_analysis"
    r"|(?:try_)?(?:acquire|release|requires|assert)(?:_shared|_generic)?_capability|acquired_(?:before|after)"
    r"|locks_excluded|lock_returned)(?:__)?\s*(?:\([^()]*\))?"
)
HARMLESS_ATTRIBUTES = re.compile(
    rf"\[\s*\[\s*{HARMLESS}(?:\s*,\s*{HARMLESS})*\s*\]\s*\]"
    rf"|\b__attribute(?:__)?\s*\(\(\s*{HARMLESS}(?:\s*,\s*{HARMLESS})*\s*\)\)"
)
# The compiler's functions but for those that only count or tell the optimizer something.
BUILTINS = (
    r"(?:expect|expect_with_probability|unreachable|trap|prefetch|assume_aligned|FILE|LINE|FUNCTION"
    r"|(?:popcount|parity|clz|ctz|ffs|bswap)\w*|\w+_overflow(?:_p)?)\b"
)
IN_SOURCE = ((rf"\b__builtin_(?!{BUILTINS})\w+", "a compiler's function"),)
# The system's own macros may expand to more of them.
EXPANDED = r"(?:va_\w+|offsetof|object_size|alloca|(?:inf|nan|huge_val|is|signbit)\w*|fpclassify)\b"
IN_PREPROCESSED = (
    (rf"\b__builtin_(?!{BUILTINS}|{EXPANDED})\w+", "a compiler's function"),
    (rf"^[ \t]*#[ \t]*pragma\b(?![ \t]+{interface.QUIET_PRAGMA.pattern}$).*", "a pragma"),
)
# What a class of one's own may need in namespace std.
FOR_OWN_TYPES = r"(?:hash|is_error_code_enum|is_error_condition_enum)\b"
ONLY_FOR_OWN_TYPES = re.compile(
    rf"(?:\s*template\s*<\s*>\s*(?:struct|class)\s+{FOR_OWN_TYPES}\s*<[^;@]*>[^;@]*@\s*;)+\s*"
)
# Macros of headers that are a brace or hold some.
IN_INTERFACE = (
    (
        r"\b(?:(?:__|_GLIBCXX_|FMT_|ASIO_|CATCH_)(?:BEGIN|END)_|pthread_cleanup_)\w+",
        "a macro that is a brace",
    ),
)
FRIENDS = re.compile(rf"\bfriend\b[^;{{}}]{{0,{LONGEST}}}\boperator\b[^;{{}}]{{0,{LONGEST}}}")
DIRECTIVES = "include pragma if ifdef ifndef elif else endif error warning define undef".split()
IN_HEADERS = "include pragma ifndef define endif".split()  # the tests see these headers, too
FOREIGN = re.compile(
    r"/|\.\.|(?:catch2|support|explore)/|sys/mman|sys/ptrace|dlfcn|(?:\w*/)?\w*intrin"
)
IS_THERE_HAS_INCLUDE = r"\bdefined\s*\(?\s*__has_include(?:_next)?\b\s*\)?"
HAS_INCLUDE = r"\b__has_include(?:_next)?\b\s*\(?([^)]*)"


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
        seen_by_tests = name in stub and name.endswith(".hpp")
        text = as_compiler_reads(content)
        for reading in dict.fromkeys((text, as_directives_are_read(text))):
            found += as_it_stands(name, without_dead_parts(reading), seen_by_tests)
        if what := hard_to_read(content):
            found.append(Finding(what, name))
        if seen_by_tests:
            found += interface_changes(name, content, files, stub)
    return found


def as_it_stands(name: str, text: str, seen_by_tests: bool) -> list[Finding]:
    plain = without_texts(text)
    found = words(name, plain, (*WORDS, *IN_SOURCE))
    found += words(name, re.sub(r"(?m)^[ \t]*#[ \t]*define\b.*", "", plain), ATTRIBUTES)
    found += directives(name, text, seen_by_tests)
    return found + (words(name, plain, IN_INTERFACE) if seen_by_tests else [])


def preprocessed_findings(output: str, folder: str) -> list[Finding]:
    """In what the preprocessor printed of one source."""
    return [
        Finding(one.kind, part)
        for part, text in own_parts(output, folder).items()
        for one in words(part, without_texts(text), (*WORDS, *ATTRIBUTES, *IN_PREPROCESSED))
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


def seen_by_tests(
    parts: dict[str, str], usual: dict[str, str], stub: dict[str, bytes]
) -> list[Finding]:
    """In what the preprocessor printed of a part of the test: `parts`, the answer's own, by file. Macros
    of the tests' are expanded there, and files are found that the tests look for. `usual`: of the
    solution."""
    found = [Finding(f"#include of {name}, which the tests see", name) for name in parts if name not in stub]
    for name, text in parts.items():
        before = usual[name].encode() if name in usual else None
        if name in stub and (extra := interface.change(name, stub[name], text.encode(), before)):
            found.append(Finding(f"the tests see something else ({extra})", name))
    return found


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
    """By file, the lines that come from `folder` and from those below it."""
    parts: dict[str, list[str]] = {}
    name = ""
    for line in on_one_line(output).split("\n"):
        if marker := re.match(r'# \d+ "([^"]*)"', line):
            path = posixpath.normpath(marker.group(1))
            name = path[len(folder) + 1 :] if path.startswith(f"{folder}/") else ""
            if name:
                parts.setdefault(name, [])  # of a file with nothing but directives no line is left
        elif name:
            parts[name].append(line)
    return {part: "\n".join(lines) for part, lines in parts.items()}


def words(name: str, text: str, searches: Iterable[tuple[str, str]]) -> list[Finding]:
    text = HARMLESS_ATTRIBUTES.sub(lambda match: "\n" * match.group().count("\n"), text)
    return [
        Finding(f"{what} ({' '.join(match.group().split())[:60]})", place(name, text, match))
        for pattern, what in searches
        for match in itertools.islice(inexcusable(re.finditer(pattern, text, re.MULTILINE), what), MOST)
    ]


def inexcusable(found: Iterator[re.Match[str]], what: str) -> Iterator[re.Match[str]]:
    excused = EXCUSES.get(what)
    for number, match in enumerate(found):
        if excused is None or number >= MOST_EXCUSED or not excused(match):
            yield match


def is_for_own_types(match: re.Match[str]) -> bool:
    """Of namespace std, one that holds nothing but what a type of one's own needs there."""
    inside = ""
    depth = 1
    if not re.fullmatch(r"namespace\s+std\s*\{", match.group()):
        return False
    for letter in match.string[match.end() : match.end() + LONGEST_INSIDE]:
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return bool(ONLY_FOR_OWN_TYPES.fullmatch(inside))
        if letter == "}" and depth == 1:
            inside += "@"
        elif depth == 1:
            inside += letter
    return False


def is_of_ones_own(match: re.Match[str]) -> bool:
    """A specialization of what is not the standard library's, which only names it: for one of its
    types, with one as its base, or as what is returned."""
    text = match.group()
    if len(text) > LONGEST:
        return False
    shorter = re.sub(r"<[^<>]*>", " ", text)
    while shorter != text:
        text, shorter = shorter, re.sub(r"<[^<>]*>", " ", shorter)
    if re.match(r"template\s+(?:struct|class|union)\b", text):
        own = re.split(r"(?<!:):(?!:)", text, maxsplit=1)[0]
        return not re.search(rf"\bstd\s*::\s*(?!{FOR_OWN_TYPES})", own)
    name = r"\bstd\s*::\s*(?:\w+\s*::\s*)*(?:operator\b[^(]*|\w+)[\s)]*"
    return not re.search(name + (r"(?:\(|=)" if "(" in text else r"(?:=|$)"), text)


EXCUSES: dict[str, Callable[[re.Match[str]], bool]] = {
    "an addition to a foreign namespace": is_for_own_types,
    "a specialization in the standard library": is_of_ones_own,
}


def place(name: str, text: str, match: re.Match[str]) -> str:
    return f"{name}:{text.count(chr(10), 0, match.start()) + 1}"


def directives(name: str, text: str, seen_by_tests: bool) -> list[Finding]:
    found = []
    plain = without_texts(text).split("\n")
    for index, line in enumerate(without_texts(text, only_comments=True).split("\n")):
        match = re.match(r"\s*#\s*(\w+)(.*)", line)
        if match and plain[index].lstrip().startswith("#"):  # not in a text of several lines
            word, rest = match.group(1), match.group(2).strip()
            if kind := directive_kind(word, rest, seen_by_tests, posixpath.dirname(name)):
                found.append(Finding(kind, f"{name}:{index + 1}"))
    return found


def directive_kind(word: str, rest: str, seen_by_tests: bool, folder: str) -> str:
    """What is odd about it; nothing for an ordinary one. `folder`: of its file, below the answer's."""
    if word not in (IN_HEADERS if seen_by_tests else DIRECTIVES):
        return f"#{word}"
    if word == "pragma" and not interface.QUIET_PRAGMA.fullmatch(rest):
        return f"#pragma {rest}"
    if word == "define" and seen_by_tests and not re.fullmatch(r"\w+", rest):
        return f"a macro that the tests see ({rest.split('(')[0]})"
    asked = re.findall(HAS_INCLUDE, re.sub(IS_THERE_HAS_INCLUDE, "", rest))
    if word in ("if", "elif") and any(map(is_elsewhere, asked)):
        return f"#{word} {rest}"
    if word == "include":
        path = re.fullmatch(r'<([^>]+)>|"([^"]+)"', rest)
        if path is None or FOREIGN.match(normal_path(path.group(1) or path.group(2), folder)):
            return f"#include {rest}"
    return ""


def is_elsewhere(said: str) -> bool:
    """What __has_include() is asked for: a file that need not be there when it is judged."""
    path = re.match(r'\s*(?:<([^>]+)>|"([^"]+)")', said)
    return path is None or bool(re.match(r"/|\.\.", posixpath.normpath(path.group(1) or path.group(2))))


def normal_path(path: str, folder: str) -> str:
    """The given code may be named by way of the folder above."""
    path = posixpath.normpath(path)
    if path.startswith("../"):
        path = posixpath.normpath(posixpath.join(folder, path))
    return path[3:] if path.startswith("../given/") else path


def interface_changes(
    name: str, content: bytes, files: dict[str, bytes], stub: dict[str, bytes]
) -> list[Finding]:
    """The tests are compiled with the answer's header: only its private part is free."""
    # By name, however it is spelled: a header of one's own could tell the tests anything.
    own = {posixpath.basename(path) for path in files if path not in stub}
    found = [
        Finding(f"#include of {path}, which the tests see", name)
        for path in includes(without_texts(as_compiler_reads(content), only_comments=True))
        if posixpath.basename(path) in own
    ]
    if extra := interface.change(name, stub[name], content):
        found.append(Finding(f"the public part is changed ({extra})", name))
    plain = without_texts(as_compiler_reads(content))
    names = set(re.findall(r"\b(?:class|struct)\s+(\w+)", without_texts(as_compiler_reads(stub[name]))))
    friends = (match for match in FRIENDS.finditer(plain) if is_for_others(match, names))
    return found + [
        Finding("an operator that the tests would use", place(name, plain, match))
        for match in itertools.islice(friends, MOST)
    ]


def is_for_others(match: re.Match[str], names: set[str]) -> bool:
    """Whether a friend may be an operator for one of these classes: friends are found from outside,
    wherever they stand."""
    before = re.split("[;{}]", match.string[max(match.start() - LONGEST, 0) : match.start()])[-1]
    words_of_it = set(re.findall(r"\w+", before + match.group()))
    return bool(words_of_it & {"template", "auto", *names})


def includes(text: str) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*["<]([^">]*)[">]', text, re.MULTILINE)
