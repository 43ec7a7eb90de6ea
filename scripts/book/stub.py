# The `stub` directive: which files the reader edits, each a link to it.
#
# SPDX-License-Identifier: MIT
from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Stub(SphinxDirective):
    has_content = True

    def run(self):
        line = nodes.paragraph("", "", nodes.Text("Edit the stub: "), classes=["stub"])
        for at, path in enumerate(self.content):
            if at:
                line += nodes.Text(", ")
            address = f"{self.config.stub_address}/{path}"
            link = nodes.reference("", "", refuri=address, internal=False)
            link += nodes.literal(path, path)
            line += link
        return [line]


def in_a_book_that_is_carried_away(app, doctree, docname):
    """An EPUB has no checkout beside it: there the path is only named."""
    if app.builder.name == "epub" and app.config.stub_address.startswith("."):
        for line in doctree.findall(nodes.paragraph):
            for link in list(line.findall(nodes.reference)) if "stub" in line["classes"] else []:
                link.replace_self(link.children)


def setup(app):
    app.add_config_value("stub_address", "../..", "env")
    app.add_directive("stub", Stub)
    app.connect("doctree-resolved", in_a_book_that_is_carried_away)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
