"""``pulse-tui suite``: freeze suites, check whether they changed, run them, move their baselines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import numbered
from pulse_tui.process import holder_name, operator_name
from pulse_tui.settings.check import nearest
from pulse_tui.wiring import House, read_settings

if TYPE_CHECKING:
    from pulse_tui.services.suites.due import Due
    from pulse_tui.services.suites.rows import SuiteRow

EPILOG = """\
freeze SUITE                                 write the digest of its content into the configuration, in place
check [SUITE...]                             is the content what was frozen? exits with 1 when one changed
list                                         frozen, tasks, baselines, last runs, schedule
show RUN                                     one run: its gates, what it rests on, what to do
run SUITE [--asset A] [--version V]          run its command now; without a version on what serves
pin SUITE ASSET VERSION|RUN --why REASON     that run is what later ones are compared with
freeze refuses content that looks like personal data (e-mail addresses, phone and payment card numbers).
freeze and pin go into the audit log."""
_TAKES = {"freeze": (1, 1), "check": (0, 1_000), "list": (0, 0), "show": (1, 1), "run": (1, 1), "pin": (3, 3)}
_WORDS = {
    "freeze": "SUITE",
    "check": "[SUITE...]",
    "list": "",
    "show": "RUN",
    "run": "SUITE",
    "pin": "SUITE ASSET VERSION|RUN",
}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it is about."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=list(_TAKES))
    parser.add_argument(
        "about", nargs="*", metavar="SUITE", help="a suite; show: a run; pin: a suite, an asset, a version or run"
    )
    parser.add_argument("--allow-personal-data", action="store_true", help="freeze what looks like personal data")
    parser.add_argument("--asset", help="run: on this asset (default: those under its baselines)")
    parser.add_argument(
        "--version", dest="release", metavar="VERSION", help="run: on this version (default: what serves)"
    )
    parser.add_argument("--why", default="", help="pin: the reason, kept in the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done or unchanged, 1 refused, changed, or a run failed."""
    fewest, most = _TAKES[options.action]
    if not fewest <= len(options.about) <= most:
        todo = f"Write pulse-tui suite {options.action} {_WORDS[options.action]}".rstrip()
        raise WrongUse(
            f"suite {options.action} takes {fewest or 'no'} names, {len(options.about)} were given", todo=todo
        )
    with opened(options) as house:
        house.sync()
        return _ACTIONS[options.action](options, house)


