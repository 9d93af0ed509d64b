from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.evidence import EVIDENCE, NoteEvidence
from pulse_tui.domain.signal import (
    BadRecord,
    Signal,
    decode,
    decode_evidence,
    encode,
    fingerprint,
    json_schema,
    signal_id,
)
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import SignalType
from tests.fakes.nouns import changed, later, signal

TYPES = list(SignalType)


def record(kind: SignalType = SignalType.LATENCY_BREACH, **fields: Any) -> dict[str, Any]:
    """A good record as plain values; a field set to ... is left out."""
    change = {"change": "promotion"} if kind is SignalType.VERSION_EVENT else {}
    made: dict[str, Any] = {**json.loads(encode(signal(1, kind))), **change, **fields}
    return {key: value for key, value in made.items() if value is not ...}


def problem(value: Any) -> BadRecord:
    """What is said against it."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(BadRecord) as caught:
        decode(raw)
    assert caught.value.problem.what
    assert is_clean(str(caught.value))
    return caught.value


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_goes_out_and_in_unchanged(kind: SignalType) -> None:
    made = decode(json.dumps(record(kind, asset_id="a", links=["https://x.org"], summary="a\nb")).encode())
    assert decode(encode(made)) == made
    assert encode(decode(encode(made))) == encode(made)
    assert type(made.evidence) is EVIDENCE[kind]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"severity": "awful"}, "severity"),
        ({"severity": ...}, "severity"),
        ({"confidence": 1.1}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"signal_type": "nonsense"}, "signal_type"),
        ({"occurred_at": "2026-11-23T03:10:00"}, "occurred_at"),
        ({"observed_at": "9999-12-31T23:59:59-12:00"}, "observed_at"),
        ({"occurred_at": "0001-01-01T00:00:00+12:00"}, "occurred_at"),
        ({"id": ""}, "id"),
        ({"id": "\x1b[31m"}, "id"),
        ({"fingerprint": "\u202e\u200b"}, "fingerprint"),
        ({"source": 7}, "source"),
        ({"title": "x" * 301}, "title"),
        ({"links": ["javascript:alert(1)"]}, "links"),
        ({"links": ["file:///etc/passwd"]}, "links"),
        ({"sevrity": "high"}, "sevrity"),
        ({"evidence": {}}, "evidence.metric"),
        ({"evidence": {"metric": "p95", "value": 1, "objective": 1, "p95": 2}}, "evidence.p95"),
        ({"evidence": {"metric": "p95", "value": "1", "objective": 1}}, "evidence.value"),
        ({"evidence": {"metric": "p95", "value": 1, "objective": 1, "requests": 2**70}}, "evidence.requests"),
        ({"evidence": {"metric": "p95", "value": 1, "objective": 1, "requests": -1}}, "evidence.requests"),
        ({"evidence": []}, "evidence"),
        ({"environment": "prod"}, "environment"),
    ],
)
def test_a_refused_record_names_its_field(fields: dict[str, Any], where: str) -> None:
    assert problem(record(**fields)).problem.where == where


def test_a_version_event_says_which_change_it_is() -> None:
    assert problem(record(SignalType.VERSION_EVENT, change=...)).problem.where == "change"


def test_a_date_in_evidence_needs_an_offset() -> None:
    naive = {"note": "n", "vendor": "v", "effective_at": "2026-12-01T00:00:00"}
    assert problem(record(SignalType.DEPRECATION, evidence=naive)).problem.where == "evidence.effective_at"
    far = {**naive, "effective_at": "9999-12-31T23:59:59Z"}
    assert problem(record(SignalType.DEPRECATION, evidence=far)).problem.where == "evidence.effective_at"


def test_evidence_of_another_type_is_refused() -> None:
    other = record(SignalType.CVE)["evidence"]
    assert problem(record(SignalType.LATENCY_BREACH, evidence=other)).problem.where.startswith("evidence")


def test_a_hostile_field_name_cannot_write_on_the_screen() -> None:
    assert problem({**record(), "evil\x1b]0;x\x07\u202e": 1}).problem.where == "evil"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"1e999",
        b"null",
        b'{"id":"\\ud800"}',
        b"{" * 100_000,
        b'{"evidence":' + b"[" * 100_000,
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id":"a"',
    ],
)
def test_nonsense_is_refused_and_never_breaks(raw: bytes) -> None:
    problem(raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = sorted(record())


@given(kind=st.sampled_from(TYPES), field=st.sampled_from([*_FIELDS, "links", "summary", "new"]), value=_JSON)
def test_any_value_in_any_field_is_taken_or_refused_by_name(kind: SignalType, field: str, value: Any) -> None:
    raw = json.dumps(record(kind, **{field: value})).encode()
    refused: BadRecord | None = None
    try:
        made = decode(raw)
    except BadRecord as error:
        refused = error
    if refused is None:
        assert decode(encode(made)) == made
        return
    assert refused.problem.where.split(".")[0].split("[")[0] in {field, "evidence", "change"}
    assert is_clean(str(refused))


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_no_text_that_comes_in_can_write_on_a_terminal(title: str, other: str) -> None:
    extra = {"title": title[:200] or "t", "summary": other, "owner_team": "o" + other}
    note = {"note": "n" + other, "vendor": "v" + other, "labels": [other], "models": [title], "phrase": other}
    made = decode(json.dumps(record(SignalType.VENDOR_NOTE, **extra, evidence=note)).encode())
    texts = [made.title, made.summary or "", made.owner_team or ""]
    texts += [made.evidence.note, made.evidence.vendor, *made.evidence.labels, *made.evidence.models]
    texts.append(made.evidence.phrase or "")
    for text in texts:
        assert is_clean(text)
        assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in text)
        assert not any(c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c" for c in text)


@pytest.mark.parametrize("field", ["id", "source", "fingerprint", "asset_id", "baseline_version", "current_version"])
@pytest.mark.parametrize(
    "hidden", ["\x1b[0m", "\x08", "\u202e", "\u200b", "\xad", "\u3164", "\U000e0041", "\u0301" * 5]
)
def test_a_name_with_what_cannot_be_shown_is_refused_and_not_taken_for_another(field: str, hidden: str) -> None:
    found = problem(record(SignalType.LATENCY_BREACH, **{field: f"3.8{hidden}.1"})).problem
    assert found.where == field
    assert "'3.8" in found.what
    assert is_clean(found.what)


def test_an_id_of_parts_does_not_depend_on_how_they_are_cut() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(None) == fingerprint("")
    assert signal_id("osv", "x") == signal_id("osv", "x") != signal_id("nvd", "x")
    assert signal_id("osv", "x").startswith("osv:")


# --------------------------------------------------------------------------- the published schema


def _resolved(schema: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape:
        shape = schema["$defs"][shape["$ref"].rsplit("/", 1)[1]]
    return shape


def _accepts(schema: dict[str, Any], shape: dict[str, Any], value: Any) -> bool:
    """As much of JSON Schema as ours uses."""
    shape = _resolved(schema, shape)
    if "anyOf" in shape:
        return any(_accepts(schema, s, value) for s in shape["anyOf"])
    if "enum" in shape and value not in shape["enum"]:
        return False
    if "const" in shape and value != shape["const"]:
        return False
    kind = shape.get("type")
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in kinds and not isinstance(value, kinds[kind]):
        return False
    if kind in ("number", "integer") and not number:
        return False
    if number and not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        return False
    if isinstance(value, dict):
        properties = shape.get("properties", {})
        if not set(shape.get("required", ())) <= set(value):
            return False
        if shape.get("additionalProperties") is False and not set(value) <= set(properties):
            return False
        return all(_accepts(schema, properties[k], v) for k, v in value.items() if k in properties)
    return (
        all(_accepts(schema, shape["items"], v) for v in value)
        if isinstance(value, list) and "items" in shape
        else True
    )


def _validates(schema: dict[str, Any], value: Any) -> bool:
    if not _accepts(schema, {k: v for k, v in schema.items() if k != "allOf"}, value):
        return False
    return all(_accepts(schema, c["then"], value) for c in schema["allOf"] if _accepts(schema, c["if"], value))


@pytest.mark.parametrize("kind", TYPES)
def test_the_published_schema_takes_what_is_taken(kind: SignalType) -> None:
    schema = json_schema()
    assert schema["$id"] == "pulse.signal/1"
    assert _validates(schema, record(kind))
    assert not _validates(schema, record(kind, evidence={"nonsense": 1}))
    assert not _validates(schema, record(kind, severity="awful"))
    assert not _validates(schema, record(kind, extra=1))
    assert not _validates(schema, record(kind, title=...))


def test_the_schema_refuses_a_version_event_without_its_change() -> None:
    assert not _validates(json_schema(), record(SignalType.VERSION_EVENT, change=...))


def test_microseconds_are_kept() -> None:
    made: Signal = changed(signal(1, SignalType.COST_CHANGE), occurred_at=later(microseconds=3))
    assert decode(encode(made)) == made


def test_a_silent_change_of_an_earlier_version_is_still_read() -> None:
    stored = b'{"note": "n1", "vendor": "openai", "models": ["gpt-4.1"]}'
    assert decode_evidence(SignalType.SILENT_CHANGE, stored) == NoteEvidence("n1", "openai", models=["gpt-4.1"])
    with pytest.raises(msgspec.ValidationError):
        decode_evidence(SignalType.LATENCY_BREACH, stored)
