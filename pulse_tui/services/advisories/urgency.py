"""How urgent a vulnerability is wherever it is: policy's priority, the reasons, and the time that is left."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.matching import condition
from pulse_tui.enrich.advisories.priority import Reason, Verdict, danger_of, judge
from pulse_tui.enrich.lookups import estate_index, keys_named
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.evidence import signals_of

Place: TypeAlias = tuple[str, Environment | None]
"""(asset, environment)."""


class Urgency(NamedTuple):
    """Of a vulnerability on an asset in an environment."""

    priority: Priority
    """What policy gave its findings; where it was not judged yet, what the evidence gives."""
    verdict: Verdict
    """What the evidence gives now."""
    alert: Alert | None = None
    """The most urgent open alert about it."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, in the order in which they are printed."""
        return self.verdict.reasons

    @property
    def due(self) -> datetime | None:
        """Until when somebody must respond; None: nobody must (no alert, or one that is taken up or muted)."""
        return self.alert.deadline if self.alert is not None and self.alert.state is AlertState.FIRING else None

    @property
    def order(self) -> tuple[int, int, float]:
        """Sort key, most urgent first."""
        return self.priority.rank, *self.verdict.order


def urgency_of(name: str, tx: Transaction, now: datetime, estate: Estate | None = None) -> dict[Place, Urgency]:
    """Where the vulnerability of this name is, and how urgent there; the most urgent place first.

    ``estate``: as it was read before. Nothing of it is stored: it is as of ``now``.
    """
    records = [r for r in tx.advisories.called(name) if not r.withdrawn]
    findings = [f for r in records for f in tx.advisories.findings(r.id)]
    if not findings:
        return {}
    packages = {key for r in records for a in r.affected for key in keys_named(a.ecosystem, a.name)}
    estate = estate if estate is not None else tx.estate.load()
    estate = msgspec.structs.replace(estate, dependencies=tx.dependencies.using(packages=packages))
    where = estate_index(estate)
    given: dict[Place, Priority] = {}
    for finding in findings:
        place = finding.asset_id, finding.environment
        given[place] = min(given.get(place, finding.priority), finding.priority, key=lambda p: p.rank)
    found = dict[Place, Urgency]()
    for signal in signals_of(records, findings, estate, tx, now):
        assert signal.asset_id is not None
        place = signal.asset_id, signal.environment
        deployment = where.deployment(*place)
        verdict = judge(danger_of(signal, signal.evidence, estate.assets[place[0]], deployment, place[1]))
        about = tx.judgements.open_alerts_about(condition(name, *place))
        alert = min((a.lapse(now) for a in about), key=lambda a: a.order, default=None)
        decided = given.get(place, Priority.UNKNOWN)
        priority = verdict.priority if decided is Priority.UNKNOWN and alert is None else decided
        found[place] = Urgency(priority, verdict, alert)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].order, pair[0][0])))
