"""A feature flag in a flag-definition file of flagd (JSON): which variant it serves by default, or whether it is on.

The file is replaced as a whole in one step, so that flagd never reads half of it; all but the one value stays to the byte,
with the file's mode and owner. A write compares with the expected value under a lock file (``.NAME.lock``), which
every writer that goes through this program takes.

A file that somebody else can write, or a link that leads out of its folder, is refused.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.domain.errors import PulseError, TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import StepContext
from pulse_tui.settings.trusted import untrusted
from pulse_tui.steps._shared import json_text
from pulse_tui.steps._shared.ask import filled, held, template_problem, to_write

MOST_BYTES = 2**20
STATES = ("ENABLED", "DISABLED")


class Field(StrEnum):
    """What of the flag is moved."""

    DEFAULT_VARIANT = "defaultVariant"
    STATE = "state"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file and the flag."""

    path: str
    """The flag-definition file; a relative path starts at the configuration's folder. ``{asset}`` is filled in."""
    flag: str
    """The flag's key under ``flags``."""
    field: Field = Field.DEFAULT_VARIANT
    """``defaultVariant``, or ``state`` (``ENABLED``, ``DISABLED``)."""
    value: str = "{version}"
    """The variant of a release: ``{version}``, ``{registry_version}`` and ``{digest}`` are filled in."""
    values: dict[str, str] = {}
    """The value of particular versions, instead of ``value``: ``{"3.8.1": "stable"}``. For ``state`` every version of a rollback needs one."""

    def __post_init__(self) -> None:
        if problem := template_problem(self.value):
            raise ValueError(problem)
        if self.field is Field.STATE and not set(self.values.values()) <= set(STATES):
            raise ValueError("values: a state is ENABLED or DISABLED")


def target(options: Options) -> str:
    """``flagd <path>#<flag>.<field>``."""
    return f"flagd {clean(options.path, 200)}#{clean(options.flag, 100)}.{options.field.value}"


def sends_to(options: Options) -> str:
    """The file, its path without detours, the flag and the field."""
    return msgspec.json.encode([posixpath.normpath(options.path), options.flag, options.field]).decode()


def value_of(options: Options, release: Release) -> str:
    """The one under ``values``, or as ``value`` says. Raises TargetError (nothing was written) when there is none."""
    if (value := options.values.get(release.version)) is not None:
        return value
    if options.field is Field.STATE:
        what = f"values has no state for {release.version}"
        raise TargetError(what, ambiguous=False, todo="Name it: ENABLED or DISABLED")
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The field's value; "" when it is null. Raises TargetError."""
    text = _text(options, context)
    return held(_shown(options, text))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare with ``expected`` and replace, under the lock. A file has no place for ``key`` and ``epoch``.

    Raises TargetError, never ambiguous: the file is replaced as a whole, or not at all.
    """
    del key, epoch
    path = _path(options, context)
    try:
        with context.files.lock(path, context.timeout_s):
            text = _text(options, context)
            now = held(_shown(options, text))
            if not to_write(target(options), now, value, expected):
                return
            changed = _changed(options, text, value)
            context.files.replace(path, changed.encode(), before=text.encode())
    except TargetError:
        raise
    except PulseError as error:
        raise TargetError(error.what, ambiguous=False, todo=error.todo) from None


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The flag has the release's variant, is on, and no rule of its own decides before the default does."""
    return tuple(_checks(options, release, context))


def _checks(options: Options, release: Release, context: StepContext) -> Iterator[Check]:
    flag, value = _flag(options, _text(options, context)), value_of(options, release)
    if options.field is Field.STATE:
        yield Check(name="variant", ok=True, detail=f"{options.flag} becomes {value}")
        return
    variants = flag.get("variants")
    there = isinstance(variants, Mapping) and value in variants
    yield Check(
        name="variant", ok=there, detail=clean(f"{options.flag} has {'' if there else 'no '}variant {value}", 300)
    )
    on = flag.get("state") == STATES[0]
    yield Check(name="flag on", ok=on, detail=clean(f"{options.flag} is {flag.get('state')}", 300), blocking=False)
    rules = flag.get("targeting")
    detail = (
        f"{options.flag} has {'rules of its own: they decide before the default does' if rules else 'no targeting'}"
    )
    yield Check(name="targeting", ok=not rules, detail=clean(detail, 300), blocking=False)


def _path(options: Options, context: StepContext) -> Path:
    """The file behind the path. Raises TargetError for one that others can write, or that lies elsewhere."""
    path = context.base / options.path
    try:
        real = path.resolve(strict=True)
        folder = path.parent.resolve(strict=True)
        there, above = real.stat(), real.parent.stat()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its links lead nowhere"
        todo = "Correct 'path', or put the file there"
        raise TargetError(f"{clean(options.path, 200)} cannot be read: {reason}", ambiguous=False, todo=todo) from None
    if folder not in real.parents:
        what = f"{clean(options.path, 200)} is a link that leads out of its folder"
        raise TargetError(what, ambiguous=False, todo="Name the file itself")
    for problem in (*untrusted(real, there), *untrusted(real.parent, above)):
        raise TargetError(f"{problem.where} {problem.what}", ambiguous=False, todo=problem.hint)
    return real


def _text(options: Options, context: StepContext) -> str:
    path = _path(options, context)
    try:
        data = context.files.read(path)
        text = data.decode()
    except UnicodeDecodeError:
        raise _broken(options, "it is not UTF-8") from None
    except PulseError as error:
        raise TargetError(error.what, ambiguous=False, todo=error.todo) from None
    if len(data) > MOST_BYTES:
        raise _broken(options, f"it is over {MOST_BYTES >> 20} MB")
    return text


def _flag(options: Options, text: str) -> Mapping[str, Any]:
    try:
        found = json_text.at(json_text.parsed(text), ("flags", options.flag))
    except ValueError as error:
        raise _broken(options, clean(str(error), 200)) from None
    except KeyError:
        found = None
    if not isinstance(found, Mapping):
        raise _broken(options, f"it has no flag {clean(options.flag, 100)!r}")
    return found


def _shown(options: Options, text: str) -> str:
    _flag(options, text)
    try:
        place = json_text.place(text, ("flags", options.flag, options.field.value))
    except KeyError:
        raise _broken(options, f"{clean(options.flag, 100)!r} has no {options.field.value}") from None
    return json_text.shown(place, text)


def _changed(options: Options, text: str, value: str) -> str:
    """The text with the value. Raises TargetError for one that the flag cannot have."""
    variants = _flag(options, text).get("variants")
    known = STATES if options.field is Field.STATE else variants if isinstance(variants, Mapping) else ()
    if value not in known:
        what = f"{clean(options.flag, 100)} has no {'state' if options.field is Field.STATE else 'variant'}"
        raise TargetError(f"{what} {clean(value, 100)!r}: nothing was written", ambiguous=False)
    try:
        return json_text.replaced(text, ("flags", options.flag, options.field.value), value)
    except (ValueError, KeyError) as error:
        raise _broken(options, clean(str(error), 200)) from None


def _broken(options: Options, why: str) -> TargetError:
    what = f"{clean(options.path, 200)} is no flag-definition file that can be changed: {why}"
    return TargetError(what, ambiguous=False, todo="Correct the file, or 'path' and 'flag'")
