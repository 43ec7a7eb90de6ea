# `mutants`: is there a case for every place of a solution? Changes one place at a time, judges what
# comes of it as a student's answer would be judged, and lists what no case caught: the survivors.
#
# A mutant may do anything, so its checker runs in a sandbox. What was judged is kept in the build
# folder: an interrupted run goes on where it was, until the test or the solution changes.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tool.author import equivalents
from tool.book import book
from tool.building import bounded
from tool.building.build_folder import Case, built, configure
from tool.building.build_step import build_target
from tool.console.command_line import Command, Parser
from tool.console.progress import Line
from tool.course import pristine
from tool.course.layout import (
    MACHINE,
    Exercise,
    WorkbookError,
    exercises,
    find_exercise,
    read_code,
    write_atomically,
)
from tool.judging import judge, sandbox
from tool.judging.checker_recipe import Recipe
from tool.judging.judged import digest

KILLED, SURVIVED, EQUIVALENT, NO_ANSWER = "killed", "survived", "equivalent", "does not compile"
OUTGROWN = "listed, and no survivor"
COMPILE_LIMIT = 300  # seconds
FLAGS_FOR_CLANG = ("-I", "-D", "-std=")
# What it is told besides: asio 1.22 takes clang for a compiler without coroutines.
CLANG_ALONE = ("-DASIO_HAS_CO_AWAIT=1", "-ferror-limit=0")
PACKAGES = "python3-clang-16 libclang-common-16-dev"


@dataclass(frozen=True)
class Mutant:
    kind: str
    file: str
    begin: int  # bytes
    end: int
    new: str

    def of(self, text: bytes) -> bytes:
        return text[: self.begin] + self.new.encode() + text[self.end :]

    def line(self, text: bytes) -> int:
        return text.count(b"\n", 0, self.begin) + 1

    def change(self, text: bytes) -> equivalents.Change:
        """The lines that it touches, before and after; of those the ones that differ."""
        first = text.rfind(b"\n", 0, self.begin) + 1
        last = (text + b"\n").index(b"\n", self.end)
        come = self.of(text)[first : last + len(self.of(text)) - len(text)]
        both = [[one.strip() for one in each.decode().splitlines()] for each in (text[first:last], come)]
        if len(both[0]) == len(both[1]):
            pairs = [pair for pair in zip(*both) if pair[0] != pair[1]]
            both = [[pair[side] for pair in pairs] for side in (0, 1)]
        gone, now = (tuple(filter(None, each)) for each in both)
        return equivalents.Change(self.kind, self.file, gone, now)


