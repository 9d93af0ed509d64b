"""How many deployments can be rolled back with a whole certificate, and how long rollbacks took."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.capacity import measures
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.pointer import revalidate
from pulse_tui.services.rollback.rehearse import drill
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, PRODUCTION, alert, deployment, later
from tests.fakes.target import Places


@pytest.fixture
def parts(parts: RollbackParts, target: Places) -> RollbackParts:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
        tx.estate.deploy(deployment("3.8.2", Environment.REPLICA, since=later(hours=-1)))
    for environment in Environment:
        target.put(f"alias-{environment.value}", "3.8.2")
    moving = playbook("alias-{environment}")
    return parts._replace(playbooks=(msgspec.structs.replace(moving, environments=(CANARY, PRODUCTION)),))


def capacity(parts: RollbackParts) -> dict[str, tuple[int, int, dict[str, str]]]:
    return {c.environment: (c.whole, c.deployments, dict(c.lacking)) for c in measures(parts).capacity}


def test_what_was_never_checked_or_drilled_is_not_counted(parts: RollbackParts, clock: Clock) -> None:
    whole, of, lacking = capacity(parts)["production"]
    assert (whole, of) == (0, 2)
    assert lacking["support-bot"] == "its rollback target has not been checked since this version serves"
    revalidate(parts, clock())
    lacking = capacity(parts)["production"][2]
    assert lacking["support-bot"].startswith("no drill of playbook move is recorded")
    assert lacking["gateway"] == "there is no rollback target"
    assert "replica" not in capacity(parts)


def test_a_drill_makes_a_certificate_whole_until_its_artifact_is_another_one(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    revalidate(parts, clock())
    drill(parts, "support-bot", PRODUCTION, "ana", "h")
    assert capacity(parts)["production"][0] == 1
    target.replace_artifact("3.8.1", "sha256:other")
    revalidate(parts, clock(), every_s=0)
    whole, _, lacking = capacity(parts)["production"]
    assert whole == 0
    assert lacking["support-bot"] == "artifact: digest sha256:other"


def test_the_time_to_roll_back_counts_from_the_alert_and_not_for_drills(parts: RollbackParts, clock: Clock) -> None:
    with parts.store.write() as tx:
        tx.judgements.put_alert(alert(first_at=later(minutes=-20), asset_id="support-bot", environment=CANARY))
    drill(parts, "support-bot", PRODUCTION, "ana", "h")
    clock.pass_(seconds=30)
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x", alert_id="alert-1")
    approve(parts, plan.hash, "ana", "x")
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.VERIFIED
    (took,) = measures(parts).took
    assert (took.asset, took.environment, took.run, took.since) == ("support-bot", "canary", run.id, "alert")
    assert took.seconds == pytest.approx(1230.0)
    clock.pass_(days=91)
    assert measures(parts).took == ()
