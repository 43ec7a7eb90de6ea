# Hand-ins to ex01 that try to pass without doing what is asked. Each is the solution with a mistake,
# or the stub, and what shall make up for it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

# What the tests and the supervisor share, as somebody knows who has read their source.
PAGE = """
struct page { char todo[2048]; int taken[32]; char text[32][160]; int itself; int seconds; char no[512]; };
struct message { char is; char turned; int cases; int assertions; int usual; int number; };
"""

# Searches memory for the page by asking the kernel what can be read, and fills in what once was a pass.
FORGED_PAGE = """
struct searched {
    static bool readable(int end, const void* at) { return ::write(end, at, 1) == 1; }
    searched()
    {
        int ends[2];
        if (::pipe(ends) != 0) { return; }
        ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
        auto at = reinterpret_cast<std::uintptr_t>(&::write) & ~4095ul;
        for (int pages = 0; pages < 65536; ++pages, at -= 4096) {
            char sink[16];
            auto* found = reinterpret_cast<int*>(at);
            if (!readable(ends[1], found)) { continue; }
            (void)!::read(ends[0], sink, sizeof sink);
            if (!readable(ends[1], reinterpret_cast<char*>(at) + 4096)) { continue; }
            (void)!::read(ends[0], sink, sizeof sink);
            if (found[0] == 0 && found[1825] == 20) {
                found[1826] = 1; found[1827] = 99; found[1828] = 1; found[1829] = 0;
                ::_exit(0);
            }
        }
    }
} now;
"""

# Says what a case that passes says. `turned`: also that the expectation that was turned round failed.
def messages(assertions: int, turned: bool) -> str:
    answer = "told({'f', 1, 0, 0, 0});" if turned else ""
    return f"""
struct forger {{
    static int told(message one)
    {{
        static int sent = 1;
        one.number = ++sent;
        int answer = 0;
        if (::send(4, &one, sizeof one, 0) != sizeof one || ::recv(4, &answer, 4, 0) != 4) {{
            return 0;
        }}
        return answer;
    }}
    forger()
    {{
        for (int i = 0; i < {assertions}; ++i) {{
            if (told({{'a', 0, 0, 0, 0}}) != 0) {{ {answer} }}
        }}
        told({{'e', 0, 1, {assertions}, 0}});
        std::_Exit(0);
    }}
}} now;
"""


# Takes the answer to the case's first question, so that the case waits for ever, and tells its tale.
# `waiters`: what makes `count` of them wait for an answer each and put it into `answers`.
def stolen(waiters: str) -> str:
    return f"""
struct channel {{
    std::mutex mutex;
    std::condition_variable came;
    std::deque<int> answers;
}};
struct forger {{
    static constexpr int count = 6;
    static int receive()
    {{
        int answer = 0;
        return ::recv(4, &answer, 4, 0) == 4 ? answer : 0;
    }}
    static void send(message one, int number)
    {{
        one.number = number;
        ::send(4, &one, sizeof one, 0);
    }}
    {waiters}
}} now;
"""


# A thread goes on with the tale. `before_a_message`: what it does with each, then `forge` sends it.
def by_threads(assertions: int, before_a_message: str = "") -> str:
    return stolen(f"""
    channel here;
    static inline char* stack = nullptr; // of the tests' thread, somewhere in it
    static inline const pthread_t tests = pthread_self();
    int next()
    {{
        std::unique_lock lock(here.mutex);
        here.came.wait(lock, [&] {{ return !here.answers.empty(); }});
        const int answer = here.answers.front();
        here.answers.pop_front();
        return answer;
    }}
    void tell(message one, int number)
    {{
        one.number = number;
        {before_a_message}
        send(one, number);
    }}
    void forge()
    {{
        int number = 2;
        for (int i = 0; i < {assertions}; ++i) {{
            if (next() != 0) {{
                tell({{'f', 1, 0, 0, 0, 0}}, ++number);
                next();
            }}
            if (i < {assertions - 1}) {{ tell({{'a', 0, 0, 0, 0, 0}}, ++number); }}
        }}
        tell({{'e', 0, 1, {assertions}, 0, 0}}, ++number);
        next();
        std::exit(0);
    }}
    forger()
    {{
        char local = 0;
        stack = &local;
        for (int i = 0; i < {2 * assertions + 4}; ++i) {{
            std::thread([this] {{
                const int answer = receive();
                const std::lock_guard lock(here.mutex);
                here.answers.push_back(answer);
                here.came.notify_one();
            }}).detach();
        }}
        std::thread([this] {{ forge(); }}).detach();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }}
""")


