# The book as its tests see it: made once for a test program, and read page by page.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import html.parser
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tool.book import book, book_figures, book_pages  # noqa: E402
from tool.course.layout import WorkbookError  # noqa: E402

# Figures as `bench` writes them, whatever was measured here.
FIGURES = """\
exercise,row,column,value,unit
ex01_threads,primes below 20000: 1,time,18.3,ms
ex01_threads,primes below 20000: 1,speed-up,1.00,
ex01_threads,primes below 20000: 2,time,9.9,ms
"""

_held: list = []  # the temporary folder; it goes when the program ends


def made(kind: str, language: str | None = None) -> tuple[Path, str]:
    """What Sphinx made, and its warnings. Skips the test where there is no Sphinx."""
    try:
        python = book.sphinx_python()
    except WorkbookError as error:
        raise unittest.SkipTest(str(error)) from None
    if not _held:
        _held.append(tempfile.TemporaryDirectory(prefix="workbook-test-"))
    folder = Path(_held[0].name)
    figures = folder / "bench.csv"
    figures.write_text(FIGURES, encoding="utf-8")
    book_figures.figures_file = lambda _: figures
    name = f"{kind}-{language}" if language else kind
    if not (folder / name).is_dir():
        book.make(ROOT, folder, python, kind, language)
    found = next((folder / name).glob("*.epub")) if kind == "epub" else folder / name
    return found, (folder / f"{name}.warnings").read_text(encoding="utf-8")


def pages() -> list[book_pages.Page]:
    return book_pages.pages(ROOT)


def names() -> list[str]:
    """Of all pages that one turns, in their order."""
    found = [page.name for page in pages()]
    before = [page.part for page in pages()].index(book_pages.INSTRUCTORS)
    return [*found[:before], book_figures.NAME, *found[before:]]


class Reading(html.parser.HTMLParser):
    """Of a page: what can be linked to, what it links to, and what a test counts."""

    def __init__(self, page: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = page.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.add(found["id"])
        self.links += [found[name] for name in ("href", "src") if found.get(name)]

    def count(self, tag: str, word: str = "") -> int:
        return sum(
            one == tag and (not word or word in found.get("class", "").split())
            for one, found in self.tags
        )
