"""The calls of the desk about several alerts at once: silences, maintenance windows, what matches an expression."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.silence import SilenceKind
from pulse_tui.domain.views.alerts import SilencePreview, SilenceRow
from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts import silences
from pulse_tui.services.calls import Calls


class SilenceCalls(Calls):
    """Implements :class:`pulse_tui.ports.silences.SilenceDesk`. Calls block."""

    def silences(self, *, every: bool = False) -> tuple[SilenceRow, ...]:
        return silences.rows(self._store, self._parts.clock(), every=every)

    def preview_silence(self, match: str, *, everything: bool = False) -> SilencePreview:
        return silences.preview(self._store, match, self._parts.clock(), everything=everything)

    def matching(self, match: str) -> tuple[str, ...]:
        return silences.matching(self._store, match)

    def place_silence(
        self,
        match: str,
        starts_at: datetime,
        ends_at: datetime,
        why: str,
        *,
        maintenance: bool = False,
        everything: bool = False,
        zone: str = "",
    ) -> str:
        kind = SilenceKind.MAINTENANCE if maintenance else SilenceKind.SILENCE
        wanted = silences.Wanted(match, starts_at, ends_at, why, kind, everything, zone)
        # What it will match is not known yet: it may be of production.
        parts = self.acting(kind.value, match[:200], Environment.PRODUCTION)
        return silences.place(parts.judging, wanted, self.operator, parts.clock())

    def end_silence(self, ident: str, why: str) -> str:
        parts = self.acting("silence", ident, Environment.PRODUCTION)
        return silences.end(parts.judging, ident, self.operator, why, parts.clock())
