# games [--check] PROGRAM: records the small cases that the book's reader plays as the scheduler.
#
# PROGRAM is an instructor's bin/book_games, the cases are in tests/book/games, and what is recorded
# of each is a graph in scripts/book/games: which states its schedules may come to, who can go on in
# each, and whether that can still break it. A step is a line of the case's own code; T0, which only
# starts the other threads and waits for them, goes first wherever it can.
#
# Two schedules come to the same state if no thread can tell them apart: it did the same lines, and
# before each of them the same other ones had used what it uses.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tool.course.layout import (
    USAGE,
    WorkbookError,
    checkout_root,
    relative,
    write_if_changed,
)
from tool.judging.judge import read_story

LIMIT = 60  # seconds, for what takes a tenth of one
MOST_STATES = 400  # of a case that a reader may call small
HELD = "EXPLORE_REQUIRE( told )"  # the end of a schedule in which all went well: see main.cpp there
REQUIRED = re.compile(r"^T\d+: EXPLORE_REQUIRE\( (.*) \) (does not hold.*?) \(\S+:\d+\)$")
NAME = re.compile(r"^// T(\d+): (.+)$", re.MULTILINE)
CAPTION = re.compile(r"^// at `(.+)`(, again)?: (.+)$", re.MULTILINE)
KEPT = (
    *("thread", "op", "does", "object", "sort", "value", "old", "other", "releases", "file", "line"),
    *("source", "tells", "decisive"),
)


def sources(root: Path) -> list[Path]:
    return sorted(one for one in cases(root).glob("*.cpp") if NAME.search(text_of(one)))


def cases(root: Path) -> Path:
    return root / "tests" / "book" / "games"


def recording(root: Path, name: str) -> Path:
    return root / "scripts" / "book" / "games" / f"{name}.json"


def text_of(source: Path) -> str:
    return source.read_text(encoding="utf-8")


def digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


@dataclass
class State:
    """Where a schedule may come to; its first way there."""

    choices: list[int]
    waiting: list[dict[str, Any]]
    open: list[int] = field(default_factory=list)  # threads that can go on
    edges: list[dict[str, Any]] = field(default_factory=list)
    kind: str = ""  # of an end: "held", or what is broken
    text: str = ""


