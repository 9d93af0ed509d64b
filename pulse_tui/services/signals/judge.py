"""Policy's decisions on signals, with as much of the estate as is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.facts import facts
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts


def judge(signals: Iterable[Signal], estate: Estate, parts: JudgeParts) -> list[tuple[Fact, Sequence[Decision]]]:
    """Every fact that the signals make, each with the decisions of the rules."""
    return [(fact, parts.policy.judge(fact)) for signal in signals for fact in facts(signal, estate)]


def around(signals: Sequence[Signal], tx: Transaction, estate: Estate | None = None) -> Estate:
    """The estate (read, unless it is given) with what judging these signals needs of its dependencies.

    An estate may have a million of them.
    """
    estate = estate if estate is not None else tx.estate.load()
    named = {s.evidence.component for s in signals if isinstance(s.evidence, AdvisoryEvidence)}
    if not named:
        return estate
    return msgspec.structs.replace(estate, dependencies=tx.dependencies.using(components=named))


def unclaimed(judged: Iterable[tuple[Fact, Sequence[Decision]]]) -> int:
    """How many facts matched no asset."""
    return sum(fact.asset is None for fact, _ in judged)
