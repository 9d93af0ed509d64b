"""What the sources know and the estate does not, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.claim import ESTATE, OWN_ACTIONS, Claim, settle
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.registry import InventoryRow
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.conflicts import conflict_todo
from pulse_tui.settings.check import closest

WINDOW = timedelta(days=30)
SIGNALS = 2_000
"""The newest signals that are searched for undeclared assets."""
KINDS = ("undeclared", "concern", "disputed", "unowned", "unseen", "stale")
"""In the order in which they are listed: what runs unseen comes first."""
_ENVIRONMENTS = {e.value for e in Environment}


def inventory(parts: JudgeParts) -> tuple[InventoryRow, ...]:
    """Everything that is inconsistent between the sources and the estate, the most urgent kind first."""
    now = parts.clock()
    with parts.store.read() as tx:
        estate = tx.estate.load()
        claims = _claims(tx, parts, estate)
        rows = [
            *_undeclared(tx, estate, claims, now),
            *_concerns(tx),
            *_disputed(tx, parts, claims),
            *_unowned(tx, estate),
            *_unseen(tx, parts, estate, claims),
            *_stale(tx, estate),
        ]
    unique = {row.key: row for row in rows}
    return tuple(sorted(unique.values(), key=lambda r: (KINDS.index(r.kind), r.subject, r.what)))


def _claims(tx: Transaction, parts: JudgeParts, estate: Estate) -> list[Claim]:
    speakers = {ESTATE, OWN_ACTIONS, *parts.sources, *tx.plumbing.sources(), *(d.source for d in estate.deployments)}
    return [claim for source in sorted(speakers) for claim in tx.inventory.claims_by(source)]


def _asset_of(subject: str) -> tuple[str, str | None]:
    """(asset, environment) that a claim is about."""
    asset, slash, last = subject.rpartition("/")
    return (asset, last) if slash and last in _ENVIRONMENTS else (subject, None)


def _undeclared(tx: Transaction, estate: Estate, claims: Iterable[Claim], now: datetime) -> Iterator[InventoryRow]:
    found: dict[tuple[str, str], list[str]] = {}
    for claim in claims:
        asset, environment = _asset_of(claim.subject)
        if asset not in estate.assets and claim.source != ESTATE and claim.field == "version" and environment:
            found.setdefault((asset, claim.source), []).append(f"{claim.value} in {environment}")
    for deployment in estate.deployments:
        where = f"{deployment.version} in {deployment.environment.value}"
        about = (
            found.setdefault((deployment.asset_id, deployment.source), [])
            if deployment.asset_id not in estate.assets
            else None
        )
        if about is not None and where not in about:
            about.append(where)
    known = {asset for asset, _ in found}
    for (asset, source), places in sorted(found.items()):
        yield _row(
            "undeclared",
            asset,
            f"{source} reports that {', '.join(sorted(places))} serves",
            source,
            _declare(asset, estate),
        )
    for endpoint in tx.inventory.endpoints():
        if endpoint.asset_id is not None and endpoint.asset_id not in estate.assets:
            what = f"endpoint {endpoint.id} in {endpoint.environment.value} is declared to be served by it"
            yield _row("undeclared", endpoint.asset_id, what, endpoint.source, _declare(endpoint.asset_id, estate))
    counts: dict[tuple[str, str], tuple[int, datetime, str]] = {}
    for signal in tx.signals.recent(SIGNALS):
        asset = signal.asset_id or ""
        if asset and asset not in estate.assets and asset not in known and now - signal.observed_at <= WINDOW:
            count, newest, title = counts.get((asset, signal.source), (0, signal.observed_at, signal.title))
            counts[asset, signal.source] = (count + 1, max(newest, signal.observed_at), title)
    for (asset, source), (count, newest, title) in sorted(counts.items()):
        many = f"{count} signals" if count > 1 else "a signal"
        yield _row(
            "undeclared", asset, f"{many} of {source}, last {iso(newest)}: {title}", source, _declare(asset, estate)
        )


def _declare(asset: str, estate: Estate) -> str:
    near = closest(asset, estate.assets)
    return "Declare it under estate.assets" + (f" (did you mean {near!r}?)" if near is not None else "")


def _concerns(tx: Transaction) -> Iterator[InventoryRow]:
    for concern in tx.inventory.concerns():
        if concern.kind != "dispute":  # claims that differ are listed as such
            yield _row("concern", concern.asset_id, concern.what, concern.source, concern.todo)


def _disputed(tx: Transaction, parts: JudgeParts, claims: Iterable[Claim]) -> Iterator[InventoryRow]:
    by_field: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        by_field.setdefault((claim.subject, claim.field), []).append(claim)
    for (subject, field), about in sorted(by_field.items()):
        settled = settle(about, parts.precedence)
        if settled is not None and settled.disputed and field not in ("traffic", "critical"):
            what = f"{field.replace('_', ' ')}: {settled.words()}"
            todo = f"{settled.source} is believed (see precedence). Correct whichever is wrong"
            asset_id, _, environment = subject.rpartition("/")
            if field == "version" and environment in list(Environment):
                todo = conflict_todo(tx, parts, asset_id, Environment(environment), settled)
            yield _row("disputed", subject, what, settled.source, todo)


def _unowned(tx: Transaction, estate: Estate) -> Iterator[InventoryRow]:
    for asset in estate.assets.values():
        if not asset.owner_team.strip():
            yield _row("unowned", asset.id, "it has no owner", ESTATE, "Name its owner under estate.assets")
    for endpoint in tx.inventory.endpoints():
        owner = estate.assets.get(endpoint.asset_id or "")
        critical = "production-critical " if endpoint.production_critical else ""
        place = f"{critical}endpoint in {endpoint.environment.value}"
        if endpoint.asset_id is None:
            what = f"no asset is declared for this {place}"
            if not endpoint.owner_team:
                what += ", and it has no owner"
            yield _row("unowned", endpoint.id, what, endpoint.source, "Name the asset that serves it", None)
        elif not endpoint.owner_team and (owner is None or not owner.owner_team.strip()):
            yield _row("unowned", endpoint.id, f"this {place} has no owner", endpoint.source, "Name its owner", None)
    for workflow in tx.inventory.workflows():
        for stage in workflow.stages:
            if stage.asset_id not in estate.assets:
                what = f"stage {stage.name} is done by {stage.asset_id}, which is not an asset of the estate"
                yield _row("unowned", workflow.id, what, ESTATE, _declare(stage.asset_id, estate), None)


def _unseen(tx: Transaction, parts: JudgeParts, estate: Estate, claims: Iterable[Claim]) -> Iterator[InventoryRow]:
    deployed = {d.asset_id for d in estate.deployments}
    sources_of: dict[str, set[str]] = {}
    for claim in claims:
        sources_of.setdefault(_asset_of(claim.subject)[0], set()).add(claim.source)
    for deployment in estate.deployments:
        sources_of.setdefault(deployment.asset_id, set()).add(deployment.source)
    configured = _configured(parts)
    for asset in estate.assets:
        releases = tx.estate.releases(asset) if asset not in deployed or asset in configured else []
        if asset not in deployed and not releases:
            what = "it is declared, but it is not deployed and no release is known"
            yield _row("unseen", asset, what, ESTATE, "Add the source that knows it, or remove it from the estate")
        sources = sources_of.get(asset, set()) | {r.provenance.get("source", "") for r in releases}
        for source in sorted(configured.get(asset, set()) - sources):
            what = f"source {source} is configured for it and has never reported it"
            yield _row("unseen", asset, what, source, f"Does it have another name there? pulse-tui refresh {source}")
    known = tx.plumbing.sources()
    for shape in parts.sources.values():
        status = known.get(shape.id)
        if status is None or status.last_good_at is None:
            why = f": {status.reason}" if status is not None and status.reason else ""
            what = f"this source ({shape.kind}) has never been read{why}"
            yield _row("unseen", shape.id, what, shape.id, f"pulse-tui refresh {shape.id}", RefKind.SOURCE)


def _configured(parts: JudgeParts) -> dict[str, set[str]]:
    """By asset: sources whose options name exactly that id, in a list or as a key."""
    out: dict[str, set[str]] = {}
    for source in parts.sources.values():
        for word in _words(msgspec.to_builtins(source.options, enc_hook=str)):
            out.setdefault(word, set()).add(source.id)
    return out


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _words(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _words(item)


def _stale(tx: Transaction, estate: Estate) -> Iterator[InventoryRow]:
    for deployment in estate.deployments:
        if deployment.environment is not Environment.PRODUCTION or deployment.asset_id not in estate.assets:
            continue
        bills = [b for b in tx.dependencies.bills(deployment.asset_id) if b.source != ESTATE and not b.partial]
        if not bills:
            continue
        release = tx.estate.release(deployment.asset_id, deployment.version)
        newest = max(bills, key=lambda b: b.at)
        if release is not None and release.created_at - newest.at > WINDOW:
            days = (release.created_at - newest.at).days
            what = f"its newest bill of materials ({newest.origin}) is {days} days older than {release.version}, which serves"
            todo = "Ingest the SBOM or lock file of what serves"
            yield _row("stale", deployment.asset_id, what, newest.origin.partition(":")[0], todo)


def _row(
    kind: str, subject: str, what: str, source: str, todo: str, of: RefKind | None = RefKind.ASSET
) -> InventoryRow:
    """``of``: what the subject is the name of, an asset with its environment or not."""
    name = _asset_of(subject)[0] if of is RefKind.ASSET else subject
    return InventoryRow(kind, subject, what, source, todo, Ref(of, name) if of is not None else None)
