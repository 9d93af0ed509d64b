"""The form that silences by an expression: nothing is placed before the operator has seen what it hits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from pulse_tui.domain.moments import from_us
from pulse_tui.tui.kit.forms import Field, positive_number

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import SilencePreview
    from pulse_tui.tui.context import Context


def like(asset: str, signal_type: str) -> str:
    """The expression of everything of one kind on an asset; of all of the asset where the kind is not known."""
    of_kind = f" && signal.type == {json.dumps(signal_type)}" if signal_type else ""
    return f"asset.id == {json.dumps(asset)}{of_kind}"


def hits(seen: SilencePreview) -> str:
    """``hits 3 open alerts (1 P1 stays) and 12 of the last 7 days' 40``."""
    stays = f", {len(seen.urgent)} more urgent stay" if seen.urgent else ""
    unsure = f", {len(seen.unsure)} cannot be decided and stay" if seen.unsure else ""
    one = "" if len(seen.hits) == 1 else "s"
    return f"hits {len(seen.hits)} open alert{one} now{stays}{unsure}; {seen.before} of the last 7 days' {seen.of}"


class Silencing:
    """From an expression to a silence."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context

    def ask(self, match: str, hours: str = "2", why: str = "") -> None:
        """The form, with what the expression hits; one that was changed in it is shown with its own hits first."""
        self._context.ask(lambda desk: desk.preview_silence(match), lambda seen: self._form(match, hours, why, seen))

    def _form(self, match: str, hours: str, why: str, seen: SilencePreview) -> None:
        fields = (Field("Match", match), Field("Hours", hours, positive_number), Field("Why", why))
        self._context.form("Silence what matches (P2 and below)", hits(seen), fields, lambda v: self._asked(match, *v))

    def _asked(self, seen: str, match: str, hours: str, why: str) -> None:
        if match.strip() != seen:
            self.ask(match.strip(), hours, why)
            return
        starts = from_us(self._context.now_us)
        ends = starts + timedelta(hours=float(hours))
        self._context.act(lambda desk: desk.place_silence(match.strip(), starts, ends, why))
