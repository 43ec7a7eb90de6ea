# Tries one answer out: compiles it and runs every case, each in a sandbox. What the answer's code can
# see there is put together here.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tool.building import bounded
from tool.building.build_folder import Case
from tool.building.compile_errors import first_errors
from tool.console.terminal import harmless
from tool.instructor.handin import HandIn
from tool.instructor.place import Place, fresh_folder
from tool.instructor.supervised import FORGED, NO_VERDICT, Counts, outcome_of
from tool.judging import audit, judge, sandbox, symbols
from tool.judging.checker_recipe import Recipe
from tool.judging.judge import PASSED, Outcome

Told = Callable[..., None]  # is told what a trial is at
# Seconds of the processor for a compilation, so that a busy machine ends none: what the solution's
# took, TIMES over, but no less than LEAST_LIMIT. The tests take long, whatever is in a hand-in's
# headers: for them it is what they took when they were built.
LEAST_LIMIT = 10
SOLUTIONS_LIMIT = 300
TIMES, TIMES_FOR_TESTS = 5, 2
UNKNOWN = 30  # where nobody knows how long they took
OUT_OF_TIME = "CPU time limit exceeded"  # as the compiler says it
MOST_EXPANDED = 4 << 20  # characters of one source's own lines, macros expanded
PATIENCE = 20  # as many seconds by the clock for each of the processor's


@dataclass(frozen=True)
class Trial:
    """An answer, built and run."""

    outcomes: list[Outcome] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)  # of what passed, by sentence
    code: symbols.Symbols = symbols.Symbols()  # of its object files
    odd: list[audit.Finding] = field(default_factory=list)  # seen on the way
    errors: str = ""  # of the compiler; nothing else is set then
    slowest: float = 0  # the processor's seconds, of its compilations
    views: dict[str, dict[str, str]] = field(default_factory=dict)  # see Trials._views


