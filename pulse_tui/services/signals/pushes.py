"""What senders push: who a token is, what a request holds, and its records stored and judged in one transaction.

A record is answered as accepted only after the commit in which it was stored, judged and responded to: what was answered is
never lost, and after a crash nothing is left to be caught up with. Requests that wait share a transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from pulse_tui.domain.elsewhere import ListedElsewhere
from pulse_tui.domain.errors import ConfigError, Problem, StorageError
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.health import PUSHED, Health
from pulse_tui.domain.lock import shown
from pulse_tui.domain.push import Counts, Form, Item, Landed, Part, Push, Unreadable, counted, standing
from pulse_tui.domain.signal import BadRecord, Signal
from pulse_tui.domain.source import Rejected, SourceStatus
from pulse_tui.domain.text import many
from pulse_tui.enrich.pushed import alerts, bodies, records
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.door import admitted
from pulse_tui.services.signals.hint import Replays
from pulse_tui.services.signals.ingest import broken, recorded
from pulse_tui.services.signals.quarantine import keep_refused
from pulse_tui.services.signals.refresh import answers_again, report_late
from pulse_tui.settings.hooks import SHORTEST, HooksShape, SenderShape

EACH = timedelta(seconds=10)
"""How often the numbers of a sender are written at most, unless something of it is refused that was not: who watches the board
looks at it again each time."""
LATE_EACH = timedelta(seconds=30)
"""How often it is looked whether a sender is late."""
_COUNTS = "pushed/"
_JSON = frozenset({"application/json", "text/json"})
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_EVENT = "application/cloudevents+json"
_EVENTS = "application/cloudevents-batch+json"


class Unusable(NamedTuple):
    """Why a sender's token is not accepted."""

    sender: str
    why: str


def counts_of(tx: Transaction, sender: str) -> Counts:
    """What a sender has sent so far, up to the last seconds."""
    text = tx.plumbing.get_value(_COUNTS + sender)
    return Counts(*msgspec.json.decode(text, type=tuple[int, int, int])) if text is not None else Counts()


