"""Advisory records come, change or are withdrawn: findings are made again, each vulnerability is judged as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.signal import Signal, signal_id
from pulse_tui.enrich.advisories.groups import Condition, kept, priorities
from pulse_tui.enrich.advisories.matching import condition, match
from pulse_tui.enrich.advisories.waived import excuse
from pulse_tui.enrich.advisories.waived import names_of as ids_of
from pulse_tui.enrich.lookups import keys_named, keys_of
from pulse_tui.ports import Taken, Transaction
from pulse_tui.services.advisories.evidence import signals_of
from pulse_tui.services.advisories.settled import as_settled, settled_only
from pulse_tui.services.parts import Made
from pulse_tui.services.signals.ingest import AHEAD, OVER

UNMATCHABLE = "an advisory names no version of a package (commits alone, or nothing): nothing can be matched with it"

OLDER = "{} was modified earlier than the record that is stored, which stays"

Key = tuple[str, str]


def take_advisories(items: Sequence[Advisory], tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store the records and match those that changed. A finding has ended only if no other record of its group makes it."""
    taken = tx.advisories.take([_at(item, now) for item in items], horizon=now + AHEAD)
    made = settle(taken, tx, estate, now)
    remarks = [OLDER.format(ident) for ident in taken.older]
    remarks += [UNMATCHABLE for item in taken.changed if not (item.withdrawn or item.matchable)]
    return made._replace(remarks=tuple(remarks), new=len(taken.changed))


def _at(item: Advisory, now: datetime) -> Advisory:
    """As it is now: a withdrawal of the future has not come yet, and what is no score (NaN, 11) is none."""
    if item.cvss is not None and not 0.0 <= item.cvss <= 10.0:
        item = msgspec.structs.replace(item, cvss=None)
    if item.withdrawn_at is None:
        return item
    withdrawn = item.withdrawn_at <= now
    return item if item.withdrawn is withdrawn else msgspec.structs.replace(item, withdrawn=withdrawn)


