"""Which assets many notes reach. A note is read once for all that is in use; what came of it is remembered until either changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pulse_tui.domain.estate import Component, Dependency, Estate
from pulse_tui.domain.note import Note, StoredNote, What
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.mentions import packages
from pulse_tui.enrich.vendors.notes import hits
from pulse_tui.ports import Transaction

MOST = 20_000
"""Answers that are remembered."""
Key = tuple[str, str | None]
"""(id, version) of a component."""


class Reachable:
    """What notes may be about and who uses it."""

    def __init__(self, tx: Transaction, notes: Sequence[Note] = ()) -> None:
        """Every hosted model in use, and the packages that the notes name."""
        named = sorted({name for note in notes for name in packages(note)})
        pypi = [("pypi", name) for name in named]
        uses = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL], packages=pypi, components=named)
        floating = {u.component.id for u in uses if u.component.kind is ComponentKind.HOSTED_MODEL}
        loaded = tx.estate.load()
        self.heads = {ident: head.version for ident, head in tx.dependencies.heads(sorted(floating)).items()}
        self.estate: Estate = msgspec.structs.replace(loaded, dependencies=uses)
        self.components: dict[Key, Component] = {}
        self.users: dict[Key, list[str]] = defaultdict(list)
        first: dict[Key, Dependency] = {}
        for use in uses:
            if use.asset_id in loaded.assets:
                key = use.component.id, use.component.version
                first.setdefault(key, use)
                self.components[key] = use.component
                self.users[key].append(use.asset_id)
        self.once: Estate = msgspec.structs.replace(loaded, dependencies=tuple(first.values()))
        """Each component once: a note is about it for all that use it, or for none."""
        self.mark = hash((frozenset(first), frozenset(self.heads.items())))


class _Asked(NamedTuple):
    source: str
    key: str
    changed: float
    in_use: int


class NoteMemory:
    """What was found out of notes, by what it rests on."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._about: dict[_Asked, frozenset[Key]] = {}
        self._marks: dict[_Asked, str] = {}

    def about(self, stored: StoredNote, used: Reachable) -> frozenset[Key]:
        """The components in use that the note is about."""
        asked = _Asked(stored.note.source, stored.note.key, stored.changed_at.timestamp(), used.mark)
        if asked not in self._about:
            found = hits(stored.note, used.once, used.heads).values()
            self._about[asked] = frozenset((h.component.id, h.component.version) for some in found for h in some)
        if len(self._about) > MOST:
            self._about = {asked: self._about[asked]}
        return self._about[asked]

    def whom(self, stored: StoredNote, used: Reachable) -> tuple[str, ...]:
        """The assets that the note reaches, by name."""
        return tuple(sorted({asset for key in self.about(stored, used) for asset in used.users[key]}))

    def last(self, stored: StoredNote, tx: Transaction) -> What:
        """What happened to it last."""
        if not stored.listed:
            return What.REMOVED
        if stored.changed_at == stored.first_at:
            return What.NEW
        asked = _Asked(stored.note.source, stored.note.key, stored.changed_at.timestamp(), 0)
        if asked not in self._marks:
            changes = tx.vendors.changes(stored.note.source, stored.note.key)
            self._marks[asked] = changes[-1].what if changes else What.EDITED
        if len(self._marks) > MOST:
            self._marks = {asked: self._marks[asked]}
        return What(self._marks[asked])
