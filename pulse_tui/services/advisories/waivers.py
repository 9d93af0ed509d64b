"""Waivers of vulnerabilities, placed and ended by an operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.purl import component as of_purl
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.waiver import UNKNOWN, Justification, VexStatus, Waiver, installed
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.waived import reaching
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.standing import end, in_view, malicious, mark, settle_group
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.waived import Group, findings_of, group_of
from pulse_tui.settings.check import nearest

PLACED = "waiver.placed"
"""What the audit log calls it."""
_Words = TypeVar("_Words", VexStatus, Justification)
LONGEST = timedelta(days=365)
"""A waiver is reviewed within a year."""
NO_JUSTIFICATION = "not_affected without a justification is refused: it says nothing of why"


class Terms(NamedTuple):
    """What a waiver states; the same for every component that it is placed for."""

    status: VexStatus
    justification: Justification | None
    rationale: str
    owner: str
    until: datetime


def waive_advisory(
    parts: JudgeParts,
    name: str,
    asset_id: str,
    component: str = "",
    *,
    status: str = "affected",
    justification: str = "",
    why: str,
    owner: str = "",
    until: datetime | None,
    environment: Environment | None = None,
    every_version: bool = False,
    by: str,
    now: datetime,
) -> str:
    """Waive an advisory (any id of its group) for a component of an asset; ``component`` "": each that it reaches there.

    ``component`` is a label, a name or a package URL. Without ``every_version`` it is of the version that is installed.
    Raises WrongUse, NotFound, and Refused for what would excuse without saying why, for whom or until when.
    """
    terms = terms_of(status, justification, why, owner, until, by, now)
    with parts.store.write() as tx:
        group = group_of(tx, name)
        if not group.records:
            raise NotFound(
                f"there is no advisory {name!r}", todo="see what reaches something in pane 3, or: pulse-tui match FILE"
            )
        estate = tx.estate.load()
        if asset_id not in estate.assets:
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, estate.assets))
        _acceptable(group, terms)
        there = [f for f in findings_of(tx, group) if f.asset_id == asset_id and environment in (None, f.environment)]
        scopes = _scopes(there, component, group.name, asset_id)
        placed = [
            place(tx, group, estate, asset_id, i, None if every_version else v, environment, terms, by, now, there)
            for i, v in scopes
        ]
        lifted = settle_group(tx, parts, group, now).lifted
    what = ", ".join(f"{w.component_id}{'@' + w.version if w.version else ''} ({w.id})" for w in placed)
    held = f"; {lifted} hold(s) lifted until then" if lifted else ""
    return f"waived until {iso(terms.until)}: {group.name} in {what} of {asset_id}{held}"


def terms_of(
    status: str, justification: str, why: str, owner: str, until: datetime | None, by: str, now: datetime
) -> Terms:
    """The terms that an operator gave. Raises WrongUse for a word that is none, Refused for terms that are not whole."""
    kind = _word(VexStatus, status, "status")
    reason = _word(Justification, justification, "justification") if justification else None
    if kind is VexStatus.UNDER_INVESTIGATION:
        raise Refused("under_investigation excuses nothing", todo="Acknowledge its alert: pulse-tui alert ack ID")
    if kind is VexStatus.NOT_AFFECTED and reason is None:
        raise Refused(NO_JUSTIFICATION, todo=f"Add one of: {', '.join(j.value for j in Justification)}")
    if kind is not VexStatus.NOT_AFFECTED and reason is not None:
        raise WrongUse("a justification says why something is not_affected", todo=f"Leave it out with {kind.value}")
    missing = [word for word, given in (("an owner", owner), ("a review date", until)) if not given]
    if kind is VexStatus.AFFECTED and missing:
        raise Refused(
            f"an accepted risk needs {' and '.join(missing)}", todo="Name who answers for it and when it is reviewed"
        )
    last = until or now + timedelta(days=90)
    if not now < last <= now + LONGEST:
        raise WrongUse(
            f"cannot waive until {iso(last)}", todo="A waiver is reviewed within a year, and not in the past"
        )
    return Terms(kind, reason, reason_of(why), owner or by, last)


def _acceptable(group: Group, terms: Terms) -> None:
    if malicious(group) and terms.status is VexStatus.AFFECTED:
        raise Refused(
            f"{group.name} reports malicious code: its risk is not accepted",
            todo="Take it out; if it is another package of this name: pulse-tui waiver add --status not_affected ...",
        )


def waive_condition(tx: Transaction, alert: Alert, names: Sequence[str], terms: Terms, by: str, now: datetime) -> int:
    """Waive each component that makes the condition of an alert; returns how many, 0 where no finding makes it."""
    group = group_of(tx, *names)
    _acceptable(group, terms)
    where = (alert.asset_id, alert.environment)
    here = reaching(f for f in findings_of(tx, group) if (f.asset_id, f.environment) == where)
    estate = tx.estate.load()
    scopes = dict.fromkeys((f.component_id, installed(f) or UNKNOWN) for f in here)
    for ident, version in scopes:
        assert alert.asset_id is not None
        place(
            tx, group, estate, alert.asset_id, ident, version, alert.environment, terms, by, now, here, alert.priority
        )
    if scopes:
        mark(tx, group, now)
    return len(scopes)


def place(
    tx: Transaction,
    group: Group,
    estate: Estate,
    asset_id: str | None,
    component_id: str | None,
    version: str | None,
    environment: Environment | None,
    terms: Terms,
    by: str,
    now: datetime,
    findings: Iterable[Finding],
    priority: Priority | None = None,
) -> Waiver:
    """Store one, with what it was placed in view of; one of the same scope by an operator is replaced."""
    bare = Waiver(
        id=fingerprint("waiver", group.name, asset_id, component_id, version, environment, now.isoformat())[:12],
        advisory=group.name,
        asset_id=asset_id,
        component_id=component_id,
        version=version,
        environment=environment,
        status=terms.status,
        justification=terms.justification,
        rationale=terms.rationale,
        owner=terms.owner,
        placed_by=by,
        placed_at=now,
        review_at=terms.until,
    )
    seen = [f.priority for f in findings if bare.scope(f) and f.priority is not Priority.UNKNOWN]
    worst = priority or min(seen, key=lambda p: p.rank, default=None)
    waiver = in_view(tx, bare, group, estate, worst)
    for other in tx.waivers.named(group.names, standing=True):
        if not other.source and other.id != waiver.id and _same_scope(other, waiver):
            end(tx, other, by, f"replaced by {waiver.id}", now)
    tx.waivers.put(waiver)
    tx.log.append(now, by, PLACED, waiver.id, detail_of(waiver))
    return waiver


def detail_of(waiver: Waiver) -> dict[str, str]:
    """What the audit log keeps of it."""
    return {
        "advisory": waiver.advisory,
        "asset": waiver.asset_id or "every asset",
        "component": (waiver.component_id or "every component") + (f"@{waiver.version}" if waiver.version else ""),
        "environment": waiver.environment.value if waiver.environment else "",
        "status": waiver.status.value,
        "justification": waiver.justification.value if waiver.justification else "",
        "owner": waiver.owner,
        "until": iso(waiver.review_at),
        "why": waiver.rationale,
        "source": waiver.source,
    }


def _scopes(
    findings: Sequence[Finding], wanted: str, advisory: str, asset_id: str
) -> list[tuple[str | None, str | None]]:
    """(component, version) of what is meant. A package URL with a version is taken as it is, whether or not it is there."""
    ident, version = wanted, None
    if wanted.startswith("pkg:"):
        try:
            found = of_purl(wanted)
        except BadPurl as error:
            raise WrongUse(f"{wanted!r} is no package URL: {error}") from None
        ident, version = found.id, found.version

    def meant(f: Finding) -> bool:
        names = (f.component_id, f.component, f.component.rpartition(" ")[0])
        return not wanted or (ident in names and version in (None, installed(f)))

    here = dict.fromkeys((f.component_id, installed(f) or UNKNOWN) for f in findings if meant(f))
    if here:
        return list(here)
    if version is not None:
        return [(ident, version)]
    reached = sorted({f.component for f in findings})
    if not reached:
        raise NotFound(
            f"{advisory} reaches nothing of {asset_id}",
            todo="Before it does, name the component as pkg:type/name@version",
        )
    raise NotFound(f"{advisory} does not reach {wanted!r} of {asset_id}: it reaches {', '.join(reached[:10])}")


def _same_scope(one: Waiver, other: Waiver) -> bool:
    return all(getattr(one, n) == getattr(other, n) for n in ("asset_id", "component_id", "version", "environment"))


def _word(words: type[_Words], text: str, what: str) -> _Words:
    names = {str(w.value): w for w in words}
    if text not in names:
        raise WrongUse(f"there is no {what} {text!r}", todo=nearest(text, names))
    return names[text]


# --------------------------------------------------------------------------- ending one


def end_waiver(parts: JudgeParts, ident: str, by: str, why: str, now: datetime) -> str:
    """An operator ends it before its review; what it covered fires again. Raises NotFound, Refused when it has ended."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        waiver = find_waiver(tx, ident)
        if waiver.ended_at is not None:
            raise Refused(f"waiver {waiver.id} ended at {iso(waiver.ended_at)}: {waiver.ended_why}")
        end(tx, waiver, by, reason, now)
        again = settle_group(tx, parts, group_of(tx, waiver.advisory), now).again
    fires = f"; {again} alert(s) fire again" if again else ""
    return f"ended: waiver {waiver.id} of {waiver.advisory} ({waiver.asset_id or 'every asset'}){fires}"


