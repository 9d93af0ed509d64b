"""Single records by their ids, several at a time: as many as can be had in the time of a round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pulse_tui.collectors._shared.web import body_of
from pulse_tui.domain.errors import SourceError
from pulse_tui.ports import CollectContext

AT_ONCE = 8
"""Requests under way: the servers ask for no key, and expect no flood."""
ERRORS = 5
"""Records that cannot be had before the rest is left for the next round."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}\Z")


def is_id(text: object) -> bool:
    """Whether it can be an id: it becomes a part of an address."""
    return isinstance(text, str) and _ID.match(text) is not None


def fetched(
    context: CollectContext, ids: Iterable[str], url_of: Callable[[str], str], headers: dict[str, str]
) -> Iterator[tuple[str, bytes | SourceError | None]]:
    """Each id with its record; None where there is no such record any more; the error where it cannot be had.

    It ends with the first error that asks for a pause, and after :data:`ERRORS` others.
    """

    def one(ident: str) -> tuple[str, bytes | SourceError | None]:
        url = url_of(ident)
        try:
            answer = context.http.send("GET", url, headers=headers)
            return ident, None if answer.status in (404, 410) else body_of(context, url, answer)
        except SourceError as error:
            return ident, error

    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  a configuration is read without

    rest, errors = iter(ids), 0
    with ThreadPoolExecutor(AT_ONCE, "osv") as pool:
        while chunk := list(islice(rest, 2 * AT_ONCE)):
            for ident, found in pool.map(one, chunk):
                yield ident, found
                if isinstance(found, SourceError):
                    errors += ERRORS if found.retry_after is not None else 1
            if errors >= ERRORS:
                return
