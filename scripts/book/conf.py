# How Sphinx makes the book of the pages that scripts/tool/book/book.py has cut from WORKBOOK.md.
#
# SPDX-License-Identifier: MIT
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

project = "The Concurrency Workbook"
author = "The Concurrency Workbook"
html_show_copyright = False
extensions = ["myst_parser", "fold", "game", "picture", "stub", "theme_mending"]
root_doc = "index"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
highlight_language = "text"
pygments_style = "xcode"
pygments_dark_style = "github-dark"

# Where the stubs can be read: beside the book, or on the Git host that it is published by.
stub_address = os.environ.get("WORKBOOK_BOOK_SOURCES", "../..")

html_theme = "furo"
html_title = project
templates_path = ["templates"]
html_css_files = ["book.css", "pictures.css", "player.css"]
html_js_files = ["book.js", "player.js"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False

epub_basename = "the-concurrency-workbook"
epub_show_urls = "no"
epub_identifier = epub_uid = epub_basename  # its two tables of contents must name the same
epub_publisher = epub_author = author
epub_copyright = "MIT License"
version = "1"
epub_css_files = ["book-epub.css"]
epub_exclude_files = ["search.html", "genindex.html"]
epub_use_index = False
epub_tocdepth = 2

gettext_compact = False
gettext_location = True


def setup(app):
    app.connect("config-inited", use_what_lies_beside_the_sources)


def use_what_lies_beside_the_sources(app, config):
    """The tool has written it: the pictures' colours, and the translations."""
    folder = Path(app.srcdir).parent
    config.html_static_path = ["static", str(folder / "static")]
    config.locale_dirs = [str(folder / "locale")]
