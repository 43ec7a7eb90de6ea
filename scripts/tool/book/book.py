# `book`: WORKBOOK.md as pages to read in a browser, and as an EPUB, in build-book/.
#
# The pages' sources are cut anew each time and written only where they differ, so that Sphinx reads
# again what has changed. Sphinx may belong to another Python than ours: Debian's is /usr/bin/python3's.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import webbrowser
from argparse import Namespace
from pathlib import Path

from tool.book import book_figures, book_games, book_pages, pictures
from tool.building import bounded
from tool.building.build_step import locked
from tool.console.command_line import Command, Parser
from tool.console.terminal import note
from tool.course.layout import MACHINE, STARTER, USAGE, WorkbookError, relative, write_if_changed
from tool.judging import player

MODULES = ("sphinx", "myst_parser", "furo")
PACKAGES = "python3-sphinx python3-myst-parser furo"
LIMIT = 600  # seconds for one run of Sphinx, which takes some ten
FOLDER = "build-book"
PLAYER = ("player.css", "player.js")
SKIPPED = 77  # of a check, to ctest: this machine lacks what it needs


def book(root: Path, language: str | None, epub: bool, catalog: bool, open_it: bool) -> int:
    """Makes what was asked for; the pages in any case."""
    if language is not None and language not in languages(root):
        there = " ".join(languages(root)) or "none"
        raise WorkbookError(f"--language: '{language}' is not translated; there is: {there}", USAGE)
    python = sphinx_python()
    made = [make(root, root / FOLDER, python, "html", language)]
    if epub:
        made.append(make(root, root / FOLDER, python, "epub", language))
    if catalog:
        made.append(make(root, root / FOLDER, python, "gettext", language))
    for path in made:
        print(relative(path, root))
    if open_it and not webbrowser.open(made[0].as_uri()):
        raise WorkbookError(f"no browser can be opened here; open {made[0]}", MACHINE)
    return 0


def check(root: Path) -> int:
    """The book's tests; what this machine lacks for one of them is said, and no failure."""
    words = [sys.executable, str(STARTER), "selfcheck", "whole-book", str(root)]
    done = subprocess.run(words, check=False)
    return 0 if done.returncode == SKIPPED else done.returncode


def make(root: Path, folder: Path, python: str, kind: str, language: str | None) -> Path:
    """One run of Sphinx; what it made. Warnings are kept, and told of."""
    name = f"{kind}-{language}" if language else kind
    with locked(folder):
        write_sources(root, folder)
        note(f"making {relative(folder / name, root)} ...")
        made_by, settings = folder / f"{name}.settings", settings_of(root)
        same = made_by.is_file() and made_by.read_text(encoding="utf-8") == settings
        made_by.unlink(missing_ok=True)
        words = [] if same else ["-E", "-a"]  # by itself Sphinx looks at pages only
        words += ["-D", f"language={language}"] if language else []
        run_sphinx([python, *options(root, folder, name), "-b", kind, *words], folder, name)
        made_by.write_text(settings, encoding="utf-8")
    warnings = (folder / f"{name}.warnings").read_text(encoding="utf-8").count("WARNING")
    if warnings:
        note(f"{warnings} warnings of Sphinx's: see {relative(folder / f'{name}.warnings', root)}")
    if kind == "epub":
        return next((folder / name).glob("*.epub"))
    return folder / name / "index.html" if kind == "html" else folder / name


def options(root: Path, folder: Path, name: str) -> list[str]:
    return [
        *["-m", "sphinx", "-q", "-j", "auto", "-c", str(root / "scripts" / "book")],
        *["-d", str(folder / f"doctrees-{name}"), "-w", str(folder / f"{name}.warnings")],
    ]


def run_sphinx(command: list[str], folder: Path, name: str) -> None:
    try:
        ended = bounded.run([*command, str(folder / "source"), str(folder / name)], LIMIT)
    except OSError as error:
        raise WorkbookError(f"cannot run {command[0]}: {error.strerror}", MACHINE) from None
    if ended.status != 0:
        last = (ended.output.strip().splitlines() or ["it printed nothing"])[-1]
        raise WorkbookError(f"Sphinx {ended.how()}: {last}")


