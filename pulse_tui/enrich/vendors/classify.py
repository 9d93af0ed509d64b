"""What a vendor note is about, with the phrases that decided: where it stands first, what it says second.

A page of deprecations, a status page and a list of advisories say what their entries are. Then the heading above a
sentence counts ("Breaking changes"), then phrases (:mod:`pulse_tui.enrich.vendors.reading`). What only a weak rule
touches, or what names a model and matches no rule, is for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypedDict

from pulse_tui.domain.note import Label, LocalRule, Note, NoteKind, Reading
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.corrections import applies, because, in_order
from pulse_tui.enrich.vendors.dates import effect
from pulse_tui.enrich.vendors.reading import behaviour, ends, models, money, movements, trouble
from pulse_tui.enrich.vendors.reading.pieces import Piece, bare, pieces
from pulse_tui.enrich.vendors.reading.shapes import A_NAME, NEGATED, PUT_OFF, Rule
from pulse_tui.enrich.vendors.reading.structure import CHORES, INNER, UPKEEP, page_label, section_label

RULES: tuple[Rule, ...] = (*ends.RULES, *trouble.RULES, *money.RULES, *models.RULES, *behaviour.RULES)
_ENDING = tuple(rule for rule in ends.RULES if rule.sure)
_TROUBLE = re.compile(
    r"\b(?:issues?|errors?|invalid|fail(?:ing|ures?|ed)|unavailable|quality|slow|down|outage|timeouts?|latency|degraded)\b",
    re.IGNORECASE,
)
_AT_WORK = re.compile(
    r"\b(?:fix\w*|handl\w+|retr(?:y|ies)|docs?|support\w*|add\w*|sdk|improv\w*|quality of)\b", re.IGNORECASE
)
_LONG_TITLE = 9
"""Words: a status page is briefer."""
_NEWS = re.compile(
    r"\b(?:introduc\w+|announc\w+|meet|add\w*|new|here|avail\w+|launch\w*|releas\w+|preview|beta|GA|support)\b",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"\W*(?:(feat|fix|chore|docs?|refactor|tests?|ci|build|styles?|perf)(?:\(([^()]{0,60})\))?(!)?|([\w/ -]{2,30})):\s"
)
_HIDDEN = frozenset(
    "internal tests test docs ci build style styles deps deps-dev readme refactor examples doc".split()  # noqa: SIM905
)
_NEWS_OF_CHORES = frozenset({Label.DEPRECATION, Label.SECURITY})
_NEWS_OF_HIDDEN = frozenset({Label.SECURITY})
_DATED = frozenset({Label.DEPRECATION, Label.PRICING, Label.RATE_LIMIT, Label.BEHAVIOUR_CHANGE})
_WINDOW = 60
"""Characters before a phrase in which it may be denied."""


class Judged(NamedTuple):
    """The phrase that decided, by label; and the phrases that may mean something, of labels that nothing claims."""

    found: dict[Label, str]
    hints: dict[Label, str]
    model: str | None = None
    """A model that the text names."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """In the order of :class:`Label`; ``other`` when nothing claims the note."""
        return tuple(label for label in Label if label in self.found) or (Label.OTHER,)

    @property
    def phrase(self) -> str | None:
        """What decided the first label, else what hinted at one."""
        return next(
            iter([*(self.found[label] for label in self.labels if label in self.found), *self.hints.values()]), None
        )

    @property
    def review(self) -> bool:
        """Whether a person should look: a model is named or a weak rule matched, and no rule claimed it."""
        return (not self.found and bool(self.hints or self.model)) or Label.BEHAVIOUR_CHANGE in self.hints

    @property
    def only_named(self) -> bool:
        """Whether nothing but the name of a model is a reason to look."""
        return not self.found and not self.hints

    @property
    def why(self) -> str:
        """The phrase of each label, and of each that was only hinted at; else the model that is named."""
        said = [f"{label}: {self.found[label]}" for label in Label if label in self.found]
        said += [f"perhaps {label}: {self.hints[label]}" for label in Label if label in self.hints]
        return "; ".join(said) if said or self.model is None else f"names {self.model}"


def classify(
    note: Note, rules: Sequence[LocalRule] = (), concerns: Callable[[Note], bool] = lambda _note: True
) -> Reading:
    """What the note is about. ``rules``: corrections by people, the newest first, which come before every rule of ours;
    ``concerns``: whether a note names a model in use, asked of one that names a model and says nothing of it.

    ``labels`` stand in the order of :class:`Label`, ``other`` when nothing claims the note; ``phrase`` is what decided
    the first, as the note has it; ``effective_at`` the date on which an end or a change takes effect, when the text names one.
    """
    judged = judge_note(note)
    local = next(
        (rule for rule in rules if applies(rule, note.vendor, f"{note.section}\n{note.title}\n{note.body}")), None
    )
    if local is not None:
        return Reading(
            labels=in_order(local.labels),
            phrase=judged.found.get(in_order(local.labels)[0]),
            why=tuple((label, because(local)) for label in in_order(local.labels)),
            **_when(note, in_order(local.labels)),
        )
    named = judged.only_named and (judged.model is not None or bool(note.models))
    review = concerns(note) if named else judged.review
    why = [(label, judged.found[label]) for label in judged.labels if label in judged.found]
    if review and not why and judged.why:
        why = [(Label.OTHER, judged.why)]
    return Reading(
        labels=judged.labels,
        phrase=judged.found.get(judged.labels[0]),
        review=review,
        why=tuple(why),
        **_when(note, judged.labels),
    )


def judge_note(note: Note) -> Judged:
    """What our own rules say of it."""
    return judge(note.title, note.body, page=page_of(note), section=note.section)


class _When(TypedDict):
    effective_at: datetime | None
    floor: bool


def _when(note: Note, labels: tuple[Label, ...]) -> _When:
    """The date on which it takes effect, of labels that have one."""
    if not _DATED.intersection(labels):
        return {"effective_at": None, "floor": False}
    texts = (note.body, note.title)
    if (
        note.kind is NoteKind.DEPRECATIONS
    ):  # a row has other dates beside the end: of its announcement, of a higher price
        texts = (note.title, note.body)
    found = next(filter(None, (effect(text, note.published_at) for text in texts)), None)
    return {"effective_at": found.at if found else None, "floor": found is not None and found.floor}


def page_of(note: Note) -> Label | None:
    """What every entry of the note's page is about; None where a page has all kinds of news."""
    if note.kind in _MIXED:
        return page_label(link=note.link or "")
    return KINDS.get(note.kind)


