"""Facts, and what each rule decided about them, with every comparison it made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, Mode, Outcome, Priority, Severity

# Thousands are made for each batch: without cycles they need not be watched for them, which costs a tenth of ingesting.


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A signal after enrichment: about one asset in one environment, with its context.

    ``variables`` are what policy sees, by the names of :mod:`pulse_tui.enrich.variables`;
    a name that is absent was not known.
    """

    signal: Signal
    asset: Asset | None
    deployment: Deployment | None
    environment: Environment | None
    variables: dict[str, Any]


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One condition of a rule, the values it saw, and whether it held (None: indeterminate)."""

    text: str
    held: bool | None
    values: dict[str, Any] = {}
    error: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one rule decided about one fact. Same fact and same policy give the same bytes."""

    id: str
    signal_id: str
    rule_id: str
    mode: Mode
    outcome: Outcome
    priority: Priority
    severity: Severity
    actions: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    policy_digest: str
    asset_id: str | None
    environment: Environment | None
    version: str | None
    owner: str | None
    title: str
    fingerprint: str
    at: datetime
    context: str = ""
    """The context line that moved the priority, if one did."""
    respond_within_s: int | None = None

    @property
    def acts(self) -> bool:
        """Only a rule that fired and is enforced does anything."""
        return self.outcome is Outcome.FIRED and self.mode is Mode.ENFORCE
