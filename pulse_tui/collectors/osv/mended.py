"""A record of which some part has another shape than the schema gives it: the rest is kept, and what is lost is named.

A record that is refused whole is missed in every package that it names, for a link without an address. What says which
versions are affected is never merely left out: in its place stands a range that cannot be read, so that it is not known.
"""

from __future__ import annotations

from typing import Any, TypeVar, get_type_hints

import msgspec

from pulse_tui.domain.text import clean

T = TypeVar("T")
_VAGUE: dict[str, Any] = {"type": "ECOSYSTEM", "events": []}
"""A range of which nothing can be read."""
_APART = ("id", "modified", "affected")
"""Without an id it is no record; the others are mended each in a way of its own."""
_OLDEST = "1970-01-01T00:00:00Z"
"""When a record was modified that does not say so: any other of its id is newer."""
_MOST = 3


def mended(raw: bytes, record: type[T], affected: type[Any]) -> tuple[T, str]:
    """The record without what does not fit, and what that is. Raises msgspec.ValidationError where it is too little."""
    whole = msgspec.json.decode(raw, type=dict[str, Any])
    lost: list[str] = []
    _fit(whole, record, lost, _APART)
    items = whole.get("affected")
    hints = get_type_hints(record, include_extras=True)
    if items and not _fits(whole.get("modified"), hints["modified"], "modified", lost):
        published = whole.get("published")
        whole["modified"] = published if _fits(published, hints["modified"], "", []) else _OLDEST
    if isinstance(items, list):
        whole["affected"] = _named(items, affected, lost) or items  # all of it without a name is no record of anything
    if not lost:
        raise msgspec.ValidationError("it does not fit the schema")
    more = f" and {len(lost) - _MOST} more" if len(lost) > _MOST else ""
    found = msgspec.json.decode(msgspec.json.encode(whole), type=record)
    return found, f"kept without what cannot be read: {'; '.join(lost[:_MOST])}{more}"


def _named(items: list[Any], affected: type[Any], lost: list[str]) -> list[Any]:
    """The entries whose package has a name, each without what does not fit."""
    out = []
    for number, item in enumerate(items):
        where = f"affected[{number}]"
        if not isinstance(item, dict):
            _fits(item, dict[str, Any], where, lost)
        elif "package" not in item or _fits({"package": item["package"]}, affected, f"{where}.package", lost):
            if _fit(item, affected, lost, ("package",), f"{where}."):
                item["ranges"] = [*(item.get("ranges") or ()), _VAGUE]
            out.append(item)
    return out


def _fit(place: dict[str, Any], shape: type[Any], lost: list[str], needed: tuple[str, ...], where: str = "") -> bool:
    """Take out of ``place`` what does not fit; whether a list of versions or ranges is among it."""
    vague = False
    for name, kind in get_type_hints(shape, include_extras=True).items():
        if name not in place or name in needed or kind is msgspec.Raw:
            continue
        value = place[name]
        before = len(lost)
        if _fits(value, kind, where + name, lost):
            continue
        if isinstance(value, list) and (kept := [one for one in value if _fits([one], kind, "", [])]):
            del lost[before:]
            place[name] = kept
            for at, one in enumerate(value):
                _fits([one], kind, f"{where}{name}[{at}]", lost)
        else:
            del place[name]
        vague = vague or (name in ("versions", "ranges") and len(lost) > before)
    return vague


def _fits(value: Any, kind: Any, where: str, lost: list[str]) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        lost.append(f"{where} ({clean(str(error).partition(' - at ')[0], 120)})")
        return False
    return True
