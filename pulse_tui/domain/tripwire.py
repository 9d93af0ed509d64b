"""The tripwire: what a hosted model answered to a small frozen set of probes, and the baseline that was pinned."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one probe gave in one round: counts and digests, never the text of an answer."""

    probe: str
    sent: int
    """Requests that were answered well enough to be judged."""
    failed: int = 0
    """Requests without a usable answer: of these nothing is known."""
    models: tuple[str, ...] = ()
    """The ids that the answers named, each once."""
    fingerprints: tuple[str, ...] = ()
    prompt_tokens: tuple[int, ...] = ()
    """The counts that were returned for the same prompt, each once."""
    refused: int | None = None
    """Of ``sent``; None: the probe does not ask it."""
    well_formed: int | None = None
    """Of ``sent``; None: the probe does not ask it."""
    answers: tuple[str, ...] = ()
    """Digests of the normalised answers, each once."""
    latency_s: tuple[float, ...] = ()


class ProbeRound(msgspec.Struct, frozen=True, kw_only=True):
    """One round of a tripwire, as one observation."""

    source: str
    vendor: str
    platform: str
    model: str
    """As it was asked for."""
    asset_ids: tuple[str, ...] = ()
    probes_digest: str
    at: datetime
    results: tuple[ProbeResult, ...]
    tokens: int = 0
    """Tokens that the round cost, prompt and answer."""


class ProbeBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """The behaviour that is pinned: the rounds that made it, as one sum."""

    source: str
    model: str
    probes_digest: str
    rounds: int
    since: datetime
    pinned_at: datetime | None = None
    """None: it is still being learned."""
    pinned_by: str = ""
    why: str = ""
    results: tuple[ProbeResult, ...] = ()
    state: dict[str, float] = {}
    """What the sequential tests carry from round to round, by ``probe/metric``."""
