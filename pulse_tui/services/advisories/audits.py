"""What of an asset's components nobody can judge at a moment: neither matched nor clean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.coverage import Gap
from pulse_tui.domain.estate import Component
from pulse_tui.domain.text import clean
from pulse_tui.enrich.advisories.coverage import Answered, days, unreadable
from pulse_tui.enrich.advisories.index import AdvisoryIndex, Reached
from pulse_tui.enrich.advisories.matching import audit, not_audited
from pulse_tui.enrich.lookups import keys_of
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.settled import holding, settled_only

_OF_PRODUCTS = frozenset({"nvd", "csaf"})
"""Kinds of sources that are read in rounds, and cover products once they were read whole."""


class Unaudited(NamedTuple):
    """A component that is not audited, and why."""

    component: Component
    reason: str
    gap: Gap

    @property
    def own(self) -> bool:
        """False: nobody answers for its whole ecosystem, or not any more."""
        return bool(self.component.known_as) or self.gap not in (Gap.NO_FEED, Gap.STALE)


def answered(tx: Transaction, components: Iterable[Component], now: datetime) -> Answered:
    """Who answers for the components at ``now``."""
    components = list(components)
    keys = {key for c in components for key in keys_of(c)}
    named = {(c.ecosystem, c.name) for c in components if c.ecosystem and ":" in c.ecosystem}
    sources = tx.plumbing.sources().values()
    every_s = {s.id: s.every_s for s in sources}
    of_products = {s.id for s in sources if s.kind in _OF_PRODUCTS and s.last_good_at is not None}
    begun = of_products - {row.source for row in tx.coverage.summary()} if of_products else of_products
    asked = tx.coverage.asked({ecosystem for ecosystem, _ in keys})
    return Answered(tx.coverage.of(keys | named), every_s, now, asked, begun)


def unaudited(
    tx: Transaction,
    components: Iterable[Component],
    findings: Iterable[Finding],
    now: datetime,
    who: Answered | None = None,
) -> list[Unaudited]:
    """Those of the components that advisories could be of and that are not audited at ``now``, by label.

    The one answer for an asset, a gate, a file and the pane (whose SQL counts the same). No advisory can name them, no
    feed answers for them or its answer is too old, their version cannot be compared, or an advisory names one and
    cannot be compared: as ``findings`` says.
    """
    doubtful = {(f.component_id, f.component): f for f in findings if f.audit is Audit.NOT_AUDITED}
    wanted = {(c.id, c.version): c for c in components if c.auditable}
    who = who if who is not None else answered(tx, wanted.values(), now)
    out = []
    for component in wanted.values():
        found = _gap(component, doubtful.get((component.id, component.label)), who)
        if found is not None:
            out.append(Unaudited(component, found[1], found[0]))
    return sorted(out, key=lambda u: (u.component.label, u.component.id))


def _gap(component: Component, doubtful: Finding | None, who: Answered) -> tuple[Gap, str] | None:
    if nameless := not_audited(component):
        return Gap.NAMELESS, nameless
    if (silent := who.gap(component)) is not None:
        return silent
    if doubtful is not None:
        return Gap.UNSETTLED, f"{doubtful.advisory_id}: {doubtful.reason}"
    if not unreadable(component):
        return None
    if not component.version:
        return Gap.VERSION, "the installed version is not known"
    version = clean(component.version, 60)
    return (
        Gap.VERSION,
        f"the installed version {version!r} cannot be read as a {component.ecosystem or 'package'} version",
    )


NOTHING = "no stored advisory reaches it"


class Answer(NamedTuple):
    """What the stored advisories say of a component."""

    component: str
    """Its id."""
    label: str
    audit: Audit
    advisories: tuple[str, ...] = ()
    """The ids of the records that reach it, sorted."""
    reason: str = ""
    """Why, and which feed answered when."""
    fixed: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The vulnerabilities that reach it, by name; the most severe first."""
    unsettled: tuple[str, ...] = ()
    """The ids of the records that name it and cannot be compared with its version, sorted."""


