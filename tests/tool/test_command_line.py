# What a person types: help for each command, its examples, completion in the shells, the version.
#
# SPDX-License-Identifier: MIT
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import fake_tree
from tool import commands
from tool.course.layout import version
from tool.student import run

ROOT = fake_tree.TOOL.parents[1]
ALL = {one.name: one for one in commands.offered(ROOT)}


def printed(*words, **environment):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with unittest.mock.patch.dict(os.environ, environment):
            status = commands.main([*words])
    assert status == 0, status
    return out.getvalue()


class Help(unittest.TestCase):
    def test_each_command_is_in_the_whole(self):
        whole = printed("--help")
        for name, command in ALL.items():
            self.assertIn(f"  {name:11} {command.summary}\n", whole)
        self.assertEqual(printed("help"), whole)
        self.assertEqual(printed("-h"), whole)

    def test_it_loads_no_command(self):
        """Nor does one command load another's module; that would take as long as all do."""
        for words, most in ((["--help"], 0), (["check", "--help"], 1)):
            script = (
                f"import sys; sys.path.insert(0, {str(fake_tree.TOOL.parent)!r})\n"
                f"from tool import commands\ncommands.main({words!r})\n"
                "known = {f'tool.{one}' for one in commands.MODULES.values()} - {'tool.commands'}\n"
                "print(*(known & set(sys.modules)), file=sys.stderr)"
            )
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            self.assertLessEqual(len(done.stderr.split()), most, done.stderr)

    def test_each_has_its_own(self):
        for name, command in ALL.items():
            with self.subTest(name):
                text = printed(name, "--help", COLUMNS="100")
                self.assertTrue(text.startswith(f"usage: scripts/workbook {name}"), text)
                self.assertIn(command.summary, text)
                self.assertEqual(printed(name, "-h", COLUMNS="100"), text)
                wrong = ["--help", "such", "nonsense"]
                self.assertEqual(printed(name, *wrong, COLUMNS="100"), text)

    def test_every_argument_is_named_and_explained(self):
        for name, command in ALL.items():
            text = " ".join(printed(name, "--help", COLUMNS="100").split())
            for action in command.parser()._actions:
                self.assertGreater(len(action.help or ""), 3, (name, action.dest))
                explained = " ".join((action.help % {"default": action.default}).split())
                for word in action.option_strings or [action.metavar or "{"]:  # {bash,zsh,fish}
                    self.assertRegex(text, rf"{re.escape(word)}.* {re.escape(explained)}", name)

    def test_each_shows_its_examples(self):
        for name, command in ALL.items():
            text = printed(name, "--help", COLUMNS="100")
            for line, what in command.examples:
                example = rf"\n  scripts/workbook {re.escape(line)}\s*{re.escape(what)}\n"
                self.assertRegex(text, rf"(?s)\nexamples:.*{example}", name)

    def test_every_example_is_accepted(self):
        for name, command in ALL.items():
            self.assertTrue(command.examples, name)
            for line, _ in command.examples:
                with self.subTest(line):
                    words = shlex.split(line.split(" >")[0])
                    self.assertEqual(words.pop(0), name)
                    if name == "run":
                        words = run.split_run(words)[0]
                    command.parser().parse_intermixed_args(words)

    def test_it_is_as_narrow_as_the_terminal(self):
        for name in ("check", "grade", "verify"):
            text = printed(name, "--help", COLUMNS="40")
            # An example is to be typed as it stands.
            lines = [one for one in text.splitlines() if not one.startswith("  scripts/workbook")]
            self.assertLessEqual(max(map(len, lines)), 40, text)
            words = set(printed(name, "--help", COLUMNS="100").split())
            self.assertEqual(words - set(text.split()), set())

    def test_what_holds_for_one_only_is_told_there(self):
        self.assertIn("grade needs bubblewrap", printed("grade", "--help"))
        self.assertNotIn("bubblewrap", printed("run", "--help"))
        self.assertIn("say what is wrong", printed("bughunt", "ex01", "--help"))


