"""Options in words: what a person reads of a shape comes from the shape itself."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pulse_tui.domain.words import Environment
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.describe import explained, options_in, prose, shapes_in, words_of


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    """A part."""

    name: str
    again: Inner | None = None


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """``where`` is explained here."""

    where: str
    """Its address."""
    count: Annotated[int, Meta(ge=1, le=9)] = 3
    ratio: Annotated[float, Meta(gt=0, description="A share.")] | None = None
    every: Seconds = Seconds(7_200)
    parts: tuple[Inner, ...] = ()
    by: dict[str, Inner] = {}
    on: tuple[Environment, ...] = (Environment.CANARY,)
    mode: Literal["a", "b"] = "a"
    named: str = msgspec.field(default="x", name="called")
    bare: bool = False


def test_each_option_has_its_type_and_default_as_it_is_written() -> None:
    shown = {o.name: (o.type, o.required, o.default) for o in options_in(Shape)}
    assert shown == {
        "where": ("text", True, ""),
        "count": ("whole number (>= 1, <= 9)", False, "3"),
        "ratio": ("number (> 0)", False, ""),
        "every": ("duration", False, "2h"),
        "parts": ("list of `Inner` (below)", False, ""),
        "by": ("map of text to `Inner` (below)", False, ""),
        "on": ("list of replica, shadow, canary, production", False, "[canary]"),
        "mode": ("a, b", False, "a"),
        "called": ("text", False, "x"),
        "bare": ("true or false", False, "false"),
    }


def test_words_stand_under_a_field_in_its_meta_or_in_the_docstring() -> None:
    assert words_of(Shape) == {"where": "Its address.", "ratio": "A share."}
    assert explained(Shape, "where")
    assert explained(Shape, "ratio")
    assert not explained(Shape, "bare")
    assert prose(Shape) == "`where` is explained here."


def test_a_shape_inside_is_found_once_even_when_it_holds_itself() -> None:
    assert shapes_in(Shape) == [Inner]
    assert shapes_in(Inner) == []
