"""Several records of one vulnerability (GHSA and PYSEC of one CVE) are one condition, as severe as the worst record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from pulse_tui.domain.advisory import Advisory, Finding, name_of
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.matching import condition, severity_of

Condition: TypeAlias = tuple[str, str, Environment | None]
"""(the advisory's name, asset, environment): what one alert is about."""


def group_names(records: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The name of each record's alias group, by the record's id; ``records`` gives the ids and aliases of each.

    Records that share an id, directly or through others, are of one vulnerability: symmetric and transitive, and the
    same for any order. A record that names itself, and a cycle, add nothing.
    """
    above: dict[str, str] = {}

    def top(ident: str) -> str:
        while (parent := above.setdefault(ident, ident)) != ident:
            above[ident] = above[parent]
            ident = above[ident]
        return ident

    for record, ids in records.items():
        for ident in ids:
            above[top(ident)] = top(record)
    groups: dict[str, list[str]] = defaultdict(list)
    for ident in [*records, *above]:
        groups[top(ident)].append(ident)
    names = {root: name_of(ids) for root, ids in groups.items()}
    return {record: names[top(record)] for record in records}


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
        group=records[0].name,
        id="+".join(sorted((r.id for r in records), key=lambda i: (i.startswith("CVE-"), i))),
        modified=max(r.modified for r in records),
        aliases=tuple(dict.fromkeys(a for r in records for a in (r.id, *r.aliases))),
        severity=severity_of(worst),
        cvss=scored.cvss,
        vector=scored.vector,
        known_exploited=any(known) if known else None,
        affected=tuple(dict.fromkeys(a for r in records for a in r.affected)),
        links=tuple(dict.fromkeys(link for r in records for link in r.links)),
        configurations=tuple(dict.fromkeys(c for r in records for c in r.configurations)),
    )


def kept(findings: Iterable[Finding], before: Mapping[Condition, Priority], name: str) -> list[Finding]:
    """The findings made again, with policy's answer for their condition: the same signal is not judged twice."""
    return [
        msgspec.structs.replace(
            f,
            priority=before.get((name, f.asset_id, f.environment), f.priority),
            fingerprint=condition(name, f.asset_id, f.environment),
        )
        for f in findings
    ]


def priorities(findings: Iterable[Finding], names: Mapping[str, str]) -> dict[Condition, Priority]:
    """The most urgent priority of each condition; ``names`` by the records' ids. One that policy gave none is the last."""
    found: dict[Condition, Priority] = {}
    for f in findings:
        if f.advisory_id in names:
            mark = names[f.advisory_id], f.asset_id, f.environment
            found[mark] = min(found.get(mark, f.priority), f.priority, key=_urgency)
    return found


def _urgency(priority: Priority) -> tuple[bool, int]:
    return priority is Priority.UNKNOWN, priority.rank


def _rank(record: Advisory) -> int:
    severity = severity_of(record)
    return -1 if severity is None else severity.rank
