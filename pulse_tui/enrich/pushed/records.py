"""One record of a sender as a signal: ``pulse.signal/1`` as it is, or what a CloudEvent carries.

Two senders, and a sender and a collector, never mean the same thing by an id or a fingerprint: both begin with the
sender's id. A record that names another source is refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.evidence import EVIDENCE
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import iso
from pulse_tui.domain.push import Item
from pulse_tui.domain.signal import BadRecord, Signal, decode, fingerprint, signal_id
from pulse_tui.domain.text import clean, is_clean, span_words
from pulse_tui.domain.words import AssetType, Change, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.pushed.bodies import Piece
from pulse_tui.settings.check import nearest
from pulse_tui.settings.hooks import SenderShape, in_scope

JSON = "application/json"
_TYPES = {kind.value for kind in SignalType}
_WORDS: Mapping[str, type[Any]] = {
    "signal_type": SignalType, "severity": Severity, "recommended_action": Recommended, "environment": Environment,
    "change": Change, "asset_type": AssetType,
}  # fmt: skip
_HEADERS = ("id", "source", "type", "specversion", "time", "subject", "dataschema")
_LONGEST = 300


class Span(NamedTuple):
    """Which times are believed."""

    now: datetime
    ahead_s: float
    oldest_s: float


class _Event(msgspec.Struct):
    """The attributes of a CloudEvent that count here; extensions are anybody's own."""

    id: str
    source: str
    type: str
    specversion: str
    time: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"")
    data_base64: str | None = None


_EVENT = msgspec.json.Decoder(_Event)
_TIME = msgspec.json.Decoder(datetime)


def items(pieces: Iterable[Piece], sender: SenderShape, span: Span, *, events: bool) -> tuple[Item, ...]:
    """Each record as a signal, or with the reason why it is none. ``events``: they are CloudEvents."""
    return tuple(_item(n, piece, sender, span, events) for n, piece in enumerate(pieces))


def _item(index: int, piece: Piece, sender: SenderShape, span: Span, events: bool) -> Item:
    named = ""
    try:
        raw = piece.raw
        if events:
            raw, named = _of_event(raw, sender, span)
        signal = own(decode(_with(raw, source=sender.id)), sender, hashed=not events)
        problem, status = trouble(signal, sender, span)
        if problem is None:
            return Item(index, piece.where, piece.raw, signal, named=named)
        return Item(index, piece.where, piece.raw, None, problem, status, named or signal.id)
    except BadRecord as bad:
        problem = bad.problem._replace(hint=bad.problem.hint or _hint(bad.problem, piece.raw))
    except RecursionError:
        problem = Problem("record", "nested too deeply to be read")
    except Exception as error:  # whatever one record does, the others are read
        problem = Problem("record", f"it cannot be read: {reason(error)}")
    return Item(index, piece.where, piece.raw, None, problem, HTTPStatus.UNPROCESSABLE_ENTITY, named)


def own(signal: Signal, sender: SenderShape, *, hashed: bool) -> Signal:
    """The signal under names that are its sender's alone, believed as far as the sender is.

    ``hashed`` False: the id is a digest already. Raises BadRecord for another source.
    """
    if signal.source != sender.id:
        what = f"what {sender.id} sends has its own name as source"
        raise BadRecord(Problem("source", what, f"leave it out, or write {sender.id}"))
    return msgspec.structs.replace(
        signal,
        id=_under(sender.id, signal.id) if hashed else signal.id,
        fingerprint=_under(sender.id, signal.fingerprint),
        confidence=min(signal.confidence, sender.confidence),
        owner_team=signal.owner_team or sender.owner_team,
    )


def _under(sender: str, name: str) -> str:
    prefixed = name if name.startswith(f"{sender}:") else f"{sender}:{name}"
    return prefixed if len(prefixed) <= _LONGEST else signal_id(sender, name)


def trouble(signal: Signal, sender: SenderShape, span: Span) -> tuple[Problem | None, HTTPStatus]:
    """Why a well-formed signal of this sender is not taken, and the status that says so."""
    if problem := _out_of_scope(signal, sender):
        return problem, HTTPStatus.FORBIDDEN
    for field in ("occurred_at", "observed_at"):
        if problem := untimely(field, getattr(signal, field), span):
            return problem, HTTPStatus.UNPROCESSABLE_ENTITY
    return None, HTTPStatus.ACCEPTED


def untimely(field: str, at: datetime, span: Span) -> Problem | None:
    """Why a time is not believed."""
    if at > span.now + timedelta(seconds=span.ahead_s):
        what = f"{iso(at)} is more than {span_words(span.ahead_s)} ahead of this host's clock ({iso(span.now)})"
        return Problem(field, what, "check the clocks")
    if at < span.now - timedelta(seconds=span.oldest_s):
        what = f"{iso(at)} is more than {span_words(span.oldest_s)} ago"
        return Problem(field, what, "older records are no longer kept: pulse-tui ingest reads them from a file")
    return None