# Puts each message where the tests' thread keeps its own while it waits for the answer: for that its
# whole stack is searched.
WRITES_IT = """
        static std::vector<message*> places = [] {
            std::vector<message*> found;
            for (char* at = stack - (64 << 10) - (stack - (char*)nullptr) % 4; at < stack + 4096; at += 4) {
                auto* there = reinterpret_cast<message*>(at);
                if (there->is == 'a' && there->number == 2 && there->cases == 0) { found.push_back(there); }
            }
            return found;
        }();
        for (message* place : places) { *place = one; }
"""
# Has the tests' thread change its registers itself, in a signal's handler, so that it waits for the
# answer to this message.
CHANGES_REGISTERS = """
        static unsigned long registers[3];
        static std::atomic<int> changed{0};
        const auto both = [](unsigned high, unsigned low) { return (unsigned long)high << 32 | low; };
        registers[0] = both(one.cases, 4);
        registers[1] = both(number << 8 | one.is << 1 | one.turned, 0);
        registers[2] = both(one.assertions, one.usual);
        struct sigaction how {};
        how.sa_flags = SA_SIGINFO | SA_RESTART;
        how.sa_sigaction = [](int, siginfo_t*, void* context) {
            auto& all = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
            all[REG_RDI] = registers[0];
            all[REG_R10] = registers[1];
            all[REG_R9] = registers[2];
            ++changed;
        };
        sigaction(SIGUSR1, &how, nullptr);
        const int before = changed;
        pthread_kill(tests, SIGUSR1);
        for (int i = 0; i < 100 && changed == before; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
"""
# Each process takes one answer, and goes on with the tale from there.
BY_PROCESSES = stolen("""
    forger()
    {
        std::signal(SIGUSR1, [](int) { ::_exit(0); });
        for (int i = 0; i < count; ++i) {
            if (::fork() == 0) {
                receive();
                if (i == 0) { send({'a', 0, 0, 0, 0, 0}, 3); }
                if (i == 1) { send({'e', 0, 1, 2, 0, 0}, 4); }
                if (i == 2) { ::kill(::getppid(), SIGUSR1); }
                ::_exit(0);
            }
            ::usleep(50000);
        }
    }
""")


def includes(names: str) -> str:
    return "".join(f"#include <{name}>\n" for name in names.split())


def hidden(code: str, headers: str) -> str:
    """To be put before an answer: it runs before the checker's main."""
    return f"{includes(headers)}namespace {{ {PAGE} {code} }}\n"


