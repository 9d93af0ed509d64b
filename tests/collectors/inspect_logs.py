"""Small logs of inspect-ai in their real shapes, as ``.json`` and as ``.eval``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.collectors.zips import ZSTD, zipped

_CUT = 5_120


def sample(ident: int | str, value: Any = "C", epoch: int = 1, **more: Any) -> dict[str, Any]:
    """A sample as a log has it; ``value`` is of the scorer ``includes``, None leaves it without a score."""
    at = f"2026-11-23T01:18:{epoch:02d}.82{len(str(ident))}798+00:00"
    scores = {"includes": {"value": value, "answer": "paris", "explanation": "Paris", "history": []}}
    return {
        "id": ident,
        "epoch": epoch,
        "input": f"What is {ident}?",
        "target": "Paris",
        "messages": [{"id": "m1", "content": f"What is {ident}?", "source": "input", "role": "user"}],
        "output": {"model": "mockllm/model", "choices": [], "completion": "Paris"},
        "scores": None if value is None else scores,
        "metadata": {"cluster": "geo"},
        "store": {},
        "events": [{"event": "sample_init", "state": {"n": 1}}],
        "model_usage": {"mockllm/model": {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}},
        "started_at": at,
        "completed_at": at,
        "total_time": 0.5,
        "working_time": 0.25,
        "uuid": f"u-{ident}-{epoch}",
        "error_retries": [],
        "attachments": {},
        **more,
    }


def report(scorer: str = "includes", value: float | None = 0.75, **more: Any) -> dict[str, Any]:
    """An entry of ``results.scores``; no metrics without a value."""
    metrics = {} if value is None else {"accuracy": {"name": "accuracy", "value": value, "params": {}}}
    return {"name": scorer, "scorer": scorer, "reducer": "mean", "params": {}, "metrics": metrics, **more}


def header(samples: Sequence[dict[str, Any]], scores: Sequence[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """All of a log but its samples; ``eval`` in ``changes`` is merged, the rest replaces."""
    spec = {
        "eval_id": "8LtXWPahdyHKY4njoCjqEv",
        "run_id": "6Xvbk82K7bphHtMuNzymDD",
        "created": "2026-11-23T01:18:27+00:00",
        "task": "tiny",
        "task_id": "6xXnNt4NypTC8vAJBAWkUk",
        "task_version": 0,
        "dataset": {"samples": 4, "sample_ids": sorted({str(s["id"]) for s in samples}), "shuffled": False},
        "model": "mockllm/model",
        "config": {"epochs": 2},
        "packages": {"inspect_ai": "0.3.285"},
        **changes.pop("eval", {}),
    }
    results = {"total_samples": len(samples), "completed_samples": len(samples), "scores": list(scores)}
    return {
        "version": 2,
        "status": "success",
        "eval": spec,
        "plan": {"name": "plan", "steps": []},
        "results": results,
        "stats": {"started_at": "2026-11-23T01:18:27+00:00", "completed_at": "2026-11-23T01:19:27+00:00"},
        "invalidated": False,
        "tags": ["support-bot@3.8.2"],
        "metadata": {},
        **changes,
    }


def four() -> list[dict[str, Any]]:
    """Two samples in two epochs, three of four right."""
    return [
        sample(ident, "I" if (ident, epoch) == ("b", 2) else "C", epoch) for epoch in (1, 2) for ident in ("a", "b")
    ]


def as_json(samples: Sequence[dict[str, Any]], scores: Sequence[dict[str, Any]] = (), **changes: Any) -> bytes:
    """The ``.json`` form: samples in the order of their ids."""
    whole = header(samples, scores or [report()], **changes)
    ordered = sorted(samples, key=lambda s: (s["epoch"], str(s["id"])))
    return json.dumps({**whole, "samples": ordered, "reductions": []}, indent=2).encode()


def members(samples: Sequence[dict[str, Any]], scores: Sequence[dict[str, Any]] = (), **changes: Any) -> dict[str, Any]:
    """What a ``.eval`` holds, in its order: samples as they ended, their summaries, the header last."""
    rows = [summary(s) for s in reversed(samples)]
    whole = {k: v for k, v in header(samples, scores or [report()], **changes).items() if v is not None}
    return {
        "_journal/start.json": {"version": 2, "eval": whole["eval"], "plan": whole["plan"]},
        **{f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in reversed(samples)},
        "_journal/summaries/1.json": rows,
        "summaries.json": rows,
        "reductions.json": [],
        "header.json": whole,
    }


def as_eval(
    samples: Sequence[dict[str, Any]], scores: Sequence[dict[str, Any]] = (), method: int = ZSTD, **changes: Any
) -> bytes:
    """The ``.eval`` form."""
    return zipped(members(samples, scores, **changes), method)


def summary(whole: dict[str, Any]) -> dict[str, Any]:
    """A sample as summaries have it: long texts cut, images told by their kind, an error by its message."""
    error = whole.get("error")
    keys = (
        "id",
        "epoch",
        "target",
        "scores",
        "model_usage",
        "started_at",
        "completed_at",
        "total_time",
        "working_time",
    )
    kept = {k: whole[k] for k in (*keys, "uuid", "choices") if whole.get(k) is not None}
    large = "Key removed from summary (> 1k)"
    metadata = {k: large if len(json.dumps(v)) > 1024 else v for k, v in (whole["metadata"] or {}).items()}
    extra = {"error": error["message"]} if error else {}
    return {**kept, "input": _thin(whole["input"]), "metadata": metadata, "retries": 0, "completed": True, **extra}


def _thin(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _CUT else value[:_CUT] + "...\n(content truncated)"
    return [{**message, "content": _content(message["content"])} for message in value]


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return _thin(content)
    text = [c["text"] if c["type"] == "text" else f"({c['type'].capitalize()})" for c in content]
    return [{"type": "text", "text": _thin(one)} for one in text]
