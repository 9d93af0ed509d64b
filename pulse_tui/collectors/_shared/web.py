"""Requests with secrets that never appear in a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import address
from pulse_tui.ports import CollectContext, Fetched

T = TypeVar("T")


def fetch(context: CollectContext, url: str, token: str | None, headers: Mapping[str, str] | None = None) -> Fetched:
    """Conditional GET of ``url``; ``${NAME}`` in it and in ``token`` (a bearer token) is filled in here."""
    asked = {**(headers or {}), **_bearer(context, token)}
    return _asked(context, url, lambda whole: context.http.fetch(whole, context.cursor, asked))


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
        raise SourceError(what, todo=error.todo, retry_after=error.retry_after, sent=error.sent) from None
