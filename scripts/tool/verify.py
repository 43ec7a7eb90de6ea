# The project's own tests, from nothing: configure, build everything, run everything, count.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import bounded
import judge
import pristine
from build_folder import configure
from build_step import locked, remember_run, run_logged, touch_changed
from compile_errors import first_errors
from layout import WorkbookError, exercises, relative
from terminal import note

# Five times the schedules of the student's loop for each explored case.
FULL_BUDGET = {"WORKBOOK_SCHEDULES": "10000"}


def verify(root: Path, quick: bool, jobs: int) -> int:
    """0 if everything holds. Ends with ctest's own summary."""
    judge.refuse_bad_settings()
    if not exercises(root):
        raise WorkbookError("CMakeLists.txt has no exercise, so there is nothing to verify")
    edited = [path for one in exercises(root) for path in pristine.edited_files(one)]
    if edited:
        note(f"edited here, and judged as handed out: {' '.join(edited)}")
    build = configure(root, "instructor", again=True)
    build_failed = build_all(root, build, jobs)
    results = build / "results.xml"
    results.unlink(missing_ok=True)
    # Twice as many as cores: a wrong answer that hangs is waited for, and uses none meanwhile.
    command = ["ctest", "--test-dir", str(build), "--output-on-failure", "-j", str(2 * jobs)]
    # The student's own entries, ex03 and so on, are for the student's build folder.
    command += ["-E", "^(ex|hunt)[0-9][0-9]", "--output-junit", str(results)]
    command += ["--no-tests=error", "--no-label-summary"]
    if quick:
        command += ["-LE", "^soak$"]
    status, summary = run_ctest(command)
    print(counts(results))
    if build_failed:
        print(f"Not everything compiled: see {relative(build / 'verify.log', root)}")
    print("".join(summary), end="", flush=True)
    return 1 if status != 0 or build_failed else 0


def build_all(root: Path, build: Path, jobs: int) -> bool:
    """Builds all targets; True if one failed, after telling the first errors."""
    note(f"building {build.name}/ ... (progress: {relative(build / 'verify.log', root)})")
    log = build / "verify.log"
    with locked(build) as lock:
        touch_changed(build, root)
        # Programs with the student's answer: of the stubs as handed out only.
        untouched = [one.name for one in exercises(root) if not pristine.edited_files(one)]
        command = ["cmake", "--build", str(build), "-j", str(jobs)]
        command += ["--target", "all", *untouched, "--", "-k", "0"]
        status = run_logged(command, log, lock)
        remember_run(build)
    if status != 0:
        output = log.read_text(encoding="utf-8", errors="replace")
        print(f"Not everything compiles:\n\n{first_errors(output, root)}\n", flush=True)
    return status != 0


def run_ctest(command: list[str]) -> tuple[int, list[str]]:
    """Passes ctest's output on, and keeps its summary back for the end."""
    environment = {**FULL_BUDGET, **os.environ}
    summary: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that it can be ended with all that it started
        )
        for line in process.stdout:
            if summary or re.match(r"\d+% tests passed", line):
                summary.append(line)
            else:
                print(line, end="", flush=True)
        return process.wait(), summary
    except BaseException:
        bounded.end_children()
        raise


def counts(results: Path) -> str:
    """What was judged, from ctest's own results."""
    try:
        tree = ElementTree.parse(results)
    except (FileNotFoundError, ElementTree.ParseError):
        return "ctest left no results"
    ran = [
        case.get("name", "")
        for case in tree.iter("testcase")
        if case.get("status") not in ("notrun", "disabled")
    ]
    return describe(ran)


def describe(names: list[str]) -> str:
    judged: Counter[str] = Counter()
    answers: dict[str, set[str]] = {"ref": set(), "new": set()}
    for name in names:
        match = re.match(r"(ref|new|bad|good|half)(\d\d)(?:: |\.)(?!build )", name)
        if match:
            judged[match.group(1)] += 1
            answers.get(match.group(1), set()).add(match.group(2))
        elif name.startswith("self."):
            judged["self"] += 1
    return (
        f"\nJudged: {len(answers['ref'])} solutions ({judged['ref']} promises), "
        f"{len(answers['new'])} fresh stubs ({judged['new']} promises, each a TODO), "
        f"{judged['half']} half-filled stubs, {judged['bad']} wrong answers, "
        f"{judged['good']} right answers of another make; {judged['self']} checks of the project.\n"
    )
