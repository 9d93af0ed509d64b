"""Whether a rollback counts as drilled: by the playbook as it is now, by the last drill, for a while."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.rollback import Check, Drill
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.drill import counting, drilled, record
from pulse_tui.services.rollback.drill_list import drills
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.settings.shapes import ApprovalsShape
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, later

BOOK = msgspec.structs.replace(playbook("alias"), digest="d" * 64)


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    return parts._replace(playbooks=(BOOK,))


def keep(parts: RollbackParts, **fields: Any) -> Drill:
    values: dict[str, Any] = {
        "run_id": "r1", "asset_id": "support-bot", "playbook": "move", "playbook_digest": BOOK.digest, "trigger": "",
        "from_version": "3.8.2", "to_version": "3.8.1", "at": later(days=-11), "ok": True, "detail": "", "seconds": 2.14,
        "by": "ana",
    }  # fmt: skip
    drill = Drill(**{**values, **fields})
    with parts.store.write() as tx:
        record(tx, drill)
    return drill


def ask(parts: RollbackParts, trigger: str = "") -> Check:
    with parts.store.read() as tx:
        return drilled(tx, parts, "support-bot", PRODUCTION, NOW, trigger)


def test_a_drill_counts_with_its_date_and_age_in_the_preflight_too(parts: RollbackParts) -> None:
    drill = keep(parts)
    check = ask(parts)
    assert check.ok
    assert check.detail == "drilled on 2026-11-12 (11 d ago): 3.8.2 to 3.8.1 and back in 2.1 s"
    with parts.store.read() as tx:
        assert counting(tx, parts, "support-bot", PRODUCTION, NOW) == drill
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    assert [c for c in preflight(parts, plan) if c.name == "drilled"] == [check]


@pytest.mark.parametrize(
    ("drills", "says"),
    [
        ([], "no drill of playbook move is recorded: pulse-tui rollback drill support-bot --env production"),
        ([{"playbook": "other"}], "no drill of playbook move is recorded"),
        ([{"asset_id": "gateway"}], "no drill of playbook move is recorded"),
        ([{"playbook_digest": "e" * 64}], "playbook move changed since its last drill on 2026-11-12"),
        ([{"at": later(days=-91)}], "the drill is overdue: the last one was on 2026-08-24 (91 d ago), one counts for 90 d"),
        ([{"ok": False, "detail": "alias said no"}], "the last drill, on 2026-11-12 (11 d ago), failed: alias said no"),
        ([{}, {"run_id": "r2", "at": NOW, "ok": False, "detail": "no"}], "the last drill, on 2026-11-23 (0 d ago), failed"),
    ],
)  # fmt: skip
def test_what_does_not_count_is_named(parts: RollbackParts, drills: list[dict[str, Any]], says: str) -> None:
    for fields in drills:
        keep(parts, **fields)
    check = ask(parts)
    assert not check.ok
    assert check.detail.startswith(says)


def test_how_long_a_drill_counts_is_configured(parts: RollbackParts) -> None:
    keep(parts)
    assert not ask(parts._replace(approvals=ApprovalsShape(drill_within=10 * 86_400))).ok  # type: ignore[arg-type]


def test_a_trigger_needs_a_drill_of_its_own(parts: RollbackParts) -> None:
    keep(parts)
    assert ask(parts, "latency-breach").detail.startswith("no drill of playbook move for the trigger latency-breach")
    keep(parts, run_id="r2", trigger="latency-breach", at=later(days=-1))
    assert "for latency-breach" in ask(parts, "latency-breach").detail
    assert ask(parts).ok
    keep(parts, run_id="r3", ok=False, detail="alias said no", at=NOW)
    assert not ask(parts, "latency-breach").ok


def test_a_drill_that_was_written_past_the_log_counts_for_nothing(parts: RollbackParts) -> None:
    drill = keep(parts)
    with parts.store.write() as tx:
        tx.rollbacks.add_drill(msgspec.structs.replace(drill, at=NOW))
    assert ask(parts).detail == "the drill of run r1 is not as the audit log recorded it: pulse-tui audit verify"


def test_a_step_kind_that_is_gone_or_a_missing_playbook_is_named(parts: RollbackParts) -> None:
    keep(parts)
    assert ask(parts._replace(steps={})).detail == "the step kind place of playbook move is not installed"
    assert ask(parts._replace(playbooks=())).detail.startswith("no playbook serves support-bot in production")


def test_the_list_says_which_drills_still_count(parts: RollbackParts) -> None:
    keep(parts)
    keep(parts, run_id="r0", at=later(days=-91))
    keep(parts, run_id="r2", at=later(days=-12), playbook_digest="e" * 64)
    assert [(line.run, line.state) for line in drills(parts)] == [
        ("r1", "passed"),
        ("r2", "outdated"),
        ("r0", "outdated"),
    ]


def test_a_drill_from_before_the_clock_was_set_back_does_not_count_and_the_next_one_does(parts: RollbackParts) -> None:
    keep(parts, at=later(days=300))
    assert not ask(parts).ok
    assert "which is in the future" in ask(parts).detail
    assert [line.state for line in drills(parts)] == ["outdated"]
    keep(parts, run_id="r2", at=later(hours=-1))
    assert ask(parts).ok
    keep(parts, run_id="r3", at=later(days=299), ok=False, detail="the alias is gone")
    assert "failed: the alias is gone" in ask(parts).detail, "whenever that was, it was the last one"
