"""A verdict on an alert is recorded, shown on its page and in the log, and changes nothing else; so is what was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.feedback import Usefulness
from pulse_tui.services.alerts.feedback import GIVEN, MISSED, add_missed, give, usefulness
from pulse_tui.services.alerts.operate import acknowledge, resolve
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, later, signal
from tests.services.said import alerts


def fired(parts: RollbackParts) -> str:
    """The id of an alert about support-bot."""
    one = signal(asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    ingest([one], [], parts.judging, NOW)
    return alerts(parts.judging)[0].id


def test_a_verdict_is_on_the_page_and_in_the_log_and_the_alert_is_as_it_was(parts: RollbackParts) -> None:
    ident = fired(parts)
    (before,) = alerts(parts.judging)
    done = give(parts.store, ident, Usefulness.NOISE, "ana", "a \x1b[31mload test", NOW)
    assert done.startswith(f"noise: {before.title} (a verdict: the alert stays firing")
    assert alerts(parts.judging) == [before]
    story = alert_story(parts, ident)
    assert story.verdict == "noise by ana 2026-11-23T03:10:00Z: a load test"
    assert any("alert.verdict by ana: noise, a load test" in line for line in story.timeline)


def test_the_last_verdict_counts_and_the_log_keeps_every_one_also_of_what_is_resolved(parts: RollbackParts) -> None:
    ident = fired(parts)
    resolve(parts.judging, ident, "ana", "it ended", later(minutes=1))
    give(parts.store, ident, Usefulness.NOISE, "ana", "", later(minutes=2))
    assert "late, instead of noise" in give(parts.store, ident, Usefulness.LATE, "ben", "", later(minutes=3))
    with parts.store.read() as tx:
        (kept,) = tx.learning.feedback([ident])
        given = [(e.actor, e.detail) for e in tx.log.entries(subject=ident) if e.action == GIVEN]
    assert (kept.usefulness, kept.by) == (Usefulness.LATE, "ben")
    assert given == [("ana", {"verdict": "noise"}), ("ben", {"verdict": "late", "before": "noise"})]


def test_a_verdict_that_there_is_not_names_the_nearest_and_of_no_alert_is_refused(parts: RollbackParts) -> None:
    with pytest.raises(WrongUse, match="usefull"):
        usefulness("usefull")
    with pytest.raises(WrongUse, match="useful, noise, duplicate, late"):
        usefulness("")
    with pytest.raises(NotFound):
        give(parts.store, "nothing", Usefulness.NOISE, "ana", "", NOW)


def test_the_first_acknowledgement_stays_when_it_lapses_and_another_follows(parts: RollbackParts) -> None:
    ident = fired(parts)
    acknowledge(parts.judging, ident, "ana", 60, later(minutes=4))
    acknowledge(parts.judging, ident, "ben", 60, later(minutes=40))
    assert alerts(parts.judging)[0].first_acknowledged_at == later(minutes=4)


def test_what_was_missed_stands_on_the_pages_of_the_assets_alerts_and_in_the_log(parts: RollbackParts) -> None:
    ident = fired(parts)
    onset = NOW - timedelta(hours=6)
    done = add_missed(parts.store, "refunds were wrong", onset, "ana", NOW, asset_id="support-bot")
    assert done.endswith("refunds were wrong, since 2026-11-22T21:10:00Z, on support-bot")
    assert (
        "missed: refunds were wrong, since 2026-11-22T21:10:00Z (recorded by ana)"
        in alert_story(parts, ident).correlated
    )
    with parts.store.read() as tx:
        (entry,) = [e for e in tx.log.entries() if e.action == MISSED]
    assert entry.detail == {"what": "refunds were wrong", "onset": "2026-11-22T21:10:00Z", "asset": "support-bot"}


@pytest.mark.parametrize(
    ("what", "hours", "asset", "words"),
    [
        ("  \x1b[2J ", -1, "", "is not stated"),
        ("x", 1, "", "is to come"),
        ("x", -24 * 4_000, "", "ten years"),
        ("x", -1, "suport-bot", "support-bot"),
    ],
)
def test_something_missed_that_says_nothing_or_cannot_be_is_refused(
    parts: RollbackParts, what: str, hours: int, asset: str, words: str
) -> None:
    with pytest.raises((WrongUse, NotFound), match=words):
        add_missed(parts.store, what, NOW + timedelta(hours=hours), "ana", NOW, asset_id=asset)
    with parts.store.read() as tx:
        assert tx.learning.missed() == []
