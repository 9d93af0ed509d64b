"""What the columns of a table of models are: which names the model, when it ends, what replaces it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.collectors._shared.blocks import Span

_MODEL = (
    r"(?:base )?model ids?\b",
    r"api model (?:name|id)",
    r"(?:deprecated|legacy|retired|affected) models?\b",
    r"model snapshot",
    r"models? ?/ ?system",
    r"model name",
    r"models?(?: or snapshot)?\b(?! (?:provider|version|family|type))",
    r"snapshot|system\b",
    r"model version",
)
_VERSION = re.compile(r"(?:model )?versions?\b")
_STATE = re.compile(r"(?:current )?(?:state|status)\b|lifecycle|(?:launch )?stage\b")
_ENDS = re.compile(
    r"shut ?-?down|retire|eol\b|end[- ]of[- ](?:life|support)|sunset|discontinu|turn(?:ed)? ?-?off|removal"
)
_NOT_ENDS = re.compile(r"training|replac|recommend|extended")
_ANNOUNCED = re.compile(r"deprecat\w*(?: date| on)?\b(?! model)(?!.*new customers)|legacy date|announce")
_NEXT = re.compile(r"replac|substitut|success|recommend|upgrade|migrat|alternative")
_ID = re.compile(r"[A-Za-z0-9][\w.:@/+-]{0,119}\Z")
_NOTES = re.compile(r"\([^()]{0,300}\)")
_APART = re.compile(r"\s*(?:[,;|]|\bor\b|\band\b)\s*")
_FOOTNOTES = "*\u2020\u2021\u00b9\u00b2\u00b3. "
_NOTHING = frozenset({"", "-", "--", "---", "\u2013", "\u2014", "n/a", "na", "none", "tbd", "tba", "null"})


class Columns(NamedTuple):
    """The number of each column; None: the table has none such."""

    model: int
    version: int | None = None
    state: int | None = None
    ends: int | None = None
    announced: int | None = None
    next: int | None = None


def columns(heads: Sequence[str]) -> Columns | None:
    """The columns by their heads; None for a table that says nothing of the lives of models."""
    lower = [head.lower().strip() for head in heads]
    model = next((i for form in _MODEL for i, head in enumerate(lower) if re.match(form, head)), None)
    if model is None:
        return None
    ends = [i for i, head in enumerate(lower) if i != model and _ENDS.search(head) and not _NOT_ENDS.search(head)]
    state, announced = (_first(lower, form, {model, *ends}) for form in (_STATE, _ANNOUNCED))
    if not ends and state is None:
        return None
    following = [i for i, head in enumerate(lower) if i != model and _NEXT.search(head)]
    return Columns(
        model=model,
        version=_first(lower, _VERSION, {model}),
        state=state,
        ends=next((i for i in ends if "date" in lower[i]), ends[0] if ends else None),
        announced=announced,
        next=next((i for i in following if "id" in lower[i].split()), following[0] if following else None),
    )


def _first(heads: Sequence[str], form: re.Pattern[str], taken: set[int]) -> int | None:
    return next((i for i, head in enumerate(heads) if i not in taken and form.match(head)), None)


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is nothing to say."""
    return text.strip(" .").lower() in _NOTHING


def ids_in(cell: Span) -> tuple[str, ...]:
    """The exact ids of models in a cell: its code, else its words where each of them is an id."""
    codes = tuple(dict.fromkeys(name for code in cell.codes if (name := as_id(code))))
    if codes:
        return codes
    parts = [part for part in _APART.split(_NOTES.sub(" ", cell.text)) if part.strip()]
    return tuple(dict.fromkeys(name for part in parts[:40] if (name := as_id(part))))


def as_id(text: str) -> str:
    """The id that a text is, without the mark of a footnote; empty where it is none: an endpoint, a name in words."""
    name = text.strip().strip(_FOOTNOTES)
    if not _ID.match(name) or is_nothing(name) or not any(c.isalpha() for c in name):
        return ""
    return "" if re.match(r"(?:v\d+/|https?:)", name) else name


def with_version(model: str, version: str) -> str:
    """The exact id of a model that is listed beside its version: ``gpt-4o`` and ``2024-05-13``."""
    version = version.strip().strip(_FOOTNOTES)
    if not re.fullmatch(r"20\d\d-\d\d-\d\d(?:-preview)?|\d{4}(?:-preview)?", version) or version in model:
        return model
    return f"{model}-{version}"
