"""Every screen of the tower with its keys, by the name that ``keys:`` of tower.yaml knows it by."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, cast

from pulse_tui import tui
from pulse_tui.tui.kit.keymap import Lists, screen_name
from pulse_tui.tui.kit.keys import Key
from pulse_tui.tui.kit.screen import BaseScreen
from pulse_tui.tui.main import PANES, MainScreen, keys_of
from pulse_tui.tui.pane import Pane


def screens() -> Lists:
    """It imports all of them: for who has chosen keys, or asks which there are."""
    for info in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(info.name)
    found: dict[str, list[tuple[str, list[Key]]]] = {}
    panes = [pane for pane in _of_the_product(Pane) if "TAB" in vars(pane)]
    shared = keys_of(cast("Any", []))
    for pane in panes:
        name = pane.TAB.casefold()
        found[name] = [(PANES, [*shared, *(k for each in panes for k in each.ANYWHERE)]), (name, list(pane.KEYS))]
    for screen in _of_the_product(BaseScreen):
        keys = [key for key in screen.BINDINGS if isinstance(key, Key)]
        if keys and screen is not MainScreen and "BINDINGS" in vars(screen):
            found[screen_name(screen)] = [(screen_name(screen), keys)]
    return found


def _of_the_product(base: type) -> Iterator[Any]:
    direct: type
    for direct in base.__subclasses__():
        if direct.__module__.startswith(tui.__name__):
            yield direct
            yield from _of_the_product(direct)
