"""The vendors' side of the fake desk: notes with their edits, corrections that really change labels, ends of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.scorecard import Scorecard, VendorScore
from pulse_tui.domain.trust import Trust, TrustState
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.domain.views.vendors import (
    CorrectionRow,
    Hunk,
    NoteEdit,
    NoteRow,
    NoteStory,
    ShutdownRow,
    Shutdowns,
    Statement,
    TempoLine,
)
from tests.fakes.registry_desk import NOW_US, ago

DAY = 24
PAGES: dict[str, dict[str, Any]] = {
    "vendor-blog": {
        "vendor": "openai", "entries": 127, "baseline_at": from_us(ago(4_000)), "news_at": from_us(ago(75)),
        "usual_s": 6 * 86_400.0, "next_at": from_us(ago(-0.25)),
    }
}  # fmt: skip
"""What is remembered of the sources that are pages of vendors."""
NOTES = (
    NoteRow("openai-news", "n-1", ago(3), "openai", ("deprecation",), "gpt-4.1-2025-04-14 will be shut down", ("support-bot", "code-assist", "summarizer"), ago(3), ends_us=ago(-41 * DAY)),
    NoteRow("anthropic-log", "n-2", ago(9), "anthropic", ("other",), "Requests to claude-opus-4-6 now go through the new gateway", ("code-assist",), ago(9 + 8 * DAY), review=True),
    NoteRow("openai-news", "n-3", ago(30), "openai", ("deprecation",), "Retirement of gpt-4o moved", ("support-bot",), ago(40), "edited", ends_us=ago(-120 * DAY), floor=True),
    NoteRow("google-log", "n-4", ago(50), "google", ("pricing", "rate_limit"), "New prices and limits for Gemini 2.5 Pro", (), ago(50)),
    NoteRow("mistral-log", "n-5", ago(70), "mistral", ("behaviour_change",), "mistral-large-latest points at 2411 now", (), None, "removed"),
    NoteRow("openai-status", "n-6", ago(90), "openai", ("incident",), "Elevated errors on the Responses API", ("support-bot",), ago(90), corrected=True),
    NoteRow("openai-news", "n-0", ago(900), "openai", ("new_model",), "GPT-4.1 is available in the API", ("support-bot",), ago(4_000), history=True),
)  # fmt: skip
_QUIET = VendorScore(
    "anthropic", ("code-assist",), ("anthropic-log",), 31, (("new_model", 4), ("other", 27)), 0, 12, (183,), 1, 0, 0, 0, True, 0, 0, ()
)  # fmt: skip
SCORES = (
    VendorScore(
        "openai", ("code-assist", "summarizer", "support-bot"), ("openai-news", "openai-status"), 48,
        (("deprecation", 3), ("incident", 7), ("pricing", 2)), 4, 20, (41, 92, 184), 7, 3, 1, 2, True, 6, 2, (("FAIL", 1), ("PASS", 3), ("open", 1)),
        ("2 changes that nobody announced", "an end was announced 41 days before it", "7 incidents"),
        asked=True,
    ),
    _QUIET,
    VendorScore("mistral", ("summarizer",), (), 0, (), 0, 0, (), 0, 0, 0, 0, False, 0, 0, (), ("no source reads it: what it announces is not known",)),
)  # fmt: skip
EDITS = (
    NoteEdit(ago(30), "first read"),
    NoteEdit(
        ago(6), "edited", ("its date of effect moved 2026-06-15 -> 2027-07-01",),
        (Hunk("… gpt-4o will be retired on June 15, 2026 in the API …", "… gpt-4o will be retired on July 1, 2027 in the API …"),
         Hunk("", "… Azure follows its own schedule.")),
    ),
)  # fmt: skip
CORRECTED = (
    CorrectionRow("lr-1", "openai", ("incident",), ("elevated errors",), "ana", ago(80), "it is an outage, whatever they call it", "openai-status", "n-6", "Elevated errors on the Responses API"),
)  # fmt: skip
ENDS = Shutdowns(
    (
        ShutdownRow("openai", "gpt-4o-2024-05-13", "openai/gpt-4o", ("summarizer",), ago(5 * DAY), stage="retired", statements=(Statement("models-dev", ago(5 * DAY), stage="retired"),)),
        ShutdownRow("openai", "gpt-4.1-2025-04-14", "openai/gpt-4.1", ("code-assist", "support-bot"), ago(-41 * DAY), stage="deprecated", successor="openai/gpt-5.5", statements=(Statement("openai-news", ago(-41 * DAY), stage="deprecated", note="n-1"), Statement("models-dev", ago(-41 * DAY), stage="deprecated")), production=True),
        ShutdownRow("azure", "gpt-4.1", "openai/gpt-4.1", ("embed-gateway",), ago(-170 * DAY), month_only=True, differ=True, statements=(Statement("azure-list", ago(-200 * DAY)), Statement("models-dev", ago(-170 * DAY), month_only=True)), elsewhere=("openai/gpt-4.1-2025-04-14 2027-01-03 (openai-news)",), production=True),
        ShutdownRow("mistral", "mistral-large-latest", "mistral/mistral-large-latest", ("summarizer",)),
        ShutdownRow("anthropic", "claude-opus-4-6", "anthropic/claude-opus-4-6", ("code-assist",), floor_us=ago(-300 * DAY), stage="active", statements=(Statement("anthropic-list", ago(-300 * DAY), floor=True, stage="active"),)),
    ),
    ("anthropic-list", "azure-list", "models-dev", "openai-news"),
    1,
)  # fmt: skip


def note_lines(row: NoteRow) -> tuple[tuple[str, str], ...]:
    """The page of a note, as the service gives it."""
    whom = [("", f"{asset} (prod, canary; of ml-support): openai/gpt-4.1-2025-04-14 exactly") for asset in row.whom]
    return (
        ("What changed", f"{row.vendor}: {row.title}"),
        ("", "takes effect 2027-01-03: in 41 d"),
        ("", "▲ dated 2026-11-13, first read 2026-11-22 18:10: back-dated, or read late, by 8 d"),
        ("", "deprecation, on a page of deprecations"),
        ("What is the risk", f"it reaches {len(row.whom)} assets:" if row.whom else "it names nothing that is known to run here"),
        *whom,
        *((("", "  endpoints /chat; for enterprise"),) if row.whom else ()),
        ("What to do now", "support-bot: retest after a change of openai/gpt-4.1-2025-04-14 by 2026-11-30, 7 days left"),
        ("What to do now", "support-bot: migrate off openai/gpt-4.1-2025-04-14 to openai/gpt-5.5 by 2026-12-24, 31 days left"),
        ("Labels", "deprecation       “will be shut down”"),
        ("Text", "gpt-4.1-2025-04-14 will be shut down on January 3, 2027. Move to gpt-5.5."),
        ("In use", "openai/gpt-4.1-2025-04-14"),
        ("Your numbers", "support-bot: your peak is 82 % of the new limit"),
        ("Successor", "openai/gpt-5.5"),
        ("Tasks", "○ support-bot: retest after a change of openai/gpt-4.1-2025-04-14 by 2026-11-30, 7 days left"),
        ("", "✓ support-bot: successor of openai/gpt-4.1-2025-04-14 done 2026-11-20 PASS: run r-91"),
        ("Other sources", "models-dev: openai/gpt-4.1-2025-04-14 deprecated 2027-01-03"),
        ("Alerts", "P4 gpt-4.1 shuts down in 41 d: 3 assets: acknowledged"),
        ("Source", "openai-news, deprecations: 2026-11 > Deprecated"),
        ("Key", row.key),
        ("Link", "https://example.com/notes/1"),
    )  # fmt: skip


class FakeVendors:
    """Part of :class:`tests.fakes.desk.FakeDesk`."""

    note_list: tuple[NoteRow, ...]
    corrected: tuple[CorrectionRow, ...]
    ends: Shutdowns
    speed: TempoLine | None = None
    sources: tuple[SourceRow, ...]
    scores: Scorecard

    def start_vendors(self, *, empty: bool) -> None:
        """Seven notes, one correction, five models in use."""
        self.note_list = () if empty else NOTES
        self.corrected = () if empty else CORRECTED
        self.ends = Shutdowns(()) if empty else ENDS
        self.scores = Scorecard(ago(90 * DAY), NOW_US, () if empty else SCORES)

    def _did(self, *call: str) -> None:
        raise NotImplementedError

    def notes(self, *, source: str | None = None, review: bool = False) -> tuple[NoteRow, ...]:
        return tuple(n for n in self.note_list if source in (None, n.source) and (n.review or not review))

    def note_story(self, source: str, key: str) -> NoteStory:
        row = next((n for n in self.note_list if (n.source, n.key) == (source, key)), None)
        if row is None:
            raise NotFound(f"there is no note {key!r} of {source!r}")
        edits = EDITS if row.mark == "edited" else (NoteEdit(row.first_us, "first read"),)
        alerts = ("al-3",) if row.key == "n-1" else ()
        return NoteStory(row, note_lines(row), edits, "https://example.com/notes/1", row.whom, alerts)

    def correct_note(self, source: str, key: str, labels: Sequence[str], why: str) -> str:
        self._did("correct_note", source, key, ",".join(labels), why)
        row = next(n for n in self.note_list if (n.source, n.key) == (source, key))
        made = CorrectionRow(
            "lr-2", row.vendor, tuple(labels), ("new gateway",), "ana@jump-1", NOW_US, why, source, key, row.title
        )
        self.corrected = (made, *self.corrected)
        changed = row._replace(labels=tuple(labels), review=False, corrected=True)
        self.note_list = tuple(changed if n is row else n for n in self.note_list)
        return f"corrected: {', '.join(labels)}; notes of {row.vendor} with “new gateway” follow"

    def corrections(self) -> tuple[CorrectionRow, ...]:
        return self.corrected

    def withdraw_correction(self, rule_id: str, why: str) -> str:
        self._did("withdraw_correction", rule_id, why)
        self.corrected = tuple(c for c in self.corrected if c.id != rule_id)
        return f"taken back: {rule_id}"

    def tempo(self) -> TempoLine | None:
        return self.speed

    def scorecard(self) -> Scorecard:
        return self.scores

    def trust(self) -> tuple[Trust, ...]:
        return tuple(
            Trust(
                source=row.id, kind=row.kind, state=TrustState(row.health), why=row.reason,
                last_good_at=None if row.last_good_us is None else from_us(row.last_good_us),
                **PAGES.get(row.id, {}),
            )
            for row in sorted(self.sources, key=lambda row: list(TrustState).index(TrustState(row.health)))
        )  # fmt: skip

    def shutdowns(self) -> Shutdowns:
        return self.ends
