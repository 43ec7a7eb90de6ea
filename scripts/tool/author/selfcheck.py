# The project's checks of itself, one at a time, for ctest: what is wrong is listed, exit status 1.
# `exercises` is all but the tool's own tests, for authors.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tool.author import equivalents, explorer_chapter, imports, placeholders
from tool.book import book, book_games, pictures
from tool.course import contracts, pristine, section, stub_rules, whole_sentences
from tool.course.answers import catchers
from tool.course.cases import CASE, Case, cases_of
from tool.course.layout import (
    STARTER,
    USAGE,
    Exercise,
    WorkbookError,
    checkout_root,
    code_files,
    exercises,
    relative,
)
from tool.measuring import text_figures

SENTENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 '.:()+=<>/-]*")
HEADER_LINES = 30
# What would let the tests pass here, and not on a machine that has none of them.
PYTHONS_OWN = ("PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8")


class Skipped(Exception):
    """What could not be checked here, and why; nothing was found in the rest."""


def check_stubs(root: Path) -> list[str]:
    """Stub and solution differ only as the rules say, and the stubs to hand out are recorded."""
    found = []
    listed = set(pristine.read_manifest(root))
    for exercise in exercises(root):
        recorded = pristine.shipped(exercise)
        listed -= set(recorded)
        if not recorded:
            found.append(f"{exercise.id}: not recorded: scripts/workbook accept {exercise.id}")
            continue
        edited = pristine.edited_files(exercise)
        if edited:
            print(f"{', '.join(edited)}: edited; what was handed out is judged")
        contents = pristine.shipped_content(exercise)
        stub = {Path(path).name: content.decode() for path, content in contents.items()}
        found += stub_problems(exercise, stub)
    found += [f"{pristine.MANIFEST}: {path} belongs to no exercise" for path in sorted(listed)]
    return found


def stub_problems(exercise: Exercise, stub: dict[str, str]) -> list[str]:
    found = []
    for name in ("NOTES.md", "main.cpp"):
        if name not in stub:
            found.append(f"exercises/{exercise.name}/{name}: is missing")
    if not (exercise.stub / "twin.py").is_file():
        found.append(f"exercises/{exercise.name}/twin.py: is missing")
    answer = {n: t for n, t in stub.items() if n not in ("NOTES.md", "main.cpp")}
    model = {path.name: path.read_text(encoding="utf-8") for path in code_files(exercise.solution)}
    for name in sorted(answer.keys() ^ model.keys()):
        where = "exercises" if name in answer else "solutions"
        found.append(f"{where}/{exercise.name}/{name}: has no counterpart")
    count = 0
    for name in sorted(answer.keys() & model.keys()):
        lines = answer[name].splitlines()
        try:
            count += len(stub_rules.todos(lines))
            wrong = stub_rules.differences(lines, model[name].splitlines(), name.endswith(".hpp"))
        except stub_rules.RuleBroken as broken:
            wrong = [(broken.line, str(broken))]
        found += [f"exercises/{exercise.name}/{name}:{line}: {text}" for line, text in wrong]
    if not count:
        found.append(f"exercises/{exercise.name}: has no TODO")
    return found


def check_sections(root: Path) -> list[str]:
    """The text: every exercise has its section, in shape; every link leads somewhere."""
    return section.problems(root)


def check_figures(root: Path) -> list[str]:
    """The text says what scripts/book/figures.csv has, and no figure that it has not."""
    return text_figures.problems(root)


def check_names(root: Path) -> list[str]:
    """Names that ctest and Catch2 take literally, and tags that the tool understands."""
    found = []
    for exercise in exercises(root):
        cases = cases_of(exercise)
        for case in cases:
            found += [
                f"{relative(case.file, root)}:{case.line}: {text}: {case.sentence}"
                for text in name_problems(exercise, case)
            ]
        sentences = [case.sentence for case in cases]
        for sentence in sorted({one for one in sentences if sentences.count(one) > 1}):
            found.append(f"{exercise.id}: two cases have the name: {sentence}")
        steps = sorted({int(n) for case in cases for n in re.findall(r"\[step(\d+)\]", case.tags)})
        if steps != list(range(1, len(steps) + 1)):
            found.append(f"{exercise.id}: its steps are {steps}")
        for file in {case.file for case in cases} | {exercise.test}:
            found += unread_cases(root, file)
    return found


def name_problems(exercise: Exercise, case: Case) -> list[str]:
    found = []
    if not SENTENCE.fullmatch(case.sentence):
        found.append("letters, digits, spaces and '.:()+=<>/- only")
    if re.search(r"ex\d\d", case.sentence):
        found.append("names an exercise, so that ctest -R would select it there too")
    if case.file == exercise.test and f"[{exercise.id}]" not in case.tags:
        found.append(f"has no tag [{exercise.id}]")
    if len(re.findall(r"\[step\d+\]", case.tags)) != 1:
        found.append("has not one tag [stepN]")
    unknown = set(re.findall(r"\[(.*?)\]", case.tags)) - {exercise.id, "stretch", "soak", "explore"}
    unknown = {tag for tag in unknown if not re.fullmatch(r"step\d+", tag)}
    if unknown and case.file == exercise.test:
        found.append(f"has unknown tags {sorted(unknown)}")
    return found


