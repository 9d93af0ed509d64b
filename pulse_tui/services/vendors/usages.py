"""What assets are declared to use of hosted models, kept where a note that names a limit or a price finds it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pulse_tui.domain.usage import Usage
from pulse_tui.ports import Transaction

_KEY = "estate.usage"
_DECODER = msgspec.json.Decoder(dict[str, dict[str, Usage]])


def put_usages(tx: Transaction, usages: Mapping[str, Mapping[str, Usage]]) -> None:
    """These, by asset and component id, take the place of what was declared before."""
    text = msgspec.json.encode(usages, order="deterministic").decode()
    if text != (tx.plumbing.get_value(_KEY) or "{}"):
        tx.plumbing.put_value(_KEY, text)


def usages_of(tx: Transaction, asset_id: str) -> Mapping[str, Usage]:
    """By component id, what the asset is declared to use; empty where nothing is declared."""
    text = tx.plumbing.get_value(_KEY)
    return _DECODER.decode(text).get(asset_id, {}) if text else {}
