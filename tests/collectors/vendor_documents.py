"""A good document of every kind of source that vendors publish: eight entries of November, and gpt-4.1 where models are listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

DAYS = range(15, 23)


def feed(extra: str = "", days: range = DAYS) -> bytes:
    """RSS; ``extra`` stands before its entries."""
    items = "".join(
        f"<item><title>Notes of the day {d}</title><guid>g{d}</guid><link>https://v.example/{d}</link>"
        f"<pubDate>{d:02d} Nov 2026 10:00:00 GMT</pubDate><description>Text {d} about the API.</description></item>"
        for d in days
    )
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>x</title>'
    return f"{head}{extra}{items}</channel></rss>".encode()


def item(
    key: str, title: str = "t", text: str = "Text.", date: str | None = "20 Nov 2026 10:00:00 GMT", link: str = ""
) -> str:
    """An entry of a feed."""
    dated = f"<pubDate>{date}</pubDate>" if date is not None else ""
    return f"<item><title>{title}</title><guid>{key}</guid><link>{link}</link>{dated}<description>{text}</description></item>"


def changelog(extra: str = "", days: range = DAYS) -> bytes:
    """Markdown; ``extra`` stands before its days."""
    return (
        "# Changelog\n\n" + extra + "".join(f"## 2026-11-{d:02d}\n\n- Text {d} about the API.\n\n" for d in days)
    ).encode()


def deprecations(extra: str = "", days: range = DAYS) -> bytes:
    """A table of ends; ``extra`` are more rows."""
    rows = "".join(f"| 2027-06-{d:02d} | old-model-{d} | new-model |\n" for d in days)
    return f"# Deprecations\n\n| Shutdown date | Model | Replacement |\n|---|---|---|\n{extra}{rows}".encode()


def incident(key: Any = "live", **more: Any) -> dict[str, Any]:
    """An incident that goes on."""
    at = "2026-11-23T01:00:00Z"
    updates = [{"status": "investigating", "body": "We see errors with gpt-4.1", "created_at": at}]
    told = {"name": "gpt-4.1 is failing", "status": "investigating", "created_at": at, "impact": "major"}
    return {"id": key, **told, "incident_updates": updates, **more}


def statuspage(*extra: Any, days: range = DAYS) -> bytes:
    """Incidents that are over, behind ``extra``."""
    return json.dumps({"incidents": [*extra, *(over(d) for d in days)]}).encode()


def over(day: int) -> dict[str, Any]:
    """An incident of that day, which ended."""
    at = f"2026-11-{day:02d}T10:00:00Z"
    updates = [{"status": "resolved", "body": "done", "created_at": at}]
    return {
        "id": f"i{day}",
        "name": f"Errors {day}",
        "status": "resolved",
        "created_at": at,
        "incident_updates": updates,
    }


def releases(*extra: Any, days: range = DAYS) -> bytes:
    """Releases of a package, behind ``extra``."""
    return json.dumps(
        [*extra, *(release(f"v0.9.{d}", published_at=f"2026-11-{d:02d}T10:00:00Z") for d in days)]
    ).encode()


def release(tag: Any = "v0.9.99", **more: Any) -> dict[str, Any]:
    """One release."""
    told = {
        "name": tag,
        "body": "- fixes",
        "html_url": "https://github.com/a/b",
        "published_at": "2026-11-22T10:00:00Z",
    }
    return {"tag_name": tag, **told, **more}


def models_dev(extra: Mapping[str, Any] | None = None, days: range = DAYS) -> bytes:
    """The shape of models.dev; ``extra`` are more models by id."""
    models = {f"m-{d}": priced(f"m-{d}") for d in days} | {"gpt-4.1": priced("gpt-4.1")} | dict(extra or {})
    return json.dumps({"openai": {"id": "openai", "name": "OpenAI", "models": models}}).encode()


def priced(key: str, **more: Any) -> dict[str, Any]:
    """A model of models.dev."""
    cost, limit = {"input": 1.0, "output": 2.0}, {"context": 1_000, "output": 100}
    return {"id": key, "name": key, "cost": cost, "limit": limit, "release_date": "2026-01-01", **more}


def litellm(extra: Mapping[str, Any] | None = None, days: range = DAYS) -> bytes:
    """The shape of litellm's price file."""
    each = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "max_tokens": 1_000}
    return json.dumps({f"openai/m-{d}": each for d in days} | {"gpt-4.1": each} | dict(extra or {})).encode()


def openrouter(*extra: Any, days: range = DAYS) -> bytes:
    """The shape of OpenRouter's list."""
    return json.dumps(
        {"data": [*(routed(f"openai/{m}") for m in ("gpt-4.1", *(f"m-{d}" for d in days))), *extra]}
    ).encode()


def routed(key: Any, **more: Any) -> dict[str, Any]:
    """A model of OpenRouter."""
    told = {"canonical_slug": key, "name": key, "created": 1_744_651_381, "context_length": 1_000}
    return {"id": key, **told, "pricing": {"prompt": "0.000001", "completion": "0.000002"}, **more}


def model_list(*extra: Any, days: range = DAYS) -> bytes:
    """The shape of OpenAI's ``/v1/models``."""
    known = [{"id": m, "object": "model", "owned_by": "openai"} for m in ("gpt-4.1", *(f"m-{d}" for d in days))]
    return json.dumps({"object": "list", "data": [*known, *extra]}).encode()


def answer() -> bytes:
    """An answer of a chat API."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21}
    return json.dumps({"model": "gpt-4.1-2025-04-14", "choices": [choice], "usage": usage}).encode()


class Kind(NamedTuple):
    """How a source of a kind is set, where it asks, and what it reads."""

    options: str
    path: str
    good: Callable[[], bytes]
    method: str = "GET"


KINDS: dict[str, Kind] = {
    "feed": Kind('url: "{url}/x", vendor: openai', "/x", feed),
    "changelog": Kind('url: "{url}/x", vendor: openai', "/x", changelog),
    "deprecations": Kind('url: "{url}/x", vendor: openai', "/x", deprecations),
    "statuspage": Kind('url: "{url}/x.json", vendor: openai', "/x.json", statuspage),
    "github_releases": Kind('url: "{url}", repository: a/vllm', "/repos/a/vllm/releases", releases),
    "models_dev": Kind('url: "{url}/x"', "/x", models_dev),
    "litellm": Kind('url: "{url}/x"', "/x", litellm),
    "openrouter": Kind('url: "{url}/x"', "/x", openrouter),
    "model_list": Kind('url: "{url}/x", platform: openai', "/x", model_list),
    "tripwire": Kind('url: "{url}", model: gpt-4.1, vendor: openai', "/chat/completions", answer, "POST"),
}
