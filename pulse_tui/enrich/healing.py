"""Whether a condition ends by itself or needs somebody, and what ends it: by the kind of its signal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType

HEALS, HAND = "heals itself", "needs a hand"

_WINDOW = f"{HEALS}: the next window that is within its objective ends it"
_RUN = (
    f"{HAND}: it ends when a run of that release is within the margin, or a release that is good by that suite serves"
)
_NOTE = f"{HAND}: it ends when the asset no longer uses what it is about, or when somebody resolves it"
_REVIEW = f"{HAND}: it ends when its source reports that it is gone, or when somebody resolves it"

ENDS: Mapping[SignalType, str] = MappingProxyType(
    {
        SignalType.LATENCY_BREACH: _WINDOW,
        SignalType.ERROR_RATE_BREACH: _WINDOW,
        SignalType.BENCHMARK_REGRESSION: _RUN,
        SignalType.SAFETY_REGRESSION: _RUN,
        SignalType.CVE: f"{HAND}: it ends when it no longer reaches what serves there: an upgrade, or a recorded exception",
        SignalType.DEPRECATION: f"{HAND}: it ends when the asset no longer uses what is announced to end",
        SignalType.VENDOR_NOTE: _NOTE,
        SignalType.PRICING_CHANGE: _NOTE,
        SignalType.RATE_LIMIT_CHANGE: _NOTE,
        SignalType.CATALOGUE_CHANGE: _NOTE,
        SignalType.SILENT_CHANGE: _NOTE,
        SignalType.INCIDENT: f"{HEALS}: it ends when its source reports that it is resolved",
        SignalType.SOURCE_HEALTH: f"{HEALS}: it ends when the source answers again; its page says what went wrong",
    }
)
"""Every other kind is reviewed by somebody."""


def healing(signal: Signal) -> str:
    """``heals itself: the next window that is within its objective ends it``."""
    evidence = signal.evidence
    if isinstance(evidence, HealthEvidence) and evidence.state == UNDELIVERED:
        return f"{HAND}: it ends when the message is sent again and arrives, or somebody drops it"
    return ENDS.get(signal.signal_type, _REVIEW)
