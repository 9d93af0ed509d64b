"""Requests with secrets that never appear in a message."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Answer, CollectContext, Fetched

T = TypeVar("T")
_LINKS_KEPT = 20


def fetch(context: CollectContext, url: str, token: str | None, headers: Mapping[str, str] | None = None) -> Fetched:
    """Conditional GET of ``url``; ``${NAME}`` in it and in ``token`` (a bearer token) is filled in here."""
    asked = {**(headers or {}), **_bearer(context, token)}
    return _asked(context, url, lambda whole: context.http.fetch(whole, context.cursor, asked))


def fetch_other(
    context: CollectContext, url: str, token: str | None, cap: int, headers: Mapping[str, str] | None = None
) -> Fetched:
    """As :func:`fetch`, for up to ``cap`` bytes. The bytes of last time are unchanged whatever their host answers: their
    digest is the cursor's bookmark."""
    fetched = fetch(context._replace(http=context.http.upto(cap)), url, token, headers)
    known = context.cursor.bookmark
    digest = hashlib.sha256(fetched.body).hexdigest()[:32]
    if fetched.unchanged or digest == known:
        return Fetched(b"", unchanged=True, cursor=msgspec.structs.replace(fetched.cursor, bookmark=known))
    return fetched._replace(cursor=msgspec.structs.replace(fetched.cursor, bookmark=digest))


def read_url(
    context: CollectContext,
    url: str,
    token: str | None,
    parse: Callable[[str, bytes], Collected],
    name: str = "document",
) -> Collected:
    """What ``parse`` reads of the document at ``url`` when it changed; ``name`` is its name where the address has none."""
    fetched = fetch(context, url, token)
    if fetched.unchanged:
        return Collected(cursor=fetched.cursor, unchanged=True)
    name = url.split("?", 1)[0].rstrip("/").rpartition("/")[2] or name
    return msgspec.structs.replace(parse(name, fetched.body), cursor=fetched.cursor)


def get_json(
    context: CollectContext,
    url: str,
    token: str | None,
    params: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> Any:
    """GET of ``url`` as JSON, with secrets as in :func:`fetch`."""
    asked = {**(headers or {}), **_bearer(context, token)}
    return _asked(context, url, lambda whole: context.http.get_json(whole, params, asked))


def body_of(context: CollectContext, url: str, answer: Answer) -> bytes:
    """The body of an answer to ``send``. Raises SourceError for any status but 200, with the pause that is asked for."""
    if answer.status == 200:
        return answer.body
    after, left, reset = (
        answer.headers.get(name, "").strip() for name in ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset")
    )
    pause = None
    if after.isascii() and after.isdigit():
        pause = float(after[:9])
    elif left == "0" and reset.isascii() and reset.isdigit():
        pause = max(0.0, int(reset[:11]) - context.now.timestamp())
    todo = {401: "Check the token", 403: "Check the token's rights", 404: "Check the address"}.get(answer.status, "")
    if pause is not None:
        todo = f"It asks for a wait of {pause:,.0f} s"
    error = SourceError(f"{address(url)} answered {answer.status}", todo=todo, retry_after=pause, sent=True)
    error.missing = answer.status in (404, 410)
    raise error


def web_links(found: Iterable[Any]) -> tuple[str, ...]:
    """The web addresses among them, each once, the first few."""
    texts = (clean(x, 2_000) for x in found if isinstance(x, str) and x.startswith(("http://", "https://")))
    return tuple(dict.fromkeys(texts))[:_LINKS_KEPT]


def _bearer(context: CollectContext, token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {context.secret(token)}"} if token else {}


def _asked(context: CollectContext, url: str, call: Callable[[str], T]) -> T:
    whole = context.secret(url)
    try:
        return call(whole)
    except SourceError as error:
        if whole == url:
            raise
        # A secret may be a part of the path, which web.py cannot know.
        what = error.what.replace(address(whole), address(url))
        bare = SourceError(what, todo=error.todo, retry_after=error.retry_after, sent=error.sent)
        bare.missing = error.missing
        raise bare from None
