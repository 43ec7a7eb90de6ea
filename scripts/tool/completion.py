# What a shell needs to complete `scripts/workbook`: a script, written from the commands' own arguments.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.console.command_line import EXERCISE, Command
from tool.course.layout import exercises

FILES = ("FILE", "DIR")  # metavars
LICENSE = "# SPDX-License-Identifier: MIT"


class Words:
    """What may follow one command."""

    def __init__(self, command: Command):
        self.command = command
        self.options: dict[str, str] = {}  # the long form -> its help
        self.before_files: list[str] = []  # options
        self.chosen: list[str] = []
        self.exercise = self.files = False
        for action in command.parser()._actions:
            long = [one for one in action.option_strings if one.startswith("--")]
            if long:
                self.options[long[0]] = (action.help or "") % {"default": action.default}
                if action.metavar in FILES:
                    self.before_files.append(long[0])
            elif action.metavar in FILES:
                self.files = True
            self.exercise |= action.metavar == EXERCISE
            self.chosen += [] if long else (action.choices or [])

    def all(self, known: list[str]) -> list[str]:
        return [*self.options, *self.chosen, *(known if self.exercise else [])]


def show(root: Path, shell: str, commands: list[Command]) -> int:
    known = [one.id for one in exercises(root)]
    found = [Words(one) for one in commands]
    print(SHELLS[shell](found, known), end="")
    return 0


def bash(found: list[Words], known: list[str]) -> str:
    cases = [f"        {w.command.name}) words='{' '.join(w.all(known))}' ;;" for w in found]
    with_files = "|".join(w.command.name for w in found if w.files)
    return f"""\
{LICENSE}
_workbook() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W '{names(found)} --help --version' -- "$word"))
        return
    fi
    case $before in
        {options_before_files(found)}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case ${{COMP_WORDS[1]}} in
{lines(cases)}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    case ${{COMP_WORDS[1]}} in
        {with_files}) COMPREPLY+=($(compgen -f -- "$word")) ;;
    esac
}}
complete -F _workbook workbook
"""


def zsh(found: list[Words], known: list[str]) -> str:
    described = [f"        '{w.command.name}:{quoted(w.command.summary)}'" for w in found]
    cases = [f"        ({w.command.name}) compadd -- {' '.join(w.all(known))} ;;" for w in found]
    with_files = "|".join(w.command.name for w in found if w.files)
    return f"""\
#compdef workbook
{LICENSE}
_workbook() {{
    local -a commands=(
{lines(described)}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        compadd -- --help --version
        return
    fi
    case ${{words[CURRENT - 1]}} in
        ({options_before_files(found)}) _files; return ;;
    esac
    case ${{words[2]}} in
{lines(cases)}
    esac
    case ${{words[2]}} in
        ({with_files}) _files ;;
    esac
}}
compdef _workbook workbook
"""


def fish(found: list[Words], known: list[str]) -> str:
    written = [LICENSE, "complete -c workbook -f"]
    for words in found:
        name = words.command.name
        first, after = "'__fish_use_subcommand'", f"'__fish_seen_subcommand_from {name}'"
        summary = quoted(words.command.summary)
        written.append(f"complete -c workbook -n {first} -a {name} -d '{summary}'")
        for option, help in words.options.items():
            files = " -r -F" if option in words.before_files else ""
            line = f"complete -c workbook -n {after} -l {option[2:]}{files} -d '{quoted(help)}'"
            written.append(line)
        if positional := [*words.chosen, *(known if words.exercise else [])]:
            written.append(f"complete -c workbook -n {after} -a '{' '.join(positional)}'")
        if words.files:
            written.append(f"complete -c workbook -n {after} -a '(__fish_complete_path)'")
    return "\n".join([*written, ""])


def names(found: list[Words]) -> str:
    return " ".join(words.command.name for words in found)


def options_before_files(found: list[Words]) -> str:
    return "|".join(sorted({option for words in found for option in words.before_files}))


def lines(some: list[str]) -> str:
    return "\n".join(some)


def quoted(text: str) -> str:
    """Inside single quotes, for zsh's _describe and for fish."""
    return text.replace("'", "’").replace(":", " -")


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
