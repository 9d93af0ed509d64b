"""What the form of a correction asks for: labels as letters or words, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pulse_tui.domain.note import Label
from pulse_tui.tui.kit.forms import Field

LETTERS: Final[Mapping[str, Label]] = {
    "b": Label.BEHAVIOUR_CHANGE,
    "d": Label.DEPRECATION,
    "l": Label.RATE_LIMIT,
    "p": Label.PRICING,
    "n": Label.NEW_MODEL,
    "s": Label.SECURITY,
    "i": Label.INCIDENT,
    "o": Label.OTHER,
}
CHOICES: Final = (
    "b behaviour change   d deprecation   l rate limit   p pricing",
    "n new model   s security   i incident   o other (none of these)",
)


def labels_of(text: str) -> tuple[str, ...]:
    """``d p``, ``dp`` and ``deprecation, pricing`` are the same. Raises ValueError naming what is none."""
    found = list[Label]()
    for word in text.lower().replace(",", " ").split():
        name = word.replace("-", "_")
        whole = [label for label in Label if label.value == name or (len(name) > 2 and label.value.startswith(name))]
        if whole:
            found.append(whole[0])
        elif set(word) <= LETTERS.keys():
            found += [LETTERS[letter] for letter in word]
        else:
            raise ValueError(f"{word!r} is no label")
    if not found:
        raise ValueError("at least one label")
    if Label.OTHER in found and len(set(found)) > 1:
        raise ValueError("o (other) stands alone: it means that none of the others holds")
    return tuple(label.value for label in Label if label in found)


def _wrong(value: str) -> str:
    try:
        labels_of(value)
    except ValueError as error:
        return str(error)
    return ""


def correction_fields(labels: Sequence[str]) -> tuple[Field, ...]:
    """The labels that it has stand there to be typed over; "other" is what stands where nobody knew."""
    letters = {label.value: letter for letter, label in LETTERS.items()}
    present = " ".join(letters[label] for label in labels if label in letters and label != Label.OTHER)
    return Field("Labels", present, _wrong, note="letters or words, one or several: d p"), Field("Why")
