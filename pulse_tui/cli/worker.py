"""The tower's collecting process: JSON lines in, JSON lines out, ends when its input ends."""

from __future__ import annotations

import argparse
import json
import sys

from pulse_tui.domain.errors import PulseError
from pulse_tui.wiring import House, find_config, holder_name


def arguments(_parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""


def run(options: argparse.Namespace, _name: str) -> int:
    """Serve requests until the end of input."""
    house = House(find_config(options.config), database=options.database)
    try:
        for line in sys.stdin:
            print(json.dumps(answer(house, json.loads(line))), flush=True)
    finally:
        house.close()
    return 0


def answer(house: House, request: dict[str, str]) -> dict[str, object]:
    """One request: ``refresh`` of a source, or ``housekeeping``."""
    try:
        if request["do"] == "refresh":
            return refresh_one(house, request["source"])
        return {"message": housekeeping(house)}
    except PulseError as error:
        return {"message": str(error), "next_s": 30.0}


def refresh_one(house: House, source: str) -> dict[str, object]:
    """One round, as the scheduler wants to hear of it: quiet when nothing happened."""
    from pulse_tui.services.refresh import refresh  # noqa: PLC0415

    outcome = refresh(source, house.judging, holder_name())
    told = not outcome.ok or outcome.tally.signals > 0 or outcome.tally.rejected > 0
    if outcome.tally.alerts:
        housekeeping(house)  # a page must not wait for the next tick
    return {"message": outcome.message if told else "", "next_s": outcome.next_s}


def housekeeping(house: House) -> str:
    """Escalate missed deadlines, deliver what is due, let silences lapse."""
    from pulse_tui.services.deeds import lapse  # noqa: PLC0415
    from pulse_tui.services.deliver import deliver  # noqa: PLC0415
    from pulse_tui.services.escalate import escalate, settle  # noqa: PLC0415

    late = escalate(house.judging)
    settle(house.judging)
    sent = deliver(house.judging, holder_name())
    lapsed = lapse(house.store, house.clock())
    words = [f"{late} alerts missed their deadline and were escalated"] if late else []
    if sent.dead:
        words.append(f"{sent.dead} deliveries were given up")
    if sent.failed:
        words.append(f"{sent.failed} deliveries failed and are tried again")
    if lapsed:
        words.append(f"{lapsed} alerts fire again")
    return ", ".join(words)
