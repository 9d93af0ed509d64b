"""What was judged, and what stands because of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.effect import Response
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.words import Environment, Outcome


class Seen(NamedTuple):
    """What a policy saw of a signal, about one asset in one environment."""

    signal_id: str
    asset_id: str | None
    environment: Environment | None
    variables: dict[str, Any]


class Judgements(Protocol):
    """Decisions, alerts, holds, retests."""

    def add_decisions(self, decisions: Sequence[tuple[Decision, Fact]]) -> None:
        """Append; a decision id that is there already is left alone."""
        ...

    def variables(self, decision_id: str) -> dict[str, Any]:
        """What the policy saw when it decided."""
        ...

    def seen(self, signal_ids: Iterable[str]) -> list[Seen]:
        """What was seen of each of these signals when it was judged, the last time of several; nothing of one that no rule
        was asked about."""
        ...

    def decision(self, decision_id: str) -> Decision | None:
        """By id, or by a beginning of at least 4 digits that only one has (as for alerts)."""
        ...

    def decisions(
        self, *, signal_id: str | None = None, outcome: Outcome | None = None, limit: int = 100
    ) -> list[Decision]: ...
    def add_responses(self, decision_id: str, responses: Sequence[Response], at: datetime) -> None:
        """What each action of a decision did: (action, what)."""
        ...

    def responses(self, decision_id: str) -> list[Response]: ...
    def open_alerts(self, fingerprints: Iterable[str]) -> dict[str, Alert]: ...
    def open_alerts_about(self, signal_fingerprint: str, besides: str = "") -> list[Alert]:
        """Those of one condition, without the one of the id ``besides``."""
        ...

    def conditions(self, signal_fingerprints: Iterable[str]) -> set[str]:
        """Those of these conditions that any alert is or was about."""
        ...

    def before(self, signal_fingerprints: Sequence[str], at: datetime) -> list[Alert]:
        """Alerts about any of these conditions that are muted at that time, or were resolved just then: in the order of
        the conditions, the newest first."""
        ...

    def muted(self, signal_fingerprint: str, environment: Environment | None, now: datetime) -> list[Alert]:
        """Alerts about the condition there, open or not, on which an operator's decision stands at ``now``; newest first."""
        ...

    def resolved_at(self, signal_fingerprint: str, besides: Collection[datetime] = ()) -> datetime | None:
        """When the last alert about the condition was resolved, at another moment than ``besides``; None when none was."""
        ...

    def episodes(self, fingerprint: str, since: datetime) -> list[Alert]:
        """The episodes of that name that opened since then, the newest first."""
        ...

    def alert(self, alert_id: str) -> Alert | None: ...
    def alerts(
        self, states: Sequence[AlertState] | None = None, limit: int = 1000, asset_id: str | None = None
    ) -> list[Alert]:
        """Newest first; of one asset when it is named."""
        ...

    def near(self, alert: Alert, within: timedelta, since: datetime, limit: int) -> list[Alert]:
        """Other alerts that began within this time of it and were reported since then: those of its asset first, then the most urgent."""
        ...

    def put_alert(self, alert: Alert) -> None: ...
    def holds(self, asset_id: str | None = None, *, standing: bool = True) -> list[Hold]:
        """Holds on the asset and estate-wide ones (all holds when None)."""
        ...

    def put_hold(self, hold: Hold) -> bool:
        """False when a hold of this id stands already."""
        ...

    def lift_hold(self, hold_id: str, by: str, at: datetime) -> bool:
        """False when no such hold stands."""
        ...

    def review_hold(self, hold_id: str, by: str, until: datetime, why: str) -> bool:
        """It stands, and lets releases pass until then; False when no such hold stands."""
        ...

    def put_retest(self, retest: Retest) -> bool: ...
    def retests(self, *, open_only: bool = True, asset_id: str | None = None) -> list[Retest]: ...
    def reword_retests(self, asset_id: str, old: str, new: str) -> None:
        """What asked for them is worded otherwise now."""
        ...

    def finish_retest(self, key: str, at: datetime) -> bool:
        """It is done; False when it was done already."""
        ...
