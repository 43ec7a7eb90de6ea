# Judges an exercise, or a hunt, whenever one of its files is saved.
#
# This process looks at the files and the keys, a few times a second. Each check runs in a child, which
# prints what `check` would; a save ends it, with all that it started, and another begins. So keys
# answer at once, and a verdict is printed only of files that are still as they were judged.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tool.building import bounded
from tool.building.build_folder import configure
from tool.building.build_step import SUFFIXES
from tool.console import keyboard
from tool.console.command_line import Command, Parser
from tool.console.terminal import clear, erase_anothers, note, paint
from tool.console.wrapping import fitted
from tool.course.layout import NOT_YET, Exercise, WorkbookError, find_exercise, relative
from tool.judging import board, judge
from tool.student import bughunt, checking, hint, run

TICK = 0.2  # seconds from one look at the files to the next
STALE = 99  # a check's exit status: the files changed before it could say anything
HEEDED = {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}

Picture = dict[str, tuple[int, int, int]]  # name -> (time, size, inode): a file is written to, or replaced


def watch(root: Path, said: str | None) -> int:
    """Until q or a signal."""
    judge.refuse_bad_settings()
    exercise = checking.unfinished(root) if said is None else find_exercise(root, said)
    if exercise is None:
        print("The core of every exercise is done. To watch one again: scripts/workbook watch ex03")
        return 0
    configure(root)
    with keyboard.keys() as keys:
        return Watch(exercise, keys).run()


def watch_hunt(root: Path, said: str, peek: bool) -> int:
    """Until the mistake is mended, or q, or a signal."""
    mistake = bughunt.laid_out(root, said, peek)
    configure(root)
    with keyboard.keys() as keys:
        return WatchedHunt(mistake, keys).run()


