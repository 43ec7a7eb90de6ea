# Builds one target of one build folder so that the verdict follows the files' content.
#
# Three things that a bare `cmake --build` does not do: a lock on the folder (two ninjas in one
# tree corrupt its log), a look at the sources' content (a file copied with its old time is newer
# than it seems), and afterwards the comparison of the checker's cases with those that ctest runs.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from tool.building import bounded, misplaced, ninja_steps
from tool.building.compile_errors import first_errors
from tool.console.progress import Line
from tool.console.terminal import note
from tool.course.layout import (
    DOES_NOT_COMPILE,
    MACHINE,
    Exercise,
    WorkbookError,
    relative,
    write_atomically,
)

LIST_LIMIT = 20  # seconds
CONTENTS = ".workbook-contents.json"
SOURCES = ("exercises", "hunts", "solutions", "tests", "scripts")
SUFFIXES = (".cpp", ".hpp", ".h", ".c", ".inc", ".S", ".cmake")


@contextlib.contextmanager
def locked(build: Path) -> Iterator[int]:
    """Alone in this build folder. Waits for whoever is in it; the kernel frees it if all die.

    Yields the lock's descriptor for the build to inherit: killed alone, we leave a build running.
    """
    build.mkdir(parents=True, exist_ok=True)
    with open(build / ".lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait_for_lock(handle, build)
        yield handle.fileno()


def wait_for_lock(handle: TextIO, build: Path) -> None:
    with Line(f"waiting for another build in {build} to finish") as line:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(bounded.HEED)
            line.tick()


def from_cache(build: Path, name: str) -> str:
    """What CMake has noted of this folder; empty if it has not."""
    try:
        cache = (build / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    found = re.search(rf"^{name}:INTERNAL=(.*)$", cache, re.MULTILINE)
    return found.group(1) if found else ""


def generator(build: Path) -> str:
    return from_cache(build, "CMAKE_GENERATOR")


def refuse_foreign(build: Path, root: Path) -> None:
    """A folder that was configured for another checkout would judge the other's files."""
    home = from_cache(build, "CMAKE_HOME_DIRECTORY")
    if home and Path(home).resolve() != root.resolve():
        shown = relative(build, root)
        raise WorkbookError(
            f"{shown} was configured for another checkout, {home}: "
            f"remove it (rm -r {shown}) and run this again",
            MACHINE,
        )


def refuse_copied(build: Path) -> None:
    """ctest runs us where it found its list of tests: in a copied folder, not where we build."""
    here = Path.cwd()
    if (here / "CTestTestfile.cmake").is_file() and here.resolve() != build.resolve():
        raise WorkbookError(
            f"{here} is a copy of {build}, whose files would be judged: "
            f"remove it (rm -r {here}) and configure anew",
            MACHINE,
        )


def source_files(root: Path) -> list[Path]:
    found = [root / "CMakeLists.txt", root / "CMakePresets.json"]
    for top in SOURCES:
        for folder, inside, names in os.walk(root / top):
            inside[:] = [name for name in inside if not name.startswith((".", "__pycache__"))]
            found += [Path(folder, name) for name in names if name.endswith(SUFFIXES)]
    return [path for path in found if path.is_file()]


def touch_changed(build: Path, root: Path) -> list[Path]:
    """Gives files whose content ninja may have missed a time of now. Call with the lock held.

    Ninja sees any file newer than its last run, and all is said there. An older one is touched if
    its content is not what was built last, or if it was replaced (its inode changed) while a bare
    `cmake --build` ran that we know nothing of. A time in the future would hide the next edit.
    Before the first record (an editor has built so far) that may be any file which was put there
    since the folder was configured first.
    """
    recorded = recorded_contents(build)
    last_run = time_of(build / ".ninja_log")
    foreign_build = last_run != recorded.get("ninja")
    always_there = 0 if recorded else first_configured(build)
    now = time.time_ns()
    touched = []
    files: dict[str, list[Any]] = {}
    for path in source_files(root):
        name = relative(path, root)
        status = path.stat()
        before = recorded.get("files", {}).get(name, [None, None])
        # Whoever writes to a file moves its change time on, and nobody can set it back.
        known = before[0] if status.st_ctime_ns == before[1] else None
        digest = known or hashlib.sha256(path.read_bytes()).hexdigest()
        changed = digest != before[0] or (foreign_build and status.st_ctime_ns != before[1])
        changed = changed and status.st_ctime_ns >= always_there
        # Make keeps no log: a file that it has built once may have an older one in its place.
        unseen = status.st_mtime_ns <= last_run if last_run else before[0] is not None
        if (changed and unseen) or status.st_mtime_ns > now + 2_000_000_000:
            with contextlib.suppress(PermissionError):
                os.utime(path)
                touched.append(path)
        files[name] = [digest, path.stat().st_ctime_ns]
    save_contents(build, files, recorded.get("ninja"))
    return touched


def first_configured(build: Path) -> int:
    """When, in nanoseconds: CMake writes this file once. 0: unknown."""
    written = build.glob("CMakeFiles/*/CMakeSystem.cmake")
    return min((path.stat().st_mtime_ns for path in written), default=0)


def recorded_contents(build: Path) -> dict[str, Any]:
    """{"ninja": its last run, "files": {name: [digest, change time]}}; a damaged record is none."""
    try:
        recorded: dict[str, Any] = json.loads((build / CONTENTS).read_text(encoding="utf-8"))
        if all(len(entry) == 2 for entry in recorded.get("files", {}).values()):
            return recorded
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        pass
    return {}


def save_contents(build: Path, files: dict[str, Any], ninja: int | None) -> None:
    text = json.dumps({"ninja": ninja, "files": files})
    write_atomically(build / CONTENTS, text.encode())


def remember_run(build: Path) -> None:
    """After a build of ours: ninja's log as it is now is no stranger's."""
    recorded = recorded_contents(build)
    save_contents(build, recorded.get("files", {}), time_of(build / ".ninja_log"))


def time_of(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def build_target(
    build: Path, root: Path, target: str, log: Path, what: str, followed: bool = True
) -> None:
    """Builds, or raises with the first errors. The whole output is in `log`.

    Tells how far it is, if it is to be `followed`.
    """
    refuse_foreign(build, root)
    with locked(build) as lock:
        touch_changed(build, root)
        log.parent.mkdir(parents=True, exist_ok=True)
        status = 0
        if generator(build).startswith("Ninja") and not (build / "build.ninja").is_file():
            # Ninja removes what it was making when it was interrupted: its own file, too.
            with Line(f"configuring {build.name}/") as line:
                command = ["cmake", "-S", str(root), "-B", str(build)]
                status = run_logged(command, log, lock, None, lambda _: line.tick())
        if status == 0:
            command = ["cmake", "--build", str(build), "--target", target]
            if followed:
                status = run_followed(command, build, [target], log, lock, f"building {what}")
            else:
                status = run_logged(command, log, lock)
        remember_run(build)
    if status != 0:
        output = log.read_text(encoding="utf-8", errors="replace")
        raise WorkbookError(
            f"{what} does not build:\n\n{first_errors(output, root)}\n\n"
            f"The compiler's whole output is in {relative(log, root)}",
            DOES_NOT_COMPILE,
        )


def run_followed(
    command: list[str], build: Path, targets: list[str], log: Path, lock: int, label: str
) -> int:
    """run_logged() of a build of these targets, with a line that tells how far it is."""
    steps = ninja_steps.plan(build, targets)
    if steps and not (build / ".ninja_log").exists():
        note(ninja_steps.first_build(steps))
    with Line(label, late=not steps) as line:
        told = ninja_steps.Build(line, log, len(steps))
        return run_logged(command, log, lock, None, told.look)


def run_logged(
    command: list[str],
    log: Path,
    lock: int,
    cwd: Path | None = None,
    meanwhile: Callable[[int], None] = bounded.nothing,
) -> int:
    """Runs it with all output in `log`; it holds `lock` as long as it lives.

    Calls meanwhile(its process id) now and then.
    """
    with open(log, "wb") as out:
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=ninja_steps.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                start_new_session=True,  # so that it can be ended with all that it started
            )
            return bounded.wait_interruptibly(process, lambda: meanwhile(process.pid))
        except BaseException:
            bounded.end_children()
            raise


def checker_cases(
    checker: Path, limit: float = LIST_LIMIT, meanwhile: Callable[[], None] = bounded.nothing
) -> list[str]:
    """What the built checker says that it has; global objects of judged code come before that."""
    try:
        listed = bounded.run([checker, "--list"], limit, meanwhile)
    except OSError as error:
        raise WorkbookError(
            f"cannot run {checker} ({error.strerror}): remove it (rm {checker}) and try again",
            MACHINE,
        ) from None
    asked = f"{checker.name} --list"
    suspect = "does the initializer of a global object"
    if listed.status is None:
        raise WorkbookError(f"{asked} does not end within {limit:g} s: {suspect} wait or loop?")
    if listed.status != 0:
        raise WorkbookError(f"{asked} {listed.how()}: {suspect} fail?\n{listed.output}".rstrip())
    if not listed.output.strip():
        raise WorkbookError(f"{asked} lists no case: {suspect} call exit()?")
    return listed.output.splitlines()


def compare_cases(known: list[str], built: list[str], what: str) -> None:
    """ctest runs the cases that it knew before the build; a new one would go unseen."""
    if sorted(known) == sorted(built):
        return
    lines = [f"{what}: the promises changed: run again"]
    lines += [f"  new: {case}" for case in built if case not in known]
    lines += [f"  gone: {case}" for case in known if case not in built]
    raise WorkbookError("\n".join(lines))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Builds one exercise's checker, safely.")
    parser.add_argument("--build-dir", type=Path, required=True)
    parser.add_argument("--source-dir", type=Path, required=True)
    parser.add_argument("--exercise", required=True, help="ex03_process_pool")
    parser.add_argument("--target", required=True, help="ex03_checker")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--cases", type=Path, help="the cases that ctest knows, one a line")
    parser.add_argument("--promises", help="SHA-256 of that file when ctest's tests were written")
    parser.add_argument("--checker", type=Path, help="default: bin/TARGET of the build folder")
    options = parser.parse_args(argv)
    refuse_copied(options.build_dir)
    short = options.exercise.split("_", 1)[0]
    # Before the build, which may configure again and so rewrite this file: the running ctest does
    # not read its tests again.
    known = options.cases.read_text(encoding="utf-8").splitlines() if options.cases else None
    if options.cases and options.promises:
        if hashlib.sha256(options.cases.read_bytes()).hexdigest() != options.promises:
            raise WorkbookError(f"{short}: the promises changed: run again")
    root = options.source_dir
    if options.target == f"{short}_checker":
        exercise = Exercise(root, options.exercise)
        misplaced.refuse_what_is_no_file(exercise)
        for line in misplaced.told(exercise):
            print(line)
    # Not followed: ctest keeps what we say until we have ended.
    build_target(options.build_dir, root, options.target, options.log, short, followed=False)
    if known is not None:
        checker = options.checker or options.build_dir / "bin" / options.target
        compare_cases(known, checker_cases(checker), short)
    return 0
