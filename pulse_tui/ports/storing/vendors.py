"""What vendors publish: notes and pages, lifecycles, catalogues, the tripwire's rounds, and what all that asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.catalogue import CatalogueEvent, CatalogueModel, StoredEvent
from pulse_tui.domain.lifecycle import Lifecycle, StoredLifecycle
from pulse_tui.domain.note import LocalRule, Note, NoteChange, PageState, Reading, StoredNote, What
from pulse_tui.domain.tripwire import ProbeBaseline, ProbeRound
from pulse_tui.domain.vendor_task import VendorTask


class Vendors(Protocol):
    """Everything that is remembered of vendors."""

    # notes and their pages
    def note(self, source: str, key: str) -> StoredNote | None: ...
    def notes(
        self, source: str | None = None, *, since: datetime | None = None, review: bool = False, limit: int = 1_000
    ) -> list[StoredNote]:
        """The newest first, by when they were first read; ``review``: only those that a person should look at."""
        ...

    def announced(self, since: datetime) -> list[StoredNote]:
        """Notes that still stand and announce an end with a date at ``since`` or later; the newest first."""
        ...

    def memory(self, source: str) -> Mapping[str, StoredNote]:
        """Every note of the source that was ever read, by key."""
        ...

    def put_note(self, note: Note, reading: Reading, now: datetime, *, baseline: bool = False) -> What | None:
        """Store it as listed, with its change; None when the same note with the same content and reading is listed already.

        A note that is read otherwise than before (a local rule) and did not change is stored without a change.
        """
        ...

    def put_history(self, notes: Sequence[tuple[Note, Reading]], now: datetime) -> None:
        """Notes that stood on their page when it was read first; none of them may be stored already."""
        ...

    def unlist(self, source: str, keys: Collection[str], now: datetime) -> int:
        """The page no longer lists these; returns of how many that is news."""
        ...

    def changes(self, source: str, key: str) -> list[NoteChange]:
        """What happened to the note, oldest first."""
        ...

    def page(self, source: str) -> PageState | None: ...
    def pages(self) -> list[PageState]: ...
    def put_page(self, state: PageState) -> None: ...

    # corrections
    def local_rules(self) -> list[LocalRule]: ...
    def put_local_rule(self, rule: LocalRule) -> bool: ...
    def drop_local_rule(self, rule_id: str) -> bool: ...

    # lifecycles
    def put_lifecycles(
        self, source: str, items: Iterable[Lifecycle], now: datetime, *, whole: bool
    ) -> list[tuple[Lifecycle | None, Lifecycle]]:
        """(before, after) of what is new or changed; ``whole``: what is not among them is marked as no longer listed."""
        ...

    def lifecycles(self, models: Collection[tuple[str, str]] | None = None) -> list[StoredLifecycle]:
        """Of these (platform, model), of all when None; by source, platform and model."""
        ...

    # catalogues
    def catalogue(self, source: str) -> dict[str, CatalogueModel]:
        """What the source listed when it was last believed, by key; empty: never yet."""
        ...

    def put_catalogue(self, source: str, models: Iterable[CatalogueModel]) -> None:
        """These take the place of what stood: only the difference is written."""
        ...

    def put_events(self, source: str, events: Iterable[CatalogueEvent], at: datetime) -> None: ...
    def events(
        self, *, source: str | None = None, since: datetime | None = None, models: Collection[str] | None = None
    ) -> list[StoredEvent]:
        """The newest first."""
        ...

    # the tripwire
    def put_round(self, item: ProbeRound) -> bool:
        """False when the round is stored already."""
        ...

    def rounds(self, source: str, limit: int = 100) -> list[ProbeRound]:
        """The newest first."""
        ...

    def baseline(self, source: str) -> ProbeBaseline | None: ...
    def baselines(self) -> list[ProbeBaseline]: ...
    def put_baseline(self, item: ProbeBaseline) -> None: ...

    # what is asked of owners
    def put_task(self, task: VendorTask) -> bool:
        """False when just this stands already."""
        ...

    def tasks(
        self, *, asset_id: str | None = None, source: str | None = None, open_only: bool = False
    ) -> list[VendorTask]:
        """By when they are due, those without a date last."""
        ...
