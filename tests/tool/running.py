# The tool as a program of its own, with pipes or with a terminal of its own.
#
# SPDX-License-Identifier: MIT
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import fake_tree

LIMIT = 60  # seconds, for what takes less than one


def run_main(prepare, environment, before=None, **streams):
    """The tool, after `prepare` has put something else in its place."""
    script = (
        f"import runpy, sys; sys.path.insert(0, {str(fake_tree.TOOL.parent)!r})\n{prepare}\n"
        f"runpy.run_path({str(fake_tree.TOOL / '__main__.py')!r}, run_name='__main__')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        preexec_fn=before or heed_signals,
        **streams,
    )


def heed_signals():
    """As in a terminal, whatever these tests are run by (nohup, a shell's background)."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def resize(terminal, columns):
    """Makes this descriptor's terminal so wide."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))


def screen(written, columns):
    """The rows that a terminal shows of this, with an "@" where a line was wrapped."""
    rows, at = [""], 0
    for piece in re.findall(r"\033\[[0-9;]*[A-Za-z]|[^\033]", written):
        if piece in ("\033[2J", "\033[J"):
            rows = [""] if piece == "\033[2J" else [*rows[:-1], rows[-1][:at]]
        elif piece == "\r":
            at = 0
        elif piece == "\n":
            rows.append("")
        elif piece[0] != "\033":
            if at == columns:
                rows[-1] += "@"
                rows, at = [*rows, ""], 0
            rows[-1] = rows[-1].ljust(at)[:at] + piece + rows[-1][at + 1 :]
            at += 1
    return [row.rstrip() for row in rows]


class Terminal:
    """The tool in a terminal of its own."""

    def __init__(self, prepare, columns=80, **environment):
        self.end, self.its_end = pty.openpty()
        resize(self.end, columns)
        self.as_found = termios.tcgetattr(self.its_end)
        here = dict.fromkeys(("stdin", "stdout", "stderr"), self.its_end)
        environment = {"TERM": "xterm", "NO_COLOR": "", **environment}
        self.tool = run_main(prepare, environment, self._make_it_ours, **here)
        self.shown = ""  # since the last key

    def _make_it_ours(self):
        heed_signals()
        os.setsid()
        fcntl.ioctl(self.its_end, termios.TIOCSCTTY)

    def shows(self, pattern):
        self.shown = heard(self.end, pattern, self.shown)
        return self.shown

    def press(self, key):
        self.shown = ""
        os.write(self.end, key)

    def is_as_found(self):
        return termios.tcgetattr(self.its_end) == self.as_found

    def reads_keys(self):
        return not termios.tcgetattr(self.its_end)[3] & (termios.ICANON | termios.ECHO)

    def hang_up(self):
        """As when its window is closed."""
        os.close(self.end)
        self.end = None

    def close(self):
        self.tool.kill()
        self.tool.wait()
        for end in (self.end, self.its_end):
            if end is not None:
                os.close(end)


def heard(source, pattern, so_far=""):
    """What comes from this descriptor until the pattern is in it."""
    deadline = time.monotonic() + LIMIT
    while not re.search(pattern, so_far):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            raise AssertionError(f"no {pattern!r} within {LIMIT} s, but: {so_far!r}")
        more = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
            more = os.read(source, 65536)
        if not more:
            raise AssertionError(f"no {pattern!r} to the end, but: {so_far!r}")
        so_far += more.decode()
    return so_far
