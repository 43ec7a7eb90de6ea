# What starts the tool: scripts/workbook, for a command, which it says behind `--`; and `python3
# scripts/tool NAME ARGUMENTS...`, for a program that CMake, the tests or an author calls. All that takes
# time to load is elsewhere, so that Ctrl+C finds us here.
#
# SPDX-License-Identifier: MIT
import os
import sys

if sys.version_info < (3, 9):
    print(f"scripts/workbook: {sys.executable} is older than Python 3.9", file=sys.stderr)
    sys.exit(3)

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {  # and the folder of each; its main() takes the arguments
    "answers": "course",
    "arm_check": "author",
    "build_step": "building",
    "games": "book",
    "pictures": "book",
    "platforms": "author",
    "proofs": "author",
    "quoted_report": "author",
    "report_sizes": "author",
    "sealed_compile": "building",
    "selfcheck": "author",
    "trimmed_test": "course",
}


def run(name: str, argv: list[str]) -> int:
    """A program; what goes wrong is said without a traceback."""
    from importlib import import_module

    if not os.path.isdir(os.path.join(HERE, PROGRAMS[name])):
        print(f"this is a handout for students: {name} needs all of the workbook", file=sys.stderr)
        return 2
    try:
        status: int = import_module(f"tool.{PROGRAMS[name]}.{name}").main(argv)
        return status
    except Exception as error:
        from tool.course.layout import WorkbookError  # here, because sealed_compile does without

        if not isinstance(error, WorkbookError):
            raise
        print(error, file=sys.stderr)
        return error.status


def main(argv: list[str]) -> int:
    sys.path[0] = os.path.dirname(HERE)
    if argv and argv[0] in PROGRAMS:
        return run(argv[0], argv[1:])
    from tool import commands

    return commands.run_to_the_end(argv[1:] if argv[:1] == ["--"] else argv)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
