# A build folder and what CMake wrote about it in workbook.json: exercises, cases, programs.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tool.building.build_step import generator, locked, refuse_foreign, run_logged, touch_changed
from tool.console.progress import Line
from tool.console.terminal import plain
from tool.course.layout import MACHINE, Exercise, WorkbookError, exercises, relative

FOLDERS = {
    "student": "build",
    "instructor": "build-instructor",
    "asan": "build-asan",
    "tsan": "build-tsan",
}


@dataclass(frozen=True)
class Case:
    sentence: str
    step: int
    stretch: bool
    soak: bool
    explore: bool = False  # judged by the schedule explorer


@dataclass(frozen=True)
class Built:
    """What CMake knows of one exercise."""

    checker: Path
    checker_target: str
    program: Path
    program_target: str
    solution_program: Path
    solution_program_target: str
    cases: tuple[Case, ...]
    explored: bool = False  # some cases are judged by the schedule explorer

    def everyday_cases(self) -> list[Case]:
        """By step, core before stretch; without the long ones, which verify runs."""
        short = [case for case in self.cases if not case.soak]
        return sorted(short, key=lambda case: (case.step, case.stretch))


def folder(root: Path, preset: str = "student") -> Path:
    return root / FOLDERS[preset]


def refuse_anothers_generator(build: Path) -> None:
    """An editor's: ctest works there, but this tool asks Ninja how far a build is."""
    found = generator(build)
    if found not in ("", "Ninja"):
        raise WorkbookError(
            f"{build.name}/ was configured for {found}, by an editor perhaps, and this tool needs Ninja: "
            f"remove it (rm -r {build.name}) and run this again",
            MACHINE,
        )


def is_configured(build: Path) -> bool:
    return (build / "build.ninja").is_file() and (build / "workbook.json").is_file()


def configure(root: Path, preset: str = "student", again: bool = False) -> Path:
    """Configures the preset's folder if it lacks something that the checkout has (or `again`)."""
    build = folder(root, preset)
    refuse_foreign(build, root)
    refuse_anothers_generator(build)
    if is_configured(build) and not again:
        book = read_book(build)
        if all(exercise.name in book for exercise in exercises(root)):
            return build
    log = build / "configure.log"
    with locked(build) as lock, Line(f"configuring {build.name}/") as line:
        touch_changed(build, root)
        command = ["cmake", "--preset", preset]
        status = run_logged(command, log, lock, root, lambda _: line.tick())
    if status != 0:
        output = log.read_text(encoding="utf-8", errors="replace")
        raise WorkbookError(
            f"cmake --preset {preset} fails:\n\n{configure_errors(output)}\n\n"
            f"Its whole output is in {relative(log, root)}",
            MACHINE,
        )
    return build


def configure_errors(output: str) -> str:
    """From the first error on, the useful part."""
    lines = plain(output).splitlines()
    first = next((i for i, line in enumerate(lines) if re.search(r"\berror\b", line, re.I)), None)
    chosen = lines[-15:] if first is None else lines[first : first + 15]
    return "\n".join(f"  {line}" for line in chosen).rstrip()


def read_book(build: Path) -> dict[str, Built]:
    """What CMake knows, by the exercises' names."""
    try:
        book = json.loads((build / "workbook.json").read_text(encoding="utf-8"))
        return {one["name"]: from_json(one) for one in book["exercises"]}
    except FileNotFoundError:
        raise WorkbookError(f"{build.name}/ is not set up yet: scripts/workbook start") from None
    except (ValueError, KeyError, TypeError):
        raise WorkbookError(
            f"{build.name}/workbook.json is damaged: remove the folder (rm -r {build.name}), try again",
            MACHINE,
        ) from None


def book_so_far(root: Path) -> dict[str, Built]:
    """The same for the student's folder; nothing before it is configured."""
    build = folder(root)
    return read_book(build) if is_configured(build) else {}


def built(build: Path, exercise: Exercise) -> Built:
    book = read_book(build)
    if exercise.name in book:
        return book[exercise.name]
    raise WorkbookError(f"{build.name}/ knows no {exercise.name}: rm -r {build.name} and try again")


def built_hunt(build: Path, exercise: Exercise) -> Built:
    """The same with the checker of the answer in hunts/, which CMake sees by its .cpp files."""
    facts = built(build, exercise)
    checker = facts.checker.with_name(exercise.hunt_id)
    return replace(facts, checker=checker, checker_target=exercise.hunt_id)


def from_json(one: dict[str, Any]) -> Built:
    cases = tuple(
        Case(c["sentence"], int(c["step"]), *(bool(c[flag]) for flag in ("stretch", "soak", "explore")))
        for c in one["cases"]
    )
    return Built(
        Path(one["student_checker"]),
        one["target"],
        Path(one["program"]),
        one["program_target"],
        Path(one["solution_program"]),
        one["solution_program_target"],
        cases,
        bool(one["explored"]),
    )
