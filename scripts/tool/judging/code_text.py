# The text of C++ sources, as far as one can read it without a compiler: comments, literals, lines that
# go on, and parts that no compiler ever compiles.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re

# An identifier and a number are taken whole: what looks like a text may begin inside one.
TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*(?:.*?\*/|.*))"
    r'|(?P<raw>(?:u8|[uUL])?R"(?P<end>[^()\\\s]{0,16})\((?:.*?\)(?P=end)"|.*))'
    r'|(?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"?)'
    r"|(?P<letter>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*'?)"
    r"|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|'?\w|\.)*",
    re.DOTALL,
)
RAW_BEGIN = re.compile(r'R"[^()\\\s]{0,16}\(')
# Lines that go on, and digraphs, are none in a raw text.
RAW_END = re.compile(
    r'\)[^()\s"\\]{0,16}(?:\\[ \t\v\f]*\r?\n|<:|:>|<%|%>|%:)(?:[^()\s"]|\\[ \t\v\f]*\r?\n){0,60}"'
)
CONDITIONAL = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b(.*)")


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


def on_one_line(output: str) -> str:
    """What a preprocessor has printed, each raw text on one line: its lines are none of the
    preprocessor's own."""
    if not RAW_BEGIN.search(output):
        return output

    def joined(match: re.Match[str]) -> str:
        found = str(match.group())
        return found.replace("\n", " ") if match["raw"] else found

    return TOKEN.sub(joined, output)


def as_directives_are_read(text: str) -> str:
    """In a directive a file's name may hold what elsewhere begins a comment or a text: without these
    names. To be searched beside the other reading."""
    text = re.sub(r"<[^<>\n]*(?:/\*|//|[\"'])[^<>\n]*>", "<>", text)
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if "\\\"" in line and re.match(r"\s*#\s*(?:if|elif|include)|.*has_include", line):
            lines[index] = re.sub(r'"[^"\n]*\\"', '""', line)
    return "\n".join(lines)


def hard_to_read(content: bytes) -> str:
    """What only a compiler can tell from a comment or from a text, if there is any."""
    text = content.decode("utf-8", "replace")
    if 'R"' in text and RAW_END.search(text):
        return "a raw text with what might be its end"
    if re.search(r"^[^\n]*\*/[ \t]*#|^[ \t]*(?:#|%:)[ \t]*/\*", as_compiler_reads(content), re.MULTILINE):
        return "a directive with a comment in it"
    return ""


def without_dead_parts(text: str) -> str:
    """What stands behind `#if 0` becomes blank. Every line keeps its number."""
    lines = text.split("\n")
    begins = dead_at = 0  # the line of that `#if 0`, and how deep it lies; 0: none
    depth = 0
    for index, plain in enumerate(without_texts(text).split("\n")):
        found = CONDITIONAL.match(plain)
        word, rest = (found.group(1), found.group(2).strip()) if found else ("", "")
        ends = word.startswith("e") and depth == dead_at
        if ends and dead_at and word == "endif":
            lines[begins] = lines[index] = ""
        if ends:
            dead_at = 0
        if dead_at:
            lines[index] = ""
        if word in ("if", "ifdef", "ifndef"):
            depth += 1
            if not dead_at and word == "if" and rest == "0":
                begins, dead_at = index, depth
        elif word == "endif":
            depth -= 1
    return "\n".join(lines)
