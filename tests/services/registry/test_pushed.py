"""What is pushed as a version event stands in the history with an iteration of its own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.approvals import subject
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import EstateShape
from tests.fakes.nouns import NOW, signal
from tests.services.said import alerts


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


def test_a_change_of_a_known_version_takes_an_iteration_and_a_line_of_its_log(judge: JudgeParts) -> None:
    with judge.store.read() as tx:
        before = max(r.iteration for r in tx.estate.releases("support-bot"))
    ingest([event(Change.SYSTEM_PROMPT_CHANGE, "3.8.1", title="the refund paragraph")], [], judge, NOW)
    with judge.store.write() as tx:
        (entry,) = tx.log.entries(subject=subject("support-bot", "3.8.1"))
        assert entry.detail == {
            "change": "system_prompt_change",
            "iteration": str(before + 1),
            "why": "the refund paragraph",
        }
        assert tx.estate.next_iteration("support-bot") == before + 2


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
