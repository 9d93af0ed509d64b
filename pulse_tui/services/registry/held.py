"""What holds a release back: holds on its asset, on its version, and on any version with the same content.

A verified rollback holds two things back: the asset where it was rolled back, until another content is promoted there;
and the content that was rolled back, everywhere, under whatever version it comes. The second is the same decision as the
release's quarantine: both begin with the rollback, and both end with its undo or when an operator lifts the hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.release import Release, ReleaseState, same_content
from pulse_tui.domain.rollback import Member
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.registry.approvals import QUARANTINED, subject

_ROLLBACK = "/rollback"
"""The end of the id of what a rollback holds back."""


class Held(NamedTuple):
    """A hold that covers a release, and how, where that is not by its own version or asset."""

    hold: Hold
    how: str = ""


def of_rollback(hold: Hold) -> bool:
    """Whether a rollback placed it."""
    return hold.id.endswith(_ROLLBACK)


def covering(tx: Transaction, asset_id: str, version: str, environment: Environment) -> Iterator[Held]:
    """The holds that prevent promoting the version there."""
    for hold in tx.judgements.holds(asset_id):
        if hold.covers(asset_id, version):
            if hold.version is not None or not of_rollback(hold) or hold.environment is environment:
                yield Held(hold)
        elif _same_content(tx, hold, asset_id, version):
            yield Held(hold, f"{version} has the content of {hold.version}")


def naming(tx: Transaction, asset_id: str, version: str) -> list[Hold]:
    """The holds on exactly this version or its content, wherever."""
    holds = tx.judgements.holds(asset_id)
    return [h for h in holds if h.version == version or _same_content(tx, h, asset_id, version)]


def hold_back(tx: Transaction, moved: Member, environment: Environment, *, by: str, run: str, now: datetime) -> None:
    """A verified rollback: freeze the asset there and block the content that was left, and quarantine its release unless
    it serves elsewhere.
    """
    asset_id, left = moved.asset_id, moved.from_version
    where, content = environment.value, f" ({moved.from_digest})" if moved.from_digest else ""
    rolled = f"{left}{content} was rolled back in {where}, run {run}"
    _place(
        tx,
        Hold(
            id=f"freeze/{asset_id}/{where}/{left}{_ROLLBACK}",
            kind=HoldKind.FREEZE,
            asset_id=asset_id,
            environment=environment,
            why=f"frozen after rollback: {rolled}",
            until_condition=f"another content than {left} passes its suites and is promoted to {where}, or an operator lifts it",
            placed_by=by,
            placed_at=now,
        ),
    )
    _place(
        tx,
        Hold(
            id=f"block/{asset_id}/{left}{_ROLLBACK}",
            kind=HoldKind.BLOCK,
            asset_id=asset_id,
            environment=environment,
            version=left,
            why=f"{rolled}: neither it nor the same content under another version is promoted again",
            until_condition="the rollback is undone, or an operator lifts it",
            placed_by=by,
            placed_at=now,
        ),
    )
    release = tx.estate.release(asset_id, left)
    serving = (d for d in tx.estate.load().deployments if (d.asset_id, d.version) == (asset_id, left))
    if release is not None and release.usable and not any(d.environment is not environment for d in serving):
        tx.estate.set_release_state(asset_id, left, release.move(ReleaseState.QUARANTINED).state)


def let_go(tx: Transaction, moved: Member, environment: Environment, *, by: str, run: str, now: datetime) -> None:
    """An undo was verified: what the rollback held back there is free again."""
    ids = {
        f"freeze/{moved.asset_id}/{environment.value}/{moved.to_version}{_ROLLBACK}",
        f"block/{moved.asset_id}/{moved.to_version}{_ROLLBACK}",
    }
    for hold in tx.judgements.holds(moved.asset_id):
        if hold.id in ids:
            end(tx, hold, by, f"the rollback was undone, run {run}", now)
    _free(tx, moved.asset_id, moved.to_version)  # before 0.4 a rollback placed no hold


def thaw(tx: Transaction, release: Release, environment: Environment, now: datetime) -> None:
    """A release was promoted there through the gate: if it is another content, the freeze after a rollback has ended."""
    for hold in tx.judgements.holds(release.asset_id):
        of_here = of_rollback(hold) and hold.version is None and hold.environment is environment
        if of_here and another(tx, hold, release):
            end(tx, hold, "pulse-tui", f"{release.version} was promoted there through the gate", now)


def end(tx: Transaction, hold: Hold, by: str, because: str, now: datetime) -> None:
    """Lift a hold, with its line of the log. The quarantine that is the same decision ends with it."""
    tx.judgements.lift_hold(hold.id, by, now)
    tx.log.append(now, by, "hold.lifted", hold.id, {"because": because})
    if not of_rollback(hold) or hold.asset_id is None or hold.version is None:
        return
    _free(tx, hold.asset_id, hold.version)


def another(tx: Transaction, freeze: Hold, release: Release) -> bool | None:
    """Whether the release is another content than the one whose rollback placed the freeze; None when that is unknown."""
    left = freeze.id.removeprefix(f"freeze/{freeze.asset_id}/{freeze.environment}/").removesuffix(_ROLLBACK)
    if left == release.version:
        return False
    rolled = tx.estate.release(release.asset_id, left)
    same = same_content(rolled.digest, release.digest) if rolled is not None else None
    return None if same is None else not same


def _place(tx: Transaction, hold: Hold) -> None:
    if tx.judgements.put_hold(hold):
        detail = {"kind": hold.kind.value, "asset": hold.asset_id or "", "why": hold.why, "until": hold.until_condition}
        tx.log.append(hold.placed_at, hold.placed_by, "hold.placed", hold.id, detail)


def _free(tx: Transaction, asset_id: str, version: str) -> None:
    """End the quarantine of a rollback; one that an operator decided stands."""
    release = tx.estate.release(asset_id, version)
    if release is None or release.state is not ReleaseState.QUARANTINED:
        return
    if any(e.action == QUARANTINED for e in tx.log.entries(subject=subject(asset_id, version))):
        return
    tx.estate.set_release_state(asset_id, version, release.move(ReleaseState.EVALUATED).state)


def _same_content(tx: Transaction, hold: Hold, asset_id: str, version: str) -> bool:
    if hold.version is None:
        return False
    named, asked = tx.estate.release(asset_id, hold.version), tx.estate.release(asset_id, version)
    return named is not None and asked is not None and same_content(named.digest, asked.digest) is True
