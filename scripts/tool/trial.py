# Tries one answer out: compiles it and runs every case, each in a sandbox. What the answer's code can
# see there is put together here.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import audit
import bounded
import judge
import sandbox
import symbols
from build_folder import Case
from checker_recipe import Recipe
from compile_errors import first_errors
from handin import HandIn
from judge import FAILED, PASSED, STUCK, TODO, Outcome
from terminal import harmless

SUPERVISOR = "workbook_supervisor"
COMPILE_LIMIT = 300  # seconds
NO_VERDICT = "No verdict came of it."
WORDS = {"passed": PASSED, "failed": FAILED, "todo": TODO}


@dataclass(frozen=True)
class Trial:
    """An answer, built and run."""

    outcomes: list[Outcome] = field(default_factory=list)
    assertions: dict[str, int] = field(default_factory=dict)  # by sentence
    code: symbols.Symbols = symbols.Symbols()  # of its object files
    odd: list[audit.Finding] = field(default_factory=list)  # seen on the way
    errors: str = ""  # of the compiler; nothing else is set then


class Place:
    """Folders for one hand-in: its answer, an empty one, one to build in; and an empty file."""

    def __init__(self, holder: Path, one: HandIn, user: int):
        self.answer, self.empty, self.out = (holder / n for n in ("answer", "empty", "out"))
        self.nothing = holder / "nothing"
        self.nothing.touch()
        for folder in (self.answer, self.empty, self.out):
            folder.mkdir()
            folder.chmod(0o755)
        for name, content in one.files.items():
            (self.answer / name).write_bytes(content)
            (self.answer / name).chmod(0o644)
        if os.geteuid() == 0:
            os.chown(self.out, sandbox.FIRST_USER + user, sandbox.FIRST_USER + user)


