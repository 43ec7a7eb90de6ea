# sealed_compile SOLUTIONS COMMAND...: runs a compiler's command with the sealed folders of SOLUTIONS
# that it names opened in a folder of its own, which is gone when it ends. CMake's compiler launcher in
# a handout.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tool.course import seal


def named(solutions: Path, words: list[str]) -> list[Path]:
    """Folders of solutions in which the command reads."""
    return [one for one in sorted(solutions.iterdir()) if one.is_dir() and in_words(one, words)]


def in_words(folder: Path, words: list[str]) -> bool:
    return any(word.endswith(str(folder)) or f"{folder}/" in word for word in words)


def compile_opened(solutions: Path, words: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="workbook-") as name:
        top = Path(name).resolve()
        for folder in named(solutions, words):
            seal.open_folder(folder, top / folder.name)
            words = [word.replace(str(folder), str(top / folder.name)) for word in words]
        prefix = f"-ffile-prefix-map={top}=solutions"
        status = subprocess.run([words[0], prefix, *words[1:]], check=False).returncode
        if "-MF" in words and status == 0:
            tell_the_truth(Path(words[words.index("-MF") + 1]), top, solutions)
    return status


def tell_the_truth(depends: Path, top: Path, solutions: Path) -> None:
    """The list of headers names the files that are still there."""
    if depends.is_file():
        text = depends.read_text(encoding="utf-8")
        depends.write_text(text.replace(str(top), str(solutions)), encoding="utf-8")


def main(argv: list[str]) -> int:
    return compile_opened(Path(argv[0]), argv[1:])
