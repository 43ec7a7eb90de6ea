# The `game` directive: the reader is the scheduler of a small case. What a page needs lies beside the
# sources (book_games.py has written it). Where nothing can be played, on paper and in an EPUB, the
# shortest schedule that breaks it stands still.
#
# SPDX-License-Identifier: MIT
import json
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class game(nodes.General, nodes.Element):
    pass


class Game(SphinxDirective):
    required_arguments = 1

    def run(self):
        file = Path(self.env.srcdir).parent / "games" / f"{self.arguments[0]}.json"
        self.env.note_dependency(str(file))
        data = json.loads(file.read_text(encoding="utf-8"))
        still = data.pop("still")
        found = game("", still_of(data, still), data=json.dumps(data))
        return [found]


def still_of(data, still):
    """The program, and a table with a column for each thread, time running downward."""
    threads = range(1, len(data["names"]))
    code = "\n".join(data["lines"])
    group = nodes.tgroup("", cols=len(threads))
    group += [nodes.colspec("", colwidth=1) for _ in threads]
    head = row_of([[nodes.Text(f"T{one}, {data['names'][one]}")] for one in threads])
    group += nodes.thead("", head)
    body = nodes.tbody("")
    for thread, line, caption in still["rows"]:
        source = data["lines"][line - data["first"]].strip()
        there = [nodes.literal(source, source)] + [nodes.Text(f" {caption}")] * bool(caption)
        body += row_of([there if one == thread else [] for one in threads])
    group += body
    return nodes.container(
        "",
        nodes.literal_block(code, code, language="cpp"),
        nodes.paragraph("", "The shortest schedule that breaks it; time runs downward:"),
        nodes.table("", group),
        nodes.paragraph("", f"At the end stands a {still['end']}."),
        classes=["still"],
    )


def row_of(cells):
    entries = [nodes.entry("", nodes.paragraph("", "", *one)) for one in cells]
    return nodes.row("", *entries)


def enter_game(self, node):
    self.body.append('<div class="played">\n')
    if self.builder.name == "html":
        data = node["data"].replace("<", "\\u003c")
        self.body.append(f'<script type="application/json" class="game-data">{data}</script>\n')


def leave_game(self, node):
    self.body.append("</div>\n")


def setup(app):
    app.add_directive("game", Game)
    app.add_node(game, html=(enter_game, leave_game))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
