"""What stands in a query in the place of a window, and what must not stand there."""

from __future__ import annotations

import re

from pulse_tui.domain.text import clean

#: A dashboard's variables, which a query that was copied from one still has: $__rate_interval, ${job}, [$interval].
_FOREIGN = re.compile(r"\$__\w+|\$\{[A-Za-z_]\w*[^}]*\}|\[\s*\$(?!window\b)\w*")


def filled(query: str, window_s: float) -> str:
    """The query with ``$window`` as a duration of PromQL."""
    ms = round(window_s * 1_000)
    return re.sub(r"\$window\b", f"{ms // 1_000}s" if ms % 1_000 == 0 else f"{ms}ms", query)


def readable(query: str | None, key: str) -> None:
    """Raise ValueError for an empty query, or one with a variable that nobody fills in."""
    if query is None:
        return
    if not query.strip():
        raise ValueError(f"{key!r} holds no query")
    if found := _FOREIGN.search(query):
        raise ValueError(f"{key!r} has {clean(found[0], 40)}, which nobody fills in: only $window is known")
