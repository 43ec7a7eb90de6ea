# What an answer's object files define and use. The linker takes the first definition of a name, so
# an answer could put its own in the place of the tests' or of a library's; and to reach beyond the
# exercise it must use something that no answer needs.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import MACHINE, WorkbookError
from tool.judging.audit import Finding

MOST_SHOWN = 20  # findings
# Mangled names of the standard library, fmt and asio; of operator new and delete; of basic types.
LIBRARIES = re.compile(
    r"_Z(?:Z|GVZ?|T[VISTC])?N?[KVRO]*(?:S[tasiod]|3fmt|4asio|9__gnu_cxx|10__cxxabiv1)"
    r"|_Z(?:nw|na|dl|da)\w+|_ZT[IS]P?K?[a-z]$"
)
# Of these, and of the C library, what reaches files: the process's own memory is one, unless the
# sandbox forbids to write there.
FILES = re.compile(
    r"filebuf|basic_[io]?fstream|13basic_fstream|14basic_[io]fstream|10filesystem|__basic_file"
    r"|random_access_file|stream_file|3fmt\dv\d+?(?:4file|13buffered_file)"
    r"|f(?:open|close|read|gets|seek|tell)(?:64)?$|getenv$"
)
# An ofstream opens for writing, whatever else it is told; a filebuf also reads.
TRACES = re.compile(r"basic_ofstream|f(?:open|close)(?:64)?$|getenv$")
OF_THE_JUDGES = re.compile(r"_Z(?:Z|GVZ?|T[VISTC])?N[KVRO]*(?:5Catch|8explorer)")
# A namespace that answers may have, too.
SUPPORT = re.compile(r"_Z(?:Z|GVZ?|T[VISTC])?N[KVRO]*7support")
# Of the C library and the compiler's runtime, what any answer may need.
FAMILIES = re.compile(
    r"(?:pthread_(?!kill|cancel|exit|sig|get\w*attr|setattr_def|atfork)|sem_|__cxa_|__tsan_"
    r"|__pthread_|__atomic_|_Unwind_Resume$|__gxx_|__stack_|mem(?!fd)|is|to"
    r"|str|__isoc23_str|clock_|gettime|\w*printf_chk$|__mem\w+_chk$|__str\w+_chk$|__\w+[ts]i[34]$"
    r"|(?:a?(?:cos|sin|tan|cosh|sinh|tanh)|exp|exp2|log|log2|log10|pow"
    r"|fmod|fm(?:ax|in)|hypot|sqrt|cbrt|ceil|floor|l?l?round|trunc|l?l?rint|nearbyint|fma|fdim|atan2"
    r"|modf|frexp|ldexp|scalbl?n|log1p|expm1|erfc?|[lt]gamma|remainder|copysign|nextafter)[fl]?$)\w*$"
)
# Inline waits of the library's call syscall(); the source is searched for it.
OTHERS = set(
    "__assert_fail __dso_handle __dynamic_cast __errno_location __libc_single_threaded "
    "__once_proxy __tls_get_addr _GLOBAL_OFFSET_TABLE_ abort abs "
    "aligned_alloc asctime asctime_r atoi atof atol atoll bsearch calloc clock ctime ctime_r difftime div "
    "drand48 fflush fileno fprintf fputc fputs free fwrite getrusage gmtime gmtime_r labs ldiv llabs lldiv "
    "localtime localtime_r lrand48 malloc memchr memcmp memcpy memmove memset mktime nanosleep perror "
    "printf putc putchar puts qsort rand rand_r random realloc sched_getcpu sched_yield setbuf setlinebuf "
    "setlocale setvbuf sleep snprintf sprintf srand srand48 srandom stderr stdout syscall sysconf time times "
    "timespec_get tzset usleep vfprintf vprintf "
    "vsnprintf vsprintf wcslen".split()
)
# And what only some exercises are about: by pipe() and write() memory can be searched, by getpid() the
# judge be recognised. What an exercise's own solution uses may be used there in any case.
DESCRIPTORS = re.compile(
    r"(?:accept4?|close|dup2?|eventfd|fcntl|ioctl|pipe2?|p?poll|__poll_chk|readv?|__read_chk|writev?)$"
)
PROCESSES = re.compile(
    r"(?:_exit|_Exit|exit|fork|getp?pid|getppid|kill|raise|wait|waitid|waitpid|sig\w*"
    r"|pthread_(?:kill|sigmask))$"
)
SOCKETS = re.compile(
    r"(?:bind|connect|freeaddrinfo|[hn]to[hn][ls]|listen|select|(?:set|get)sockopt|shutdown"
    r"|socket|socketpair|epoll_\w+|inet_\w+|get(?:sock|peer|addr)\w+|send\w*|recv\w*|__recv\w*_chk)$"
)
# What the system tells a server, and a server that ends.
SIGNALS = re.compile(r"(?:exit|atexit|signal|sig\w*|pthread_(?:kill|sigmask))$")
ABOUT = {
    "ex03": (DESCRIPTORS, SOCKETS, PROCESSES),
    "ex11": (DESCRIPTORS, PROCESSES),
    "ex12": (DESCRIPTORS, SOCKETS, PROCESSES),
    "ex14": (PROCESSES,),
    **dict.fromkeys(
        ("ex05", "ex06", "ex07", "ex08", "ex09", "ex10", "ex13"), (DESCRIPTORS, SOCKETS, SIGNALS)
    ),
}