def write_sources(root: Path, folder: Path) -> None:
    """The pages, the pictures and the translations, where Sphinx reads them; nothing else is left."""
    wanted: dict[Path, bytes] = {}
    pages = book_pages.pages(root)
    where = book_pages.addresses(root, pages)
    figures = book_figures.page(root)
    more = [(book_figures.NAME, book_figures.TITLE)] if figures else []
    for page in pages:
        text = book_pages.markdown(page, pages, where)
        if page.name == book_pages.INDEX:
            text += book_pages.contents(pages, more)
        wanted[folder / "source" / f"{page.name}.md"] = text.encode()
    if figures:
        wanted[folder / "source" / f"{book_figures.NAME}.md"] = figures.encode()
    for drawn in pictures.drawings(root):
        wanted[folder / "source" / relative(drawn, root)] = drawn.read_bytes()
    for words in (root / "scripts" / "book" / "locale").rglob("*.po"):
        wanted[folder / relative(words, root / "scripts" / "book")] = words.read_bytes()
    for name, content in book_games.data(root).items():
        wanted[folder / book_games.DATA / name] = content
    wanted[folder / "static" / "pictures.css"] = pictures.style(page=True).encode()
    for name in PLAYER:
        wanted[folder / "static" / name] = player.part(name).encode()
    for old in [*(folder / "source").rglob("*.*"), *(folder / "locale").rglob("*.po")]:
        if old not in wanted and old.is_file():
            old.unlink()
            (folder / "html" / old.name).with_suffix(".html").unlink(missing_ok=True)
    for path, content in wanted.items():
        write_if_changed(path, content)


def settings_of(root: Path) -> str:
    """A digest of all that decides how pages look, and for which address they are made."""
    found = hashlib.sha256(os.environ.get("WORKBOOK_BOOK_SOURCES", "").encode())
    for path in sorted((root / "scripts" / "book").rglob("*.*")):
        if path.suffix in (".py", ".css", ".js", ".html"):
            found.update(path.read_bytes())
    for name in PLAYER:
        found.update(player.part(name).encode())
    return found.hexdigest()


def languages(root: Path) -> list[str]:
    folder = root / "scripts" / "book" / "locale"
    return sorted(path.name for path in folder.glob("*") if path.is_dir())


def sphinx_python() -> str:
    python = python_with(*MODULES)
    if python is None:
        lack = f"Sphinx, MyST-Parser or Furo is missing: apt-get install {PACKAGES}"
        raise WorkbookError(lack, MACHINE)
    return python


@functools.lru_cache(maxsize=None)
def python_with(*modules: str) -> str | None:
    """A Python that has them all: ours, or the system's."""
    look = "import sys; from importlib.util import find_spec as find; "
    look += f"sys.exit(not all(map(find, {modules})))"
    for python in (sys.executable, "/usr/bin/python3"):
        if not shutil.which(python):
            continue
        if subprocess.run([python, "-c", look], check=False).returncode == 0:
            return python
    return None


def book_arguments(reader: Parser) -> None:
    reader.flag("--open", "show it in the browser")
    reader.flag("--epub", "for an e-reader, too")
    reader.add_argument("--language", metavar="LANG", help="of a translation that is there")
    reader.flag("--catalog", "for authors: write what a translation begins with")
    reader.flag("--check", "for authors: test the book, in a browser too")


def run_book(root: Path, options: Namespace) -> int:
    others = options.open or options.epub or options.catalog or options.language is not None
    if options.check and others:
        raise WorkbookError("book: --check tests all of the book: give it alone", USAGE)
    if options.check:
        return check(root)
    return book(root, options.language, options.epub, options.catalog, options.open)


COMMAND = Command(
    "book",
    "WORKBOOK.md as pages with search, in build-book/html",
    run_book,
    book_arguments,
    (("book --open", ""), ("book --epub", "for an e-reader")),
)
