"""Which command is meant, and what every command shares: options, errors, exit codes."""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from pulse_tui import __version__
from pulse_tui.cli.locked import locked
from pulse_tui.domain.errors import PulseError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "one night on recorded fixtures, with a rollback target that really changes"),
    "init": ("init", "write a first configuration"),
    "refresh": ("refresh", "one round of every source, or of those named"),
    "agent": ("agent", "collect without a screen, for a service unit"),
    "ingest": ("ingest", "take in signals or result files"),
    "status": ("status", "what changed, what is the risk, what to do: the estate"),
    "explain": ("explain", "the three questions for one alert; why a rule decided as it did"),
    "gate": ("gate", "may this version be promoted there?"),
    "release": ("release", "approve, promote, quarantine, retire; history, show, diff, calendar"),
    "inventory": ("inventory", "what the sources and the estate do not agree about, what nobody owns"),
    "asset": ("asset", "all that is recorded of one asset: what changed, the risk, what to do, what runs where"),
    "components": ("components", "what an asset is made of, and who uses a component"),
    "coverage": ("coverage", "what of the estate is matched, clean or not audited, and how new each advisory feed is"),
    "match": ("match", "which stored advisories reach what a bill of materials or a lock file lists"),
    "compare": ("compare", "is the candidate worse than the baseline, and how sure is that?"),
    "drift": ("drift", "change points of series"),
    "catalogue": ("catalogue", "what changed between two catalogues of models; how fast labs release"),
    "resolve": ("resolve", "which model a platform's name means: the exact snapshot, its line, or unknown"),
    "classify": ("classify", "what notes of vendors are about, with the phrase that decided; corrections by people"),
    "suite": ("suite", "freeze, check, list, run benchmark suites; pin their baselines"),
    "tripwire": ("tripwire", "does a hosted model still answer as its pinned baseline does? pin what it does now"),
    "policy": ("policy", "check or test the policy"),
    "alert": ("alert", "acknowledge, resolve, silence, waive or unmute an alert; say what it was worth"),
    "incident": ("incident", "alerts handled as one: list, show, confirm a cause, split, merge, undo, resolve, export"),
    "missed": ("missed", "record what no alert reported, or list it"),
    "delivery": ("delivery", "messages that did not arrive: list, show, replay, drop"),
    "oncall": ("oncall", "who is on call, until when, and who is next"),
    "handover": ("handover", "what the next shift must know; hand it over"),
    "review": ("review", "reviews as work: list, take, done"),
    "muted": ("alert", "everything that is muted, waived or held: until when, by whom, why"),
    "silence": ("silence", "nobody is called for what an expression matches: add, preview, list, end"),
    "maintenance": ("silence", "the same for a window to come: add, preview, list, end"),
    "advisory": ("advisory", "one vulnerability: evidence, ranges and fixes by source; everything that it can hurt"),
    "note": ("note", "what vendors published: list, show, correct the labels; when the models in use end"),
    "report": (
        "report",
        "how we do, for an audience; noise by rule with a proposed change; vendors compared: Markdown, HTML, JSON",
    ),
    "waiver": ("waiver", "waive an advisory for a component of an asset, list, show, end; export as VEX"),
    "freeze": ("freeze", "freeze promotions of an asset; review, lift or pass a freeze"),
    "enforce": ("enforce", "what holds are enforced where deploys happen: list, check, ask again"),
    "rollback": ("rollback", "plan, approve, reject, run, undo, show, list, resume"),
    "replay": ("replay", "the tower as it stood at a moment: 02:40, 2h ago; of the database or of a recording"),
    "rehearse": ("rehearse", "play a scenario through estate, policy, routes and schedules: nothing is sent"),
    "audit": ("audit", "verify or export the audit chain"),
    "members": ("members", "the towers and agents that share the database, and whether they agree"),
    "doctor": ("doctor", "is everything in order: config, database, sources, terminal, clock"),
    "metrics": ("metrics", "how we do, and what stands now, as OpenMetrics text"),
    "activity": ("activity", "everything that all operators and the program did, newest first"),
    "decisions": ("decisions", "who waived, lifted, accepted, overrode, approved or changed what, and why"),
    "checklist": ("checklist", "the launch checklist: each line with its evidence, or what is missing and what to do"),
    "db": ("db", "upgrade or back up the database"),
    "schema": ("schema", "JSON Schemas: signal, facts, config, policy, playbook"),
    "help": ("help", "the documentation, shipped with the program: pulse-tui help [TOPIC]"),
    "completion": ("completion", "what bash, zsh or fish offers at Tab, as a script"),
    "worker": ("worker", ""),
}
"""Command -> (module, help). An empty help hides the command."""
_UNCONFIGURED = {"demo", "init", "schema", "compare", "drift", "resolve", "help", "rehearse", "completion"}
"""Commands that read no configuration and no database: to offer the options would be to ignore them. (A rehearsal reads a
configuration, and has an option for it.)"""
EPILOG = """\
who acts: $PULSE_OPERATOR, else the user of the process
which configuration: --config, else $PULSE_CONFIG, ~/.config/pulse-tui, ./config (status names it)
exit codes: 0 yes, 1 no, 2 wrong use or bad configuration, 3 internal error
new here? `pulse-tui demo` plays a night, `pulse-tui init` writes a first configuration, `pulse-tui help` lists the documentation"""


