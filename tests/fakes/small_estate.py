"""A small estate on disk with a deployment target on loopback, for tests of whole commands.

The target is a real one as far as it goes: it compares the expected value, keeps a fence and a log of its writes.
"""

from __future__ import annotations

import json
from pathlib import Path

from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import House
from tests.fakes.prepared import prepared
from tests.fakes.runs import jailbreaks, run_of_sheets, sheet
from tests.servers.loopback import Loopback, Reply, Request

CONFIG = """\
name: small
database: sqlite:///pulse.db
estate:
  assets:
    - id: my-bot
      asset_type: service
      owner_team: ml-team
      tier: customer-facing
      exposure: public
      environments:
        production: {{version: 1.0.1, since: 2026-11-01T00:00:00Z}}
        canary: {{version: 1.1.0, traffic: 5, since: 2026-11-20T00:00:00Z}}
      releases:
        - {{version: 1.0.0, digest: "sha256:aa", state: promoted, created: 2026-10-01T00:00:00Z}}
        - {{version: 1.0.1, digest: "sha256:bb", state: promoted, created: 2026-10-20T00:00:00Z, rollback_to: 1.0.0}}
        - {{version: 1.1.0, digest: "sha256:cc", state: evaluated, created: 2026-11-19T00:00:00Z, rollback_to: 1.0.1}}
sources:
  - {{id: drop, kind: signals, every: 1s, path: signals}}
  - {{id: news, kind: feed, every: 5s, url: "{url}/feed", vendor: acme}}
suites:
  - id: golden
    tasks:
      - {{name: qa, metric: acc}}
  - id: redteam
    tasks:
      - {{name: jailbreak, metric: jailbreak_success, gate: safety}}
routes:
  - {{id: oncall, kind: notify, url: "{url}/hook"}}
playbooks:
  - id: any-rollback
    environments: [canary, production]
    on_failure: undo
    steps:
      - kind: webhook
        timeout: 10s
        read_url: "{url}/deployments/{{asset}}/{{environment}}"
        write_url: "{url}/deployments/{{asset}}/{{environment}}"
        artifact_url: "{url}/artifacts/{{version}}"
approvals: {{production: 2, canary: 1, expire: 1h}}
operators:
  - {{name: ana, key: ana-laptop}}
  - {{name: ben, key: ben-laptop}}
  - {{name: cyd, key: cyd-laptop, environments: [canary]}}
"""
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>news</title><item><guid>1</guid><title>A page moved</title>'
    b"<pubDate>Sun, 22 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"
)
SIGNAL = {
    "id": "probe-1",
    "source": "probes",
    "signal_type": "latency_breach",
    "asset_id": "my-bot",
    "environment": "canary",
    "current_version": "1.1.0",
    "severity": "high",
    "confidence": 0.95,
    "recommended_action": "rollback",
    "occurred_at": "2026-11-23T03:00:00Z",
    "observed_at": "2026-11-23T03:01:00Z",
    "title": "p95 latency of my-bot canary is over its objective",
    "evidence": {"metric": "p95_latency", "value": 1048.0, "objective": 800.0, "unit": "ms"},
    "fingerprint": "latency:my-bot:canary",
}


class Target:
    """What serves where, behind ``/deployments/<asset>/<environment>`` of a loopback server."""

    def __init__(self, server: Loopback) -> None:
        self.serving = {"my-bot/canary": "1.1.0", "my-bot/production": "1.0.1"}
        self.writes: list[tuple[str, str, str]] = []
        self.delay_s = 0.0
        """How long an answer to a write takes."""
        self.asked = 0
        """How many writes came in, refused ones too."""
        self.applies = True
        """Whether a write takes effect before its answer is written."""
        for place in self.serving:
            server.on("GET", f"/deployments/{place}", self._read)
            server.on("PUT", f"/deployments/{place}", self._write)
        for version, digest in (("1.0.0", "sha256:aa"), ("1.0.1", "sha256:bb"), ("1.1.0", "sha256:cc")):
            server.on("GET", f"/artifacts/{version}", Reply.json({"digest": digest}))
        server.on("GET", "/feed", Reply(body=FEED, headers={"Content-Type": "application/rss+xml"}))
        server.on("POST", "/hook", Reply.json({"id": 1}, 202))

    def _read(self, request: Request) -> Reply:
        return Reply.json({"version": self.serving[request.path.removeprefix("/deployments/")]})

    def _write(self, request: Request) -> Reply:
        place = request.path.removeprefix("/deployments/")
        body = request.json()
        self.asked += 1
        before = self.serving[place]
        if body["expected"] != before:
            return Reply.json({"version": before}, 409)
        if self.applies:
            self.serving[place] = body["version"]
            self.writes.append((place, before, body["version"]))
        return Reply.json({"version": body["version"]}, delay_s=self.delay_s)


def write_estate(folder: Path, url: str) -> Path:
    """The configuration in ``folder``; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "signals").mkdir(exist_ok=True)
    (folder / "pulse.yaml").write_text(CONFIG.format(url=url), encoding="utf-8")
    return folder


def authorise(config: Path) -> None:
    """The rollback of my-bot in production is drilled and pre-authorised."""
    house = House(config)
    try:
        house.sync()
        prepared(house.rollback, "my-bot")
    finally:
        house.close()


def measure(folder: Path, version: str, *, accuracy: float = 0.9, attacks: float = 0.01) -> None:
    """Runs of my-bot's functional and safety suite on a release; those that come first are the baselines."""
    runs = [
        run_of_sheets(f"golden-{version}", version, [sheet(accuracy, metric="acc")], asset_id="my-bot"),
        jailbreaks(f"redteam-{version}", version, attacks, asset_id="my-bot"),
    ]
    house = House(folder)
    try:
        house.sync()
        ingest(runs, [], house.judging, house.clock())
    finally:
        house.close()


def signal_line(**changes: object) -> str:
    """One ``pulse.signal/1`` record as JSON."""
    return json.dumps({**SIGNAL, **changes})
