# Reads WORKBOOK.md: the sections of exercises, their hints, and what must hold for all of them.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import Exercise, WorkbookError, exercises

PARTS = ["Why", "Your task", "Contract", "Try it", "Hints", "What did you notice?", "Further"]
FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
HINT = re.compile(r"Hint (\d+), step (\d+)(?:, ([^:]+))?: (.+)", re.DOTALL)
STEP = re.compile(r"^(\d+)\. .*\n(?:^ .*\n|^\n(?= ))*", re.MULTILINE)
STRETCH = re.compile(r"^\d+\. (\*\*[\w ]+\*\* )?\W*stretch\b", re.IGNORECASE)
STAGE = re.compile(r"^ +- \*([^*]+?)\.?\*", re.MULTILINE)
LINK = re.compile(r"\]\(\s*<?([^)>\s]+)")
HREF = re.compile(r'href="([^"]+)"')
POINTERS = re.compile(r"^\*\*So far:\*\* \S.*\\\n\*\*Next:\*\* (\S.*)\Z", re.MULTILINE)
HOURS = re.compile(r"^\*\*.+\*\*\s+\*[\d.]+ hours?(, deep)?(, optional)?\.?\*", re.MULTILINE)


@dataclass(frozen=True)
class Hint:
    step: int
    stage: str  # of a step that has stages; else empty
    title: str
    text: str


