"""What a ``tripwire`` source may say."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from pulse_tui.settings.check import Seconds


class Limit(StrEnum):
    """How the endpoint calls the most tokens of an answer; reasoning models know the second name alone."""

    MAX_TOKENS = "max_tokens"
    MAX_COMPLETION_TOKENS = "max_completion_tokens"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``url`` of the API up to its version (``https://api.openai.com/v1``), ``token`` (bearer), the ``model`` as it is
    requested, and the ``vendor`` who serves it.

    A shift concerns ``asset``, and every asset that uses ``component`` (``platform/exact-id``). ``probes`` is a file of
    frozen probes (none: the built-in ones); each is sent ``repeats`` times a round. ``limit`` names the key of
    ``max_tokens``; ``temperature`` and ``seed`` are sent when they are given.
    """

    EVERY: ClassVar[float] = 21_600.0
    FLOOR: ClassVar[float] = 900.0

    url: str
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    vendor: Annotated[str, Meta(min_length=1, max_length=120)]
    asset: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    component: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    token: str | None = None
    probes: str | None = None
    repeats: Annotated[int, Meta(ge=1, le=20)] = 4
    learn: Annotated[int, Meta(ge=3, le=100)] = 10
    """Good rounds that make the baseline."""
    max_tokens: Annotated[int, Meta(ge=1, le=2_000)] = 48
    limit: Limit = Limit.MAX_TOKENS
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    seed: int | None = None
    timeout: Seconds = Seconds(20)
    """Of one request."""

    def __post_init__(self) -> None:
        """Raise ValueError for a tripwire about nothing."""
        given: Sequence[object] = (self.url, self.model)
        if None in given:
            return  # the settings' reader fills in None for what is wrong
        if self.asset is None and self.component is None:
            raise ValueError("name the 'asset' that uses the model, or the 'component' that it is")
