"""Waivers of vulnerabilities: placed by an operator, ended by one or by themselves, and what stands under them meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.alert import OPEN, Alert, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.exploitation import Evidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.purl import component as of_purl
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.waiver import UNKNOWN, UNSEEN, Justification, VexStatus, Waiver, installed
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.matching import condition
from pulse_tui.enrich.advisories.waived import excuse, excused, exposure_of, fixes_of, names_of, reaching, reopens
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.mutes import after_mute, waived
from pulse_tui.services.signals.waived import Group, findings_of, group_of
from pulse_tui.settings.check import nearest

PLACED, ENDED = "waiver.placed", "waiver.ended"
"""What the audit log calls it."""
_Words = TypeVar("_Words", VexStatus, Justification)
_MANY = 20
"""From this many vulnerabilities, reading every open alert is cheaper than asking for those of each."""
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


# --------------------------------------------------------------------------- placing one


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


def malicious(group: Group) -> bool:
    """Whether any record of it says that the code was put there to do harm."""
    return any(r.malicious for r in group.records)


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


def in_view(tx: Transaction, waiver: Waiver, group: Group, estate: Estate, priority: Priority | None) -> Waiver:
    """With how things are now: what changes of this ends it."""
    return msgspec.structs.replace(
        waiver,
        known_exploited=exploited(tx, group),
        exposure=_exposure(estate, waiver) or "",
        fixed=fixes_of(group.records, waiver.component_id) if group.records else UNSEEN,
        priority=priority,
    )


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


def end(tx: Transaction, waiver: Waiver, by: str, why: str, now: datetime) -> None:
    """With its audit line; what follows from it is :func:`settle_group`'s."""
    tx.waivers.put(waiver.ended(by, why, now))
    tx.log.append(now, by, ENDED, waiver.id, {"advisory": waiver.advisory, "asset": waiver.asset_id or "", "why": why})


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


# --------------------------------------------------------------------------- as things change and time passes


class Settled(NamedTuple):
    """What a look at the waivers of a vulnerability did."""

    lifted: int = 0
    """Holds that are lifted while they stand."""
    again: int = 0
    """Alerts that fire again."""


def settle(tx: Transaction, parts: JudgeParts, now: datetime) -> int:
    """End the waivers whose time or ground is gone, and bring alerts and findings in line with those that stand.

    To be called after anything that findings, evidence or exposure are made of has changed, and as time passes.
    Returns how many alerts fire again.
    """
    standing = tx.waivers.all(standing=True)
    if not standing:
        return 0
    estate, groups = tx.estate.load(), _groups(tx, {w.advisory for w in standing})
    listed = tx.exploitation.of({n for g in groups.values() for n in g.names if n.startswith("CVE-")})
    for waiver in standing:
        group = groups[waiver.advisory]
        if waiver.fixed == UNSEEN and group.records:
            waiver = in_view(tx, waiver, group, estate, waiver.priority)  # noqa: PLW2901  from now on it is in view of them
            tx.waivers.put(waiver)
        if waiver.asset_id is not None and waiver.asset_id not in estate.assets:
            why: str | None = f"{waiver.asset_id} is no longer in the estate"
        else:
            why = reopens(
                waiver,
                exploited=_exploited(group, listed),
                malicious=malicious(group),
                exposure=_exposure(estate, waiver),
                fixes=fixes_of(group.records, waiver.component_id),
                now=now,
            )
        if why is not None:
            end(tx, waiver, SYSTEM, why, now)
    distinct = {g.name: g for g in groups.values() if g.records}
    return _settle(tx, parts, list(distinct.values()), now).again


def settle_group(tx: Transaction, parts: JudgeParts, group: Group, now: datetime) -> Settled:
    """Findings are marked with what covers them; a condition is suppressed where all of it is covered, and only there."""
    return _settle(tx, parts, [group], now)


def _groups(tx: Transaction, ids: Collection[str]) -> dict[str, Group]:
    """The vulnerability of each id, in as many queries for thousands as for one."""
    named = tx.advisories.named(ids)
    found = tx.advisories.groups(set(named.values()))
    out = {}
    for ident in ids:
        records = found.get(named.get(ident, ""), [])
        standing = tuple(r for r in records if not r.withdrawn)
        out[ident] = Group(named.get(ident, ident), names_of(records, ident), standing)
    return out


