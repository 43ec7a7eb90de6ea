# `play EX ["a promise"]`: be the scheduler. Whoever plays says at each step which thread goes on, and
# tries to break the promise in as few switches as the explorer.
#
# The checker replays the choices so far, stops where they end, and tells as JSON what every thread
# is about to do (tests/explore/report/story_json.hpp); so to take back a step is to replay one choice
# less.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tool.building import bounded
from tool.building.build_folder import Built, Case, built, configure
from tool.building.build_step import build_target
from tool.console.command_line import Command, Parser
from tool.console.progress import Line
from tool.console.terminal import paint
from tool.console.wrapping import fitted
from tool.course import seal
from tool.course.layout import USAGE, Exercise, WorkbookError, find_exercise
from tool.judging import judge
from tool.student.play_shown import cause, goal, name_of, schedule, score, standing, switches

MOST_STEPS = 200  # of one thread, asked for at once
LIMIT = 60  # seconds, for what takes far less than one
HELP = """\
  T1 or 1    T1 goes on, for one step; Enter alone: the one in brackets
  T1*        T1 goes on until it waits or ends
  time       the time comes for which somebody waits
  b          back, one choice less; r: from the beginning
  q          the end
"""


@dataclass
class Game:
    """One promise of a checker, and the choices so far."""

    checker: Path
    case: Case
    choices: list[int] = field(default_factory=list)

    def look(self, choices: list[int] | None) -> tuple[dict[str, Any] | None, str]:
        """The story of these choices, stopped where they end; None as choices: the explorer's own. No
        story: nothing is broken. And what the checker printed."""
        with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
            file = Path(folder) / "story.json"
            more = {"WORKBOOK_STORY": str(file)}
            if choices is not None:
                more["WORKBOOK_REPLAY"] = "1:0:" + ".".join(map(str, choices))
                more["WORKBOOK_STOP"] = "1"
            with tempfile.TemporaryFile() as out:
                command = [self.checker, "--show", self.case.sentence]
                ended = bounded.wait(bounded.start(command, out, more=more), out, LIMIT)
            return judge.read_story(file), ended.output


def play(root: Path, said: str, sentence: str | None, solution: bool) -> int:
    judge.refuse_bad_settings()
    exercise = find_exercise(root, said)
    if solution and seal.in_handout(root):
        raise WorkbookError("play: a handout has no --solution to break; play your own answer", USAGE)
    facts = made(exercise, solution)
    game = Game(facts.checker, chosen(exercise, facts, sentence))
    with Line("the explorer plays first", late=True) as line:
        line.tick()
        best, printed = game.look(None)
    if best is None and "TODO" in printed:
        raise WorkbookError(f"this promise waits for a TODO: {printed.strip().splitlines()[0]}")
    print(paint(game.case.sentence, "bold"))
    print(fitted(f"\n{goal(best, printed)}\n\n{HELP}"))
    return play_on(game, best)


def made(exercise: Exercise, solution: bool) -> Built:
    """The checker of the student's answer or of the solution, built."""
    build = configure(exercise.root, "instructor" if solution else "student")
    facts = built(build, exercise)
    if solution:
        target = f"ref{exercise.number}"
        facts = replace(facts, checker=facts.checker.with_name(target), checker_target=target)
    build_target(build, exercise.root, facts.checker_target, build / "play.log", exercise.id)
    return facts


def chosen(exercise: Exercise, facts: Built, sentence: str | None) -> Case:
    cases = [case for case in facts.everyday_cases() if case.explore]
    if not cases:
        raise WorkbookError(f"{exercise.id} has no promise that the explorer judges: nothing to play")
    found = [case for case in cases if sentence is None or sentence in case.sentence]
    exact = [case for case in found if case.sentence == sentence]
    if len(exact or found) == 1 or (sentence is None and found):
        return (exact or found)[0]
    listed = "".join(f"\n  {case.sentence}" for case in cases)
    raise WorkbookError(f"'{sentence}' is not one promise of {exercise.id}'s; these are:{listed}", USAGE)


def play_on(game: Game, best: dict[str, Any] | None) -> int:
    """Until the promise is broken (0), or the player has had enough (1)."""
    while True:
        story, _ = game.look(game.choices)
        if story is not None:
            print(schedule(story))
        if story is not None and story["kind"] != "stopped":
            print(paint(f"Broken: {story['kind']}", "red"))
            print(fitted(f"{story['text']}{cause(story)}\n{score(switches(story), best)}"))
            return 0
        if story is None:
            print(paint("This schedule ends, and the promise holds.", "green"))
        else:
            print(standing(story))
        if not take_turn(game, story):
            print("Not broken.")
            return 1


def take_turn(game: Game, story: dict[str, Any] | None) -> bool:
    """Changes the choices as the player says; False: the end."""
    while True:
        typed = ask(story)
        if typed is None or typed == "q":
            return False
        if typed == "?":
            print(fitted(HELP))
            continue
        try:
            game.choices = changed(game, story, typed)
            return True
        except WorkbookError as unclear:
            print(f"{unclear}; ? shows what can be typed")


def ask(story: dict[str, Any] | None) -> str | None:
    """None at the end of the input."""
    names = [name_of(one) for one in story["open"]] if story else []
    question = f"Who goes on, {' or '.join(names)}? [{names[0]}] " if names else "b, r or q? "
    print(paint(question, "bold"), end="", flush=True)
    try:
        return input().strip()
    except EOFError:
        print()
        return None


def changed(game: Game, story: dict[str, Any] | None, typed: str) -> list[int]:
    """The choices after what was typed."""
    if typed == "r":
        return []
    if typed == "b":
        return taken_back(game)
    if story is None:
        raise WorkbookError("the schedule has ended")
    names = [name_of(one) for one in story["open"]]
    wanted, on_and_on = typed.rstrip("*").upper() or names[0], typed.endswith("*")
    wanted = wanted if wanted in names else f"T{wanted}"
    if wanted not in names:
        raise WorkbookError(f"'{typed}' is none of those that can go on")
    choices = [*story["choices"], names.index(wanted)]
    return as_long_as_it_can(game, wanted, choices) if on_and_on else choices


def taken_back(game: Game) -> list[int]:
    """Up to the choice before: what the explorer chose by itself in between goes, too."""
    if not game.choices:
        raise WorkbookError("this is the beginning")
    for length in range(len(game.choices) - 1, 0, -1):
        story, _ = game.look(game.choices[:length])
        if story and len(story["choices"]) < len(game.choices):
            return list(story["choices"])
    return []


def as_long_as_it_can(game: Game, wanted: str, choices: list[int]) -> list[int]:
    for _ in range(MOST_STEPS):
        story, _ = game.look(choices)
        names = [name_of(one) for one in story["open"]] if story else []
        if story is None or wanted not in names:
            break
        choices = [*story["choices"], names.index(wanted)]
    return choices


def play_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    help = "a case's sentence; default: the first that the explorer can break"
    reader.add_argument("promise", nargs="?", metavar="PROMISE", help=help)
    reader.flag("--solution", "of our answer")


COMMAND = Command(
    "play",
    "be the scheduler: say which thread goes on, and break the promise",
    lambda root, given: play(root, given.exercise, given.promise, given.solution),
    play_arguments,
    (("play ex02", ""), ("play ex01 --solution", "try to break ours")),
)