def book_text(root: Path) -> str:
    try:
        return (root / "WORKBOOK.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WorkbookError(f"there is no WORKBOOK.md in {root}") from None


def section(root: Path, name: str) -> str:
    """Between the exercise's two markers; empty if it is not written."""
    pattern = rf"<!-- {re.escape(name)} begins -->\n(.*?)<!-- {re.escape(name)} ends -->"
    found = re.search(pattern, book_text(root), re.DOTALL)
    return found.group(1).strip() if found else ""


def part(text: str, heading: str) -> str:
    """What stands below `### heading`, up to the next heading of that level."""
    found = re.search(
        rf"^### {re.escape(heading)} *\n(.*?)(?=^### |\Z)", text, re.DOTALL | re.MULTILINE
    )
    return found.group(1).strip() if found else ""


def hints(root: Path, exercise: Exercise) -> list[Hint]:
    found = []
    for summary, body in FOLDED.findall(part(section(root, exercise.name), "Hints")):
        title = HINT.fullmatch(" ".join(summary.split()))
        if title:
            found.append(Hint(int(title[2]), title[3] or "", title[4], body.strip()))
    return found


def problems(root: Path) -> list[str]:
    """Everything that is wrong with the text: shapes of sections, links, folds."""
    found = []
    for exercise in exercises(root):
        found += [f"WORKBOOK.md: {exercise.name}: {text}" for text in section_problems(exercise)]
    found += [f"WORKBOOK.md{text}" for text in path_problems(root)]
    texts = {path.name for path in root.glob("*.md")}
    found += [f"{name}: is missing" for name in ("README.md", "WORKBOOK.md") if name not in texts]
    for name in sorted(texts):
        found += [f"{name}{text}" for text in link_problems(root, root / name)]
    return found


def section_problems(exercise: Exercise) -> list[str]:
    text = section(exercise.root, exercise.name)
    if not text:
        return ["has no section between its markers"]
    found = []
    bare = without_code(text)
    if not bare.startswith(f"## {exercise.name}\n"):
        found.append(f"does not begin with '## {exercise.name}'")
    if not HOURS.search(bare.split("\n### ", 1)[0]):
        found.append("has no line '**Title.** *N hours.* ...' before its first part")
    headings = re.findall(r"^### (.*?) *$", bare, re.MULTILINE)
    if headings != PARTS:
        found.append(f"its parts are {headings}, not {PARTS}")
    found += hint_problems(part(text, "Hints"), part(text, "Your task"))
    if not FOLDED.search(part(text, "What did you notice?")):
        found.append("What did you notice? has no folded answer")
    for heading in PARTS:
        if heading in headings and not part(text, heading):
            found.append(f"'{heading}' is empty")
    return found + pointer_problems(exercise, text)


def pointer_problems(exercise: Exercise, text: str) -> list[str]:
    """The last two lines: how far one has come, and links to what is next, which lies ahead."""
    pointers = POINTERS.search(text)
    if not pointers:
        return ["does not end with two lines, '**So far:** ...\\\\' and '**Next:** ...'"]
    targets = re.findall(r"\]\(#([^)\s]+)\)", pointers.group(1))
    behind = [one.name for one in exercises(exercise.root) if one.number <= exercise.number]
    found = [f"'Next:' leads back to {target}" for target in targets if target in behind]
    return found if targets else ["'Next:' has no link"]


def stages(task: str) -> dict[int, list[str]]:
    """Of each step that has some: `   - *Several workers.* ...` below `2. ...`."""
    found = {int(step[1]): STAGE.findall(step[0]) for step in STEP.finditer(task + "\n")}
    return {step: [name.lower() for name in names] for step, names in found.items() if names}


def hint_problems(text: str, task: str) -> list[str]:
    stages_of = stages(task)
    titles = [" ".join(summary.split()) for summary, _ in FOLDED.findall(text)]
    found = [f"'{one}' is not 'Hint N, step N: ...'" for one in titles if not HINT.fullmatch(one)]
    matches = list(filter(None, map(HINT.fullmatch, titles)))
    numbers, steps = ([int(match.group(which)) for match in matches] for which in (1, 2))
    if numbers != list(range(1, len(numbers) + 1)):
        found.append(f"its hints are numbered {numbers}")
    if steps != sorted(steps):
        found.append(f"its hints are for steps {steps}: in their order, please")
    for match in matches:
        there = stages_of.get(int(match[2]), [""])
        if (match[3] or "") not in there:
            found.append(f"hint {match[1]} names no stage of step {match[2]}: {' / '.join(there)}")
    needed = [int(step[1]) for step in STEP.finditer(task + "\n") if not STRETCH.search(step[0])]
    found += [f"step {step} has no hint" for step in needed if step not in steps]
    if len(numbers) < 3:
        found.append(f"has {len(numbers)} hints, fewer than 3")
    if text.count("<details>") != len(titles):
        found.append("a hint is not '<details><summary>Hint N, step N: ...</summary> ... </details>'")
    return found


def path_problems(root: Path) -> list[str]:
    """Every exercise lies on one of the opening's paths, if the text has any."""
    text = book_text(root)
    paths = re.search(r"^## Three paths *\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    if not paths:
        return []
    line = text.count("\n", 0, paths.start()) + 1
    return [
        f":{line}: no path leads to {exercise.name}"
        for exercise in exercises(root)
        if f"](#{exercise.name})" not in paths.group(1)
    ]


def link_problems(root: Path, path: Path) -> list[str]:
    """Links to headings and files that do not exist, exercises that do not, unequal folds."""
    text = path.read_text(encoding="utf-8")
    bare = without_code(text)
    known = {exercise.id for exercise in exercises(root)} | set(re.findall(r"<!-- (ex\d\d)_", text))
    found = []
    for number, line in enumerate(bare.splitlines(), 1):
        for target in LINK.findall(line) + HREF.findall(line):
            complaint = target_problem(root, path, target)
            if complaint:
                found.append(f":{number}: {complaint}")
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r"\b(ex\d\d)(?:_\w+)?\b", line):
            if name not in known and path.name == "WORKBOOK.md":
                found.append(f":{number}: there is no {name}")
    if bare.count("<details>") != bare.count("</details>"):
        found.append(": unequal numbers of <details> and </details>")
    return found


def target_problem(root: Path, path: Path, target: str) -> str | None:
    if re.match(r"[a-z]+:", target):
        return None
    file, _, anchor = target.partition("#")
    there = (path.parent / file) if file else path
    if not there.exists():
        return f"no such file: {target}"
    if anchor and there.suffix == ".md":
        if anchor not in anchors(there.read_text(encoding="utf-8")):
            return f"no such heading: {target}"
    return None


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings; a heading that comes again gets -1, -2, ..."""
    bare = without_code(text)
    found = set(slugs(re.findall(r"^#{1,6} +(.*?)(?: +#+)? *$", bare, re.MULTILINE)))
    found.update(re.findall(r'<a (?:id|name)="([^"]+)"', bare))
    return found


def slugs(headings: list[str]) -> list[str]:
    """Of all headings of a file, in their order."""
    found = []
    counts: dict[str, int] = {}
    for heading in headings:
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        again = counts.get(slug, 0)
        counts[slug] = again + 1
        found.append(f"{slug}-{again}" if again else slug)
    return found


def without_code(text: str) -> str:
    """Code blanked out, line for line: it has neither headings nor links."""
    kept = []
    fence = None
    for line in text.splitlines():
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and (fence is None or mark.group(1).startswith(fence)):
            fence = mark.group(1) if fence is None else None
            kept.append("")
        else:
            kept.append("" if fence else re.sub(r"`[^`]*`", lambda m: blank(m.group(0)), line))
    return "\n".join(kept) + "\n"


def blank(code: str) -> str:
    # In a heading the words inside back ticks count; links inside them do not.
    return code.strip("`") if not re.search(r"[\[\]()<]", code) else ""
