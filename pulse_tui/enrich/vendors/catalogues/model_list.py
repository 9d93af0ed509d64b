"""A platform's own list of what it serves: OpenAI-compatible ``/v1/models``, Anthropic's, Gemini's ``models``, or a bare list.

What is beyond an id differs from server to server: dates of an end, a replacement, limits and targets of aliases are read
under every name they are known to have, and left out where they are of another type. ``created`` is not compared: some
servers put the time of the request there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.catalogues.fields import LONGEST, MODELS, MOST, Entry, record

_ENDS = (
    "shutdown_date",
    "shutdown_at",
    "retirement_date",
    "deprecation_date",
    "deprecation",
    "sunset_date",
    "eol_date",
)
"""The nearest to an end first."""
_STATUS = ("status", "lifecycle_status", "lifecycle", "state")
_SUCCESSORS = (
    "deprecation_replacement_model",
    "replacement_model",
    "replacement",
    "successor",
    "recommended_replacement",
)
_LIMITS = {
    "context": ("context_window", "context_length", "max_context_length", "max_model_len", "inputTokenLimit"),
    "output": ("max_completion_tokens", "max_output_tokens", "outputTokenLimit"),
}
_FLAGS = (("deprecated", True, "deprecated"), ("archived", True, "archived"), ("active", False, "inactive"))
"""Yes or no where others have a status."""


def fits(document: Any) -> bool:
    """A list of objects with an id, or of Gemini's with a name."""
    return any(isinstance(item, dict) and _id(item) for item in _items(document) or ())


def entries(document: Any, platform: str) -> Iterator[Entry]:
    """Every entry; one without an id is named by its place."""
    yield from once(_items(document) or [], f"{platform}/" if platform else "", platform, _id)


def more(document: Any) -> str | None:
    """What leads to the next page where the list goes on, ``""`` where it does not say how; None: it is all."""
    if not isinstance(document, dict):
        return None
    if document.get("has_more") is True:
        last = document.get("last_id")
        return last if isinstance(last, str) else ""
    token = document.get("nextPageToken")
    return token if isinstance(token, str) and token else None


def once(items: list[Any], prefix: str, platform: str, id_of: Callable[[Mapping[str, Any]], Any]) -> Iterator[Entry]:
    """Each id once; the same id with other fields is marked as ambiguous."""
    found: dict[str, Entry] = {}
    for place, fields in enumerate(items[: MODELS + 1]):  # one more is refused by whoever reads them
        id_ = id_of(fields) if isinstance(fields, dict) else None
        if not isinstance(id_, str) or not id_:
            key = f"{prefix}[{place}]"
            found[key] = Entry(key, platform, "", fields if not isinstance(fields, dict) else None)
            continue
        key = prefix + id_
        before = found.get(key)
        found[key] = Entry(key, platform, id_, fields, twice=before is not None and before.fields != fields)
    yield from found.values()


def model(entry: Entry) -> CatalogueModel:
    """One entry. Raises Wrong."""
    fields = record(entry.fields, "the entry, or its id,")
    name = _text(fields, ("display_name", "displayName", "name")) or ""
    return CatalogueModel(
        key=entry.key,
        platform=entry.platform,
        id=entry.id,
        name=name,
        released=day(fields.get("created_at")) or day(fields.get("created")),
        limit={n: v for n, names in _LIMITS.items() if (v := _number(fields, names)) is not None},
        status=_status(fields),
        ends=next((when for n in _ENDS if (when := _end(fields.get(n)))), None),
        metadata={"name": name or None},
        target=_target(fields, entry.id),
        successor=_text(fields, _SUCCESSORS),
    )


def day(value: Any) -> str | None:
    """A date as ISO 8601 from seconds since 1970 or from a text; None for neither."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 10**8 < value < 10**10:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    if isinstance(value, str):
        text = clean(value, 40)
        return text[:10] if text[10:11] == "T" else text or None
    return None


def _end(value: Any) -> str | None:
    """A date, or Azure's ``{"inference": seconds}``."""
    return day(value.get("inference") or value.get("date")) if isinstance(value, dict) else day(value)


def _items(document: Any) -> list[Any] | None:
    if isinstance(document, dict):
        document = next((document[n] for n in ("data", "models") if isinstance(document.get(n), list)), None)
    return document if isinstance(document, list) else None


def _id(fields: Mapping[str, Any]) -> str | None:
    id_ = fields.get("id")
    if isinstance(id_, str):
        return id_
    name = fields.get("name")
    return name.removeprefix("models/") if isinstance(name, str) and name.startswith("models/") else None


def _text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((clean(v, LONGEST) for n in names if isinstance(v := fields.get(n), str) and v), None)


def _number(fields: Mapping[str, Any], names: tuple[str, ...]) -> int | float | None:
    values = (fields.get(n) for n in names)
    return next((v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v <= MOST), None)


def _status(fields: Mapping[str, Any]) -> str | None:
    return _text(fields, _STATUS) or next((word for n, value, word in _FLAGS if fields.get(n) is value), None)


def _target(fields: Mapping[str, Any], id_: str) -> str | None:
    """What an alias points at: vLLM's root, the name in a list that knows aliases (Mistral)."""
    names = ("alias_of", "root", "name") if isinstance(fields.get("aliases"), list) else ("alias_of", "root")
    found = _text(fields, names)
    return found if found != id_ else None
