"""One request to a provider, and what its answer means for a message: arrived, again later, or never.

Secrets in addresses and headers are ``${NAME}`` until the request is made; no error shows what they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.lock import sent
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import SendContext

ANSWER_CAP = 1 << 20
"""Bytes of an answer that are read: what providers answer to a message has some hundred."""
AGAIN = frozenset({408, 425, 429})
"""Of the answers 4xx, those that a repeat may change; every other one is final."""
LIMITED = 429
LONGEST_WAIT_S = 3_600.0
"""No longer wait is obeyed: a provider that names next year has a clock or a unit of its own."""


class Reply(NamedTuple):
    """An answer that was a success."""

    shown: str
    """The address as messages may show it."""
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    """False when the body broke off or was too long: the status alone is known."""

    def json(self) -> Any:
        """The body as JSON. Raises TargetError, ambiguous: the provider took the request and answers with something else."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            begin = clean(self.body[:200].decode("utf-8", "replace"), 80)
            what = f"{self.shown} answered {self.status} with {begin!r}, which is no JSON"
            raise TargetError(what, ambiguous=True, todo="Check that the url is the API and not a web page") from None

    def members(self) -> Mapping[str, Any]:
        """The body as a JSON object. Raises TargetError as :meth:`json` does."""
        value = self.json()
        if isinstance(value, dict):
            return value
        what = f"{self.shown} answered {self.status} with {clean(str(value), 80)}, which is no object"
        raise TargetError(what, ambiguous=True, todo="Check that the url is the API")


def call(
    context: SendContext,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    content: bytes | None = None,
    timeout_s: float = 10.0,
    allowed: frozenset[int] = frozenset(),
    needs_body: bool = False,
    todo: str = "",
) -> Reply:
    """One request. ``url`` and the values of ``headers`` may hold ``${NAME}``; every text of ``json`` is locked.

    ``allowed``: answers that are no success and are looked at all the same. ``needs_body``: the status alone does not say
    that it arrived. ``todo``: what to do about an answer 4xx. Raises TargetError: ``permanent`` for what a repeat cannot
    change, ``limited`` for too many requests, with ``retry_after_s`` where the provider asks for a pause.
    """
    whole, shown = context.secret(url), address(url)
    filled = {name: context.secret(value) for name, value in (headers or {}).items()}
    http = context.http.upto(ANSWER_CAP)
    body = sent(json) if json is not None else None
    try:
        answer = http.send(
            method, whole, params=params, headers=filled, json=body, content=content, timeout_s=timeout_s
        )
    except SourceError as error:
        if error.status is not None and (200 <= error.status < 300) and not needs_body:
            return Reply(shown, error.status, {}, b"", whole=False)
        what = error.what.replace(whole, shown).replace(address(whole), shown)
        raise TargetError(what, ambiguous=error.sent, todo=error.todo, retry_after_s=error.retry_after) from None
    if 200 <= answer.status < 300 or answer.status in allowed:
        return Reply(shown, answer.status, answer.headers, answer.body)
    raise refused(shown, answer.status, answer.headers, answer.body, context.now, todo=todo)


def refused(
    shown: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime, *, todo: str = ""
) -> TargetError:
    """What an answer that is no success means."""
    said = reason(body)
    permanent = 300 <= status < 500 and status not in AGAIN
    if not todo or not 400 <= status < 500 or status in AGAIN:
        todo = _todo(status)
    return TargetError(
        f"{shown} answered {status}" + (f": {said}" if said else ""),
        ambiguous=status >= 500,
        todo=todo,
        permanent=permanent,
        limited=status == LIMITED,
        retry_after_s=retry_after(headers, now),
    )


def _todo(status: int) -> str:
    if status in (401, 403):
        return "Check the route's key or token and its rights"
    if 300 <= status < 400:
        return "It is not followed: set the route's url to where the destination is now"
    if status == LIMITED:
        return "It takes no more for now: it is sent again when it asks for it"
    return "Check the route's url and headers" if status < 500 else "Ask its owner what is wrong there"


def reason(body: bytes) -> str:
    """What an error's body says, in one line: the texts that APIs call so, else its beginning."""
    try:
        value = msgspec.json.decode(body[:65_536])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return clean(body[:400].decode("utf-8", "replace"), 200)
    return clean("; ".join(_texts(value)), 300) or clean(body[:400].decode("utf-8", "replace"), 200)


_SAYING = (
    "message",
    "error",
    "error_description",
    "detail",
    "title",
    "errors",
    "errorMessages",
    "description",
    "status",
)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value[:10] for text in _texts(one)]
    if not isinstance(value, dict):
        return []
    named = [text for key in _SAYING[:-1] if key in value for text in _texts(value[key])]
    if named:
        return list(dict.fromkeys(named))
    return [f"{k}: {v}" for k, v in list(value.items())[:10] if isinstance(v, str)]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The pause that an answer asks for, in seconds, at most :data:`LONGEST_WAIT_S`; None when it asks for none.

    ``Retry-After`` as seconds or as a date, else a spent ``RateLimit`` with the moment or the seconds of its reset.
    """
    text = headers.get("retry-after", "").strip()
    if text:
        return _within(_seconds(text) if _is_number(text) else _until(text, now))
    for prefix in ("x-ratelimit", "ratelimit"):
        left, reset = (headers.get(f"{prefix}-{name}", "").strip() for name in ("remaining", "reset"))
        if left == "0" and _is_number(reset):
            seconds = _seconds(reset)
            return _within(seconds - now.timestamp() if seconds > 1e9 else seconds)
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _seconds(text: str) -> float:
    return float(text[:16])


def _until(text: str, now: datetime) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  it brings sockets: a configuration is read without

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return (moment - now).total_seconds() if moment.tzinfo is not None else None


def _within(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)


def fit(text: str, limit: int, *, note: str = " … (cut)") -> str:
    """``text`` as long as a provider takes it; what is cut says so."""
    return text if len(text) <= limit else text[: max(0, limit - len(note))].rstrip() + note
