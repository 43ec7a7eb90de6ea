# Writes out every answer that the tests themselves are judged by, for CMake to build:
#   bad03.short_read   the solution with a wrong answer's patch
#   good03.semaphore   the solution with a right answer's patch
#   half03.2           the solution with the stub's second TODO put back
#   new03              the stub as shipped
# each in OUT/<check>/<exNN_name>/, and their list in OUT/answers.cmake. A file is written only
# when its content changed, so that configuring again compiles nothing again.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tool.course import pristine, seal, stub_rules, trimmed_test
from tool.course.layout import (
    Exercise,
    code_files,
    exercises,
    find_exercise,
    read_code,
    relative,
    write_if_changed,
)

Files = dict[str, bytes]  # name -> content
SEMICOLON = "<semicolon>"  # in a list of CMake's; exercise.cmake turns it back
MADE_BY = ("answers", "stub_rules", "trimmed_test")  # modules: what they change, changes answers
FORBIDDEN_IN_CMAKE = re.compile(r'[|"\\$\[\]\n]')


@dataclass(frozen=True)
class Answer:
    check: str  # bad03.short_read; what ctest calls it
    exercise: Exercise
    files: Files
    sentences: tuple[str, ...]  # the cases that must catch it; of half03.N: the TODO's message

    def field(self, solution: Files) -> str:
        sentences = [sentence.replace(";", SEMICOLON) for sentence in self.sentences]
        return "|".join((self.check, self.changed(solution), *sentences))

    def changed(self, solution: Files) -> str:
        """What must be compiled for it: the .cpp files that differ, or all if a "header" does."""
        names = {*solution, *self.files}
        differ = sorted(name for name in names if solution.get(name) != self.files.get(name))
        gone = solution.keys() - self.files.keys()
        if gone or not differ or any(name.endswith(".hpp") for name in differ):
            return "header"
        return ",".join(differ)

    def test(self, solution: Files) -> Files:
        """Its own test, if it needs one: the cases that must fail, where all are compiled anew."""
        if not self.check.startswith("bad") or self.changed(solution) != "header":
            return {}
        return trimmed_test.trimmed(self.exercise, self.sentences)


def answers_of(exercise: Exercise, problems: list[str]) -> list[Answer]:
    """Every answer of one exercise; what is wrong with any goes to `problems`."""
    solution = read_code(exercise.solution)
    if not solution:
        problems.append(f"solutions/{exercise.name}: there is no solution")
        return []
    patches = [(path, "bad") for path in sorted(exercise.wrong_answers.glob("*.patch"))]
    patches += [(path, "good") for path in sorted(exercise.right_answers.glob("*.patch"))]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda one: patched(exercise, solution, *one), patches))
    found = [one for one in made if isinstance(one, Answer)]
    problems += [one for one in made if isinstance(one, str)]
    stub = shipped_stub(exercise)
    if stub:
        found += half_filled(exercise, stub, solution, problems)
        found.append(Answer(f"new{exercise.number}", exercise, stub, ()))
    else:
        problems.append(f"exercises/{exercise.name}: there is no stub")
    return found


