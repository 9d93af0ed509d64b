"""On what a source reports, read from its options: every kind calls an asset ``asset`` and a vendor ``vendor``, or the
``platform`` whose list of models it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pulse_tui.domain.scope import Scope


def scope_of(options: Any) -> Scope | None:
    """The assets and the vendor that the options name; None where they leave one open: nobody knows then."""
    plain = msgspec.to_builtins(options, enc_hook=str)
    assets = list(_under("asset", plain))
    vendor = (plain.get("vendor") or plain.get("platform")) if isinstance(plain, dict) else None
    if not all(assets) or not (assets or vendor):
        return None
    return Scope(frozenset(map(str, assets)), str(vendor or ""))


def _under(key: str, value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from (item,) if name == key else _under(key, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _under(key, item)
