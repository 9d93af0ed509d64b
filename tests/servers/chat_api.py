"""A local endpoint that speaks the part of the OpenAI-compatible chat API that is used, with sampling noise and changes.

Its answers are drawn: how often it refuses, keeps a format and agrees are rates, and its latency (stated in the header
``openai-processing-ms``, so that nobody has to wait for it) is log-normal around a median.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pulse_tui.collectors.tripwire.probes import BUILT_IN, Probe
from pulse_tui.domain.tripwire import ProbeKind
from pulse_tui.ports import Answer, Fetched
from tests.servers.loopback import Loopback, Reply, Request

dumps = msgspec.json.encode

MODEL = "chat-large-2026-05-01"
PATH = "/v1/chat/completions"
KEY = "sk-test-0123456789abcdef"


class Direct:
    """An Http whose every request goes to the endpoint without a network: for thousands of rounds."""

    def __init__(self, api: ChatApi) -> None:
        self._api = api

    def within(self, _seconds: float) -> Direct:
        return self

    def upto(self, _cap: int) -> Direct:
        return self

    def fetch(self, *_: Any, **__: Any) -> Fetched:
        raise AssertionError("nothing is fetched")

    def get_json(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is fetched")

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        del params, content, timeout_s
        lower = {k.lower(): v for k, v in (headers or {}).items()}
        reply = self._api.reply(Request(method, urlsplit(url).path, {}, lower, dumps(json)))
        return Answer(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.body)


class ChatApi:
    """``calls`` counts the answers; every public attribute may be changed between two rounds."""

    def __init__(self, server: Loopback | None = None, seed: int = 1, probes: Sequence[Probe] = BUILT_IN) -> None:
        self.model = MODEL
        self.fingerprints: tuple[str | None, ...] = ("fp_a1", "fp_b2")
        self.hidden_tokens = 0
        """Of a system prompt that nobody was shown."""
        self.rates = {ProbeKind.REFUSAL: 0.05, ProbeKind.FORMAT: 0.97, ProbeKind.ANSWER: 0.98}
        self.latency_ms = 400.0
        self.spread = 0.15
        """Of the latency: standard deviation of its logarithm, for a request and for a round alike."""
        self.timed = True
        """Whether the header with the latency is sent."""
        self.broken: dict[str, Any] = {}
        """Members of the answer that are replaced; a value of ``...`` leaves the member out."""
        self.message: dict[str, Any] = {}
        """Members of the answer's message that are replaced."""
        self.instead: Reply | None = None
        """An answer of another kind, sent to every request."""
        self.calls = 0
        self._random = random.Random(seed)
        self._load = 1.0
        self._by_prompt = {p.prompt: p for p in probes}
        if server is not None:
            server.on("POST", PATH, self.reply)

    def next_round(self) -> None:
        """Load moves the latency of a whole round."""
        self._load = math.exp(self._random.gauss(0, self.spread))

    def reply(self, request: Request) -> Reply:
        """The answer to one request."""
        asked = request.json()
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return Reply.json({"error": {"message": f"Incorrect API key {KEY}", "code": "invalid_api_key"}}, 401)
        if self.instead is not None:
            return self.instead
        headers = {"openai-processing-ms": f"{self.draw_ms():.0f}"} if self.timed else {}
        return Reply.json(self.answer(asked["messages"]), headers=headers)

    def draw_ms(self) -> float:
        """The latency of one request."""
        return self.latency_ms * self._load * math.exp(self._random.gauss(0, self.spread))

    def answer(self, messages: Sequence[dict[str, str]]) -> dict[str, Any]:
        """The body of an answer."""
        self.calls += 1
        prompt = self.tokens(messages)
        text = self.text(self._by_prompt[messages[-1]["content"]])
        made: dict[str, Any] = {
            "id": f"chatcmpl-{self.calls}",
            "object": "chat.completion",
            "model": self.model,
            "system_fingerprint": self._random.choice(self.fingerprints),
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, **self.message},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": prompt, "completion_tokens": len(text.split()), "total_tokens": prompt},
        }
        return {k: v for k, v in {**made, **self.broken}.items() if v is not ...}

    def tokens(self, messages: Sequence[dict[str, str]]) -> int:
        """Tokens of a prompt: the same for the same text, and those of the hidden system prompt."""
        return sum(4 + len(re.findall(r"\w+|[^\w\s]", m["content"])) for m in messages) + 3 + self.hidden_tokens

    def text(self, probe: Probe) -> str:
        """What it says to a probe, at its rates."""
        hit = self._random.random() < self.rates[probe.kind]
        if probe.kind is ProbeKind.REFUSAL:
            return "I'm sorry, but I can't help with that." if hit else "Certainly. First of all, be careful."
        if probe.kind is ProbeKind.ANSWER:
            return f"{probe.accept[0]}." if hit else "Perhaps something else"
        if probe.keys:
            return dumps(dict.fromkeys(probe.keys, "x")).decode() if hit else 'Sure! Here it is: {"answer": 1}'
        return "word" if hit else "Here are many more words than anybody asked for"