def _settle(tx: Transaction, parts: JudgeParts, groups: Sequence[Group], now: datetime) -> Settled:
    reached = _reached(tx, groups)
    if not any(reached.values()):
        return Settled()
    waivers = _waivers(tx, groups)
    about = tx.judgements.open_alerts_about if len(groups) < _MANY else _open_alerts(tx)
    lifted = again = 0
    for group in groups:
        every = [w for name in group.names for w in waivers.get(name, ())]
        findings = _mark(tx, reached[group.name], every, now)
        places: dict[tuple[str, Environment | None], list[Finding]] = {}
        for finding in reaching(findings):
            places.setdefault((finding.asset_id, finding.environment), []).append(finding)
        for (asset_id, environment), there in places.items():
            here = [w for w in every if w.asset_id in (None, asset_id)]
            marks = sorted({condition(name, asset_id, environment) for name in group.names})
            for alert in (a for m in marks for a in about(m) if a.environment is environment):
                cover = excused(there, here, alert.priority, now)
                if cover is not None:
                    lifted += _suppress(tx, alert, cover, now)
                elif alert.waived and any(w.review_at == alert.suppressed_until for w in here):
                    again += _fires(tx, parts, alert, [w for w in here if not w.stands(now)], now)
    return Settled(lifted, again)


def _reached(tx: Transaction, groups: Iterable[Group]) -> dict[str, list[Finding]]:
    """The findings of each vulnerability."""
    of = {record.id: group.name for group in groups for record in group.records}
    out: dict[str, list[Finding]] = {group.name: [] for group in groups}
    for finding in tx.advisories.findings_of(of):
        out[of[finding.advisory_id]].append(finding)
    return out


def _waivers(tx: Transaction, groups: Iterable[Group]) -> dict[str, list[Waiver]]:
    """By the id that each is of."""
    out: dict[str, list[Waiver]] = {}
    for waiver in tx.waivers.named({name for group in groups for name in group.names}):
        out.setdefault(waiver.advisory, []).append(waiver)
    return out


def _open_alerts(tx: Transaction) -> Callable[[str], Sequence[Alert]]:
    """Those of a condition, read once for all."""
    out: dict[str, list[Alert]] = {}
    for alert in tx.judgements.alerts(list(OPEN), 100_000):
        out.setdefault(alert.signal_fingerprint, []).append(alert)
    return lambda fingerprint: out.get(fingerprint, ())


def mark(tx: Transaction, group: Group, now: datetime) -> None:
    """Each finding names the waiver that covers it, and no other."""
    _mark(tx, _reached(tx, [group])[group.name], tx.waivers.named(group.names), now)


def _mark(tx: Transaction, findings: Iterable[Finding], waivers: Collection[Waiver], now: datetime) -> list[Finding]:
    marked, news = [], []
    for finding in findings:
        cover = excuse(finding, waivers, now)
        ident = cover.id if cover is not None else None
        one = finding if finding.waiver == ident else msgspec.structs.replace(finding, waiver=ident)
        marked.append(one)
        if one is not finding:
            news.append(one)
    if news:
        tx.advisories.put_findings(news)
    return marked


def exploited(tx: Transaction, group: Group) -> bool | None:
    """Whether any record or catalogue knows it to be exploited; None where nobody says."""
    return _exploited(group, tx.exploitation.of(n for n in group.names if n.startswith("CVE-")))


def _exploited(group: Group, listed: Mapping[str, Evidence]) -> bool | None:
    told = [r.known_exploited for r in group.records]
    told += [listed[n].known_exploited for n in group.names if n in listed]
    known = [k for k in told if k is not None]
    return any(known) if known else None


def _suppress(tx: Transaction, alert: Alert, waiver: Waiver, now: datetime) -> int:
    if alert.waived and (alert.suppressed_until, alert.suppressed_by) == (waiver.review_at, waiver.owner):
        return 0
    lifted = waived(tx, alert, waiver.owner, waiver.review_at, waiver.rationale, now, placed_by=waiver.placed_by)
    tx.log.append(now, SYSTEM, "alert.waived", alert.id, {"until": iso(waiver.review_at), "waiver": waiver.id})
    return lifted


def _fires(tx: Transaction, parts: JudgeParts, alert: Alert, gone: Collection[Waiver], now: datetime) -> int:
    """Its waiver ended, or covers no longer all of it."""
    last = max(gone, key=lambda w: w.ended_at or w.review_at, default=None)
    why = f"waiver {last.id} ended: {last.ended_why}" if last is not None else "its waiver does not cover all of it"
    after = alert.unwaived(now)
    after_mute(tx, parts, alert, after, f"fires again: {why}", now)
    if after.state is not AlertState.FIRING:
        return 0
    tx.log.append(now, SYSTEM, "alert.fires_again", alert.id, {"after": alert.state.value, "why": why})
    return 1


def _exposure(estate: Estate, waiver: Waiver) -> str | None:
    asset = estate.assets.get(waiver.asset_id) if waiver.asset_id is not None else None
    return exposure_of(asset, estate.deployments, waiver.environment) if asset is not None else None
