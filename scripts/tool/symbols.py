# What an answer's object files define and use. The linker takes the first definition of a name, so
# an answer could put its own in the place of the tests' or of a library's; and to reach beyond the
# exercise it must use something that no answer needs.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from audit import Finding
from layout import MACHINE, WorkbookError

MOST_SHOWN = 20  # findings
# Mangled names of the standard library, fmt and asio; of operator new and delete; of basic types.
LIBRARIES = re.compile(
    r"_Z(?:Z|GVZ?|T[VISTC])?N?[KVRO]*(?:S[tasiod]|3fmt|4asio|9__gnu_cxx|10__cxxabiv1)"
    r"|_Z(?:nw|na|dl|da)\w+|_ZT[IS]P?K?[a-z]$"
)
# Of these, what reaches files, the process's own memory among them.
FILES = re.compile(
    r"filebuf|basic_[io]?fstream|13basic_fstream|14basic_[io]fstream|10filesystem|__basic_file"
    r"|random_access_file|stream_file"
)
OF_THE_JUDGES = re.compile(r"_Z(?:Z|GVZ?|T[VISTC])?N[KVRO]*(?:7support|5Catch|8explorer)")
# Of the C library and the compiler's runtime, what answers may need.
FAMILIES = re.compile(
    r"(?:pthread_|sem_|__cxa_|__tsan_|__pthread_|__atomic_|_Unwind_|__gxx_|__stack_|explorer_mem|is|to"
    r"|str|__isoc23_str|epoll_|sig|inet_|get(?:sock|peer|addr|time|pid|ppid|uid)|send|recv|clock_"
    r"|__\w+_chk$|__\w+[ts]i[34]$|(?:a?(?:cos|sin|tan|cosh|sinh|tanh)|exp|exp2|log|log2|log10|pow"
    r"|fmod|fm(?:ax|in)|hypot|sqrt|cbrt|ceil|floor|l?l?round|trunc|rint|fma)[fl]?$)\w*$"
)
# Inline waits of the library's call syscall(); the source is searched for it.
OTHERS = set(
    "__assert_fail __dso_handle __dynamic_cast __errno_location __libc_single_threaded "
    "__once_proxy __tls_get_addr _Exit _exit _GLOBAL_OFFSET_TABLE_ abort abs accept accept4 "
    "atexit atof atoi atol bind bsearch calloc clock close connect div dup dup2 eventfd exit "
    "fcntl fflush fork fprintf fputc fputs free freeaddrinfo fwrite htonl htons ioctl kill listen "
    "malloc memchr memcmp memcpy memmove memset nanosleep ntohl ntohs perror pipe pipe2 poll "
    "ppoll printf putchar puts qsort raise rand read readv realloc sched_yield select setsockopt "
    "shutdown sleep snprintf socket socketpair srand stderr stdout syscall time usleep vsnprintf "
    "wait waitid waitpid write writev".split()
)


@dataclass(frozen=True)
class Symbols:
    strong: frozenset[str] = frozenset()  # definitions
    weak: frozenset[str] = frozenset()  # definitions, of which the linker takes the first
    undefined: frozenset[str] = frozenset()

    @property
    def defined(self) -> frozenset[str]:
        return self.strong | self.weak


@dataclass(frozen=True)
class Surroundings:
    """What an answer is linked with."""

    offered: Symbols  # the given code and the reference answers: to be used
    judges: Symbols  # the tests and all that belongs to them
    libraries: Symbols


def read(files: list[Path], shared: bool = False) -> Symbols:
    """Of our own object files and archives, or of shared libraries."""
    if not files:
        return Symbols()
    command = listing(files, shared)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise WorkbookError(f"nm fails: {done.stderr.strip()}", MACHINE)
    return listed(done.stdout)


def listing(files: list[Path], shared: bool = False) -> list[str]:
    """The command that lists what these define and use, for listed()."""
    return ["nm", "-P", *(["-D"] if shared else []), "--", *map(str, files)]


def listed(text: str) -> Symbols:
    strong, weak, undefined = set(), set(), set()
    for line in text.splitlines():
        name, letter = [*line.split(), "", ""][:2]
        name = name.split("@")[0]
        if letter in ("U", "w", "v"):
            undefined.add(name)
        elif letter in ("W", "V", "u"):
            weak.add(name)
        elif letter in ("T", "D", "B", "R", "G", "S", "i", "C"):
            strong.add(name)
    return Symbols(frozenset(strong), frozenset(weak), frozenset(undefined - strong - weak))


def findings(answer: Symbols, around: Surroundings, usual: Symbols) -> list[Finding]:
    """`usual`: those of the exercise's solution."""
    theirs = around.offered.strong | around.judges.strong | around.libraries.strong
    taken = answer.strong & (theirs | around.judges.weak | around.libraries.weak)
    # Weak ones are copies of inline functions, and the tests' own come first when it is linked.
    taken |= {name for name in answer.weak if name in theirs or OF_THE_JUDGES.match(name)}
    used = {name for name in answer.undefined if not is_usable(name, around)}
    odd = [("defines", name) for name in sorted(taken - usual.defined)]
    odd += [("uses", name) for name in sorted(used - usual.undefined)]
    shown = readable([name for _, name in odd[:MOST_SHOWN]])
    found = [Finding(f"{what} {name}", "object code") for (what, _), name in zip(odd, shown)]
    if len(odd) > MOST_SHOWN:
        found.append(Finding(f"and {len(odd) - MOST_SHOWN} more", "object code"))
    return found


def is_usable(name: str, around: Surroundings) -> bool:
    if FILES.search(name) or name == "todo_page":
        return False
    if name in around.offered.defined or name in OTHERS:
        return True
    return bool(LIBRARIES.match(name) or FAMILIES.match(name))


def readable(names: list[str]) -> list[str]:
    if not names:
        return []
    done = subprocess.run(["c++filt", *names], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return lines if len(lines) == len(names) else names
