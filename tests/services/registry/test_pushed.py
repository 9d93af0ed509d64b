"""What is pushed as a version event stands in the history with an iteration of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Environment, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import EstateShape
from tests.fakes.nouns import NOW, signal
from tests.services.said import alerts

DAY = timedelta(days=1)


def event(change: Change, version: str | None, **fields: Any) -> Signal:
    evidence = VersionEvidence(ref="job-1", to_digest="sha256:new")
    return signal(
        f"{change}-{version}",
        SignalType.VERSION_EVENT,
        change=change,
        asset_id="support-bot",
        current_version=version,
        evidence=evidence,
        **fields,
    )


@pytest.mark.parametrize(
    "change", [Change.RETRAINING, Change.ADAPTER_UPDATE, Change.SYSTEM_PROMPT_CHANGE, Change.PROMPT_REVISION]
)
def test_a_pushed_change_with_a_new_version_is_a_draft_in_the_history(judge: JudgeParts, change: Change) -> None:
    with judge.store.read() as tx:
        before = max(r.iteration for r in tx.estate.releases("support-bot"))
    for _ in range(2):  # a redelivery is the same event
        ingest([event(change, "3.9.0")], [], judge, NOW)
    newest = judge.store.history("support-bot")[0]
    assert (newest.version, newest.iteration) == ("3.9.0", before + 1)
    with judge.store.read() as tx:
        release = tx.estate.release("support-bot", "3.9.0")
        (stored,) = tx.signals.recent(10, "support-bot")
    assert release is not None
    assert (release.state, release.digest) == (ReleaseState.DRAFT, "sha256:new")
    assert release.provenance["change"] == change.value
    assert stored.evidence.iteration == before + 1


def test_a_change_of_a_known_version_has_a_row_of_its_own_with_its_iteration(judge: JudgeParts) -> None:
    with judge.store.read() as tx:
        before = max(r.iteration for r in tx.estate.releases("support-bot"))
    pushed = event(Change.SYSTEM_PROMPT_CHANGE, "3.8.1", title="the refund paragraph")
    for _ in range(2):  # a redelivery is the same event
        ingest([pushed, pushed], [], judge, NOW)
    with judge.store.write() as tx:
        (kept,) = tx.estate.pushed_changes("support-bot", "3.8.1")
        assert tx.estate.pushed_changes("support-bot", "3.8.0") == []
        assert (kept.iteration, kept.change, kept.by, kept.what) == (
            before + 1,
            Change.SYSTEM_PROMPT_CHANGE,
            pushed.source,
            "the refund paragraph",
        )
        assert tx.estate.next_iteration("support-bot") == before + 2
    row, *_ = judge.store.history("support-bot")
    assert (row.version, row.iteration, row.change, row.by, row.what) == (
        "3.8.1",
        before + 1,
        "system prompt change",
        pushed.source,
        "the refund paragraph",
    )
    (dated,) = [r for r in judge.store.calendar(NOW - DAY, NOW + DAY) if r.what == row.change]
    assert dated.detail == f"iteration {row.iteration} by {row.by}: {row.what}"


def test_two_events_of_one_unknown_version_are_a_draft_and_a_change_of_it(judge: JudgeParts) -> None:
    first = event(Change.BUILD, "4.0.0", title="built")
    second = event(Change.ADAPTER_UPDATE, "4.0.0", title="another adapter")
    tally = ingest([first, second, first], [], judge, NOW)
    assert (tally.signals, tally.duplicates) == (2, 1)
    with judge.store.read() as tx:
        release = tx.estate.release("support-bot", "4.0.0")
        (change,) = tx.estate.pushed_changes("support-bot")
        stored = {s.title: s.evidence.iteration for s in tx.signals.recent(10, "support-bot")}
    assert release is not None
    assert stored == {"built": release.iteration, "another adapter": release.iteration + 1}
    assert (change.version, change.iteration) == ("4.0.0", release.iteration + 1)


def test_an_event_that_names_no_version_is_about_what_serves_there(judge: JudgeParts) -> None:
    production = event(Change.CONFIG_CHANGE, None, environment=Environment.PRODUCTION)
    nowhere = msgspec.structs.replace(production, id="elsewhere", environment=None)
    ingest([production, nowhere], [], judge, NOW)
    with judge.store.read() as tx:
        serving = tx.estate.deployment("support-bot", Environment.PRODUCTION)
        assert serving is not None
        assert [c.version for c in tx.estate.pushed_changes("support-bot")] == [None, serving.version]


def test_a_release_that_is_declared_further_down_is_known_from_the_start(judge: JudgeParts) -> None:
    shape = msgspec.convert(
        {
            "assets": [
                {
                    "id": "app",
                    "asset_type": "service",
                    "owner_team": "ml",
                    "environments": {"production": {"version": "1.1"}},
                    "releases": [
                        {"version": "1.1", "rollback_to": "1.0", "lineage": {"base_model": "base@2"}},
                        {"version": "1.0"},
                    ],
                },
                {"id": "base", "asset_type": "foundation_model", "owner_team": "ml", "releases": [{"version": "2"}]},
            ]
        },
        EstateShape,
    )
    sync_estate(shape, judge, NOW)
    assert alerts(judge) == []
    with judge.store.read() as tx:
        assert not tx.inventory.concerns("app")