class Senders:
    """The senders of a configuration. Any thread may read; one alone may :meth:`take` and :meth:`flush`."""

    def __init__(self, shape: HooksShape, parts: JudgeParts) -> None:
        """Tokens are read from the environment once, here; what is wrong with one is in :attr:`unusable`."""
        self._shape, self._parts = shape, parts
        self._by_id = {s.id: s for s in shape.senders}
        self._key = secrets.token_bytes(32)
        self._by_token, self.unusable = self._tokens()
        self._refusals = Replays()
        self._sent: dict[str, _Sent] = {}
        self._watched = parts.clock()

    def _tokens(self) -> tuple[dict[bytes, SenderShape], list[Unusable]]:
        found: dict[bytes, SenderShape] = {}
        bad, twice = list[Unusable](), set[bytes]()
        for sender in self._by_id.values():
            for written in sender.tokens:
                try:
                    token = self._parts.outside.secret(written)
                except ConfigError:
                    bad.append(Unusable(sender.id, f"{written} is not set"))
                    continue
                if len(token) < SHORTEST:
                    why = f"{written} has {many(len(token), 'character')}, at least {SHORTEST} are needed"
                    bad.append(Unusable(sender.id, why))
                    continue
                digest = self._digest(token)
                other = found.get(digest)
                if other is not None:
                    twice.add(digest)
                    bad.append(Unusable(sender.id, f"{written} is what {other.id} has: both are refused with it"))
                found[digest] = sender
        return {d: s for d, s in found.items() if d not in twice}, bad

    def _digest(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), key=self._key, digest_size=32).digest()

    def who(self, token: str) -> SenderShape | None:
        """Whose token it is. What is looked up is a digest under a key of this process: the time says nothing of tokens."""
        return self._by_token.get(self._digest(token))

    # ------------------------------------------------------------------ reading

    def read(self, sender: SenderShape, headers: Mapping[str, str], body: bytes) -> Push:
        """The records of a request. Raises Unreadable for one of which nothing can be read."""
        now = self._parts.clock()
        span = records.Span(now, float(self._shape.ahead), float(self._shape.oldest))
        body = bodies.unpacked(headers, body)
        kind = bodies.media_type(headers)
        if sender.form.relays_alerts:
            if kind not in _JSON:
                raise _other_type("application/json")
            return alerts.alerts(body, sender, span)
        if "ce-specversion" in headers or "ce-id" in headers:
            try:
                pieces = [bodies.Piece("record", records.of_headers(headers, body))]
            except BadRecord as bad:
                raise Unreadable(HTTPStatus.BAD_REQUEST, bad.problem.what, bad.problem.where) from None
            return Push(sender.id, _screened(records.items(pieces, sender, span, events=True)))
        events = sender.form is Form.CLOUDEVENTS
        if kind in (_EVENT, _EVENTS):
            pieces, events = bodies.values(body), True
        elif kind in _LINES:
            pieces = bodies.lines(body)
        elif kind in _JSON and not events:
            pieces = bodies.values(body)
        elif events:
            raise _other_type(f"{_EVENT}, {_EVENTS}, application/x-ndjson, or headers ce-id, ce-source, ce-type")
        else:
            raise _other_type(f"application/json, application/x-ndjson, {_EVENT} or {_EVENTS}")
        return Push(sender.id, _screened(records.items(pieces, sender, span, events=events)))

    # ------------------------------------------------------------------ taking

    def take(self, parts: Sequence[Part]) -> list[list[Landed]]:
        """Store and judge all of them in one transaction; what became of each record, in the order of the parts.

        One that breaks what judges it is refused alone. Raises StorageError: then nothing of it is stored.
        """
        now = self._parts.clock()
        flat = [(n, item) for n, part in enumerate(parts) for item in part.items]
        made = self._landed(parts, flat, now)
        landed: list[list[Landed]] = [[] for _ in parts]
        for (n, _), one in zip(flat, made, strict=True):
            landed[n].append(one)
        return landed

    def _landed(self, parts: Sequence[Part], flat: Sequence[tuple[int, Item]], now: datetime) -> list[Landed]:
        try:
            with self._parts.store.write() as tx:
                made = self._stored(parts, flat, tx, now)
                sent = self._count(parts, flat, made, tx, now)
        except StorageError:
            raise
        except Exception as error:
            if len(flat) > 1:
                middle = len(flat) // 2
                return [*self._landed(parts, flat[:middle], now), *self._landed(parts, flat[middle:], now)]
            return [self._broken(parts, *flat[0], error, now)]
        self._sent.update({one.sender: one for one in sent})
        return made

    def _stored(
        self, parts: Sequence[Part], flat: Sequence[tuple[int, Item]], tx: Transaction, now: datetime
    ) -> list[Landed]:
        signals = [item.what for _, item in flat if isinstance(item.what, Signal)]
        known: dict[str, Signal | None] = {}
        if there := tx.signals.known(s.id for s in signals):
            known = dict.fromkeys(there) | {s.id: s for s in tx.signals.some(there)}  # None: it was pruned since
        fresh: list[Signal | ListedElsewhere] = []
        made = list[Landed]()
        refused: dict[str, list[Rejected]] = {}
        for n, item in flat:
            one = self._one(item, known, fresh)
            made.append(one)
            if one.refused:
                problem = Problem(f"{item.where}: {one.field}" if one.field else item.where, one.reason, one.hint)
                rejected = Rejected(source=parts[n].sender, problem=problem, raw=item.raw)
                refused.setdefault(parts[n].sender, []).append(rejected)
        for sender, those in refused.items():
            keep_refused(tx, self._few(sender, those, now), self._parts.outside, now, again=False)
        if fresh:
            recorded(fresh, tx, self._parts, now)
        return made

    def _one(self, item: Item, known: dict[str, Signal | None], fresh: list[Signal | ListedElsewhere]) -> Landed:
        what = item.what
        if item.problem is not None or what is None:
            problem = item.problem or Problem("record", "it cannot be read")
            # A reason may quote what was sent, which may be a token.
            where, why, hint = (self._parts.outside.redact(t.encode()).decode() for t in problem[:3])
            return Landed(item.number, item.status, item.named, where, why, hint)
        if isinstance(what, ListedElsewhere):
            fresh.append(what)
            return Landed(item.number, HTTPStatus.ACCEPTED, item.named)
        if what.id not in known:
            known[what.id] = what
            fresh.append(what)
            return Landed(item.number, HTTPStatus.ACCEPTED, what.id)
        before = known[what.id]
        if before is not None and (differs := _differs(before, what)):
            reason = f"this id is stored already with another {', '.join(differs)}: the first one counts"
            return Landed(item.number, HTTPStatus.CONFLICT, what.id, "id", reason, "a new event gets a new id")
        return Landed(item.number, HTTPStatus.OK, what.id)

    def _few(self, sender: str, rejected: Sequence[Rejected], now: datetime) -> list[Rejected]:
        """As many as are kept of a sender within a minute; that there are more stands there once."""
        kept = list[Rejected]()
        for one in rejected:
            keep, remarks = self._refusals.refuse(sender, now)
            kept += [Rejected(source=sender, problem=Problem("pushes", r), raw=b"") for r in remarks]
            kept += [one] if keep else []
        return kept

    def _broken(self, parts: Sequence[Part], n: int, item: Item, error: Exception, now: datetime) -> Landed:
        assert item.what is not None
        rejected = broken(item.what, error)
        with self._parts.store.write() as tx:
            keep_refused(tx, [rejected], self._parts.outside, now)
            made = Landed(item.number, HTTPStatus.UNPROCESSABLE_ENTITY, item.named, "record", rejected.problem.what)
            sent = self._count(parts, [(n, item)], [made], tx, now)
        self._sent.update({one.sender: one for one in sent})
        return made

    # ------------------------------------------------------------------ counting

    def _count(
        self,
        parts: Sequence[Part],
        flat: Sequence[tuple[int, Item]],
        made: Sequence[Landed],
        tx: Transaction,
        now: datetime,
    ) -> list[_Sent]:
        """Write the numbers of the senders for which it is time; what is to be remembered once that has landed."""
        of_sender: dict[str, list[tuple[int, Landed]]] = {}
        for (n, _), one in zip(flat, made, strict=True):
            of_sender.setdefault(parts[n].sender, []).append((n, one))
        sent = list[_Sent]()
        for sender, all_of_it in of_sender.items():
            before, last = self._sent.get(sender, _Sent(sender)), all_of_it[-1][0]
            stands = standing([one for n, one in all_of_it if n == last])
            stands = "; ".join(filter(None, (stands, *parts[last].remarks)))
            if parts[last].begun and not stands:  # of a long request some may stand refused since its first records
                stands = before.stands
            after = before._replace(
                unwritten=before.unwritten.plus(counted([one for _, one in all_of_it])),
                stands=stands,
                news=before.news or stands != before.stands,
            )
            sent.append(self._written(after, tx, now) if after.due(now) else after)
        return sent

    def _written(self, sent: _Sent, tx: Transaction, now: datetime) -> _Sent:
        sender = sent.sender
        total = counts_of(tx, sender).plus(sent.unwritten)
        tx.plumbing.put_value(_COUNTS + sender, msgspec.json.encode(total).decode())
        status = tx.plumbing.sources().get(sender) or SourceStatus(id=sender, kind=PUSHED)
        if status.health(now) is Health.LATE:
            answers_again(sender, tx, self._parts, now)
        tx.plumbing.put_source(
            msgspec.structs.replace(
                status,
                kind=PUSHED,
                every_s=self._by_id[sender].every_s,
                last_attempt_at=now,
                last_good_at=now,
                failures=0,
                reason=shown(sent.stands),
            )
        )
        return sent._replace(unwritten=Counts(), written_at=now, news=False)

    def flush(self, *, everything: bool = False) -> None:
        """Write the numbers for which it is time, or all, and report the senders that are late. Raises StorageError."""
        now = self._parts.clock()
        waiting = [sent for sent in self._sent.values() if any(sent.unwritten) and (everything or sent.due(now))]
        if waiting:
            with self._parts.store.write() as tx:
                written = [self._written(sent, tx, now) for sent in waiting]
            self._sent.update({sent.sender: sent for sent in written})
        if not timedelta(0) <= now - self._watched < LATE_EACH:
            self._watched = now
            report_late(self._parts, now)


