"""The estate of the service tests."""

from __future__ import annotations

import atexit
import functools
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.words import ComponentKind, Exposure, Tier
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import CANARY, PRODUCTION, asset, deployment, later, release


def fill(store: SqlStore) -> None:
    """support-bot: 3.8.1 in production and formerly in canary, 3.8.2 in canary; gateway: public, with vllm."""
    vllm = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
    gpt = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1")
    with store.write() as tx:
        tx.estate.put_assets(
            [
                asset(tier=Tier.CUSTOMER_FACING),
                asset("gateway", owner_team="platform", tier=Tier.CUSTOMER_FACING, exposure=Exposure.PUBLIC),
                asset("sandbox", tier=Tier.SANDBOX),
            ]
        )
        for version in ("3.8.0", "3.8.1", "3.8.2"):
            tx.estate.add_release(release(version, state=ReleaseState.PROMOTED))
        tx.estate.add_release(release("1.9.3", "gateway", state=ReleaseState.PROMOTED))
        tx.estate.deploy(deployment("3.8.1", PRODUCTION, since=later(days=-6), production_critical=False))
        tx.estate.deploy(deployment("3.8.0", CANARY, since=later(days=-9), traffic=12.0))
        tx.estate.deploy(deployment("3.8.1", CANARY, since=later(days=-7), traffic=12.0))
        tx.estate.deploy(deployment("3.8.2", CANARY, since=later(hours=-2), traffic=12.0))
        tx.estate.deploy(deployment("1.9.3", PRODUCTION, asset_id="gateway", since=later(days=-3)))
        for name, component in (("gateway", vllm), ("support-bot", gpt)):
            tx.dependencies.put_bill(
                Bill(source="estate", asset_id=name, document="", at=later(days=-9), components=(component,))
            )


@functools.cache
def _filled() -> Path:
    home = Path(tempfile.mkdtemp(prefix="pulse-estate-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    store = SqlStore(sqlite_file(home / "filled.db"), home)
    fill(store)
    store.close()
    return home / "filled.db"


def fill_new(store: SqlStore) -> None:
    """As :func:`fill`, of a store that nothing was written to: on SQLite its pages are copied."""
    if not store.is_sqlite:
        fill(store)
        return
    with closing(sqlite3.connect(_filled())) as filled, closing(sqlite3.connect(store.url.database or "")) as new:
        filled.backup(new)
