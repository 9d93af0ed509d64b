"""A small house for the verbs: a SQLite file, the default policy, and adapters that tests can look into."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.domain.operator import Identity, Operator
from pulse_tui.domain.words import Environment
from pulse_tui.kinds import Kinds
from pulse_tui.policy.judge import Policy
from pulse_tui.ports import Route
from pulse_tui.services.alerts.advice import advise
from pulse_tui.services.alerts.incidents.correlate import correlate
from pulse_tui.services.alerts.incidents.weigh import weigh
from pulse_tui.services.conditions.reassess import reassess
from pulse_tui.services.evals.verdicts import verdicts
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.gate import GateAnswer
from pulse_tui.services.promotion.gate import gate as ask_gate
from pulse_tui.services.record import signals_of
from pulse_tui.settings.shapes import ApprovalsShape, PlaybookShape, StepShape
from pulse_tui.storage.store import SqlStore
from pulse_tui.wiring import House, outside
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.prepared import prepared
from tests.fakes.target import Places

OPERATORS = {
    "ana": Operator(name="ana", label="key-ana"),
    "ben": Operator(name="ben", label="key-ben"),
    "cho": Operator(name="cho", label="key-cho"),
}
BY_NAME = Identity(unsigned=tuple(Environment), by_name=True)
"""As of an estate in which nobody has a public key."""


@cache
def default_policy() -> Policy:
    """The policy that ships."""
    return House(None).policy


@cache
def prompt_policy() -> Policy:
    """The policy that ships, but that nobody waits for a breach to heal by itself."""
    policy = copy.copy(House(None).policy)  # the one that ships is shared by all
    policy.compiled = tuple(map(copy.copy, policy.compiled))
    for compiled in policy.compiled:
        compiled.rule = msgspec.structs.replace(compiled.rule, heals_within=None, at_once=None)
    return policy


def step_shape(name: str, timeout: float = 1.0) -> StepShape:
    """A step that moves a place."""
    return StepShape(kind="place", timeout=timeout, options={"name": name}, mark="playbooks.yaml:1")


def playbook(*places: str, on_failure: str = "undo", timeout: float = 1.0) -> PlaybookShape:
    """A playbook that moves some places, one after the other."""
    steps = tuple(step_shape(p, timeout) for p in places)
    return PlaybookShape(id="move", assets=(), environments=tuple(Environment), steps=steps, on_failure=on_failure)


def routes() -> list[Route]:
    """A page for everybody and a folder of tickets."""
    actions = Kinds("actions")
    return [
        Route(id="page", kind="notify", options=actions["notify"].Options(url="http://pager.test/page")),
        Route(id="tickets", kind="ticket", options=actions["ticket"].Options(path="tickets")),
    ]


def judging(store: SqlStore, base: Path, clock: Clock, http: FakeHttp | None = None, **more: Any) -> JudgeParts:
    """Parts for ingesting, with the default policy."""
    parts = JudgeParts(
        store=store,
        policy=prompt_policy(),
        actions=Kinds("actions"),
        routes=routes(),
        suites={},
        source_kinds=Kinds("collectors"),
        sources={},
        outside=outside(http or FakeHttp(), base, clock),
        clock=clock,
        record=signals_of,
        reassess=reassess,
        advise=advise,
        verdicts=verdicts,
        correlate=correlate,
        weigh=weigh,
    )
    return parts._replace(**more)


def rollback(judge: JudgeParts, target: Places, clock: Clock, *books: PlaybookShape, **more: Any) -> RollbackParts:
    """Parts for rolling back at ``target``."""
    parts = RollbackParts(
        store=judge.store,
        steps={"place": target},
        playbooks=books or (playbook("alias"),),
        operators=OPERATORS,
        approvals=ApprovalsShape(),
        policy_digest=judge.policy.digest,
        playbooks_digest="playbooks",
        operators_digest="operators",
        outside=judge.outside,
        clock=clock,
        sleep=clock.sleep,
        judging=judge,
        identity=BY_NAME,
    )
    return parts._replace(**more)


def gate(judge: JudgeParts, asset_id: str, version: str, environment: Environment) -> GateAnswer:
    """The gate of a house with a playbook for everything, and every rollback of production drilled and pre-authorised."""
    parts = RollbackParts(
        store=judge.store,
        steps={"place": Places(judge.outside.base / "places.json")},
        playbooks=(playbook("alias"),),
        operators=OPERATORS,
        approvals=ApprovalsShape(),
        policy_digest=judge.policy.digest,
        playbooks_digest="playbooks",
        operators_digest="operators",
        outside=judge.outside,
        clock=judge.clock,
        sleep=lambda _seconds: None,
        judging=judge,
        identity=BY_NAME,
    )
    with parts.store.read() as tx:
        known = tx.estate.asset(asset_id) is not None and not tx.rollbacks.authorisations(asset_id)
    if known and environment is Environment.PRODUCTION:
        prepared(parts, asset_id)
    return ask_gate(parts, asset_id, version, environment)
