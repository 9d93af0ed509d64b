"""``POST /hooks/<source id>``: a signed webhook comes in, a hint goes out.

Whether a webhook is believed is asked in a thread; it is a hint, its content is not kept here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

from pulse_tui.domain.errors import NotFound, PulseError, Refused, Replayed
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.text import clean
from pulse_tui.hooks.receiver import Asked, Receiver, Reply, Served, Stop
from pulse_tui.ports import Hint, HookRequest

PREFIX = "/hooks/"
EVERY_S = 60.0
"""At most one sentence about refused webhooks of a source in this time."""

Take = Callable[[str, HookRequest], Hint]
"""Believe a webhook of a source; blocks. Raises NotFound, Replayed, Refused, or another PulseError for our trouble."""


class Hints:
    """Answers webhooks."""

    def __init__(self, take: Take) -> None:
        """``take`` believes a webhook, in a thread."""
        self._take = take
        self._reported: dict[str, float] = {}

    @property
    def served(self) -> Served:
        """Its entry in the table of a receiver."""
        return Served("POST", PREFIX, self._answer)

    async def _answer(self, asked: Asked, at: Receiver) -> Reply:
        source = asked.head.rest
        try:
            await at.aside(self._take, source, HookRequest(asked.head.headers, asked.body))
        except NotFound:
            return Reply(HTTPStatus.NOT_FOUND)
        except Refused as refused:
            self._report_refused(source, refused, at)
            return Reply(HTTPStatus.CONFLICT if isinstance(refused, Replayed) else HTTPStatus.UNAUTHORIZED)
        except PulseError as error:  # our own trouble: the sender tries again
            at.report(Happening(f"{at.name}: {error}", "webhook_failed", Level.WARNING, source=source))
            raise Stop(HTTPStatus.SERVICE_UNAVAILABLE, ("retry-after", "1")) from None
        at.hint(source)
        return Reply(HTTPStatus.ACCEPTED)

    def _report_refused(self, source: str, refused: Refused, at: Receiver) -> None:
        """A wrong secret must not go unseen, and a flood must not fill the screen."""
        now = time.monotonic()
        if now - self._reported.get(source, -EVERY_S) >= EVERY_S:
            self._reported[source] = now
            what = f"{at.name}: a webhook for {source} was refused: {clean(refused.what)}"
            at.report(Happening(what, "webhook_refused", Level.WARNING, source=source))