def settle(taken: Taken, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """What the change of some records means: signals of what holds now, and the conditions that ended.

    Only vulnerabilities that reach something, or did, cost more than a look.
    """
    changed = {r.id: r for r in taken.changed}
    moved = changed.keys() | taken.renamed.keys()
    if not moved:
        return Made([], [])
    packages = {key for r in taken.changed if not r.withdrawn for key in _packages(r)}
    uses = tx.dependencies.using(packages=packages)
    used = {key for d in uses for key in keys_of(d.component)}
    hit = [r for r in taken.changed if not r.withdrawn and not used.isdisjoint(_packages(r))]
    # A group that gains or loses a record, or of which one changes, is another vulnerability to judge.
    names = {r.name for r in taken.changed} | {name for pair in taken.renamed.values() for name in pair}
    live = tx.advisories.reaching(names) | {r.name for r in hit}
    if not live:
        return Made([], [])
    groups = tx.advisories.groups(live)
    # What an operator settled may have lapsed, for every record of the group.
    afresh = changed | {r.id: r for group in settled_only(groups, tx).values() for r in group}
    records = {r.id: r for group in groups.values() for r in group}
    before = tx.advisories.findings_of(records.keys() | moved)
    more = {key for r in records.values() if not r.withdrawn for key in _packages(r)} - packages
    if more:
        uses = tx.dependencies.using(packages=packages | more)
    estate = msgspec.structs.replace(estate, dependencies=uses)
    named = {i: r.name for i, r in records.items()}
    was_named = named | {i: r.name for i, r in taken.before.items()} | {i: old for i, (old, _) in taken.renamed.items()}
    priority = priorities(before, named)
    stood = _by(before, {f.advisory_id: f.advisory_id for f in before})
    made = (
        finding
        for ident, name in named.items()
        for finding in kept(match(afresh[ident], estate) if ident in afresh else stood[ident], priority, name)
    )
    here = under_waivers(_by(made, named), groups, tx, now)
    after = [finding for findings in here.values() for finding in findings]
    tx.advisories.swap_findings(before, after)
    held, holding = _conditions(before, was_named), _conditions(after, named)
    signals = list[Signal]()
    for name, group in groups.items():
        if stands := [r for r in group if not r.withdrawn]:
            signals += again(signals_of(stands, here[name], estate, tx, now), name, held, tx, now)
    became = defaultdict[Condition, set[str]](set)
    for f in before:
        if (named[f.advisory_id], f.asset_id, f.environment) in holding:
            became[was_named[f.advisory_id], f.asset_id, f.environment].add(named[f.advisory_id])
    ids = defaultdict[str, set[str]](set)
    for record in (*records.values(), *taken.before.values()):
        ids[was_named[record.id]] |= {record.id, *record.aliases}
    why = _ended(held - holding, holding, ids, became)
    return Made(signals, list(why), why=why)


def _ended(
    ended: Iterable[Condition],
    holding: Collection[Condition],
    ids: Mapping[str, set[str]],
    became: Mapping[Condition, set[str]],
) -> dict[str, str]:
    """Why each of the ``ended`` is over, by fingerprint. What is known by another name goes on under that one.

    An alert may still carry the name of one record alone, from before they were known to be of one vulnerability.
    """
    why = dict[str, str]()
    for mark in sorted(ended, key=str):
        name, asset_id, environment = mark
        reason = f"it is known as {', '.join(sorted(became[mark]))} now" if mark in became else OVER
        for other in sorted({name} | ids.get(name, set())):
            if (other, asset_id, environment) not in holding:
                why.setdefault(condition(other, asset_id, environment), reason)
    return why


def _conditions(findings: Iterable[Finding], names: Mapping[str, str]) -> set[Condition]:
    return {(names[f.advisory_id], f.asset_id, f.environment) for f in findings}


def _by(findings: Iterable[Finding], names: Mapping[str, str]) -> defaultdict[str, list[Finding]]:
    out = defaultdict[str, list[Finding]](list)
    for finding in findings:
        out[names[finding.advisory_id]].append(finding)
    return out


def _packages(record: Advisory) -> set[Key]:
    return {key for a in record.affected for key in keys_named(a.ecosystem, a.name)}


def under_waivers(
    findings: Mapping[str, list[Finding]], groups: Mapping[str, Sequence[Advisory]], tx: Transaction, now: datetime
) -> defaultdict[str, list[Finding]]:
    """The findings of each vulnerability, by its name, with the waiver that covers each and no other."""
    ids = {name: ids_of(group) for name, group in groups.items()}
    every = tx.waivers.named(frozenset[str]().union(*ids.values()), standing=True)
    out = defaultdict[str, list[Finding]](list)
    for name, mine in findings.items():
        waivers = [w for w in every if w.advisory in ids[name]]
        for finding in mine:
            cover = excuse(finding, waivers, now)
            out[name].append(msgspec.structs.replace(finding, waiver=cover.id if cover is not None else None))
    return out


def again(
    signals: Iterable[Signal], name: str, standing: Collection[Condition], tx: Transaction, now: datetime
) -> Iterator[Signal]:
    """The signals of one vulnerability; one whose condition is not ``standing`` (it had ended), or that says again what
    was said before its last one, is an event of its own.

    The same component in the same version gives the same id: without this a vulnerability that was gone and came back,
    or one that left a list of exploited ones and is on it again, would pass for the event that was judged before.
    """
    every = list(signals)
    known = tx.signals.known(s.id for s in every)
    last = tx.signals.last(s.fingerprint for s in every if s.id in known) if known else set()
    for signal in every:
        assert signal.asset_id is not None
        ended = (name, signal.asset_id, signal.environment) not in standing
        if signal.id in known and (ended or signal.id not in last):
            ident = signal_id(signal.source, "again", signal.id, now.isoformat())
            yield msgspec.structs.replace(signal, id=ident)
        else:
            yield signal


def touching(tx: Transaction, packages: Iterable[Key]) -> dict[str, list[Advisory]]:
    """The vulnerabilities of which some record that stands names one of the packages, each with all such records."""
    names = {r.name for r in tx.advisories.touching(packages) if not r.withdrawn}
    groups = tx.advisories.groups(names)
    return as_settled({n: [r for r in group if not r.withdrawn] for n, group in sorted(groups.items())}, tx)


def holders(tx: Transaction, asset_id: str) -> set[str]:
    """Fingerprints of the vulnerabilities that some stored record still finds in what the asset runs, by the names that
    they have now."""
    findings = tx.advisories.findings(asset_id=asset_id)
    records = tx.advisories.records({f.advisory_id for f in findings})
    return {
        condition(record.name, asset_id, finding.environment)
        for finding in findings
        if (record := records.get(finding.advisory_id)) is not None and not record.withdrawn
    }
