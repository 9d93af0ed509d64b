"""A bill of materials or a moved head comes in: an asset's dependencies, and which changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from pulse_tui.domain.bill import Bill, DependencyChange, Head
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Asset, Estate
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.source import Standing
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import BillHead, Transaction
from pulse_tui.services.advisories.rematch import rematch
from pulse_tui.services.signals.concerns import Changes, condition, stand
from pulse_tui.services.signals.dependents import parts_changed
from pulse_tui.services.vendors.later import still_announced

KEPT = 10
"""Bills of one document that are kept of releases that serve nowhere, the newest: for comparing releases."""
_GONE = "gone-bill:"
LISTED = 50
"""Changes that a signal lists; the rest is in the log of changes."""


def take_bill(bill: Bill, tx: Transaction, estate: Estate, now: datetime) -> Changes:
    """Store the document's components, unless it describes something other than the asset."""
    key = f"bill:{bill.origin}"
    other = _named_another(bill, estate) or _of_another(bill, tx)
    wanted = [] if other is None else [_refusal(bill, key, other, now)]
    result = stand(tx, bill.asset_id, wanted, now, source=bill.source, keys=(key,))
    if other is not None:
        return result
    before = tx.dependencies.bills(bill.asset_id)
    first = all(b.origin != bill.origin for b in before)
    bill = _with_what_stood(bill, before, tx)
    changes = tx.dependencies.put_bill(bill)
    otherwise = tx.loading.put(bill.asset_id, bill.origin, dict(bill.loaded), now)
    if first:
        _forget(bill, before, tx, now)
    if not first and not changes and not otherwise:
        return result
    if changes:
        result.signals.append(_changed(bill, changes, estate.assets.get(bill.asset_id), now))
        result.signals.extend(parts_changed(bill.asset_id, bill.origin, changes, bill.source, bill.at, estate, now))
    if bill.components and not bill.partial:
        result.cleared.extend(_replaced(bill, before, tx, now))
    result.add(rematch([bill.asset_id], tx, now))
    result.signals.extend(still_announced([bill.asset_id], tx, estate, now))
    return result


def _replaced(bill: Bill, before: Sequence[BillHead], tx: Transaction, now: datetime) -> Iterator[str]:
    """Drop what only stayed for want of another bill (:func:`withdraw_bills`); the conditions that end with it."""
    for head in before:
        key = f"{_GONE}{head.origin}"
        if head.version == bill.version and tx.inventory.drop_concern(bill.asset_id, key) is not None:
            if head.origin != bill.origin:
                tx.dependencies.drop_bill(bill.asset_id, head.origin, now)
            yield condition(bill.asset_id, key)


def withdraw_bills(has: Standing, tx: Transaction, estate: Estate, now: datetime) -> Changes:
    """Bills of files that a source no longer has, or can no longer read.

    Where another document lists what the asset is made of, the gone one no longer counts. The last one stays, with a
    concern: a deleted file does not show that a component is gone.
    """
    result = Changes([], [])
    assets = {c.asset_id for c in tx.inventory.concerns() if c.source == has.source}
    for asset_id in sorted(assets.union(tx.dependencies.billed_by(has.source))):
        there = [place for place in has.documents if place[0] == asset_id]
        heads = tx.dependencies.bills(asset_id)
        gone = [b for b in heads if b.source == has.source and not _there(b, there)]
        for bill in heads:
            if bill.source == has.source and _there(bill, [p for p in has.unread if p[0] == asset_id]):
                tx.dependencies.refuse_bill(asset_id, bill.origin)
        last: list[Concern] = []
        for bill in gone:
            others = (b for b in heads if b not in gone and b.source != ESTATE and b.components and not b.partial)
            if any(b.version == bill.version for b in others):
                changes = tx.dependencies.drop_bill(asset_id, bill.origin, now)
                if changes:
                    empty = Bill(source=bill.source, asset_id=asset_id, document=bill.document, at=now, components=())
                    result.signals.append(_changed(empty, changes, estate.assets.get(asset_id), now))
            elif bill.version is None or any(
                (asset_id, bill.version) == (d.asset_id, d.version) for d in estate.deployments
            ):
                last.append(_gone(asset_id, bill, now))
        kept = [c for c in tx.inventory.concerns(asset_id) if c.key.startswith("bill:") and _bill_there(c, has, there)]
        result.add(stand(tx, asset_id, [*kept, *last], now, source=has.source, keys=("bill:", _GONE)))
        if gone:
            result.add(rematch([asset_id], tx, now))
    return result


