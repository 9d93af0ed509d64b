"""A release by name, or the nearest names."""

from __future__ import annotations

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.release import Release
from pulse_tui.ports import Transaction
from pulse_tui.settings.check import nearest


def find_release(tx: Transaction, asset_id: str, version: str) -> Release:
    """The release. Raises NotFound with the nearest name."""
    release = tx.estate.release(asset_id, version)
    if tx.estate.asset(asset_id) is None:
        raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, tx.estate.load().assets))
    if release is None:
        known = [r.version for r in tx.estate.releases(asset_id)[-200:]]
        hint = nearest(version, known) if known else "No release of it is known: has its registry been refreshed?"
        raise NotFound(f"{asset_id} has no release {version!r}", todo=hint)
    return release
