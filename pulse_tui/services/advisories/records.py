"""An advisory record comes, changes or is withdrawn: findings are made again, the vulnerability is judged as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.signal import Signal, signal_id
from pulse_tui.enrich.advisories.groups import Condition, kept
from pulse_tui.enrich.advisories.matching import condition, match
from pulse_tui.enrich.lookups import keys_named
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.evidence import signals_of
from pulse_tui.services.parts import Made

UNMATCHABLE = "an advisory names no version of a package (commits alone, or nothing): nothing can be matched with it"

OLDER = "{} was modified earlier than the record that is stored, which stays"


def take_advisory(item: Advisory, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store the record and match it. A finding it no longer makes has ended only if no other record makes it."""
    found = tx.advisories.get(item.id)
    stored = found if found is not None and found.id == item.id else None
    if stored is not None and stored.source == item.source and item.modified < stored.modified:
        return Made([], [], known=True, remarks=(OLDER.format(item.id),))
    # A record that gets its CVE later, or loses it, belongs to another vulnerability than before.
    names = tuple(dict.fromkeys(r.name for r in (item, stored) if r is not None))
    priorities = {
        (name, f.asset_id, f.environment): f.priority
        for name in names
        for r in tx.advisories.called(name)
        for f in tx.advisories.findings(r.id)
    }
    before = tx.advisories.findings(item.id)
    if not tx.advisories.put([item]):
        return Made([], [], known=True)
    groups = {name: [r for r in tx.advisories.called(name) if not r.withdrawn] for name in names}
    affected = (a for r in (item, *(r for group in groups.values() for r in group)) for a in r.affected)
    packages = {key for a in affected for key in keys_named(a.ecosystem, a.name)}
    estate = msgspec.structs.replace(estate, dependencies=tx.dependencies.using(packages=packages))
    tx.advisories.drop_findings(advisory_id=item.id)
    tx.advisories.put_findings(kept(match(item, estate), priorities, item.name))
    ids = [i for r in (item, stored) if r is not None for i in (r.id, *r.aliases)]
    signals, gone = list[Signal](), list[str]()
    for name, records in groups.items():
        standing = [f for r in records for f in tx.advisories.findings(r.id)]
        held = {(f.asset_id, f.environment) for f in standing}
        ended = dict.fromkeys((f.asset_id, f.environment) for f in before if (f.asset_id, f.environment) not in held)
        # An alert may still carry the name of one record alone, from before they were known to be of one vulnerability.
        gone += [condition(n, asset_id, place) for asset_id, place in ended for n in dict.fromkeys((name, *ids))]
        if records:
            signals += again(signals_of(records, standing, estate, tx, now), name, priorities, tx, now)
    remarks = () if item.withdrawn or item.matchable else (UNMATCHABLE,)
    return Made(signals, gone, remarks=remarks)


def again(
    signals: Iterable[Signal], name: str, standing: Collection[Condition], tx: Transaction, now: datetime
) -> Iterator[Signal]:
    """The signals of one vulnerability; one whose condition is not ``standing`` (it had ended) is an event of its own.

    The same component in the same version gives the same id: without this a vulnerability that was gone and came back
    would pass for the event that was judged before.
    """
    for signal in signals:
        assert signal.asset_id is not None
        ended = (name, signal.asset_id, signal.environment) not in standing
        if ended and tx.signals.get(signal.id) is not None:
            ident = signal_id(signal.source, "again", signal.id, now.isoformat())
            yield msgspec.structs.replace(signal, id=ident)
        else:
            yield signal


def holders(tx: Transaction, asset_id: str) -> set[str]:
    """Fingerprints of the vulnerabilities that some stored record still finds in what the asset runs."""
    found = set[str]()
    records: dict[str, Advisory | None] = {}
    for finding in tx.advisories.findings(asset_id=asset_id):
        if finding.advisory_id not in records:
            records[finding.advisory_id] = tx.advisories.get(finding.advisory_id)
        record = records[finding.advisory_id]
        if record is not None and not record.withdrawn:
            names = dict.fromkeys((record.name, record.id, *record.aliases))
            found.update(condition(name, asset_id, finding.environment) for name in names)
    return found
