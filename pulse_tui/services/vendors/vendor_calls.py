"""The calls of the desk about what vendors publish, and how far sources can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.trust import Trust
from pulse_tui.domain.views.vendors import CorrectionRow, NoteRow, NoteStory, Shutdowns, TempoLine
from pulse_tui.services.calls import Calls
from pulse_tui.services.vendors import corrections as correcting
from pulse_tui.services.vendors import shutdowns as ends
from pulse_tui.services.vendors import story as note_views
from pulse_tui.services.vendors import vigil
from pulse_tui.services.vendors.reached import NoteMemory
from pulse_tui.services.vendors.scorecard import vendor_scorecard
from pulse_tui.services.vendors.tempo_line import TempoReader


class VendorCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    _notes: NoteMemory
    _tempo: TempoReader

    def notes(self, *, source: str | None = None, review: bool = False) -> tuple[NoteRow, ...]:
        return note_views.note_rows(self._store, self._notes, source=source, review=review)

    def note_story(self, source: str, key: str) -> NoteStory:
        return note_views.note_story(self._store, source, key, self._parts.clock())

    def correct_note(self, source: str, key: str, labels: Sequence[str], why: str) -> str:
        parts = self.acting("note.correct", f"{source}/{key}")
        given = [note_views.label(name) for name in labels]
        return correcting.correct(parts.judging, source, key, given, self.operator, why, parts.clock())

    def corrections(self) -> tuple[CorrectionRow, ...]:
        return note_views.correction_rows(self._store)

    def withdraw_correction(self, rule_id: str, why: str) -> str:
        parts = self.acting("note.withdraw", rule_id)
        return correcting.take_back(parts.judging, rule_id, self.operator, why, parts.clock())

    def tempo(self) -> TempoLine | None:
        return self._tempo.line(self._parts.clock())

    def shutdowns(self) -> Shutdowns:
        return ends.shutdowns(self._store, self._notes, self._parts.clock())

    def scorecard(self) -> Scorecard:
        return vendor_scorecard(self._store, self._parts.clock())

    def trust(self) -> tuple[Trust, ...]:
        with self._store.read() as tx:
            return tuple(vigil.trust(tx, self._parts.clock()))
