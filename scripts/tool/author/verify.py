# The project's own tests: configure, build everything, run what has not passed as it is now, count.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import select
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tool.building import bounded
from tool.building.build_folder import built, configure
from tool.building.build_step import (
    checker_cases,
    compare_cases,
    locked,
    remember_run,
    run_followed,
    touch_changed,
)
from tool.building.compile_errors import first_errors
from tool.console.command_line import Command, Parser, cores, whole_number
from tool.console.progress import Line
from tool.console.terminal import note
from tool.course import pristine
from tool.course.layout import WorkbookError, exercises, relative
from tool.judging import judge, judged

# Five times the schedules of the student's loop for each explored case.
FULL_BUDGET = {"WORKBOOK_SCHEDULES": "10000"}
# ctest's line on a check that has ended: how many have, its number, what became of it.
ENDED = re.compile(r" *(\d+)/(\d+) Test +#(\d+): .*?(Passed|\*\*\*\D+?) +[\d.]+ sec *$")
START = re.compile(r" *Start +\d+: ")
NOT_JUDGED = ("***Skipped", "***Not Run")
# Lines and failures that are told again at the end: what came first has scrolled away by then.
TOLD_AGAIN = (40, 10)


def verify(root: Path, quick: bool, jobs: int) -> int:
    """0 if everything holds. Ends with ctest's own summary."""
    judge.refuse_bad_settings()
    if not exercises(root):
        raise WorkbookError("CMakeLists.txt has no exercise, so there is nothing to verify")
    edited = [path for one in exercises(root) for path in pristine.edited_files(one)]
    if edited:
        note(f"edited here, and judged as handed out: {' '.join(edited)}")
    build = configure(root, "instructor", again=True)
    build_failed = build_all(root, build, jobs) or cases_differ(root, build)
    known = judged.checks(build)
    chosen = [one for one in known if is_for_verify(one, quick)]
    prints = judged.Fingerprints(root, {**FULL_BUDGET, **os.environ}, chosen)
    now = {one.name: prints.of(one) for one in chosen}
    names = {one.name for one in known}
    before = {name: of for name, of in judged.passed_before(build).items() if name in names}
    same = [one for one in chosen if now[one.name] and before.get(one.name) == now[one.name]]
    due = [one for one in chosen if one not in same]
    ran: dict[int, bool] = {}
    try:
        status, summary = run_all(build, due, jobs, ran)
    finally:  # an interrupted run goes on where it was
        passed = {one.name: now[one.name] for one in due if ran.get(one.number)}
        judged.remember(build, {**before, **{name: of for name, of in passed.items() if of}})
    judged_now = [one.name for one in due if one.number in ran]
    print(describe([*judged_now, *(one.name for one in same)]))
    if same:
        print(f"Of these, {len(same)} are as they were when they passed, and were not run again.")
    if build_failed:
        print(f"Not everything compiled: see {relative(build / 'verify.log', root)}")
    print("".join(summary), end="", flush=True)
    return 1 if status != 0 or build_failed else 0


def cases_differ(root: Path, build: Path) -> bool:
    """Whether a built test has other cases than ctest is about to run, after telling which."""
    for exercise, facts in ((one, built(build, one)) for one in exercises(root)):
        known = [case.sentence for case in facts.cases]
        checker = facts.checker.with_name(f"ref{exercise.number}")
        try:
            compare_cases(known, checker_cases(checker), exercise.id)
        except WorkbookError as error:
            print(error, flush=True)
            return True
    return False


def is_for_verify(one: judged.Check, quick: bool) -> bool:
    """Not the student's entries (ex03, hunt03), nor those that build: all is built by then."""
    if re.match("(ex|hunt)[0-9][0-9]", one.name) or one.is_build():
        return False
    return not (quick and "soak" in one.labels)


def build_all(root: Path, build: Path, jobs: int) -> bool:
    """Builds all targets; True if one failed, after telling the first errors."""
    log = build / "verify.log"
    with locked(build) as lock:
        touch_changed(build, root)
        # Programs with the student's answer: of the stubs as handed out only.
        untouched = [one.name for one in exercises(root) if not pristine.edited_files(one)]
        targets = ["all", *untouched]
        command = ["cmake", "--build", str(build), "-j", str(jobs)]
        command += ["--target", *targets, "--", "-k", "0"]
        status = run_followed(command, build, targets, log, lock, "building everything")
        remember_run(build)
    if status != 0:
        output = log.read_text(encoding="utf-8", errors="replace")
        print(f"Not everything compiles:\n\n{first_errors(output, root)}\n", flush=True)
    return status != 0


