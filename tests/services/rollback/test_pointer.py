"""The rollback pointer: checked in the records and at the targets, on schedule, and told when it stops working."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import Interface, ReleaseState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.pointer import check_pointer, revalidate
from pulse_tui.services.rollback.preflight import preflight
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, asset, deployment, later, release
from tests.fakes.target import Places


def canary(parts: RollbackParts, *, deep: bool = True) -> PointerCheck:
    return check_pointer(parts, "support-bot", CANARY, deep=deep)


def checks(check: PointerCheck) -> dict[str, tuple[bool, bool]]:
    return {c.name: (c.ok, c.blocking) for c in check.checks}


def concerns(parts: RollbackParts) -> list[str]:
    with parts.store.read() as tx:
        return [c.key for c in tx.inventory.concerns("support-bot")]


def told(parts: RollbackParts) -> list[str]:
    with parts.store.read() as tx:
        return [s.title for s in tx.signals.recent(50, "support-bot")]


def test_it_points_to_the_last_healthy_release_there_and_says_what_was_looked_at(parts: RollbackParts) -> None:
    found = canary(parts)
    assert (found.serving, found.version, found.valid) == ("3.8.2", "3.8.1", True)
    assert checks(found) == {
        "release": (True, True),
        "known good here": (True, True),
        "recorded digest": (True, True),
        "interface": (False, False),
        "drilled": (False, False),
        "artifact": (True, True),
        "advisories": (True, False),
        "alerts": (True, False),
    }


def test_an_artifact_with_another_digest_makes_it_invalid(parts: RollbackParts, target: Places) -> None:
    target.replace_artifact("3.8.1", "sha256:evil")
    assert not canary(parts).valid
    assert "artifact: digest sha256:evil" in canary(parts).reason


def test_a_target_that_breaks_says_nothing_of_the_artifact(parts: RollbackParts) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise KeyError(name)

    found = canary(parts._replace(steps={"place": Broken()}))
    assert found.valid
    assert checks(found)["artifact"] == (False, False)
    assert checks(canary(parts._replace(playbooks=())))["artifact"] == (False, False)


def test_an_interface_that_differs_makes_it_invalid_and_stops_the_plan(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        for version, form in (("4", "chatml-1"), ("5", "chatml-2")):
            tx.estate.add_release(release(version, interface=Interface(prompt_format=form)))
        for hours, version in ((-2, "4"), (-1, "5")):
            tx.estate.deploy(deployment(version, CANARY, since=later(hours=hours)))
    found = canary(parts)
    assert not found.valid
    assert "prompt format chatml-1, not chatml-2" in found.reason
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    assert [c.name for c in preflight(parts, plan) if c.name == "interface" and c.blocking and not c.ok]


def test_without_the_network_the_last_answer_of_the_targets_is_repeated(parts: RollbackParts, target: Places) -> None:
    assert checks(canary(parts, deep=False))["artifact"] == (False, False)
    revalidate(parts, parts.clock())
    target.replace_artifact("3.8.1", "sha256:evil")
    again = canary(parts, deep=False)
    assert checks(again)["artifact"] == (True, True)
    assert "checked 2026-11-23T03:10:00Z" in again.checks[-1].detail


def test_where_nothing_serves_there_is_nothing_to_look_at(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="not deployed in shadow"):
        check_pointer(parts, "support-bot", Environment.SHADOW, deep=False)


def test_each_is_looked_at_once_an_interval_the_oldest_first(parts: RollbackParts, clock: Clock) -> None:
    assert revalidate(parts, clock(), 3_600) == 3
    assert revalidate(parts, clock.pass_(minutes=59), 3_600) == 0
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.0", CANARY, since=clock()))
    assert revalidate(parts, clock(), 3_600) == 1  # another release serves: its pointer is another one
    assert revalidate(parts, clock.pass_(minutes=1), 3_600) == 2


def test_a_pointer_that_stops_working_is_a_concern_until_it_works_again(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    revalidate(parts, clock())
    assert concerns(parts) == []
    target.replace_artifact("3.8.1", "sha256:evil")
    revalidate(parts, clock.pass_(hours=1))
    assert concerns(parts) == ["way-back:canary"]
    assert (
        "the rollback target of support-bot in canary (3.8.1) failed its check: artifact: digest sha256:evil"
        in told(parts)
    )
    count = len(told(parts))
    revalidate(parts, clock.pass_(hours=1))
    assert len(told(parts)) == count
    target.replace_artifact("3.8.1", "sha256:3.8.1")
    revalidate(parts, clock.pass_(hours=1))
    assert concerns(parts) == []


def test_a_release_that_is_quarantined_is_passed_over_and_none_left_is_told(parts: RollbackParts, clock: Clock) -> None:
    revalidate(parts, clock())
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.1", ReleaseState.QUARANTINED)
    assert revalidate(parts, clock.pass_(seconds=10)) == 1  # it does not stand as a target for the rest of the hour
    assert revalidate(parts, clock()) == 0
    assert canary(parts).version == "3.8.0"
    assert concerns(parts) == []
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.0", ReleaseState.QUARANTINED)
    revalidate(parts, clock.pass_(hours=1))
    assert concerns(parts) == ["way-back:canary"]


def test_a_rollback_to_the_last_good_release_does_not_report_that_none_is_behind_it(
    parts: RollbackParts, clock: Clock
) -> None:
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.0", ReleaseState.QUARANTINED)
    revalidate(parts, clock())
    target = canary(parts, deep=False).version or ""
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.2", ReleaseState.QUARANTINED)
        tx.estate.deploy(deployment(target, since=clock.pass_(minutes=5)))
    revalidate(parts, clock.pass_(minutes=1))
    assert not canary(parts, deep=False).valid
    assert concerns(parts) == []


def test_an_asset_on_its_first_release_is_no_concern(parts: RollbackParts, clock: Clock) -> None:
    with parts.store.write() as tx:
        tx.estate.put_assets([asset("newcomer")])
        tx.estate.add_release(release("1", "newcomer"))
        tx.estate.deploy(deployment("1", PRODUCTION, asset_id="newcomer"))
    revalidate(parts, clock())
    with parts.store.read() as tx:
        assert tx.inventory.concerns("newcomer") == []
        (kept,) = tx.inventory.pointers("newcomer")
    assert (kept.version, kept.valid, kept.reason) == (None, False, "there is no rollback target")


def test_a_clock_that_was_set_back_does_not_stop_the_checks(parts: RollbackParts, clock: Clock) -> None:
    assert revalidate(parts, clock()) > 0
    clock.pass_(days=-1)
    assert revalidate(parts, clock()) > 0
    assert revalidate(parts, clock()) == 0
