"""One value of a JSON or YAML text is replaced and nothing else: tried with documents nobody wrote by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.steps._shared import json_text
from pulse_tui.steps.git_commit import yaml_text
from tests.servers import forms

#: What quoting, comments, paths and line ends are made of, and letters of several widths.
WORDS = st.text(st.sampled_from("ab1. :#-&*!|>'\"\\{}[],%@`?~/\u00e9\u2028\U0001f600\t"), max_size=6)
NAMES = WORDS.filter(bool)
SCALARS = st.one_of(
    WORDS, st.integers(-99, 99), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
).filter(lambda document: isinstance(document, dict | list))
VERSIONS = st.from_regex(r"[a-z0-9]{1,3}(\.[a-z0-9]{1,3}){0,2}", fullmatch=True)


def scalars(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every scalar."""
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from scalars(inner, (*path, name))
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            yield from scalars(inner, (*path, number))
    else:
        yield path


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with the value at the path."""
    made = copy.deepcopy(document)
    inner = made
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return made


def named(path: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in path)


@settings(max_examples=forms.examples(60))
@given(DOCUMENTS, st.data(), VERSIONS)
def test_of_any_json_only_the_one_value_changes(document: Any, data: st.DataObject, value: str) -> None:
    layout: dict[str, Any] = data.draw(
        st.sampled_from([{}, {"indent": 2}, {"separators": (" , ", "\t:\n")}, {"ensure_ascii": False}])
    )
    text = json.dumps(document, **layout)
    for path in scalars(document):
        old = json_text.at(document, named(path))
        if isinstance(old, str | None):
            after = json_text.replaced(text, named(path), value)
            assert json.loads(after) == changed(document, path, value)
            spot = json_text.place(text, named(path))
            assert after.startswith(text[: spot.start])
            assert after.endswith(text[spot.end :])
            assert json_text.shown(json_text.place(after, named(path)), after) == value


@settings(max_examples=30)
@given(DOCUMENTS, st.data(), VERSIONS)
def test_of_any_yaml_only_the_one_value_changes_or_nothing_does(document: Any, data: st.DataObject, value: str) -> None:
    layout: dict[str, Any] = data.draw(
        st.sampled_from([{}, {"default_flow_style": True}, {"default_style": "'"}, {"indent": 4}])
    )
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, **layout)
    replaced = 0
    for path in scalars(document):
        old = json_text.at(document, named(path))
        try:
            after = yaml_text.replaced(text, named(path), value)
        except ValueError:
            continue
        if isinstance(old, str) or old is None:
            assert yaml.safe_load(after) == changed(document, path, value)
        assert yaml_text.value_at(after, named(path)) == value
        replaced += 1
    assert (
        replaced
        or not [p for p in scalars(document) if isinstance(json_text.at(document, named(p)), str)]
        or "|" in text
    )


@pytest.mark.parametrize("text", ['{"a": 1', '{"a": 1,}', "{'a': 1}", '{"a": 01}', '{"a": "\n"}', "", "nul"])
def test_what_is_no_json_is_never_changed(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.replaced(text, ("a",), "x")
