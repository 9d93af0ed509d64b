"""What came into production past the gate is an alert with the gate's reasons, until the gate would let it through."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.past_gate import check_promotions
from tests.fakes.nouns import NOW, PRODUCTION, deployment, later


def serve(parts: RollbackParts, version: str, *, source: str = "registry", decision: str | None = None) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(msgspec.structs.replace(deployment(version, PRODUCTION), source=source))
        tx.estate.record_promotion(
            "support-bot", version, PRODUCTION, by=source, at=NOW, decision_id=decision, why="test"
        )


def alerts(parts: RollbackParts) -> list[Alert]:
    with parts.store.read() as tx:
        return tx.judgements.alerts(list(OPEN))


def test_an_alias_that_moved_past_the_gate_is_an_alert_with_its_reasons_until_it_moves_back(
    parts: RollbackParts,
) -> None:
    serve(parts, "3.8.1")
    assert check_promotions(parts, NOW) == 0
    serve(parts, "3.8.2")
    assert check_promotions(parts, NOW) == 1
    (alert,) = alerts(parts)
    assert alert.rule_id == "promoted-past-gate"
    assert alert.title.startswith("support-bot 3.8.2 serves in production past the gate (registry): functional:")
    assert check_promotions(parts, NOW) == 0
    serve(parts, "3.8.1")  # it served before anybody looked
    check_promotions(parts, NOW)
    assert alerts(parts) == []
    serve(parts, "3.8.2")
    check_promotions(parts, later(minutes=5))
    assert len(alerts(parts)) == 1


def test_what_was_promoted_through_the_gate_is_quiet_also_when_its_source_reports_the_move(
    parts: RollbackParts,
) -> None:
    serve(parts, "3.8.1")
    check_promotions(parts, NOW)
    serve(parts, "3.8.2", source="ana", decision="audit:7")
    serve(parts, "3.8.2")
    check_promotions(parts, NOW)
    assert alerts(parts) == []


def test_a_version_that_no_registry_knows_is_an_alert_also_when_it_is_first_seen(parts: RollbackParts) -> None:
    serve(parts, "9.9.9")
    assert check_promotions(parts, NOW) == 1
    assert "9.9.9 is not in the registry: nobody evaluated or approved it" in alerts(parts)[0].title