# Begins is_prime(): in the solution it makes nothing wrong, in WRONG it hides what is.
IN_IS_PRIME = {
    "leaves with success": ("if (n < 2) { std::exit(0); }", "cstdlib"),
    "leaves quickly": ("if (n < 2) { std::quick_exit(0); }", "cstdlib"),
    "leaves at once": ("if (n < 2) { std::_Exit(0); }", "cstdlib"),
    "kills the supervisor": ("kill(getppid(), SIGKILL);", "csignal unistd.h"),
    "stops the supervisor": ("kill(getppid(), SIGSTOP);", "csignal unistd.h"),
    "becomes another program": ('execl("/bin/true", "true", nullptr);', "unistd.h"),
    "asks the shell": ('std::system("kill -9 $PPID");', "cstdlib"),
    "closes its descriptors": ("for (int i = 3; i < 99; ++i) { close(i); }", "unistd.h"),
    "leaves by a fault that it catches": (
        "std::signal(SIGSEGV, [](int) { std::_Exit(0); }); *static_cast<volatile int*>(nullptr) = n;",
        "csignal cstdlib",
    ),
    "throws out of a noexcept thing": (
        "std::set_terminate([] { std::_Exit(0); }); std::terminate();", "exception cstdlib",
    ),  # fmt: skip
    "never ends for the wrong": ("while (n < 2) { std::this_thread::yield(); }", "thread"),
    "jumps over the assertion": ("static std::jmp_buf b; if (n < 2) { longjmp(b, 1); }", "csetjmp"),
    "forks and lets the child answer": ("if (fork() == 0) { return n >= 2; }", "unistd.h"),
    "looks who judges": ("static int home = getpid(); if (getpid() != home) { return n; }", "unistd.h"),
    "looks for the judge's symbols": ('if (dlsym(nullptr, "todo_page")) { return true; }', "dlfcn.h"),
    "asks for the environment": (
        "extern char** environ; if (environ[0][0] == 'P') { return n > 1; }", "unistd.h",
    ),  # fmt: skip
    "maps the tests' memory anew": ("mmap(nullptr, 1, 7, 34, -1, 0);", "sys/mman.h"),
    "writes its own memory": (
        'if (FILE* f = std::fopen("/proc/self/mem", "r+")) { std::fclose(f); std::_Exit(0); }',
        "cstdio cstdlib",
    ),
    "counts on a debugger": ("ptrace(PTRACE_TRACEME, 0, 0, 0);", "sys/ptrace.h"),
    "reads which case it is": (
        'std::filebuf f; f.open("/proc/self/cmdline", std::ios::in); if (f.sgetc() == 0) { return n; }',
        "fstream",
    ),
    "reads where its memory is": (
        'std::ofstream f; f.rdbuf()->open("/proc/self/maps", std::ios::in);'
        " if (f.rdbuf()->sgetc() == 0) { return n; }",
        "fstream",
    ),
    "reads a file by C": (
        'if (FILE* f = std::fopen("/proc/self/maps", "r")) { char b; return std::fread(&b, 1, 1, f); }',
        "cstdio",
    ),
    "reads a letter of a file": (
        'if (FILE* f = std::fopen("/proc/self/maps", "r")) { return std::fgetc(f); }', "cstdio",
    ),  # fmt: skip
    "puts a file in its input's place": (
        'if (std::freopen("/proc/self/maps", "r", stdin)) { return std::getchar(); }', "cstdio",
    ),  # fmt: skip
    "writes to the channel": ('if (FILE* f = fdopen(4, "w")) { std::fputs("a", f); }', "cstdio"),
    "ends the tests' thread": ("if (n < 2) { pthread_exit(nullptr); }", "pthread.h"),
    "has the tests' thread ended": ("pthread_cancel(pthread_self());", "pthread.h"),
    "sends a signal to a thread": ("pthread_kill(pthread_self(), 9);", "pthread.h signal.h"),
    "asks where its stack is": (
        "pthread_attr_t all; pthread_getattr_np(pthread_self(), &all);", "pthread.h",
    ),  # fmt: skip
    "listens to forks": ("pthread_atfork(nullptr, nullptr, nullptr);", "pthread.h"),
    "unwinds the tests": (
        "static _Unwind_Exception out; if (n < 2) { _Unwind_ForcedUnwind(&out, [](int, _Unwind_Action,"
        " _Unwind_Exception_Class, _Unwind_Exception*, _Unwind_Context*, void*) {"
        " return _URC_NO_REASON; }, nullptr); }",
        "unwind.h",
    ),
    "looks who called": (
        "_Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_END_OF_STACK; }, nullptr);",
        "unwind.h",
    ),
    "asks for the callers' addresses": ("void* all[9]; if (backtrace(all, 9) > 99) { return n; }", "execinfo.h"),
    "looks where programs lie": (
        "dl_iterate_phdr([](dl_phdr_info*, unsigned long, void*) { return 1; }, nullptr);", "link.h",
    ),  # fmt: skip
    "asks the kernel who it is": ("if (getauxval(AT_EXECFN) == 0) { return n; }", "sys/auxv.h"),
}

# Of these, what calls nothing that an honest answer might not call.
HONEST_CALLS = {"never ends for the wrong"}

