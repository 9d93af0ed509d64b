"""An agent and a tower of this version at work, while the next version migrates their database."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest

from pulse_tui.storage.version import HEAD
from tests.e2e.terminal import Terminal
from tests.hosts.estate import hosts

NEXT = f"{int(HEAD) + 1:04}"
EVERY_S = 1.0


@pytest.mark.slow
def test_an_agent_goes_on_where_the_next_version_only_added_and_stops_with_a_sentence_where_not(tmp_path: Path) -> None:
    with hosts(tmp_path, sources=2, every=EVERY_S) as estate, psycopg.connect(estate.database, autocommit=True) as sql:
        agent = estate.agent("one").wait_for("collecting")
        environment = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        arguments: list[str | Path] = ["--config", estate.config, "--read-only"]
        with Terminal(arguments, columns=120, lines=36, environment=environment) as tower:
            tower.wait_for("many-hosts", "sources 2/2", seconds=60)
            sql.execute("ALTER TABLE sources ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'")
            sql.execute(f"UPDATE alembic_version SET version_num = '{NEXT}'".encode())
            added = time.monotonic()
            estate.breaches(0, 3)
            assert estate.sent()
            estate.wait_read(3, added)
            tower.wait_for("P3-4 3", seconds=30)
            late = estate.agent("two").wait_for("collecting")  # one that starts now is at work, too
            late.kill()
            sql.execute(f"UPDATE settings_values SET value = '{NEXT}' WHERE key = 'schema.oldest'".encode())
            agent.wait_for(
                f"too old for its database now (it takes schema {NEXT} and later, this one knows {HEAD})", 60
            )
            ((written,),) = sql.execute("SELECT count(*) FROM audit").fetchall()
            time.sleep(3 * EVERY_S)
            assert sql.execute("SELECT count(*) FROM audit").fetchall() == [(written,)]
            sql.execute("NOTIFY pulse_changed")
            tower.wait_for("@", "✖ this pulse_tui is too old for its database now", seconds=60)
