"""A canary that is compared with what serves beside it, as the commands show it: what is undecided is seen to be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulse_tui.rounds.recording import Recording
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW
from tests.servers.loopback import Loopback
from tests.servers.prometheus_api import PrometheusApi

_SOURCE = """\
  - id: live
    kind: prometheus
    every: 30s
    url: "{url}"
    comparisons:
      - asset: my-bot
        sides: {{canary: 'track="canary"', beside: 'track="stable"'}}
        measures:
          - {{name: refusals, events: "refused{{$side}}[$window]", of: "asked{{$side}}[$window]"}}
          - {{name: tools, events: "broken{{$side}}[$window]", of: "asked{{$side}}[$window]"}}
"""


@pytest.fixture
def estate(shell: Shell, server: Loopback) -> Iterator[House]:
    """Six rounds: refusals are collected, of the tools no series is there."""
    file = shell.config / "pulse.yaml"
    file.write_text(file.read_text().replace("suites:\n", _SOURCE.format(url=server.url) + "suites:\n", 1))
    clock, api = Clock(), PrometheusApi(server, NOW)
    for name, value in (("refused", (1.0, 9.0)), ("asked", (100.0, 900.0))):
        for side, count in zip(("canary", "stable"), value, strict=True):
            api.series[f'{name}{{track="{side}"}}[30s]'] = count
    house = House(shell.config, clock=clock)
    house.sync()
    for _ in range(6):
        api.now = clock.pass_(seconds=30).timestamp()
        assert refresh("live", house.judging, "tests").ok
    yield house
    house.close()


def test_status_lists_what_is_not_decided_and_what_is_not_seen(shell: Shell, estate: House) -> None:
    said = shell("status")
    assert "CANARIES BESIDE WHAT SERVES WITH THEM" in said.out
    tools, refusals = (line for line in said.out.splitlines() if "canary 1.1.0 beside production 1.0.1" in line)
    assert "tools: no series" in tools
    assert "'events' has no series in canary since" in tools
    assert "refusals: collecting" in refusals
    assert "1 % (5 of 500) against 1 % (45 of 4,500)" in refusals
    rows = {row["measure"]: row for row in shell("status", "--json").json()["comparisons"]}
    assert (rows["refusals"]["looks"], rows["refusals"]["towards"]) == (5, "PASS")
    assert rows["tools"]["state"] == "no series"


def test_the_page_of_the_asset_counts_it_as_a_risk_and_has_the_numbers(shell: Shell, estate: House) -> None:
    said = shell("asset", "show", "my-bot")
    risk = said.out.split("What to do now")[0]
    assert "? nothing decided of tools: canary 1.1.0 beside production 1.0.1, no series" in risk
    assert "nothing known of it is inconsistent" not in risk
    assert "Beside:" in said.out
    lines = [
        line["text"] for line in shell("asset", "show", "my-bot", "--json").json()["lines"] if line["label"] == "Beside"
    ]
    assert len(lines) == 2


def test_the_gate_shows_it_for_the_release_that_it_is_about_alone(shell: Shell, estate: House) -> None:
    said = shell("gate", "my-bot", "1.1.0", "--env", "production")
    assert "  live canary 1.1.0 beside production 1.0.1, tools: no series" in said.out
    assert len(shell("gate", "my-bot", "1.1.0", "--env", "production", "--json").json()["beside"]) == 2
    assert "  live " not in shell("gate", "my-bot", "1.0.0", "--env", "production").out


def test_a_replay_has_what_stood_then(shell: Shell, estate: House) -> None:
    recording = Recording(estate)
    assert recording.look()
    at = estate.clock()
    past = estate.desk().past(at)
    assert [(row.measure, row.state) for row in past.board().comparisons] == [
        ("tools", "no series"),
        ("refusals", "collecting"),
    ]
    lines = [text for label, text in past.asset_story("my-bot") if label == "Beside"]
    assert len(lines) == 2
    assert "refusals: collecting" in lines[1]
