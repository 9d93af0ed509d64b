"""Noise by rule: counted from verdicts, and a change proposed only where stored facts show that it drops nothing of worth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pulse_tui.domain.feedback import Usefulness
from pulse_tui.domain.views.learning import RuleNoise
from pulse_tui.domain.words import Severity
from pulse_tui.services.alerts.feedback import give
from pulse_tui.services.alerts.operate import resolve
from pulse_tui.services.learning.metrics import read
from pulse_tui.services.learning.noise import noise_report
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, evidence, later, signal
from tests.services.said import alerts

U, N, D = Usefulness.USEFUL, Usefulness.NOISE, Usefulness.DUPLICATE


def breaches(
    parts: RollbackParts, *cases: tuple[float, Usefulness | None], same: bool = False, first: int = 0, **fields: Any
) -> None:
    """Alerts of a latency breach, one a ratio, each ended before the next; with a verdict where there is one."""
    for number, (ratio, verdict) in enumerate(cases, first):
        at = later(minutes=10 * number)
        proof = evidence(signal().signal_type, value=1000.0 * ratio)
        about = {"asset_id": "support-bot", "environment": CANARY, "current_version": "3.8.2"}
        name = "p95" if same else f"p95-{number}"
        one = signal(number, evidence=proof, observed_at=at, occurred_at=at, fingerprint=name, **{**about, **fields})
        ingest([one], [], parts.judging, at)
        (alert,) = [a for a in alerts(parts.judging) if a.open]
        resolve(parts.judging, alert.id, "ana", "it ended", at + timedelta(minutes=5))
        if verdict is not None:
            give(parts.store, alert.id, verdict, "ana", "", at + timedelta(minutes=6))


def noise(parts: RollbackParts) -> RuleNoise:
    (row,) = noise_report(parts, read(parts, 30))
    return row


def test_a_higher_threshold_is_proposed_that_drops_the_noise_and_nothing_useful(parts: RollbackParts) -> None:
    breaches(parts, (1.2, N), (1.25, N), (1.22, N), (1.31, N), (1.8, U), (2.4, U), (1.21, None))
    row = noise(parts)
    assert row.proposal is not None
    assert row.proposal.change == "service.ratio > 1.15 becomes service.ratio > 1.4"
    assert row.proposal.effect == "of 7 alerts 5 less: 4 noise, 0 useful, 1 without a verdict"
    assert "1 condition would newly alert" not in row.proposal.replayed
    assert "0 conditions would newly alert, 5 no longer" in row.proposal.replayed
    assert (row.share, row.never_acknowledged, row.self_resolved_s) == (4 / 6, 7, 300.0)
    assert row.lines[0] == "7 alerts: 67% noise (2 useful, 4 noise, 0 duplicate, 0 late, 1 without a verdict)"


def test_where_useful_ones_lie_among_the_noise_only_what_lies_below_them_is_dropped(parts: RollbackParts) -> None:
    breaches(parts, (1.2, N), (1.21, N), (1.9, N), (1.3, U))
    row = noise(parts)
    assert row.proposal is not None
    assert (row.proposal.noise, row.proposal.useful, row.proposal.gone) == (2, 0, 2)


def test_an_urgent_alert_that_nobody_judged_is_never_dropped(parts: RollbackParts) -> None:
    breaches(parts, (1.2, N), (1.21, N), (1.22, N))
    breaches(parts, (1.2, None), first=10, severity=Severity.CRITICAL)
    row = noise(parts)
    assert (row.proposal, row.unjudged) == (None, 1)
    assert "urgent" in row.why


def test_few_verdicts_are_no_reason_and_none_are_unknown(parts: RollbackParts) -> None:
    breaches(parts, (1.2, None), (1.3, None))
    assert noise(parts).why == "nobody gave a verdict"
    assert "? unknown" in noise(parts).lines[0]
    for alert in alerts(parts.judging)[:1]:
        give(parts.store, alert.id, N, "ana", "", NOW)
    assert noise(parts).why.startswith("1 of 1 verdicts are noise; 3 verdicts of noise")


def test_what_comes_back_soon_goes_on_as_one_alert(parts: RollbackParts) -> None:
    breaches(parts, (1.5, N), (1.5, N), (1.5, N), (1.5, D), same=True)
    row = noise(parts)
    assert row.flapping == 3
    assert row.proposal is not None
    assert row.proposal.kind in ("threshold", "heals_within", "keep_firing_for")


def test_noise_that_ends_by_itself_waits_before_it_calls_and_what_lasted_does_not(parts: RollbackParts) -> None:
    breaches(parts, (1.5, N), (1.5, N), (1.5, N))
    at = later(hours=5)
    one = signal(
        99, evidence=evidence(signal().signal_type, value=1500.0), observed_at=at, occurred_at=at, fingerprint="p95-99",
        asset_id="support-bot", environment=CANARY, current_version="3.8.2",
    )  # fmt: skip
    ingest([one], [], parts.judging, at)
    (alert,) = [a for a in alerts(parts.judging) if a.open]
    resolve(parts.judging, alert.id, "ana", "it ended", at + timedelta(hours=2))
    give(parts.store, alert.id, U, "ana", "", at)
    row = noise(parts)
    assert row.proposal is not None
    assert row.proposal.change == "heals_within: 5m (what ends by itself sooner calls nobody)"
    assert (row.proposal.noise, row.proposal.useful) == (3, 0)


def test_a_report_over_the_same_data_is_the_same_later_that_day(parts: RollbackParts) -> None:
    breaches(parts, (1.2, N), (1.3, U))
    first = noise_report(parts, read(parts, 30))
    parts.clock.pass_(hours=3)  # type: ignore[attr-defined]
    assert noise_report(parts, read(parts, 30)) == first
