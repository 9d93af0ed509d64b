"""``pulse-tui status`` and ``pulse-tui explain``: the three questions as text."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.board import AlertStory, Board
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import age, to_us


def arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """``explain`` takes the id of an alert or a decision."""
    if name == "explain":
        parser.add_argument("id", help="an alert, a decision or a signal, as status prints them")


def run(options: argparse.Namespace, name: str) -> int:
    """0 when nothing urgent is open, 1 when a P1 or P2 is (status); explain prints and is 0."""
    with opened(options, read_only=name == "status") as house:
        if name == "explain":
            return _explain(options, house.desk(), house)
        board = house.store.board(house.settings.name, None, house.clock())
        now_us = to_us(house.clock())
    emit(options, board, _lines(board, now_us))
    return 1 if board.header.p1 or board.header.p2 else 0


def _lines(board: Board, now_us: int) -> list[str]:
    h = board.header
    lines = [
        f"{h.estate}: production {h.production_ok} ok, {h.production_risk} at risk; canary {h.canary}, shadow {h.shadow};"
        f" P1 {h.p1}, P2 {h.p2}, other {h.p4}; sources {h.sources_good}/{h.sources_total} good"
    ]
    if h.frozen:
        lines.append(f"frozen: {', '.join(h.frozen)}")
    if h.indeterminate:
        lines.append(f"{h.indeterminate} decisions of the last day could not be told (indeterminate)")
    lines.append("")
    lines.append("WHAT CHANGED / WHAT IS THE RISK")
    for a in board.alerts[:30]:
        where = f"{a.asset} {a.environment}".strip()
        late = "  OVERDUE" if a.overdue else ""
        priority = "?" if a.priority == "unknown" else a.priority
        lines.append(
            f"  {priority:<4} {a.id}  {a.title}  [{where or 'no asset'}; {a.owner or 'no owner'}; {age(a.since_us, now_us)}; x{a.count}; {a.state}]{late}"
        )
    if not board.alerts:
        lines.append("  nothing is open")
    risky = [r for r in board.registry if r.state not in ("ok", "watch")]
    lines += [
        "",
        "ESTATE" + ("" if board.registry else ": no deployments are known; pulse-tui init, then pulse-tui refresh"),
    ]
    lines += [f"  {r.state:<8} {r.asset} {r.environment} {r.version}" + (f": {r.why}" if r.why else "") for r in risky]
    if board.registry:
        lines.append(f"  {len(board.registry) - len(risky)} other deployments are ok")
    lines += ["", "WHAT TO DO NOW"]
    urgent = [a for a in board.alerts if a.priority in ("P1", "P2")]
    lines.append(f"  pulse-tui explain {urgent[0].id}" if urgent else "  nothing urgent")
    return lines


def story_lines(story: AlertStory) -> list[str]:
    """An alert's story as text."""
    lines = [f"{story.alert.priority} {story.alert.title} ({story.alert.id}, {story.alert.state})"]
    for head, part in (
        ("WHAT CHANGED", story.changed),
        ("WHAT IS THE RISK", story.risk),
        ("WHAT TO DO NOW", story.todo),
        ("WHY", story.why),
        ("CORRELATED", story.correlated),
        ("TIMELINE", story.timeline),
    ):
        if part:
            lines += [head, *(f"  {line}" for line in part)]
    return lines


def _explain(options: argparse.Namespace, desk: object, house: object) -> int:
    from pulse_tui.policy.explain import explain  # noqa: PLC0415
    from pulse_tui.services.desk import ServiceDesk  # noqa: PLC0415
    from pulse_tui.wiring import House  # noqa: PLC0415

    assert isinstance(desk, ServiceDesk)
    assert isinstance(house, House)
    with house.store.read() as tx:
        alert = tx.judgements.alert(options.id)
        decision = tx.judgements.decision(options.id)
        of_signal = tx.judgements.decisions(signal_id=options.id)
    if alert is not None:
        story = desk.story(alert.id)
        emit(options, story, story_lines(story))
        return 0
    found = [decision] if decision is not None else of_signal
    if not found:
        raise NotFound(
            f"{options.id!r} names no alert, decision or signal", todo="pulse-tui status lists the open alerts"
        )
    emit(options, found, [line for d in found for line in (*explain(d), "")])
    return 0
