# Cuts WORKBOOK.md into the book's pages: Markdown for Sphinx's MyST, a file for each section.
#
# The text stays as it is written. Headings move up, links to headings become links to pages, folded
# answers become `fold` directives, and an exercise's page says where it stands and what to edit.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tool.book import book_games
from tool.course import seal, section
from tool.course.layout import Exercise, WorkbookError, code_files, exercises, relative

# What stands between two markers, or the heading of the part that begins there.
BLOCK = re.compile(
    r"^# (?P<part>.+?) *$|"
    r"^<!-- (?P<name>[\w ]+?) begins -->\n(?P<body>.*?)^<!-- (?P=name) ends -->$",
    re.MULTILINE | re.DOTALL,
)
# The parts that have no heading in WORKBOOK.md, and the level at which their pages begin.
WELCOME, AFTERWARDS, INSTRUCTORS = "Before the exercises", "After the exercises", "For instructors"
APART = {
    "opening": (WELCOME, 2),
    "closing": (AFTERWARDS, 2),
    "appendix explorer": (AFTERWARDS, 2),
    "appendix instructors": (INSTRUCTORS, 3),
}
HEADING = re.compile(r"(#{1,6}) +(.*?)(?: +#+)? *$")
LEAD = re.compile(r"^\*\*(.+?)\.?\*\*\s+(?=\*([\d.]+) hours?)", re.MULTILINE)
FOLD = re.compile(
    r"^<details>\s*<summary>(.*?)</summary>(.*?)^</details>", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\(#([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]+)\]\(")
COMMENT = re.compile(r"^<!-- [^\n]* -->\n", re.MULTILINE)
INDEX = "index"


@dataclass(frozen=True)
class Page:
    name: str  # of its file, and of its address
    part: str
    label: str  # in the list of contents
    text: str  # its headings as in WORKBOOK.md, before they move up
    level: int  # of its own heading
    exercise: Exercise | None = None


def pages(root: Path) -> list[Page]:
    """All of WORKBOOK.md, in its order; the first is the book's front."""
    text = section.book_text(root)
    known = {exercise.name: exercise for exercise in exercises(root)}
    found: list[Page] = []
    part, end = WELCOME, 0
    for block in BLOCK.finditer(text):
        refuse_stray(text[end : block.start()], text.count("\n", 0, end) + 1)
        end = block.end()
        if block["part"]:
            part = block["part"]
        elif block["name"] in APART:
            of_part, level = APART[block["name"]]
            found += pages_of(block["body"], of_part, level)
        elif block["name"] in known:
            found.append(exercise_page(known[block["name"]], part, block["body"]))
        else:
            raise WorkbookError(f"WORKBOOK.md: '{block['name']}' is no exercise and no part of it")
    refuse_stray(text[end:], text.count("\n", 0, end) + 1)
    if not found:
        raise WorkbookError("WORKBOOK.md has no section between its markers")
    if found[0].name != INDEX:
        found.insert(0, Page(INDEX, WELCOME, "", f"# {book_title(text)}\n", 1))
    return [replace(found[0], text=f"# {book_title(text)}\n\n{found[0].text.lstrip()}"), *found[1:]]


def refuse_stray(text: str, line: int) -> None:
    if text.strip():
        words = text.strip().splitlines()[0]
        line += text[: text.index(words)].count("\n")
        raise WorkbookError(f"WORKBOOK.md:{line}: stands in no section: {words}")


def book_title(text: str) -> str:
    found = re.search(r"^# (.+?) *$", text, re.MULTILINE)
    return found.group(1) if found else "The Workbook"


def exercise_page(exercise: Exercise, part: str, body: str) -> Page:
    lead = LEAD.search(body)
    label = f"{exercise.id}: {lead.group(1)}" if lead else exercise.name
    return Page(exercise.name, part, label, body, 2, exercise)


def pages_of(body: str, part: str, level: int) -> list[Page]:
    """A page for each heading of the level, or a higher one; what comes before is the front's."""
    starts = [at for at, (depth, _) in headings(body).items() if depth <= level]
    lines = body.splitlines(keepends=True)
    found = []
    if not starts or "".join(lines[: starts[0]]).strip():
        found.append(Page(INDEX, part, "", "".join(lines[: (starts or [len(lines)])[0]]), 1))
    for at, end in zip(starts, [*starts[1:], len(lines)]):
        depth, title = headings(body)[at]
        name = section.slugs([title.split(" (")[0]])[0]
        found.append(Page(name, part, title, "".join(lines[at:end]), depth))
    return found


def headings(text: str) -> dict[int, tuple[int, str]]:
    """Index of the line -> depth and title."""
    found = {}
    for at, line in enumerate(section.without_code(text).splitlines()):
        heading = HEADING.match(line)
        if heading:
            found[at] = (len(heading.group(1)), heading.group(2))
    return found


def addresses(root: Path, book: list[Page]) -> dict[str, str]:
    """Where each of WORKBOOK.md's anchors lies in the book: `page.md`, or `page.md#heading`."""
    text = section.book_text(root)
    there = iter(section.slugs([title for _, title in headings(text).values()]))
    places: list[str] = []
    before = ""
    for page in book:
        own = [title for _, title in headings(page.text).values()]
        local = section.slugs(own)
        if page.part != before and re.search(rf"^# {re.escape(page.part)} *$", text, re.MULTILINE):
            places.append(f"{page.name}.md")  # the heading of the part
        before = page.part
        places += [f"{page.name}.md" + (f"#{slug}" if at else "") for at, slug in enumerate(local)]
    return dict(zip(there, places))


def markdown(page: Page, book: list[Page], where: dict[str, str]) -> str:
    """The page as Sphinx is to read it."""
    text = COMMENT.sub("", book_games.directives(page.text))
    text = IMAGE.sub(lambda image: f"![{' '.join(image[1].split())}](", text)  # one line for MyST
    if page.exercise:
        text = with_standing(page, book, text)
    text = moved_up(text, page.level - 1)
    text = outside_code(text, lambda line: LINK.sub(lambda link: linked(link[1], where), line))
    text = FOLD.sub(lambda fold: folded(" ".join(fold[1].split()), fold[2]), text)
    return text.strip() + "\n"


def linked(anchor: str, where: dict[str, str]) -> str:
    return f"]({where.get(anchor, f'#{anchor}')})"


def with_standing(page: Page, book: list[Page], text: str) -> str:
    """The title in words, how far one has come, and which files to edit."""
    of_exercises = [one for one in book if one.exercise]
    leads = [LEAD.search(one.text) for one in of_exercises]
    hours = [float(lead.group(2)) if lead else 0 for lead in leads]
    at = of_exercises.index(page)
    standing = f"*Exercise {at + 1} of {len(hours)}; "
    standing += f"{sum(hours[:at]):g} of {sum(hours):g} hours lie before it.*"
    assert page.exercise
    text = text.replace(f"## {page.exercise.name}\n", f"## {page.label}\n\n{standing}\n", 1)
    text = LEAD.sub("", text, count=1)
    files = "\n".join(relative(path, page.exercise.root) for path in stubs(page.exercise))
    return text.replace("### Your task\n", f"### Your task\n\n:::{{stub}}\n{files}\n:::\n", 1)


def stubs(exercise: Exercise) -> list[Path]:
    """The sources to write: those that the solution has otherwise. The rest of them is given."""
    sources = [path for path in code_files(exercise.stub) if path.suffix == ".cpp"]
    own = [path for path in sources if path.read_bytes() != solution_of(path, exercise)]
    return own or sources  # all are as in the solution where somebody has copied it


def solution_of(path: Path, exercise: Exercise) -> bytes:
    there = exercise.solution / path.name
    return seal.read(there) if there.is_file() else b""


def moved_up(text: str, levels: int) -> str:
    lines = text.splitlines()
    for at, (depth, title) in headings(text).items():
        lines[at] = f"{'#' * max(1, depth - levels)} {title}"
    return "\n".join(lines) + "\n"


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """`change` on each line that stands in no code block."""
    lines = text.splitlines()
    bare = section.without_code(text).splitlines()
    return "\n".join(change(line) if bare[at] else line for at, line in enumerate(lines)) + "\n"


def folded(title: str, body: str) -> str:
    return f":::{{fold}} {title}\n\n{body.strip()}\n\n:::"


def contents(book: list[Page], more: list[tuple[str, str]]) -> str:
    """Sphinx's trees of the pages, a part each; `more` are (name, label) for the last but one."""
    text = ""
    for part in dict.fromkeys(page.part for page in book):
        there = [page for page in book if page.part == part and page.name != INDEX]
        entries = [(page.name, page.label) for page in there]
        entries += more if part == AFTERWARDS else []
        lines = "\n".join(f"{label} <{name}>" for name, label in entries)
        text += f"\n```{{toctree}}\n:caption: \"{part}\"\n:maxdepth: 1\n\n{lines}\n```\n"
    return text
