"""What judges: the policy, its rules and their reviews, the suites and their metrics."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.text import many
from pulse_tui.settings.check import nearest
from pulse_tui.wiring import House


def policy(house: House) -> str:
    """Its size; raises PulseError when a test of it fails."""
    from pulse_tui.policy.check import run_tests  # noqa: PLC0415

    written = house.written_policy
    results = run_tests(written)
    failed = [r.name for r in results if not r.ok]
    if failed:
        raise PulseError(f"{len(failed)} of its own tests fail: {', '.join(failed[:3])}", todo="pulse-tui policy test")
    tried = f"{len(results)} of their tests pass" if results else "they have no tests"
    return f"{many(len(written.rules), 'rule')}, {tried}, digest {written.digest[:12]}"


def waiting(house: House) -> Iterator[Line]:
    """A change of policy that is not in force, and the phase that keeps a part of it back."""
    from pulse_tui.services.conditions.policy_approval import unsettled  # noqa: PLC0415

    try:
        phase = house.policy.phase
        with house.store.read() as tx:
            version = unsettled(tx)
    except PulseError:  # of the policy or the database: a line of its own names it
        return
    if version is not None:
        yield Line("policy change", None, f"{version.words}: pulse-tui policy list")
    if not phase.admits("rollback"):
        yield Line("policy phase", None, f"{phase.value}: a part of what policy asks for is not done; help policy")


def reviews(house: House) -> Iterator[Line]:
    """Rules whose review should have taken place: nobody has asked for a while whether they still fit."""
    late = [r for r in house.reviews if r.due < house.clock().date()]
    if late:
        names = ", ".join(r.words for r in late[:3])
        yield Line("policy review", None, f"{len(late)} overdue: {names}; review them and set a new date")


def undecided(house: House) -> Iterator[Line]:
    """Rules that could not decide lately: what they watch for may be there."""
    from pulse_tui.cli.status import undecided  # noqa: PLC0415

    for line in undecided(house):
        rule, _, why = line.partition(": ")
        yield Line(rule.replace(" x", " was indeterminate x"), None, why)


def metrics(house: House) -> Iterator[Line]:
    """Each metric of a suite is in its newest result; a misspelt one is named with the nearest that is."""
    from pulse_tui.domain.metrics import Made, made_of  # noqa: PLC0415

    with house.store.read() as tx:
        for suite in house.settings.suites:
            runs = [r for a in suite.baselines for _, r in tx.evals.runs(a, suite.id, 1)]
            if not runs:
                continue
            newest = max(runs, key=lambda r: r.at)
            there = {f"{s.task} {s.metric}" for s in newest.scores}
            for task in suite.tasks:
                named = f"{task.name} {task.metric}"
                if named not in there and made_of(task.metric) is Made.SCORES:
                    detail = f"the newest run {newest.id} has no {named} {nearest(named, there)}".rstrip()
                    yield Line(f"suite {suite.id}", False if task.must_pass else None, detail)


def suites(house: House) -> Iterator[Line]:
    """Whether the content of each is there and is what was frozen, and whether its command can be started."""
    from pulse_tui.services.suites.content import MISSING, State  # noqa: PLC0415
    from pulse_tui.services.suites.rows import statuses  # noqa: PLC0415

    for seen in statuses(house.judging, []):
        wrong = seen.state is State.CHANGED or seen.found == MISSING
        good = False if wrong else True if seen.state is State.UNCHANGED else None
        yield Line(f"suite {seen.suite}", good, seen.why)
        command = house.judging.suites[seen.suite].command
        if command:
            program = command[0] if os.sep not in command[0] else str(house.base / command[0])
            found = shutil.which(program)
            yield Line(f"suite {seen.suite}'s command", found is not None, found or f"{command[0]!r} was not found")
