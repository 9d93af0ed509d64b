"""``pulse-tui doctor``: everything that must be in order before a night, with evidence for each line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial

from pulse_tui.cli.doctor import judging, launch, outlets, people, reading, rollbacks, setup, storing
from pulse_tui.cli.doctor.lines import Line, checked
from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import ConfigError, PulseError, StorageError
from pulse_tui.wiring import House, found_config


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``--launch``."""
    parser.add_argument(
        "--launch",
        action="store_true",
        help="what the launch checklist lacks is wrong, not a todo, and the exit code has it",
    )
    parser.epilog = (
        "One line of evidence for each part. Exits with 1 when something is wrong. Lines named launch are of the launch checklist:\n"
        "what it lacks is a todo and leaves the exit code alone, unless --launch asks. pulse-tui checklist has them alone."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when nothing is wrong, 1 when something is."""
    lines = [*setup.terminal(), *_house(options)]
    if options.launch:
        lines = [line._replace(todo=False) for line in lines]
    emit(options, lines, [f"{line.mark} {line.what}: {line.evidence}" for line in lines])
    return 1 if any(line.wrong for line in lines) else 0


def _house(options: argparse.Namespace) -> Iterator[Line]:
    path, how = found_config(options.config)
    try:
        house = House(path, database=options.database, read_only=True)
    except PulseError as error:
        yield Line("config", False, str(error))
        return
    yield Line(
        "config",
        path is not None or None,
        f"{path} ({how})" if path else "none found: pulse-tui init writes a first one",
    )
    for problem in house.settings.warnings:
        yield Line("config", None, str(problem))
    try:
        yield from _parts(house)
    finally:
        house.close()


def _parts(house: House) -> Iterator[Line]:
    settings = house.settings
    yield Line(
        "estate",
        bool(settings.estate.assets) or None,
        f"declared: {len(settings.estate.assets)} asset(s), {len(settings.suites)} suite(s)",
    )
    yield from setup.before(house)
    yield from checked("policy", judging.policy, house)
    yield from judging.reviews(house)
    yield from judging.waiting(house)
    yield from setup.operators(house)
    database = list(checked("database", storing.database, house))
    if database[0].ok is not None:  # of one that cannot be read the pages say more
        database += [line for line in storing.pages(house) if line.evidence != database[0].evidence]
    yield from database
    stored = all(line.ok is not False for line in database) and bool(database[0].ok)  # of a damaged one nothing is read
    named = list(setup.references(house, stored=stored))
    yield from named
    if not stored:
        return
    failed = {line.what for line in named if line.ok is False}
    for part in (
        storing.private, storing.members, storing.disk, judging.undecided, reading.migrations, reading.notes, rollbacks.step_targets, judging.metrics, rollbacks.rollback_targets, rollbacks.authorisations, rollbacks.rollback_runs, outlets.messages, outlets.heartbeat, outlets.enforced, people.people, partial(reading.sources, named=failed), reading.advisories, judging.suites,
        outlets.hooks, outlets.service, outlets.senders, storing.log, storing.recording, launch.launch,
    ):  # fmt: skip
        try:
            yield from part(house)
        except ConfigError:  # the policy or a playbook, which is named above; the rest is checked
            continue
        except StorageError as error:  # what reads a damaged page; the pages are named above
            yield Line("database", False, str(error))