class _Sent(NamedTuple):
    """What is known of a sender and not written yet."""

    sender: str
    unwritten: Counts = Counts()
    stands: str = ""
    news: bool = False
    written_at: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether it is time to write it."""
        return self.news or self.written_at is None or not timedelta(0) <= now - self.written_at < EACH


def _other_type(wanted: str) -> Unreadable:
    return Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"this content-type is not read: send {wanted}")


def _screened(items: Sequence[Item]) -> tuple[Item, ...]:
    """The same, each signal as the door lets it in: cleaned, or refused."""
    out = list[Item]()
    good, refused = admitted([i.what for i in items if i.what is not None])
    if not refused:
        through = iter(good)
        return tuple(i if i.what is None else i._replace(what=next(through)) for i in items)  # type: ignore[arg-type]
    for item in items:
        passed, bad = admitted([item.what]) if item.what is not None else ([], [])
        if bad:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            out.append(item._replace(what=None, problem=bad[0].problem, status=status))
        else:
            out.append(item._replace(what=passed[0]) if passed else item)  # type: ignore[arg-type]
    return tuple(out)


_OWN = frozenset({"observed_at", "confidence", "owner_team"})
"""What the time of receipt and the configuration decide, and not the sender."""


def _differs(before: Signal, after: Signal) -> list[str]:
    """The fields in which a record is another one than that which is stored under its id."""
    found = []
    for name in Signal.__struct_fields__:
        was, now = getattr(before, name), getattr(after, name)
        if name == "evidence" and isinstance(was, VersionEvidence) and isinstance(now, VersionEvidence):
            now = msgspec.structs.replace(now, iteration=was.iteration)  # it got one when it was stored
        if was != now and name not in _OWN:
            found.append(name)
    return found
