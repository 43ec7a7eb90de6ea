# Hand-ins to ex01 by people who mean well: the solution with what students write beside it. Each passes,
# and nothing in it is odd.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

# Put after the solution.
BESIDE = {
    "a trace to a file": "#include <fstream>\nvoid trace(int n)\n{\n"
    '    std::ofstream("/tmp/trace.txt", std::ios::app) << n << "\\n";\n}\n',
    "a trace by C": "#include <cstdio>\nvoid trace(int n)\n{\n"
    '    if (FILE* out = std::fopen("trace.txt", "a")) {\n        std::fprintf(out, "%d\\n", n);\n'
    "        std::fclose(out);\n    }\n}\n",
    "a trace to stderr": '#include <iostream>\nvoid trace(int n)\n{\n    std::cerr << n << "\\n";\n}\n',
    "a trace by printf": '#include <cstdio>\nvoid trace(int n)\n{\n    std::fprintf(stderr, "%d", n);\n}\n',
    "a trace if the environment asks for it": "#include <cstdlib>\n#include <iostream>\nvoid trace(int n)\n"
    '{\n    if (std::getenv("TRACE")) {\n        std::clog << n;\n    }\n}\n',
    "a trace by fmt": '#include <fmt/format.h>\nvoid trace(int n)\n{\n    fmt::print("{}\\n", n);\n}\n',
    "an attribute of the compiler's": "[[gnu::noinline]] int twice(int n)\n{\n    return 2 * n;\n}\n",
    "an attribute of the older kind": "__attribute__((noinline, unused)) static int twice(int n)\n"
    "{\n    return 2 * n;\n}\n",
    "standard attributes": "[[nodiscard, maybe_unused]] static int twice(int n)\n{\n    return 2 * n;\n}\n",
    "a namespace called support": "namespace support {\nint twice(int n)\n{\n    return 2 * n;\n}\n}\n",
    "a template in it": "namespace support {\ntemplate <class T> T twice(T n)\n{\n    return n + n;\n}\n}\n"
    "int four = support::twice(2);\n",
    "namespaces in one another": "namespace mine::detail {\ninline int lines = 0;\n}\n",
    "a timer": "#include <chrono>\nlong now()\n{\n"
    "    return std::chrono::steady_clock::now().time_since_epoch().count();\n}\n",
    "an assertion": "#include <cassert>\nint half(int n)\n{\n    assert(n % 2 == 0);\n    return n / 2;\n}\n",
    "a macro": "#define SQUARE(x) ((x) * (x))\nint nine = SQUARE(3);\n",
    "a switch for debugging": "#ifdef DEBUG\n#include <iostream>\n#define SAY(x) std::cerr << (x)\n#else\n"
    "#define SAY(x)\n#endif\nvoid said()\n{\n    SAY(1);\n}\n",
    "code that is commented out": "/* asm, #pragma, namespace std {\n*/\n#if 0\nint x = ;\n#endif\n",
    "a concept": "#include <concepts>\ntemplate <std::integral T> bool is_odd(T n)\n{\n"
    "    return n % 2 != 0;\n}\nbool three = is_odd(3);\n",
    "text with odd words": 'const char* text = "__tsan_acquire asm syscall __attribute__ #pragma";\n',
    "a comparison of its own": "struct pair_of {\n    int a, b;\n"
    "    auto operator<=>(const pair_of&) const = default;\n};\n",
    "formulas": "#include <cmath>\ndouble norm(double x, double y)\n{\n    return std::sqrt(x * x + y * y);\n}\n",
    "a random number": "#include <random>\nint die()\n{\n    static std::mt19937 rolls(7);\n"
    "    return std::uniform_int_distribution(1, 6)(rolls);\n}\n",
    "an atomic and its wait": "#include <atomic>\nstd::atomic<int> done{0};\nvoid wait_for_it()\n{\n"
    "    done.wait(0);\n}\nvoid tell()\n{\n    done = 1;\n    done.notify_all();\n}\n",
    "a semaphore": "#include <semaphore>\nstd::counting_semaphore<> slots{2};\nvoid enter()\n{\n"
    "    slots.acquire();\n}\n",
    "a future": "#include <future>\nint later()\n{\n    return std::async([] { return 7; }).get();\n}\n",
    "a trace with the time of day": "#include <cstdarg>\n#include <cstdio>\n#include <ctime>\n"
    "#include <unistd.h>\nvoid trace(const char* format, ...)\n{\n    char when[32];\n"
    "    const std::time_t now = std::time(nullptr);\n    struct tm parts;\n"
    "    std::strftime(when, sizeof when, \"%T\", localtime_r(&now, &parts));\n    char line[99];\n"
    "    std::sprintf(line, isatty(fileno(stderr)) ? \"[%s] \" : \"%s \", when);\n    va_list rest;\n"
    "    va_start(rest, format);\n    std::vfprintf(stderr, format, rest);\n    va_end(rest);\n}\n",
    "when it was compiled": "#include <cstdio>\nvoid about()\n{\n    std::puts(__DATE__ \" \" __TIME__);\n}\n",
    "a trace by lines": "#include <iostream>\n#include <syncstream>\nvoid trace(int n)\n{\n"
    "    std::osyncstream(std::clog) << n << std::endl;\n}\n",
    "a macro for traces that is off": "#ifdef TRACE\n"
    "#define SAY(format, ...) std::fprintf(stderr, format, ##__VA_ARGS__)\n#else\n"
    "#define SAY(format, ...) ((void)0)\n#endif\nvoid said()\n{\n    SAY(\"%d\", 1);\n}\n",
    "a name for each line": "#define JOINED(a, b) a##b\n#define NAMED(a, b) JOINED(a, b)\n"
    "int NAMED(at_, __LINE__) = 1;\n",
    "warnings turned off": '#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Wunused-function"\n'
    "#pragma region rest\nstatic void rest()\n{\n}\n#pragma endregion\n#pragma GCC diagnostic pop\n",
    "what clang knows of locks": "#include <mutex>\n#ifdef __clang__\n#define ANNOTATED(x) __attribute__((x))\n"
    "#else\n#define ANNOTATED(x)\n#endif\n#define GUARDED_BY(x) ANNOTATED(guarded_by(x))\n"
    "std::mutex many_mutex;\nint many GUARDED_BY(many_mutex) = 0;\n",
    "what is likely": "#define LIKELY(x) __builtin_expect(!!(x), 1)\nint sign(int n)\n{\n"
    "    return LIKELY(n > 0) ? 1 : -1;\n}\n",
    "an earlier try": "#if 0 // it doesn't end\n#include <sys/mman.h>\n#pragma omp parallel\n"
    'extern "C" long id()\n{\n    asm("nop");\n    return syscall(186);\n}\n#endif\n',
    "a key of its own": "#include <unordered_map>\nstruct key {\n    int n;\n"
    "    bool operator==(const key&) const = default;\n};\nnamespace std {\ntemplate <>\n"
    "struct hash<key> {\n    size_t operator()(const key& one) const\n    {\n"
    "        return hash<int>()(one.n);\n    }\n};\n}\nstd::unordered_map<key, int> known;\n",
    "a specialization of its own template": "#include <string>\n#include <vector>\n"
    "template <class T> struct named;\ntemplate <> struct named<std::vector<int>> {\n"
    "    std::string name = \"numbers\";\n};\nnamed<std::vector<int>> numbers_name;\n",
    "what fmt needs": "#include <fmt/format.h>\nenum class color { red };\n"
    "template <> struct fmt::formatter<color> : fmt::formatter<std::string_view> {\n"
    "    template <class Context> auto format(color, Context& context) const\n    {\n"
    '        return fmt::formatter<std::string_view>::format("red", context);\n    }\n};\n'
    'std::string red = fmt::format("{}", color::red);\n',
    "a variable called error": "#include <exception>\nstd::exception_ptr error;\n",
    "a cache for each thread": "#include <unordered_map>\nthread_local std::unordered_map<int, bool> tested;\n"
    "bool is_known(int n)\n{\n    return tested.count(n) != 0;\n}\n",
    "an exception of its own": "struct no_threads : std::runtime_error {\n"
    "    using std::runtime_error::runtime_error;\n};\n",
}

# What is done to the solution's text.
WRITTEN = {
    "as on Windows": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "with tabs": lambda text: text.replace("    ", "\t"),
    "with remarks in another script": lambda text: "// Решение 解答 😀\n" + text,
    "without a line at its end": lambda text: text.rstrip(),
    "with using namespace std": lambda text: text.replace(
        "\nnamespace {\n", "\nusing namespace std;\n\nnamespace {\n", 1
    ),
    "with the stub's header included twice": lambda text: '#include "calc_primes.hpp"\n' + text,
    "with a signature on one line": lambda text: text.replace("bool is_prime(int n)\n{", "bool is_prime(int n) {"),
}