def picture(folder: Path) -> Picture | None:
    """Of the code: what is hidden or a backup is an editor's, and notes are not judged.

    None if the folder is gone.
    """
    seen: Picture = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIXES) and not entry.name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):  # it is being replaced
                        status = entry.stat()
                        seen[entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return seen


class Watch:
    _keys_there_are = "Keys: h hint, n next exercise, r run, Enter check again, q quit"

    def __init__(self, exercise: Exercise, keys: keyboard.Keyboard):
        self._keys = keys
        self._clears = False  # the screen, before the next check
        self._process: int | None = None  # the check that runs now
        self._turn_to(exercise)

    def _turn_to(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._seen = self._picture()
        self._passed = False  # the core, in the last check
        self._saved: set[str] = set()  # since the last check began
        self._due = True  # a check, as soon as nothing has been saved for a tick

    def _folder(self) -> Path:
        return self._exercise.stub

    def _to_have_it_again(self) -> str:
        return f"scripts/workbook reset {self._exercise.id}"

    def _picture(self) -> Picture:
        seen = picture(self._folder())
        if seen is None:
            raise self._gone("is gone")
        return seen

    def _gone(self, what: str) -> WorkbookError:
        shown = relative(self._folder(), self._exercise.root)
        return WorkbookError(f"{shown}/ {what}; to have it again: {self._to_have_it_again()}")

    def run(self) -> int:
        try:
            while not self._is_over():
                self._look()
                known = {*self._actions(), "q"}
                pressed = self._keys.pressed(TICK)
                for key in filter(known.__contains__, pressed):
                    if key == "q":
                        return 0
                    self._press(key)
                if not known.issuperset(pressed):
                    with self._place_to_print():
                        print(f"\nThat is no key here. {self._keys_there_are}", flush=True)
            return 0
        finally:
            self._stop()

    def _is_over(self) -> bool:
        return False

    def _look(self) -> None:
        now = self._picture()
        if now != self._seen:
            self._stop()
            both = {*now, *self._seen}
            self._saved |= {name for name in both if now.get(name) != self._seen.get(name)}
            self._seen = now
            self._due = True
        elif self._due:
            self._begin()
        elif self._process is not None:
            self._end(self._process)

    def _begin(self) -> None:
        if self._clears:
            clear()
        self._clears = True
        if self._saved:
            note(f"saved: {' '.join(sorted(self._saved))}")
        self._saved = set()
        self._passed = False
        self._due = False
        self._process = in_a_child(self._check)

    def _check(self) -> int:
        """In the child. Says nothing of files that are no longer as they were when it began."""
        os.setsid()  # Ctrl+C is for the parent, which ends us
        failed = None
        try:
            say = self._judged()
        except WorkbookError as error:
            failed = error
        if picture(self._folder()) != self._seen:  # if they are gone, the parent tells
            return STALE
        if failed:
            raise failed
        return say()

    def _judged(self) -> Callable[[], int]:
        """What prints the verdict and returns the check's exit status."""
        exercise = self._exercise
        outcomes = checking.check_quietly(exercise)

        def say() -> int:
            print(fitted(board.verdict(exercise, outcomes)))
            return 0 if judge.core_passed(outcomes) else NOT_YET

        return say

    def _end(self, check: int) -> None:
        """If the check has ended, by itself: what now?"""
        ended, status = os.waitpid(check, os.WNOHANG)
        if not ended:
            return
        self._process = None
        code = os.waitstatus_to_exitcode(status)
        self._due = code == STALE
        if code < 0:
            note(f"the check {bounded.Ended(code, '').how()}")
        self._passed = code == 0
        if not self._due:
            self._say_what_now()

    def _stop(self) -> None:
        """Ends the check, if one runs, and whatever a program left behind."""
        bounded.end_children()
        self._process = None

    def _say_what_now(self) -> None:
        here = self._exercise.id
        lines = ["", f"Watching {here}: it is judged again when you save."]
        if self._passed:
            lines.append(paint(f"The core of {here} has passed.", "green"))
        if self._keys.there:
            lines[-1] += " Key n goes on to the next exercise." if self._passed else ""
            lines.append(self._keys_there_are)
        print("\n".join(lines), flush=True)

    def _actions(self) -> dict[str, Callable[[], None]]:
        again = dict.fromkeys("\r\n ", self._again)
        return {"h": self._hint, "n": self._next, "r": self._run_program, **again}

    def _press(self, key: str) -> None:
        try:
            self._actions()[key]()
        except WorkbookError as error:
            with self._place_to_print():
                complain(error)

    @contextlib.contextmanager
    def _place_to_print(self) -> Iterator[None]:
        """Amid a check, which draws a line: it is stopped meanwhile, and the line erased."""
        check = self._process
        if check is None:
            yield
            return
        try:
            os.kill(check, signal.SIGSTOP)
            os.waitid(os.P_PID, check, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            erase_anothers()
            yield
        finally:
            sys.stdout.flush()
            os.kill(check, signal.SIGCONT)

    def _hint(self) -> None:
        with self._place_to_print():
            print()
            hint.hint(self._exercise.root, self._exercise.id, again=False)
        if self._process is None:
            self._say_what_now()

    def _again(self) -> None:
        self._due = self._process is None  # one that runs is of these files

    def _next(self) -> None:
        following = checking.unfinished(self._exercise.root, after=self._exercise)
        if following is None:
            with self._place_to_print():
                print(f"\nNo unfinished exercise comes after {self._exercise.id}.")
            return
        self._stop()
        self._turn_to(following)

    def _run_program(self) -> None:
        """A check that it interrupts is begun anew afterwards."""
        self._due = self._due or self._process is not None
        self._stop()
        here = self._exercise
        print()
        note(f"building and running {here.id} ...")
        with self._keys.lent():
            status = wait_for(in_a_child(lambda: run_program(here)))
        note(f"run {here.id} {bounded.Ended(status, '').how()}")
        self._clears = False  # what it printed stays
        if not self._due:
            self._say_what_now()


class WatchedHunt(Watch):
    """Over once the mistake is mended: the next save would be of another hunt."""

    _keys_there_are = "Keys: Enter check again, q quit"

    def __init__(self, mistake: bughunt.Mistake, keys: keyboard.Keyboard):
        self._mistake = mistake
        super().__init__(mistake.exercise, keys)

    def _folder(self) -> Path:
        return self._exercise.hunt

    def _to_have_it_again(self) -> str:
        return f"scripts/workbook bughunt {self._exercise.id}"

    def _is_over(self) -> bool:
        return self._passed

    def _begin(self) -> None:
        if bughunt.going_on(self._exercise) != self._mistake:  # --tell, in another terminal
            here = self._exercise.id
            raise WorkbookError(f"this hunt has ended; the next: scripts/workbook bughunt {here}")
        if not bughunt.has_sources(self._exercise):
            raise self._gone("has no .cpp file")
        if gone := bughunt.gone(self._mistake):
            raise self._gone(f"has no {gone[0]}")
        super()._begin()

    def _judged(self) -> Callable[[], int]:
        return bughunt.judged(self._mistake)

    def _say_what_now(self) -> None:
        if self._is_over():
            return
        shown = bughunt.place(self._exercise)
        print(f"\nWatching {shown}: it is judged again when you save.", flush=True)
        if self._keys.there:
            print(self._keys_there_are, flush=True)

    def _actions(self) -> dict[str, Callable[[], None]]:
        return dict.fromkeys("\r\n ", self._again)


def run_program(exercise: Exercise) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ends the build; exec resets it
    return run.run(exercise.root, exercise.id, "own", [])


def in_a_child(action: Callable[[], int]) -> int:
    """Starts the action in a process of its own, which leaves with its status, and returns that."""
    sys.stdout.flush()
    sys.stderr.flush()
    # No signal before it is known whose it is: a child that took one too early would be a second us.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    try:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                status = status_of(action)
            finally:
                os._exit(status)
        return process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def status_of(action: Callable[[], int]) -> int:
    """As the tool itself would leave, except that an interrupt is the parent's to tell."""
    try:
        status = action()
        sys.stdout.flush()
        return status
    except WorkbookError as error:
        complain(error)
        return error.status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return 128 + signal.SIGPIPE
    except Exception:
        traceback.print_exc()
        return 1


def complain(error: WorkbookError) -> None:
    sys.stdout.flush()
    print(fitted(f"scripts/workbook: {error}", sys.stderr), file=sys.stderr, flush=True)


def wait_for(process: int) -> int:
    """Until it ends by itself; looks up now and then, as bounded.LOOK_UP says."""
    while not bounded.has_ended(process, bounded.LOOK_UP):
        pass
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def watch_arguments(reader: Parser) -> None:
    reader.exercise("default: the first exercise whose core has not passed", nargs="?")


COMMAND = Command(
    "watch",
    "the same at every save",
    lambda root, given: watch(root, given.exercise),
    watch_arguments,
    (("watch ex03", ""),),
    "On a terminal keys give a hint, go on to the next exercise, run the program, quit.",
)
