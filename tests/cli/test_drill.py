"""Drills and reports from a shell, at a target that answers over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pulse_tui.rounds.lanes import Lanes
from pulse_tui.rounds.work import housekeeping
from pulse_tui.services.rollback.scheduled import notice
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target
from tests.servers.loopback import Loopback

PLACE = "my-bot/replica"


@pytest.fixture
def replica(shell: Shell, target: Target, server: Loopback) -> Target:
    """A replica of my-bot, which serves what production serves."""
    file = shell.config / "pulse.yaml"
    stated = "        production: {version: 1.0.1"
    file.write_text(file.read_text().replace(stated, f"        replica: {{version: 1.0.1}}\n{stated}"))
    target.serving[PLACE] = "1.0.1"
    server.on("GET", f"/deployments/{PLACE}", target._read)
    server.on("PUT", f"/deployments/{PLACE}", target._write)
    return target


def test_a_drill_moves_the_replica_there_and_back_and_counts_everywhere(shell: Shell, replica: Target) -> None:
    before = shell("gate", "my-bot", "1.0.1", "--env", "production")
    assert "no drill of playbook any-rollback is recorded" in before.out
    held = shell("rollback", "drill", "my-bot", "--env", "production", "--trigger", "latency-breach")
    assert held.code == 0, held
    assert "from 1.0.1 to 1.0.0 and back" in held.out
    assert replica.writes == [(PLACE, "1.0.1", "1.0.0"), (PLACE, "1.0.0", "1.0.1")]
    today = f"{datetime.now(UTC):%Y-%m-%d} (0 d ago)"
    assert f"drilled on {today} for latency-breach" in shell("gate", "my-bot", "1.0.1", "--env", "production").out
    assert "drilled on" in shell("rollback", "plan", "my-bot", "--env", "production").out
    assert f"ok   drill my-bot: drilled on {today}" in shell("doctor").out
    capacity = shell("status", "--json").json()["rollback"]["capacity"]
    assert [(c["environment"], c["deployments"]) for c in capacity] == [("production", 1), ("canary", 1)]
    assert shell("audit", "verify").code == 0


def test_the_report_of_a_drill_is_the_same_twice_and_in_every_form(shell: Shell, replica: Target) -> None:
    shell("rollback", "drill", "my-bot", "--env", "production")
    run = shell("rollback", "list", "--json").json()[0]["run"]
    first = shell("rollback", "report", run)
    assert first.code == 0
    assert first.out == shell("rollback", "report", run).out
    assert first.out.startswith("Report of a drill: my-bot in replica, 1.0.1 to 1.0.0 and back")
    assert "read before: 1.0.1, read last: 1.0.0; verified" in first.out
    data = shell("rollback", "report", run, "--json").json()
    assert (data["kind"], data["state"], len(data["targets"])) == ("drill", "verified", 2)
    assert {"name": "serving", "word": "ok", "detail": "the registry reports that 1.0.1 serves"} in data["certificate"]
    assert shell("rollback", "report", run, "--markdown").out.startswith("# Report of a drill")


def test_a_drill_that_cannot_be_held_says_why_and_touches_nothing(shell: Shell, target: Target) -> None:
    refused = shell("rollback", "drill", "my-bot", "--env", "production")
    assert refused.code == 1
    assert "my-bot has no replica" in refused.err
    assert "It cannot be drilled: my-bot has no replica" in shell("doctor").out
    assert shell("rollback", "drill", "my-bot").code == 2
    assert shell("rollback", "drill", "my-bot", "--env", "replica").code == 2
    assert target.writes == []


def test_one_target_for_all_environments_is_refused(shell: Shell, replica: Target) -> None:
    file = shell.config / "pulse.yaml"
    file.write_text(file.read_text().replace("{asset}/{environment}", "{asset}/production"))
    refused = shell("rollback", "drill", "my-bot", "--env", "production")
    assert refused.code == 1
    assert "its replica and what serves resolve to one target" in refused.err
    assert "is the target of my-bot in production too" in refused.err
    assert replica.writes == []


def test_the_housekeeping_of_a_collector_holds_what_is_due_and_a_refresh_does_not(
    shell: Shell, replica: Target
) -> None:
    file = shell.config / "pulse.yaml"
    file.write_text(file.read_text().replace("    on_failure: undo", '    on_failure: undo\n    drill: "* * * * *"'))
    house = House(shell.config)
    try:
        house.sync()
        notice(house.rollback, datetime.now(UTC) - timedelta(hours=1))
        housekeeping(house)
        assert replica.writes == []
        outcome = housekeeping(house, Lanes(inline=True))
        words = [outcome.message, housekeeping(house, Lanes(inline=True)).message]
    finally:
        house.close()
    assert len(replica.writes) == 2, words
