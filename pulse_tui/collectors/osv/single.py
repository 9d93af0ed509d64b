"""Single records by their ids, several at a time: as many as can be had in the time of a round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from pulse_tui.collectors._shared.web import body_of
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext

AT_ONCE = 8
"""Requests under way: the servers ask for no key, and expect no flood."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}\Z")


def is_id(text: object) -> bool:
    """Whether it can be an id: it becomes a part of an address."""
    return isinstance(text, str) and _ID.match(text) is not None


def fetched(
    context: CollectContext, ids: Iterable[str], url_of: Callable[[str], str], headers: dict[str, str]
) -> Iterator[tuple[str, bytes | SourceError | None]]:
    """Each id with its record; None where there is no such record any more. It ends with the first that cannot be had."""

    def one(ident: str) -> tuple[str, bytes | SourceError | None]:
        url = url_of(ident)
        try:
            answer = context.http.send("GET", url, headers=headers)
            return ident, None if answer.status in (404, 410) else body_of(context, url, answer)
        except SourceError as error:
            return ident, error

    rest = iter(ids)
    with ThreadPoolExecutor(AT_ONCE, "osv") as pool:
        while chunk := list(islice(rest, 2 * AT_ONCE)):
            failed: tuple[str, SourceError] | None = None
            for ident, found in pool.map(one, chunk):
                if isinstance(found, SourceError):
                    failed = failed or (ident, found)
                else:
                    yield ident, found
            if failed is not None:
                yield failed
                return


def short(names: Iterable[str], most: int = 3) -> str:
    """``a, b, c and 4 more``."""
    every = [clean(name, 60) for name in names]
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
