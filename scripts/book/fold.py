# The `fold` directive: a hint or an answer that the reader opens, by mouse or keyboard (<details>).
#
# Raw HTML would do for a page, but its words would be in no catalog for translators.
#
# SPDX-License-Identifier: MIT
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class fold(nodes.General, nodes.Element):
    pass


class summary(nodes.General, nodes.TextElement):
    pass


class Fold(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        title = self.arguments[0]
        children, problems = self.state.inline_text(title, self.lineno)
        head = summary(title, "", *children)
        self.set_source_info(head)
        found = fold("", head)
        short = re.match(r"Hint \d+", title)
        found["names"] = [nodes.fully_normalize_name(short.group() if short else title)]
        self.state.document.note_explicit_target(found, found)
        self.state.nested_parse(self.content, self.content_offset, found)
        return [found, *problems]


def enter_fold(self, node):
    self.body.append(self.starttag(node, "details", CLASS="fold"))


def leave_fold(self, node):
    self.body.append("</details>\n")


def enter_summary(self, node):
    self.body.append(self.starttag(node, "summary", ""))


def leave_summary(self, node):
    self.body.append("</summary>\n")


def setup(app):
    app.add_directive("fold", Fold)
    app.add_node(fold, html=(enter_fold, leave_fold))
    app.add_node(summary, html=(enter_summary, leave_summary))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
