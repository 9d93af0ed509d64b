"""Patterns that are compiled when they are first matched: most commands import hundreds of them and match with a few."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Late:
    """Stands for a compiled pattern: what is asked of it once is its own attribute from then on."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._written = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # copies and such ask the class, and are no match
        pattern, flags = self._written
        found = self.__dict__[name] = getattr(re.compile(pattern, flags), name)
        return found


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As :func:`re.compile`, for constants of modules of which only methods are called: a match's ``re`` is another object. Raises re.error at the first match."""
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))
