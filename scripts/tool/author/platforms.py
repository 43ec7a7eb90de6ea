# The course on other systems: README's way for students, with the compilers and libraries of other
# suites of Debian, each in a system of its own below a folder. For authors, as root, on a Debian:
#
#   apt-get install mmdebstrap
#   python3 scripts/tool platforms --folder DIR [--renew] [trixie/g++ ...]
#
# A system is made in DIR if it is not there (1 GB each, from where apt gets its packages; delete DIR
# afterwards). The table of what was tried is in CONTRIBUTING.md; --renew writes it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import (
    MACHINE,
    USAGE,
    WorkbookError,
    checkout_root,
    find_exercise,
    write_atomically,
)

PLATFORMS = {  # suite/compiler -> the package of that compiler
    "bookworm/g++": "g++",
    "bookworm/clang++-16": "clang-16",
    "trixie/g++": "g++",
    "trixie/clang++": "clang",
    "sid/g++": "g++",
    "sid/clang++": "clang",
}
PACKAGES = (
    *("g++", "cmake", "ninja-build", "catch2", "libasio-dev", "libfmt-dev"),
    *("python3", "patch", "binutils"),
)
LIBRARIES = {"Catch2": "catch2", "asio": "libasio-dev", "fmt": "libfmt-dev"}
SOLVED = ("ex01", "ex02", "ex05", "ex13")  # a first one; pools; sockets; coroutines with asio
COLUMNS = ("Debian", "compiler", "CMake", *LIBRARIES, "Python", "`start`", *SOLVED)
TABLE = re.compile(r"(?<=<!-- platforms begin -->\n).*?(?=<!-- platforms end -->)", re.DOTALL)
DOCUMENT = "CONTRIBUTING.md"
GOOD, UNTRIED = "passes", "untried"
PLACE = "/workbook"  # in such a system
LIMIT = 3600  # seconds for one command there
LEFT_BEHIND = re.compile(r"\.git|\.workbook|\.cache|\..*_cache|hunts|build(-.*)?")  # at the top
# Processes there end with the first one, and no mount outlives it. PATH is any Debian's.
ENTER = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c")
MOUNTS = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
CLEAN = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "WORKBOOK_NO_INSTALL": "1",
}


@dataclass(frozen=True)
class Tried:
    platform: str
    versions: dict[str, str]  # of COLUMNS, the second to the last before the verdicts
    verdicts: dict[str, str]

    def row(self) -> list[str]:
        suite = self.platform.split("/")[0]
        known = {"Debian": suite, **self.versions, **self.verdicts}
        return [known[column] for column in COLUMNS]


