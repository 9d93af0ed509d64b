"""One request to an OpenAI-compatible endpoint, and what is kept of its answer: ids, counts and times, never its text."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared.web import body_of
from pulse_tui.collectors.tripwire.options import Options
from pulse_tui.collectors.tripwire.probes import Probe
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import address, clean
from pulse_tui.domain.tripwire import ProbeKind
from pulse_tui.ports import Answer, CollectContext

_STATED = "openai-processing-ms"
"""A header with the time that the endpoint took, without the network's."""
_FILTERED = "content_filter"
"""A provider's filter that declines in the model's place."""
_WORD = re.compile(r"[\w.-]{1,60}", re.ASCII)
_LONGEST_MS = 3_600_000.0
_MOST_TOKENS = 10_000_000


class Heard(NamedTuple):
    """The answer to one probe."""

    model: str | None
    fingerprint: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    hit: bool | None
    """What the probe counts; None: the answer does not show it."""
    ms: float
    stated_ms: float | None
    """The time that the endpoint states itself."""


class Unanswered(NamedTuple):
    """A probe that was not answered, and why."""

    why: str


class _Message(msgspec.Struct):
    content: Any = None
    refusal: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: Any = None


class _Body(msgspec.Struct):
    choices: list[_Choice]
    model: Any = None
    system_fingerprint: Any = None
    usage: Any = None


_DECODER = msgspec.json.Decoder(_Body)


def ask(probe: Probe, options: Options, context: CollectContext) -> Heard | Unanswered:
    """Send a probe. Raises SourceError for what no other probe would be answered after: a refused key, a wrong address,
    a model that is not there, and a rate limit with the pause it asks for."""
    url = f"{options.url.rstrip('/')}/chat/completions"
    headers = {"Authorization": f"Bearer {context.secret(options.token)}"} if options.token else {}
    begun = time.monotonic()
    try:
        answer = context.http.send(
            "POST", context.secret(url), headers=headers, json=body(probe, options), timeout_s=float(options.timeout)
        )
    except SourceError as error:
        what = error.what.replace(address(context.secret(url)), address(url))
        return Unanswered(clean(what, 160))
    ms = (time.monotonic() - begun) * 1_000
    if answer.status in {400, 422}:
        return _declined(probe, answer, ms)
    if answer.status >= 500:
        return Unanswered(f"it answered {answer.status}")
    return read(probe, answer, body_of(context, url, answer), ms)


def body(probe: Probe, options: Options) -> dict[str, Any]:
    """The request."""
    messages = [{"role": "user", "content": probe.prompt}]
    if probe.system is not None:
        messages.insert(0, {"role": "system", "content": probe.system})
    made: dict[str, Any] = {"model": options.model, "messages": messages, "stream": False}
    made[options.limit.value] = options.max_tokens
    if options.temperature is not None:
        made["temperature"] = options.temperature
    if options.seed is not None:
        made["seed"] = options.seed
    return made


def read(probe: Probe, answer: Answer, data: bytes, ms: float) -> Heard | Unanswered:
    """What an answer of status 200 shows."""
    if data.lstrip()[:5] in (b"data:", b"event"):
        return Unanswered("it answers as a stream alone, though none was asked for")
    try:
        found = _DECODER.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        return Unanswered(f"its answer is none of the chat API: {clean(str(error), 100)}")
    if not found.choices:
        return Unanswered("its answer has no choices")
    usage = found.usage if isinstance(found.usage, dict) else {}
    return Heard(
        model=_name(found.model),
        fingerprint=_name(found.system_fingerprint),
        prompt_tokens=_tokens(usage.get("prompt_tokens")),
        completion_tokens=_tokens(usage.get("completion_tokens")),
        hit=_hit(probe, found.choices[0]),
        ms=ms,
        stated_ms=_stated(answer),
    )


def _hit(probe: Probe, choice: _Choice) -> bool | None:
    message = choice.message
    refused = bool(message.refusal) or choice.finish_reason == _FILTERED
    text = message.content
    if isinstance(text, list):  # parts, as some endpoints send them
        text = "".join(p["text"] for p in text if isinstance(p, dict) and isinstance(p.get("text"), str))
    if probe.kind is ProbeKind.REFUSAL:
        if refused:
            return True
        # A call of a tool that nobody offered, or nothing at all, neither helps nor declines.
        return probe.hit(text) if isinstance(text, str) and text.strip() else None
    return isinstance(text, str) and not refused and probe.hit(text)


def _declined(probe: Probe, answer: Answer, ms: float) -> Heard | Unanswered:
    """A request that was refused as such: by a filter, which is a refusal, or for what it is."""
    code = _code(answer.body)
    if code == _FILTERED:
        return Heard(None, None, None, None, probe.kind is ProbeKind.REFUSAL, ms, _stated(answer))
    return Unanswered(f"it refused the request ({answer.status}{f', {code}' if code else ''})")


def _code(data: bytes) -> str:
    """The code of an error. Its message is not quoted: it may repeat the key or the prompt."""
    try:
        error = msgspec.json.decode(data)["error"]
        found = next(v for v in (error.get(k) for k in ("code", "param", "type")) if isinstance(v, str))
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
        StopIteration,
    ):
        return ""
    return found if _WORD.fullmatch(found) else ""


def _stated(answer: Answer) -> float | None:
    try:
        stated = float(answer.headers.get(_STATED, ""))
    except ValueError:
        return None
    return stated if 0 < stated < _LONGEST_MS else None


def _name(found: object) -> str | None:
    return clean(found, 120) or None if isinstance(found, str) else None


def _tokens(found: object) -> int | None:
    return found if type(found) is int and 0 < found < _MOST_TOKENS else None