class Trials:
    """Tries out answers to one exercise, whose checker and SUPERVISOR have been built."""

    def __init__(self, recipe: Recipe, stub: dict[str, bytes], place: Path, seed: int):
        """`place`: a folder that is there while an answer is tried, and then no more; `seed`: of the
        tests' numbers."""
        self.place = place
        self._seed = b"%d\n" % seed
        self._recipe = recipe
        self._exercise = recipe.exercise
        self._stub = stub
        self.cases = recipe.facts.everyday_cases()
        self.expected: dict[str, Counts] = {}  # once it is known what the solution does
        # What each part of the test sees of the answer's headers: of the solution's, then of the one
        # that is tried.
        self._usual_views: dict[str, dict[str, str]] = {}
        self._views: dict[str, dict[str, str]] = {}
        self._limit: float = SOLUTIONS_LIMIT
        self._slowest = 0.0  # the processor's seconds, of all compilations of answers so far

    def learn(self, solution: Trial) -> None:
        """What is expected of the others."""
        self.expected = solution.counts
        self._usual_views = solution.views
        self._limit = max(LEAST_LIMIT, TIMES * solution.slowest)

    def run(self, one: HandIn, user: int, told: Told = bounded.nothing) -> Trial:
        """Builds and runs it, both in sandboxes, as user number `user`. Tells what it is at."""
        bounded.adopt_orphans()
        with fresh_folder(self.place) as holder:
            place = Place(holder, one, user)
            sandboxes = sandbox.Sandboxes(user)
            try:
                odd, errors = self._build(place, one, sandboxes, told)
                if errors:
                    return Trial(errors=errors, odd=odd)
                found, unread = self._symbols(place, sandboxes)
                judged = self._judge(place, sandboxes, told)
            finally:
                bounded.end_orphans()
        counts = {o.case.sentence: counted for o, counted in judged if o.verdict == PASSED}
        outcomes = [outcome for outcome, _ in judged]
        return Trial(
            outcomes, counts, found, [*odd, *unread], slowest=self._slowest, views=self._views
        )

    def _build(
        self, place: Place, one: HandIn, sandboxes: sandbox.Sandboxes, told: Told
    ) -> tuple[list[audit.Finding], str]:
        """What is odd once macros are expanded; the compiler's errors, or nothing."""
        view = self._view_to_build(place)
        out = Path(sandbox.OUT)
        for_tests = sandbox.Sandboxes(place.user)
        sources = sorted(name for name in one.files if name.endswith(".cpp"))
        changed = [name for name in one.files if one.files[name] != self._stub.get(name)]
        headers = [self._exercise.stub / name for name in changed if not name.endswith(".cpp")]
        by_header = bool(headers)
        searched = [name for name in sources if by_header or name in changed]
        objects = [str(out / f"answer{i}.o") for i in range(len(sources))]
        affected = self._recipe.tests_with(headers)
        parts = {old: str(out / f"test{i}.o") for i, old in enumerate(affected)}
        compilations = [
            self._recipe.compile(self._exercise.stub / name, object_file)
            for name, object_file in zip(sources, objects)
        ]
        tests = [self._recipe.compile_test(old, new) for old, new in parts.items()]
        took = max((self._recipe.seconds(old) or UNKNOWN for old in affected), default=0)
        link = self._recipe.link(objects, parts, str(out / "checker"))

        too_long: list[sandbox.Ended] = []

        def run(command: list[str]) -> sandbox.Ended:
            limit = max(TIMES_FOR_TESTS * took, self._limit) if command in tests else self._limit
            boxes = for_tests if command in tests else sandboxes
            ended = boxes.run(
                view, command, limit * PATIENCE, "-E" in command, processor=limit, works=True
            )
            if command not in tests:
                self._slowest = max(self._slowest, ended.processor)
            if takes_too_long(ended):
                too_long.append(ended)
                interrupt()
            elif ended.status != 0 and command in compilations:
                for_tests.interrupt()  # nobody needs them any more
            if "-E" in command:  # so much output that several at once would not fit into memory
                own = audit.own_text(ended.output, str(self._exercise.stub))
                fits = len(own) <= MOST_EXPANDED
                ended = replace(ended, output=own if fits else "", status=ended.status if fits else 1)
            return ended

        def interrupt() -> None:
            sandboxes.interrupt()
            for_tests.interrupt()

        def all_of(commands: list[list[str]], what: str) -> list[sandbox.Ended]:
            return bounded.in_parallel(run, commands, interrupt, lambda *_: told(what))

        paths = [self._exercise.stub / name for name in searched]
        read = [self._recipe.preprocess(path) for path in paths]
        read += [self._recipe.preprocess_unjudged(path) for path in paths]
        # Of the solution all of them, to compare with.
        all_headers = [self._exercise.stub / name for name in self._stub]
        seen = affected if self._usual_views else self._recipe.tests_with(all_headers)
        read += [self._recipe.preprocess_test(one) for one in seen]
        # The answer first: what takes for ever is found by the smaller limit.
        ended = all_of([*compilations, *tests, *read], "compiling it")
        if too_long:
            return [], self._errors(too_long[:1])
        built, ended = ended[: len(compilations)], ended[len(compilations) :]
        tested, printed = ended[: len(tests)], ended[len(tests) :]
        if errors := self._errors(built) or self._errors(tested):
            return [], errors  # what does not compile cannot be expanded, either
        odd = self._odd_when_expanded(searched, printed)
        odd += self._odd_to_tests(seen, printed[2 * len(searched) :])
        return odd, self._errors(all_of([link], "linking it"))

    def _odd_when_expanded(self, names: list[str], printed: list[sandbox.Ended]) -> list[audit.Finding]:
        """`printed`: what the preprocessor made of each for its judge, then of each elsewhere."""
        folder = str(self._exercise.stub)
        odd = []
        for name, judged, other in zip(names, printed, printed[len(names) :]):
            odd += audit.preprocessed_findings(judged.output, folder)
            if judged.status == 0:
                odd += audit.differing(judged.output, other.output, folder)
            else:
                odd.append(audit.Finding("not searched whole", name))
        return odd

    def _odd_to_tests(self, tests: list[str], printed: list[sandbox.Ended]) -> list[audit.Finding]:
        folder = str(self._exercise.stub)
        self._views = {one: audit.own_parts(ended.output, folder) for one, ended in zip(tests, printed)}
        odd = [audit.Finding("not searched whole", "the tests") for one in printed if one.status != 0]
        anywhere = {name: text for seen in self._usual_views.values() for name, text in seen.items()}
        for one, parts in self._views.items():
            usual = {**anywhere, **self._usual_views.get(one, {})}
            odd += audit.seen_by_tests(parts, usual, self._stub)
        return odd

    def _errors(self, ended: list[sandbox.Ended]) -> str:
        """Of the commands that failed."""
        root = self._exercise.root
        return "\n".join(
            shown(first_errors(one.errors + one.output, root), one) for one in ended if one.status != 0
        )

    def _symbols(
        self, place: Place, sandboxes: sandbox.Sandboxes
    ) -> tuple[symbols.Symbols, list[audit.Finding]]:
        """Of the answer's object files; and what is odd if nm cannot tell."""
        objects = [Path(sandbox.OUT) / path.name for path in sorted(place.out.glob("answer*.o"))]
        if not objects:
            return symbols.Symbols(), []
        view = self._view_to_build(place)
        ended = sandboxes.run(view, symbols.listing(objects), self._limit, whole=True)
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
        self, place: Place, sandboxes: sandbox.Sandboxes, told: Told
    ) -> list[tuple[Outcome, Counts]]:
        """Every everyday case, and what it counted. One expectation of each is turned round."""
        root = self._exercise.root
        checker, supervisor = self._recipe.facts.checker, self._recipe.build / "bin" / sandbox.SUPERVISOR
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

        def run(case: Case) -> tuple[Outcome, Counts]:
            turnable = self.expected.get(case.sentence, Counts()).turnable
            command = [str(supervisor), str(checker), case.sentence, str(turnable)]
            began = time.monotonic()
            ended = sandboxes.run(view, command, judge.OUTER_LIMIT, told=self._seed)
            outcome, counts = outcome_of(case, ended)
            return replace(outcome, seconds=time.monotonic() - began), counts

        def meanwhile(done: int, _: object) -> None:
            told(f"judging it, {done} of {len(self.cases)} promises")

        return bounded.in_parallel(run, self.cases, sandboxes.interrupt, meanwhile)


def takes_too_long(ended: sandbox.Ended) -> bool:
    return OUT_OF_TIME in ended.errors or ended.why.startswith(sandbox.GAVE_UP)


def shown(text: str, ended: sandbox.Ended) -> str:
    if OUT_OF_TIME in ended.errors:
        text = "  Gave up: to compile it takes far longer than the solution does."
    return harmless("\n".join(part for part in (text, ended.why) if part.strip()))


def unjudged(trial: Trial) -> list[audit.Finding]:
    return [
        audit.Finding(first_line, f'"{one.case.sentence}"')
        for one in trial.outcomes
        for first_line in one.output.splitlines()
        if first_line.startswith((NO_VERDICT, FORGED, judge.NO_JUDGE))
    ]
