#!/usr/bin/env python3
# test_mutants.py: what becomes a mutant, and which may survive.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import subprocess
import unittest
import unittest.mock
from collections import Counter
from pathlib import Path

import fake_tree
from tool.author import equivalents, mutants
from tool.author.mutants import EQUIVALENT, KILLED, NO_ANSWER, SURVIVED, Mutant
from tool.book import book
from tool.course import layout
from tool.course.layout import WorkbookError

CODE = """\
namespace std {
struct exception {};
struct runtime_error : exception {};
template <class T> T&& move(T& x) { return static_cast<T&&>(x); }
struct mutex {};
template <class M> struct lock_guard { lock_guard(M&); };
struct condition_variable {
    void notify_one();
    template <class L, class P> void wait(L&, P);
    template <class L, class P> bool wait_for(L&, int, P);
};
}
std::mutex m;
std::condition_variable changed;
int items;
bool closed();

int take(int most)
{
    std::lock_guard<std::mutex> lock(m);
    while (items == 0 && !closed()) {
        changed.wait(lock, [&] { return items > 0; });
    }
    --items;
    if (most < 7) {
        items = most;
    }
    int left = std::move(items);
    changed.notify_one();
    return left;
}

bool safely() try { return take(2) > 0; } catch (...) { return false; }
"""
PYTHON = book.python_with("clang")


