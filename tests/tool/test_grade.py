# Hand-ins: what is read of them, what is odd in them, what is reported. Nothing is built or judged
# here; tests/grade does that, in truth.
#
# SPDX-License-Identifier: MIT
import csv
import dataclasses
import html.parser
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import fake_tree
from tool.building import bounded
from tool.building.build_folder import Case
from tool.console.terminal import harmless
from tool.course.layout import Exercise, WorkbookError
from tool.instructor import (
    archive,
    grade,
    grade_command,
    grade_forms,
    grade_junit,
    grade_pages,
    grade_platforms,
    grade_record,
    grade_report,
    handed,
    handin,
    place,
    supervised,
    trial,
)
from tool.instructor.grade import Graded
from tool.judging import audit, checker_recipe, sandbox, symbols
from tool.judging.judge import FAILED, PASSED, STUCK, Outcome

SEED = 614207733  # of the tests' numbers
PLAIN = "int twice(int n)\n{\n    return 2 * n;\n}\n"


class HandIns(fake_tree.FakeTree):
    """The fake tree's stub is accepted; hand-ins lie beside it."""

    def setUp(self):
        super().setUp()
        self.hand_out()
        self.top = self.root.parent / "alice"
        self.top.mkdir()

    def hand_in(self, name, text=PLAIN):
        return self.write(f"../alice/{name}", text)

    def read_it(self, alone=False):
        return handin.read(handed.tree_of(self.top), self.exercise, alone)

    def test_in_every_place(self):
        for name in ("exercises/ex01_count/count.cpp", "ex01_count/count.cpp"):
            self.hand_in(name)
            found = self.read_it()
            self.assertEqual(found.files["count.cpp"], PLAIN.encode(), name)
            self.assertEqual(found.files["count.hpp"], fake_tree.STUB_HEADER.encode(), name)
            self.assertNotIn("main.cpp", found.files)
            os.unlink(self.top / name)
            os.rmdir((self.top / name).parent)

    def test_bare_files_if_one_exercise_is_asked_for(self):
        self.hand_in("count.cpp")
        self.assertIsNone(self.read_it())
        self.assertEqual(self.read_it(alone=True).files["count.cpp"], PLAIN.encode())

    def test_the_folder_itself(self):
        self.hand_in("ex01_count/count.cpp")
        found = handin.read(handed.tree_of(self.top / "ex01_count"), self.exercise, False)
        self.assertEqual(found.files["count.cpp"], PLAIN.encode())

    def test_nothing_there(self):
        self.hand_in("README.md")
        self.assertIsNone(self.read_it(alone=True))
        self.assertEqual(handin.all_started(handed.tree_of(self.top), self.root), [])

    def test_the_stub_is_not_started(self):
        self.hand_in("ex01_count/count.cpp", fake_tree.STUB)
        self.assertEqual(handin.all_started(handed.tree_of(self.top), self.root), [])
        self.hand_in("ex01_count/more.cpp")
        self.assertEqual(len(handin.all_started(handed.tree_of(self.top), self.root)), 1)

    def test_neither_program_nor_hidden_files(self):
        self.hand_in("ex01_count/main.cpp", "int main() { return 9; }\n")
        self.hand_in("ex01_count/.#count.cpp")
        self.hand_in("ex01_count/count.cpp")
        self.assertEqual(set(self.read_it().files), {"count.cpp", "count.hpp"})

    def unreadable(self, pattern):
        with self.assertRaisesRegex(handin.Unreadable, pattern):
            self.read_it()

    def test_links(self):
        secret = self.write("../secret.cpp", "secret\n")
        (self.top / "ex01_count").mkdir()
        (self.top / "ex01_count/count.cpp").symlink_to(secret)
        self.unreadable("count.cpp is a link")

    def test_a_link_to_a_folder(self):
        (self.top / "ex01_count").symlink_to(self.exercise.solution)
        self.unreadable("ex01_count is a link")

    def test_a_link_to_the_folder_above(self):
        self.write("../elsewhere/ex01_count/count.cpp", PLAIN)
        (self.top / "exercises").symlink_to(self.root.parent / "elsewhere")
        self.unreadable("exercises is a link")

    def test_a_pipe_is_not_waited_for(self):
        (self.top / "ex01_count").mkdir()
        os.mkfifo(self.top / "ex01_count/count.cpp")
        self.unreadable("no plain file")
        os.unlink(self.top / "ex01_count/count.cpp")
        os.mkdir(self.top / "ex01_count/count.cpp")
        self.unreadable("no plain file")

    def test_too_much(self):
        self.hand_in("ex01_count/count.cpp", "/" * (handed.MOST_BYTES + 1))
        self.unreadable("larger than 256 KiB")
        self.hand_in("ex01_count/count.cpp")
        for number in range(handin.MOST_FILES):
            self.hand_in(f"ex01_count/a{number}.cpp")
        self.unreadable("more than 40 files")

    def test_what_lies_beside_an_answer_does_not_hide_it(self):
        self.hand_in("ex01_count/count.cpp")
        self.hand_in("ex01_count/a b.cpp")
        self.hand_in("ex01_count/large.cpp", "/" * (handed.MOST_BYTES + 1))
        os.mkfifo(self.top / "ex01_count/pipe.cpp")
        (self.top / "ex01_count/link.hpp").symlink_to("/etc/passwd")
        os.mkfifo(self.top / "pipe.cpp")
        found = self.read_it()
        self.assertEqual(set(found.files), {"count.cpp", "count.hpp"})
        for name in ("a b.cpp", "large.cpp", "pipe.cpp is no", "link.hpp is a link"):
            self.assertTrue(any(name in one for one in found.remarks), (name, found.remarks))

    def test_headers_that_it_brings(self):
        """Those that it includes, in folders below it, too; no others."""
        answer = '#include "trace.h"\n#include "util/a.hpp"\n#include "gone.h"\n' + PLAIN
        self.hand_in("ex01_count/count.cpp", answer)
        self.hand_in("ex01_count/trace.h", "#define TRACE(x)\n")
        self.hand_in("ex01_count/util/a.hpp", '#  include <b.inl>\n#include "../trace.h"\n#include "../../x.h"\n')
        self.hand_in("ex01_count/util/b.inl")
        self.hand_in("ex01_count/util/unused.hpp")
        self.hand_in("ex01_count/util/other.cpp")
        self.hand_in("ex01_count/old.h")
        self.hand_in("x.h")
        found = self.read_it()
        self.assertEqual(
            set(found.files), {"count.cpp", "count.hpp", "trace.h", "util/a.hpp", "util/b.inl"}
        )
        self.assertEqual(found.remarks, ())
        holder = self.top / "place"
        holder.mkdir()
        made = place.Place(holder, found, 1)
        self.assertTrue((made.answer / "util/b.inl").is_file())

    def test_a_header_that_is_none(self):
        self.hand_in("ex01_count/count.cpp", '#include "trace.h"\n' + PLAIN)
        (self.top / "ex01_count/trace.h").symlink_to("/etc/passwd")
        (self.top / "ex01_count/other.h").symlink_to("/etc/passwd")
        found = self.read_it()
        self.assertEqual(set(found.files), {"count.cpp", "count.hpp"})
        self.assertEqual(found.remarks, ("left out: trace.h is a link",))

    def test_a_file_and_a_folder_of_one_name(self):
        """As only an archive can have them."""
        self.hand_in("ex01_count/count.cpp", '#include "a.h"\n#include "a.h/b.h"\n' + PLAIN)
        tree = handed.tree_of(self.top)
        for name in ("a.h", "a.h/b.h", "count.cpp/c.h"):
            tree.files[f"ex01_count/{name}"] = archive.Member(name, 0, b'#include "count.cpp/c.h"\n')
        found = handin.read(tree, self.exercise, False)
        self.assertEqual(len(found.files), 3)
        self.assertIn("has the name of a file and of a folder", " ".join(found.remarks))
        holder = self.top / "place"
        holder.mkdir()
        place.Place(holder, found, 1)

    def test_an_older_copy_in_a_checkout_is_not_judged(self):
        self.hand_in("exercises/ex01_count/count.cpp")
        self.hand_in("exercises/ex01_count_old/count.cpp", "int old;\n")
        os.utime(self.top / "exercises/ex01_count/count.cpp", (1000, 1000))
        self.assertEqual(self.read_it().files["count.cpp"], PLAIN.encode())

    def test_what_an_editor_does_to_a_stub_is_no_start(self):
        for change in (lambda t: t.replace("\n", "\r\n"), lambda t: f"\ufeff{t}\n", str.rstrip):
            self.hand_in("ex01_count/count.cpp", change(fake_tree.STUB))
            self.assertFalse(handin.is_started(self.read_it()))
        self.hand_in("ex01_count/count.cpp", fake_tree.STUB.replace("    ", ""))
        self.assertTrue(handin.is_started(self.read_it()))

    def test_one_bad_hand_in_is_a_line_and_no_end(self):
        (self.top / "ex01_count").symlink_to(self.exercise.solution)
        for wanted in ([], [self.exercise]):
            [found] = grade.answers(self.root, handed.tree_of(self.top), wanted)
            self.assertEqual((found.verdict, found.why), (grade.UNREADABLE, "ex01_count is a link"))

    def test_what_is_missing_is_said(self):
        [found] = grade.answers(self.root, handed.tree_of(self.top), [])
        self.assertEqual(found.verdict, grade.MISSING)
        [found] = grade.answers(self.root, handed.tree_of(self.top), [self.exercise])
        self.assertEqual(found.verdict, grade.MISSING)

    def test_bad_words(self):
        self.write("../archive.rar", "")
        for name, why in (("nowhere", "is not there"), ("archive.rar", "nor an archive")):
            with self.assertRaisesRegex(WorkbookError, why) as raised:
                handed.tops([str(self.root.parent / name)])
            self.assertEqual(raised.exception.status, 2)

    def test_an_edited_stub_is_no_measure(self):
        self.change("exercises/ex01_count/count.cpp", "return two", "give two")
        with self.assertRaisesRegex(WorkbookError, "scripts/workbook reset ex01"):
            grade.refuse_edited(self.exercise)