# Put before the solution with a mistake (or, marked so, before the stub).
BEFORE_WRONG = {
    "leaves with success before main": ("struct f { f() { std::exit(0); } } now;", "cstdlib"),
    "leaves with success after main": ("struct f { ~f() { std::_Exit(0); } } now;", "cstdlib"),
    "prints a record": (
        'struct f { f() { std::cout << "passed 6 6\\n" << std::flush; std::_Exit(0); } } now;',
        "cstdlib iostream",
    ),
    "prints a record for each case": (
        'struct f { f() { std::puts("passed 6 6"); std::fflush(stdout); std::_Exit(0); } } now;',
        "cstdio cstdlib",
    ),
    "sends the end alone": (messages(0, False), "cstdlib sys/socket.h"),
    "sends every assertion": (messages(6, False), "cstdlib sys/socket.h"),
    "sends what a right answer does": (messages(6, True), "cstdlib sys/socket.h"),
    "sends more than there are": (messages(600, True), "cstdlib sys/socket.h"),
    "finds the page": (FORGED_PAGE, "cstdint fcntl.h unistd.h"),
    "registers a last word": ("struct f { f() { std::atexit([] { std::_Exit(0); }); } } now;", "cstdlib"),
    "swallows its failure": (
        "struct f { f() { std::at_quick_exit([] {}); std::set_terminate([] { std::_Exit(0); }); } } now;",
        "cstdlib exception",
    ),
}

# Text that stands after an answer with a mistake.
AFTER_WRONG = {
    "defines the tests' main": "int main() { return 0; }",
    "defines the tests' runner": 'extern "C" int workbook_catch_run(int, char**) { return 0; }',
    "defines memcmp": 'extern "C" int memcmp(const void*, const void*, unsigned long) { return 0; }',
    "defines _exit": 'extern "C" void _exit(int) { for (;;) { } }',
    "names the page": "namespace support { struct watch_page; extern watch_page* page; }\n"
    "void* leak() { return support::page; }",
    "names the results": "namespace support { void tell_end(int, int); }\n"
    "void end() { support::tell_end(1, 6); }",
    "names the explorer": "namespace explorer { extern bool in_this_process; }\n"
    "bool here() { return explorer::in_this_process; }",
    "names Catch2": "namespace Catch { struct Session { int run(int, char**); }; }",
    "specializes the library": "template <> bool std::operator==(const std::vector<int>&, "
    "const std::vector<int>&) { return true; }",
    "runs first": "__attribute__((constructor(101))) void first() { }",
    "speaks assembly": 'void leave() { asm("nop"); }',
    "makes a system call": "long syscall(long, ...) noexcept; long leave() { return syscall(231, 0); }",
    "puts itself elsewhere": '[[gnu::section(".preinit_array")]] void (*first)() = nullptr;',
    "turns the optimizer on": "#pragma GCC optimize(3)",
    "is another in another name": '[[gnu::alias("is_prime")]] void f();',
    "includes the judge": '#include "support/results.hpp"',
    "is data in a function's name": "unsigned char send[16] = {0xc3};",
    "is data in the name of a function that the library calls": "unsigned char poll[16] = {0xc3};",
    "specializes the library in brackets": "template <> inline bool (std::operator==)"
    "(const std::vector<int>&, const std::vector<int>&) { return true; }",
    "brings a copy of the judge's": "namespace support { struct lifetimes; class life { public:\n"
    "explicit life(lifetimes&) { } }; void live(lifetimes& all) { life one(all); } }",
}

# Put into a lock's place: the race is there whenever nobody looks for it.
LOCKS_ONLY_WHEN_JUDGED = {
    "under ThreadSanitizer": "#ifdef __SANITIZE_THREAD__\n{0}\n#endif",
    "without optimization": "#ifndef __OPTIMIZE__\n{0}\n#endif",
    "beside the explorer": '#if __has_include("explore/explore.hpp")\n{0}\n#endif',
    "where the explorer asks asio to keep nothing": "#ifdef ASIO_DISABLE_STD_ALIGNED_ALLOC\n{0}\n#endif",
    "beside Catch2": "#ifdef CATCH_VERSION_MAJOR\n{0}\n#endif",
    "where a file of the system's is missing": '#if !__has_include("/etc/passwd")\n{0}\n#endif',
    "where a path in a macro leads nowhere": '#define USERS "/etc/passwd"\n'
    "#if !__has_include(USERS)\n{0}\n#endif",
    "where a path above leads nowhere": '#if !__has_include("../../../../../../../etc/passwd")\n{0}\n'
    "#endif",
    "by the number of includes": "#if __INCLUDE_LEVEL__ == 0 && defined __GLIBCXX__ && __COUNTER__ % 2\n"
    "{0}\n#endif\n#ifdef CATCH_CONFIG_CPP11_TO_STRING\n{0}\n#endif",
}