class Places(fake_tree.FakeTree):
    def found(self, code=CODE):
        """(kind, the line it makes) of each mutant."""
        file = self.write("solutions/ex01_count/count.cpp", code)
        tool = Path(mutants.__file__).with_name("mutate.py")
        words = [PYTHON, str(tool), str(file.parent), str(file), "-std=c++20"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        text = file.read_bytes()
        return {
            (one.kind, " ".join(one.change(text).come))
            for one in (Mutant(**each) for each in json.loads(said))
        }

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_each_kind(self):
        found = self.found()
        for kind, line in (
            ("lock removed", ";"),
            ("if for while", "if (items == 0 && !closed()) {"),
            ("condition negated", "while (!(items == 0 && !closed())) {"),
            ("operator changed", "while (items == 0 || !closed()) {"),
            ("operator changed", "while (items != 0 && !closed()) {"),
            ("half of a condition", "while (!closed()) {"),
            ("half of a condition", "while (items == 0) {"),
            ("bound shifted", "while (items == 1 && !closed()) {"),
            ("predicate dropped", "changed.wait(lock);"),
            ("copy captured", "changed.wait(lock, [=] { return items > 0; });"),
            ("other answer", "changed.wait(lock, [&] { return !(items > 0); });"),
            ("condition always true", "if (true) {"),
            ("bound shifted", "if (most < 6) {"),
            ("operator changed", "if (most <= 7) {"),
            ("move dropped", "int left = items;"),
            ("other notify", "changed.notify_all();"),
            ("statement removed", ";"),
            ("catches less", CODE.splitlines()[-1].replace("...", "const std::exception&")),
            ("other truth", CODE.splitlines()[-1].replace("false", "true")),
        ):
            with self.subTest(kind, line=line):
                self.assertIn((kind, line), found)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_a_lock_made_shorter_and_statements_swapped(self):
        code = "std::lock_guard<std::mutex> lock(m);\none();\ntwo();\none();"
        found = self.found(f"{CODE}void one(); void two();\nvoid both() {{\n{code}\n}}\n")
        self.assertIn(("lock made shorter", "{ std::lock_guard<std::mutex> lock(m); one(); }"), found)
        self.assertIn(("lock made shorter", "{ std::lock_guard<std::mutex> lock(m); two(); }"), found)
        self.assertIn(("statements swapped", "two(); one();"), found)
        self.assertIn(("statements swapped", "one(); std::lock_guard<std::mutex> lock(m);"), found)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_a_negation_is_taken_back_once(self):
        found = self.found(f"{CODE}void both() {{\nif (!closed()) items = 1;\n}}\n")
        negated = {line for kind, line in found if kind == "condition negated"}
        self.assertIn("if (closed()) items = 1;", negated)
        self.assertNotIn("if (!(!closed())) items = 1;", negated)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_unequal_by_an_operator_of_equality_is_one_operator(self):
        code = "struct id { bool operator==(const id&) const = default; } a, b;\n"
        found = self.found(f"{CODE}{code}void both() {{\nif (a != b) items = 1;\n}}\n")
        self.assertIn(("operator changed", "if (a == b) items = 1;"), found)
        self.assertNotIn("if (a = b) items = 1;", {line for _, line in found})

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_one_variable_captured_by_copy(self):
        found = self.found(f"{CODE}void both() {{\nauto one = [&items] {{ return items; }};\n}}\n")
        self.assertIn(("copy captured", "auto one = [items] { return items; };"), found)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_a_concept_that_is_asked_for(self):
        code = "template <class T> concept small = sizeof(T) < 4;\n"
        found = self.found(f"{CODE}{code}bool one() {{\nreturn small<char>;\n}}\n")
        self.assertIn(("other answer", "return !(small<char>);"), found)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_an_exception_of_another_type(self):
        code = "void both() {\nthrow std::runtime_error();\n}\n"
        self.assertIn(("throws another", "throw std::logic_error();"), self.found(CODE + code))

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_no_copy_of_what_a_constructor_was_given(self):
        code = "struct kept {\nkept(int x) : x_(std::move(x)) {}\nint x_;\n};\n"
        moved = {line for kind, line in self.found(CODE + code) if kind == "move dropped"}
        self.assertEqual(moved, {"int left = items;"})

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_other_calls(self):
        code = "struct list { void push_back(int); } a;\nvoid both() {\na.push_back(1);\n"
        code += "if (changed.wait_for(m, 7, closed))\n;\n}\n"
        found = self.found(CODE + code)
        self.assertIn(("opposite call", "a.push_front(1);"), found)
        self.assertIn(("time limit dropped", "if ((changed.wait(m, closed), true))"), found)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_no_order_that_nobody_sees(self):
        code = "int a, b; void one();\nvoid both() {\nstd::lock_guard<std::mutex> lock(m);\n%s\n}\n"
        for lines, there in (
            ("a = 1; b = 2;", False),
            ("a = b; b = 2;", True),
            ("a = 1; one();", True),
            ("one(); changed.notify_one();", False),
        ):
            one, other = lines.split("; ")
            swapped = ("statements swapped", f"{other} {one};")
            with self.subTest(lines):
                self.assertEqual(swapped in self.found(CODE + code % lines), there)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_no_copy_of_a_constant(self):
        code = "void both() {\n%sint here = 1;\nauto one = [&] { return here; };\n}\n"
        for word, there in (("", True), ("const ", False)):
            found = self.found(CODE + code % word)
            self.assertEqual(("copy captured", "auto one = [=] { return here; };") in found, there)

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_nothing_outside_the_answer(self):
        self.write("solutions/given.hpp", "inline int other() { return 1; }\n")
        found = self.found('#include "../given.hpp"\nint one() { return other(); }\n')
        self.assertEqual(found, set())

    @unittest.skipIf(PYTHON is None, "libclang's Python binding is not here")
    def test_nothing_in_what_is_handed_out_as_it_is(self):
        code = b"int one() { return 1; }\n"
        court = mutants.Court.__new__(mutants.Court)
        court.exercise = layout.find_exercise(self.root, "ex01")
        court.solution = {"count.cpp": code, "given.cpp": code, "count.hpp": code}
        for name, text in court.solution.items():
            self.write(f"solutions/ex01_count/{name}", text.decode())
        court._recipe = unittest.mock.Mock()
        court._recipe.compile.return_value = ["-std=c++20"]
        handed_out = {"count.cpp": b"int one();\n", "given.cpp": code}
        with unittest.mock.patch("tool.course.pristine.shipped_code", return_value=handed_out):
            self.assertEqual({one.file for one in court.mutants()}, {"count.cpp"})


LISTED = """\
# Where this is from.

statement removed in count.cpp
- ++count;
+ ;
why: it counts
  for a while

bound shifted in count.cpp
- int x = 1;
+ int x = 2;
why: nobody reads it
"""


class Equivalents(fake_tree.FakeTree):
    def listed(self, text):
        self.write("tests/equivalent_mutants/ex01_count.txt", text)
        return layout.find_exercise(self.root, "ex01")

    def test_entries(self):
        found = equivalents.read(self.listed(LISTED))
        self.assertEqual([one.kind for one in found], ["statement removed", "bound shifted"])
        self.assertEqual((found[0].gone, found[0].come), (("++count;",), (";",)))

    def test_no_file_is_no_entry(self):
        self.assertEqual(equivalents.read(layout.find_exercise(self.root, "ex01")), [])

    def test_an_entry_without_a_reason(self):
        for text in ("bound shifted in a.cpp\n- x\n+ y\n", "bound shifted in a.cpp\nwhy: so\n", "why: so"):
            with self.assertRaisesRegex(WorkbookError, "ex01_count.txt: not an entry with its why"):
                equivalents.read(self.listed(text))

    def test_what_the_solution_has_outgrown(self):
        self.write("solutions/ex01_count/count.cpp", "  ++count;\n")
        found = equivalents.problems(self.listed(LISTED))
        self.assertEqual(len(found), 1)
        self.assertIn("no longer there: bound shifted in count.cpp: int x = 1;", found[0])


class Verdicts(fake_tree.FakeTree):
    def sorted_out(self, *verdicts, listed=()):
        text = b"one();\ntwo();\nthree();\n"
        court = unittest.mock.Mock(solution={"count.cpp": text})
        court.exercise = layout.find_exercise(self.root, "ex01")
        where = ((0, 6), (7, 13), (14, 22))
        found = [Mutant("statement removed", "count.cpp", *one, ";") for one in where]
        each = {one: (verdict, "") for one, verdict in zip(found, verdicts)}
        return mutants.sorted_out(court, each, list(listed))

    def test_a_survivor_is_shown_with_its_place(self):
        counts, said = self.sorted_out(KILLED, SURVIVED, NO_ANSWER)
        self.assertEqual(counts, {KILLED: 1, SURVIVED: 1, NO_ANSWER: 1})
        place = "solutions/ex01_count/count.cpp:2: statement removed"
        self.assertEqual(said, ["", place, "  - two();", "  + ;"])

    def test_an_equivalent_one_is_none(self):
        two = equivalents.Change("statement removed", "count.cpp", ("two();",), (";",))
        self.assertEqual(self.sorted_out(KILLED, SURVIVED, listed=[two])[0], {KILLED: 1, EQUIVALENT: 1})

    def test_listed_and_killed_all_the_same(self):
        one = equivalents.Change("statement removed", "count.cpp", ("one();",), (";",))
        counts, said = self.sorted_out(KILLED, listed=[one])
        self.assertEqual(counts[mutants.OUTGROWN], 1)
        self.assertRegex(said[-1], "ex01: listed as equivalent, and no survivor: statement removed")

    def test_the_table(self):
        some = Counter({KILLED: 18, SURVIVED: 1, EQUIVALENT: 1, NO_ANSWER: 5})
        shown = mutants.table([("ex01", some), ("ex02", some)])
        self.assertIn("ex01       20      18           1         1   90.0 % killed", shown)
        self.assertIn("all        40      36           2         2   90.0 % killed", shown)


class Records(fake_tree.FakeTree):
    def record(self):
        court = unittest.mock.Mock()
        court.exercise = layout.find_exercise(self.root, "ex01")
        return mutants.Record(self.root, court)

    def test_it_is_kept_until_the_checker_changes(self):
        one = Mutant("bound shifted", "count.cpp", 1, 2, "7")
        self.write("bin/ref01", "checker")
        self.record().add(one, (KILLED, "a promise"))
        self.assertEqual(self.record().get(one), (KILLED, "a promise"))
        self.write("bin/ref01", "another")
        self.assertIsNone(self.record().get(one))

    def test_a_damaged_one_is_none(self):
        self.write("bin/ref01", "checker")
        self.write("mutants01.json", "{")
        self.assertIsNone(self.record().get(Mutant("bound shifted", "count.cpp", 1, 2, "7")))


if __name__ == "__main__":
    unittest.main()