def _there(bill: BillHead, there: Sequence[tuple[str, str | None, str]]) -> bool:
    return any(bill.document == document and version in (None, bill.version) for _, version, document in there)


def _bill_there(concern: Concern, has: Standing, there: Sequence[tuple[str, str | None, str]]) -> bool:
    """Whether the document that was refused is still there."""
    if concern.source != has.source:
        return False
    for _, version, document in there:
        origin = f"bill:{has.source}:{document}"
        if concern.key == origin or concern.key.startswith(f"{origin}@{version or ''}"):
            return True
    return False


def _gone(asset_id: str, bill: BillHead, now: datetime) -> Concern:
    return Concern(
        asset_id=asset_id,
        key=f"{_GONE}{bill.origin}",
        what=f"the bill of materials {bill.document or bill.source} of {asset_id} is gone from {bill.source}, "
        "and no other lists what it is made of: what it listed still counts",
        todo="Make a new bill of what serves, or put the file back",
        source=bill.source,
        severity=Severity.LOW,
        since=now,
        version=bill.version,
    )


def _with_what_stood(bill: Bill, before: Sequence[BillHead], tx: Transaction) -> Bill:
    """A bill with refused records, and what the document named before and does not now: it may be what was refused.

    Of a release's first bill, what the document's newest one of another release named.
    """
    if not bill.refused:
        return bill
    same = [b for b in before if (b.source, b.document) == (bill.source, bill.document)]
    if not same:
        return bill
    origin = max(same, key=lambda b: (b.origin == bill.origin, b.at)).origin
    named = {c.id for c in bill.components}
    stood = {e.child: None for e in tx.dependencies.edges(bill.asset_id, every=True) if e.origin == origin}
    return msgspec.structs.replace(bill, components=(*bill.components, *(c for c in stood if c.id not in named)))


def _forget(bill: Bill, before: Sequence[BillHead], tx: Transaction, now: datetime) -> None:
    """Bills of releases that were made long ago and serve nowhere."""
    serving = {d.version for d in tx.estate.load().deployments if d.asset_id == bill.asset_id}
    old = [b for b in before if b.source == bill.source and b.document == bill.document and b.version is not None]
    old = sorted((b for b in old if b.version not in serving), key=lambda b: b.at)
    for head in old[: max(0, len(old) - KEPT)]:
        tx.dependencies.drop_bill(bill.asset_id, head.origin, now)


def bill_remark(bill: Bill, tx: Transaction, estate: Estate) -> str:
    """Remarks for whoever brought the bill in."""
    key = f"bill:{bill.origin}"
    if other := next((c.what for c in tx.inventory.concerns(bill.asset_id) if c.key == key), ""):
        return other
    count = len(bill.components)
    about = f"{bill.asset_id} {bill.version}" if bill.version else bill.asset_id
    what = f"{count} component{'' if count == 1 else 's'}"
    read = f"{what} of {about}, not all it has" if bill.partial else f"a bill of {what} for {about}"
    if bill.refused:
        read += f", {bill.refused} not read: what stood of them stays, they are not audited"
    return read if bill.asset_id in estate.assets else f"{read}, which is not an asset of the estate"


def take_head(head: Head, tx: Transaction, estate: Estate, now: datetime) -> Changes:
    """Store what a moving component resolves to now; when it moved, every asset that uses it gets a signal."""
    change = tx.dependencies.put_head(head)
    if change is None:
        return Changes([], [])
    users = dict.fromkeys(d.asset_id for d in tx.dependencies.using(components=[head.component_id]))
    return Changes([_moved(head, change, a, estate.assets.get(a), now) for a in users], [])


