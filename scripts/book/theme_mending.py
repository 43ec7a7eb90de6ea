# What Furo as it is packaged leaves to mend, for reading from the file system and by everybody.
#
# Debian builds Furo with other tools than its author. Its script then still has an `import`, which no
# browser follows from the file system, so that light and dark cannot be chosen; the imported file can
# stand alone, before it. And its style has lost the rules by which `auto` follows the system's dark.
# Where these are as their author made them, nothing is changed.
#
# SPDX-License-Identifier: MIT
import re
from pathlib import Path

IMPORT = 'import Gumshoe from "./gumshoe-patched.js";'
SCRIPT = "scripts/furo.js"
IMPORTED = "scripts/gumshoe-patched.js"
STYLE = "styles/furo.css"
DARK = re.compile(r'body\[data-theme="dark"\] \{(.*?)\}', re.DOTALL)


def theme_file(app, name):
    """Its text; the theme's own folder comes before those that it inherits from."""
    places = [Path(folder) / "static" / name for folder in app.builder.theme.get_theme_dirs()]
    return next((place.read_text(encoding="utf-8") for place in places if place.is_file()), "")


def put_import_first(app):
    if app.builder.name == "html" and IMPORT in theme_file(app, SCRIPT):
        app.add_js_file(IMPORTED, priority=190)  # furo.js has 200


def mend_copies(app, problem):
    if app.builder.name != "html" or problem is not None:
        return
    static = Path(app.outdir) / "_static"
    (static / SCRIPT).write_text(theme_file(app, SCRIPT).replace(IMPORT, ""), encoding="utf-8")
    (static / STYLE).write_text(with_system_dark(theme_file(app, STYLE)), encoding="utf-8")


def with_system_dark(style):
    dark = DARK.search(style)
    if "prefers-color-scheme" in style or not dark:
        return style
    rule = f'body:not([data-theme="light"]) {{{dark[1]}}}'
    return f"{style}\n@media not print {{ @media (prefers-color-scheme: dark) {{\n{rule}\n}} }}\n"


def name_levels(app, pagename, templatename, context, doctree):
    """Captions of the list of contents are headings, and must say of which level."""
    for name in ("furo_navigation_tree", "body"):
        if context.get(name):
            levelled = context[name].replace('role="heading">', 'role="heading" aria-level="2">')
            context[name] = levelled


def setup(app):
    app.connect("builder-inited", put_import_first)
    app.connect("html-page-context", name_levels, priority=900)
    app.connect("build-finished", mend_copies)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
