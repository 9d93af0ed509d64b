"""Whatever one record or file does, it is refused by its name and the others land: proved by an exception at every call."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from pulse_tui.domain.source import Collected
from tests.collectors.contexts import context
from tests.fuzz.seeds import KINDS, SEEDS, SERVED, Seed, options_of, served

# What is closed while it is collected breaks there as well, where no program can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
RAISED = (ValueError, KeyError, RecursionError, MemoryError)
OURS = f"{os.sep}pulse_tui{os.sep}"
Call = tuple[CodeType, int, object]
"""Where something is called, and what: each is tried once."""


class Injected:
    """While active, the call number ``at`` raises ``error``; without one the calls are listed."""

    def __init__(self, at: int = -1, error: type[Exception] = ValueError) -> None:
        self.calls: list[Call] = []
        self._seen: set[Call] = set()
        self._at, self._error = at, error

    def __enter__(self) -> Injected:
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _called(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            caller, callee = frame.f_back, frame.f_code
        elif event == "c_call":
            caller, callee = frame, getattr(argument, "__qualname__", argument)
        else:
            return
        if caller is None or OURS not in caller.f_code.co_filename:
            return
        call = (caller.f_code, caller.f_lineno, callee)
        if call in self._seen:
            return
        self._seen.add(call)
        self.calls.append(call)
        if len(self.calls) - 1 == self._at:
            raise self._error("injected")


class Breaking:
    """Stands in for a function: its first call breaks at one of the calls in it, the others are as they are."""

    def __init__(self, real: Callable[..., Any], at: int = -1) -> None:
        self.calls: list[Call] = []
        self._real, self._at, self._first = real, at, True

    def __call__(self, *given: Any, **named: Any) -> Any:
        if not self._first:
            return self._real(*given, **named)
        self._first = False
        with Injected(self._at, RAISED[self._at % len(RAISED)]) as inside:
            try:
                return self._real(*given, **named)
            finally:
                self.calls = inside.calls

    def where(self) -> str:
        """What was raised, and where."""
        code, line, callee = self.calls[self._at]
        return f"{RAISED[self._at % len(RAISED)].__name__} at {Path(code.co_filename).name}:{line}, call of {callee}"


@pytest.mark.parametrize("seed", SEEDS, ids=lambda s: f"{s.kind}-{s.name}")
def test_a_file_in_which_any_call_breaks_is_refused_and_the_other_lands(seed: Seed, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        file = tmp_path / folder / seed.name
        file.parent.mkdir(parents=True)
        file.write_bytes(seed.data)
    module, options = KINDS[seed.kind], options_of(seed.kind, {**seed.options, "path": "."})
    parse: Callable[..., Collected] = module.parse
    whole = len(module.collect(options, context(tmp_path)).observations)
    assert whole >= 2

    def read(at: int) -> tuple[Collected, Breaking]:
        breaking = Breaking(parse, at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "parse", breaking)
            found: Collected = module.collect(options, context(tmp_path))
        return found, breaking

    tried = len(read(-1)[1].calls)
    assert tried > 20
    for at in range(tried):
        got, breaking = read(at)
        assert len(got.observations) >= whole // 2, f"{breaking.where()}: the other file did not land"
        if len(got.observations) < whole:
            told = [r.problem.where for r in got.rejected]
            assert any(t.startswith("first") for t in told), f"{breaking.where()}: it is not refused by name: {told}"


@pytest.mark.parametrize(
    ("kind", "holder", "name"),
    [
        ("feed", "", "_note"),
        ("github_actions", "", "_finished"),
        ("mlflow", "_Reader", "snapshot"),
        ("huggingface", "_Reader", "snapshot"),
    ],
)
def test_a_record_of_a_server_in_which_any_call_breaks_is_refused_and_the_others_land(
    kind: str, holder: str, name: str
) -> None:
    source = next(s for s in SERVED if s.kind == kind)
    module, whole = KINDS[kind], len(served(source)().observations)
    owner = getattr(module, holder) if holder else module
    real = getattr(owner, name)

    def read(at: int) -> tuple[Collected, Breaking]:
        breaking = Breaking(real, at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, lambda *given, **named: breaking(*given, **named))  # noqa: PLW0108  a function becomes a method
            return served(source)(), breaking

    tried = len(read(-1)[1].calls)
    assert tried > 5
    for at in range(tried):
        got, breaking = read(at)
        assert got.observations, f"{breaking.where()}: nothing landed"
        assert got.rejected or len(got.observations) == whole, f"{breaking.where()}: it is not refused"


def test_a_file_whose_name_is_not_text_is_read_and_named(tmp_path: Path) -> None:
    seed = next(s for s in SEEDS if s.kind == "signals")
    (tmp_path / "good.jsonl").write_bytes(seed.data)
    with open(os.fsencode(tmp_path) + b"/bad\xff.jsonl", "wb") as file:
        file.write(b"{")
    got: Collected = KINDS["signals"].collect(options_of("signals", {"path": "."}), context(tmp_path))
    assert len(got.observations) == 2
    assert [r.problem.where[:8] for r in got.rejected] == ["bad\\xff."]
