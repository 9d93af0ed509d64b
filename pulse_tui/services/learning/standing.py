"""What stands now, as families of OpenMetrics: open alerts, incidents, holds, the checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pulse_tui import __version__
from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.incident import IncidentState
from pulse_tui.domain.room import Room
from pulse_tui.enrich.learning.openmetrics import Family, Sample
from pulse_tui.services.learning.launch import checklist
from pulse_tui.services.parts import RollbackParts


def of_disk(room: Room) -> Iterator[Family]:
    """How full the disk of the database is."""
    yield Family(
        "pulse_disk_used_ratio", "share of the database's disk that is taken", (Sample((), room.used),), "ratio"
    )
    nodes = (Sample((), room.nodes_used),)
    yield Family("pulse_disk_inodes_used_ratio", "share of its inodes that is taken", nodes, "ratio")
    yield Family("pulse_disk_free_bytes", "what may still be written there", (Sample((), float(room.free)),), "bytes")


def standing(parts: RollbackParts) -> Iterator[Family]:
    """Read in one view of the database, the checklist after it."""
    with parts.store.read() as tx:
        alerts = Counter((a.priority.value, a.word) for a in tx.judgements.alerts(list(OPEN), 100_000))
        incidents = len(tx.incidents.all([IncidentState.OPEN], limit=100_000))
        holds = Counter(h.kind.value for h in tx.judgements.holds())
        log = tx.log.head().seq
    open_ = tuple(Sample((("priority", p), ("state", s)), float(n)) for (p, s), n in sorted(alerts.items()))
    yield Family("pulse_alerts_open", "alerts whose condition holds", open_)
    yield Family("pulse_incidents_open", "incidents that are open", (Sample((), float(incidents)),))
    held = tuple(Sample((("kind", k),), float(n)) for k, n in sorted(holds.items()))
    yield Family("pulse_holds", "holds that stand", held)
    yield Family("pulse_audit_lines", "lines of the audit log", (Sample((), float(log)),))
    states = Counter(line.mark for line in checklist(parts).lines)
    lines = tuple(
        Sample((("state", word),), float(states[mark]))
        for mark, word in (("ok", "ok"), ("FAIL", "fail"), ("?", "unknown"))
    )
    yield Family("pulse_checklist_lines", "lines of the launch checklist by how they stand", lines)
    yield Family("pulse_build", "the program", (Sample((("version", __version__),), 1.0),), kind="info")
