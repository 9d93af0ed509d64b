"""Incidents from a file that anything writes, one JSON object a line: opened, changed, resolved.

``{"incident": "INC-7", "title": "Checkout is slow", "status": "open", "assets": ["support-bot"], "severity": "high",
"environment": "production", "at": "2026-11-23T03:00:00Z", "url": "https://…", "summary": "…"}``; the last line of an incident counts,
``status: resolved`` ends it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, collect_files, records
from pulse_tui.collectors._shared.stamps import published
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.limits import reason
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean, clean_block, name_problem
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import CollectContext, Peek

_OVER = {"resolved", "closed", "ended", "cancelled"}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path``: a folder, a file or a glob. ``system``: what writes it, where two may use the same names."""

    path: str = ""
    system: str = "file"
    max_bytes: int = FILE_CAP
    """Cap of one file."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    incident: Annotated[str, Meta(min_length=1, max_length=100)]
    status: Annotated[str, Meta(min_length=1, max_length=40)]
    title: Annotated[str, Meta(max_length=1_000)] = ""
    assets: tuple[str, ...] = ()
    severity: Severity = Severity.HIGH
    environment: Environment | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    url: str | None = None
    summary: Annotated[str, Meta(max_length=20_000)] | None = None


_LINE = msgspec.json.Decoder(_Line)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return collect_files(
        options.path, "*.json*", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: Peek) -> bool:
    """JSON whose first object has ``incident`` and ``status``."""
    return name.endswith((".json", ".jsonl", "-")) and "incident" in head.top and "status" in head.top


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """The last line of each incident; a bad line is Rejected with its place."""
    found: dict[str, Elsewhere] = {}
    bad = Bad(context.source, name)
    for where, raw in records(name, data):
        try:
            one = _incident(_LINE.decode(raw), context)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            bad.refuse(where, clean(str(error), 200), raw)
            continue
        except Exception as error:  # whatever one line does, the others are read
            bad.refuse(where, f"it cannot be read: {reason(error)}", raw)
            continue
        found.pop(one.key, None)
        found[one.key] = one
    item = ListedElsewhere(
        source=context.source, system=clean(options.system, 60), at=context.now, incidents=tuple(found.values())
    )
    return Collected(observations=(item,) if found else (), rejected=bad.all(), cursor=context.cursor)


def _incident(line: _Line, context: CollectContext) -> Elsewhere:
    if problem := name_problem(line.incident):
        raise msgspec.ValidationError(f"incident {problem}")
    links = web_links([line.url])
    return Elsewhere(
        key=line.incident,
        title=clean(line.title, 250) or "(no title)",
        status=clean(line.status, 40),
        open=line.status.casefold() not in _OVER,
        severity=line.severity,
        began=published(line.at, context.now),
        assets=tuple(clean(a, 120) for a in line.assets),
        environment=line.environment,
        link=links[0] if links else None,
        summary=clean_block(line.summary, 2_000) if line.summary else None,
    )
