"""``pulse-tui db``: bring the schema up to date, take a copy."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.process import operator_name


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """upgrade or backup."""
    parser.add_argument(
        "action", choices=["upgrade", "backup"], help="bring the schema up to date / copy the SQLite file beside itself"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Opening upgrades; triggers that are gone are made again, which the log records. A backup copies an SQLite file while it is in use."""
    with opened(options) as house:
        store = house.store
        if options.action == "upgrade":
            done = f"database {store.shown} is at schema {store.schema}"
            with store.read() as tx:
                weakened = tx.log.weakened()
            if weakened:
                with store.write() as tx:
                    tx.log.protect()
                    tx.log.append(house.clock(), operator_name(), "log.protected", "database", {"was": weakened[0]})
                done += f"; its triggers were made again ({weakened[0]})"
        elif not store.is_sqlite:
            raise WrongUse("a PostgreSQL database is backed up with its own tools", todo="pg_dump")
        else:
            done = f"copied to {store.backup(house.clock())}"
    emit(options, {"done": done}, [done])
    return 0
