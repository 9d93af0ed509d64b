"""Whatever a record holds in whatever field, nothing is stored and nothing goes out that a terminal obeys, hides or smears.

Every kind of observation x every text in it x every way out. What is allowed is written down here once more, by the
properties of characters and not by the expressions of the code.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pulse_tui.actions import notify, ticket
from pulse_tui.anchors import Anchors
from pulse_tui.cli.locked import locked
from pulse_tui.cli.output import emit
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill, Head
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import ConfigError, Problem, Refused, SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evals import EvalRun, Sheet
from pulse_tui.domain.lock import LINE
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import Attestation, Interface, Lineage, RegistrySnapshot, RegistryVersion, Remark
from pulse_tui.domain.signal import BadRecord, decode, encode
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.ports import SendContext
from pulse_tui.services.signals.door import BLOCK, admitted
from pulse_tui.tui.common.wing import copied
from pulse_tui.tui.kit.canvas import fit, safe
from pulse_tui.tui.kit.clipboard import osc52
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import NOW, PRODUCTION, run_of, signal
from tests.servers import forms

_FILLERS = "\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5"
_SEEN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Number signs: format characters that are drawn."""


def wrong_in(text: str, cap: int = BLOCK) -> str:
    """What is wrong with a text that was stored or went out; empty when nothing is."""
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        if character != "\n" and (
            kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and character not in _SEEN_FORMATS)
        ):
            return f"U+{ord(character):04X} ({kind})"
        if character in _FILLERS or "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff":
            return f"U+{ord(character):04X} is drawn as nothing"
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > 4:
            return "stacked marks"
    return "a line is too long" if any(len(line) > cap for line in text.split("\n")) else ""


HOSTILE = st.text(
    alphabet=st.sampled_from(
        "\x1b[2J]52;c;ZQ==\x07\x9b\x9d\x9c\x00\x08\x7f\x85\r\n\t \u202e\u2066\u2069\u200b\u200d\u200f\ufeff\u2028\xad"
        "\u3164\u115f\u1161\u11a8\u2800\u034f\ufe0f\U000e0041\U000e0100\u0301\u0344\u0488aé●プ"
    ),
    min_size=1, max_size=24,
) | st.text(min_size=1, max_size=24)  # fmt: skip

