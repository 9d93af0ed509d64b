"""The operator's own keys: an action has these keys instead of those it comes with, on one screen or on all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from pulse_tui.tui.kit.keys import Key, key_name


class Choice(Protocol):
    """What an operator wrote, as :class:`pulse_tui.settings.tower.KeyChoice`."""

    @property
    def screen(self) -> str:
        """Empty: all."""
        ...

    @property
    def action(self) -> str:
        """Its name, as :func:`called` gives it."""
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """As people write keys."""
        ...

    @property
    def where(self) -> str:
        """file:line."""
        ...


class Wrong(NamedTuple):
    """A choice that cannot be used."""

    where: str
    what: str
    hint: str = ""


def called(key: Key) -> str:
    """The name of its action: ``acknowledge``; ``move-next`` and ``move-previous`` of one that goes both ways."""
    name, _, rest = key.action.partition("(")
    name = name.removeprefix("app.").replace("_", "-")
    argument = rest.rstrip(")")
    if not argument:
        return name
    if argument in ("True", "False"):
        return f"{name}-{'last' if argument == 'True' else 'first'}"
    if name == "pane":
        return f"pane-{int(argument) + 1}"
    return f"{name}-{'previous' if argument.startswith('-') else 'next'}"


_SAME: Final[Mapping[str, str]] = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete", "ins": "insert",
}  # fmt: skip
_NAMED: Final = frozenset(
    {"escape", "enter", "tab", "space", "pagedown", "pageup", "home", "end", "up", "down", "left", "right", "backspace",
     "delete", "insert", *(f"f{n}" for n in range(1, 25))}
)  # fmt: skip
_TAKEN: Final[Mapping[str, str]] = {
    "ctrl+q": "it leaves the tower from anywhere",
    "ctrl+c": "the terminal and the dialogs have it",
    "ctrl+m": "a terminal sends Enter for it",
    "ctrl+j": "a terminal sends Enter for it",
    "ctrl+i": "a terminal sends Tab for it",
    "ctrl+h": "a terminal sends Backspace for it",
    "ctrl+[": "a terminal sends Esc for it",
}
"""Keys that nobody can have, and why."""


def read_key(written: str) -> tuple[str, str]:
    """A key as people write it (``x``, ``S``, ``ctrl-a``, ``F5``, ``Space``, ``<``) -> (as Textual names it, what is wrong)."""
    from textual.keys import _character_to_key  # noqa: PLC0415  only where keys were chosen

    text = written.strip()
    if not text:
        return "", "is no key"
    if len(text) == 1:
        return (_character_to_key(text), "") if text.isprintable() else ("", "is no key")
    *modifiers, key = text.casefold().replace("+", "-").split("-") if text[-1] not in "+-" else [text.casefold()]
    key = _SAME.get(key, key)
    named = "+".join([*modifiers, key])
    if named in _TAKEN:
        return "", f"cannot be chosen: {_TAKEN[named]}"
    if not set(modifiers) <= {"ctrl", "shift", "alt"} or len(set(modifiers)) < len(modifiers):
        return "", "is no key"
    if key in _NAMED:
        return named, ""
    if len(key) == 1 and key.isalnum() and modifiers in (["ctrl"], ["alt"], ["shift"]):
        return (key.upper(), "") if modifiers == ["shift"] else (named, "")
    return "", "is no key"


class Keymap:
    """The choices of one operator. Without any, every screen has the keys it comes with."""

    def __init__(self, choices: Iterable[Choice] = ()) -> None:
        """Those that :func:`wrong` found nothing wrong with."""
        self._keys = {(c.screen, c.action): ",".join(read_key(key)[0] for key in c.keys) for c in choices}

    def of(self, screen: str, keys: Sequence[Key]) -> list[Key]:
        """The keys of a screen (or a pane) as this operator has them."""
        return [self._chosen(screen, key) for key in keys] if self._keys else list(keys)

    def _chosen(self, screen: str, key: Key) -> Key:
        name = called(key)
        chosen = self._keys.get((screen, name)) or self._keys.get(("", name))
        return replace(key, key=chosen, key_display=key_name(chosen)) if chosen else key


def screen_name(screen: type) -> str:
    """``AlertScreen`` -> ``alert``; ``BenchScreen`` -> ``bench``."""
    name = screen.__name__.removesuffix("Screen")
    return "".join(f"-{c.casefold()}" if c.isupper() and n else c.casefold() for n, c in enumerate(name))


Lists = Mapping[str, Sequence[tuple[str, Sequence[Key]]]]
"""Name of a screen -> its lists of keys that work at the same time, each with the name that choices know it by."""


def wrong(choices: Sequence[Choice], screens: Lists) -> list[Wrong]:
    """Everything that is wrong with the choices: unknown screens, actions and keys, and two actions on one key."""
    found: list[Wrong] = []
    names = {name for lists in screens.values() for name, _ in lists}
    actions = {
        name: {called(k) for lists in screens.values() for n, keys in lists if n == name for k in keys}
        for name in names
    }
    everywhere = set().union(*actions.values()) if actions else set()
    good: list[Choice] = []
    for choice in choices:
        there = actions.get(choice.screen, everywhere if not choice.screen else None)
        bad = [(key, why) for key in choice.keys if (why := read_key(key)[1])] if choice.keys else [("", "is no key")]
        if there is None:
            found.append(Wrong(choice.where, f"there is no screen {choice.screen!r}", _nearest(choice.screen, names)))
        elif choice.action not in there:
            where = f" on the screen {choice.screen!r}" if choice.screen else ""
            found.append(
                Wrong(choice.where, f"there is no action {choice.action!r}{where}", _nearest(choice.action, there))
            )
        elif bad:
            found.extend(
                Wrong(choice.where, f"{choice.action}: the key {key!r} {why}", "write x, S, ctrl-a, f5, space, <")
                for key, why in bad
            )
        else:
            good.append(choice)
    return [*found, *_clashes(good, screens)]


def _clashes(choices: Sequence[Choice], screens: Lists) -> list[Wrong]:
    keymap = Keymap(choices)
    found: dict[str, Wrong] = {}
    for screen, lists in screens.items():
        before = _by_key([key for _, keys in lists for key in keys])
        after = _by_key([key for name, keys in lists for key in keymap.of(name, keys)])
        for pressed, actions in after.items():
            if len(actions) < 2 or actions <= before.get(pressed, set()):
                continue
            first, second, *_ = sorted(actions)
            for choice in choices:
                if choice.action in actions and choice.screen in ("", *(name for name, _ in lists)):
                    what = f"{key_name(pressed)} would be {first} and {second} on the screen {screen!r}"
                    found.setdefault(
                        choice.where,
                        Wrong(
                            choice.where,
                            what,
                            f"choose another key, or another one for {second if choice.action == first else first}",
                        ),
                    )
                    break
    return list(found.values())


def _by_key(keys: Iterable[Key]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in keys:
        for pressed in key.key.split(","):
            found.setdefault(pressed, set()).add(called(key))
    return found


def _nearest(word: str, known: Iterable[str]) -> str:
    from pulse_tui.settings.check import nearest  # noqa: PLC0415  only where something is wrong

    hint = nearest(word, known)
    return "pulse-tui help keys names them all" if hint.endswith("…") else hint
