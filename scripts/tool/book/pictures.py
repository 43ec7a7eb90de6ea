# The book's pictures: sources for Pikchr (https://pikchr.org) and, beside them, the drawings (SVG).
#
# The drawings are in git, because WORKBOOK.md shows them where nobody runs a tool, and who makes
# the book needs no Pikchr. Each carries a digest of its source and of itself, so no tool is needed
# either to see that the two belong together. To draw what has changed, with Debian's fossil:
#
#     python3 scripts/tool pictures
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tool.course import section
from tool.course.layout import MACHINE, WorkbookError, checkout_root, relative, write_if_changed

# By name, for the sources ($blue): in light, in dark. Nothing else may be in a drawing.
PALETTE = {
    "ink": ("#1f2933", "#e4e7eb"),
    "paper": ("#ffffff", "#1a1c1e"),
    "muted": ("#52606d", "#a3adb8"),
    "grey": ("#e5e7eb", "#3a4047"),
    "blue": ("#dbeafe", "#1e3f6b"),
    "green": ("#d1fae5", "#14532d"),
    "yellow": ("#fef3c7", "#57430a"),
    "red": ("#fee2e2", "#6b1f1f"),
    "danger": ("#b91c1c", "#fca5a5"),
    "go": ("#15803d", "#86efac"),
}
NAMES = {light: name for name, (light, _) in PALETTE.items()}
MARGIN = 10
LEAST_WORDS = 25  # of a description that can stand for its picture
SVG = re.compile(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)">\n(.*)</svg>', re.DOTALL)
TEXT = re.compile(r'fill="(rgb\([^)]*\))"')
IMAGE = re.compile(r"!\[([^\]]*)\]\(\s*<?([^)>\s]+)")


def folder(root: Path) -> Path:
    return root / "scripts" / "book" / "pictures"


def sources(root: Path) -> list[Path]:
    return sorted(folder(root).glob("*.pikchr"))


def drawings(root: Path) -> list[Path]:
    return sorted(folder(root).glob("*.svg"))


def style(page: bool) -> str:
    """The dark colours, for a page that can be made dark, or for a drawing that stands alone."""
    rules = [
        (f".{kind}-{name}", f"{kind}:{dark}")
        for name, (_, dark) in PALETTE.items()
        for kind in ("fill", "stroke")
    ]
    if not page:
        inside = " ".join(f"{one} {{{rule}}}" for one, rule in rules)
        return f"@media (prefers-color-scheme: dark) {{ {inside} }}"
    chosen = "\n".join(f'body[data-theme="dark"] {one} {{ {rule}; }}' for one, rule in rules)
    system = "\n".join(f'body:not([data-theme="light"]) {one} {{ {rule}; }}' for one, rule in rules)
    return (
        "/* SPDX-License-Identifier: MIT */\n@media not print {\n"
        f"{chosen}\n@media (prefers-color-scheme: dark) {{\n{system}\n}}\n}}\n"
    )


def draw(source: Path, tool: str) -> str:
    """The SVG, with colours by name, on a ground of its own."""
    colours = "\n".join(f"${name} = 0x{light[1:]}" for name, (light, _) in PALETTE.items())
    script = f"{colours}\n{prelude(source)}\n{source.read_text(encoding='utf-8')}"
    command = [tool, "pikchr"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    drawn = SVG.search(done.stdout)
    if done.returncode != 0 or not drawn:
        raise WorkbookError(f"{source.name}: Pikchr says:\n{done.stdout}{done.stderr}")
    width, height = (round(float(drawn[at])) + 2 * MARGIN for at in (1, 2))
    body = re.sub(r'style="([^"]*)"', attributes, drawn[3])
    body = TEXT.sub(lambda one: " ".join(coloured([("fill", one[1])])), body)
    body = re.sub(r"(\d+\.\d)\d+", r"\1", body)
    box = f"{-MARGIN} {-MARGIN} {width} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" width="{width}" '
        f'height="{height}" viewBox="{box}" font-family="system-ui, sans-serif" font-size="14">\n'
        f"<style>{style(page=False)}</style>\n"
        f'<rect class="fill-paper" fill="{PALETTE["paper"][0]}" x="{-MARGIN}" '
        f'y="{-MARGIN}" width="{width}" height="{height}" rx="6"/>\n{body}</svg>\n'
    )


def prelude(source: Path) -> str:
    return (source.parent / "prelude.txt").read_text(encoding="utf-8")


def attributes(found: re.Match[str]) -> str:
    """Of what Pikchr writes as a style, so that a style sheet can change it."""
    pairs = [pair.split(":", 1) for pair in found[1].strip("; ").split(";")]
    kept = [f'{name}="{value}"' for name, value in pairs if not value.startswith("rgb")]
    return " ".join([*coloured([pair for pair in pairs if pair[1].startswith("rgb")]), *kept])


def coloured(pairs: Sequence[Sequence[str]]) -> list[str]:
    """The light colours as attributes, and classes by which they become dark."""
    found, classes = [], []
    for kind, value in pairs:
        light = "#" + "".join(f"{int(number):02x}" for number in re.findall(r"\d+", value))
        if light not in NAMES:
            raise WorkbookError(f"the colour {light} is none of the palette's")
        found.append(f'{kind}="{light}"')
        classes.append(f"{kind}-{NAMES[light]}")
    return [f'class="{" ".join(classes)}"', *found] if classes else []


def digest(source: Path, drawn: str) -> str:
    whole = prelude(source) + source.read_text(encoding="utf-8") + drawn
    return hashlib.sha256(whole.encode()).hexdigest()


def with_digest(source: Path, drawn: str) -> str:
    mark = digest(source, drawn)
    return f"<!-- {source.name}, drawn by scripts/tool/book/pictures.py: {mark} -->\n{drawn}"


def problems(root: Path) -> list[str]:
    """Drawings that are not their source's, or that nothing shows; images without words."""
    found = []
    text = section.without_code(section.book_text(root))
    shown = {(root / path).resolve() for _, path in IMAGE.findall(text)}
    for source in sources(root):
        drawn = source.with_suffix(".svg")
        content = drawn.read_text(encoding="utf-8") if drawn.is_file() else ""
        head, _, rest = content.partition("\n")
        if f"{head}\n{rest}" != with_digest(source, rest):
            found.append(f"{relative(source, root)}: not drawn: python3 scripts/tool pictures")
        if drawn.resolve() not in shown:
            found.append(f"{relative(drawn, root)}: WORKBOOK.md does not show it")
    for drawn in drawings(root):
        if not drawn.with_suffix(".pikchr").is_file():
            found.append(f"{relative(drawn, root)}: has no source")
    for words, path in IMAGE.findall(text):
        if len(words.split()) < LEAST_WORDS:
            line = text.count("\n", 0, text.index(f"![{words}]({path}")) + 1
            count = len(words.split())
            found.append(f"WORKBOOK.md:{line}: {path} is described in {count} words only")
    return found


def main(_: list[str]) -> int:
    root = checkout_root()
    tool = shutil.which("fossil")
    if tool is None:
        raise WorkbookError("Pikchr is missing: apt-get install fossil", MACHINE)
    for source in sources(root):
        drawn = with_digest(source, draw(source, tool))
        if write_if_changed(source.with_suffix(".svg"), drawn.encode()):
            print(relative(source.with_suffix(".svg"), root))
    return 0