class Documents(unittest.TestCase):
    """Commands as the texts show them."""

    def test_each_can_be_typed(self):
        count = 0
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "AGENTS.md", "WORKBOOK.md"):
            text = (ROOT / name).read_text(encoding="utf-8")
            for line in re.findall(r"scripts/workbook ([a-z][^`\n#|]*)", text):
                words = shlex.split(re.split(r" {2,}|[>;]", line)[0])
                if words[0] == "run":
                    words[1:] = run.split_run(words[1:])[0]
                with self.subTest(f"{name}: {line}"):
                    reader = ALL[words[0]].parser()
                    if words[1:] and "--help" not in words:  # otherwise it is only named
                        reader.parse_intermixed_args(words[1:])
                    count += 1
        self.assertGreater(count, 50)


class Version(fake_tree.FakeTree):
    def test_it_is_printed_and_has_its_part_in_the_changelog(self):
        number = version(ROOT)
        self.assertRegex(number, r"^\d+\.\d+\.\d+$")
        self.assertEqual(printed("--version"), f"concurrency workbook {number}\n")
        heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
        self.assertEqual([one for one in heads if one != "Unreleased"][0], number)

    def test_a_tree_without_one(self):
        self.assertEqual(version(self.root), "without a version")


class Completion(unittest.TestCase):
    """What each shell offers, asked in the shell itself."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = Path(holder.name)
        (cls.folder / "marks.csv").touch()
        (cls.folder / "anna").mkdir()
        (cls.folder / "bert.zip").touch()

    def script(self, shell):
        path = self.folder / f"completion.{shell}"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            commands.call(ROOT, ["completion", shell])
        path.write_text(out.getvalue(), encoding="utf-8")
        return path

    def run_shell(self, *words):
        done = subprocess.run(
            [*words],
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder), "TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")

    def offers_what_fits(self, offered):
        """`offered`: what is typed -> the words that the shell offers."""
        self.assertIn("check", offered("ch"))
        self.assertNotIn("hint", offered("ch"))
        self.assertLessEqual({"ex01", "ex14"}, set(offered("check e")))
        self.assertIn("--solution", offered("run ex01 --s"))
        self.assertNotIn("--peek", offered("run ex01 --"))
        self.assertIn("marks.csv", offered("grade anna --csv m"))
        self.assertLessEqual({"anna"}, {one.rstrip("/") for one in offered("grade a")})
        self.assertIn("bert.zip", offered("grade b"))
        self.assertIn("zsh", offered("completion z"))
        for name, command in ALL.items():
            self.assertIn(name, offered(name[:2]))
            of_parser = {one for action in command.parser()._actions for one in action.option_strings}
            expected = {one for one in of_parser if one.startswith("--")}
            self.assertEqual({one for one in offered(f"{name} --") if one}, expected, name)

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash(self):
        script = self.script("bash")

        def offered(typed):
            words = ["scripts/workbook", *typed.split(" ")]
            ask = (
                f"source {script}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}\n"
                f"_workbook; printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p workbook >/dev/null"
            )
            return self.run_shell("bash", "--norc", "-c", ask)

        self.offers_what_fits(offered)

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish(self):
        script = self.script("fish")

        def offered(typed):
            ask = f"source {script}; complete -C {shlex.quote('scripts/workbook ' + typed)}"
            return [one.split("\t")[0] for one in self.run_shell("fish", "--no-config", "-c", ask)]

        self.offers_what_fits(offered)

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh(self):
        script = self.script("zsh")

        def offered(typed):
            # compadd and its relatives, called outside a completion, would refuse to work.
            ask = (
                "compdef() { :; }\n"
                "compadd() { shift; print -l -- $@; }\n"
                "_describe() { print -l -- ${(P)2} | sed 's/:.*//'; }\n"
                "_files() { print -l -- *; }\n"
                f"source {script}\nwords=(scripts/workbook {typed}); CURRENT={len(typed.split(' ')) + 1}\n"
                "_workbook"
            )
            begun = typed.split(" ")[-1]
            return [one for one in self.run_shell("zsh", "-f", "-c", ask) if one.startswith(begun)]

        self.offers_what_fits(offered)


if __name__ == "__main__":
    unittest.main()
