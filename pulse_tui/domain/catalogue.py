"""A catalogue of models: what a platform, or somebody who lists many platforms, says it serves, at which price and limit."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class EventType(StrEnum):
    """What changed between two catalogues; at most one of a type for each model."""

    MODEL_ADDED = "model_added"
    MODEL_REMOVED = "model_removed"
    PRICE_CHANGED = "price_changed"
    LIMIT_CHANGED = "limit_changed"
    STATUS_CHANGED = "status_changed"
    CAPABILITY_CHANGED = "capability_changed"
    METADATA_CHANGED = "metadata_changed"
    DEPRECATION_DATE_CHANGED = "deprecation_date_changed"
    RATE_LIMIT_CHANGED = "rate_limit_changed"
    MODE_CHANGED = "mode_changed"
    TARGET_CHANGED = "target_changed"
    """An alias that can move points at another model."""


class CatalogueModel(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. Each group of fields is what one type of event compares; absent keys are absent in the source."""

    key: str
    """As the catalogue names it: ``openai/gpt-4.1``, ``azure/gpt-4.1``."""
    platform: str
    id: str
    """The exact id on the platform."""
    name: str = ""
    released: str | None = None
    price: dict[str, Any] = {}
    limit: dict[str, Any] = {}
    rate_limit: dict[str, Any] = {}
    status: str | None = None
    mode: str | None = None
    ends: str | None = None
    """The date on which it is to be shut down, as written."""
    capability: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    target: str | None = None
    """What an alias points at, or what it is based on, where the catalogue says so."""
    family: str | None = None
    successor: str | None = None
    """What the platform names to be used instead."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A whole catalogue, as one observation."""

    source: str
    shape: str
    """``models.dev``, ``litellm``, ``openrouter``, ``model_list``."""
    models: tuple[CatalogueModel, ...]
    refused: int = 0
    """Entries that could not be read: of these nothing is known."""
    unread: tuple[str, ...] = ()
    """Their keys; ``provider/`` for all models of one."""


class CatalogueEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one model."""

    type: EventType
    model: str
    """The key in the catalogue."""
    platform: str = ""
    old: Any = None
    new: Any = None


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A change with where and when it was seen."""

    source: str
    at: datetime
    event: CatalogueEvent
