"""Marks that rise when anybody changes the estate, an alert, or what the advisories pane shows: what was read at a mark need
not be read again while it stands.

Triggers see every writer. On PostgreSQL each connection has a row of its own, so that a transaction that somebody leaves open
holds up nobody else's; the mark is their sum, which rises with every commit that a reader sees. A change of an alert counts for the advisories where a finding has its condition.
"""

from __future__ import annotations

from collections.abc import Iterator

_MARKS = ("estate", "alerts", "advised")
_MARKED = (
    ("estate", "assets"),
    ("estate", "deployments"),
    ("alerts", "alerts"),
    ("alerts", "incidents"),
    ("alerts", "incident_alerts"),
    ("advised", "findings"),
    ("advised", "waivers"),
    ("advised", "advisories"),
)
_RAISE = (
    "INSERT INTO marks (name, writer, value) VALUES ('{mark}', {writer}, 1) "
    "ON CONFLICT (name, writer) DO UPDATE SET value = marks.value + 1"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
)
_PID = "pg_backend_pid()"
_VERBS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))


def made_of_marks(dialect: str) -> Iterator[str]:
    """The statements that put them and their triggers into a new database. A change needs a migration: 0019 has a copy."""
    yield from _sqlite() if dialect == "sqlite" else _postgresql()


def _sqlite() -> Iterator[str]:
    for verb, row in _VERBS:
        for mark, table in _MARKED:
            yield (
                f"CREATE TRIGGER mark_{mark}_{table}_{verb.lower()} AFTER {verb} ON {table} "
                f"BEGIN {_RAISE.format(mark=mark, writer=0)}; END"
            )
        found = f"EXISTS (SELECT 1 FROM findings f WHERE f.fingerprint = {row}.signal_fingerprint)"  # noqa: S608  as above
        yield (
            f"CREATE TRIGGER mark_advised_alerts_{verb.lower()} AFTER {verb} ON alerts WHEN {found} "
            f"BEGIN {_RAISE.format(mark='advised', writer=0)}; END"
        )


def _postgresql() -> Iterator[str]:
    for mark in _MARKS:
        yield _FUNCTION.format(name=f"mark_{mark}", body=_RAISE.format(mark=mark, writer=_PID))
    found = "EXISTS (SELECT 1 FROM changed c JOIN findings f ON f.fingerprint = c.signal_fingerprint)"
    body = f"IF {found} THEN {_RAISE.format(mark='advised', writer=_PID)}; END IF"
    yield _FUNCTION.format(name="mark_advised_alerts", body=body)
    for verb, row in _VERBS:
        for mark, table in _MARKED:
            yield (
                f"CREATE TRIGGER mark_{mark}_{table}_{verb.lower()} AFTER {verb} ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_{mark}()"
            )
        yield (
            f"CREATE TRIGGER mark_advised_alerts_{verb.lower()} AFTER {verb} ON alerts REFERENCING {row} TABLE AS changed "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_advised_alerts()"
        )