class Parser(argparse.ArgumentParser):
    """Wrong use exits with 2 and says where the help is."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and leave."""
        self.print_usage(sys.stderr)
        end = "" if message.endswith("?") else "."
        self.exit(2, f"{self.prog}: {message}{end} See {self.prog} --help\n")


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    gc.set_threshold(_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without "·" is no reason to say nothing
    with locked():
        return _run(argv)


def _run(argv: Sequence[str]) -> int:
    name = next((a for a in _positionals(argv)), None)
    code: int | None = None
    try:
        code = _command(argv, str(name)) if name in COMMANDS else _tower(argv)
        sys.stdout.flush()  # here, where a reader that is gone is expected
    except PulseError as error:
        with contextlib.suppress(OSError):  # nobody is there to read it
            print(f"pulse-tui: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code is None:  # it was cut off before it had an answer
            return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 130
    except Exception:
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        print("pulse-tui: this is a bug in pulse-tui; please report the lines above", file=sys.stderr)
        return 3
    return code


def _command(argv: Sequence[str], name: str) -> int:
    parser = parser_of(name)
    rest = list(argv)
    rest.remove(name)
    code: int = _module(name).run(parser.parse_intermixed_args(rest), name)
    return code


def _module(name: str) -> Any:
    return importlib.import_module(f"pulse_tui.cli.{COMMANDS[name][0]}")


def parser_of(name: str) -> Parser:
    """The options and arguments of one command."""
    help_ = COMMANDS[name][1]
    parser = Parser(
        prog=f"pulse-tui {name}",
        description=(help_[:1].upper() + help_[1:] + ("" if help_.endswith("?") else ".")) if help_ else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common(parser, configured=name not in _UNCONFIGURED)
    _module(name).arguments(parser, name)
    return parser


def tower_parser() -> Parser:
    """The options of `pulse-tui` without a command."""
    width = max(len(n) for n in COMMANDS)
    listing = "\n".join(f"  {n:<{width}}  {h}" for n, (_, h) in COMMANDS.items() if h)
    parser = Parser(
        prog="pulse-tui",
        description="The control tower: what changed, what is the risk, what should we do now?",
        epilog=f"commands (each has --help):\n{listing}\n\n{EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pulse-tui {__version__}")
    parser.add_argument("--read-only", action="store_true", help="show everything, hide every action")
    parser.add_argument("--record", metavar="FILE", help="record the board in a file, for `replay AT --file FILE`")
    common(parser, json=False)
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    return parser


def _tower(argv: Sequence[str]) -> int:
    parser = tower_parser()
    options = parser.parse_args(argv)
    if options.command is not None:
        import difflib  # noqa: PLC0415

        near = difflib.get_close_matches(options.command, [n for n, (_, h) in COMMANDS.items() if h], 1)
        parser.error(f"unknown command {options.command!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    from pulse_tui.cli import tower  # noqa: PLC0415

    return tower.run(options)


def common(parser: argparse.ArgumentParser, *, configured: bool = True, json: bool = True) -> None:
    """The options that every command takes."""
    if configured:
        parser.add_argument("--config", metavar="PATH", help="configuration folder or file")
        parser.add_argument(
            "--database", metavar="URL", help="sqlite:///file.db or postgresql://..., over the config's"
        )
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON")


_OBJECTS = 20_000
"""New objects between two looks for garbage; with Python's 700 a command spends a tenth of its time on that while it imports."""
_TAKES_VALUE = {
    "--config",
    "--database",
    "--batch",
    "--material",
    "--kind",
    "--task",
    "--metric",
    "--margin",
    "--slo",
    "--suite",
    "--at",
    "--only",
    "--until",
    "--log-format",
    "--log-level",
    "--record",
    "--file",
}


def _positionals(argv: Sequence[str]) -> list[str]:
    out, skip = [], False
    for argument in argv:
        if skip:
            skip = False
        elif argument in _TAKES_VALUE:
            skip = True
        elif not argument.startswith("-"):
            out.append(argument)
    return out
