"""``pulse-tui tripwire``: does a hosted model still answer as its pinned baseline does? Pin what it does now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.views.tripwire import MetricLine, RoundLine, WireState, WireView
from pulse_tui.process import operator_name

EPILOG = """\
tripwire                     every tripwire in a few lines
tripwire NAME                the baseline, each metric with its statistic, the last rounds
tripwire pin NAME --why REASON
                             the present behaviour is the baseline from now on: the rounds since the shift began
pin goes into the audit log. What a model answers is not kept, only counts and ids.
exit codes: 0 every one is within its baseline, 1 one has shifted, is learning, fails or has no round"""
_MARKS = {
    WireState.SHIFTED: "▲",
    WireState.FAILING: "?",
    WireState.NEVER: "?",
    WireState.LEARNING: "◌",
    WireState.WITHIN: "●",
}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """A name, or ``pin`` and a name."""
    parser.epilog = EPILOG
    parser.add_argument("about", nargs="*", metavar="NAME", help="a source of kind tripwire; pin NAME: pin it")
    parser.add_argument("--why", default="", help="pin: the reason, kept in the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when all that was asked for is within its baseline, else 1; pin: 0."""
    from pulse_tui.services.vendors.wires import wire, wires  # noqa: PLC0415

    about = list(options.about)
    if about[:1] == ["pin"]:
        return _pin(options, about[1:])
    if len(about) > 1:
        raise WrongUse(f"tripwire takes one name, {len(about)} were given", todo="Write pulse-tui tripwire NAME")
    with opened(options) as house:
        house.sync()
        now = house.clock()
        with house.store.read() as tx:
            found = [wire(about[0], tx, house.judging, now)] if about else wires(tx, house.judging, now)
    lines = [line for one in found for line in _lines(one, to_us(now), whole=bool(about))]
    emit(options, found, lines or ["no tripwire is configured: see pulse-tui help vendors"])
    return 0 if all(one.state.good for one in found) else 1


def _pin(options: argparse.Namespace, names: list[str]) -> int:
    from pulse_tui.services.vendors.tripwire import pin_behaviour  # noqa: PLC0415

    if len(names) != 1:
        raise WrongUse("pin takes the name of a tripwire", todo="Write pulse-tui tripwire pin NAME --why REASON")
    with opened(options) as house:
        house.sync()
        by = operator_name()
        parts = house.desk(by).acting("tripwire.pin", names[0])
        done = pin_behaviour(parts.judging, names[0], by, options.why)
    emit(options, {"done": done}, [done])
    return 0


def _lines(one: WireView, now_us: int, *, whole: bool) -> Iterator[str]:
    yield f"{_MARKS[one.state]} {one.source}: {one.model or 'model unknown'} {one.state.value}"
    if one.trouble:
        yield f"  not known  {one.trouble}"
    how = f", pinned by {one.pinned_by}: {one.why}" if one.pinned_by else ""
    yield f"  baseline   {one.progress}{how}"
    yield f"  assets     {', '.join(one.assets) or 'no asset is known to use it: a shift is an audit note'}"
    for line in one.metrics:
        if whole or line.state == "shifted":
            yield f"  {_metric(line, now_us)}"
    if not whole:
        return
    yield "  ROUNDS (newest first)"
    yield from (f"    {_round(r)}" for r in one.rounds)
    if not one.rounds:
        yield "    none"
    yield f"  costs      {_cost(one)}"


def _metric(line: MetricLine, now_us: int) -> str:
    mark = {"shifted": "▲", "within": "●", "learning": "◌"}.get(line.state, "?")
    moved = f"{line.before} -> {line.now}" if line.now != line.before else line.before
    words = f"{mark} {line.metric:<14} {line.state:<8} {moved}"
    if line.statistic is not None and line.limit is not None:
        words += f"; {line.method} {line.statistic:.3g}, limit {line.limit:.3g}"
    if line.since is not None:
        words += f"; since {iso(line.since)} ({age(to_us(line.since), now_us)})"
    return words


def _round(item: RoundLine) -> str:
    took = f"{item.latency_ms:,.0f} ms" if item.latency_ms is not None else "latency unknown"
    cost = f"{item.tokens:,} tokens" if item.tokens is not None else "tokens unknown"
    seen = (
        f"{iso(item.at)}  {item.answered} of {item.sent} answered; refused {item.refusals}, in format {item.format},"
        f" agree {item.answers}; {took}; {cost}; {', '.join(item.models) or 'no model id'}"
    )
    return seen + (f"; not answered: {item.why}" if item.why else "")


def _cost(one: WireView) -> str:
    if one.tokens_a_day is None or one.every_s is None:
        return "not known: the endpoint counts no tokens" if one.rounds else "not known: no round yet"
    newest = next((r.tokens for r in one.rounds if r.tokens is not None), None)
    return f"{newest or 0:,} tokens in the last round, about {one.tokens_a_day:,} a day at one every {one.every_s / 3600:g} h"
