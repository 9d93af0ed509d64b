"""Two teams with a rota each, their routes and a ladder, for the tests of whom an alert goes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pulse_tui.domain.notice import Use
from pulse_tui.domain.oncall import OnCall, Person, Role, Rotation, Rung, Schedule, Team
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.kinds import Kinds
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.load import load_policy
from pulse_tui.ports import Route
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.document import parse
from tests.fakes.nouns import evidence, signal

BERLIN = "Europe/Berlin"
START = datetime(2026, 10, 19, 6, tzinfo=UTC)
"""Monday 08:00 in Berlin, the week in which clocks go back."""
POLICY = """
respond_within: {P1: 15m, P2: 4h, P3: 3d, P4: 14d}
rules:
  - id: slow
    owner: ml-support
    review: 2030-01-01
    on: [latency_breach]
    priority: P2
    actions: [page]
    all: [service.ratio > 1.15]
    context: [{when: service.ratio > 2.0, priority: P1}]
  - id: hole
    owner: platform
    review: 2030-01-01
    on: [cve]
    priority: P2
    actions: [notify]
    all: [asset.known]
"""


def week(first: str, second: str) -> Schedule:
    rotation = Rotation(members=(first, second), start=START, every=timedelta(days=7), zone=BERLIN)
    return Schedule(id=f"{first}-{second}", rotation=rotation)


PEOPLE = {
    "ana": Person(name="ana", role=Role.ML, routes=("ana-phone",)),
    "ben": Person(name="ben", role=Role.ML, routes=("ben-phone",)),
    "cleo": Person(name="cleo", role=Role.PLATFORM, routes=("cleo-phone",)),
    "dora": Person(name="dora", role=Role.SECURITY, routes=("dora-phone",)),
    "lea": Person(name="lea", role=Role.LEADERSHIP, routes=("lea-phone",)),
}
TEAMS = {
    "ml-support": Team(
        id="ml-support",
        role=Role.ML,
        members=("ana", "ben"),
        schedule="ana-ben",
        routes=("ml-chat",),
        escalate_to="platform",
    ),
    "platform": Team(id="platform", role=Role.PLATFORM, members=("cleo",), routes=("platform-chat",)),
    "security": Team(id="security", role=Role.SECURITY, members=("dora",)),
}
LADDER = (
    Rung(),
    Rung(after=timedelta(minutes=10), to="next"),
    Rung(cycles=3, to="team"),
    Rung(after=timedelta(minutes=30), to="leadership"),
)
ONCALL = OnCall(people=PEOPLE, teams=TEAMS, schedules={"ana-ben": week("ana", "ben")})


def routes() -> list[Route]:
    """A phone for each person, which pages alone, and a chat for each team, in which nobody is woken."""
    options = Kinds("actions")["notify"].Options
    phones = [
        Route(id=f"{n}-phone", kind="notify", options=options(url=f"http://p/{n}"), wanted=(Use.PAGE,)) for n in PEOPLE
    ]
    chats = [
        Route(id=f"{n}-chat", kind="notify", options=options(url=f"http://c/{n}"), wanted=(Use.NOTIFY,))
        for n in ("ml", "platform")
    ]
    return phones + chats


@cache
def policy() -> Policy:
    """A rule that pages for what is slow, and one that notifies of a vulnerability."""
    node, problems = parse(POLICY, "policy.yaml")
    assert node is not None
    made = load_policy(node, action_kinds=list(Kinds("actions")), problems=problems, variables=VARIABLES)
    assert made is not None, problems
    return made


def team_parts(judge: JudgeParts, oncall: OnCall = ONCALL, **more: Any) -> JudgeParts:
    """The parts, with these people."""
    return judge._replace(**{"policy": policy(), "routes": routes(), "oncall": oncall, **more})


def slow(parts: JudgeParts, number: int = 1, *, times: float = 1.5, asset: str = "support-bot", **fields: Any) -> None:
    """p95 is so many times its objective in production."""
    about = {"asset_id": asset, "environment": Environment.PRODUCTION, "fingerprint": f"p95-{asset}"}
    proof = evidence(SignalType.LATENCY_BREACH, value=1_000.0 * times)
    at = parts.clock()
    made = signal(number, evidence=proof, occurred_at=at, observed_at=at, severity=Severity.HIGH, **{**about, **fields})
    ingest([made], [], parts, at)


def told(parts: JudgeParts) -> list[tuple[str, str]]:
    """(route, event) of every message, in the order in which they were made."""
    with parts.store.read() as tx:
        found = tx.plumbing.deliveries(1_000)
    return sorted(((d.route, d.payload["event"]) for d in found), key=str)


def called(parts: JudgeParts, since: datetime) -> set[str]:
    """The routes of what was queued since."""
    with parts.store.read() as tx:
        return {d.route for d in tx.plumbing.deliveries(1_000) if d.created_at >= since}
