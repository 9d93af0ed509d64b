"""Several records of one vulnerability (GHSA and PYSEC of one CVE) are one condition, as severe as the worst record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.matching import severity_of

Condition: TypeAlias = tuple[str, str, Environment | None]
"""(the advisory's name, asset, environment): what one alert is about."""


def by_name(records: Iterable[Advisory]) -> dict[str, list[Advisory]]:
    """The records of each vulnerability, in a stable order."""
    groups: dict[str, list[Advisory]] = defaultdict(list)
    for record in records:
        groups[record.name].append(record)
    return {name: sorted(group, key=lambda r: r.id) for name, group in groups.items()}


def merged(records: Sequence[Advisory]) -> Advisory:
    """One record that combines them: the worst severity and score, every alias, package and link.

    A single record stays as it is. ``records`` are of one name and not withdrawn; at least one.
    """
    if len(records) == 1:
        return records[0]
    worst = max(records, key=lambda r: (_rank(r), r.cvss or 0.0, r.modified, r.id))
    scored = max(records, key=lambda r: (r.cvss or 0.0, r.id))
    known = [r.known_exploited for r in records if r.known_exploited is not None]
    return msgspec.structs.replace(
        worst,
        # The CVE last: an id that began with it would pass for a name of its own.
        id="+".join(sorted((r.id for r in records), key=lambda i: (i.startswith("CVE-"), i))),
        modified=max(r.modified for r in records),
        aliases=tuple(dict.fromkeys(a for r in records for a in (r.id, *r.aliases))),
        severity=severity_of(worst),
        cvss=scored.cvss,
        vector=scored.vector,
        known_exploited=any(known) if known else None,
        affected=tuple(dict.fromkeys(a for r in records for a in r.affected)),
        links=tuple(dict.fromkeys(link for r in records for link in r.links)),
    )


def kept(findings: Iterable[Finding], before: dict[Condition, Priority], name: str) -> list[Finding]:
    """The findings made again, with policy's answer for their condition: the same signal is not judged twice."""
    return [
        msgspec.structs.replace(f, priority=before.get((name, f.asset_id, f.environment), f.priority)) for f in findings
    ]


def _rank(record: Advisory) -> int:
    severity = severity_of(record)
    return -1 if severity is None else severity.rank
