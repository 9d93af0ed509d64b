"""``pulse-tui gate``: for a pipeline, 0 go, 1 blocked with reasons."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.words import Environment


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """What, which version, where."""
    parser.add_argument("asset", help="an asset of the estate")
    parser.add_argument("version", help="one of its releases")
    parser.add_argument(
        "--env", required=True, choices=[e.value for e in Environment], dest="environment", help="where it would go"
    )
    parser.epilog = (
        "Exits with 0 when it may go, 1 when something blocks it; for a pipeline before it promotes.\n"
        "Which reasons block and which are only shown is policy: the gate section of its file."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Print every reason."""
    from pulse_tui.services.alerts.operate import lapse  # noqa: PLC0415
    from pulse_tui.services.evals.baselines import judge_for_gate, rejudge  # noqa: PLC0415
    from pulse_tui.services.promotion.gate import gate  # noqa: PLC0415
    from pulse_tui.services.signals.beside import compared_lines  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        lapse(house.judging, house.clock())
        rejudge(house.judging, options.asset)
        judge_for_gate(house.judging, options.asset, options.version)
        answer = gate(house.rollback, options.asset, options.version, Environment(options.environment))
        with house.store.read() as tx:
            beside = compared_lines(tx, house.clock(), answer.asset, answer.version)
    word = "GO" if answer.go else "BLOCKED"
    lines = [f"{word}: {answer.asset} {answer.version} to {answer.environment} (policy {answer.policy[:12]})"]
    for reason in answer.reasons:
        mark = "ok  " if reason.ok else "NO  " if reason.blocking else "note"
        missing = f" {reason.status}:" if reason.status in ("missing", "undecided", "accepted") else ""
        lines.append(f"  {mark} {reason.name}:{missing} {reason.detail}")
        if reason.todo and not reason.ok:
            lines.append(f"         {reason.todo}")
    lines += [f"  live {line}" for line in beside]
    emit(options, {**answer._asdict(), "beside": beside}, lines)
    return 0 if answer.go else 1