class System:
    """Of one suite, below `folder`."""

    def __init__(self, folder: Path, suite: str):
        self.suite = suite
        self.top = folder / suite

    def make(self, mirror: str) -> None:
        if self.top.exists():
            return
        half_made = self.top.with_name(f"{self.suite}.new")  # until it is whole
        shutil.rmtree(half_made, ignore_errors=True)
        packages = ",".join(dict.fromkeys([*PACKAGES, *packages_of(self.suite)]))
        words = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={packages}"]
        # The archive's list may be older than it says is good, or this machine's clock wrong.
        words += ['--aptopt=Acquire::Check-Valid-Until "false"', self.suite, str(half_made), mirror]
        run_or_fail(words)
        half_made.rename(self.top)

    def lay(self, root: Path) -> None:
        """A fresh copy of the workbook."""
        place = self.top / PLACE[1:]
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        made_by_python = shutil.ignore_patterns("__pycache__")
        for path in root.iterdir():
            if path.is_dir() and not LEFT_BEHIND.fullmatch(path.name):
                shutil.copytree(path, place / path.name, ignore=made_by_python, symlinks=True)
            elif path.is_file():
                shutil.copy(path, place)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inside = ["sh", "-c", f'cd {PLACE} && exec "$@"', "sh", *words]
        return subprocess.run(
            [*ENTER, MOUNTS, str(self.top), *inside],
            env={**CLEAN, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )

    def versions(self, compiler: str) -> dict[str, str]:
        """Of what a table names."""
        found = {
            "compiler": f"{compiler} {version_in(self.run(compiler, '--version').stdout)}",
            "CMake": version_in(self.run("cmake", "--version").stdout),
            "Python": version_in(self.run("python3", "--version").stdout),
        }
        for name, package in LIBRARIES.items():
            found[name] = version_in(self.run("dpkg-query", "-W", "-f", "${Version}", package).stdout)
        return found


def packages_of(suite: str) -> list[str]:
    return [package for name, package in PLATFORMS.items() if name.startswith(f"{suite}/")]


def version_in(said: str) -> str:
    """`g++ (Debian 14.2.0-19) 14.2.0` is 14.2.0, and so is 1:14.2.0-3."""
    plain = re.sub(r"\(.*?\)", "", said)
    found = re.search(r"(?:^|[\s:v])(\d+(\.\d+)+)", plain)
    return found[1] if found else "unknown"


def mirror() -> str:
    """Where this machine's apt gets Debian's packages."""
    words = ["apt-get", "indextargets", "--format", "$(LABEL) $(SITE)", "Created-By: Packages"]
    for line in run_or_fail(words).splitlines():
        label, _, site = line.partition(" ")
        if label == "Debian":
            return site
    raise WorkbookError("apt gets no packages of Debian's here: apt-get update, or another machine", MACHINE)


def run_or_fail(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        why = (done.stderr.strip() or "no word of why").splitlines()[-1]
        raise WorkbookError(f"{words[0]} fails: {why}", MACHINE)
    return done.stdout


def try_one(root: Path, folder: Path, platform: str) -> Tried:
    """As a student: `start` on a fresh copy, then an answer, ours, to each of some exercises."""
    suite, compiler = platform.split("/")
    system = System(folder, suite)
    system.make(mirror())
    system.lay(root)
    verdicts = {"`start`": system_says(system, platform, compiler, ["start"], "Step 1: ")}
    for name in SOLVED:
        exercise = find_exercise(root, name)
        for file in exercise.solution.iterdir():
            shutil.copy(file, system.top / PLACE[1:] / "exercises" / exercise.name)
        verdicts[name] = system_says(system, platform, compiler, ["check", name])
    return Tried(platform, system.versions(compiler), verdicts)


def system_says(system: System, platform: str, compiler: str, words: list[str], promised: str = "") -> str:
    try:
        done = system.run("scripts/workbook", *words, CXX=compiler)
    except subprocess.TimeoutExpired:
        print(f"{platform}: {' '.join(words)} did not end within {LIMIT} s", flush=True)
        return "does not end"
    good = done.returncode == 0 and promised in done.stdout
    print(f"{platform}: {' '.join(words)} {GOOD if good else f'leaves with {done.returncode}'}", flush=True)
    if not good:
        print("\n".join(done.stdout.strip().splitlines()[-40:]), flush=True)
    return GOOD if good else "does not compile" if done.returncode == 4 else "fails"


def table(tried: list[Tried]) -> str:
    rows = [list(COLUMNS), ["---"] * len(COLUMNS), *(one.row() for one in tried)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def renewed(text: str, tried: list[Tried]) -> str:
    """A row for each platform; those of what was not tried this time stay."""
    old = TABLE.search(text)
    if not old:
        raise WorkbookError(f"{DOCUMENT} has lost its place for the table of platforms")
    rows = {row_key(line): line + "\n" for line in old[0].splitlines()[2:]}
    rows.update({row_key(line): line + "\n" for line in table(tried).splitlines()[2:]})
    made = table([]) + "".join(rows.get(name) or untried(name) for name in PLATFORMS)
    return TABLE.sub(lambda _: made, text)


def untried(platform: str) -> str:
    suite, compiler = platform.split("/")
    return f"| {' | '.join([suite, compiler, *[UNTRIED] * (len(COLUMNS) - 2)])} |\n"


def row_key(line: str) -> str:
    suite, compiler = (cell.strip() for cell in line.strip("| ").split("|")[:2])
    return f"{suite}/{compiler.split()[0]}"


def main(argv: list[str]) -> int:
    reader = argparse.ArgumentParser(prog="python3 scripts/tool platforms", allow_abbrev=False)
    reader.add_argument("platforms", nargs="*", metavar="SUITE/COMPILER", help=", ".join(PLATFORMS))
    reader.add_argument("--folder", required=True, metavar="DIR", help="the systems are made there")
    reader.add_argument("--renew", action="store_true", help=f"write the table in {DOCUMENT}")
    given = reader.parse_args(argv)
    for one in given.platforms:
        if one not in PLATFORMS:
            raise WorkbookError(f"{one} is none of {', '.join(PLATFORMS)}", USAGE)
    folder = Path(given.folder).resolve()
    if not folder.is_dir():
        raise WorkbookError(f"--folder: {given.folder} is no folder: make it first", USAGE)
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        raise WorkbookError("needs root, and mmdebstrap: apt-get install mmdebstrap", MACHINE)
    root = checkout_root()
    if root in (folder, *folder.parents):
        raise WorkbookError(f"--folder: {given.folder} lies in the workbook; name one outside", USAGE)
    tried = [try_one(root, folder, one) for one in given.platforms or PLATFORMS]
    print(table(tried), end="")
    if given.renew:
        document = root / DOCUMENT
        text = renewed(document.read_text(encoding="utf-8"), tried)
        write_atomically(document, text.encode())
    return 0 if all(set(one.verdicts.values()) == {GOOD} for one in tried) else 1