@contextlib.contextmanager
def fresh_folder(path: Path):
    """Empty, and gone afterwards. Not in the temporary directory, where nobody would find what a
    killed run leaves."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Trials:
    """Tries out answers to one exercise, whose checker and SUPERVISOR have been built."""

    def __init__(self, recipe: Recipe, stub: dict[str, bytes], place: Path):
        """`place`: a folder that is there while an answer is tried, and then no more."""
        self._place = place
        self._recipe = recipe
        self._exercise = recipe.exercise
        self._stub = stub
        self.cases = recipe.facts.everyday_cases()

    def run(self, one: HandIn, user: int, told=bounded.nothing) -> Trial:
        """Builds and runs it, both in sandboxes, as user number `user`. Tells what it is at."""
        bounded.adopt_orphans()
        with fresh_folder(self._place) as holder:
            place = Place(holder, one, user)
            sandboxes = sandbox.Sandboxes(user)
            try:
                odd = self._preprocessed(place, one, sandboxes, told)
                errors = self._build(place, one, sandboxes, told)
                if errors:
                    return Trial(errors=errors, odd=odd)
                found, unread = self._symbols(place, sandboxes)
                judged = self._judge(place, sandboxes, told)
            finally:
                bounded.end_orphans()
        counts = {o.case.sentence: count for o, count in judged if o.verdict == PASSED}
        return Trial([outcome for outcome, _ in judged], counts, found, odd=[*odd, *unread])

    def _preprocessed(
        self, place: Place, one: HandIn, sandboxes: sandbox.Sandboxes, told
    ) -> list[audit.Finding]:
        """What is odd once macros are expanded."""
        view = self._view_to_build(place)
        sources = [name for name in one.files if name.endswith(".cpp")]

        def run(name: str) -> list[audit.Finding]:
            command = self._recipe.preprocess(self._exercise.stub / name)
            ended = sandboxes.run(view, command, COMPILE_LIMIT, whole=True)
            found = audit.preprocessed_findings(ended.output, str(self._exercise.stub))
            return found if ended.status == 0 else [*found, audit.Finding("not searched whole", name)]

        changed = [name for name in sources if one.files[name] != self._stub.get(name)]
        found = bounded.in_parallel(
            run, changed, sandboxes.interrupt, lambda *_: told("reading it")
        )
        return [finding for each in found for finding in each]

    def _build(self, place: Place, one: HandIn, sandboxes: sandbox.Sandboxes, told) -> str:
        """The compiler's errors, or nothing."""
        out = Path(sandbox.OUT)
        sources = sorted(name for name in one.files if name.endswith(".cpp"))
        objects = [str(out / f"answer{i}.o") for i in range(len(sources))]
        commands = [
            self._recipe.compile(self._exercise.stub / name, object_file)
            for name, object_file in zip(sources, objects)
        ]
        headers = [name for name in one.files if name.endswith(".hpp")]
        test = None
        if any(one.files[name] != self._stub.get(name) for name in headers):
            test = str(out / "test.o")
            commands.append(self._recipe.compile_test(test))
        view = self._view_to_build(place)

        def run(command: list[str]) -> str:
            ended = sandboxes.run(view, command, COMPILE_LIMIT)
            if ended.status == 0:
                return ""
            return shown(first_errors(ended.errors + ended.output, self._exercise.root), ended)

        def in_parallel(these: list[list[str]], what: str) -> list[str]:
            meanwhile = lambda *_: told(what)  # noqa: E731
            return [e for e in bounded.in_parallel(run, these, sandboxes.interrupt, meanwhile) if e]

        link = self._recipe.link(objects, test, str(out / "checker"))
        errors = in_parallel(commands, "compiling it") or in_parallel([link], "linking it")
        return "\n".join(errors)

    def _symbols(
        self, place: Place, sandboxes: sandbox.Sandboxes
    ) -> tuple[symbols.Symbols, list[audit.Finding]]:
        """Of the answer's object files; and what is odd if nm cannot tell."""
        objects = [Path(sandbox.OUT) / path.name for path in sorted(place.out.glob("answer*.o"))]
        if not objects:
            return symbols.Symbols(), []
        view = self._view_to_build(place)
        ended = sandboxes.run(view, symbols.listing(objects), COMPILE_LIMIT, whole=True)
        unread = [] if ended.status == 0 else [audit.Finding("not searched whole", "object code")]
        return symbols.listed(ended.output), unread

    def _view_to_build(self, place: Place) -> sandbox.View:
        """No solution but the headers of those that are used, nor patches of one."""
        root = self._exercise.root
        files = {
            path: path
            for path in (
                root / "exercises/given",
                root / "tests/support",
                root / "tests/explore",
                self._exercise.test,
                self._recipe.build,
                *self._recipe.reference_headers(),
            )
        }
        files[self._exercise.stub] = place.answer
        for hidden in ("answers", "bin", "programs"):
            if (self._recipe.build / hidden).is_dir():
                files[self._recipe.build / hidden] = place.empty
        return sandbox.View(root, self._recipe.build, files, place.out)

    def _judge(
        self, place: Place, sandboxes: sandbox.Sandboxes, told
    ) -> list[tuple[Outcome, int]]:
        """Every everyday case, and how many assertions it made."""
        root = self._exercise.root
        checker, supervisor = self._recipe.facts.checker, self._recipe.build / "bin" / SUPERVISOR
        files = {
            path: path
            for path in (
                root / "exercises/given",
                root / "tests/support",
                self._exercise.test,
                supervisor,
            )
        }
        files[self._exercise.stub] = place.answer
        files[checker] = place.out / "checker"
        files[root / "WORKBOOK.md"] = place.nothing  # the explorer's report looks where it lies
        view = sandbox.View(root, root, files)

        def run(case: Case) -> tuple[Outcome, int]:
            command = [str(supervisor), str(checker), case.sentence]
            return outcome_of(case, sandboxes.run(view, command, judge.OUTER_LIMIT))

        def meanwhile(done: int, _) -> None:
            told(f"judging it, {done} of {len(self.cases)} promises")

        return bounded.in_parallel(run, self.cases, sandboxes.interrupt, meanwhile)


def shown(text: str, ended: sandbox.Ended) -> str:
    return harmless("\n".join(part for part in (text, ended.why) if part.strip()))


def outcome_of(case: Case, ended: sandbox.Ended) -> tuple[Outcome, int]:
    """From the supervisor's record, which only it can have written."""
    record = re.match(r"(passed|failed|todo|cannot-judge) ([0-9]+)\n", ended.output)
    text = harmless(ended.output[record.end() :] if record else "")
    if ended.status is None:
        return Outcome(case, STUCK, f"{text}{ended.why}"), 0
    if ended.status != 0 or record is None:
        said = harmless(ended.errors)
        return Outcome(case, FAILED, f"{NO_VERDICT}\n{said}".strip()), 0
    verdict = WORDS.get(record.group(1), FAILED)
    if verdict == FAILED and judge.GAVE_UP in text:
        verdict = STUCK
    return Outcome(case, verdict, text.strip("\n")), int(record.group(2))


def unjudged(trial: Trial) -> list[audit.Finding]:
    return [
        audit.Finding(first_line, f'"{one.case.sentence}"')
        for one in trial.outcomes
        for first_line in one.output.splitlines()
        if first_line.startswith((NO_VERDICT, "Cannot judge: "))
    ]