_COMPONENT = Component(id="pkg:pypi/a", kind=ComponentKind.PACKAGE, name="a", version="1", ecosystem="PyPI")
_SHEET = Sheet(
    task="qa", items=("i1", "i2"), scores={"accuracy": ((1.0,), (0.0,))}, clusters=("c", "c"), slices={"x=y": (0,)},
    prompts=("p", "q"), answers=(("a",), ("b",)), names=("n1", "n2"),
)  # fmt: skip
_RUN = msgspec.structs.replace(
    run_of("r", "1.0", 0.9), sheets=(_SHEET,), conditions={"shots": "5"}, refused={"t": "why"}, suite_digest="d"
)
_VERSION = RegistryVersion(
    asset_id="bot", registry_version="1", version="1.0", digest="sha256:a", created_at=NOW, branch="b",
    lineage=Lineage(base_model="m@1"), interface=Interface(schema="s"), provenance={"commit": "c"},
)  # fmt: skip
KINDS: list[Observation] = [
    *(msgspec.structs.replace(signal(1, kind), summary="s", asset_id="a", current_version="1", links=["https://x"]) for kind in SignalType),
    RegistrySnapshot(
        source="s", asset_id="bot", versions=(_VERSION,), placements={PRODUCTION: ("1.0", 100.0)}, managed=(PRODUCTION,),
        facts={"owner_team": "t"}, remarks=(Remark(key="k", what="w", todo="t", version="1.0"),),
    ),
    _RUN,
    Advisory(
        id="CVE-1", source="s", modified=NOW, title="t", aliases=("G-1",), vector="v", links=("https://x",),
        affected=(Affected(ecosystem="PyPI", name="a", versions=("1",), ranges=(VersionRange(introduced="0", fixed="2"),)),),
    ),
    Note(source="s", key="k", vendor="v", title="t", body="b", published_at=NOW, link="https://x"),
    Bill(source="s", asset_id="a", document="d", at=NOW, components=(_COMPONENT,), edges=((-1, 0),), subject="x", version="1", digest="d"),
    Head(source="s", component_id="c", kind=ComponentKind.PACKAGE, version="1", at=NOW, name="n", link="l"),
    Attestation(source="s", at=NOW, facts={"commit": "c"}, asset_id="a", version="1", digest="d"),
]  # fmt: skip


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a value, names of members too."""
    if type(value) is str:
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts_of(getattr(value, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_of(key)
            yield from texts_of(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts_of(item)


def planted(value: Any, counted: list[int], text: str) -> Any:
    """The value with ``text`` in the place of one of its texts: the one at which ``counted`` comes to zero."""
    if type(value) is str:
        counted[0] -= 1
        return text if counted[0] == -1 else value
    if isinstance(value, msgspec.Struct):
        return type(value)(**{n: planted(getattr(value, n), counted, text) for n in value.__struct_fields__})
    if isinstance(value, dict):
        return {planted(k, counted, text): planted(v, counted, text) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        made = [planted(item, counted, text) for item in value]
        return tuple(made) if isinstance(value, tuple) else made
    return value


PLACES = [(kind, place) for kind in KINDS for place in range(len(list(texts_of(kind))))]


@settings(max_examples=forms.examples(300), deadline=None)
@given(st.sampled_from(range(len(PLACES))), HOSTILE)
def test_no_text_of_any_kind_of_record_comes_in_as_it_should_not(number: int, text: str) -> None:
    kind, place = PLACES[number]
    good, refused = admitted([planted(kind, [place], text)])
    assert good or refused
    assert [wrong_in(t) for one in good for t in texts_of(one) if wrong_in(t)] == []
    assert [wrong_in(str(r.problem)) for r in refused if wrong_in(str(r.problem))] == []
    assert admitted(good) == (good, [])


def test_every_kind_and_every_place_of_it_is_tried_once_with_each_of_the_worst() -> None:
    for text in ("a\x1b[2Jb", "a\u202eb", "a\xadb", "a\u3164b", "a" + "\u0301" * 9, "a\U000e0041b", "a\ud800b", "\x07"):
        for kind, place in PLACES:
            good, refused = admitted([planted(kind, [place], text)])
            assert good or refused
            assert not any(wrong_in(t) for one in good for t in texts_of(one)), (kind, place)
            assert not any(wrong_in(str(r.problem)) for r in refused), (kind, place)
    assert len(PLACES) > 150


@given(HOSTILE, HOSTILE)
def test_two_names_never_become_one(one: str, other: str) -> None:
    good, _ = admitted([msgspec.structs.replace(_RUN, version=v) for v in dict.fromkeys((one, other))])
    kept = [run.version for run in good if isinstance(run, EvalRun)]
    assert set(kept) <= {one, other}
    assert len(set(kept)) == len(kept)


@given(HOSTILE)
def test_a_record_of_another_program_is_clean_or_refused(text: str) -> None:
    for place in range(len(list(texts_of(KINDS[0])))):
        try:
            raw = encode(planted(KINDS[0], [place], text))
        except UnicodeEncodeError:
            continue  # it cannot be sent
        try:
            left = list(texts_of(decode(raw)))
        except BadRecord as bad:
            left = [str(bad)]
        assert [t for t in left if wrong_in(t)] == []


# --------------------------------------------------------------------------- the ways out, with what came past every door


def _printed(text: str, *, as_json: bool) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), locked():
        emit(argparse.Namespace(json=as_json), {"k": text}, [f"  row  {text}"])
    if as_json:
        assert json.loads(out.getvalue()) == {"k": text}
    return out.getvalue()


def _bare(text: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), locked():
        print("a library says", text)
    return out.getvalue()


def _on_stderr(text: str) -> str:
    err = io.StringIO()
    with contextlib.redirect_stderr(err), locked():
        argparse.ArgumentParser(prog=text, exit_on_error=False).print_usage(sys.stderr)
    return err.getvalue()


def _delivery(text: str) -> Delivery:
    words = ("title", "what_changed", "risk", "what_to_do", "why", "event", "priority")
    return Delivery(
        key="t-1", kind="ticket", route="r", payload={**dict.fromkeys(words, text), text: text}, created_at=NOW
    )


def _posted(text: str) -> str:
    http = FakeHttp()
    context = SendContext(http=http, base=Path(), files=None, processes=None, secret=str, now=NOW)  # type: ignore[arg-type]
    notify.deliver(_delivery(text), notify.Options(url="https://x"), context)
    return "\n".join(texts_of(http.asked[0].json))


def _anchored(text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Anchors(["log"], Path(folder)).write(f"audit 1 {text}")
        written = (Path(folder) / "log").read_text(encoding="utf-8")
    assert written.count("\n") == 1, "one anchor, whatever it quotes"
    return written


def _to_clipboard(text: str) -> str:
    sequence = osc52(copied(text))
    assert sequence is not None
    return base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode()


OUT: dict[str, Callable[[str], str]] = {
    "a table": lambda t: _printed(t, as_json=False),
    "--json": lambda t: _printed(t, as_json=True),
    "what anything prints": _bare,
    "the usage": _on_stderr,
    "an error": lambda t: str(SourceError(t, todo=t)),
    "a refusal": lambda t: str(Refused(t, [t], todo=t)),
    "a bad configuration": lambda t: str(ConfigError([Problem(t, t, t)])),
    "a screen": lambda t: f"{safe(t)}\n{fit(t, 30)}",
    "the clipboard": _to_clipboard,
    "a ticket": lambda t: ticket.document(_delivery(t)),
    "what is added to a ticket": lambda t: ticket._section(_delivery(t)),
    "a message": _posted,
    "an anchor": _anchored,
}
CAPPED = {"a table": LINE, "a refusal": 2 * LINE + 2, "a bad configuration": LINE, "an error": 2 * LINE + 2}


@pytest.mark.parametrize("way", OUT)
@settings(max_examples=forms.examples(60), deadline=None)
@given(text=HOSTILE.filter(lambda t: not any("\ud800" <= c <= "\udfff" for c in t)))
@example(text="a\x1b]52;c;ZXZpbA==\x07\x9b31m\u202e\u200b\xad\u3164\U000e0041" + "\u0301" * 9)
@example(text="one\ntwo\r\nthree\tfour")
@example(text="x" * 9_000)
def test_nothing_goes_out_by_any_way_that_steers_hides_or_smears(way: str, text: str) -> None:
    assert wrong_in(OUT[way](text), CAPPED.get(way, 200_000)) == ""
