"""What a rehearsal remembers of alerts is what the database would list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.alert import OPEN
from pulse_tui.rehearsal.witness import Happening, WatchedStore
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, alert


def test_the_list_of_alerts_is_that_of_the_database_and_what_was_undone_is_not_in_it(tmp_path: Path) -> None:
    real = SqlStore(sqlite_file(tmp_path / "a.db"), tmp_path)
    seen = list[Happening]()
    store = WatchedStore(real, seen.extend)
    with store.write() as tx:
        for number in range(5):
            one = alert(id=f"a{number}", fingerprint=f"f{number}", first_at=NOW + timedelta(minutes=number % 3))
            tx.judgements.put_alert(one)
        tx.judgements.put_alert(one.resolve(NOW, "good again"))
    try:
        with store.write() as tx:
            tx.judgements.put_alert(alert(id="undone", fingerprint="undone"))
            raise RuntimeError("undone")
    except RuntimeError:
        pass
    with store.read() as tx, real.read() as there:
        assert tx.judgements.alerts(list(OPEN), 3) == there.judgements.alerts(list(OPEN), 3)
        assert len(tx.judgements.alerts(list(OPEN))) == 4
    assert len(seen) == 6
    real.close()
