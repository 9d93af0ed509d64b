"""``pulse-tui completion SHELL``: what a shell offers at Tab, as a script that starts nothing of ours when Tab is pressed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence

from pulse_tui import __version__
from pulse_tui.cli.output import emit
from pulse_tui.cli.parsed import Argument, Command, Option, commands, tower

TOPIC = "TOPIC"


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """The shell."""
    parser.add_argument("shell", choices=list(_SHELLS), help="for which shell")
    parser.epilog = (
        "Write it once where the shell looks, so that no shell starts slower:\n"
        "  bash  pulse-tui completion bash > ~/.local/share/bash-completion/completions/pulse-tui\n"
        "  zsh   pulse-tui completion zsh > ~/.zfunc/_pulse-tui    (fpath+=~/.zfunc before compinit)\n"
        "  fish  pulse-tui completion fish > ~/.config/fish/completions/pulse-tui.fish\n"
        "Works without a configuration and without a network; write it again after an update."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Always 0."""
    script = _SHELLS[options.shell]()
    emit(options, {"shell": options.shell, "script": script}, script.splitlines())
    return 0


def _all() -> list[Command]:
    """The commands; the topics of the help are choices here."""
    from pulse_tui.cli.help import known_topics  # noqa: PLC0415  reads the pages' names

    found = []
    for command in commands():
        places = [a._replace(choices=known_topics()) if a.name == TOPIC else a for a in command.arguments]
        found.append(command._replace(arguments=places))
    return found


# ---------------------------------------------------------------------- bash

_BASH = """\
# bash completion of pulse-tui {version}: pulse-tui completion bash
_pulse_tui() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command= place=0 i
    COMPREPLY=()
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = && COMP_CWORD -ge 2 ]]; then
        prev=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
        =) ((i++)) ;;
        -*)
            case $command:${{COMP_WORDS[i]}} in
{valued}) [[ ${{COMP_WORDS[i+1]}} == = ]] || ((i++)) ;;
            esac
            ;;
        *)
            if [[ -z $command ]]; then command=${{COMP_WORDS[i]}}; else ((place++)); fi
            ;;
        esac
    done
    case $command:$prev in
{values}
    esac
    local options= words=
    case $command in
{offered}
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ $words == @files ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    fi
}}
complete -o filenames -F _pulse_tui pulse-tui
"""


def bash() -> str:
    """For bash 4 or newer; needs no bash-completion package."""
    every = _all()
    base = tower()
    values, offered, valued = list[str](), list[str](), list[str]()
    for command in (base, *every):
        taking = [o for o in command.options if o.value]
        valued += [f"{command.name}:{flag}" for o in taking for flag in o.flags]
        for option in taking:
            keys = "|".join(f"{command.name}:{flag}" for flag in option.flags)
            if option.choices:
                what = f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$cur"))'
            else:
                what = 'mapfile -t COMPREPLY < <(compgen -f -- "$cur")' if option.file else ":"
            values.append(f"    {keys}) {what}; return ;;")
    names = " ".join(c.name for c in every)
    offered.append(f'    "") options="{_flags(base)}" words="{names}" ;;')
    for command in every:
        offered.append(f'    {command.name}) options="{_flags(command)}"')
        offered.append("        case $place in")
        offered += [f'        {_places(n, a)}) words="{_words(a)}" ;;' for n, a in enumerate(command.arguments)]
        offered.append("        esac ;;")
    lines = [f"            {'|'.join(valued[n : n + 6])}" for n in range(0, len(valued), 6)]
    return _BASH.format(
        version=__version__, valued="|\\\n".join(lines), values="\n".join(values), offered="\n".join(offered)
    )


def _flags(command: Command) -> str:
    return " ".join(flag for o in command.options for flag in o.flags)


def _places(number: int, argument: Argument) -> str:
    return f"[{number}-9]" if argument.many else str(number)


def _words(argument: Argument) -> str:
    return "@files" if argument.file else " ".join(argument.choices)


# ---------------------------------------------------------------------- zsh