class Source(unittest.TestCase):
    def kinds(self, text, name="count.cpp"):
        stub = {"count.cpp": b"", "count.hpp": fake_tree.STUB_HEADER.encode()}
        files = {name: text.encode(), "more.hpp": b"#pragma once\n"}
        return [one.kind for one in audit.findings(files, stub)]

    def test_honest_code(self):
        text = (
            '#include "count.hpp"\n#include <vector>\n#include "given/todo.hpp"\n#define TWO 2\n'
            "#ifdef TWO\n#endif\n// asm, #pragma and namespace std in a comment\n"
            'const char* s = "asm(\\"#pragma\\") __attribute__"; int million = 1\'000\'000;\n'
            "/* #pragma omp\n#line 3 */ [[maybe_unused]] int x; auto r = R\"(\n#line 1\nasm)\";\n"
        )
        self.assertEqual(self.kinds(text), [])

    def test_each_oddity(self):
        for text in (
            'asm("nop");',
            '__asm__ volatile("nop");',
            "__attribute__((constructor)) void f();",
            "[[gnu::no_sanitize(\"thread\")]] void f();",
            "[[using gnu: noinline]] void f();",
            '_Pragma("x")',
            "void f() { __tsan_acquire(0); }",
            "namespace std { int x; }",
            "namespace\nCatch\n{ extern int* page; }",
            "template <> inline bool std::operator==(int, int) { return true; }",
            "template <> struct std::less<key> {};",
            "template <> inline void std::swap<key>(key& a, key& b) {}",
            "template <> constexpr bool std::is_pod_v<key> = true;",
            "namespace std { template <> struct less<key> {}; }",
            "namespace std { template <> struct hash<key> { int f() { return 1; } }; int x; }",
            '#if 0\n#else\nasm("nop");\n#endif',
            '#if 0\n#elifdef X\n#endif',
            '#if 0\n#if 1\n#endif\n#elif 1\nasm("nop");\n#endif',
            '#if 0 || X\nasm("nop");\n#endif',
            '#define false 1\n#if false\nasm("nop");\n#endif',
            "template <> inline void (std::swap<key>)(key& a, key& b) {}",
            "namespace Catch { template <> struct hash<key> {}; }",
            "namespace std::chrono { template <> struct hash<key> {}; }",
            '#pragma comment(linker, "x")',
            '#pragma region R"(',
            'auto a = R"(\n#if 0\n)"; asm("nop"); auto b = R"(\n#endif\n)";',
            "void AnnotateHappensBefore();",
            '#pragma GCC diagnostic error "-Wall"',
            "#pragma once upon",
            'extern "C" int open();',
            'extern "C" void work(int);',
            'extern "C" { void work(int) { } }',
            "int* p = (int*)__builtin_frame_address(0);",
            "#pragma GCC optimize(3)",
            "  #  line 7 \"other.cpp\"",
            "#include_next <x>",
            "%:pragma x",
            "#include \"/etc/passwd\"",
            "#include \"../../solutions/ex01/x.cpp\"",
            "#include <../x>",
            "#include \"support/watch_page.hpp\"",
            "#include <sys/mman.h>",
            "#include PATH",
            "as\\\nm(\"nop\");",
            "#pra\\\ngma x",
            "long n = syscall(2);",
            "as\\\x0b\nm(1);",
            "char8_t c = u8'\"'; asm(\"nop\"); // \"",
            '#define BAR\nauto s = BAR"("; asm("nop"); auto t = ")";',
            "[[maybe_unused, gnu::no_sanitize_thread]] void f();",
            "[[__gnu__::__no_sanitize_thread__]] void f();",
            "[ [gnu::optimize(3)] ] void f();",
            "[[deprecated(a[1]), gnu::optimize(3)]] void f();",
            "<:<:gnu::no_sanitize_thread:>:> void f();",
            "[[gnu::noinline, gnu::no_sanitize_thread]] void f();",
            "__attribute__((noinline, constructor)) void f();",
            "void f() { *todo_page = 0; }",
            '#include "./support/watch_page.hpp"',
            "#include <./catch2/catch.hpp>",
            "#include <immintrin.h>",
        ):
            self.assertEqual(len(self.kinds(text)), 1, text)

    def test_what_only_a_compiler_can_read(self):
        """A file's name in a directive holds what elsewhere begins a comment or a text, say."""
        for text in (
            "#define HAS __has_include\n#if !HAS(<a/*b>)\n#line 1 \"/usr/include/x.h\"\n#endif // */",
            '#define HAS __has_include\n#if !HAS("a\\") /* "\n#define X\n#endif /* */\n# 1 "/usr/include/x.h" 3\n// */',
            'auto s = R"()\\\n" /* )";\n#line 1 "x.h"\n/* */',
            'auto s = R"[( )<:" /* )[";\n#line 1 "x.h"\n/* */',
            "/* */ #define X",
            "#/*\n*/define X",
        ):
            self.assertTrue(self.kinds(text), text)

    def test_more_honest_code(self):
        for text in (
            "using namespace std;\nint main() { }",
            "using namespace std::chrono_literals;",
            '#include "../given/todo.hpp"',
            "int x = a[b[1]]; auto f = [x, y = [] { return 1; }()] { return x; };",
            "template <> struct less<key> {};",
            "[[gnu::noinline]] void f(); [[gnu::cold, maybe_unused]] void g();",
            "__attribute__((noinline)) void f(); __attribute__((__format__(printf, 1, 2))) void g();",
            "namespace support { int lines; }\nnamespace mine::support { int x; }",
            "auto big = 0xFF'FF + 1'000u; char c = '\"';",
            "#if 0 // it doesn't work\nasm(\"nop\"); syscall(1);\n#if X\n#pragma omp parallel\n#else\n"
            "#include <sys/mman.h>\n#endif\nextern \"C\" int f();\n#endif\nint x;",
            '#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Wunused"\n#pragma GCC diagnostic pop',
            "#pragma region waits\n#pragma endregion",
            "#define LOG(format, ...) printf(format, ##__VA_ARGS__)\n#define JOINED(a, b) a##b",
            "#define GUARDED_BY(x) __attribute__((guarded_by(x)))\n#define ANNOTATED(x) __attribute__((x))",
            "#define LIKELY(x) __builtin_expect(!!(x), 1)",
            '#define QUIET _Pragma("GCC diagnostic ignored \\"-Wunused\\"")',
            'extern "C" void on_signal(int) { }',
            'extern "C" void handle(int number) noexcept\n{\n}',
            "template <> struct shown<std::vector<int>> { };",
            "template <> struct fmt::formatter<key> : fmt::formatter<std::string_view> { };",
            "template <> inline std::vector<int> twice<int>(int n) { return {n, n}; }",
            "template <> auto name_of<int>(int) -> std::string { return {}; }",
            "template <> struct std::hash<key> { };",
            "namespace std {\ntemplate <>\nstruct hash<key> {\n    int f() { return 1; }\n};\n}",
            "struct AnnotatedNumber { }; AnnotatedNumber AnnotateAll();",
        ):
            self.assertEqual(self.kinds(text), [], text)

    def test_hostile_texts_take_no_time(self):
        for part in (
            "template<>", "/* ", 'R"( ', "[[", "[[a", "namespace std ", "'", '"', "#define x ", "#if 0\n",
            "namespace std{template<>struct hash<a>", "template<>std::", "template<", "class ", "{", "}",
            "*/", "#/*", "</*", 'R")<:', "friend ", '#if "\\"', "# 1 has_include",
        ):  # fmt: skip
            for name in ("count.cpp", "count.hpp"):
                self.kinds(part * (handed.MOST_BYTES // 4 // len(part)), name)  # or it would take hours

    def test_what_macros_expand_to(self):
        output = (
            '# 1 "/b/exercises/ex01/a.cpp"\n# 1 "/usr/include/x.h" 1 3\nasm("nop");\n'
            '# 2 "/b/exercises/ex01/a.cpp" 2\nint x;\nasm("nop");\n#pragma GCC optimize(3)\n'
            '# 1 "/b/exercises/given/x.hpp" 1\nasm("nop");\n'
        )
        found = audit.preprocessed_findings(output, "/b/exercises/ex01")
        self.assertEqual(
            [one.kind for one in found], ["assembly (asm)", "a pragma (#pragma GCC optimize(3))"]
        )

    def expanded(self, text):
        output = f'# 1 "/b/ex01/a.cpp"\n{text}\n'
        return [one.kind for one in audit.preprocessed_findings(output, "/b/ex01")]

    def test_names_that_macros_have_made(self):
        self.assertEqual(self.expanded("long n = syscall(2);"), ["a system call (syscall)"])
        [kind] = self.expanded("void* p = __builtin_frame_address(0);")
        self.assertIn("a compiler's function", kind)
        for text in ("#pragma GCC diagnostic pop", "#pragma region x", "__builtin_va_end(rest);"):
            self.assertEqual(self.expanded(text), [], text)

    def test_headers_in_folders_below_are_expanded_too(self):
        output = '# 1 "/b/ex01/util/a.hpp"\nasm("nop");\n# 1 "/b/ex012/b.hpp"\nasm("nop");\n'
        [found] = audit.preprocessed_findings(output, "/b/ex01")
        self.assertEqual(found.where, "util/a.hpp")
        self.assertEqual(len(audit.differing(output, "", "/b/ex01")), 1)

    def test_a_raw_text_that_looks_like_the_preprocessor_s_own_lines(self):
        for text in ('auto s = R"(\n# 1 "/usr/x.h" 3\n)"; asm("nop");', 'auto s = R"x(a"\n# 1 "/x" 3\n)x";\nasm("nop");'):
            self.assertEqual(self.expanded(text), ["assembly (asm)"], text)

    def seen(self, text, **more):
        stub = {"count.hpp": fake_tree.STUB_HEADER.encode()}
        usual = {"count.hpp": fake_tree.STUB_HEADER}
        return [one.kind for one in audit.seen_by_tests({"count.hpp": text, **more}, usual, stub)]

    def test_what_macros_of_the_tests_make_of_a_header(self):
        spare = "int spare_ = 0;"
        self.assertIn(spare, fake_tree.STUB_HEADER)
        for private, count in (
            (spare, 0), ("pthread_mutex_t lock_ = { { 0, 0 } };", 0),
            ("}; inline int lied = 1; class rest {", 1), ("", 0),
        ):  # fmt: skip
            text = fake_tree.STUB_HEADER.replace(spare, private)
            self.assertEqual(len(self.seen(text)), count, private)
        self.assertEqual(len(self.seen("")), 1)
        self.assertEqual(audit.seen_by_tests({}, {"count.hpp": "int x;"}, {"count.hpp": b"int x;"}), [])
        for text, count in (("int x;", 0), ("int x; int lied;", 1)):
            self.assertEqual(len(audit.seen_by_tests({"a.hpp": text}, {}, {"a.hpp": b"int x;"})), count)

    def test_a_header_of_ones_own_that_the_tests_find(self):
        kinds = self.seen(fake_tree.STUB_HEADER, **{"given/todo.hpp": "int x;"})
        self.assertEqual(kinds, ["#include of given/todo.hpp, which the tests see"])

    def test_a_header_of_directives_alone(self):
        output = '# 1 "/usr/x.h" 1 3\n# 1 "/b/ex01/assert.h" 1 3\n# 5 "/usr/x.h" 2 3\nint a;\n'
        for text in (output, audit.own_text(output, "/b/ex01")):
            self.assertEqual(list(audit.own_parts(text, "/b/ex01")), ["assert.h"])

    def test_a_todo_in_a_header_as_the_tests_see_it(self):
        stub = b'#pragma once\ninline int twice(int n)\n{\n    todo("do it");\n}\n'
        usual = "inline int twice(int n)\n{\n    return 2 * n;\n}\n"
        for text, count in ((usual.replace("2 * n", "n + n"), 0), (usual + "int x;\n", 1)):
            found = audit.seen_by_tests({"count.hpp": text}, {"count.hpp": usual}, {"count.hpp": stub})
            self.assertEqual(len(found), count, text)

    def test_another_program_when_it_is_judged(self):
        judged = '# 1 "/b/ex01/a.cpp"\nint  lock();\n# 1 "/usr/include/x.h" 1 3\nint a;\n'
        for other, count in (
            ('# 1 "/b/ex01/a.cpp"\n\nint lock();\n# 1 "/usr/include/x.h" 1 3\nint b;\n', 0),
            ('# 1 "/b/ex01/a.cpp"\nint nothing();\n', 1),
            ("", 1),
            (judged + '# 1 "/b/ex01/b.hpp" 1\nint more;\n', 1),
        ):
            self.assertEqual(len(audit.differing(judged, other, "/b/ex01")), count, other)
            own = audit.own_text(judged, "/b/ex01"), audit.own_text(other, "/b/ex01")
            self.assertEqual(len(audit.differing(*own, "/b/ex01")), count, other)

    def test_macros_of_the_system_s_that_come_with_the_optimizer(self):
        plain = '# 1 "/b/ex05/a.cpp"\na.sin_port = htons(port); a.s_addr = htonl(x);\n'
        optimized = '# 1 "/b/ex05/a.cpp"\na.sin_port = __bswap_16 (port); a.s_addr = __bswap_32 (x);\n'
        self.assertEqual(audit.differing(plain, optimized, "/b/ex05"), [])

    def test_files_of_the_machine_that_are_asked_for(self):
        for asked, count in (
            ("<barrier>", 0), ('"more.hpp"', 0), ("<sys/epoll.h>", 0), ('"/etc/passwd"', 1),
            ("</etc/passwd>", 1), ('"../../etc/passwd"', 1), ('"a/../../../etc/passwd"', 1), ("PATH", 1),
        ):  # fmt: skip
            for line in (f"#if __has_include({asked})", f"#if 1 && __has_include ( {asked} )"):
                self.assertEqual(len(self.kinds(f"{line}\nint x;\n#endif\n")), count, line)
        for known in ("defined(__has_include)", "defined __has_include", "defined ( __has_include )"):
            line = f"#if {known} && __has_include(<format>)"
            self.assertEqual(self.kinds(f"{line}\nint x;\n#endif\n"), [], line)
            self.assertEqual(len(self.kinds(f'{line[:-8]}"/etc/passwd")\nint x;\n#endif\n')), 1, line)

    def test_places(self):
        [found] = audit.findings({"a.cpp": b'int x; // asm\n"\\\n";\nasm("nop");\n'}, {})
        self.assertEqual(str(found), "a.cpp:4: assembly (asm)")

    def header(self, old, new):
        text = fake_tree.STUB_HEADER
        self.assertIn(old, text)
        return self.kinds(text.replace(old, new), "count.hpp")

    def test_the_private_part_of_a_header_is_free(self):
        self.assertEqual(self.header("int spare_ = 0;", "std::vector<int> all_;"), [])
        self.assertEqual(self.header("#pragma once\n", "#pragma once\n#include <vector>\n"), [])

    def test_the_layout_of_a_header_is_free(self):
        self.assertEqual(self.header("/// Two times n.\n", "/* mine */\n"), [])
        self.assertEqual(self.header("int next();", "int\n    next( );"), [])
        for change in (lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), str.expandtabs):
            text = change(fake_tree.STUB_HEADER.replace("    ", "\t"))
            self.assertEqual(self.kinds(text, "count.hpp"), [])

    def test_any_style_of_braces_will_do(self):
        private = ("    int spare_ = 0;\n", "    struct\n    {\n        int a;\n    } all_;\n")
        for changes in (
            [("class counter {", "class counter\n{")],
            [("public:", " public:"), ("private:", " private:")],
            [("class counter {\npublic:", "class counter { public:")],
            [("int twice(int n);", "int\ntwice (int n);"), ("class counter {", "class counter\n  {")],
        ):
            text = fake_tree.STUB_HEADER
            for old, new in [*changes, private]:
                self.assertIn(old, text)
                text = text.replace(old, new)
            self.assertEqual(self.kinds(text, "count.hpp"), [], text)

    def test_a_body_in_any_style(self):
        stub = b'#pragma once\ntemplate <class T>\nT twice([[maybe_unused]] T n)\n{\n    todo("do it");\n}\n'
        for text in (
            "template <typename T> T twice(T n) {\n  return 2 * n;\n}\n",
            "template<class T>\nT twice(T n) { if (n) { n += n; } return n; }\n",
        ):
            answer = f"#pragma once\n{text}".encode()
            self.assertEqual(audit.findings({"count.hpp": answer}, {"count.hpp": stub}), [], text)

    def test_guards_and_words_to_callers(self):
        guarded = ("#pragma once", "#ifndef MY_COUNT_HPP\n# define MY_COUNT_HPP")
        text = fake_tree.STUB_HEADER.replace(*guarded) + "#endif // MY_COUNT_HPP\n"
        self.assertEqual(self.kinds(text, "count.hpp"), [])
        self.assertEqual(self.header("int next();", "[[nodiscard]] int next();"), [])
        self.assertEqual(self.header("public:", "private:\n    struct x;\npublic:"), [])
        self.assertEqual(self.header("int spare_ = 0;", "#pragma region x\nint x_;\n#pragma endregion"), [])

    def test_an_older_private_part(self):
        old = "#if 0\n    int old_;\n};\n#endif\n    int spare_ = 0;"
        self.assertEqual(self.header("int spare_ = 0;", old), [])
        self.assertTrue(self.header("int spare_ = 0;", "#if 0\n#else\n    int more_;\n#endif\n"))

    def test_what_others_see_of_a_private_part(self):
        for more in (
            "SOME_MACRO public: int lied;",
            "friend bool operator==(const counter&, int) { return true; }",
            "friend\nauto operator<=>(const counter&, const counter&) = default;",
            "template <class T> friend bool operator==(const T&, int) { return true; }",
            "void f() { do { pthread_cleanup_pop(0); int lied; }",
        ):
            self.assertTrue(self.header("int spare_ = 0;", f"int spare_ = 0;\n{more}\n"), more)
        for more in (
            "friend class other;",
            "struct due { long at; friend bool operator<(const due& a, const due& b) { return a.at < b.at; } };",
        ):
            self.assertEqual(self.header("int spare_ = 0;", f"{more}\nint spare_ = 0;"), [], more)

    def test_operators_are_read_whole(self):
        stub = b"#pragma once\ninline int next(int n) { return ++n; }\n"
        for text, count in (("return ++n;", 0), ("return + +n;", 1), ("return ++ n ;", 0)):
            answer = stub.replace(b"return ++n;", text.encode()).replace(b" {", b"\n{")
            found = audit.findings({"count.hpp": answer}, {"count.hpp": stub})
            self.assertEqual(len(found), count, text)

    def test_what_is_no_guard(self):
        for name in ("REQUIRE", "OTHER_HPP", "COUNT", "private"):
            text = fake_tree.STUB_HEADER.replace("#pragma once", f"#ifndef {name}\n#define {name}")
            self.assertEqual(len(self.kinds(f"{text}#endif\n", "count.hpp")), 1, name)

    def test_no_conditions_in_a_private_part(self):
        """Nor braces that a macro hides: what is inside, and what is not, would not be known."""
        lie = "}};\ninline int lied = 1;\nclass rest {{\n{}"
        for begin, end in (
            ("#define NO\n#ifndef NO\nstruct {\n#endif\n", "#ifndef NO\n};\n#endif\n"),
            ("__END_DECLS; inline int lied = 1; class rest __BEGIN_DECLS\n", ""),
        ):
            text = begin + lie.format(end) if end else begin
            self.assertTrue(self.header("int spare_ = 0;\n", text), text)

    def test_a_changed_interface(self):
        [kind] = self.header("int twice(int n);", "strange twice(int n);")
        self.assertIn("the public part is changed", kind)

    def test_what_ends_before_it_seems_to(self):
        kind = "the public part is changed (inline int lied"
        for more in (
            "    }; inline int lied = 1; class rest {",
            "    void f() { } } ; inline int lied = 1; class rest { struct y {\n    };",
            '    const char* a = "{{"; }; inline int lied = 1; class rest {',
            "    char a = '{'; %> ; inline int lied = 1; class rest <% char b = '}';",
        ):
            [found] = self.header("int spare_ = 0;", f"int spare_ = 0;\n{more}\n")
            self.assertIn(kind, found, more)
        fine = "    struct one {\n        int f() { return 1; }\n    };\n    std::vector<int> all_{};\n"
        self.assertEqual(self.header("int spare_ = 0;", f"int spare_ = 0;\n{fine}\n"), [])

    def test_a_body_in_a_header_that_ends_before_it_seems_to(self):
        stub = b'#pragma once\ntemplate <class T>\nT twice(T n)\n{\n    todo("double it");\n}\n'
        for body, count in (
            ("    if (n) { return 2 * n; }\n    return n;\n", 0),
            ("    return n; } inline int lied = 1; inline int f() {\n    return 1;\n", 1),
        ):
            text = stub.decode().replace('    todo("double it");\n', body).encode()
            found = audit.findings({"count.hpp": text}, {"count.hpp": stub})
            self.assertEqual(len(found), count, found)

    def test_what_the_tests_would_see(self):
        for more, kind in (
            ("#define REQUIRE(x)", "a macro that the tests see (REQUIRE)"),
            ("#define private public", "a macro that the tests see (private public)"),
            ("#undef REQUIRE", "#undef"),
            ('#include "more.hpp"', "#include of more.hpp, which the tests see"),
            ("#include <more.hpp>", "#include of more.hpp, which the tests see"),
            ('#include/**/"./more.hpp"', "#include of ./more.hpp, which the tests see"),
        ):
            kinds = self.header("#pragma once\n", f"#pragma once\n{more}\n")
            self.assertIn(kind, kinds)

    def test_a_header_of_ones_own_is_free(self):
        self.assertEqual(self.kinds("#pragma once\n#define TWICE(x) (2 * (x))\n", "own.hpp"), [])
        for path, count in (("../own.hpp", 0), ("../../given/todo.hpp", 0), ("../../x.hpp", 1), ("../support/a.hpp", 1)):
            self.assertEqual(len(self.kinds(f'#include "{path}"\n', "util/own.hpp")), count, path)


class ObjectCode(unittest.TestCase):
    AROUND = symbols.Surroundings(
        symbols.Symbols(strong=frozenset({"_Z4workv"})),
        symbols.Symbols(
            frozenset({"_ZN7support4pageE"}),
            frozenset({"_ZN5Catch3eqEv", "_Z6inlinev", "_ZN7support4lifeC1Ev"}),
            frozenset({"write"}),
        ),
        symbols.Symbols(
            frozenset({"open", "write", "read", "_Znwm", "pthread_mutex_lock"}),
            undefined=frozenset({"read"}),
        ),
    )

    def found(self, usual=symbols.Symbols(), exercise="ex01", traces=True, **answer):
        given = symbols.Symbols(**{kind: frozenset(names) for kind, names in answer.items()})
        return [str(one) for one in symbols.findings(given, self.AROUND, usual, exercise, traces)]

    def test_honest_code(self):
        names = ["_Z4workv", "_ZNSt6thread4joinEv", "_Znwm", "memcpy", "pthread_create"]
        self.assertEqual(self.found(undefined=names), [])
        weak = ["_ZNSt6vectorIiE4sizeEv", "_ZZNSt6vectorIiE4sizeEvE1x", "_Z6inlinev"]
        self.assertEqual(self.found(strong=["_Z6helperi"], weak=weak), [])

    def test_what_people_print_and_compute_with(self):
        names = "sprintf vfprintf explorer_vfprintf localtime localtime_r setvbuf fileno isatty putc sysconf"
        names += " lrint modf atan2f frexp labs random setlocale timespec_get getrusage drand48"
        self.assertEqual(self.found(undefined=names.split()), [])

    def test_a_variable_called_like_a_function_of_the_systems(self):
        """That nobody calls: a handler for the signal could go on elsewhere."""
        self.assertEqual(self.found(strong=["open"], variables=["open"]), [])
        self.assertEqual(len(self.found(strong=["open"])), 1)
        self.assertEqual(len(self.found(strong=["_Z4workv"], variables=["_Z4workv"])), 1)
        for called in ("write", "read"):
            self.assertEqual(len(self.found(strong=[called], variables=[called])), 1, called)
        around = symbols.Surroundings(
            symbols.Symbols(), symbols.Symbols(),
            symbols.Symbols(strong=frozenset({"optind"}), variables=frozenset({"optind"})),
        )  # fmt: skip
        mine = symbols.Symbols(strong=frozenset({"optind"}), variables=frozenset({"optind"}))
        self.assertEqual(len(symbols.findings(mine, around, symbols.Symbols(), "ex01", True)), 1)

    TRACE = ("getenv", "fopen", "_ZNSt14basic_ofstreamIcSt11char_traitsIcEEC1Ev")

    def test_a_trace(self):
        """Where no file but those in /tmp can be written, nobody's memory either."""
        self.assertEqual(self.found(undefined=[*self.TRACE, "fprintf", "fclose"]), [])
        for name in self.TRACE:
            self.assertEqual(len(self.found(undefined=[name], traces=False)), 1, name)

    def test_what_each_exercise_is_about(self):
        for name, about in (
            ("write", "ex03 ex05 ex10 ex13"), ("pipe", "ex03 ex12"), ("_exit", "ex03 ex11 ex12"),
            ("getpid", "ex03"), ("send", "ex05 ex13"), ("sigaction", "ex03 ex12 ex14"),
            ("pthread_create", "ex01 ex02 ex13"),
            ("pthread_sigmask", "ex03 ex05 ex12 ex14"),
        ):  # fmt: skip
            for exercise in about.split():
                self.assertEqual(self.found(exercise=exercise, undefined=[name]), [], name)
            if "ex01" not in about:
                self.assertEqual(len(self.found(undefined=[name])), 1, name)

    def test_what_no_answer_needs(self):
        for name in (
            "open", "mmap", "dlsym", "ptrace", "system", "_ZN7support4pageE",
            "_ZNSt14basic_ifstreamIcSt11char_traitsIcEEC1Ev", "_ZNSt10filesystem6existsE",
            "_ZNSt13basic_filebufIcSt11char_traitsIcEE4openEPKcSt13_Ios_Openmode", "fread", "fgetc",
            "getline", "_ZN3fmt2v94file4readEPvm", "_ZN3fmt3v1113buffered_fileD1Ev", "pthread_kill", "pthread_exit", "pthread_getattr_np", "_Unwind_ForcedUnwind",
        ):
            self.assertEqual(len(self.found(undefined=[name])), 1, name)

    def test_definitions_in_the_place_of_others(self):
        for name in ("_Znwm", "pthread_mutex_lock", "_ZN7support4pageE", "_Z4workv", "_Z6inlinev"):
            self.assertEqual(len(self.found(strong=[name])), 1, name)
        self.assertEqual(len(self.found(weak=["_Znwm"])), 1)
        self.assertEqual(len(self.found(weak=["_ZN5Catch3eqEv"])), 1)
        self.assertEqual(len(self.found(weak=["_ZN7support4lifeC1Ev"])), 1)
        self.assertEqual(self.found(weak=["_ZN7support5twiceIiEET_S1_"]), [])

    def test_what_nm_prints(self):
        lines = ["/out/answer0.o:", "main T 0 10", "twice W 10 5", "open U", "later U", "here t 0"]
        lines += ["/out/answer1.o:", "later D 0 4", "memcpy@GLIBC_2.14 U"]
        self.assertEqual(
            symbols.listed("\n".join(lines)),
            symbols.Symbols(
                frozenset({"main", "later"}),
                frozenset({"twice"}),
                frozenset({"open", "memcpy"}),
                frozenset({"later"}),
            ),
        )

    def test_what_the_solution_does_too(self):
        usual = symbols.Symbols(frozenset({"pthread_mutex_lock"}), undefined=frozenset({"dlsym"}))
        self.assertEqual(self.found(usual, strong=["pthread_mutex_lock"], undefined=["dlsym"]), [])


class Sandbox(unittest.TestCase):
    def test_the_command(self):
        root = Path("/srv/book")
        view = sandbox.View(root, root, {root / "a/b.hpp": Path("/tmp/x")}, Path("/tmp/out"))
        words = " ".join(sandbox.command(view, ["prog", "word"], 3, 60))
        for part in (
            "--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv",
            "--dir /srv ", "--tmpfs /srv/book", "--dir /srv/book/a ",
            "--ro-bind /tmp/x /srv/book/a/b.hpp", "--bind /tmp/out /out", "--remount-ro / ",
            "--cpu=61:62", "-- prog word",
        ):  # fmt: skip
            self.assertIn(part, words)
        if os.geteuid() == 0:
            self.assertIn(f"setpriv --reuid={sandbox.FIRST_USER + 3} ", words)
            self.assertIn("--bounding-set=-all", words)
        else:
            self.assertIn("--unshare-user --cap-drop ALL", words)

    def too_much(self, out=None):
        return sandbox.too_much(os.getpid(), out, sandbox.Seen())

    def test_who_works_does_not_wait(self):
        """What is busy has its time, however little of the processor a busy machine leaves it."""
        for script, why in (("sleep 60; :", "waited for 1 s"), ("(while :; do :; done); :", "after 3 s")):
            process = subprocess.Popen(["sh", "-c", f"sh -c '{script}'; :"], start_new_session=True)
            try:
                with unittest.mock.patch("tool.judging.sandbox.LONGEST_WAIT", 1):
                    status, said = sandbox.watch(process, 3, None, True, sandbox.Seen())
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self.assertIsNone(status)
            self.assertRegex(said, f"^Gave up.* {why}")

    def test_a_supervisor_that_was_stopped(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / sandbox.SUPERVISOR
            program.symlink_to(shutil.which("sleep"))
            supervisor = subprocess.Popen([program, "60"])
            try:
                self.assertEqual(self.too_much(), "")
                os.kill(supervisor.pid, signal.SIGSTOP)
                os.waitpid(supervisor.pid, os.WUNTRACED)
                self.assertRegex(self.too_much(), "stopped its supervisor")
            finally:
                supervisor.kill()
                supervisor.wait()

    def test_what_is_too_much(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            self.assertEqual(self.too_much(out), "")
            (out / "answer.o").write_bytes(b"x" * 10_000)
            with unittest.mock.patch("tool.judging.sandbox.MOST_WRITTEN", 5_000):
                self.assertRegex(self.too_much(out), "wrote more than")
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            for name, what in (("MOST_PROCESSES", "processes"), ("MEMORY_OF_ALL", "memory")):
                with unittest.mock.patch(f"tool.judging.sandbox.{name}", 0):
                    self.assertRegex(self.too_much(), what)
        finally:
            sleeper.kill()
            sleeper.wait()

    def test_a_process_that_ends_is_known_at_once(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            self.assertIsNone(bounded.status_within(sleeper, 0))
            sleeper.kill()
            self.assertEqual(bounded.status_within(sleeper, 60), -signal.SIGKILL)
            self.assertEqual(bounded.status_within(sleeper, 60), -signal.SIGKILL)
        finally:
            sleeper.kill()
            sleeper.wait()

    def test_how_long_a_compilation_took(self):
        recipe = object.__new__(checker_recipe.Recipe)
        with tempfile.TemporaryDirectory() as folder:
            recipe.build = Path(folder)
            self.assertEqual(recipe.seconds("a.o"), 0)
            lines = ["# ninja log v5", "0\t900\t1\ta.o\tx", "10\t2510\t2\ta.o\ty", "0\t7\t3\tb.o\tz", "0"]
            (recipe.build / ".ninja_log").write_text("\n".join(lines), encoding="utf-8")
            self.assertEqual((recipe.seconds("a.o"), recipe.seconds("none.o")), (2.5, 0))

    def test_the_supervisors_record(self):
        case = Case("a", 1, False, False)

        def outcome(status, output, why=""):
            return supervised.outcome_of(case, sandbox.Ended(status, output, "trouble", why))

        passed = (Outcome(case, PASSED, "text"), supervised.Counts(3, 2))
        self.assertEqual(outcome(0, "passed 3 2\ntext\n"), passed)
        self.assertEqual(outcome(0, "failed 1 1\nno\n")[0].verdict, FAILED)
        self.assertEqual(outcome(0, "failed 1 1\nGave up after 20 s\n")[0].verdict, STUCK)
        self.assertEqual(outcome(0, "cannot-judge 0 0\nno\n")[0].verdict, FAILED)
        self.assertEqual(outcome(None, "passed 3 2\n", "too long")[0].verdict, STUCK)
        forged, _ = outcome(0, "forged 3 2\n")
        self.assertEqual((forged.verdict, forged.output), (FAILED, supervised.FORGED))
        self.assertEqual(len(trial.unjudged(trial.Trial([forged]))), 1)
        for status, output in ((0, ""), (1, "passed 3 2\n"), (137, ""), (0, "it passed 3 2\n")):
            found, _ = outcome(status, output)
            self.assertEqual((found.verdict, found.output), (FAILED, f"{supervised.NO_VERDICT}\ntrouble"))
            self.assertEqual(len(trial.unjudged(trial.Trial([found]))), 1)


# Of https://github.com/windyroad/JUnit-Schema, which Ant's reports and most readers follow: each
# element's attributes, those that must be there first, and what may stand in it, in this order.
JUNIT = {
    "testsuites": ((), (), ("testsuite",)),
    "testsuite": (
        ("id", "package", "name", "timestamp", "hostname", "tests", "failures", "errors", "time"),
        ("skipped",), ("properties", "testcase", "system-out", "system-err"),
    ),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (("name", "classname", "time"), (), ("skipped", "error", "failure")),
    "failure": (("type",), ("message",), ()),
    "system-out": ((), (), ()),
    "system-err": ((), (), ()),
}  # fmt: skip
FORMS = {
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",
    "time": r"[0-9]+\.[0-9]+",
    **dict.fromkeys(("id", "tests", "failures", "errors"), "[0-9]+"),
    **dict.fromkeys(("name", "hostname", "package", "classname", "type"), r"\S(.*\S)?"),
}


class Reader(html.parser.HTMLParser):
    """Knows which elements have not been closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class JUnit(unittest.TestCase):
    def suites(self, *found):
        top = ElementTree.fromstring(grade_junit.text(list(found), SEED).encode())
        self.follows_the_schema(top)
        return top.findall("testsuite")

    def follows_the_schema(self, element):
        must, may, inside = JUNIT[element.tag]
        self.assertLessEqual(set(must), set(element.attrib), element.tag)
        self.assertLessEqual(set(element.attrib), {*must, *may}, element.tag)
        for name, value in element.attrib.items():
            form = re.compile(FORMS.get(name, ".*"), re.DOTALL)
            self.assertTrue(form.fullmatch(value), (name, value))
        places = [inside.index(one.tag) for one in element]
        self.assertEqual(places, sorted(places))
        for one in element:
            self.follows_the_schema(one)

    def test_of_several_hand_ins(self):
        graded = Reports().graded
        alice = dataclasses.replace(graded(PASSED, FAILED), began=1e9, seconds=12.5)
        broken = Graded("c.d/bob", Reports.EXERCISE, "does not compile", why="error: x")
        first, second = self.suites(alice, broken)
        self.assertEqual(first.get("timestamp"), "2001-09-09T01:46:40")
        facts = [first.get(name) for name in ("time", "tests", "failures")]
        self.assertEqual(facts, ["12.500", "2", "1"])
        classes = {one.get("classname") for one in first.findall("testcase")}
        self.assertEqual(classes, {"ex01_count.alice"})
        [case] = second.findall("testcase")
        self.assertEqual(case.get("classname"), "ex01_count.c_d/bob")
        self.assertEqual(case.find("failure").text.strip(), "error: x")

    def test_what_is_odd_is_a_failure(self):
        [suite] = self.suites(Reports().graded(PASSED, FAILED, PASSED, odd=["a.cpp:1: assembly (asm)"]))
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("4", "2"))
        self.assertEqual(suite.findall("testcase")[2].find("failure").text, "out?put <1>")

    def test_nothing_handed_in(self):
        [suite] = self.suites(Graded("bob", None, "not handed in"))
        self.assertEqual(suite.get("failures"), "1")


class Reports(unittest.TestCase):
    EXERCISE = Exercise(Path("/srv/book"), "ex01_count")

    def graded(self, *verdicts, name="alice", verdict="not yet", odd=()):
        outcomes = [
            Outcome(Case(f"case {i}", 1, i == 2, False), one, f"\033[31mout\x07put <{i}>")
            for i, one in enumerate(verdicts)
        ]
        for one in outcomes:
            object.__setattr__(one, "output", harmless(one.output))
        return Graded(name, self.EXERCISE, verdict, outcomes, odd=list(odd))

    def test_the_table(self):
        lines = grade_report.table(
            [self.graded(PASSED, PASSED, FAILED, verdict="passed"), self.graded(PASSED, FAILED, FAILED)]
        ).splitlines()
        self.assertEqual(lines[1].split(), ["alice", "ex01_count", "passed", "2/2", "0/1"])
        self.assertEqual(lines[2].split(), ["alice", "ex01_count", "not", "yet", "1/2", "0/1"])
        self.assertIn('  step 1, failed: "case 1"', lines)

    def test_csv(self):
        text = grade_report.csv_text([self.graded(PASSED, FAILED, PASSED, name="=cmd()")], SEED)
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(rows[0]["hand-in"], "'=cmd()")
        self.assertEqual((rows[0]["core"], rows[0]["of core"], rows[0]["stretch"]), ("1", "2", "1"))
        self.assertEqual(rows[0]["first broken promise"], "case 1")

    def test_gradescope_and_classroom(self):
        for form, score in ((grade_platforms.gradescope, 1), (grade_platforms.classroom, 1)):
            tests = json.loads(form([self.graded(PASSED, FAILED, PASSED)], SEED))["tests"]
            self.assertEqual([one["score"] for one in tests], [1, 0, 0])
        one = [self.graded(PASSED, FAILED)]
        self.assertEqual(json.loads(grade_platforms.classroom(one, SEED))["max_score"], 2)

    def test_no_points_before_somebody_looked(self):
        odd = self.graded(PASSED, PASSED, PASSED, verdict="needs a look", odd=["uses open"])
        for form in (grade_platforms.gradescope, grade_platforms.classroom):
            tests = json.loads(form([odd], SEED))["tests"]
            self.assertEqual(sum(one.get("score", 0) for one in tests), 0)
            self.assertIn(grade_platforms.TO_BE_SEEN, json.dumps(tests))

    def test_why_it_needs_a_look_is_for_instructors_alone(self):
        odd = self.graded(PASSED, FAILED, verdict="needs a look", odd=["uses open"])
        tests = json.loads(grade_platforms.gradescope([odd], SEED))["tests"]
        self.assertEqual({one["visibility"] for one in tests if "uses open" in json.dumps(one)}, {"hidden"})
        self.assertNotIn("uses open", grade_platforms.classroom([odd], SEED))
        with tempfile.TemporaryDirectory() as folder:
            grade_pages.feedback(Path(folder), [odd], SEED)
            [file] = Path(folder).iterdir()
            text = file.read_text(encoding="utf-8")
        self.assertNotIn("uses open", text)
        self.assertIn(grade_platforms.TO_BE_SEEN, text)
        self.assertIn("uses open", grade_pages.for_instructors([odd], SEED))

    def test_what_is_forged_is_told_to_instructors_alone(self):
        odd = self.graded(PASSED, FAILED, verdict="needs a look", odd=["forged"])
        object.__setattr__(odd.outcomes[1], "output", f"{supervised.FORGED}\nby this")
        tests = json.loads(grade_platforms.gradescope([odd], SEED))["tests"]
        self.assertNotIn(supervised.FORGED, json.dumps(tests))
        self.assertNotIn(supervised.FORGED, grade_platforms.classroom([odd], SEED))
        with tempfile.TemporaryDirectory() as folder:
            grade_pages.feedback(Path(folder), [odd], SEED)
            [file] = Path(folder).iterdir()
            self.assertNotIn(supervised.FORGED, file.read_text(encoding="utf-8"))
        self.assertIn(supervised.FORGED, grade_pages.for_instructors([odd], SEED))

    def test_nothing_to_run_is_no_success(self):
        broken = Graded("alice", self.EXERCISE, "does not compile", why="error: x", core=25)
        self.assertEqual(json.loads(grade_platforms.classroom([broken], SEED))["status"], "fail")
        [one, _] = json.loads(grade_platforms.gradescope([broken], SEED))["tests"]
        self.assertEqual((one["score"], one["max_score"], one["status"]), (0, 25, "failed"))
        self.assertEqual(json.loads(grade_platforms.classroom([broken], SEED))["max_score"], 25)

    def test_the_page(self):
        one = self.graded(PASSED, FAILED, name="<b>eve</b>")
        object.__setattr__(one.outcomes[1], "output", "see exercises/ex01_count/count.cpp:2 </pre>")
        one.files["count.cpp"] = "int x;\n<script>alert(1)</script>\n"
        page = grade_pages.for_instructors([one], SEED)
        link = '<a href="#h0-count.cpp-2">exercises/ex01_count/count.cpp:2</a> &lt;/pre&gt;'
        self.assertIn(link, page)
        self.assertIn('<span id="h0-count.cpp-2">    2  &lt;script&gt;', page)
        self.assertNotIn("<script>", page)
        self.assertNotIn("<b>eve", page)
        reader = Reader()
        reader.feed(page)
        self.assertEqual(reader.open, [])

    def test_a_text_for_each_student(self):
        names = ("a/alice", "../../bob", "a:alice", "王", "." * 300, "x" * 300, "王" * 300)
        found = [self.graded(PASSED, FAILED, name=name) for name in names]
        found.append(self.graded(PASSED, name=names[0], verdict="passed"))
        with tempfile.TemporaryDirectory() as folder:
            grade_pages.feedback(Path(folder), found, SEED)
            files = sorted(one.name for one in Path(folder).iterdir())
            text = (Path(folder) / "a_alice.txt").read_text(encoding="utf-8")
        self.assertEqual(len(files), len(names))
        self.assertIn("a_alice_.txt", files)
        self.assertEqual(text.count("ex01_count: "), 2)
        self.assertIn('Step 1: "case 1"', text)
        self.assertEqual(text.count(f"WORKBOOK_NUMBERS={SEED} scripts/workbook check ex01\n"), 2)

    HOSTILE = "\0 \x1b[31m \ud800 ]]> &amp; \x07 \u202e <x> \ufffe" + "long " * 10_000

    def test_hostile_output_and_names_corrupt_no_form(self):
        text = harmless(self.HOSTILE)
        one = self.graded(PASSED, FAILED, name=harmless("eve\0\n,\"'=<"), odd=[text])
        object.__setattr__(one.outcomes[1], "output", text)
        one.remarks.append(text)
        again = ElementTree.fromstring(grade_junit.text([one], SEED).encode())
        self.assertEqual(len(again.findall("testsuite/testcase")), 3)
        [row] = list(csv.DictReader(io.StringIO(grade_report.csv_text([one], SEED))))
        self.assertEqual(row["of core"], "2")
        for form in (grade_platforms.gradescope, grade_platforms.classroom):
            self.assertLess(len(json.dumps(json.loads(form([one], SEED)))), 200_000)
        self.assertNotIn("\0", grade_pages.for_instructors([one], SEED) + grade_report.table([one]))
        one.files["long.cpp"] = "\n" * 100_000
        self.assertLess(len(grade_pages.for_instructors([one], SEED)), 400_000)

    def test_what_is_saved_comes_back(self):
        one = self.graded(PASSED, FAILED, odd=["uses open"])
        one.files["count.cpp"] = "int x;\n"
        nothing = Graded("bob", None, "not handed in")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "part1"
            saved = grade_record.Saved("by these", (1, 2), 7, [one, nothing])
            file.write_text(saved.text(), encoding="utf-8")
            self.assertEqual(grade_record.read_saved(self.EXERCISE.root, str(file)), saved)
            for text in ("", "[]", "{}", "hello", '{"judges": "", "part": [1]}', saved.text() + "{}"):
                file.write_text(text, encoding="utf-8")
                with self.assertRaisesRegex(WorkbookError, "was not made by grade --save"):
                    grade_record.read_saved(self.EXERCISE.root, str(file))
            with self.assertRaisesRegex(WorkbookError, "No such file"):
                grade_record.read_saved(self.EXERCISE.root, folder + "/none")

    def test_the_seed_stands_in_every_form(self):
        saved = grade_record.Saved("by these", (1, 1), SEED, [self.graded(PASSED, FAILED, name="a_1_assignsubmission_file_")])
        with tempfile.TemporaryDirectory() as folder:
            files = {form: Path(folder) / form for form in grade_command.FORMS}
            grade_forms.write_all(files, saved)
            made = {form: path.read_text(encoding="utf-8") for form, path in files.items()}
        [row] = csv.DictReader(io.StringIO(made.pop("csv")))
        self.assertEqual(row["seed"], str(SEED))
        [seed] = ElementTree.fromstring(made.pop("junit")).findall("testsuite/properties/property[@name='seed']")
        self.assertEqual(seed.get("value"), str(SEED))
        self.assertEqual(json.loads(made.pop("gradescope"))["extra_data"], {"seed": SEED})
        again = {one["test_code"] for one in json.loads(made.pop("classroom"))["tests"]}
        self.assertEqual(again, {f"WORKBOOK_NUMBERS={SEED} scripts/workbook check ex01"})
        self.assertIn(f"<code>--seed {SEED}</code>", made.pop("html"))
        self.assertEqual(json.loads(made.pop("save").splitlines()[0])["seed"], SEED)
        self.assertIn(f"WORKBOOK_NUMBERS={SEED}", made.pop("moodle"))
        self.assertNotIn(str(SEED), made.pop("canvas"))  # it has points alone
        self.assertEqual(made, {})

    def test_each_form_has_an_option(self):
        self.assertEqual(list(grade_command.FORMS), [*grade_forms.FORMS, *grade_forms.GRADEBOOKS, grade_forms.SAVE])

    def test_bad_files_are_refused_before_the_work(self):
        for files, count in (({"csv": "/nowhere/x"}, 1), ({"csv": "/"}, 1), ({"gradescope": "x"}, 2)):
            with self.assertRaises(WorkbookError) as raised:
                grade_forms.output_files(files, count)
            self.assertEqual(raised.exception.status, 2)