def run_all(
    build: Path, due: list[judged.Check], jobs: int, ran: dict[int, bool]
) -> tuple[int, list[str]]:
    """The status and the summary of ctest for these; see run_ctest for `ran`."""
    if not due:
        return 0, ["Nothing to run: all of it has passed.\n"]
    numbers = build / "due.txt"
    # From 0 to 0, and these; ctest overlooks the last number unless something follows it.
    numbers.write_text(f"0,0,0,{','.join(str(one.number) for one in due)}\n", encoding="ascii")
    # More than there are cores: many a wrong answer hangs, is waited for and uses none meanwhile.
    command = ["ctest", "--test-dir", str(build), "--output-on-failure", "-j", str(4 * jobs)]
    command += ["-I", str(numbers), "--fixture-exclude-setup", ".*"]
    command += ["--no-tests=error", "--no-label-summary"]
    return run_ctest(command, ran)


def run_ctest(command: list[str], ran: dict[int, bool]) -> tuple[int, list[str]]:
    """Passes ctest's output on, and keeps its summary back for the end, after what failures said.

    Writes into `ran`, as they end, which checks passed, by number; nothing of what was skipped.
    """
    environment = {**FULL_BUDGET, **os.environ}
    summary: list[str] = []
    failures: list[list[str]] = []
    saying: list[str] = []  # the lines of the check that ended last
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it can be ended with all that it started
        )
        assert process.stdout  # a pipe, as asked for
        with process.stdout as said, Line("judging", late=True) as told:
            for line in lines_of(said, told.tick):
                if summary or re.match(r"\d+% tests passed", line):
                    summary.append(line)
                    continue
                told.make_room()
                print(line, end="", flush=True)
                if end := ENDED.match(line):
                    told.tell("", int(end.group(1)), int(end.group(2)))
                    saying = [line]
                    if end.group(4) not in NOT_JUDGED:
                        ran[int(end.group(3))] = end.group(4) == "Passed"
                        if end.group(4) != "Passed":
                            failures.append(saying)
                elif START.match(line):
                    saying = []
                else:
                    saying.append(line)
        return process.wait(), [*again(failures), *summary]
    except BaseException:
        bounded.end_children()
        raise


def again(failures: list[list[str]]) -> list[str]:
    """The last lines of each of the first failures."""
    lines, most = TOLD_AGAIN
    told = [line for said in failures[:most] for line in [said[0], *said[1:][-lines:]]]
    return ["What failed, once more:\n\n", *told] if told else []


def lines_of(pipe: IO[bytes], meanwhile: Callable[[], object]) -> Iterator[str]:
    """As they come. Calls meanwhile() now and then."""
    rest = b""
    while True:
        if not select.select([pipe], [], [], bounded.LOOK_UP)[0]:
            meanwhile()
            continue
        more = os.read(pipe.fileno(), 65536)
        whole, end, rest = (rest + more).rpartition(b"\n")
        yield from (whole + end).decode("utf-8", "replace").splitlines(keepends=True)
        if not more:
            if rest:
                yield rest.decode("utf-8", "replace")
            return


def describe(names: list[str]) -> str:
    found: Counter[str] = Counter()
    answers: dict[str, set[str]] = {"ref": set(), "new": set()}
    for name in names:
        match = re.match(r"(ref|new|bad|good|half)(\d\d)(?:: |\.)(?!build )", name)
        if match:
            found[match.group(1)] += 1
            answers.get(match.group(1), set()).add(match.group(2))
        elif name.startswith("self."):
            found["self"] += 1
    return (
        f"\nJudged: {len(answers['ref'])} solutions ({found['ref']} promises), "
        f"{len(answers['new'])} fresh stubs ({found['new']} promises, each a TODO), "
        f"{found['half']} half-filled stubs, {found['bad']} wrong answers, "
        f"{found['good']} right answers of another make; {found['self']} checks of the project.\n"
    )


def verify_arguments(reader: Parser) -> None:
    reader.flag("--quick", "leave out the long cases")
    reader.add_argument(
        "-j", "--jobs", metavar="N", default=str(cores()), help="at once (%(default)s)"
    )


COMMAND = Command(
    "verify",
    "the project's own tests",
    lambda root, given: verify(root, given.quick, whole_number("-j", given.jobs, 999)),
    verify_arguments,
    (("verify --quick -j 2", ""),),
    "Solutions, fresh and half-filled stubs, wrong and right answers, the text and this tool. "
    "What has passed as it is now is not run again.",
)
