"""Rows of promptfoo: one answer of one provider and prompt to one test."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared.fields import canonical
from pulse_tui.collectors._shared.sheets import number
from pulse_tui.collectors._shared.typed import typed
from pulse_tui.collectors.promptfoo.sums import Stats, Sums
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

VERSION = 3
"""Of the results; older ones do not say which test a row is of."""
_ERROR = 2
"""``failureReason`` of a row that has no answer, or none that could be graded."""
_WHAT = "promptfoo output"
_SHOWN = 60
"""Characters of a test's variables that name it."""


class Provider(msgspec.Struct):
    """Who answered: ``label`` is what the configuration calls it, empty when it does not."""

    id: Any = ""
    label: Any = ""


class Prompt(msgspec.Struct):
    """What was asked: ``raw`` with the test's variables in it, ``label`` the template or its name."""

    raw: Any = None
    label: Any = None


class Test(msgspec.Struct):
    """The test of a row, with the defaults of its configuration in it."""

    description: Any = None
    vars: Any = None
    metadata: dict[str, Any] | None = None
    asserts: Any = msgspec.field(name="assert", default=None)
    threshold: Any = None


class _Assertion(msgspec.Struct):
    metric: Any = None


class _Component(msgspec.Struct):
    assertion: _Assertion | None = None


class _Grading(msgspec.Struct, rename="camel"):
    component_results: list[_Component] | None = None
    named_score_weights: Any = None


class _Response(msgspec.Struct):
    output: Any = None
    cached: Any = None


class Row(msgspec.Struct, rename="camel"):
    """One row; what is not named here is passed over."""

    test_idx: int
    prompt_idx: int
    provider: Provider | str = ""
    prompt: Prompt = msgspec.field(default_factory=Prompt)
    test_case: Test = msgspec.field(default_factory=Test)
    vars: Any = None
    id: Any = None
    success: Any = None
    score: Any = None
    named_scores: dict[str, Any] | None = None
    failure_reason: Any = None
    error: Any = None
    grading_result: _Grading | None = None
    response: _Response | None = None
    latency_ms: Any = None
    cost: Any = None

    def failed(self) -> bool:
        """Whether it ended with an error; older versions say it only by the grading that is missing."""
        if self.failure_reason is None:
            return bool(self.error) and self.grading_result is None
        return bool(self.failure_reason == _ERROR)

    def label(self) -> str:
        """What the configuration calls the provider, else its id."""
        if isinstance(self.provider, str):
            return self.provider
        return next((text for text in (self.provider.label, self.provider.id) if isinstance(text, str) and text), "")

    def cached(self) -> bool:
        """Whether the answer was asked for in an earlier run: its time and cost are of no request."""
        return self.response is not None and self.response.cached is True

    def scores(self) -> dict[str, Any]:
        """``score``, ``pass_rate`` and the named scores.

        Some versions sum up the assertions that share a name, and have no weights then: the sum is divided again.
        """
        stated: dict[str, Any] = {
            "score": self.score,
            "pass_rate": self.success if self.success in (True, False) else None,
        }
        grading = self.grading_result
        summed = grading is not None and grading.named_score_weights is None
        metrics = [c.assertion.metric for c in (grading and grading.component_results) or () if c.assertion is not None]
        for name, value in (self.named_scores or {}).items():
            parts = metrics.count(name) if summed else 1
            whole = number(value)
            stated[f"named/{name}" if name in ("score", "pass_rate") else name] = (
                whole / parts if whole is not None and parts > 1 else value
            )
        return stated

    def asserted(self) -> set[str]:
        """Named scores that are those of assertions: of them more is better, whatever they are called."""
        grading = self.grading_result
        found = (c.assertion.metric for c in (grading and grading.component_results) or () if c.assertion is not None)
        return {metric for metric in found if isinstance(metric, str)}


class _Mark(NamedTuple):
    """What distinguishes a row's test: its description, hashes of its variables and of all of it."""

    text: str
    vars: str
    test: str


