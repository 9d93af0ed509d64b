"""A correction by a person as a rule: by what words it applies, how it is made of a note, whether it still holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from pulse_tui.domain.note import Label, LocalRule, Note
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.mentions import plain
from pulse_tui.enrich.vendors.reading.pieces import bare, pieces

WORDS = 5
"""Words of a title or a sentence that a rule asks for beside the phrase: the longest ones, which say most."""
_WORD = re.compile(r"\b[a-z][a-z']{3,30}\b(?!-?\d)")
_EMPTY = frozenset(
    {
        "changelog",
        "release",
        "releases",
        "notes",
        "news",
        "update",
        "updates",
        "what's",
        "from",
        "with",
        "that",
        "this",
        "have",
        "will",
        "been",
        "your",
    }
    | {
        "they",
        "their",
        "more",
        "learn",
        "here",
        "also",
        "into",
        "about",
        "which",
        "when",
        "these",
        "those",
        "platform",
        "version",
        "january",
        "february",
    }
    | {"march", "april", "june", "july", "august", "september", "october", "november", "december"}
)


def applies(rule: LocalRule, vendor: str, text: str) -> bool:
    """Whether a note of the vendor is one that the rule is about: it holds all its words."""
    if rule.vendor.lower() != vendor.lower() or not rule.words:
        return False
    low = _flat(text)
    return all(word in low for word in rule.words)


def because(rule: LocalRule) -> str:
    """What decided, where the rule did."""
    return clean(f"corrected by {rule.by}: {', '.join(rule.words)}", 200)


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Each once, in the order of :class:`Label`; ``other`` alone or not at all."""
    given = set(labels)
    return tuple(label for label in Label if label in given and (label is not Label.OTHER or len(given) == 1)) or (
        Label.OTHER,
    )


def learned(note: Note, phrase: str | None, labels: Iterable[Label], by: str, at: datetime, why: str) -> LocalRule:
    """The rule that a correction of the note makes: its vendor; the phrase that was taken for something; and the longest
    words of the title or, where that only names the page, of the sentence with the phrase. It applies to the note itself.
    """
    low = _flat(f"{note.section}\n{note.title}\n{note.body}")
    said = _flat(phrase or "")
    title = _words(note.title, note.vendor)
    told = title if len(title) > 1 else [*title, *_words(_sentence(note, said), note.vendor)]
    longest = sorted(dict.fromkeys(told), key=len, reverse=True)[:WORDS]
    words = dict.fromkeys(word for word in [said, *sorted(longest, key=low.find)] if word and word in low)
    return LocalRule(
        id=fingerprint("local-rule", note.source, note.key),
        vendor=note.vendor,
        words=tuple(words) or (low[:200],),
        labels=in_order(labels),
        by=by,
        at=at,
        why=why,
        source=note.source,
        key=note.key,
        title=note.title,
        body=note.body,
    )


def newest_first(rules: Iterable[LocalRule]) -> list[LocalRule]:
    """The order in which they are tried: of two that apply the later correction counts."""
    return sorted(rules, key=lambda rule: (rule.at, rule.id), reverse=True)


def overruled(rules: Sequence[LocalRule]) -> dict[str, LocalRule]:
    """By id of a rule: the newer one that reads its own note otherwise. Empty: every correction is still right."""
    found = dict[str, LocalRule]()
    for rule in rules:
        first = next((r for r in newest_first(rules) if applies(r, rule.vendor, f"{rule.title}\n{rule.body}")), None)
        if first is not None and first.labels != rule.labels:
            found[rule.id] = first
    return found


def _sentence(note: Note, phrase: str) -> str:
    parts = list(pieces(note.body))
    return next((p.text for p in parts if phrase and phrase in _flat(p.text)), parts[0].text if parts else "")


def _words(text: str, vendor: str) -> list[str]:
    return [word for word in _WORD.findall(_flat(text)) if word not in _EMPTY and word != vendor.lower()]


def _flat(text: str) -> str:
    return " ".join(bare(plain(text)).lower().split())
