"""Silences of the desk that only remembers."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.alerts import AlertRow, SilencePreview, SilenceRow


class FakeSilences:
    """Silences and windows that the tests put there; a match hits every alert that is open."""

    alerts: tuple[AlertRow, ...]
    standing: tuple[SilenceRow, ...] = ()

    def _did(self, name: str, *args: str) -> None:
        raise NotImplementedError

    def _set_state(self, alert_id: str, state: str) -> None:
        raise NotImplementedError

    def silences(self, *, every: bool = False) -> tuple[SilenceRow, ...]:
        return self.standing if every else tuple(s for s in self.standing if s.state in ("stands", "to come"))

    def preview_silence(self, match: str, *, everything: bool = False) -> SilencePreview:
        lines = tuple(f"{a.priority} {a.id} {a.title}" for a in self.alerts if everything or a.priority != "P1")
        return SilencePreview(lines, (), (), len(lines), len(self.alerts), 0)

    def matching(self, match: str) -> tuple[str, ...]:
        return tuple(a.id for a in self.alerts if a.state == "firing")

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
        kind = "maintenance" if maintenance else "silence"
        self._did("place_silence", kind, match, iso(starts_at), iso(ends_at), why)
        return f"{kind} until {iso(ends_at)} (s-1)"

    def end_silence(self, ident: str, why: str) -> str:
        self._did("end_silence", ident, why)
        self.standing = tuple(s for s in self.standing if s.id != ident)
        return f"ended: {ident}"