def end_condition(tx: Transaction, alert: Alert, names: Sequence[str], by: str, why: str, now: datetime) -> int:
    """End the waivers of an alert's condition. Raises Refused where one is of more than its asset."""
    group = group_of(tx, *names)
    standing = [w for w in tx.waivers.named(group.names, standing=True) if w.asset_id in (None, alert.asset_id)]
    here = [f for f in findings_of(tx, group) if (f.asset_id, f.environment) == (alert.asset_id, alert.environment)]
    covering = [w for w in standing if any(w.scope(f) for f in here)]
    wide = [w for w in covering if w.asset_id is None]
    if wide:
        raise Refused(
            f"alert {alert.id} stands under a statement that is of every asset",
            [f"{w.id}: {w.words}" for w in wide],
            todo=f"pulse-tui waiver end {wide[0].id} --why REASON",
        )
    for waiver in covering:
        end(tx, waiver, by, why, now)
    if covering:
        mark(tx, group, now)
    return len(covering)


def find_waiver(tx: Transaction, ident: str) -> Waiver:
    """By its id or the beginning of it. Raises NotFound."""
    found = tx.waivers.get(ident)
    if found is None:
        every = tx.waivers.all()
        near = [w for w in every if ident and w.id.startswith(ident)]
        if len(near) != 1:
            raise NotFound(f"there is no waiver {ident!r}", todo=nearest(ident, [w.id for w in every]))
        found = near[0]
    return found
