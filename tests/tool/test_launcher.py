# scripts/workbook on machines that lack things: a PATH of our own with a pretended apt-get.
#
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

LAUNCHER = Path(__file__).resolve().parents[2] / "scripts" / "workbook"
SHELL = shutil.which("sh")
# What every machine has; and what the launcher looks for.
EVERYWHERE = ["sh", "readlink", "sed", "cat", "mkdir", "env", "ln"]
NEEDED = ["cmake", "ninja", "patch", "addr2line", "clang-format", "bwrap"]


@unittest.skipUnless(
    all(os.access(f"/usr/include/{name}", os.R_OK) for name in ("asio.hpp", "fmt/core.h", "catch2")),
    "the libraries are not in /usr/include",
)
class Launcher(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        self.bin = self.root / "bin"
        self.bin.mkdir()
        (self.root / "scripts" / "tool").mkdir(parents=True)
        # The one Python that is looked for by its path is this machine's: it may have what is missing.
        text = LAUNCHER.read_text(encoding="utf-8").replace("/usr/bin/python3", "/nowhere/python3")
        (self.root / "scripts" / "workbook").write_text(text, encoding="utf-8")
        for name in EVERYWHERE:
            (self.bin / name).symlink_to(shutil.which(name))
        for name in NEEDED:
            self.pretend(name, "exit 0")
        self.pretend("cmake", "echo cmake version 3.25.1")
        self.pretend("g++", "echo __clang_major__ 12")
        self.pretend("python3", 'shift; echo "the tool: $*"')
        self.pretend("id", "echo 1000")

    def pretend(self, name, script):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{SHELL}\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def pretend_python_with(self, *modules):
        """A Python that has only these modules."""
        there = " ".join(f"*\"'{module}'\"*) exit 0 ;;" for module in modules)
        self.pretend(
            "python3",
            f'[ "$1" != -c ] || case $2 in {there} *) exit 1 ;; esac\nshift; echo "the tool: $*"',
        )

    def pretend_apt(self):
        """Writes down its orders; `install` makes the commands."""
        (self.bin / "apt-cache").symlink_to(self.bin / "ln")  # `ln show x` fails: unknown package
        self.pretend(
            "apt-get",
            f'echo "$*" >>{self.root}/orders\n'
            'case "$*" in *install*) for p in "$@"; do case $p in\n'
            f"  ninja-build) ln -s {self.bin}/patch {self.bin}/ninja ;;\n"
            f"  clang-format) ln -s {self.bin}/patch {self.bin}/clang-format ;;\n"
            f"  bubblewrap) ln -s {self.bin}/patch {self.bin}/bwrap ;;\n"
            "esac done ;; esac",
        )

    def launch(self, *words, **environment):
        done = subprocess.run(
            [SHELL, str(self.root / "scripts" / "workbook"), *words],
            env={"PATH": str(self.bin), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def test_nothing_missing(self):
        self.assertEqual(self.launch("check", "ex01"), (0, "the tool: -- check ex01\n", ""))
        self.assertEqual(self.launch(), (0, "the tool: --\n", ""))

    def test_words_with_spaces_arrive_whole(self):
        self.pretend("python3", 'for word in "$@"; do echo "<$word>"; done')
        self.assertIn("<a  b>\n<*>\n", self.launch("run", "ex01", "a  b", "*")[1])

    def test_no_compiler_and_no_apt(self):
        (self.bin / "g++").unlink()
        status, out, error = self.launch("start")
        self.assertEqual((status, out, error.count("\n")), (3, "", 1), error)
        self.assertIn("missing here: g++;", error)

    def test_a_compiler_that_is_not_there(self):
        status, _, error = self.launch("start", CXX="/nowhere/c++")
        self.assertEqual((status, error.count("\n")), (3, 1), error)
        self.assertIn("CXX is '/nowhere/c++'", error)

    def test_no_right_to_install(self):
        self.pretend_apt()
        (self.bin / "ninja").unlink()
        status, _, error = self.launch("start")
        self.assertEqual((status, error.count("\n")), (3, 1), error)
        self.assertIn("run  sudo apt-get install -y ninja-build\n", error)
        self.assertFalse((self.root / "orders").exists())

    def test_root_installs_and_says_so(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        (self.bin / "ninja").unlink()
        status, out, error = self.launch("start")
        self.assertEqual((status, out), (0, "the tool: -- start\n"), error)
        self.assertIn("installing ninja-build", error)
        orders = (self.root / "orders").read_text().splitlines()
        self.assertTrue(orders[0].endswith("update"), orders)
        self.assertTrue(orders[1].endswith("install -y --no-install-recommends ninja-build"), orders)

    def test_a_known_package_needs_no_update(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        self.pretend("apt-cache", "exit 0")
        (self.bin / "ninja").unlink()
        self.assertEqual(self.launch("start")[0], 0)
        self.assertEqual(len((self.root / "orders").read_text().splitlines()), 1)

    def test_sudo_without_a_password(self):
        self.pretend_apt()
        self.pretend("sudo", '[ "$1" = -n ] && shift; exec "$@"')
        self.pretend("true", "exit 0")
        (self.bin / "ninja").unlink()
        self.assertEqual(self.launch("start")[0], 0)

    def test_sudo_that_asks_is_not_used_without_a_terminal(self):
        self.pretend_apt()
        self.pretend("sudo", "exit 1")
        (self.bin / "ninja").unlink()
        status, _, error = self.launch("start")
        self.assertEqual((status, error.count("\n")), (3, 1), error)

    def test_only_verify_needs_clang_format(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        (self.bin / "clang-format").unlink()
        self.assertEqual(self.launch("check")[2], "")
        self.assertIn("installing clang-format", self.launch("verify")[2])

    def test_only_who_judges_strangers_needs_bubblewrap(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        (self.bin / "bwrap").unlink()
        self.assertEqual(self.launch("check")[2], "")
        self.assertIn("installing bubblewrap", self.launch("grade", "alice")[2])
        (self.bin / "bwrap").unlink()
        self.assertIn("installing bubblewrap", self.launch("verify")[2])

    def test_only_mutants_need_libclang(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        self.pretend_python_with()
        self.assertEqual(self.launch("verify")[2], "")
        self.assertIn("installing python3-clang-16 libclang-common-16-dev", self.launch("mutants")[2])
        self.pretend_python_with("clang")
        self.assertEqual(self.launch("mutants")[2], "")

    def test_only_the_book_needs_sphinx(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        self.pretend_python_with()
        self.assertEqual(self.launch("check")[2], "")
        status, out, error = self.launch("book", "--epub")
        self.assertEqual((status, out), (3, ""), error)
        packages = "python3-sphinx python3-myst-parser furo"
        self.assertIn(f"installing {packages}\n", error)
        self.assertTrue(error.endswith(f"still missing: {packages}\n"), error)
        self.assertEqual(self.launch("book", "--help")[0], 0)

    def test_the_book_with_all_there_needs_no_compiler(self):
        for name in (*NEEDED, "g++"):
            (self.bin / name).unlink()
        self.pretend_python_with("sphinx", "myst_parser", "furo")
        self.assertEqual(self.launch("book"), (0, "the tool: -- book\n", ""))

    def test_only_its_check_needs_a_browser(self):
        self.pretend_python_with("sphinx", "myst_parser", "furo")
        status, _, error = self.launch("book", "--check", WORKBOOK_NO_INSTALL="1")
        self.assertEqual((status, error.count("\n")), (3, 1), error)
        self.assertIn("chromium chromium-driver epubcheck python3-selenium", error)
        self.assertEqual(self.launch("verify", "--check")[0], 0)

    def test_no_right_to_install_the_book(self):
        self.pretend_apt()
        self.pretend_python_with("sphinx")
        status, _, error = self.launch("book")
        self.assertEqual((status, error.count("\n")), (3, 1), error)
        self.assertIn("run  sudo apt-get install -y python3-myst-parser furo\n", error)

    def test_reading_needs_python_only(self):
        for name in (*NEEDED, "g++"):
            (self.bin / name).unlink()
        for words in (["hint", "ex01"], ["list"], ["doctor"], ["start", "--help"], ["run", "-h"]):
            self.assertEqual(self.launch(*words)[0], 0, words)
        self.assertEqual(self.launch("run", "ex01", "--help")[0], 3)

    def test_installing_can_be_forbidden(self):
        self.pretend("id", "echo 0")
        self.pretend_apt()
        (self.bin / "ninja").unlink()
        status, _, error = self.launch("start", WORKBOOK_NO_INSTALL="1")
        self.assertEqual((status, error.count("\n")), (3, 1), error)
        self.assertFalse((self.root / "orders").exists())

    def test_tools_that_are_too_old(self):
        self.pretend("g++", "echo __clang_major__ 11")
        self.assertIn("g++ is too old", self.launch("start")[2])
        self.pretend("g++", "echo 15 4")
        self.assertIn("g++ is too old", self.launch("start")[2])
        self.pretend("g++", "echo 16 4")
        self.assertEqual(self.launch("start")[0], 0)
        (self.root / ".workbook" / "ready").unlink()
        self.pretend("cmake", "echo cmake version 3.18.4")
        status, _, error = self.launch("start")
        self.assertEqual((status, error), (3, "scripts/workbook: cmake 3.18 is too old: 3.22 is needed\n"))


if __name__ == "__main__":
    unittest.main()
