"""the log records who wrote from where, and the digests of plans, approvals, runs, journals and holds"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_RECORDS = {
    "plans": "hash,asset_id,state,body",
    "approvals": "plan_hash,principal,key,yes,at,expires_at,audit_head,reason|principal",
    "runs": "id,plan_hash,target,active_key,epoch,holder,started_by,started_at,state,detail,ended_at",
    "steps": "run_id,index,state,key,seen_before,seen_after,detail,at,sent_at|index",
    "journal": "run_id,step,at,state,detail|seq",
    "holds": "id,open_key,kind,asset_id,why,until_condition,placed_by,placed_at,environment,version,decision_id,lifted_at,lifted_by|seq",
    "acceptances": "id,asset_id,version,environment,gate,run_id,baseline_id,definition,accepted_by,why,at,until",
}


def upgrade() -> None:
    op.add_column("audit", sa.Column("origin", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("audit", sa.Column("records", sa.Text(), nullable=False, server_default="{}"))
    connection = op.get_bind()
    records = dict(sorted((name, digest) for table in _RECORDS for name, digest in _digests(connection, table).items()))
    if not records:
        return
    query = sa.text("SELECT seq, at, hash FROM audit ORDER BY seq DESC LIMIT 1")
    seq, at, previous = connection.execute(query).first() or (0, 0, "0" * 64)
    line = [seq + 1, at, "pulse-tui", "records.found", "upgrade to 0011", {}, "", records]
    digest = hashlib.sha256(previous.encode() + b"\n" + _json(line).encode()).hexdigest()
    connection.execute(
        sa.text(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash, origin, records)"
            " VALUES (:seq, :at, :actor, :action, :subject, '{}', :previous, :hash, '', :records)"
        ),
        {"previous": previous, "hash": digest, "records": _json(records)}
        | dict(zip(("seq", "at", "actor", "action", "subject"), line, strict=False)),
    )
    seal = sa.text("UPDATE settings_values SET value = :value WHERE key = 'audit.newest'")
    connection.execute(seal, {"value": f"{seq + 1}:{digest}"})


def _digests(connection: sa.Connection, table: str) -> dict[str, str]:
    names, _, order = _RECORDS[table].partition("|")
    columns = names.split(",")
    by = ", ".join(f'"{name}"' for name in (columns[0], order) if name)
    listed = ", ".join(f'"{c}"' for c in columns)
    rows: dict[str, list[list[object]]] = {}
    for row in connection.execute(sa.text(f"SELECT {listed} FROM {table} ORDER BY {by}")):  # noqa: S608
        rows.setdefault(f"{table}/{row[0]}", []).append([_plain(value) for value in row])
    return {name: hashlib.sha256(_json(found).encode()).hexdigest() for name, found in rows.items()}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
