"""Deploys that wait elsewhere for the gate: each is asked about here, and gets its answer through the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import effect_name
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Gatekeeper, Route, Transaction, Waiting
from pulse_tui.services.parts import SYSTEM, JudgeParts, RollbackParts
from pulse_tui.services.promotion.enforce import enforcing
from pulse_tui.services.promotion.gate import assess

FRESH_S = 300.0
"""A yes is sent within this time, or asked for once more."""
SHOWN = 5
"""Reasons in a comment."""


class Answered(NamedTuple):
    """One deploy that got an answer: ``approved``, ``rejected``, or empty while it is left waiting."""

    route: str
    what: str
    state: str
    why: str


def gatekeepers(parts: JudgeParts) -> list[Route]:
    """The routes at which deploys wait for the gate."""
    return [r for r in enforcing(parts.routes) if hasattr(parts.actions[r.kind], "waiting")]


def answer_waiting(parts: RollbackParts, now: datetime, only: str | None = None) -> list[Answered]:
    """Ask the gate for every deploy that waits (at one route, or at all), and queue what is new. A destination that does not answer is left for the
    next time, after the others. Raises PulseError for the first one of these."""
    answered: list[Answered] = []
    broken: list[PulseError] = []
    for route in gatekeepers(parts.judging):
        if only not in (None, route.id):
            continue
        kind = cast("Gatekeeper", parts.judging.actions[route.kind])
        try:
            waits = kind.waiting(route.options, parts.judging.outside.sending(now))
        except PulseError as error:
            broken.append(error)
            continue
        for each in waits:
            if (one := _answer(parts, route, kind, each, now)) is not None:
                answered.append(one)
    if broken:
        raise broken[0]
    return answered


def _answer(parts: RollbackParts, route: Route, kind: Gatekeeper, waits: Waiting, now: datetime) -> Answered | None:
    """Its answer, when it is another one than it has; in a transaction of its own."""
    with parts.store.read() as tx:
        state, why = _judged(tx, parts, kind.meant(waits, route.options), waits)
    if not state and getattr(route.options, "blocked", "") == "reject":
        state = "rejected"
    # A yes that could not be sent is asked for anew: the gate may have closed since.
    round_ = str(int(now.timestamp() // FRESH_S)) if state == "approved" else ""
    key = effect_name("answer", route.id, waits.key, waits.place, state, round_)
    comment = f"the gate of pulse-tui: {why}"
    payload = {
        "do": "answer",
        "use": Use.ENFORCE.value,
        "title": f"{state or 'waits'}: {waits.title or waits.ref}",
        "run": waits.key.partition(".")[0],
        "place": waits.place,
        "state": state,
        "comment": comment,
    }
    with parts.store.write() as tx:
        made = Delivery(key=key, kind=route.kind, route=route.id, payload=payload, created_at=now)
        if not tx.plumbing.enqueue(made):
            return None
        detail = {
            "route": route.id,
            "place": waits.place,
            "commit": waits.commit,
            "answer": state or "wait",
            "why": why,
        }
        tx.log.append(now, SYSTEM, "gate.answered", f"{route.id}/{waits.key}", detail)
    return Answered(route.id, f"{waits.place} {waits.commit[:9]}", state, why)


def _judged(
    tx: Transaction, parts: RollbackParts, meant: Sequence[tuple[str, Environment, str]], waits: Waiting
) -> tuple[str, str]:
    """``approved`` and why, or nothing and why not: what cannot be asked about is not approved."""
    reasons: list[str] = []
    good: list[str] = []
    for asset_id, environment, version in meant:
        if tx.estate.asset(asset_id) is None:
            reasons.append(f"{asset_id} is no asset of the estate")
            continue
        releases = tx.estate.releases(asset_id)
        found = [r for r in releases if r.version == version] if version else []
        found = found or [r for r in releases if waits.commit and r.provenance.get("commit") == waits.commit]
        if not found:
            what = version or f"a release of commit {waits.commit[:9] or '(unknown)'}"
            reasons.append(f"{asset_id} {what} is not known here: nothing says that it may go")
            continue
        answer = assess(tx, parts, max(found, key=lambda r: r.iteration), environment)
        head = f"{answer.asset} {answer.version} to {answer.environment}"
        if answer.go:
            good.append(f"GO: {head}")
        else:
            first, *rest = answer.blocking
            reasons += [f"{head}: {first}", *rest]
    if not meant:
        reasons.append(f"environment {waits.place} is tied to no asset")
    if reasons:
        more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
        return "", clean("BLOCKED: " + "; ".join(reasons[:SHOWN]) + more, 900)
    return "approved", clean("; ".join(good), 900)