def unread_cases(root: Path, file: Path) -> list[str]:
    """Cases in a form that nobody but Catch2 would see."""
    found = []
    forms = r"\s*(TEST_CASE|TEMPLATE_\w*TEST_CASE\w*|SCENARIO|TEST_CASE_METHOD)\b"
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(forms, line) and not CASE.match(line):
            found.append(f"{relative(file, root)}:{number}: not TEST_CASE(...) on a line")
    return found


def check_wrong_answers(root: Path) -> list[str]:
    """Each case is named by a wrong answer (a test that cannot fail is none), and vice versa."""
    found = []
    known = {exercise.name for exercise in exercises(root)}
    for kind in ("wrong_answers", "right_answers"):
        folder = root / "tests" / kind
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.name not in known:
                found.append(f"{relative(path, root)}: belongs to no exercise")
    for exercise in exercises(root):
        sentences = {case.sentence for case in cases_of(exercise)}
        caught: set[str] = set()
        for patch in sorted(exercise.wrong_answers.glob("*.patch")):
            names = catchers(patch.read_text(encoding="utf-8"))
            for name in names:
                if name not in sentences:
                    found.append(f"{relative(patch, root)}: {exercise.id} has no case '{name}'")
            caught.update(names)
        for sentence in sorted(sentences - caught):
            found.append(f"{exercise.id}: no wrong answer is caught by: {sentence}")
    return found


def check_contracts(root: Path) -> list[str]:
    """Each sentence of a contract is forced by a case and broken by a wrong answer, and each case
    forces one."""
    found = []
    for exercise in exercises(root):
        cases = {case.sentence: "[soak]" in case.tags for case in cases_of(exercise)}
        found += contracts.problems(exercise, cases) + whole_sentences.problems(exercise)
    for path in sorted((root / "tests" / "contracts").glob("*")):
        if path not in [exercise.contracts for exercise in exercises(root)]:
            found.append(f"{relative(path, root)}: belongs to no exercise")
    return found


def check_equivalents(root: Path) -> list[str]:
    """What is listed as equivalent is a change of the solution as it is now."""
    return [problem for exercise in exercises(root) for problem in equivalents.problems(exercise)]


def check_placeholders(root: Path) -> list[str]:
    """Nothing of `new exercise`'s scaffold is left for its author to write."""
    return placeholders.problems(root)


def check_explorer(root: Path) -> list[str]:
    """The explorer's files are short, and the map in its README is true."""
    return explorer_chapter.problems(root)


