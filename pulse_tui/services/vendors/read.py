"""What a note is about, with what people corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from pulse_tui.domain.estate import Dependency
from pulse_tui.domain.note import Note, Reading
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.corrections import newest_first
from pulse_tui.enrich.vendors.mentions import about, named
from pulse_tui.ports import Transaction


def read_note(note: Note, tx: Transaction) -> Reading:
    """As the rules read it; a correction that applies comes before them. One that says nothing of the model that it names
    is for a person to look at only where that model is in use.
    """
    return classify(note, newest_first(tx.vendors.local_rules()), lambda item: names_ours(item, tx))


def reader(tx: Transaction) -> Callable[[Note], Reading]:
    """:func:`read_note` for many notes: what it needs of corrections and uses is read once."""
    rules = newest_first(tx.vendors.local_rules())
    uses = cache(lambda: tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL]))
    return lambda note: classify(note, rules, lambda item: _names_one_of(item, uses))


def names_ours(note: Note, tx: Transaction) -> bool:
    """Whether a hosted model in use is named."""
    return _names_one_of(note, lambda: tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL]))


def _names_one_of(note: Note, uses: Callable[[], Sequence[Dependency]]) -> bool:
    models = named("\n".join([note.title, note.body, *note.models]))
    return bool(models) and any(about(use.component, models, frozenset()) is not None for use in uses())
