"""What stands under the waivers of vulnerabilities: as things change and time passes they end, and conditions fire again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.alert import OPEN, Alert, AlertState
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.exploitation import Evidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.waiver import UNSEEN, Waiver
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.matching import condition
from pulse_tui.enrich.advisories.waived import excuse, excused, exposure_of, fixes_of, names_of, reaching, reopens
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.mutes import after_mute, waived
from pulse_tui.services.signals.waived import Group

_ENDED = "waiver.ended"
"""What the audit log calls it."""
_MANY = 20
"""From this many vulnerabilities, reading every open alert is cheaper than asking for those of each."""


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


def in_view(tx: Transaction, waiver: Waiver, group: Group, estate: Estate, priority: Priority | None) -> Waiver:
    """With how things are now: what changes of this ends it."""
    return msgspec.structs.replace(
        waiver,
        known_exploited=exploited(tx, group),
        exposure=_exposure(estate, waiver) or "",
        fixed=fixes_of(group.records, waiver.component_id) if group.records else UNSEEN,
        priority=priority,
    )


def end(tx: Transaction, waiver: Waiver, by: str, why: str, now: datetime) -> None:
    """With its audit line; what follows from it is :func:`settle_group`'s."""
    tx.waivers.put(waiver.ended(by, why, now))
    tx.log.append(now, by, _ENDED, waiver.id, {"advisory": waiver.advisory, "asset": waiver.asset_id or "", "why": why})


def malicious(group: Group) -> bool:
    """Whether any record of it says that the code was put there to do harm."""
    return any(r.malicious for r in group.records)
