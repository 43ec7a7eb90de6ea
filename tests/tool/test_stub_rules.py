# What stub and solution may differ in.
#
# SPDX-License-Identifier: MIT
import unittest

import fake_tree
from tool.course import stub_rules

HEADER = fake_tree.STUB_HEADER
SOLUTION_HEADER = HEADER.replace("int spare_ = 0;", "int value_;")


def differences(stub, solution, header=False):
    return [text for _, text in stub_rules.differences(stub.splitlines(), solution.splitlines(), header)]


class Allowed(unittest.TestCase):
    def test_bodies_includes_top_comment_and_own_namespace(self):
        self.assertEqual(differences(fake_tree.STUB, fake_tree.SOLUTION), [])

    def test_private_parts_of_a_header(self):
        self.assertEqual(differences(HEADER, SOLUTION_HEADER, header=True), [])

    def test_private_part_that_comes_first(self):
        stub = "class a {\n    int x_;\n\npublic:\n    int f();\n};\n"
        self.assertEqual(differences(stub, stub.replace("int x_", "long y_"), header=True), [])

    def test_private_part_of_a_template_with_bases(self):
        stub = "template <typename T>\nclass a\n    : public b<T> {\npublic:\n    int f();\n\nprivate:\n    int x_;\n};\n"
        self.assertEqual(differences(stub, stub.replace("x_", "y_"), header=True), [])


    def test_comments_of_a_source(self):
        stub = "int a;\n// Given. Yes.\nint b;\n"
        self.assertEqual(differences(stub, "int a;\n    // No.\n// And.\nint b;\n"), [])


class Forbidden(unittest.TestCase):
    def test_comments_of_a_header(self):
        stub = "#pragma once\n\n/// Never blocks.\nint f();\n"
        found = differences(stub, stub.replace("Never", "Always"), header=True)
        self.assert_told(found, "/// Always blocks.")

    def assert_told(self, found, words):
        self.assertTrue(any(words in text for text in found), found)

    def test_a_named_helper_of_the_solution(self):
        solution = fake_tree.SOLUTION + "\nint helper()\n{\n    return 1;\n}\n"
        self.assert_told(differences(fake_tree.STUB, solution), "int helper()")

    def test_another_body_than_a_todo(self):
        given = "\nint given()\n{\n    return 1;\n}\n"
        found = differences(fake_tree.STUB + given, fake_tree.SOLUTION + given.replace("1", "2"))
        self.assert_told(found, "only the solution has (line 30): return 2;")

    def test_a_changed_signature(self):
        solution = fake_tree.SOLUTION.replace("int twice(int n)", "long twice(int n)")
        self.assert_told(differences(fake_tree.STUB, solution), "long twice(int n)")

    def test_a_public_declaration(self):
        changed = SOLUTION_HEADER.replace("int next();", "long next();")
        self.assert_told(differences(HEADER, changed, header=True), "long next();")

    def test_a_public_part_after_a_private_one(self):
        stub = "class a {\nprivate:\n    int x_;\n\npublic:\n    int f();\n};\n"
        found = differences(stub, stub.replace("int f", "int g"), header=True)
        self.assert_told(found, "int g();")

    def test_a_struct_is_public(self):
        stub = "struct a {\n    int x;\n};\n"
        self.assert_told(differences(stub, stub.replace("x", "y"), header=True), "int y;")

    def test_an_unnamed_namespace_of_the_stub_only(self):
        stub = fake_tree.STUB + "\nnamespace {\n\nint lost;\n\n} // namespace\n"
        self.assert_told(differences(stub, fake_tree.SOLUTION), "only the stub has: int lost;")


class Todos(unittest.TestCase):
    def test_in_order_with_joined_sentences(self):
        found = stub_rules.todos(fake_tree.STUB.splitlines())
        self.assertEqual(
            [todo.sentence for todo in found],
            ["return two times n", "remember where to begin", "count on by one"],
        )

    def broken(self, text):
        with self.assertRaises(stub_rules.RuleBroken) as raised:
            stub_rules.todos(text.splitlines())
        return str(raised.exception)

    def test_not_alone(self):
        self.assertIn("alone", self.broken('int f()\n{\n    int a = 1;\n    todo("x");\n}\n'))

    def test_in_a_destructor(self):
        self.assertIn("destructor", self.broken('a::~a()\n{\n    todo("x");\n}\n'))

    def test_noexcept(self):
        self.assertIn("noexcept", self.broken('int f() noexcept\n{\n    todo("x");\n}\n'))

    def test_inside_a_class(self):
        self.assertIn("column 0", self.broken('struct a {\n    int f() { todo("x"); }\n};\n'))

    def test_mentioned_in_a_comment(self):
        self.assertEqual(stub_rules.todos(["// a todo() here is none"]), [])

    def test_comment_beside_it(self):
        text = 'int f()\n{\n    // see "http://x"\n    todo("go"); // now\n}\n'
        self.assertEqual([t.sentence for t in stub_rules.todos(text.splitlines())], ["go"])


class PutBack(unittest.TestCase):
    def put_back(self, number):
        stub = fake_tree.STUB.splitlines()
        todo = stub_rules.todos(stub)[number]
        return "\n".join(stub_rules.put_back(fake_tree.SOLUTION.splitlines(), stub, todo))

    def test_one_body(self):
        text = self.put_back(0)
        self.assertIn('int twice([[maybe_unused]] int n)\n{\n    todo("return two times n");\n}', text)
        self.assertIn("return value_++;", text)
        self.assertEqual(text.count('#include "given/todo.hpp"'), 1)

    def test_initialisers_go_with_an_empty_body(self):
        text = self.put_back(1)
        self.assertIn('int begin)\n{\n    todo("remember where to begin");\n}', text)
        self.assertNotIn("value_(begin)", text)

    def test_initialisers_on_lines_of_their_own(self):
        stub = 'a::a(int n)\n{\n    todo("x");\n}\n'.splitlines()
        solution = "a::a(int n)\n    : n_{n},\n      m_(n)\n{\n    f();\n}\n".splitlines()
        text = stub_rules.put_back(solution, stub, stub_rules.todos(stub)[0])
        self.assertEqual(text, stub)

    def test_initialisers_of_the_stub_stay(self):
        stub = 'a::a(int& n)\n    : n_(n)\n{\n    todo("x");\n}\n'.splitlines()
        solution = "a::a(int& n)\n    : n_(n), m_(1)\n{\n    f();\n}\n".splitlines()
        text = stub_rules.put_back(solution, stub, stub_rules.todos(stub)[0])
        self.assertEqual(text, stub)

    def test_a_function_that_the_solution_lacks(self):
        stub = 'int gone()\n{\n    todo("x");\n}\n'.splitlines()
        with self.assertRaises(stub_rules.RuleBroken):
            stub_rules.put_back([], stub, stub_rules.todos(stub)[0])


if __name__ == "__main__":
    unittest.main()