_MIXED = frozenset({NoteKind.CHANGELOG, NoteKind.NEWS})
KINDS = {
    NoteKind.DEPRECATIONS: Label.DEPRECATION,
    NoteKind.STATUS: Label.INCIDENT,
    NoteKind.BULLETIN: Label.SECURITY,
    NoteKind.PRICING: Label.PRICING,
}


def judge(title: str, body: str, *, page: Label | None = None, section: str = "") -> Judged:
    """What the text of a note is about. ``page``: what every entry of its page is about; ``section``: the heading that it
    stands under."""
    heading, parts = Piece(bare(title), section), list(pieces(body, section))
    if page is not None:
        found = _on_page(page, heading, parts)
        if found is not None:
            return found
    found_, hints = _scan([heading, *parts])
    if Label.DEPRECATION in found_ and _denied(heading, parts):
        del found_[Label.DEPRECATION]
    title = heading.text
    # Changelogs write a body; a short entry without one that names trouble is how status pages list an incident.
    brief = not parts and len(title.split()) < _LONG_TITLE and _AT_WORK.search(title) is None
    if brief and not found_ and (match := _TROUBLE.search(title)) is not None:
        found_[Label.INCIDENT] = match[0]
    if Label.NEW_MODEL not in found_ and (news := models.TITLE.search(title)) and not models.NOT_A_MODEL.search(title):
        found_[Label.NEW_MODEL] = clean(news[0], 200)
    if not found_ and parts and (opening := models.OPENING.match(parts[0].text)):
        found_[Label.NEW_MODEL] = clean(opening[0], 200)
    if not {Label.NEW_MODEL, Label.DEPRECATION}.intersection(found_) and (entry := models.ENTRY.match(title)):
        (hints if found_ or _NEWS.search(title) is None else found_)[Label.NEW_MODEL] = clean(entry[0], 200)
    unclaimed = not found_ and not {Label.NEW_MODEL, Label.DEPRECATION}.intersection(hints)
    if unclaimed and (change := movements.changed(parts or [heading])) is not None:
        found_[Label.BEHAVIOUR_CHANGE] = change
    model = next((name[0] for piece in [heading, *parts] if (name := A_NAME.search(piece.text))), None)
    return Judged(found_, {label: p for label, p in hints.items() if label not in found_}, model and clean(model, 100))