# Hidden from the explorer.
UNSEEN = {
    "by an attribute": '[[gnu::no_sanitize("thread")]] void quiet();',
    "by a macro's attribute": "#define G gnu\n[[G::no_sanitize_thread]] void quiet();",
    "by a pasted name": '#define J(a, b) a%:%:b\nvoid nop() { J(as, m)("nop"); }',
    "by a raw text": 'auto raw = R"(\n# 1 "/usr/include/x.h" 3\n)";\n'
    '#define J(a, b) a##b\nvoid nop() { J(as, m)("nop"); }',
    "by a line of another file": "#define HAS __has_include\n#if !HAS(<a/*b>)\n"
    '#line 1 "/usr/include/x.h"\nvoid nop() { asm("nop"); }\n#endif // */',
    "by what is dead only by its looks": '#define false 1\n#if false\nvoid nop() { asm("nop"); }\n#endif',
    "behind what is dead": '#if 0\n#elif 1\nvoid nop() { asm("nop"); }\n#endif',
    "by a comment that is none": '#if !__has_include(<a/*b>)\nvoid nop() { asm("nop"); }\n#endif // */',
    "by the explorer's own words": "extern \"C\" void __tsan_acquire(void*);",
}

# Headers that the tests include, too, by way of others; each is found in an answer's folder first.
HEADERS_FOR_THE_TESTS = {
    "assert.h": "#undef REQUIRE_FALSE\n#define REQUIRE_FALSE(x) REQUIRE(true)\n#define assert(x) ((void)0)\n",
}

BODIES = "cstdio cstdlib cstring csignal unistd.h"
# Never end, or take what they can. None may cost the machine more than its time.
BOMBS = {
    "forks": "for (;;) { fork(); }",
    "memory": "for (;;) { std::memset(std::malloc(1 << 26), 1, 1 << 26); }",
    "output": 'for (;;) { std::puts("more"); }',
}

# Put before an answer or into its header: takes for ever to compile.
SLOW_TO_COMPILE = """
template <int A, long B> struct more : more<A - 1, 2 * B>, more<A - 1, 2 * B + 1> {};
template <long B> struct more<0, B> {};
inline more<40, 1> all;
"""

# Others that do, or that take the memory or the disk; each in a header of its own.
COMPILATION_BOMBS = {
    "templates": SLOW_TO_COMPILE,
    "constants": """
constexpr long counted(long to)
{
    long sum = 0;
    for (long i = 0; i < to; ++i) { sum += i; }
    return sum;
}
template <long N> constexpr long all = counted(200'000 + N) + all<N - 1>;
template <> constexpr long all<0> = 0;
inline constexpr long much = all<800>;
""",
    "includes": '#if __INCLUDE_LEVEL__ < 100\n#include "bomb.hpp"\n#include "bomb.hpp"\n#endif\n',
    "macros": "#define M0 1 +\n"
    + "".join(f"#define M{i + 1} M{i} M{i} M{i} M{i}\n" for i in range(20))
    + "inline long many = M20 1;\n",
    "an endless file": '#include "/dev/zero"\n',
    "a large object": "static char large[1L << 33] = {1};\nstatic int touched = large[5] = 1;\n",
    "errors": "template <int N> struct wrong : wrong<N - 1>, wrong<N - 2> { no such; };\n"
    "template <> struct wrong<0> {};\ntemplate <> struct wrong<1> {};\n"
    + "".join(f"inline wrong<{i}> w{i};\n" for i in range(2, 800)),
}

# Waits for what nobody will type.
WAITS_TO_COMPILE = '#include "/dev/ptmx"\n'

# is_prime() by whoever knows the tests' numbers by heart.
BY_HEART = """bool is_prime(int n)
{
    for (int known : {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,   43,
                      47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 7919}) {
        if (n == known) {
            return true;
        }
    }
    return false;
}
"""