@dataclass(frozen=True)
class Symbols:
    strong: frozenset[str] = frozenset()  # definitions
    weak: frozenset[str] = frozenset()  # definitions, of which the linker takes the first
    undefined: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()  # of the definitions, those that are no functions

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


def together(several: Iterable[Symbols]) -> Symbols:
    """Of libraries: what one needs of another is among the undefined."""
    whole = Symbols()
    for one in several:
        whole = Symbols(
            whole.strong | one.strong,
            whole.weak | one.weak,
            whole.undefined | one.undefined,
            whole.variables | one.variables,
        )
    return whole


def listing(files: list[Path], shared: bool = False) -> list[str]:
    """The command that lists what these define and use, for listed()."""
    return ["nm", "-P", *(["-D"] if shared else []), "--", *map(str, files)]


def listed(text: str) -> Symbols:
    strong, weak, undefined, variables = set(), set(), set(), set()
    for line in text.splitlines():
        name, letter = [*line.split(), "", ""][:2]
        name = name.split("@")[0]
        if letter in ("U", "w", "v"):
            undefined.add(name)
        elif letter in ("W", "V", "u"):
            weak.add(name)
        elif letter in ("T", "D", "B", "R", "G", "S", "i", "C"):
            strong.add(name)
        if letter in ("V", "u", "D", "B", "R", "G", "S", "C"):
            variables.add(name)
    undefined -= strong | weak
    return Symbols(frozenset(strong), frozenset(weak), frozenset(undefined), frozenset(variables))


def findings(
    answer: Symbols, around: Surroundings, usual: Symbols, exercise: str, traces: bool
) -> list[Finding]:
    """`usual`: those of the exercise's solution."""
    theirs = around.offered.strong | around.judges.strong | around.libraries.strong
    taken = answer.strong & (theirs | around.judges.weak | around.libraries.weak)
    # A variable called like a function of the C library's that nobody calls, as `error` is.
    needed = around.libraries.undefined | around.judges.undefined | around.offered.undefined
    taken -= answer.variables & (around.libraries.defined - around.libraries.variables) - (
        around.offered.defined | around.judges.defined | needed
    )
    # Weak ones are copies of inline functions, and the tests' own come first when it is linked.
    taken |= {name for name in answer.weak if name in theirs or OF_THE_JUDGES.match(name)}
    # But not those of what only the archives behind the answer hold.
    taken |= {name for name in answer.weak & around.judges.weak if SUPPORT.match(name)}
    used = {name for name in answer.undefined if not is_usable(name, around, exercise, traces)}
    odd = [("defines", name) for name in sorted(taken - usual.defined)]
    odd += [("uses", name) for name in sorted(used - usual.undefined)]
    shown = readable([name for _, name in odd[:MOST_SHOWN]])
    found = [Finding(f"{what} {name}", "object code") for (what, _), name in zip(odd, shown)]
    if len(odd) > MOST_SHOWN:
        found.append(Finding(f"and {len(odd) - MOST_SHOWN} more", "object code"))
    return found


def is_usable(name: str, around: Surroundings, exercise: str, traces: bool) -> bool:
    name = name.removeprefix("explorer_")  # see tests/explore/library_calls.hpp
    if FILES.search(name) or name == "todo_page":
        return traces and bool(TRACES.search(name))
    if name in around.offered.defined or name in OTHERS:
        return True
    if any(family.match(name) for family in ABOUT.get(exercise, ())):
        return True
    return bool(LIBRARIES.match(name) or FAMILIES.match(name))


def readable(names: list[str]) -> list[str]:
    if not names:
        return []
    done = subprocess.run(["c++filt", *names], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return lines if len(lines) == len(names) else names
