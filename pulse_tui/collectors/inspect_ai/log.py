"""Logs of inspect-ai as they are on disk: ``.eval`` (a zip of zstd members) and ``.json``.

Of a zip ``header.json`` and ``summaries.json`` are read, one row for each sample and epoch: the samples themselves hold
every message and may be a megabyte each. What summaries cut (texts over 5,120 characters) is cut in the same way here,
so that both forms of one log give the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from pulse_tui.collectors._shared.fields import canonical
from pulse_tui.collectors._shared.members import Members
from pulse_tui.collectors._shared.sheets import number, short
from pulse_tui.collectors._shared.typed import typed
from pulse_tui.domain.errors import SourceError

TEXT_KEPT = 5_120
REMOVED = "Key removed from summary (> 1k)"
"""What a summary has in place of a large value of a sample's metadata."""


class Score(msgspec.Struct):
    """One scorer's result on a sample."""

    value: Any = None
    answer: Any = None


class Failure(msgspec.Struct):
    """An error, without its traceback."""

    message: str = ""


class _Usage(msgspec.Struct):
    total_cost: Any = None


class Sample(msgspec.Struct):
    """One sample in one epoch, whole or as a summary has it."""

    id: int | str
    epoch: int = 1
    input: Any = None
    choices: Any = None
    target: Any = None
    scores: dict[str, Score] | None = None
    metadata: dict[str, Any] | None = None
    error: Failure | str | None = None
    invalidation: Any = None
    started_at: str | None = None
    total_time: Any = None
    working_time: Any = None
    model_usage: dict[str, _Usage] | None = None

    def cost(self) -> Any:
        """What all its calls of models cost; None when one of them has no price."""
        costs = [usage.total_cost for usage in (self.model_usage or {}).values()]
        if not costs or None in costs:
            return None
        odd = next((cost for cost in costs if number(cost) is None), None)
        return odd if odd is not None else math.fsum(costs)

    def asked(self) -> str:
        """The input and its choices as one text; images and the like are named by their kind alone."""
        texts = [_cut(self.input)] if isinstance(self.input, str) else [_message(m) for m in _list(self.input)]
        return "\0".join([*texts, *(str(c) for c in _list(self.choices))])

    def wanted(self) -> str:
        """The target as one text."""
        return "\0".join(_cut(str(t)) for t in (_list(self.target) or [self.target]) if t is not None)


class Metric(msgspec.Struct):
    """A number that the log reports."""

    value: Any = None


class Reported(msgspec.Struct):
    """What the log reports of one scorer, or of one key of its values (``name``)."""

    name: str = ""
    scorer: str = ""
    reducer: str | None = None
    metrics: dict[str, Metric] = {}
    scored_samples: int | None = None


class Results(msgspec.Struct):
    """The log's own totals."""

    total_samples: int | None = None
    scores: list[Reported] = []
    early_stopping: Any = None


class _Dataset(msgspec.Struct):
    name: str | None = None


class Spec(msgspec.Struct):
    """What was run."""

    task: str
    eval_id: str = ""
    run_id: str = ""
    created: str = ""
    task_version: int | str = 0
    model: str = ""
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None
    dataset: _Dataset = msgspec.field(default_factory=_Dataset)
    task_args: dict[str, Any] | None = None
    model_args: dict[str, Any] | None = None
    model_generate_config: dict[str, Any] | None = None
    solver: str | None = None
    config: dict[str, Any] | None = None


_CONFIG = {
    "limit": "limit",
    "epochs": "epochs",
    "message_limit": "message limit",
    "token_limit": "token limit",
    "time_limit": "time limit",
    "working_limit": "working limit",
}
_GENERATE = (
    "temperature", "top_p", "top_k", "max_tokens", "reasoning_effort", "reasoning_tokens", "num_choices", "stop_seqs",
    "frequency_penalty", "presence_penalty", "response_schema", "best_of",
)  # fmt: skip
"""How answers are made; retries, caches, connections and the seed change nothing of what is asked."""


def conditions(spec: Spec) -> dict[str, str]:
    """The conditions of the measurement: limits, epochs, the task's arguments, its solver and version, how answers are made.

    The arguments of a model identify the measured one; two releases differ in them.
    """
    stated: dict[str, Any] = {"task version": spec.task_version, "task arguments": spec.task_args or None}
    stated |= {word: (spec.config or {}).get(key) for key, word in _CONFIG.items()}
    generate = spec.model_generate_config or {}
    stated["generation"] = {key: generate[key] for key in _GENERATE if generate.get(key) is not None} or None
    if spec.solver is not None:
        stated["solver"] = spec.solver
    return {word: "none" if value is None else short(canonical(value).decode()) for word, value in stated.items()}


class _Stats(msgspec.Struct):
    completed_at: str = ""


class Header(msgspec.Struct):
    """All of a log but its samples."""

    status: str
    eval: Spec
    results: Results | None = None
    stats: _Stats = msgspec.field(default_factory=_Stats)
    error: Failure | None = None
    invalidated: bool = False
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None


class _Whole(Header):
    samples: list[Sample] | None = None


_HEADER = msgspec.json.Decoder(Header)
_WHOLE = msgspec.json.Decoder(_Whole)
_SAMPLE = msgspec.json.Decoder(Sample)
_SUMMARIES = msgspec.json.Decoder(list[Sample])
_WHAT = "inspect-ai log"


class Log:
    """A log whose header is read; its samples are read when they are asked for."""

    def __init__(self, name: str, data: bytes, cap: int) -> None:
        """``cap``: bytes to which a zip may unpack. Raises SourceError for what is not a log, or one that is not ended."""
        self._name = name
        self._members: Members | None = None
        self._samples: list[Sample] = []
        if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
            whole = typed(name, data, _WHOLE, _WHAT)
            self.header: Header = whole
            self._samples = whole.samples or []
            return
        self._members = Members(name, data, cap)
        if "header.json" not in self._members:
            begun = any(member.startswith("_journal/") for member in self._members)
            what = "has not ended: it has no header.json" if begun else f"is not a valid {_WHAT}: it has no header.json"
            raise SourceError(f"{name} {what}", todo="Wait for its end, or run it again" if begun else "")
        self.header = self._typed("header.json", _HEADER)

    def samples(self) -> Iterator[Sample]:
        """Every sample of every epoch. Raises SourceError for a member that is damaged or too large."""
        if self._members is None:
            yield from self._samples
        elif "summaries.json" in self._members:
            yield from self._typed("summaries.json", _SUMMARIES)
        else:
            for member in self._members:
                if member.startswith("samples/") and member.endswith(".json") and member.count("/") == 1:
                    yield self._typed(member, _SAMPLE)

    def _typed(self, member: str, decoder: msgspec.json.Decoder[Any]) -> Any:
        assert self._members is not None
        return typed(f"{self._name}/{member}", self._members.read(member), decoder, _WHAT)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_KEPT else f"{text[:TEXT_KEPT]}...\n(content truncated)"


def _message(message: Any) -> str:
    """Role and text. Ids are left out: a message gets another in every run."""
    if not isinstance(message, dict):
        return ""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return f"{message.get('role')}: " + "\n".join(_part(part) for part in parts if isinstance(part, dict))


def _part(part: dict[str, Any]) -> str:
    kind = part.get("type")
    return _cut(str(part.get("text") or "")) if kind == "text" else f"({str(kind).capitalize()})"
