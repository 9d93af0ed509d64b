"""CloudEvents 1.0 in its three modes: the attributes say who an event is, its data are the fields of a signal."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.push import Item
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.pushed.bodies import Piece
from pulse_tui.enrich.pushed.records import Span, items, of_headers
from tests.fakes.nouns import NOW
from tests.fakes.pushing import record, sender

SPAN = Span(NOW, 300.0, 90 * 86_400.0)


def data(**fields: Any) -> dict[str, Any]:
    """A signal without what an event says of itself."""
    plain = record(1)
    for name in ("id", "observed_at", "occurred_at", "fingerprint", "signal_type", "asset_id"):
        del plain[name]
    return {**plain, **fields}


def event(**fields: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "run-17",
        "source": "/pipelines/eval",
        "type": "example.acme.latency_breach",
        "time": "2026-11-23T03:00:00Z",
        "subject": "support-bot",
        "datacontenttype": "application/json",
        "data": data(),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        **fields,
    }


def read(value: Any, **fields: Any) -> Item:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    (item,) = items([Piece("record", raw)], sender(**fields), SPAN, events=True)
    return item


def signal_of(value: Any, **fields: Any) -> Signal:
    item = read(value, **fields)
    assert item.problem is None, item.problem
    assert isinstance(item.what, Signal)
    return item.what


def test_an_event_says_of_a_signal_what_its_data_leave_out() -> None:
    signal = signal_of(event())
    assert (signal.source, signal.asset_id, signal.signal_type) == ("ci", "support-bot", SignalType.LATENCY_BREACH)
    assert signal.occurred_at == NOW - timedelta(minutes=10)
    assert signal.observed_at == NOW
    assert read(event()).named == "run-17"


def test_what_the_data_state_counts_but_for_the_id() -> None:
    stated = data(
        signal_type="latency_breach", asset_id="embed-gateway", fingerprint="f-9", id="s-9", title="p95 is high"
    )
    signal = signal_of(event(data=stated, type="example.acme.anything"))
    assert (signal.asset_id, signal.fingerprint, signal.title) == ("embed-gateway", "ci:f-9", "p95 is high")
    assert signal.id == signal_of(event()).id


def test_source_and_id_together_are_who_an_event_is() -> None:
    one = signal_of(event())
    assert signal_of(event(time="2026-11-23T03:05:00Z")).id == one.id
    assert signal_of(event(id="run-18")).id != one.id
    assert signal_of(event(source="/pipelines/other")).id != one.id
    assert one.fingerprint == signal_of(event(id="run-18")).fingerprint  # the same condition seen again
    assert one.id.startswith("ci:")


def test_binary_mode_and_base64_data_are_the_same_event() -> None:
    body = json.dumps(data()).encode()
    headers = {f"ce-{k}": str(v) for k, v in event().items() if k not in ("data", "datacontenttype")}
    binary = of_headers(
        {**headers, "content-type": "application/json; charset=utf-8", "authorization": "Bearer x"}, body
    )
    packed = event(data_base64=base64.b64encode(body).decode())
    del packed["data"]
    assert signal_of(binary) == signal_of(packed) == signal_of(event())


def test_header_values_are_unescaped() -> None:
    headers = {
        f"ce-{k}": str(v) for k, v in event(source="/p%C3%A4ths").items() if k not in ("data", "datacontenttype")
    }
    assert signal_of(of_headers(headers, json.dumps(data()).encode())).id == signal_of(event(source="/päths")).id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"source": "\x1b[2J"}, "source"),
        ({"type": "x" * 3_000}, "type"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-11-23T03:00:00"}, "time"),
        ({"time": "2026-11-24T03:00:00Z"}, "occurred_at"),
        ({"datacontenttype": "application/xml"}, "datacontenttype"),
        ({"data": "a text"}, "data"),
        ({"data": None}, "data"),
        ({"data_base64": "***"}, "data_base64"),
        ({"data": {**data(), "severty": "high"}}, "severty"),
        ({"type": "example.acme.deployed"}, "signal_type"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(change: dict[str, Any], field: str) -> None:
    item = read(event(**change))
    assert item.problem is not None
    assert (item.problem.where, item.status) == (field, HTTPStatus.UNPROCESSABLE_ENTITY)


def test_missing_attributes_are_named() -> None:
    for name in ("id", "source", "type", "specversion"):
        value = event()
        del value[name]
        item = read(value)
        assert item.problem is not None
        assert item.problem.where == name


@given(
    st.binary(max_size=300)
    | st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.none()).map(lambda v: json.dumps(v).encode())
)
def test_whatever_comes_is_a_signal_or_a_reason(raw: bytes) -> None:
    for events in (True, False):
        (item,) = items([Piece("record", raw)], sender(), SPAN, events=events)
        assert (item.what is None) == (item.problem is not None)
        assert item.status is not HTTPStatus.ACCEPTED or item.what is not None


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_two_names_of_a_sender_become_one(one: str, other: str) -> None:
    from pulse_tui.enrich.pushed.records import _under

    assert (_under("ci", one) == _under("ci", other)) <= (one.removeprefix("ci:") == other.removeprefix("ci:"))
