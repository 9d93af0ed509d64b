"""Which ask opens what a reference names: one line a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pulse_tui.domain.ref import Ref, RefKind, pair
from pulse_tui.tui.asks.advisories import OpenAdvisory, OpenWaivers
from pulse_tui.tui.asks.alerts import OpenAlert, OpenMuted
from pulse_tui.tui.asks.base import OpenPage
from pulse_tui.tui.asks.deliveries import OpenLetter
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.asks.incidents import OpenIncident
from pulse_tui.tui.asks.people import OpenReviews
from pulse_tui.tui.asks.registry import OpenAsset, OpenDependents, OpenRelease, OpenWorkflow
from pulse_tui.tui.asks.rollback import OpenAuthorisations, OpenPlan
from pulse_tui.tui.asks.sources import OpenSource
from pulse_tui.tui.asks.vendors import OpenNote

_OPENS: Final[Mapping[RefKind, Callable[[Ref], OpenPage]]] = {
    RefKind.ALERT: lambda ref: OpenAlert(ref.id),
    RefKind.INCIDENT: lambda ref: OpenIncident(ref.id),
    RefKind.ASSET: lambda ref: OpenAsset(ref.id),
    RefKind.ADVISORY: lambda ref: OpenAdvisory(ref.id),
    RefKind.COMPONENT: lambda ref: OpenDependents(ref.id),
    RefKind.RELEASE: lambda ref: OpenRelease(*pair(ref)),
    RefKind.RUN: lambda ref: OpenBench(run=ref.id),
    RefKind.PLAN: lambda ref: OpenPlan(ref.id),
    RefKind.NOTE: lambda ref: OpenNote(*pair(ref)),
    RefKind.SOURCE: lambda ref: OpenSource(ref.id),
    RefKind.SILENCE: lambda _ref: OpenMuted(),
    RefKind.HOLD: lambda _ref: OpenMuted(),
    RefKind.WAIVER: lambda _ref: OpenWaivers(),
    RefKind.DELIVERY: lambda ref: OpenLetter(ref.id),
    RefKind.REVIEW: lambda _ref: OpenReviews(),
    RefKind.WORKFLOW: lambda ref: OpenWorkflow("/".join(pair(ref))),
    RefKind.AUTHORISATION: lambda _ref: OpenAuthorisations(),
}
"""What has no page of its own opens the list that it stands in."""


def opens(ref: Ref) -> OpenPage | None:
    """The ask that opens it; None for a kind that has neither a page nor a list."""
    make = _OPENS.get(ref.kind)
    return make(ref) if make is not None else None