def taken_back(note: Note) -> bool:
    """Whether the note says that an announced end of life is off."""
    off = ends.OFF.search(bare(f"{note.title}. {note.body}")) is not None
    return off and Label.DEPRECATION not in classify(note).labels


def _on_page(page: Label, heading: Piece, parts: Sequence[Piece]) -> Judged | None:
    text = " ".join([heading.text, *(p.text for p in parts)])
    if page is Label.DEPRECATION and ends.OFF.search(text) is not None and not _claimed_by(_ENDING, parts):
        return None
    if page is Label.INCIDENT and UPKEEP.search(heading.text) is not None:
        return Judged({}, {})
    if page is Label.PRICING:
        return None
    rules = [rule for rule in RULES if rule.label is page and rule.sure]
    phrase = _claimed_by(rules, [heading, *parts])
    return Judged({page: phrase or f"a page of {_PAGES[page]}"}, {})


_PAGES = {Label.DEPRECATION: "deprecations", Label.INCIDENT: "incidents", Label.SECURITY: "advisories"}


def _scan(parts: Sequence[Piece]) -> tuple[dict[Label, str], dict[Label, str]]:
    found, hints, beside = dict[Label, str](), dict[Label, str](), list[tuple[Rule, str]]()
    for piece in parts:
        only, loud = _scope(piece)
        if loud:
            found.setdefault(Label.BEHAVIOUR_CHANGE, clean(piece.text, 200))
        under = section_label(piece.section)
        if under is not None:
            found.setdefault(under, piece.section)
        low, named = piece.text.lower(), A_NAME.search(piece.text) is not None
        for rule in RULES:
            into = found if rule.sure else hints
            if rule.label in found or rule.label in into or (only is not None and rule.label not in only):
                continue
            if (rule.named and not named) or not any(word in low for word in rule.words):
                continue
            if (phrase := _claimed(rule, piece.text)) is None:
                continue
            if rule.beside:
                beside.append((rule, phrase))
            else:
                into[rule.label] = phrase
    for rule, phrase in beside:
        if not rule.beside.intersection(found):
            found.setdefault(rule.label, phrase)
    return found, hints


def _scope(piece: Piece) -> tuple[frozenset[Label] | None, bool]:
    """The labels that the piece can have, None for all of them; whether it is marked as breaking (``feat!:``)."""
    scope = _SCOPE.match(piece.text)
    kind, inner, loud, word = scope.groups() if scope else (None, None, None, None)
    if loud is not None:
        return None, True
    names = {part.strip().lower() for part in (kind, inner, word) if part}
    if names & _HIDDEN or (piece.section and INNER.search(piece.section)):
        return _NEWS_OF_HIDDEN, False
    chores = "chore" in names or (piece.section and CHORES.search(piece.section))
    return _NEWS_OF_CHORES if chores else None, False


def _claimed_by(rules: Iterable[Rule], parts: Iterable[Piece]) -> str | None:
    return next(
        (phrase for piece in parts for rule in rules if (phrase := _claimed(rule, piece.text)) is not None), None
    )


def _denied(heading: Piece, parts: Sequence[Piece]) -> bool:
    """Whether only the title claims it and the body says the opposite: an announcement that is edited keeps its title."""
    spoken = any(rule.claims.search(piece.text) for piece in parts for rule in _ENDING) or any(
        ends.OFF.search(piece.text) for piece in parts
    )
    return bool(spoken) and _claimed_by(_ENDING, parts) is None


def _claimed(rule: Rule, text: str) -> str | None:
    spans = [m.span() for m in rule.unless.finditer(text)] if rule.unless else []
    for match in rule.claims.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in spans):
            continue
        before = max(0, match.start() - _WINDOW)
        if rule.after is not None and rule.after.search(text, before, match.start()):
            continue
        negated = NEGATED.search(text, before, match.start())
        if negated is None or PUT_OFF.match(text, match.end()):
            return clean(match[0], 200)
    return None
