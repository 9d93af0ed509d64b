"""Whatever a server does, a call ends by its deadline, with an answer or one error of the tree."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.web import Web
from tests.collectors.contexts import NOW
from tests.servers.hostile import CONNECTIONS, PEM, ROWS, Hostile, Row

LATE_S = 8.0
"""What a loaded machine may add to a deadline: threads that get their turn late."""
LONGEST_PAUSE_S = 0.2


class Met(NamedTuple):
    """How a call ended."""

    row: Row
    wrong: str
    took_s: float


def meet(row: Row, deadline_s: float) -> Met:
    """One call to one hostile server; ``wrong`` is empty when it ended as it must."""
    web = Web(
        clock=lambda: NOW,
        body_cap=2**20,
        connect_s=deadline_s / 2,
        read_s=deadline_s / 2,
        total_s=deadline_s,
        backoff_s=0.01,
        longest_wait_s=LONGEST_PAUSE_S,
    )
    wrong = ""
    with Hostile(row) as server:
        began = time.monotonic()
        try:
            if row.upload:
                web.send("PUT", server.url, json="x" * 8_000_000, timeout_s=deadline_s)
            else:
                cursor = web.fetch(server.url, Cursor()).cursor
                kept = "".join(filter(None, (cursor.etag, cursor.last_modified)))
                wrong = "" if kept.isascii() and kept.isprintable() and len(kept) < 1_000 else f"it kept {kept[:80]!r}"
            if row.right is not None:
                wrong = "there was an answer"
        except SourceError as error:
            if row.accepted is None or not re.search(row.accepted, str(error)):
                wrong = f"SourceError: {str(error)[:200]}"
        except Exception as error:  # what the table is for
            wrong = f"{type(error).__name__}: {error}"
        took = time.monotonic() - began
        if server.asked > CONNECTIONS:
            wrong = f"it was asked {server.asked} times"
        web.close()
    return Met(row, wrong or (f"it took {took:.1f} s" if took > deadline_s + LATE_S else ""), took)


@pytest.mark.parametrize(
    ("deadline_s", "at_once"), [(3.0, 48), pytest.param(5.0, 8, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_every_behaviour_ends_by_the_deadline_as_it_must(
    deadline_s: float, at_once: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    with ThreadPoolExecutor(at_once) as pool:
        met = list(pool.map(lambda row: meet(row, deadline_s), ROWS))
    slowest = max(met, key=lambda m: m.took_s)
    hung = [m for m in met if m.took_s > deadline_s + LATE_S]
    with capsys.disabled():
        print(
            f"\nhostile servers: {len(met)} behaviours, {len(hung)} over the deadline of {deadline_s:g} s; "
            f"slowest {slowest.took_s:.2f} s ({slowest.row.name})"
        )
    assert not (wrong := [f"{m.row.name}: {m.wrong}" for m in met if m.wrong]), "\n".join(wrong)
    assert len({row.name for row in ROWS}) == len(ROWS) >= 60
