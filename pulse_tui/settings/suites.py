"""The ``suites`` section: what each entry may say, and what only other rooms can check of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.check import nearest
from pulse_tui.settings.document import Node
from pulse_tui.settings.lists import named, unique
from pulse_tui.settings.shapes import SuiteShape

PLACEHOLDERS = ("asset", "version", "suite", "output")
_PLACEHOLDER = re.compile(r"\{\{(?P<kept>[A-Za-z_]\w*)\}\}|(?<!\$)\{(?P<name>[A-Za-z_]\w*)\}")
"""``{asset}`` is replaced, ``{{asset}}`` is how to write it literally, ``${TOKEN}`` is of the environment."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class SuiteChecks(NamedTuple):
    """What it takes to check suites: who knows formats and who knows cron."""

    formats: Callable[[str], Sequence[str] | None] = lambda _kind: None
    """None for a kind that reads result files, else the names of those that do."""
    cron: Callable[[str], str | None] = lambda _expression: None
    """What is wrong with a cron expression."""


UNCHECKED = SuiteChecks()


def read_suites(node: Node | None, checks: SuiteChecks, problems: list[Problem]) -> list[SuiteShape]:
    """The suites, each id once; every problem is told with its place."""
    suites = unique(node, "suites", SuiteShape, problems)
    nodes = {named(child.get("id")): child for child in (node.elements() if node is not None else ())}
    for suite in suites:
        problems.extend(_problems(suite, nodes[suite.id], checks))
    return suites


def fill(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The command with its placeholders replaced; no argument is ever split or looked at by a shell."""

    def replaced(match: re.Match[str]) -> str:
        return f"{{{match['kept']}}}" if match["kept"] else values.get(match["name"], match[0])

    return [_PLACEHOLDER.sub(replaced, argument) for argument in command]


def _problems(suite: SuiteShape, node: Node, checks: SuiteChecks) -> Iterator[Problem]:
    where = f"suites: {suite.id}"
    command = node.get("command")
    if command is not None and suite.command:
        for part in command.elements():
            for match in _PLACEHOLDER.finditer(named(part)):
                name = match["name"]
                if name is not None and name not in PLACEHOLDERS:
                    hint = f"{nearest(name, PLACEHOLDERS)}; {{{{{name}}}}} is taken literally"
                    yield Problem(str(part.mark), f"{where}.command: nothing is known as {{{name}}}", hint)
        if not suite.command[0].strip():
            yield Problem(str(command.mark), f"{where}.command: the program is missing")
    schedule = node.get("schedule")
    if schedule is not None and suite.schedule is not None:
        wrong = checks.cron(suite.schedule)
        if wrong is not None:
            hint = "five fields in UTC, as in 30 2 * * mon-fri"
            yield Problem(str(schedule.mark), f"{where}.schedule: {suite.schedule!r}: {wrong}", hint)
        if not suite.command:
            yield Problem(str(schedule.mark), f"{where}.schedule: there is no command to run", "add command: [...]")
    output = node.get("output")
    if output is not None and suite.output is not None:
        known = checks.formats(suite.output)
        if known is not None:
            what = f"{where}.output: {suite.output!r} is no kind of result file"
            yield Problem(str(output.mark), what, nearest(suite.output, known))
    digest = node.get("digest")
    if suite.path and digest is not None and suite.digest and not _DIGEST.fullmatch(suite.digest):
        hint = f"pulse-tui suite freeze {suite.id} writes it"
        yield Problem(str(digest.mark), f"{where}.digest: {suite.digest!r} is no sha256: digest of a path", hint)
