"""Kubernetes asks whether a workload may be admitted: the gate answers, and a rollback always may."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.release import Release, same_content
from pulse_tui.domain.words import Environment
from pulse_tui.policy.admission import BadReview, Named, Review, answered, named_by, place_of, read_review
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.checks import lifting
from pulse_tui.services.promotion.gate import assess
from pulse_tui.services.registry.held import covering
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.registry.past_hold import past_hold
from pulse_tui.settings.admission import AdmissionShape, Verdict

REASONS = 5


FRESH = timedelta(seconds=2)
"""How long an answer of the gate is given again while nothing was written: a rollout asks for each of its parts at once."""
KEPT = 1_000


class _Word(NamedTuple):
    allowed: bool
    words: str


class _Lost(NamedTuple):
    """It is not known what would be admitted."""

    words: str


class Recent:
    """Answers of the gate that still count. Threads may share it."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = threading.Lock()
        self._mark: object = None
        self._found: dict[tuple[Named, Environment], tuple[datetime, _Word | _Lost]] = {}

    def get(self, mark: object, now: datetime, key: tuple[Named, Environment]) -> _Word | _Lost | None:
        """The answer, when nothing was written since (``mark``) and it is new."""
        with self._lock:
            if mark != self._mark or len(self._found) > KEPT:
                self._mark = mark
                self._found.clear()
            at, word = self._found.get(key, (None, None))
            return word if at is not None and timedelta(0) <= now - at < FRESH else None

    def put(self, mark: object, now: datetime, key: tuple[Named, Environment], word: _Word | _Lost) -> None:
        """Keep it, unless something was written meanwhile."""
        with self._lock:
            if mark == self._mark:
                self._found[key] = (now, word)


class Admitted(NamedTuple):
    """The answer to one review, and what it was about."""

    body: bytes
    allowed: bool
    about: str
    """A sentence for whoever watches; empty where nothing was asked."""


def admit(body: bytes, parts: RollbackParts, shape: AdmissionShape, recent: Recent | None = None) -> Admitted:
    """Answer a review. Raises BadReview for what is none."""
    review = read_review(body)
    if not review.brings:
        return Admitted(answered(review.uid, allowed=True), True, "")
    environment = place_of(review, shape)
    if environment is None:
        return Admitted(answered(review.uid, allowed=True), True, "")
    names = named_by(review, shape)
    if not names:
        why = "nothing of it is known to pulse-tui: no image is listed and no label pulse.asset stands there"
        return _unknown(review, [why], shape)
    try:
        found = list(_words(parts, names, environment, recent or Recent()))
    except PulseError as error:
        return failed(review.uid, review.what, str(error), shape)
    lost = [w.words for w in found if isinstance(w, _Lost)]
    words = [w for w in found if isinstance(w, _Word)]
    denied = [w.words for w in words if not w.allowed]
    if denied:
        message = f"pulse-tui: {'; '.join(denied)}"
        return Admitted(
            answered(review.uid, allowed=False, message=message), False, f"{review.what} denied: {denied[0]}"
        )
    if lost:
        return _unknown(review, lost, shape)
    warnings = [w.words for w in words if w.words]
    return Admitted(answered(review.uid, allowed=True, warnings=warnings), True, "")


def _words(
    parts: RollbackParts, names: Sequence[Named], environment: Environment, recent: Recent
) -> Iterator[_Word | _Lost]:
    """The gate's word on each; one that was asked a moment ago is not worked out once more."""
    now, mark = parts.clock(), parts.store.change_mark()
    for each in names:
        word = recent.get(mark, now, (each, environment))
        if word is None:
            with parts.store.read() as tx:
                word = _word(tx, parts, each, environment)
            recent.put(mark, now, (each, environment), word)
        yield word


def failed(uid: str, what: str, why: str, shape: AdmissionShape) -> Admitted:
    """The gate could not be asked, or did not answer in time: as ``on_error`` says."""
    allowed = shape.on_error is Verdict.ALLOW
    words = f"pulse-tui: its gate could not be asked: {why}"
    body = answered(uid, allowed=allowed, message=words, warnings=[words] if allowed else ())
    return Admitted(body, allowed, f"{what} {'admitted' if allowed else 'denied'}: {words}")


def _unknown(review: Review, why: list[str], shape: AdmissionShape) -> Admitted:
    allowed = shape.unknown is Verdict.ALLOW
    body = answered(
        review.uid, allowed=allowed, message=f"pulse-tui: {'; '.join(why)}", warnings=why if allowed else ()
    )
    return Admitted(body, allowed, "" if allowed else f"{review.what} denied: {why[0]}")


def _word(tx: Transaction, parts: RollbackParts, named: Named, environment: Environment) -> _Word | _Lost:
    if tx.estate.asset(named.asset) is None:
        return _Lost(f"{named.asset} ({named.by}) is no asset of the estate")
    release = _release(tx, named)
    if release is None:
        shown = named.version or named.digest or "a tag that names no version"
        words = f"no release of {named.asset} is known for {shown} ({named.by})"
        for hold, _ in covering(
            tx, named.asset, named.version, environment
        ):  # nobody knows that it is what passes them
            if not past_hold(tx, hold, named.asset, named.version, environment, parts.clock()):
                return _Word(False, f"{words}, and {named.asset} is held in {environment.value}: {lifting(hold)}")
        return _Lost(words)
    if named.digest and release.digest and same_content(named.digest, release.digest) is False:
        return _Word(
            False,
            f"{release.asset_id} {release.version} is recorded with {release.digest}, this image is {named.digest}",
        )
    if why := next(_back(tx, release, environment), ""):
        return _Word(True, why)
    answer = assess(tx, parts, release, environment)
    head = f"{release.asset_id} {release.version} to {environment.value}"
    if answer.go:
        return _Word(True, "")
    reasons = answer.blocking
    more = f" and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
    return _Word(False, f"{head} is blocked: {'; '.join(reasons[:REASONS])}{more}")


def _release(tx: Transaction, named: Named) -> Release | None:
    """By its version, else by exactly this content; of several with the content the newest."""
    if named.version and (found := tx.estate.release(named.asset, named.version)) is not None:
        return found
    same = [r for r in tx.estate.releases_by_digest(named.digest) if r.asset_id == named.asset] if named.digest else []
    return max(same, key=lambda r: r.iteration, default=None)


def _back(tx: Transaction, release: Release, environment: Environment) -> Iterator[str]:
    """Why it is no promotion: it serves there, a rollback is bringing it there, or it is what one would go back to."""
    serving = tx.estate.deployment(release.asset_id, environment)
    if serving is not None and serving.version == release.version:
        yield f"{release.asset_id} {release.version} serves in {environment.value} already"
    for run in tx.rollbacks.runs(target=f"{release.asset_id}/{environment.value}", active_only=True):
        found = tx.rollbacks.plan(run.plan_hash)
        moves = found[0].moves if found is not None else ()
        for move in moves:
            if move.asset_id == release.asset_id and release.version in (move.to_version, move.from_version):
                yield f"rollback run {run.id} moves {release.asset_id} to {release.version}"
    if serving is not None:
        back = rollback_target(tx, release.asset_id, environment, serving.version)
        if back.release is not None and back.release.version == release.version:
            yield f"{release.version} is the rollback target of {release.asset_id} in {environment.value}"


__all__ = ["Admitted", "BadReview", "admit", "failed"]