class Recorder:
    def __init__(self, program: Path, root: Path, source: Path):
        self.program, self.name = program, source.stem
        self.file = relative(source, root)
        self.recorders_own = relative(cases(root) / "main.cpp", root)
        lines = text_of(source).splitlines()
        self.body = lines.index(f"void {self.name}()") + 1  # from there on it is T0's
        self.first = lines.index("namespace {") + 3
        self.last = lines.index("} // namespace") - 1
        self.names = [name for _, name in NAME.findall(text_of(source))]
        self.source_digest = digest(source)
        self.states: list[State] = []
        self.known: dict[str, int] = {}
        self.steps: dict[str, int] = {}
        self.seen: dict[tuple[tuple[int, ...], bool], dict[str, Any]] = {}

    def look(self, choices: list[int], stop: bool) -> dict[str, Any]:
        """The story of these choices, stopped where they end, or of the plainest way on to the end."""
        asked = (tuple(choices), stop)
        if asked not in self.seen:
            self.seen[asked] = self.replay(choices, stop)
        return self.seen[asked]

    def replay(self, choices: list[int], stop: bool) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
            file = Path(folder) / "story.json"
            asked = {"WORKBOOK_STORY": str(file), "WORKBOOK_STOP": "1" if stop else ""}
            asked["WORKBOOK_REPLAY"] = "1:0:" + ".".join(map(str, choices or [0]))
            plainly = {k: v for k, v in os.environ.items() if not k.startswith("WORKBOOK_")}
            done = subprocess.run(
                [self.program, self.name],
                env={**plainly, **asked},
                stdout=subprocess.PIPE,
                text=True,
                timeout=LIMIT,
                check=False,
            )
            story = read_story(file)
        if story is None:
            raise WorkbookError(f"{self.name}: the explorer tells no schedule: {done.stdout}")
        return story

    def own_line(self, choices: list[int], thread: int) -> int | None:
        """Of the case's code, where this thread goes on that is chosen last."""
        for step in self.look(choices, stop=False)["steps"]:
            if step["thread"] == thread and step["choices"] >= len(choices):
                return step["line"] if self.is_own(step) else None
        return None

    def settled(self, choices: list[int], thread: int | None = None) -> dict[str, Any]:
        """Where these choices lead to, after T0 has done what it can; with `thread`, which has just
        been chosen, at the end of its line."""
        line = self.own_line(choices, thread) if thread is not None else None
        while True:
            story = self.look(choices, stop=True)
            if story["kind"] != "stopped" or len(story["choices"]) < len(choices):
                return story
            goes = 0 if 0 in story["open"] else None
            if goes is None and thread is not None and thread in story["open"]:
                its = self.own_line([*story["choices"], story["open"].index(thread)], thread)
                if its is None or line is None or its == line:
                    line = its or line
                    goes = thread
            if goes is None:
                return story
            choices = [*story["choices"], story["open"].index(goes)]

    def record(self) -> dict[str, Any]:
        start = self.settled([])
        begin = self.pieces(start["choices"], 0)
        self.add(start)
        at = 0
        while at < len(self.states):
            self.expand(at)
            at += 1
            if len(self.states) > MOST_STATES:
                raise WorkbookError(f"{self.name}: over {MOST_STATES} states: make it smaller")
        return self.whole([step for piece in begin for step in piece])

    def add(self, story: dict[str, Any]) -> int:
        """The state's number."""
        key = self.key(story)
        if key not in self.known:
            self.known[key] = len(self.states)
            self.states.append(self.state_of(story))
        return self.known[key]

    def state_of(self, story: dict[str, Any]) -> State:
        waiting = [
            {"thread": one["thread"], "text": one["text"], **({"for": one["for"]} if "for" in one else {})}
            for one in story["waiting"]
        ]
        if story["kind"] == "stopped":
            return State(story["choices"], waiting, open=sorted(story["open"]))
        held = HELD in story["text"]
        kind = "held" if held else story["kind"]
        text = "" if held else REQUIRED.sub(r"\1 \2", story["text"])
        return State(story["choices"], [] if held else waiting, kind=kind, text=text)

    def key(self, story: dict[str, Any]) -> str:
        done = collections.defaultdict(list)
        writer: dict[str, tuple[int, int]] = {}
        for step in story["steps"]:
            if step["op"] == "blocked":
                continue  # whoever can go on again is where it would be without
            thread, its = step["thread"], step.get("object", "")
            seen = step["value"] if step["op"] == "read" and "value" in step else writer.get(its)
            done[thread].append((step["op"], step.get("line"), its, seen))
            if step["op"] not in ("read", "start", "join", "end"):
                writer[its] = (thread, len(done[thread]))
        standing = [(one["thread"], one["text"], one.get("line")) for one in story["waiting"]]
        end = story["text"] if story["kind"] != "stopped" else sorted(story["open"])
        return json.dumps([sorted(done.items()), standing, end])

    def expand(self, at: int) -> None:
        state = self.states[at]
        if not state.open:
            return
        story = self.look(state.choices, stop=True)
        for thread in state.open:
            chosen = [*state.choices, story["open"].index(thread)]
            there = self.settled(chosen, thread)
            pieces = self.pieces(there["choices"], len(state.choices))
            to = self.add(there)
            self.connect(at, to, thread, pieces)

    def connect(self, at: int, to: int, thread: int, pieces: list[list[dict[str, Any]]]) -> None:
        """An edge; where another thread goes on by itself afterwards, one more for each of its lines."""
        for number, piece in enumerate(pieces):
            goes = next((step["thread"] for step in piece if step["thread"] != 0), thread)
            last = number == len(pieces) - 1
            target = to if last else self.between(at, goes, pieces[number + 1 :])
            edge = {"thread": goes, "steps": [self.numbered(step) for step in piece], "to": target}
            line = next((step["line"] for step in piece if self.is_own(step)), None)
            if line:
                edge["line"] = line
            if edge not in self.states[at].edges:
                self.states[at].edges.append(edge)
            at = target

    def between(self, before: int, thread: int, rest: list[list[dict[str, Any]]]) -> int:
        """A state in which only one thread can go on, so that the explorer does not stop there."""
        key = json.dumps(["between", before, thread, [[self.numbered(one) for one in piece] for piece in rest]])
        if key not in self.known:
            self.known[key] = len(self.states)
            self.states.append(State([], []))
        return self.known[key]

    def is_own(self, step: dict[str, Any]) -> bool:
        return step["thread"] != 0 and step.get("file") == self.file and step["line"] < self.body

    def pieces(self, choices: list[int], after: int) -> list[list[dict[str, Any]]]:
        """The steps after so many choices, of the whole schedule, in which it is known what the
        threads share; cut where another thread than before goes on, or by itself in another line."""
        steps = [
            step
            for step in self.look(choices, stop=False)["steps"]
            if after < step["choices"] <= len(choices) or (after == 0 and step["choices"] == 0)
        ]
        steps = [step for step in steps if step.get("file") != self.recorders_own]
        found: list[list[dict[str, Any]]] = [[]]
        current, line = None, None
        for step in steps:
            thread = step["thread"]
            if thread != 0 and current is not None:
                other_line = self.is_own(step) and line is not None and step["line"] != line
                if thread != current or (other_line and len(found) > 1):
                    found.append([])
                    line = None
            if thread != 0:
                current = thread
                line = step["line"] if self.is_own(step) else line
            found[-1].append(step)
        return found

    def numbered(self, step: dict[str, Any]) -> int:
        kept = {name: step[name] for name in KEPT if name in step}
        if step.get("object", "").startswith("variable "):
            kept["tells"] = False  # it has a letter for a name: the reader sees no such thing in the case
        text = json.dumps(kept)
        return self.steps.setdefault(text, len(self.steps))

    def whole(self, begin: list[dict[str, Any]]) -> dict[str, Any]:
        begin_steps = [self.numbered(step) for step in begin]
        graph = [self.as_json(state) for state in self.states]
        way = shortest_way(graph)
        for node, can in zip(graph, can_break(graph)):
            node["breaks"] = can
        return {
            "version": 1,
            "name": self.name,
            "source": self.source_digest,
            "file": self.file,
            "first": self.first,
            "last": self.last,
            "names": self.names,
            "par": switches(way),
            "way": way,
            "begin": begin_steps,
            "steps": [json.loads(text) for text in self.steps],
            "nodes": graph,
        }

    def as_json(self, state: State) -> dict[str, Any]:
        if state.kind:
            return {"kind": state.kind, "text": state.text, "waiting": state.waiting}
        return {"open": state.edges, "waiting": state.waiting}


