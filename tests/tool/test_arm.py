# 64-bit Arm, which the machines of authors mostly are not. `arm_check` judges solutions under an emulator,
# in minutes; this tells in seconds whether what knows the machine is compiled and assembled for it.
#
# SPDX-License-Identifier: MIT
import re
import shutil
import subprocess
import unittest

import fake_tree

ROOT = fake_tree.TOOL.parents[1]
COMPILER = shutil.which("aarch64-linux-gnu-g++")
PLACES = ("exercises", "solutions", "tests/explore", "tests/supervise", "tests/support")
OF_A_MACHINE = re.compile(r"__x86_64__|__aarch64__|\basm\s*(volatile\s*)?\(|\bSYS_\w+|<sys/syscall\.h>")


def sources():
    """What knows the machine, or the kernel's numbers for it."""
    for place in PLACES:
        for suffix in ("hpp", "cpp"):
            for path in sorted((ROOT / place).rglob(f"*.{suffix}")):
                if OF_A_MACHINE.search(path.read_text(encoding="utf-8", errors="replace")):
                    yield path


class Arm(unittest.TestCase):
    def test_the_places_are_known(self):
        found = [str(path.relative_to(ROOT)) for path in sources()]
        for name in ("exercises/given/exchange_stacks.cpp", "tests/explore/hooks/system_calls.hpp"):
            self.assertIn(name, found)

    @unittest.skipUnless(COMPILER, "no aarch64-linux-gnu-g++ here")
    def test_they_compile_there(self):
        for path in sources():
            words = [COMPILER, "-std=c++20", "-O0", "-c", "-o", "/dev/null", "-x", "c++"]
            words += [f"-I{ROOT / place}" for place in ("exercises", "tests")]
            done = subprocess.run([*words, path], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{path.relative_to(ROOT)}\n{done.stderr[:2000]}")


if __name__ == "__main__":
    unittest.main()