def _out_of_scope(signal: Signal, sender: SenderShape) -> Problem | None:
    if sender.signal_types and signal.signal_type not in sender.signal_types:
        known = ", ".join(kind.value for kind in sender.signal_types)
        return Problem("signal_type", f"{sender.id} may not report {signal.signal_type.value}", f"it may: {known}")
    if not sender.signal_types and signal.signal_type is SignalType.SOURCE_HEALTH:
        what = f"{sender.id} may not report {signal.signal_type.value}"
        return Problem("signal_type", what, "only where its signal_types name it")
    if sender.assets and signal.asset_id is None:
        return Problem("asset_id", f"{sender.id} reports on single assets, and the record names none")
    if sender.assets and not in_scope(signal.asset_id or "", sender.assets):
        what = f"{sender.id} may not report on {clean(signal.asset_id or '', 80)}"
        return Problem("asset_id", what, f"it may: {', '.join(sender.assets[:12])}")
    if sender.environments and signal.environment not in sender.environments:
        where = signal.environment.value if signal.environment is not None else "no environment"
        known = ", ".join(one.value for one in sender.environments)
        return Problem("environment", f"{sender.id} may not report on {where}", f"it may: {known}")
    return None


def _with(raw: bytes, **defaults: str) -> bytes:
    """The object with values for what it does not state: of a key that stands twice the last one counts."""
    body = raw.lstrip()
    if not body.startswith(b"{"):
        return raw
    head = msgspec.json.encode(defaults)[:-1]
    rest = body[1:].lstrip()
    return head + (b"," if not rest.startswith(b"}") else b"") + rest


# --------------------------------------------------------------------------- CloudEvents


def of_headers(headers: Mapping[str, str], body: bytes) -> bytes:
    """A CloudEvent in binary mode (its attributes are headers) as one in structured mode. Raises BadRecord."""
    found: dict[str, Any] = {}
    for name in _HEADERS:
        if (value := headers.get(f"ce-{name}")) is not None:
            found[name] = unquote(value)
    kind = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    found["datacontenttype"] = kind
    if kind == JSON or kind.endswith("+json"):
        found["data"] = msgspec.Raw(body or b"null")
    else:
        found["data_base64"] = base64.b64encode(body).decode()
    return msgspec.json.encode(found)


def _of_event(raw: bytes, sender: SenderShape, span: Span) -> tuple[bytes, str]:
    """What the event carries, with what its attributes say where it leaves that out; and the event's id."""
    try:
        event = _EVENT.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord(_plain(str(error))) from None
    if event.specversion != "1.0":
        raise BadRecord(Problem("specversion", "only CloudEvents 1.0 are read", "specversion: 1.0"))
    for field in ("id", "source", "type"):
        value = getattr(event, field)
        if not value or len(value) > 2_000 or not is_clean(value):
            raise BadRecord(Problem(field, "is empty, too long, or has characters that cannot be shown"))
    data = _data(event)
    last = event.type.rpartition(".")[2]
    seen = iso(span.now)
    defaults = {
        "source": sender.id,
        "fingerprint": fingerprint(event.source, event.type, event.subject),
        "occurred_at": _time(event.time, seen),
        "observed_at": seen,
        "title": event.type[:_LONGEST],
        **({"signal_type": last} if last in _TYPES else {}),
        **({"asset_id": event.subject} if event.subject else {}),
    }
    # The id stands last, so that it counts: id and source of the event are who it is, whatever its data say.
    ident = signal_id(sender.id, event.source, event.id)
    body = data.rstrip()[:-1].rstrip()
    tail = b"," if not body.endswith(b"{") else b""
    return _with(body + tail + b'"id":' + msgspec.json.encode(ident) + b"}", **defaults), event.id


def _data(event: _Event) -> bytes:
    kind = (event.datacontenttype or JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise BadRecord(Problem("datacontenttype", "the data are to be JSON: the fields of a signal", JSON))
    data = bytes(event.data)
    if event.data_base64 is not None:
        try:
            data = base64.b64decode(event.data_base64, validate=True)
        except (binascii.Error, ValueError):
            raise BadRecord(Problem("data_base64", "is no base64")) from None
    if not data.strip().startswith(b"{"):
        raise BadRecord(Problem("data", "is to be an object: the fields of a signal"))
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord(Problem("data", clean(str(error), 200))) from None
    return data.strip()


def _time(text: str | None, seen: str) -> str:
    if text is None:
        return seen
    try:
        at = _TIME.decode(msgspec.json.encode(text))
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadRecord(Problem("time", "is no time with an offset", "write 2026-11-23T03:00:00Z"))
    return text


# --------------------------------------------------------------------------- hints


def _plain(message: str) -> Problem:
    """msgspec's ``reason - at `$.path``` as where and what."""
    what, _, path = message.partition(" - at `")
    where = path.rstrip("`").removeprefix("$").lstrip(".")
    if not where and "`" in what:
        where = what.split("`")[1]
    return Problem(clean(where, 200) or "record", clean(what, 200))


def _hint(problem: Problem, raw: bytes) -> str:
    """The nearest key or word, where one was misspelt."""
    path, _, field = problem.where.rpartition(".")
    if "unknown field" in problem.what:
        known: Iterable[str] = Signal.__struct_fields__
        if path.startswith("evidence"):
            known = _evidence_fields(raw)
        return nearest(field, known) if known else ""
    if "Invalid enum value" in problem.what and problem.where in _WORDS:
        quoted = problem.what.partition("'")[2].rpartition("'")[0]
        return nearest(quoted, (word.value for word in _WORDS[problem.where]))
    return ""


def _evidence_fields(raw: bytes) -> Iterable[str]:
    class _Kind(msgspec.Struct):
        signal_type: SignalType

    try:
        return EVIDENCE[msgspec.json.decode(raw, type=_Kind).signal_type].__struct_fields__
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ()
