"""The ``suites`` section: what each entry may hold, and what only other rooms can check of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.evals import Task
from pulse_tui.domain.metrics import Made, bounds_of, made_of
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
    expression: Callable[[str], str | None] = lambda _expression: None
    """What is wrong with an expression over the facts of policy."""


UNCHECKED = SuiteChecks()


def read_suites(node: Node | None, checks: SuiteChecks, problems: list[Problem]) -> list[SuiteShape]:
    """The suites, each id once; every problem is reported with its place."""
    suites = unique(node, "suites", SuiteShape, problems)
    nodes = {named(child.get("id")): child for child in (node.elements() if node is not None else ())}
    for suite in suites:
        problems.extend(_problems(suite, nodes[suite.id], checks))
    return suites


def fill(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The command with its placeholders replaced; no argument is ever split or read by a shell."""

    def replaced(match: re.Match[str]) -> str:
        return f"{{{match['kept']}}}" if match["kept"] else values.get(match["name"], match[0])

    return [_PLACEHOLDER.sub(replaced, argument) for argument in command]


def _judged(suite: SuiteShape, node: Node, where: str) -> Iterator[Problem]:
    """What is wrong with the tasks and the margin of their mean."""
    tasks = node.get("tasks")
    for task, place in zip(suite.tasks, tasks.elements() if tasks is not None else (), strict=False):
        yield from _task_problems(task, place, f"{where}.{task.name} {task.metric}")
    if suite.margin is not None and suite.margin >= 1:
        yield _too_wide(node, suite.margin, where)


def _task_problems(task: Task, node: Node, where: str) -> Iterator[Problem]:
    """What would pass anything, or judge nothing."""
    if task.margin is not None and task.margin * task.scale >= 100 and bounds_of(task.metric) == (0.0, 1.0):
        yield _too_wide(node, task.margin, where)
    if task.metric.startswith("pass@") and made_of(task.metric) is not Made.PASS_AT_K:
        yield Problem(
            _mark(node, "metric"), f"{where}: {task.metric!r} names no number of tries", "write pass@1, pass@5"
        )
    if made_of(task.metric) is Made.LATENCY and task.slo is None:
        yield Problem(_mark(node, "metric"), f"{where}: there is no objective", "add slo: milliseconds, as in slo: 800")


def _too_wide(node: Node, margin: float, where: str) -> Problem:
    hint = f"percentage points are hundredths here: did you mean {margin / 100:g}?"
    return Problem(
        _mark(node, "margin"), f"{where}: margin {margin:g} is the whole scale and would pass anything", hint
    )


def _mark(node: Node, key: str) -> str:
    child = node.get(key)
    return str(child.mark if child is not None else node.mark)


def _problems(suite: SuiteShape, node: Node, checks: SuiteChecks) -> Iterator[Problem]:
    where = f"suites: {suite.id}"
    yield from _judged(suite, node, where)
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