def patched(exercise: Exercise, solution: Files, patch: Path, kind: str) -> Answer | str:
    """The answer that this patch makes of the solution, or what is wrong with the patch."""
    where = relative(patch, exercise.root)
    if not re.fullmatch(r"[A-Za-z0-9_]+", patch.stem):
        return f"{where}: its name may have letters, digits and _ only"
    as_it_is = seal.read(patch).decode()
    text = as_it_is.replace("\r\n", "\n")
    caught_by = catchers(text)
    opening = "caught by: " if kind == "bad" else "right answer: "
    if not text.startswith(opening):
        return f"{where}:1: does not begin with '{opening.strip()}'"
    for sentence in caught_by:
        if not sentence or FORBIDDEN_IN_CMAKE.search(sentence):
            return f"{where}: not the sentence of a case: '{sentence}'"
    with tempfile.TemporaryDirectory(prefix="workbook-") as scratch:
        folder = Path(scratch)
        for name, content in solution.items():
            (folder / name).write_bytes(content)
        done = subprocess.run(
            ["patch", "-p1", "-F0", "-s", "-f", "--no-backup-if-mismatch", "-r", "-"],
            cwd=folder,
            input=as_it_is,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = " ".join((done.stdout + done.stderr).split())
            return f"{where}: no longer applies to solutions/{exercise.name}: {said}"
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    if files == solution:
        return f"{where}: changes nothing"
    return Answer(f"{kind}{exercise.number}.{patch.stem}", exercise, files, tuple(caught_by))


def catchers(patch: str) -> list[str]:
    """The cases that catch this wrong answer, as it says above its diff."""
    return re.findall(r"^caught by: *(.*?) *$", heading(patch), re.MULTILINE)


def heading(patch: str) -> str:
    return patch.split("\n--- ", 1)[0]


def shipped_stub(exercise: Exercise) -> Files:
    """As shipped; of an exercise that is not recorded yet, as it is in the tree."""
    recorded = pristine.shipped(exercise)
    if not recorded:
        print(f"{exercise.id}: not recorded yet: scripts/workbook accept {exercise.id}")
        return read_code(exercise.stub)
    return pristine.shipped_code(exercise)


def half_filled(
    exercise: Exercise, stub: Files, solution: Files, problems: list[str]
) -> list[Answer]:
    """One answer for each TODO, numbered in the order of file names and lines."""
    found: list[Answer] = []
    for name, content in stub.items():
        lines = content.decode().splitlines()
        model = solution.get(name, b"").decode().splitlines()
        try:
            for todo in stub_rules.todos(lines):
                if FORBIDDEN_IN_CMAKE.search(todo.sentence):
                    line = todo.function.open + 2
                    raise stub_rules.RuleBroken(line, 'a TODO sentence has none of | " \\ $ [ ]')
                text = "\n".join(stub_rules.put_back(model, lines, todo)) + "\n"
                files = {**solution, name: text.encode()}
                check = f"half{exercise.number}.{len(found) + 1}"
                found.append(Answer(check, exercise, files, (todo.sentence,)))
        except stub_rules.RuleBroken as broken:
            problems.append(f"exercises/{exercise.name}/{name}:{broken.line}: {broken}")
    return found


def write_out(out: Path, answers: list[Answer]) -> None:
    """The answer in OUT/<check>/<exNN_name>/, its own test in OUT/<check>/tests/."""
    solutions = {one: read_code(one.solution) for one in {answer.exercise for answer in answers}}
    for answer in answers:
        write_folder(out / answer.check / answer.exercise.name, answer.files)
        write_folder(out / answer.check / "tests", answer.test(solutions[answer.exercise]))


def write_folder(folder: Path, files: Files) -> None:
    """Makes it hold these and no others."""
    for name, content in files.items():
        write_if_changed(folder / name, content)
    for path in folder.rglob("*"):
        if path.is_file() and str(path.relative_to(folder)) not in files:
            path.unlink()


def remove_stale(out: Path, chosen: list[Exercise], answers: list[Answer]) -> None:
    """Removes answers of the chosen exercises that are no more."""
    checks = {answer.check for answer in answers}
    numbers = "|".join(exercise.number for exercise in chosen)
    ours = re.compile(rf"(?:bad|good|half|new)(?:{numbers})(?:\..*)?")
    for folder in out.iterdir():
        if folder.is_dir() and folder.name not in checks and ours.fullmatch(folder.name):
            shutil.rmtree(folder)


def write_cmake(out: Path, chosen: list[Exercise], answers: list[Answer]) -> None:
    """answers.cmake: a list for each exercise, and what to configure again for."""
    lines = ["# Written by scripts/tool/course/answers.py: check|header or the .cpp files that differ|sentences"]
    for exercise in chosen:
        solution = read_code(exercise.solution)
        lines.append(f"set(WORKBOOK_ANSWERS_{exercise.name}")
        lines += [f'    "{a.field(solution)}"' for a in answers if a.exercise == exercise]
        lines.append(")")
    lines.append("set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY")
    lines.append("    CMAKE_CONFIGURE_DEPENDS")
    for path in sorted({path for exercise in chosen for path in inputs(exercise)}):
        lines.append(f'    "{path}"')
    lines.append(")")
    write_if_changed(out / "answers.cmake", ("\n".join(lines) + "\n").encode())


def inputs(exercise: Exercise) -> list[Path]:
    """Files, and folders (their times tell of new files), that these answers are made of."""
    folders = [exercise.stub, exercise.solution, exercise.wrong_answers, exercise.right_answers]
    folders = [folder for folder in folders if folder.is_dir()]
    files = code_files(exercise.stub) + code_files(exercise.solution)
    files += sorted(exercise.wrong_answers.glob("*.patch"))
    files += sorted(exercise.right_answers.glob("*.patch"))
    manifest = exercise.root / pristine.MANIFEST
    here = Path(__file__).resolve().parent
    files += [manifest] if manifest.is_file() else []
    files += trimmed_test.sources(exercise).values()
    return folders + files + [here / f"{name}.py" for name in MADE_BY]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Writes out the answers that judge the tests.")
    parser.add_argument("--source-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exercise", action="append", help="only this one; may be repeated")
    options = parser.parse_args(argv)
    root = options.source_dir.resolve()
    if options.exercise:
        chosen = [find_exercise(root, name) for name in options.exercise]
    else:
        chosen = exercises(root)
    problems: list[str] = []
    answers = [answer for exercise in chosen for answer in answers_of(exercise, problems)]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    write_out(options.out, answers)
    remove_stale(options.out, chosen, answers)
    write_cmake(options.out, chosen, answers)
    print(f"{len(answers)} answers for {len(chosen)} exercises in {options.out}")
    return 0