class Court:
    """Judges mutants of one exercise, whose solution's checker has been built."""

    def __init__(self, build: Path, exercise: Exercise):
        facts = built(build, exercise)
        target = f"ref{exercise.number}"
        facts = replace(facts, checker=facts.checker.with_name(target), checker_target=target)
        self.exercise, self.build = exercise, build
        self.solution = read_code(exercise.solution)
        self._recipe = Recipe(build, exercise, facts)
        self._lock = threading.Lock()  # guards the three below
        self._cases = facts.everyday_cases()  # first who killed last
        self._boxes: set[sandbox.Sandboxes] = set()
        self._over = False  # interrupted

    def refuse_bad_solution(self) -> None:
        """Else whatever fails it would seem to kill the mutants."""
        verdict, by = self._run(self.build / "bin" / f"ref{self.exercise.number}")
        if verdict != SURVIVED:
            raise WorkbookError(f"{self.exercise.id}: the solution itself fails in the sandbox: {by}")

    def mutants(self) -> list[Mutant]:
        """Of every file of the solution that is not handed out as it is, in its order."""
        python = book.python_with("clang")
        if python is None:
            raise WorkbookError(f"libclang is missing: apt-get install {PACKAGES}", MACHINE)
        found: dict[Mutant, None] = {}
        handed_out = pristine.shipped_code(self.exercise)
        own = [name for name, text in self.solution.items() if handed_out.get(name) != text]
        for name in [name for name in own if name.endswith(".cpp")]:
            source = self.exercise.solution / name
            words = self._recipe.compile(source, "-")
            flags = [word for word in words if word.startswith(FLAGS_FOR_CLANG)]
            tool = Path(__file__).with_name("mutate.py")
            command = [python, str(tool), str(self.exercise.solution), str(source)]
            command += [*flags, *CLANG_ALONE]
            said = subprocess.run(command, capture_output=True, text=True, check=False)
            if said.returncode != 0:
                raise WorkbookError(f"{name}: {said.stderr.strip().splitlines()[-1]}", MACHINE)
            each = [Mutant(**one) for one in json.loads(said.stdout)]
            found.update((one, None) for one in each if one.file in own)
        return sorted(found, key=lambda one: (one.file, one.begin, one.end, one.new))

    def judge(self, one: Mutant) -> tuple[str, str]:
        """The verdict, and the case that killed it. Of no worth once interrupted()."""
        with tempfile.TemporaryDirectory(prefix="mutant-", dir=self.build) as holder:
            folder = Path(holder)
            folder.chmod(0o755)  # who runs it in the sandbox is somebody else
            for name, text in self.solution.items():
                (folder / name).write_bytes(one.of(text) if name == one.file else text)
            if not self._make(folder, one):
                return NO_ANSWER, ""
            return self._run(folder / "checker")

    def _make(self, folder: Path, one: Mutant) -> bool:
        """Its checker: of a changed header all is compiled anew, the test's parts too that see it."""
        whole = one.file.endswith(".hpp")
        objects = self._recipe.answer_objects()
        affected = self._recipe.tests_with([self.exercise.solution / one.file] if whole else [])
        parts = {old: str(folder / f"test{i}.o") for i, old in enumerate(affected)}
        commands = [self._recipe.compile_test(old, new) for old, new in parts.items()]
        for name in [name for name in objects if whole or name == one.file]:
            objects[name] = str(folder / f"{name}.o")
            commands.append(self._recipe.compile(folder / name, objects[name]))
        commands.append(self._recipe.link(list(objects.values()), parts, str(folder / "checker")))
        own = f"-I{self.exercise.solution}"
        return all(
            self._runs([f"-I{folder}" if word == own else word for word in command])
            for command in commands
        )

    def _runs(self, command: list[str]) -> bool:
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(
                command, cwd=self.build, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
            return bounded.wait(process, out, COMPILE_LIMIT).status == 0

    def _run(self, checker: Path) -> tuple[str, str]:
        root = self.exercise.root
        files = {path: path for path in (root / "tests", root / "exercises/given", checker)}
        view = sandbox.View(root, root, files)
        with self._in_a_sandbox(checker.stat().st_ino % 65536) as (boxes, cases):
            for case in cases:
                if boxes.run(view, [str(checker), case.sentence], judge.OUTER_LIMIT).status != 0:
                    self._remember(case)
                    return KILLED, case.sentence
        return SURVIVED, ""

    @contextlib.contextmanager
    def _in_a_sandbox(self, user: int) -> Iterator[tuple[sandbox.Sandboxes, list[Case]]]:
        boxes = sandbox.Sandboxes(user)
        with self._lock:
            self._boxes.add(boxes)
            cases = [] if self._over else list(self._cases)
        try:
            yield boxes, cases
        finally:
            with self._lock:
                self._boxes.discard(boxes)

    def _remember(self, case: Case) -> None:
        with self._lock:
            self._cases.remove(case)
            self._cases.insert(0, case)

    def interrupted(self) -> bool:
        with self._lock:
            return self._over

    def interrupt(self) -> None:
        with self._lock:
            self._over = True
            for boxes in self._boxes:
                boxes.interrupt()


class Record:
    """The verdicts so far, in a file; of another test or solution they are forgotten."""

    def __init__(self, build: Path, court: Court):
        number = court.exercise.number
        self._file = build / f"mutants{number}.json"
        self._of = digest(build / "bin" / f"ref{number}")
        self._lock = threading.Lock()  # guards what was judged
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            self._judged = found["judged"] if found["of"] == self._of else {}
        except (OSError, ValueError, KeyError, TypeError):
            self._judged = {}

    def get(self, one: Mutant) -> tuple[str, str] | None:
        found = self._judged.get(key(one))
        return (found[0], found[1]) if found else None

    def add(self, one: Mutant, verdict: tuple[str, str]) -> None:
        with self._lock:
            self._judged[key(one)] = verdict
            content = json.dumps({"of": self._of, "judged": self._judged}, indent=0)
            write_atomically(self._file, content.encode())


def key(one: Mutant) -> str:
    return hashlib.sha256(repr(one).encode()).hexdigest()[:16]


def mutants(root: Path, asked: list[str]) -> int:
    """Judges those of these exercises, or of all; 0 if each is killed, or listed as equivalent."""
    judge.refuse_bad_settings()
    sandbox.refuse_without()
    chosen = [find_exercise(root, name) for name in dict.fromkeys(asked)] or exercises(root)
    build = configure(root, "instructor")
    rows, status = [], 0
    for exercise in chosen:
        log = build / f"mutants{exercise.number}.log"
        build_target(build, root, f"ref{exercise.number}", log, f"the solution of {exercise.id}")
        court = Court(build, exercise)
        court.refuse_bad_solution()
        verdicts = judge_all(court, Record(build, court))
        listed = equivalents.read(exercise)
        counts, said = sorted_out(court, verdicts, listed)
        print("\n".join(said), end="\n" if said else "", flush=True)
        rows.append((exercise.id, counts))
        status = 1 if counts[SURVIVED] or counts[OUTGROWN] else status
    print(table(rows))
    return status


def judge_all(court: Court, record: Record) -> dict[Mutant, tuple[str, str]]:
    found = court.mutants()
    left = [one for one in found if record.get(one) is None]

    def judged(one: Mutant) -> None:
        if not court.interrupted():
            verdict = court.judge(one)
            if not court.interrupted():
                record.add(one, verdict)

    with Line(f"mutants of {court.exercise.id}", late=True) as line:

        def meanwhile(done: int, now: Mutant | None) -> None:
            line.tell(f"{now.kind} in {now.file}" if now else "", len(found) - len(left) + done, len(found))

        bounded.in_parallel(judged, left, court.interrupt, meanwhile)
    said = {one: record.get(one) for one in found}
    return {one: verdict for one, verdict in said.items() if verdict}


def sorted_out(
    court: Court, verdicts: dict[Mutant, tuple[str, str]], listed: list[equivalents.Change]
) -> tuple[Counter[str], list[str]]:
    """How many of each verdict; the survivors, and what is listed as equivalent and is not."""
    counts: Counter[str] = Counter()
    said = []
    unused = set(listed)
    for one, (verdict, _) in verdicts.items():
        text = court.solution[one.file]
        change = one.change(text)
        if verdict == SURVIVED and change in listed:
            verdict = EQUIVALENT
            unused.discard(change)
        counts[verdict] += 1
        if verdict == SURVIVED:
            where = f"solutions/{court.exercise.name}/{one.file}:{one.line(text)}"
            said += ["", f"{where}: {one.kind}"]
            said += [f"  - {line}" for line in change.gone] + [f"  + {line}" for line in change.come]
    for change in unused:
        said += ["", f"{court.exercise.id}: listed as equivalent, and no survivor: {change}"]
        counts[OUTGROWN] += 1
    return counts, said


def table(rows: list[tuple[str, Counter[str]]]) -> str:
    lines = ["", "      mutants  killed  equivalent  survived"]
    total: Counter[str] = Counter()
    for name, counts in [*rows, ("all", total)] if len(rows) > 1 else rows:
        whole = counts[KILLED] + counts[EQUIVALENT] + counts[SURVIVED]
        share = 100 * counts[KILLED] / whole if whole else 100
        figures = f"{whole:7}  {counts[KILLED]:6}  {counts[EQUIVALENT]:10}  {counts[SURVIVED]:8}"
        lines.append(f"{name:4}  {figures}  {share:5.1f} % killed")
        total.update(counts)
    return "\n".join(lines)


def mutants_arguments(reader: Parser) -> None:
    reader.exercise("default: all", name="exercises", nargs="*")


COMMAND = Command(
    "mutants",
    "for authors: changes one place of a solution at a time, and lists what no case caught",
    lambda root, given: mutants(root, given.exercises),
    mutants_arguments,
    (("mutants ex15", ""),),
)
