"""``python -m tests.bench million [FOLDER]``: an estate of a large firm, measured beside a bare Textual program in the same run.

1,000,000 signals, 50,000 alerts of which 2,000 are open, 10,000 assets of which every fifth has a canary and a shadow beside
its production, 5,000 advisories open. With a FOLDER the estate is
kept there, and taken from there the next time.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.words import Environment
from pulse_tui.wiring import House
from tests.bench.estate import build
from tests.bench.terminal import PYTHON
from tests.bench.tower import HELLO, keys, median, start
from tests.fakes.nouns import deployment

ASSETS, SIGNALS, OPEN, ALERTS, ADVISORIES = 10_000, 1_000_000, 2_000, 50_000, 5_000
ROUNDS = 30
_ENDED = """
INSERT INTO alerts ({columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
SELECT {values} FROM alerts t, n WHERE t.open_key IS NOT NULL
"""


def made(folder: Path) -> Path:
    """The estate, in half an hour's history of the alerts that ended."""
    start_s = time.perf_counter()
    # One in six fires nothing: its environment is a shadow of a metric that no rule asks there.
    build(folder, ASSETS, SIGNALS, OPEN * 6 // 5, ADVISORIES, releases=2, canaries=5)
    with closing(sqlite3.connect(folder / "pulse.db")) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(alerts)")]
        changed = {
            "id": "substr(t.id, 1, 8) || printf('%04x', n.i)", "open_key": "NULL", "state": "'resolved'",
            "resolved_at": "t.last_at + 1800000000", "first_at": "t.first_at - n.i * 86400000000",
            "last_at": "t.last_at - n.i * 86400000000", "deadline": "NULL",
        }  # fmt: skip
        values = ", ".join(changed.get(name, f"t.{name}") for name in names)
        connection.execute(_ENDED.format(columns=", ".join(names), values=values, times=(ALERTS - OPEN) // OPEN))
        connection.commit()
        connection.execute("ANALYZE")
    print(f"made in {time.perf_counter() - start_s:.0f} s")
    return folder


def main() -> None:
    """Everything that the README promises of a large estate."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary) / "estate"
        if not (folder / "pulse.db").exists():
            made(folder)
        size = sum(f.stat().st_size for f in folder.glob("pulse.db*"))
        with closing(sqlite3.connect(folder / "pulse.db")) as connection:
            for what, sql in (
                ("signals", "SELECT count(*) FROM signals"), ("alerts", "SELECT count(*) FROM alerts"),
                ("open", "SELECT count(*) FROM alerts WHERE open_key IS NOT NULL"), ("assets", "SELECT count(*) FROM assets"),
                ("advisories", "SELECT count(DISTINCT advisory_id) FROM findings"),
            ):  # fmt: skip
                print(f"{what:<12}{connection.execute(sql).fetchone()[0]:>12,}")
        print(f"{'GiB':<12}{size / 2**30:>12.2f}")
        reading(folder)
        commands(folder, Path(temporary))
        tower(folder, Path(temporary))


def reading(folder: Path) -> None:
    """The board again after one change, and an alert's page."""
    house = House(folder)
    store, name, chosen = house.store, house.settings.name, "asset-000"
    _timed("board, first", lambda: store.board(name, chosen, house.clock()), 1)
    alerts = [row.id for row in store.board(name, chosen, house.clock()).alerts]
    number = 0

    def change() -> None:
        nonlocal number
        number += 1
        with store.write() as tx:
            at = house.clock() - timedelta(minutes=number)
            where = Environment.CANARY
            tx.estate.deploy(deployment(f"1.{3 + number % 2}.0", where, asset_id=f"asset-{number:03d}", since=at))

    _timed("board again after one change", lambda: store.board(name, chosen, house.clock()), ROUNDS, change)
    desk = house.desk()

    def acknowledged() -> None:
        desk.acknowledge(alerts.pop())

    _timed(
        "board again after an acknowledgement", lambda: store.board(name, chosen, house.clock()), ROUNDS, acknowledged
    )
    _timed("an alert's page (explain)", lambda: desk.story(alerts.pop()), ROUNDS)
    house.close()


def _timed(what: str, call: Callable[[], object], times: int, before: Callable[[], object] = lambda: None) -> None:
    took, cpu = [], 0.0
    for _ in range(times):
        before()
        start_s, used = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - start_s) * 1e3)
        cpu += (time.process_time() - used) * 1e3
    took.sort()
    print(
        f"{what:<40} p50 {took[len(took) // 2]:6.1f} ms  p95 {took[int(len(took) * 0.95)]:6.1f} ms  processor {cpu / times:6.1f} ms"
    )


def commands(folder: Path, state: Path) -> None:
    """``status`` and ``--version`` as processes, beside a Python that does nothing."""
    wanted = {
        "python -c pass": ["-c", "pass"],
        "pulse-tui --version": ["-m", "pulse_tui", "--version"],
        "pulse-tui status": ["-m", "pulse_tui", "--config", str(folder), "status"],
    }
    took: dict[str, list[float]] = {what: [] for what in wanted}
    for _ in range(7):
        for what, arguments in wanted.items():
            start_s = time.perf_counter()
            subprocess.run([PYTHON, *arguments], capture_output=True, cwd=state, check=False)
            took[what].append((time.perf_counter() - start_s) * 1e3)
    nothing = statistics.median(took["python -c pass"])
    for what, times in took.items():
        print(f"{what:<40} p50 {median(times):6.0f} ms  {median(times) / nothing:5.1f} x of a Python that does nothing")


def tower(folder: Path, state: Path) -> None:
    """First frame, panes, keys, idle, memory."""
    hello_file = state / "hello.py"
    hello_file.write_text(HELLO)
    env = {"XDG_STATE_HOME": str(state), "PULSE_OPERATOR": "bench"}
    hello, program = [PYTHON, str(hello_file)], [PYTHON, "-m", "pulse_tui", "--config", str(folder)]
    start(program, env), start(hello, env)  # warm the caches
    pairs = [(start(hello, env), start(program, env)) for _ in range(5)]
    for what, n in (("tower, first frame", 0), ("tower, four panes filled", 1)):
        print(
            f"{what:<40} {median([t[n] for _, t in pairs]):10.0f} ms  {median([t[n] / h[0] for h, t in pairs]):.2f} x"
        )
    keys(program, env, 20.0)


if __name__ == "__main__":
    sys.argv.insert(1, "million")
    main()
