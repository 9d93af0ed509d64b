"""``pulse-tui classify``: what notes of vendors are about, with the phrases that decided; many in JSON Lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pulse_tui.cli.json_lines import TOO_LONG, lines, opened_file, record
from pulse_tui.cli.output import emit, last_words, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.lock import escaped, shown
from pulse_tui.domain.note import Label, LocalRule, NoteKind
from pulse_tui.domain.text import clean, many

if TYPE_CHECKING:
    from pulse_tui.enrich.vendors.classify import Judged

_BLOCK = 500
"""Answers that are written at once."""
_ID = 60
_WHY = 160
_TEXTS = ("source", "url_or_repo", "title", "body", "vendor", "section")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """A file, or ``-``; ``--corrections``."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help='JSON Lines of {"id", "source", "url_or_repo", "title", "body", "vendor"}; or - for standard input',
    )
    parser.add_argument(
        "--corrections",
        action="store_true",
        help="list what people corrected and whether it still holds; with FILE: their corrections count before every rule",
    )
    parser.epilog = (
        'Every note gives {"id", "labels", "why", "review"} with --json, in the order of the notes; unknown keys are\n'
        "allowed, and labels and models that a line brings are not read.\n"
        f"labels: {', '.join(Label)}.\n"
        "why: the phrase that decided each label. review: a person should look, because a model is named and no rule, or\n"
        "only a weak one, says what the note is about.\n"
        'Empty lines are skipped; a line that is no note gives {"id", "error"} and exit code 1.'
    )


class _Given(NamedTuple):
    ident: Any
    text: dict[str, str]
    page: Label | None


class _Refused(NamedTuple):
    ident: Any
    problem: str


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every note was read, 1 when a line was refused; with ``--corrections`` alone 1 when one holds no longer."""
    rules: list[LocalRule] = []
    if options.corrections:
        from pulse_tui.enrich.vendors.corrections import newest_first  # noqa: PLC0415

        with opened(options, read_only=True) as house, house.store.read() as tx:
            rules = newest_first(tx.vendors.local_rules())
    if options.file is None:
        if not options.corrections:
            raise WrongUse("FILE is needed, or --corrections", todo="See pulse-tui classify --help")
        return _list(options, rules)
    with opened_file(options.file) as stream:
        return _answer(_notes(stream), rules, json_=options.json)


def _list(options: argparse.Namespace, rules: Sequence[LocalRule]) -> int:
    """Every correction, and the newer one that reads its note otherwise."""
    from pulse_tui.enrich.vendors.corrections import overruled  # noqa: PLC0415

    others = overruled(rules)
    data = [
        {
            "id": rule.id,
            "vendor": rule.vendor,
            "labels": list(rule.labels),
            "words": list(rule.words),
            "note": {"source": rule.source, "key": rule.key, "title": rule.title},
            "by": rule.by,
            "at": rule.at,
            "why": rule.why,
            "holds": rule.id not in others,
        }
        for rule in rules
    ]
    emit(options, data, _rules(rules, others))
    return 1 if others else 0


def _rules(rules: Sequence[LocalRule], others: dict[str, LocalRule]) -> Iterator[str]:
    for rule in rules:
        mark = "✖" if rule.id in others else "●"
        yield f"{mark} {', '.join(rule.labels)}  {rule.vendor}: {', '.join(rule.words)}"
        yield f"    by {rule.by} on {rule.at:%Y-%m-%d}, of {clean(rule.title, 80) or rule.key}{f': {rule.why}' if rule.why else ''}"
        if (other := others.get(rule.id)) is not None:
            yield f"    a later correction by {other.by} reads this note as {', '.join(other.labels)}"
    yield f"{many(len(rules), 'correction')}, {len(others)} overruled" if rules else "nothing was corrected"


def _notes(stream: BinaryIO) -> Iterator[_Given | _Refused]:
    for number, line in lines(stream):
        yield _Refused(None, f"line {number}: {TOO_LONG}") if line is None else _note(line, number)


def _note(line: bytes, number: int) -> _Given | _Refused:
    from pulse_tui.enrich.vendors.classify import KINDS  # noqa: PLC0415
    from pulse_tui.enrich.vendors.reading.structure import page_label  # noqa: PLC0415

    found, problem = record(line, "title and body")
    if found is None:
        return _Refused(None, f"line {number}: {problem}")
    ident = found.get("id")
    if isinstance(ident, dict | list):
        return _Refused(None, f"line {number}: id is no text or number")
    wrong = [name for name in _TEXTS if not isinstance(found.get(name), str | None)]
    if wrong:
        return _Refused(ident, f"line {number}: {wrong[0]} is no text")
    text = {name: found.get(name) or "" for name in _TEXTS}
    if not text["title"].strip() and not text["body"].strip():
        return _Refused(ident, f"line {number}: neither title nor body")
    kind = found.get("kind")
    if kind is None:
        return _Given(ident, text, page_label(text["source"], text["url_or_repo"]))
    if kind not in set(NoteKind):
        return _Refused(ident, f"line {number}: kind is one of {', '.join(NoteKind)}")
    return _Given(ident, text, KINDS.get(NoteKind(kind)))


def _answer(notes: Iterable[_Given | _Refused], rules: Sequence[LocalRule], *, json_: bool) -> int:
    from pulse_tui.enrich.vendors.classify import judge  # noqa: PLC0415

    refused = False
    written: list[str] = []
    with last_words():
        for given in notes:
            if isinstance(given, _Refused):
                refused = True
                data: dict[str, object] = {"id": given.ident, "error": given.problem}
                row = f"✖ {_called(given.ident)}  refused: {given.problem}"
            else:
                text = given.text
                judged = judge(text["title"], text["body"], page=given.page, section=text["section"])
                data = {"id": given.ident, **_said(text, judged, rules)}
                look = "◆ review" if data["review"] else "●"
                row = f"{look} {_called(given.ident)}  {', '.join(_labels(data))}  {clean(str(data['why']), _WHY)}"
            written.append(escaped(json.dumps(data)) if json_ else shown(row.rstrip()))
            if len(written) >= _BLOCK:
                sys.stdout.write("\n".join(written) + "\n")
                written.clear()
        sys.stdout.write("".join(f"{line}\n" for line in written))
    return 1 if refused else 0


def _said(text: dict[str, str], judged: Judged, rules: Sequence[LocalRule]) -> dict[str, object]:
    if rules:
        from pulse_tui.enrich.vendors.corrections import applies, because  # noqa: PLC0415

        whole = "\n".join((text["section"], text["title"], text["body"]))
        local = next((rule for rule in rules if applies(rule, text["vendor"], whole)), None)
        if local is not None:
            return {"labels": list(local.labels), "why": because(local), "review": False}
    return {"labels": list(judged.labels), "why": judged.why, "review": judged.review}


def _labels(data: dict[str, object]) -> list[str]:
    labels = data["labels"]
    return [str(label) for label in labels] if isinstance(labels, list) else []


def _called(ident: object) -> str:
    return clean("?" if ident is None else str(ident), _ID)