def sources(root: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Our sources, without what a student may have edited."""
    edited = {root / path for one in exercises(root) for path in pristine.edited_files(one)}
    tops = [root / top for top in ("exercises", "solutions", "tests", "scripts")]
    found = [path for top in tops for path in top.rglob("*") if path.name.endswith(suffixes)]
    found = [path for path in found if not path.name.startswith(".")]  # an editor's
    return sorted(path for path in found if path.is_file() and path not in edited)


def check_format(root: Path) -> list[str]:
    """clang-format has nothing to change."""
    tool = shutil.which("clang-format")
    if tool is None:
        return ["clang-format is not installed"]
    files = sources(root, (".cpp", ".hpp"))
    found = []
    for at in range(0, len(files), 50):
        done = subprocess.run(
            [tool, "--dry-run", "-Werror", *files[at : at + 50]],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        places = re.findall(r"^(.*?:\d+:\d+): error:", done.stderr, re.MULTILINE)
        found += [f"{place.replace(f'{root}/', '')}: not formatted" for place in places]
        if done.returncode != 0 and not places:
            found.append(done.stderr.strip() or "clang-format failed")
    return found


def check_spdx(root: Path) -> list[str]:
    """Every source names its licence in the comment at its top."""
    files = sources(root, (".cpp", ".hpp", ".py", ".cmake", ".S", ".c"))
    files += [root / "CMakeLists.txt", root / "scripts" / "workbook"]
    found = []
    for path in files:
        top = path.read_text(encoding="utf-8").splitlines()[:HEADER_LINES]
        if not any("SPDX-License-Identifier: MIT" in line for line in top):
            found.append(f"{relative(path, root)}: has no SPDX line at its top")
    return found


def check_imports(root: Path) -> list[str]:
    """The tool's modules import one another one way."""
    return imports.problems(root)


def check_lint(root: Path) -> list[str]:
    """What pyflakes finds in Python: names that are unknown, or that nobody uses."""
    tool = shutil.which("pyflakes3") or shutil.which("pyflakes")
    if tool is None:
        raise Skipped("pyflakes is not installed: apt-get install pyflakes3")
    folders = ("scripts", "tests")
    done = subprocess.run(
        [tool, *(root / one for one in folders if (root / one).is_dir())],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.replace(f"{root}/", "") for line in (done.stdout + done.stderr).splitlines()]


def check_types(root: Path) -> list[str]:
    """mypy --strict agrees with the tool's modules, but those that mypy.ini still spares."""
    tool = shutil.which("mypy")
    if tool is None:
        raise Skipped("mypy is not installed: apt-get install mypy")
    folder = root / "scripts" / "tool"
    if not folder.is_dir():
        return []
    with tempfile.TemporaryDirectory(prefix="workbook-") as cache:
        done = subprocess.run(
            [tool, "--config-file", folder / "mypy.ini", "--cache-dir", cache, "-p", "tool"],
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode == 0:
        return []
    lines = [f"scripts/{line}" for line in done.stdout.splitlines() if ": error:" in line]
    return lines or [(done.stdout + done.stderr).strip()]


def check_pictures(root: Path) -> list[str]:
    """Each drawing is its source's, is shown in the text, and is described in words."""
    return pictures.problems(root)


def check_tool(root: Path) -> list[str]:
    """The tool's own tests."""
    return tests_in(root / "tests" / "tool", "test*.py")


def check_games(root: Path) -> list[str]:
    """What the book's reader plays was recorded of the cases as they are, and is in the text."""
    return book_games.problems(root)


def check_book(root: Path) -> list[str]:
    """The book is made, and whole; so are its EPUB and its translations."""
    return tests_in(root / "tests" / "book", "test_made.py")


def check_browser(root: Path) -> list[str]:
    """The book can be read in a browser: search, folds, dark and light, narrow and wide. So can the
    page that steps through a schedule."""
    return tests_in(root / "tests" / "book", "test_*browser.py")


def tests_in(folder: Path, pattern: str) -> list[str]:
    for name in PYTHONS_OWN:
        os.environ.pop(name, None)
    suite = unittest.TestLoader().discover(str(folder), pattern, top_level_dir=str(folder))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1, buffer=True).run(suite)
    if not result.wasSuccessful():
        return [f"{folder.name}: tests of {pattern} fail"]
    if result.skipped and folder.name == "book":
        raise Skipped("; ".join(dict.fromkeys(reason for _, reason in result.skipped)))
    return [] if result.testsRun else [f"{folder}: no tests found"]


CHECKS = {
    "stubs": check_stubs,
    "sections": check_sections,
    "figures": check_figures,
    "names": check_names,
    "wrong-answers": check_wrong_answers,
    "contracts": check_contracts,
    "equivalents": check_equivalents,
    "placeholders": check_placeholders,
    "explorer": check_explorer,
    "pictures": check_pictures,
    "games": check_games,
    "format": check_format,
    "spdx": check_spdx,
    "imports": check_imports,
    "lint": check_lint,
    "types": check_types,
    "tool": check_tool,
    "book": check_book,
    "book-in-a-browser": check_browser,
}
GROUPS = {
    "exercises": [name for name in CHECKS if name != "tool" and not name.startswith("book")],
    "whole-book": ["figures", *(name for name in CHECKS if name.startswith("book"))],
}


def report(name: str, root: Path) -> int:
    """Runs one check and prints what it found."""
    try:
        found = CHECKS[name](root)
    except WorkbookError as error:
        found = [str(error)]
    except Skipped as lack:
        print(f"{name}: skipped: {lack}", flush=True)
        return book.SKIPPED
    for line in found:
        print(line)
    print(f"{name}: {len(found)} problems" if found else f"{name}: good", flush=True)
    return 1 if found else 0


def go_on_where_selenium_is(argv: list[str]) -> None:
    """In the system's Python, if it is there and not in ours."""
    python = book.python_with("selenium")
    if python is not None and python != sys.executable:
        os.execv(python, [python, str(STARTER), "selfcheck", *argv])


def main(argv: list[str]) -> int:
    known = [*GROUPS, *CHECKS]
    if len(argv) not in (1, 2) or argv[0] not in known:
        usage = f"python3 scripts/tool selfcheck {'|'.join(known)} [SOURCE-DIR]"
        print(f"usage: {usage}", file=sys.stderr)
        return USAGE
    root = Path(argv[1]).resolve() if len(argv) == 2 else checkout_root()
    if "book-in-a-browser" in GROUPS.get(argv[0], argv[:1]):
        go_on_where_selenium_is(argv)
    statuses = {report(name, root) for name in GROUPS.get(argv[0], [argv[0]])}
    return next((status for status in (1, book.SKIPPED) if status in statuses), 0)
