"""What the tower can ask for about several alerts at once."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pulse_tui.domain.views.alerts import SilencePreview, SilenceRow


class SilenceDesk(Protocol):
    """Silences and maintenance windows by what they match."""

    def silences(self, *, every: bool = False) -> tuple[SilenceRow, ...]:
        """Those that stand or are to come, what ends first on top; ``every``: those that ended in the last 30 days too."""
        ...

    def preview_silence(self, match: str, *, everything: bool = False) -> SilencePreview:
        """What it would hit now, and would have hit in the last 7 days. Raises WrongUse for an expression that cannot be used."""
        ...

    def matching(self, match: str) -> tuple[str, ...]:
        """Ids of the open alerts that it matches and that nobody has in hand. Raises WrongUse."""
        ...

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
        """Nobody is called for what it matches meanwhile; ``everything``: P1 too. Raises WrongUse, Refused."""
        ...

    def end_silence(self, ident: str, why: str) -> str:
        """What it covered and still holds fires again. Raises NotFound, Refused when it has ended."""
        ...
