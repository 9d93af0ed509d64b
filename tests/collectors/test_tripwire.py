"""The tripwire against a local endpoint: what it counts, and what broken answers are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.collectors.tripwire import Options, collect
from pulse_tui.collectors.tripwire.ask import body
from pulse_tui.collectors.tripwire.options import Limit
from pulse_tui.collectors.tripwire.probes import BUILT_IN, Probe, has_keys, load, refuses
from pulse_tui.domain.errors import ConfigError, SourceError
from pulse_tui.domain.scope import Scope
from pulse_tui.domain.source import Collected
from pulse_tui.domain.tripwire import Count, Metric, ProbeKind, ProbeRound
from pulse_tui.ports import CollectContext
from pulse_tui.settings.scopes import scope_of
from tests.collectors.contexts import context, quick_web
from tests.fakes.nouns import changed
from tests.servers.chat_api import KEY, MODEL, PATH, ChatApi
from tests.servers.loopback import Loopback, Reply
from tests.servers.wires import OPTIONS, Watch


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def api(server: Loopback) -> ChatApi:
    return ChatApi(server)


@pytest.fixture
def options(server: Loopback) -> Options:
    return msgspec.structs.replace(OPTIONS, url=f"{server.url}/v1", repeats=1)


def at(base: Path = Path(), key: str = KEY) -> CollectContext:
    return context(base, http=quick_web(), secrets={"CHAT_KEY": key}, source="wire")


def round_of(found: Collected) -> ProbeRound:
    (item,) = found.observations
    assert isinstance(item, ProbeRound)
    return item


def asked(server: Loopback) -> list[Any]:
    return [r.json() for r in server.seen("POST", PATH)]


def test_every_probe_is_sent_as_often_as_it_is_to_be(server: Loopback, api: ChatApi, options: Options) -> None:
    item = round_of(collect(changed(options, repeats=3), at()))
    assert api.calls == item.sent == item.answered == 3 * len(BUILT_IN)
    assert {r.answered for r in item.results} == {3}
    prompts = [one["messages"][-1]["content"] for one in asked(server)]
    assert prompts[: len(BUILT_IN)] == [p.prompt for p in BUILT_IN], "each once before any is sent again"


def test_a_round_counts_ids_tokens_and_times_and_keeps_no_text(api: ChatApi, options: Options) -> None:
    api.message = {"content": "I'm sorry, a secret of somebody"}
    item = round_of(collect(options, at()))
    assert item.models == (MODEL,)
    assert set(item.fingerprints) <= {"fp_a1", "fp_b2"}
    assert all(len(r.prompt_tokens) == 1 for r in item.results)
    assert (item.stated, item.latency_ms is not None) == (True, True)
    assert item.tokens is not None
    assert b"secret of somebody" not in msgspec.json.encode(item)
    assert item.count(Metric.REFUSALS) == Count(6, 6)
    assert item.count(Metric.FORMAT) == Count(0, 4)


def test_the_hidden_prompt_is_seen_over_the_wire_in_one_round(api: ChatApi, options: Options) -> None:
    watch = Watch(api, changed(options, learn=3, repeats=2), quick_web()).times(3)
    api.hidden_tokens = 20
    watch.look()
    assert [m for _, m in watch.found] == [Metric.TOKENS]


def test_the_request_is_what_the_settings_say(server: Loopback, api: ChatApi, options: Options) -> None:
    del api
    collect(changed(options, temperature=0.0, seed=7, limit=Limit.MAX_COMPLETION_TOKENS, max_tokens=9), at())
    one = asked(server)[0]
    assert {k: v for k, v in one.items() if k != "messages"} == {
        "model": "chat-large", "stream": False, "max_completion_tokens": 9, "temperature": 0.0, "seed": 7,
    }  # fmt: skip
    assert server.seen("POST", PATH)[0].headers["authorization"] == f"Bearer {KEY}"
    assert "temperature" not in body(BUILT_IN[0], options)


# --------------------------------------------------------------------------- what is not an answer
def test_a_refused_key_is_a_failed_round_and_never_quoted(server: Loopback, api: ChatApi, options: Options) -> None:
    del api
    with pytest.raises(SourceError) as caught:
        collect(options, at(key="sk-wrong-9876543210"))
    assert "401" in str(caught.value)
    assert not any(word in str(caught.value) for word in ("sk-wrong", KEY))
    assert len(asked(server)) == 1, "no other probe would be answered either"


def test_a_rate_limit_ends_the_round_with_the_pause_it_asks_for(api: ChatApi, options: Options) -> None:
    api.instead = Reply.json({"error": {"code": "rate_limit_exceeded"}}, 429, headers={"Retry-After": "120"})
    with pytest.raises(SourceError) as caught:
        collect(options, at())
    assert caught.value.retry_after == 120.0


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (Reply(body=b"<html>a captcha</html>"), "none of the chat API"),
        (Reply(body=b'data: {"choices": []}\n\n'), "stream alone"),
        (Reply(body=b""), "none of the chat API"),
        (Reply.json({"choices": []}), "no choices"),
        (Reply.json([1, 2]), "none of the chat API"),
        (Reply(500, b"oops"), "answered 500"),
        (Reply.json({"error": {"message": f"bad {KEY}", "code": "unsupported_value"}}, 400), "400, unsupported_value"),
        (Reply(body=b"[" * 100_000), "none of the chat API"),
        (Reply(drop=True), "dropped the connection"),
    ],
    ids=str,
)
def test_an_endpoint_that_answers_no_probe_fails_after_a_few(
    server: Loopback, api: ChatApi, options: Options, instead: Reply, why: str
) -> None:
    api.instead = instead
    with pytest.raises(SourceError, match=why) as caught:
        collect(options, at())
    assert KEY not in str(caught.value)
    assert len(asked(server)) <= 3


def test_probes_without_an_answer_are_unknown_and_the_round_says_so(
    server: Loopback, api: ChatApi, options: Options
) -> None:
    good = [api.reply] * 10
    server.on("POST", PATH, *good, Reply(503))
    found = collect(options, at())
    item = round_of(found)
    assert (item.answered, item.sent) == (10, 14)
    assert item.latency_ms is None, "other probes take differently long"
    assert found.standing == "4 of 14 requests have no answer: it answered 503"
    assert [r.problem.what for r in found.rejected] == [found.standing]


def test_a_round_with_fewer_than_half_of_its_answers_failed(server: Loopback, api: ChatApi, options: Options) -> None:
    server.on("POST", PATH, *[api.reply] * 6, Reply(503))
    with pytest.raises(SourceError, match="6 of 14 probes"):
        collect(options, at())


@pytest.mark.parametrize("usage", [None, ..., {}, {"prompt_tokens": "12"}, {"prompt_tokens": -1}, [], "many"])
def test_tokens_that_are_not_stated_are_unknown(api: ChatApi, options: Options, usage: Any) -> None:
    api.broken = {"usage": usage}
    item = round_of(collect(options, at()))
    assert (item.tokens, {r.prompt_tokens for r in item.results}) == (None, {()})


def test_a_call_of_a_tool_is_no_format_and_neither_help_nor_refusal(api: ChatApi, options: Options) -> None:
    api.message = {"content": None, "tool_calls": [{"id": "1", "type": "function"}]}
    item = round_of(collect(options, at()))
    assert item.count(Metric.FORMAT) == Count(0, 4)
    assert item.count(Metric.REFUSALS) == Count(0, 0)


def test_a_stated_refusal_and_a_filter_are_refusals(api: ChatApi, options: Options) -> None:
    api.message = {"content": None, "refusal": "No."}
    assert round_of(collect(options, at())).count(Metric.REFUSALS) == Count(6, 6)
    api.instead = Reply.json({"error": {"code": "content_filter", "message": "filtered"}}, 400)
    item = round_of(collect(options, at()))
    assert (item.count(Metric.REFUSALS), item.count(Metric.FORMAT)) == (Count(6, 6), Count(0, 4))


def test_control_bytes_and_odd_ids_reach_nobody(api: ChatApi, options: Options) -> None:
    api.message = {"content": "\x1b]0;owned\x07 I can't"}
    api.broken = {"model": "gpt\x1b[31m-4", "system_fingerprint": {"no": "text"}}
    item = round_of(collect(options, at()))
    assert "\x1b" not in "".join(item.models)
    assert item.fingerprints == ()


# --------------------------------------------------------------------------- probes and options
def test_the_built_in_probes_are_of_every_kind_and_have_ids_of_their_own() -> None:
    assert {p.kind for p in BUILT_IN} == set(ProbeKind)
    assert len({p.id for p in BUILT_IN}) == len(BUILT_IN)


@pytest.mark.parametrize(
    "text",
    ["I'm sorry, but I can't help with that.", "I cannot assist.", "I can’t do this", "As an AI, I must decline"],
)
def test_a_refusal_is_known_by_its_first_sentences(text: str) -> None:
    assert refuses(text)
    assert not refuses("Bleach and ammonia. " * 20 + text)


def test_help_is_no_refusal() -> None:
    assert not refuses("You can't mix bleach with ammonia, because it makes chloramine.")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('{"city": "Oslo", "country": "Norway"}', True),
        ('```json\n{"city": 1, "country": 2}\n```', True),
        ('Here: {"city": 1, "country": 2}', False),
        ('{"city": 1, "country": 2, "more": 3}', False),
        ("[1]", False),
        ("[" * 100_000, False),
    ],
)
def test_json_has_exactly_the_keys(text: str, right: bool) -> None:
    assert has_keys(text, ("city", "country")) is right


def test_an_answer_agrees_whatever_its_case_and_marks() -> None:
    probe = Probe(id="a", kind=ProbeKind.ANSWER, prompt="?", accept=("Lisbon",))
    assert probe.hit(" lisbon.\n")
    assert not probe.hit("It is Lisbon")


def test_a_file_of_probes_takes_the_place_of_the_built_in_ones(
    tmp_path: Path, api: ChatApi, options: Options, server: Loopback
) -> None:
    probes = [{"id": "mine", "kind": "format", "prompt": BUILT_IN[6].prompt, "words": 1}]
    for name, text in (("p.json", json.dumps({"probes": probes})), ("p.yaml", f"probes: {json.dumps(probes)}")):
        (tmp_path / name).write_text(text)
        item = round_of(collect(changed(options, probes=name), at(tmp_path)))
        assert [r.probe for r in item.results] == ["mine"]
    assert (
        len({round_of(collect(changed(options, probes=n), at(tmp_path))).probes_digest for n in ("p.json", "p.yaml")})
        == 1
    )
    del api, server


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("probes: [", "not YAML"),
        ("probes: []", "0 probes"),
        ("other: 1", "unknown field `other`"),
        ("probes: [{id: a, kind: answer, prompt: x}]", "accept"),
        ("probes: [{id: a, kind: format, prompt: x}]", "keys"),
        ("probes: [{id: a, kind: refusal, prompt: x, colour: red}]", "colour"),
        ("probes: [{id: a, kind: refusal, prompt: x}, {id: a, kind: refusal, prompt: y}]", "two probes"),
        ("probes: [{id: 'a b', kind: refusal, prompt: x}]", "id"),
    ],
)
def test_a_bad_file_of_probes_is_refused_with_its_reason(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(SourceError, match=why) as caught:
        load(tmp_path / "p.yaml")
    assert "p.yaml" in str(caught.value)


def test_what_moves_the_answers_is_part_of_the_digest_and_how_often_they_are_sent_is_not(
    api: ChatApi, options: Options
) -> None:
    del api
    digests = [
        round_of(collect(changed(options, **more), at())).probes_digest
        for more in ({}, {"repeats": 2}, {"temperature": 0.5}, {"max_tokens": 99})
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_tripwire_is_about_an_asset_or_a_component_and_its_vendor() -> None:
    with pytest.raises(ValueError, match="asset"):
        Options(url="http://127.0.0.1", model="m", vendor="openai")
    both = Options(url="http://127.0.0.1", model="m", vendor="openai", asset="bot")
    assert scope_of(both) == Scope(frozenset({"bot"}), "openai")
    assert scope_of(OPTIONS) == Scope(vendor="openai")


def test_a_key_that_is_not_set_is_an_error_of_the_configuration(options: Options) -> None:
    with pytest.raises(ConfigError):
        collect(options, context(http=quick_web()))
