"""The pages of a session in the order in which they were seen, and where in it the operator stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

KEPT = 50
"""So many pages are remembered."""

T = TypeVar("T")


class Trail(Generic[T]):
    """Like a browser's: a new page ends what was ahead, going back ends nothing.

    Going somewhere takes time and may fail: :meth:`back`, :meth:`forward` and :meth:`before` say where to and remember the
    aim, :meth:`arrive` moves; what is gone is taken out by :meth:`lost`.
    """

    def __init__(self, same: Callable[[T, T], bool]) -> None:
        """``same``: whether two are one page."""
        self._same = same
        self.pages: list[T] = []
        self.at = -1
        self._last: T | None = None
        self._aim: T | None = None
        self._aim_at: int | None = None

    @property
    def here(self) -> T | None:
        """Where the operator stands; None before the first page."""
        return self.pages[self.at] if self.pages else None

    def arrive(self, page: T, *, again: bool = False) -> None:
        """``page`` is on the screen. ``again``: what covered it has gone, which is a step back where it was the one before."""
        here, aim, aim_at = self.here, self._aim, self._aim_at
        self._aim = self._aim_at = None
        if here is None:
            self.pages, self.at = [page], 0
            return
        aimed = aim is not None and self._same(page, aim)
        if not aimed and self._same(page, here):
            return
        self._last = here
        if aimed and aim_at is not None:
            self.at = aim_at
        elif again and self.at and self._same(page, self.pages[self.at - 1]):
            self.at -= 1
        else:
            self.pages = [*self.pages[: self.at + 1], page][-KEPT:]
            self.at = len(self.pages) - 1

    def become(self, page: T) -> None:
        """The page that the operator stands on is about something else now."""
        if self.pages:
            self.pages[self.at] = page

    def back(self) -> T | None:
        """The page before in the order; None at its beginning."""
        return self._aimed(self.at - 1)

    def forward(self) -> T | None:
        """The next page of the order; None at its end."""
        return self._aimed(self.at + 1)

    def before(self) -> T | None:
        """The page that stood here last, wherever in the order it is; None when there is none."""
        last = self._last
        if last is None:
            return None
        near = sorted(range(len(self.pages)), key=lambda n: abs(n - self.at))
        self._aim, self._aim_at = last, next((n for n in near if self._same(self.pages[n], last)), None)
        return last

    def _aimed(self, at: int) -> T | None:
        if not 0 <= at < len(self.pages):
            return None
        self._aim, self._aim_at = self.pages[at], at
        return self._aim

    def lost(self) -> None:
        """What was aimed at is gone: it is no page of the order any more. Nothing without an aim."""
        gone = self._aim
        self._aim = self._aim_at = None
        if gone is None:
            return
        if self._last is not None and self._same(self._last, gone):
            self._last = None
        kept: list[T] = []
        at = 0
        for n, page in enumerate(self.pages):
            if n != self.at and self._same(page, gone):
                continue
            if not kept or not self._same(page, kept[-1]):  # neighbours that it stood between may be one page
                kept.append(page)
            if n == self.at:
                at = len(kept) - 1
        self.pages, self.at = kept, at
