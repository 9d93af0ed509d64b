"""How releases were made: reports of build systems and statements are kept as claims, and complete the release."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.claim import Claim, release_subject, settle
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.release import PROVENANCE, Attestation, Release
from pulse_tui.domain.words import Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.concerns import Changes, stand

_DIGEST = "digest"
_ONE_TRUTH = frozenset({_DIGEST, "commit", "repository"})
"""These have one right value. A builder and a run are named by each system in its own way."""


def take_attestation(item: Attestation, tx: Transaction, parts: JudgeParts, now: datetime) -> Changes:
    """Keep it with the release it is about; one whose release is not known yet waits for it."""
    facts = {k: v for k, v in item.facts.items() if k in PROVENANCE and v}
    releases = named_releases(item, tx)
    subjects = [release_subject(r.asset_id, r.version) for r in releases]
    if not subjects:
        # By digest too: a statement names what it is about, and the release may come later under any name.
        named = item.asset_id is not None and item.version is not None
        subjects = [release_subject(str(item.asset_id), str(item.version))] if named else [item.digest or ""]
    if item.digest is not None and item.asset_id is not None:
        facts[_DIGEST] = item.digest
    for subject in filter(None, subjects):
        tx.inventory.put_claims(
            Claim(subject=subject, field=field, source=item.source, value=value, since=item.at)
            for field, value in facts.items()
        )
    changes = Changes([], [])
    for release in releases:
        changes.add(complete(release, tx, parts, now))
    return changes


def complete(release: Release, tx: Transaction, parts: JudgeParts, now: datetime) -> Changes:
    """Fill the release's provenance from the claims about it; a claim that contradicts the record is a concern."""
    claims = tx.inventory.claims(release_subject(release.asset_id, release.version))
    if release.digest is not None:
        claims += tx.inventory.claims(release.digest)
    key = f"provenance:{release.version}"
    if not claims:
        return stand(tx, release.asset_id, [], now, source=SYSTEM, keys=(key,))
    against: list[str] = []
    new: dict[str, str] = {}
    for field in sorted({c.field for c in claims}):
        settled = settle((c for c in claims if c.field == field), parts.precedence)
        assert settled is not None
        recorded = release.digest if field == _DIGEST else release.provenance.get(field)
        by = release.provenance.get("source", "the record")
        if recorded is None and field != _DIGEST:
            new[field] = settled.value
        elif field not in _ONE_TRUTH:
            continue
        elif recorded is not None and _differs(recorded, settled.value):
            against.append(f"{field}: {by} says {recorded}, {settled.source} says {settled.value}")
        if settled.disputed and any(_differs(settled.value, c.value) for c in settled.against):
            against.append(f"{field}: {settled.words()}")
    if new:
        tx.estate.complete_release(msgspec.structs.replace(release, provenance={**release.provenance, **new}))
    wanted = []
    if against:
        wanted.append(
            Concern(
                asset_id=release.asset_id,
                key=key,
                what=f"conflict about how {release.asset_id} {release.version} was made: {'; '.join(against)}",
                todo="The first record stays. Find out which build this is before it is promoted",
                source=SYSTEM,
                severity=Severity.MEDIUM,
                since=now,
                version=release.version,
            )
        )
    return stand(tx, release.asset_id, wanted, now, source=SYSTEM, keys=(key,))


def named_releases(item: Attestation, tx: Transaction) -> list[Release]:
    """The releases that it is about, as far as they are known: by asset and version, else by digest."""
    if item.asset_id is not None and item.version is not None:
        release = tx.estate.release(item.asset_id, item.version)
        return [release] if release is not None else []
    return tx.estate.releases_by_digest(item.digest) if item.digest is not None else []


def _differs(recorded: str, said: str) -> bool:
    """A short commit id does not contradict the full one; digests of two kinds cannot be compared."""
    if recorded.startswith(said) or said.startswith(recorded):
        return False
    way, other = recorded.partition(":"), said.partition(":")
    return not (way[1] and other[1] and way[0] != other[0] and "/" not in way[0] + other[0])
