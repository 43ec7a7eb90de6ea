# `demo`: the lecture's race on all the reference servers, side by side.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.building.build_folder import configure
from tool.building.build_step import build_target
from tool.console.command_line import Command
from tool.student.run import become


def demo(root: Path) -> int:
    build = configure(root)
    build_target(build, root, "workbook_demo", build / "demo.log", "the demo")
    return become([str(build / "bin" / "workbook_demo")])


COMMAND = Command(
    "demo",
    "the lecture's race on all the reference servers, side by side",
    lambda root, _: demo(root),
    examples=(("demo", ""),),
)
