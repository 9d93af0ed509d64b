"""Lists of ends of models in JSON, as deprecations.info publishes them: every model of many platforms in one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pulse_tui.collectors._shared.days import Day, day_at_start
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors._shared.plain import document
from pulse_tui.collectors.deprecations.rows import Row
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.lifecycle import Stage
from pulse_tui.domain.text import clean, name_problem

_PLATFORMS = {
    "amazon bedrock": "bedrock",
    "aws bedrock": "bedrock",
    "azure openai": "azure",
    "google gemini": "google",
    "google vertex": "vertex",
    "google vertex ai": "vertex",
    "microsoft azure": "azure",
    "vertex ai": "vertex",
}
_HOLDERS = ("items", "deprecations", "models", "data")


def listed_rows(name: str, data: bytes, bad: Bad) -> list[tuple[str, Row]]:
    """(platform, row) of each item. Raises SourceError when it is no such list."""
    top = document(name, data)
    if isinstance(top, dict):
        top = next((top[key] for key in _HOLDERS if isinstance(top.get(key), list)), None)
    if not isinstance(top, list):
        raise SourceError(f"{name} is no list of deprecations", todo="Give the list of deprecations.info, or a page")
    found = []
    for index, item in enumerate(top):
        made = _row(item)
        if isinstance(made, str):
            bad.refuse(f"{name}[{index}]", made, msgspec.json.encode(item)[:2_000])
        else:
            found.append(made)
    return found


def _row(item: Any) -> tuple[str, Row] | str:
    """The row, or why there is none."""
    if not isinstance(item, dict):
        return "it is no object"
    inner = item.get("_deprecation")  # of a JSON Feed
    item = {**item, **inner} if isinstance(inner, dict) else item
    model = _text(item, "model_id", "model")
    if not model or name_problem(model, 120):
        return "it names no model"
    ends, wrong = _day(item, "shutdown_date", "retirement_date")
    if wrong:
        return f"{wrong!r} is no date"
    announced, _ = _day(item, "announcement_date", "deprecation_date")
    platform = _text(item, "platform", "provider").lower()
    following = item.get("replacement_models") or item.get("replacement_model") or ()
    following = [following] if isinstance(following, str) else following
    context = _text(item, "deprecation_context", "context", "summary")
    names = [n for n in following if isinstance(n, str)] if isinstance(following, Sequence) else []
    return _PLATFORMS.get(platform, platform.replace(" ", "-")), Row(
        shown=model,
        models=(model,),
        stage=Stage.DEPRECATED,
        stated=False,
        ends=ends,
        floor=False,
        announced=announced.at if announced is not None else None,
        successor=clean(names[0], 120) if names else None,
        body="\n".join(_lines(ends, names, context)),
        section="",
        anchor="",
        of=platform,
    )


def _lines(ends: Day | None, names: Sequence[str], context: str) -> Iterable[str]:
    if ends is not None:
        yield f"Shutdown date: {ends.at:%Y-%m-%d}"
    if names:
        yield f"Recommended replacement: {clean(', '.join(names), 300)}"
    if context:
        yield clean(context, 2_000)


def _text(item: dict[str, Any], *keys: str) -> str:
    found = next((value for key in keys if isinstance(value := item.get(key), str) and value.strip()), "")
    return clean(found, 2_000)


def _day(item: dict[str, Any], *keys: str) -> tuple[Day | None, str]:
    """The day, and what stood there instead of one."""
    text = _text(item, *keys)
    day = day_at_start(text) if text else None
    return day, text if text and day is None else ""