class Tests:
    """What to call the test of each row, the same in every run of one configuration."""

    def __init__(self, rows: Sequence[Row], ignored: frozenset[str]) -> None:
        """``ignored`` variables do not distinguish tests."""
        self._rows = rows  # they stay alive, so that their places in memory name them
        self._ignored = ignored
        self._marks: dict[int, _Mark] = {}
        self._by_text: dict[str, set[str]] = {}
        self._by_vars: dict[str, set[str]] = {}
        for row in rows:
            stated, text = self._told(row), _description(row)
            test = _hash([text, stated, row.test_case.asserts, row.test_case.threshold])
            mark = self._marks[id(row)] = _Mark(text, _hash(stated), test)
            self._by_text.setdefault(text, set()).add(test)
            self._by_vars.setdefault(mark.vars, set()).add(test)

    def vars(self, row: Row) -> str:
        """A hash of the test's variables."""
        return self._marks[id(row)].vars

    def digest(self, row: Row) -> str:
        """A hash of all that makes the test: its variables, assertions, threshold and description."""
        return self._marks[id(row)].test

    def id(self, row: Row) -> str:
        """The description where no other test has it, else a hash of the variables, else of the whole test.

        Not its number: each repeat counts on.
        """
        text, variables, test = self._marks[id(row)]
        if text and len(self._by_text[text]) == 1:
            return text
        return f"#{(variables if len(self._by_vars[variables]) == 1 else test)[:12]}"

    def name(self, row: Row) -> str:
        """What a person calls a test whose id is a hash."""
        stated = self._told(row)
        shown = ", ".join(f"{key}={value}" for key, value in stated.items()) if isinstance(stated, dict) else ""
        return clean(" · ".join(filter(None, (_description(row), clean(shown, _SHOWN)))), 200)

    def _told(self, row: Row) -> Any:
        """The variables as configured; a list of values, of which a row has one, by that one."""
        own = row.test_case.vars
        if not isinstance(own, dict):
            own = row.vars
        if not isinstance(own, dict):
            return own
        used = row.vars if isinstance(row.vars, dict) else {}
        return {
            key: used.get(key, value) if isinstance(value, list) else value
            for key, value in own.items()
            if key not in self._ignored and not key.startswith("_")
        }


class Summed(Prompt):
    """A prompt with the sums over its tests."""

    provider: Any = ""
    metrics: Sums | None = None


class _Results(msgspec.Struct):
    version: Any = None
    timestamp: Any = None
    results: list[Row] = []
    prompts: list[Summed] = []
    stats: Stats | None = None


class _Version(msgspec.Struct):
    version: Any = None


class _Head(msgspec.Struct):
    results: _Version


class _Config(msgspec.Struct):
    description: Any = None


class _Document(msgspec.Struct):
    results: _Results
    config: _Config | None = None


_HEAD = msgspec.json.Decoder(_Head)
_DOCUMENT = msgspec.json.Decoder(_Document)
_ROW = msgspec.json.Decoder(Row)
_WHOLE = re.compile(rb'\s*\{\s*"(evalId|results)"\s*:')
"""How a document begins that is written on one line."""
_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*([^\n]*)")


class Output:
    """A file's rows, what it says of itself, and when."""

    def __init__(self, name: str, data: bytes) -> None:
        """JSON or JSON Lines. Raises SourceError when it is neither, broken or cut off, or of an older version."""
        self.description = self.timestamp = ""
        self.prompts: list[Summed] = []
        """What it says in sum, where it has no rows."""
        if _is_row(_first_line(data)):
            self.rows = list(_lines(name, data))
            return
        version = typed(name, data, _HEAD, _WHAT).results.version
        if version != VERSION:
            raise SourceError(
                f"{name} is promptfoo output of version {clean(str(version), 20)}, not {VERSION}",
                todo="Export it again with promptfoo 0.91 or later",
            )
        document = typed(name, data, _DOCUMENT, _WHAT)
        self.rows = document.results.results
        if not self.rows:
            self.prompts = [p for p in document.results.prompts if p.metrics is not None]
        stats = document.results.stats
        if (
            not self.rows
            and not self.prompts
            and stats is not None
            and (stats.successes or stats.failures or stats.errors)
        ):
            self.prompts = [Summed(metrics=stats.sums())]
        if document.config is not None and isinstance(document.config.description, str):
            self.description = document.config.description
        if isinstance(document.results.timestamp, str):
            self.timestamp = document.results.timestamp


def _lines(name: str, data: bytes) -> Iterator[Row]:
    for place, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            where = f"{name}:{place}"
            try:
                yield typed(where, line, _ROW, "row of promptfoo")
            except SourceError as error:
                raise SourceError(error.what.replace(f"{where}:1:", f"{where}:", 1), todo=error.todo) from None


def _first_line(data: bytes) -> bytes:
    """The first line that is not blank; the rest of a large file is not copied."""
    found = _LINE.match(data)
    return found[1] if found is not None else b""


def _is_row(line: bytes) -> bool:
    return b'"testIdx"' in line and _WHOLE.match(line) is None


def _description(row: Row) -> str:
    return clean(row.test_case.description, 200) if isinstance(row.test_case.description, str) else ""


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