def zsh() -> str:
    """A function that compinit loads by its first line."""
    every = _all()
    lines = [
        "#compdef pulse-tui",
        f"# zsh completion of pulse-tui {__version__}: pulse-tui completion zsh",
        "_pulse_tui() {",
        '    local curcontext="$curcontext" state state_descr line',
        "    typeset -A opt_args",
        "    local -a commands=(",
        *(f"        {_quoted(f'{c.name}:{_short(c.about)}')}" for c in every),
        "    )",
        "    _arguments -C \\",
        *(f"        {spec} \\" for o in tower().options for spec in _zsh_option(o)),
        "        '1:command:->command' '*::argument:->argument' && return",
        "    case $state in",
        "    command) _describe -t commands command commands ;;",
        "    argument)",
        "        case $words[1] in",
    ]
    for command in every:
        specs = [spec for o in command.options for spec in _zsh_option(o)]
        specs += [_zsh_argument(n, a) for n, a in enumerate(command.arguments, 1)]
        lines.append(f"        {command.name})")
        lines.append("            _arguments \\")
        lines += [f"                {spec} \\" for spec in specs[:-1]]
        lines += [f"                {specs[-1]} ;;"]
    lines += ["        esac ;;", "    esac", "}", 'if [[ $funcstack[1] == _pulse-tui ]]; then _pulse_tui "$@"']
    return "\n".join([*lines, "else compdef _pulse_tui pulse-tui", "fi"]) + "\n"


def _zsh_option(option: Option) -> Iterator[str]:
    value = ""
    if option.value:
        value = f":{option.value.lower()}:{_zsh_values(option.choices, file=option.file)}"
    for flag in option.flags:
        equals = "=" if flag.startswith("--") and value else ""
        yield _quoted(f"{flag}{equals}[{_zsh_text(_short(option.about))}]{value}")


def _zsh_argument(number: int, argument: Argument) -> str:
    place = "*" if argument.many else str(number)
    kind = ":" if argument.optional and not argument.many else ""
    return _quoted(f"{place}:{kind}{argument.name.lower()}:{_zsh_values(argument.choices, file=argument.file)}")


def _zsh_values(choices: Sequence[str], *, file: bool) -> str:
    if choices:
        return f"({' '.join(c.replace(':', chr(92) + ':') for c in choices)})"
    return "_files" if file else " "


def _zsh_text(text: str) -> str:
    return "".join(f"\\{c}" if c in "[]:\\" else c for c in text)


# ---------------------------------------------------------------------- fish


def fish() -> str:
    """``complete`` lines."""
    every = _all()
    first = "__fish_use_subcommand"
    lines = [f"# fish completion of pulse-tui {__version__}: pulse-tui completion fish", "complete -c pulse-tui -f"]
    lines += [f"complete -c pulse-tui -n {first}{_fish_option(o)}" for o in tower().options]
    for command in every:
        lines.append(f"complete -c pulse-tui -n {first} -a {command.name} -d {_fished(_short(command.about))}")
        there = _fished(f"__fish_seen_subcommand_from {command.name}")
        lines += [f"complete -c pulse-tui -n {there}{_fish_option(o)}" for o in command.options]
        offered = [c for a in command.arguments for c in a.choices]
        if offered:
            lines.append(f"complete -c pulse-tui -n {there} -a {_fished(' '.join(dict.fromkeys(offered)))}")
        if any(a.file for a in command.arguments):
            lines.append(f"complete -c pulse-tui -n {there} -F")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    names = "".join(f" -l {f[2:]}" if f.startswith("--") else f" -s {f[1:]}" for f in option.flags)
    value = ""
    if option.choices:
        value = f" -x -a {_fished(' '.join(option.choices))}"
    elif option.value:
        value = " -r -F" if option.file else " -x"
    return f"{names}{value} -d {_fished(_short(option.about))}"


def _fished(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _short(text: str) -> str:
    """One line."""
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:79].rsplit(" ", 1)[0] + " …"


_SHELLS: dict[str, Callable[[], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