def is_broken(node: dict[str, Any]) -> bool:
    return str(node.get("kind", "held")) != "held"


def can_break(graph: list[dict[str, Any]]) -> list[bool]:
    found = [is_broken(node) for node in graph]
    changed = True
    while changed:
        changed = False
        for at, node in enumerate(graph):
            if not found[at] and any(found[edge["to"]] for edge in node.get("open", [])):
                found[at] = changed = True
    return found


def shortest_way(graph: list[dict[str, Any]]) -> list[int]:
    """Of those that break it the one with the fewest switches, and of these with the fewest steps: the
    threads that go on."""
    begin: tuple[int, int | None] = (0, None)  # the node, and the thread that went on last
    best: dict[tuple[int, int | None], tuple[int, int, tuple[int, ...]]] = {begin: (0, 0, ())}
    todo = collections.deque(best)
    while todo:
        at, last = todo.popleft()
        count, length, way = best[at, last]
        for edge in graph[at].get("open", []):
            thread = edge["thread"]
            cost = (count + (last not in (None, thread)), length + 1, (*way, thread))
            there = (edge["to"], thread)
            if there not in best or cost < best[there]:
                best[there] = cost
                todo.append(there)
    ends = [cost for (at, _), cost in best.items() if is_broken(graph[at])]
    return list(min(ends)[2]) if ends else []


def switches(way: list[int]) -> int:
    return sum(one != other for one, other in zip(way, way[1:]))


def as_text(game: dict[str, Any]) -> bytes:
    """One step and one state a line, so that a difference can be read."""
    lines = []
    for name, value in game.items():
        if name in ("steps", "nodes"):
            inside = ",\n".join(json.dumps(one) for one in value)
            lines.append(f"{json.dumps(name)}: [\n{inside}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def read(root: Path, name: str) -> dict[str, Any]:
    """What was recorded, for a source that is still the same."""
    file, source = recording(root, name), cases(root) / f"{name}.cpp"
    if not source.is_file():
        raise WorkbookError(f"there is no game '{name}' in {relative(cases(root), root)}")
    if not file.is_file() or json.loads(text_of(file)).get("source") != digest(source):
        again = "python3 scripts/tool games build-instructor/bin/book_games"
        raise WorkbookError(f"{relative(source, root)}: not recorded as it is now: {again}")
    found: dict[str, Any] = json.loads(text_of(file))
    return found


def main(argv: list[str]) -> int:
    check, rest = argv[:1] == ["--check"], argv[argv[:1] == ["--check"] :]
    if len(rest) != 1 or not os.access(rest[0], os.X_OK):
        print("usage: python3 scripts/tool games [--check] build-instructor/bin/book_games", file=sys.stderr)
        return USAGE
    root, stale = checkout_root(), []
    for source in sources(root):
        made = as_text(Recorder(Path(rest[0]).resolve(), root, source).record())
        file = recording(root, source.stem)
        if check and (not file.is_file() or file.read_bytes() != made):
            stale.append(relative(file, root))
        elif not check and write_if_changed(file, made):
            print(relative(file, root))
    for name in stale:
        print(f"{name} is not what the explorer records: python3 scripts/tool games {rest[0]}")
    return 1 if stale else 0