def _freeze(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.suites.freeze import freeze_suite  # noqa: PLC0415

    parts = house.desk(operator_name()).acting("suite.freeze", options.about[0])
    root = house.config
    if root is None:
        raise Refused("there is no configuration to write to", todo="pulse-tui init writes a first one")
    files = {Path(f).name if root.is_dir() else f: Path(f) for f in house.settings.files}
    done = freeze_suite(
        parts.judging,
        options.about[0],
        files,
        lambda: {s.id: s.digest for s in read_settings(root).suites},
        operator_name(),
        allow_personal=options.allow_personal_data,
    )
    emit(options, done, [done.sentence, *done.remarks])
    return 0


def _check(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.suites.content import State  # noqa: PLC0415
    from pulse_tui.services.suites.rows import statuses  # noqa: PLC0415

    found = statuses(house.judging, options.about)
    words = {State.UNCHANGED: "ok  ", State.CHANGED: "NO  ", State.UNFROZEN: "note"}
    lines = [f"{words[one.state]} {one.suite}: {one.state.value}: {one.why}" for one in found]
    emit(options, found, lines or ["no suites are configured"])
    return 1 if any(one.state is State.CHANGED for one in found) else 0


def _list(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.suites.rows import suite_rows  # noqa: PLC0415

    rows = suite_rows(house.judging, house.clock())
    emit(options, rows, [line for row in rows for line in _lines(row)] or ["no suites are configured"])
    return 0


def _show(options: argparse.Namespace, house: House) -> int:
    story = house.desk(operator_name()).bench("", "", options.about[0])
    head = f"run {story.run}: {story.suite} on {story.asset} {story.version}: {story.verdict or 'not compared'}"
    lines = [head, *(f"  {label}: {text}" for label, text in (*story.facts, *story.measures))]
    for word, texts in (("changed", story.changed), ("risk", story.risk), ("to do", story.todo)):
        lines += [f"  {word}: {text}" for text in texts]
    lines += [f"  {row.verdict:<12} {row.key.rstrip('/')} ({row.gate})" for row in story.rows]
    emit(options, story, lines)
    return 0


def _lines(row: SuiteRow) -> list[str]:
    frozen = f" as {row.digest}" if row.digest else ""
    lines = [
        f"{row.id}: {row.state}{frozen}",
        f"  content    {row.path or 'as its runs state'}" + (f" ({row.why})" if row.state == "changed" else ""),
        f"  tasks      {row.tasks}, {row.must_pass} of them must pass",
    ]
    for base in row.baselines:
        run = f"run {base.run}" if base.run else "no run yet"
        lines.append(f"  baseline   {base.asset} {base.version or '-'} ({run})")
        lines += [f"    measured {numbered(version, number)}: run {run}" for version, run, number in base.measured]
    if row.command:
        when = f"{row.schedule} (next {iso(row.next_at)})" if row.schedule and row.next_at else "no schedule"
        lines.append(f"  command    {when}")
        lines += [f"    ran      {told}" for told in row.executions]
    return lines


def _run(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.domain.evals import SuiteRunState  # noqa: PLC0415
    from pulse_tui.services.suites.content import State  # noqa: PLC0415
    from pulse_tui.services.suites.freeze import find_suite  # noqa: PLC0415
    from pulse_tui.services.suites.rows import statuses  # noqa: PLC0415
    from pulse_tui.services.suites.runs import Over, begin, execute  # noqa: PLC0415

    parts = house.desk(operator_name()).acting("suite.run", options.about[0]).judging
    suite = find_suite(parts, options.about[0])
    if not suite.command:
        raise Refused(
            f"suite {suite.id} has no command", todo="Give it one: command: [program, '{version}', '{output}']"
        )
    seen = statuses(parts, [suite.id])[0]
    if seen.state is State.CHANGED:
        todo = f"Put it back, or freeze it as it is: pulse-tui suite freeze {suite.id}"
        raise Refused(f"suite {suite.id} is not run: {seen.why}", todo=todo)
    ended: list[Over] = []
    for wanted in _wanted(options, house):
        begun = begin(suite.id, parts, holder_name(), wanted)
        if begun is None:
            raise Refused(
                f"suite {suite.id} is being run by another process", todo="pulse-tui suite list shows its runs"
            )
        ended.append(execute(begun, parts, lambda: False))
    details = [line for over in ended for line in [over.sentence, *over.run.detail.split("\n")[1:]]]
    emit(options, [over.run for over in ended], details)
    return 0 if all(over.run.state is SuiteRunState.DONE for over in ended) else 1


def _wanted(options: argparse.Namespace, house: House) -> list[Due]:
    """What ``--asset`` and ``--version`` say, else what serves of the assets under the suite's baselines."""
    from pulse_tui.services.suites.content import assets_of  # noqa: PLC0415
    from pulse_tui.services.suites.due import Due, serving  # noqa: PLC0415

    suite, by = house.judging.suites[options.about[0]], operator_name()
    with house.store.read() as tx:
        assets = [options.asset] if options.asset else list(assets_of(suite, tx))
        known = tx.estate.load().assets
        for asset in assets:
            if asset not in known:
                raise NotFound(f"there is no asset {asset!r}", todo=nearest(asset, known))
        if options.release and len(assets) != 1:
            raise WrongUse("--version needs --asset here", todo=f"The suite is of {', '.join(assets) or 'no asset'}")
        versions = {a: [options.release] if options.release else list(serving(tx, a)) for a in assets}
    wanted = [Due(suite.id, asset, version, by) for asset in assets for version in versions[asset]]
    if not wanted:
        raise Refused(f"nothing serves that suite {suite.id} could be run on", todo="Name it: --asset A --version V")
    return wanted


def _pin(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.evals.baselines import pin_baseline  # noqa: PLC0415
    from pulse_tui.services.suites.freeze import find_suite  # noqa: PLC0415
    from pulse_tui.services.suites.rows import run_named  # noqa: PLC0415

    suite, asset, name = options.about
    find_suite(house.judging, suite)
    parts = house.desk(operator_name()).acting("baseline.pin", f"{suite} {asset}")
    done = pin_baseline(parts.judging, run_named(house.judging, suite, asset, name), operator_name(), options.why)
    emit(options, {"done": done}, [done])
    return 0


_ACTIONS = {"freeze": _freeze, "check": _check, "list": _list, "show": _show, "run": _run, "pin": _pin}
