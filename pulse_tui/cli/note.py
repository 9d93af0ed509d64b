"""``pulse-tui note``: what vendors published, whom it reaches, what a person corrects of it, when models in use end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.note import Label
from pulse_tui.domain.views.vendors import CorrectionRow, NoteEdit, NoteRow, NoteStory, ShutdownRow, Shutdowns
from pulse_tui.process import operator_name

EPILOG = f"""\
list [--review] [--source S]       the newest first, by when they were first read; --review: what a person should look at
show SOURCE KEY                    one: whom it reaches, what decided its labels, how it was edited
label SOURCE KEY LABEL… --why R    its right labels: notes of the vendor with the same words follow, and it stays a case
corrections                        what persons corrected; withdraw ID --why R takes one back
shutdowns                          the hosted models in use by when they end, over all sources

LABEL is one of: {", ".join(label.value for label in Label)}
exit codes: 0 done (shutdowns: nothing in use has ended), 1 refused (shutdowns: something in use has ended)"""
_ACTIONS = ("list", "show", "label", "corrections", "withdraw", "shutdowns")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it is about."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("about", nargs="*", metavar="SOURCE KEY LABEL", help="a note, and of label its right labels")
    parser.add_argument("--review", action="store_true", help="list: only notes that a person should look at")
    parser.add_argument("--source", metavar="ID", help="list: only of this source")
    parser.add_argument("--why", default="", help="label, withdraw: the reason, for the audit log")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done; 1 refused, or a model in use has ended."""
    _check(options.action, options.about)
    with opened(options) as house:
        house.sync()
        desk = house.desk(operator_name())
        about: list[str] = options.about
        if options.action == "list":
            rows = desk.notes(source=options.source, review=options.review)
            emit(options, rows, [note_line(row) for row in rows] or ["no note"])
        elif options.action == "show":
            story = desk.note_story(*about)
            emit(options, story, _page(story))
        elif options.action == "corrections":
            made = desk.corrections()
            emit(options, made, [correction_line(row) for row in made] or ["nobody has corrected a label"])
        elif options.action == "shutdowns":
            found = desk.shutdowns()
            now_us = to_us(house.clock())
            emit(options, _data(found, now_us), _ends(found, now_us))
            return 1 if any(row.state(now_us) == "ended" for row in found.rows) else 0
        else:
            if options.action == "label":
                done = desk.correct_note(about[0], about[1], _labels(about[2:]), options.why)
            else:
                done = desk.withdraw_correction(about[0], options.why)
            emit(options, {"done": done}, [done])
    return 0


def _check(action: str, about: list[str]) -> None:
    least, most = {"show": (2, 2), "label": (3, 99), "withdraw": (1, 1)}.get(action, (0, 0))
    if not least <= len(about) <= most:
        needed = {
            "show": "a source and a key",
            "label": "a source, a key and labels",
            "withdraw": "the id of a correction",
        }
        raise WrongUse(f"note {action} takes {needed.get(action, 'no name')}", todo="See pulse-tui note --help")


def _labels(words: list[str]) -> list[str]:
    """As they are written in the list, separated by blanks or commas."""
    return [word.strip().replace("-", "_") for text in words for word in text.split(",") if word.strip()]


def note_line(row: NoteRow) -> str:
    """``2026-11-23 openai-news n-1  [deprecation]  gpt-4.1 will be shut down -> support-bot (review)``."""
    whom = f" -> {', '.join(row.whom)}" if row.whom else ""
    late = f"back-dated {row.back_dated_days} d" if row.back_dated_days else ""
    word = ", ".join(filter(None, (row.word, late)))
    labels = ", ".join(row.labels) or "no label"
    line = f"{from_us(row.first_us):%Y-%m-%d} {row.source} {row.key}  [{labels}]  {row.title}{whom}"
    return f"{line} ({word})" if word else line


def _page(story: NoteStory) -> Iterator[str]:
    before = ""
    for label, text in story.lines:
        if label and label != before:
            yield f"{label}:"
            before = label
        yield f"  {text}"
    yield "History:"
    for edit in story.edits:
        yield from _edit(edit)


def _edit(edit: NoteEdit) -> Iterator[str]:
    moved = f": {'; '.join(edit.moved)}" if edit.moved else ""
    yield f"  {from_us(edit.at_us):%Y-%m-%d %H:%M} {edit.what}{moved}"
    for hunk in edit.hunks:
        if hunk.deleted:
            yield f"    - {hunk.deleted}"
        if hunk.added:
            yield f"    + {hunk.added}"


def correction_line(row: CorrectionRow) -> str:
    """``lr-1  openai  [incident]  notes with "elevated errors"  by ana 2026-11-20: it is an outage``."""
    words = " and ".join(f'"{word}"' for word in row.words) or row.title
    labels = ", ".join(row.labels)
    return (
        f"{row.id}  {row.vendor}  [{labels}]  notes with {words}  by {row.by} {from_us(row.at_us):%Y-%m-%d}: {row.why}"
    )


def _data(found: Shutdowns, now_us: int) -> dict[str, object]:
    rows = [
        {
            "platform": row.platform,
            "model": row.model,
            "canonical": row.canonical,
            "assets": row.assets,
            "state": row.state(now_us),
            "days": row.days(now_us),
            "date": row.when,
            "differ": row.differ,
            "successor": row.successor or None,
            "statements": row.statements,
            "elsewhere": row.elsewhere,
        }
        for row in found.rows
    ]
    return {"models": rows, "sources": found.sources, "without_platform": found.unmatched}


def _ends(found: Shutdowns, now_us: int) -> Iterator[str]:
    for row in found.rows:
        yield _end(row, now_us)
    if found.unmatched:
        yield f"? {found.unmatched} more name no platform: nobody can be asked for those"
    if not found.rows and not found.unmatched:
        yield "no hosted model is known to be in use"
    elif not found.sources:
        yield "? no source states ends of models: add a list or a catalogue of your vendors"


def _end(row: ShutdownRow, now_us: int) -> str:
    days, state = row.days(now_us), row.state(now_us)
    glyph = {"ended": "✖", "ends": "▲", "deprecated": "▲", "not before": "○", "served": "●"}.get(state, "?")
    left = "" if days is None else f" ({days} d)" if days >= 0 else f" ({-days} d ago)"
    when = row.when.removeprefix("≥ ")
    date = "no date is known" if state == "no date" else state if when == "unknown" else f"{state} {when}"
    stated = ", ".join(f"{s.source} {s.when}" + ("" if s.listed else ", no longer listed") for s in row.statements)
    differ = " ▲ they differ" if row.differ else ""
    then = f"; successor {row.successor}" if row.successor else ""
    more = f"; elsewhere: {'; '.join(row.elsewhere)}" if row.elsewhere else ""
    known = f"  [{stated}]{differ}" if stated else ""
    return f"{glyph} {date}{left}  {row.key}  used by {', '.join(row.assets)}{then}{known}{more}"
