# Waits for processes where Python or the kernel has no handle of one (conda's Python, old kernels).
#
# SPDX-License-Identifier: MIT
import os
import signal
import subprocess
import sys
import unittest
import unittest.mock

import running
from tool.building import bounded
from tool.instructor import helpers
from tool.student import watch

LONG = [sys.executable, "-c", "import signal; signal.alarm(60); signal.pause()"]
SEVEN = [sys.executable, "-c", "raise SystemExit(7)"]


class Waits(unittest.TestCase):
    def test_that_a_program_ends(self):
        with subprocess.Popen(LONG) as one:
            self.assertIsNone(bounded.status_within(one, 0))
            self.assertIsNone(bounded.status_within(one, bounded.PAUSE))
            one.kill()
            self.assertEqual(bounded.status_within(one, running.LIMIT), -signal.SIGKILL)
        self.assertEqual(bounded.run(SEVEN, running.LIMIT).status, 7)

    def test_that_a_child_ends_or_that_there_is_none(self):
        with subprocess.Popen(LONG) as one:
            bounded.wait_for(one.pid, 0)
            one.kill()
            bounded.wait_for(one.pid, running.LIMIT)
            with self.assertRaises(ChildProcessError):
                os.waitpid(one.pid, 0)
            bounded.wait_for(one.pid, running.LIMIT)

    def test_that_a_fork_ends(self):
        self.assertEqual(watch.wait_for(watch.in_a_child(lambda: 7)), 7)

    def test_that_helpers_end(self):
        with helpers.Helpers(2) as some:
            for number in (5, 6):
                some.start(number, lambda place: place)
            found = {number: place for number, place, _ in (some.wait(), some.wait())}
        self.assertEqual(found, {5: 0, 6: 1})

    def test_that_what_a_helper_left_behind_does_not_seem_to_be_it(self):
        with helpers.Helpers(1) as some:
            some.start(1, lambda _: os.spawnv(os.P_NOWAIT, sys.executable, LONG))
            _, left, _ = some.wait()
            os.kill(left, signal.SIGKILL)


class WithoutTheCall(Waits):
    def setUp(self):
        there = unittest.mock.patch("os.pidfd_open", create=True)
        there.start()
        self.addCleanup(there.stop)
        del os.pidfd_open


class OnAnOldKernel(Waits):
    def setUp(self):
        refused = unittest.mock.patch("os.pidfd_open", side_effect=OSError(38, "not implemented"), create=True)
        refused.start()
        self.addCleanup(refused.stop)


if __name__ == "__main__":
    unittest.main()