def answers(tx: Transaction, components: Iterable[Component], now: datetime) -> list[Answer]:
    """One answer for each component that advisories could be of, whether or not it runs anywhere: matched first, then
    what is not audited.
    """
    wanted = {(c.id, c.version): c for c in components if c.auditable}
    who = answered(tx, wanted.values(), now)
    records = tx.advisories.touching({key for c in wanted.values() for key in keys_of(c)})
    settled = _settled(records, tx)
    index = AdvisoryIndex(settled.get(r.id, (r, ""))[0] for r in records)
    before = AdvisoryIndex(r for r in records if settled.get(r.id, (r, ""))[1])
    found: list[Finding] = []
    cleared: dict[tuple[str, str | None], str] = {}
    for (place, component), reached, stated in zip(
        wanted.items(), index.answers(wanted.values()), before.answers(wanted.values()), strict=True
    ):
        found += _findings(index, component, reached)
        for ident in sorted(stated.named - reached.named):
            cleared[place] = f"{before[ident].name} is {settled[ident][1]}"
    by_component: dict[tuple[str | None, str], list[Finding]] = {}
    for one in found:
        by_component.setdefault((one.component_id, one.component), []).append(one)
    open_ = {(u.component.id, u.component.version): u.reason for u in unaudited(tx, wanted.values(), found, now, who)}
    out = []
    for place, component in wanted.items():
        here = by_component.get((component.id, component.label), [])
        clean = cleared.get(place, NOTHING)
        out.append(_answer(component, here, index, open_.get(place), _age(who, component), clean))
    order = {Audit.MATCHED: 0, Audit.NOT_AUDITED: 1, Audit.CLEAN: 2}
    return sorted(out, key=lambda a: (order[a.audit], a.label, a.component))


def _settled(records: Iterable[Advisory], tx: Transaction) -> dict[str, tuple[Advisory, str]]:
    """By id, the records of which something was settled: as they are with that, and by whom in words."""
    settled = tx.settled.of({r.name for r in records})
    groups = tx.advisories.groups(settled)
    words = {name: "; ".join(f.words for f in holding(name, group, tx).values()) for name, group in groups.items()}
    return {r.id: (r, words[name]) for name, group in settled_only(groups, tx).items() for r in group}


def _findings(index: AdvisoryIndex, component: Component, reached: Reached) -> Iterator[Finding]:
    """With the reasons and fixes of those alone that reach the component, or may."""
    for ident in sorted(reached.named):
        yield audit(index[ident], component).finding(ident, "", component, None)


def _answer(
    component: Component,
    here: Iterable[Finding],
    named: AdvisoryIndex,
    why_not: str | None,
    age: str,
    clean: str,
) -> Answer:
    matched = [f for f in here if f.audit is Audit.MATCHED]
    matched.sort(key=lambda f: (-(named[f.advisory_id].cvss or 0.0), f.advisory_id))
    unsettled = tuple(sorted({f.advisory_id for f in here if f.audit is Audit.NOT_AUDITED}))
    if not matched:
        if why_not is not None:
            return Answer(
                component.id, component.label, Audit.NOT_AUDITED, reason=f"{why_not}{age}", unsettled=unsettled
            )
        return Answer(component.id, component.label, Audit.CLEAN, reason=f"{clean}{age}")
    return Answer(
        component.id,
        component.label,
        Audit.MATCHED,
        tuple(sorted({f.advisory_id for f in matched})),
        f"{matched[0].reason}{age}",
        tuple(dict.fromkeys(v for f in matched for v in f.fixed)),
        tuple(dict.fromkeys(named[f.advisory_id].name for f in matched)),
        unsettled,
    )


def _age(who: Answered, component: Component) -> str:
    """``; osv (8,000 records) answered 3 h ago``: of one that is stale the reason says so itself.

    How many records a feed has tells a dump of an ecosystem from a file that somebody brought of it.
    """
    best = who.best(component)
    if best is None or best.stale:
        return ""
    size = f" ({best.row.records:,} record{'' if best.row.records == 1 else 's'})" if best.row.records else ""
    return f"; {best.row.source}{size} answered {days(best.age_s)} ago"
