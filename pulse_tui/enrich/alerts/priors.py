"""What usually leads to what: how well each kind of cause explains each kind of symptom, and how soon it shows.

From experience of operations, not fitted: a deploy breaks latency within minutes, a note of a vendor seldom does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from pulse_tui.enrich.alerts.kinds import CauseKind, Effect

K, E = CauseKind, Effect
_ORDER = (E.LATENCY, E.ERRORS, E.QUALITY, E.SAFETY, E.COST, E.ANSWERS, E.OUTAGE)
_TABLE: dict[CauseKind, tuple[float, ...]] = {
    #                 latency errors quality safety cost  answers outage
    K.DEPLOYMENT:    (0.90,   0.90,  0.85,   0.80,  0.60, 0.10,   0.75),
    K.ROLLBACK:      (0.65,   0.65,  0.60,   0.60,  0.40, 0.05,   0.60),
    K.CONFIGURATION: (0.85,   0.85,  0.65,   0.60,  0.65, 0.10,   0.75),
    K.PROMPT:        (0.35,   0.30,  0.90,   0.90,  0.65, 0.05,   0.30),
    K.ADAPTER:       (0.40,   0.35,  0.90,   0.90,  0.30, 0.05,   0.35),
    K.CONTENT:       (0.70,   0.70,  0.85,   0.85,  0.40, 0.30,   0.60),
    K.DEPENDENCY:    (0.75,   0.75,  0.70,   0.60,  0.35, 0.60,   0.60),
    K.SUITE:         (0.00,   0.00,  0.95,   0.90,  0.00, 0.00,   0.00),
    K.SILENT:        (0.50,   0.40,  0.90,   0.85,  0.55, 0.00,   0.35),
    K.CATALOGUE:     (0.30,   0.35,  0.50,   0.45,  0.55, 0.60,   0.30),
    K.BEHAVIOUR:     (0.30,   0.30,  0.75,   0.75,  0.35, 0.80,   0.25),
    K.NOTE:          (0.12,   0.12,  0.15,   0.15,  0.10, 0.20,   0.12),
    K.END:           (0.20,   0.60,  0.35,   0.25,  0.20, 0.45,   0.40),
    K.LIMIT:         (0.60,   0.90,  0.10,   0.05,  0.10, 0.02,   0.60),
    K.PRICE:         (0.00,   0.00,  0.00,   0.00,  0.95, 0.00,   0.00),
    K.INCIDENT:      (0.90,   0.92,  0.40,   0.20,  0.05, 0.30,   0.85),
    K.EXPLOITED:     (0.15,   0.15,  0.03,   0.10,  0.10, 0.00,   0.20),
    K.VULNERABILITY: (0.04,   0.04,  0.02,   0.02,  0.02, 0.00,   0.05),
    K.MEASUREMENT:   (0.30,   0.35,  0.30,   0.30,  0.30, 0.30,   0.20),
    K.UPSTREAM:      (0.65,   0.65,  0.25,   0.10,  0.10, 0.05,   0.55),
}  # fmt: skip
PRIOR: dict[tuple[CauseKind, Effect], float] = {
    (cause, effect): value for cause, values in _TABLE.items() for effect, value in zip(_ORDER, values, strict=True)
}


class Pace(NamedTuple):
    """How a cause loses weight with time: half of it after each of these."""

    service: timedelta
    """Before a symptom that shows within minutes."""
    measured: timedelta
    """Before one that is measured every few hours, or once a night."""
    cost: timedelta
    late: timedelta
    """After the symptom: what is reported later than it happens."""


def _pace(service: float, measured: float, cost: float, late: float) -> Pace:
    return Pace(*(timedelta(hours=h) for h in (service, measured, cost, late)))


_OURS = _pace(2.0, 20.0, 48.0, 0.1)
_PACES = {
    K.DEPENDENCY: _pace(4.0, 24.0, 48.0, 0.5),
    K.SUITE: _pace(24.0, 30.0, 48.0, 2.0),
    K.SILENT: _pace(8.0, 24.0, 36.0, 8.0),
    K.CATALOGUE: _pace(8.0, 24.0, 48.0, 6.0),
    K.BEHAVIOUR: _pace(12.0, 36.0, 48.0, 12.0),
    K.NOTE: _pace(12.0, 24.0, 48.0, 6.0),
    K.END: _pace(6.0, 24.0, 48.0, 1.0),
    K.LIMIT: _pace(12.0, 24.0, 48.0, 2.0),
    K.PRICE: _pace(48.0, 72.0, 96.0, 12.0),
    K.INCIDENT: _pace(3.0, 8.0, 12.0, 1.5),
    K.EXPLOITED: _pace(24.0, 24.0, 24.0, 12.0),
    K.VULNERABILITY: _pace(24.0, 24.0, 24.0, 12.0),
    K.MEASUREMENT: _pace(1.0, 12.0, 12.0, 0.5),
    K.UPSTREAM: _pace(1.0, 12.0, 12.0, 0.25),
}
_SERVICE = frozenset({E.LATENCY, E.ERRORS, E.OUTAGE})
SLACK = timedelta(minutes=5)
OUR_SLACK = timedelta(minutes=1)
"""Clocks differ, and what happens is reported a little later: so much later than the symptom counts as with it. What we do
ourselves has its exact moment."""
LOOKBACK = timedelta(hours=72)
"""What happened longer before it is no candidate, but for what was announced for that day."""


def pace(kind: CauseKind, effect: Effect) -> tuple[timedelta, timedelta]:
    """The half-lives before and after the symptom."""
    found = _PACES.get(kind, _OURS)
    before = found.cost if effect is E.COST else found.service if effect in _SERVICE else found.measured
    return before, found.late


OURS = frozenset({K.DEPLOYMENT, K.ROLLBACK, K.CONFIGURATION, K.PROMPT, K.ADAPTER, K.CONTENT})
"""What somebody did to an asset of ours: at one place, in one environment."""
ANNOUNCED = frozenset({K.END, K.LIMIT, K.PRICE, K.BEHAVIOUR})
"""What takes effect on the day that a vendor announced."""
LAGS = frozenset({K.SILENT, K.BEHAVIOUR, K.INCIDENT, K.SUITE})
"""What is stated or noticed well after it happened, as a rule."""

NAMED_FROM = 0.40
"""A first candidate below this is not named."""
AHEAD = 0.15
"""How far the first must be ahead of the second to be named."""
