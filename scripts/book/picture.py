# Drawings stand in the page itself, so that they follow its light and dark, not the system's alone.
#
# SPDX-License-Identifier: MIT
import html
import re
from pathlib import Path

from sphinx.writers.html5 import HTML5Translator


def enter_image(self, node):
    uri = node["uri"]
    if self.builder.name != "html" or not uri.endswith(".svg"):
        HTML5Translator.visit_image(self, node)
        return
    drawn = (Path(self.builder.srcdir) / uri).read_text(encoding="utf-8")
    drawn = re.sub(r"<!--.*?-->\s*|<style>.*?</style>\s*", "", drawn, flags=re.DOTALL)
    words = html.escape(node.get("alt", ""))
    self.body.append(drawn.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1))


def leave_image(self, node):
    if self.builder.name != "html" or not node["uri"].endswith(".svg"):
        HTML5Translator.depart_image(self, node)


def setup(app):
    from docutils import nodes

    app.add_node(nodes.image, override=True, html=(enter_image, leave_image))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