_LAST = re.compile(r"[^/:@]+(?=(?:[:@][^/]*)?\Z)")
"""The last name of an image or a purl, without its tag, version or digest."""


def _named_another(bill: Bill, estate: Estate) -> str | None:
    """Why the document is about something else: the subject it names is another asset of the estate."""
    found = _LAST.search((bill.subject or "").partition("?")[0])
    name = found[0] if found else ""
    if name == bill.asset_id or name not in estate.assets:
        return None
    return f"it describes {bill.subject}, and that is the asset {name}"


def _of_another(bill: Bill, tx: Transaction) -> str | None:
    """Why the document is about something else: its digest is not that of the release it should describe."""
    if bill.digest is None:
        return None
    if bill.version is not None:
        release = tx.estate.release(bill.asset_id, bill.version)
        releases = [release] if release is not None else []
    else:
        serving = {d.version for d in tx.estate.load().deployments if d.asset_id == bill.asset_id}
        releases = [r for r in tx.estate.releases(bill.asset_id) if r.version in serving]
    way = bill.digest.partition(":")[0]
    known = {r.version: r.digest for r in releases if r.digest is not None and r.digest.partition(":")[0] == way}
    images = {r.version: f"{way}:{i}" for r in releases if (i := r.provenance.get(f"digest.{way}")) is not None}
    if not known or bill.digest in known.values() or bill.digest in images.values():
        return None
    version, digest = next(iter(known.items()))
    return f"it describes {bill.subject or bill.digest} ({bill.digest}), and {bill.asset_id} {version} is {digest}"


def _refusal(bill: Bill, key: str, why: str, now: datetime) -> Concern:
    return Concern(
        asset_id=bill.asset_id,
        key=key,
        what=f"the bill of materials {bill.document or bill.source} does not belong to {bill.asset_id}: {why}",
        todo="Nothing of it was stored. Make the bill for what is deployed, or correct its path",
        source=bill.source,
        severity=Severity.MEDIUM,
        since=now,
        version=bill.version,
    )


def _changed(bill: Bill, changes: Sequence[DependencyChange], asset: Asset | None, now: datetime) -> Signal:
    words = [c.words() for c in changes]
    more = f" and {len(words) - 2} more" if len(words) > 2 else ""
    return observed(
        SignalType.DEPENDENCY_CHANGE,
        source=bill.source,
        event=("bill", bill.asset_id, bill.origin, now.isoformat(), *words[:LISTED]),
        fingerprint=fingerprint("bill", bill.asset_id, bill.origin),
        asset_id=bill.asset_id,
        asset=asset,
        environment=bill.environments[0] if len(bill.environments) == 1 else None,
        current_version=bill.version,
        severity=Severity.LOW,
        confidence=0.9,
        recommended=Recommended.REVIEW,
        at=bill.at,
        now=now,
        title=f"dependencies of {bill.asset_id} changed: {', '.join(words[:2])}{more}",
        evidence=VersionEvidence(ref=bill.document or None, changed=words[:LISTED]),
    )


def _moved(head: Head, change: DependencyChange, asset_id: str, asset: Asset | None, now: datetime) -> Signal:
    return observed(
        SignalType.DEPENDENCY_CHANGE,
        source=head.source,
        event=("head", head.component_id, change.before, head.version, asset_id, now.isoformat()),
        fingerprint=fingerprint("head", head.component_id, asset_id),
        asset_id=asset_id,
        asset=asset,
        baseline_version=change.before,
        current_version=head.version,
        severity=Severity.MEDIUM,
        confidence=0.9,
        recommended=Recommended.RETEST,
        at=head.at,
        now=now,
        title=f"{change.name} under {asset_id} moved: {change.before} -> {change.after}",
        links=[head.link],
        evidence=VersionEvidence(
            ref=head.component_id, from_digest=change.before, to_digest=change.after, changed=[change.words()]
        ),
    )
