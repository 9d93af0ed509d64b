"""A target may answer anything: every kind ends with a value that can be shown, or with one error, whatever the answer is."""

from __future__ import annotations

import copy
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.errors import TargetError
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Answer, Http, StepContext
from tests.fakes.http import FakeHttp
from tests.fakes.step_targets import At, context, needs_mlflow, opened, release
from tests.web.test_hostile_kinds import STEPS

ODD = [
    "",
    "3.8.1",
    "\x1b[2J",
    "a\nb",
    "9" * 40,
    "../..",
    "READY",
    "ENABLED",
    "Healthy",
    "\ud83d\ude00",
    "2026-11-29T03:00:00Z",
]


class Canned(FakeHttp):
    """Answers what it was given, one after the other and then from the beginning."""

    def __init__(self, answers: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._answers = answers
        self._next = 0

    def send(self, method: str, url: str, **more: Any) -> Answer:
        del method, url, more
        status, body = self._answers[self._next % len(self._answers)]
        self._next += 1
        return Answer(status, {}, body)


def words_of(kind: str) -> list[str]:
    """Whatever the kind may look for in an answer: every word in quotes in its source and in what it shares."""
    module = Kinds("steps")[kind]
    shared = [m for n, m in sys.modules.items() if n.startswith("pulse_tui.steps._shared.")]
    text = "\n".join(inspect.getsource(m) for m in (module, *shared))
    return sorted(set(re.findall(r'"([A-Za-z_]\w{1,30})"', text)))


def documents(kind: str) -> st.SearchStrategy[Any]:
    scalars = st.one_of(
        st.sampled_from([*ODD, "bot", "champion", "serving"]), st.integers(-1, 3), st.booleans(), st.none()
    )
    names = st.sampled_from(words_of(kind))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=6)),
        max_leaves=12,
    )


def options_of(kind: str) -> Any:
    def filled(part: Any) -> Any:
        if isinstance(part, str):
            return part.replace("URL", "http://target.test").replace("HOST", "target.test")
        if isinstance(part, Mapping):
            return {key: filled(value) for key, value in part.items()}
        return [filled(value) for value in part] if isinstance(part, list) else part

    return msgspec.convert(filled(STEPS[kind]), Kinds("steps")[kind].Options)


def reported(module: Any, options: Any, at: StepContext) -> Iterator[str]:
    """What the kind says of the answers; an error that is no TargetError goes through."""
    target = release("3.8.1", number="12", digest="sha256:aa")
    for work in (
        lambda: module.read(options, at),
        lambda: module.write(options, "3.8.1", expected="3.8.2", key="run-0", epoch=1, context=at),
        lambda: " ".join(c.name + c.detail for c in module.check(options, target, at)),
        lambda: getattr(module, "landed", lambda *_: None)(options, "run-0", at),
        lambda: getattr(module, "unsettled", lambda *_: "")(options, at),
    ):
        try:
            yield str(work())
        except TargetError as error:
            yield str(error)


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_whatever_a_target_answers_is_a_value_or_one_error(kind: str) -> None:
    module, options = Kinds("steps")[kind], options_of(kind)
    at = context(Path(), {})._replace(secret=lambda text: re.sub(r"\$\{\w+\}", "AKIDEXAMPLE", text))
    statuses = st.sampled_from([200, 200, 200, 200, 201, 404, 409, 500])

    @settings(max_examples=40)
    @given(st.lists(st.tuples(statuses, documents(kind)), min_size=1, max_size=3))
    def tried(answers: list[tuple[int, Any]]) -> None:
        canned = Canned([(status, json.dumps(body).encode()) for status, body in answers])
        for text in reported(module, options, at._replace(http=canned)):
            assert text.isprintable()

    tried()


@pytest.mark.parametrize("kind", sorted(STEPS))
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe", b"[" * 10_000, b'"', b"null", b"1e999", b'{"a":' * 2_000]
)
def test_what_is_no_json_is_one_error(kind: str, body: bytes) -> None:
    module, options = Kinds("steps")[kind], options_of(kind)
    at = context(Path(), {})._replace(secret=lambda text: re.sub(r"\$\{\w+\}", "AKIDEXAMPLE", text))
    assert all(text.isprintable() for text in reported(module, options, at._replace(http=Canned([(200, body)]))))


# ------------------------------------------------------------------ real answers with one thing in them changed

WRONG: list[Any] = [None, [], {}, "", 7, True, "3.8\x1b[2J.1", "x" * 700, [[]], {"a": {}}, -1, "\n"]


class Replay(FakeHttp):
    """Passes requests on and keeps the answers; afterwards it repeats them, one of them changed."""

    def __init__(self, real: Http) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], Answer] = {}
        self.changed: dict[tuple[str, str], bytes] = {}
        self._real: Http | None = real

    def stop(self) -> None:
        """From now on only what was kept is answered."""
        self._real = None

    def send(self, method: str, url: str, **more: Any) -> Answer:
        headers = {name.lower(): value for name, value in (more.get("headers") or {}).items()}
        key = (method, f"{url} {headers.get('x-amz-target', '')}")
        if self._real is not None:
            self.kept[key] = self._real.send(method, url, **more)
        found = self.kept.get(key, Answer(404, {}, b"{}"))
        return found._replace(body=self.changed.get(key, found.body))


def changes(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(path, what stands there) of everything in a document."""
    yield path, document
    if isinstance(document, dict | list):
        for name, inner in document.items() if isinstance(document, dict) else enumerate(document):
            yield from changes(inner, (*path, name))


def with_change(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    made = copy.copy(document)
    made[path[0]] = with_change(document[path[0]], path[1:], value)
    return made


@pytest.mark.parametrize("kind", [kind for kind in sorted(STEPS) if not needs_mlflow(kind)])
def test_a_real_answer_with_one_thing_changed_is_a_value_or_one_error(kind: str, tmp_path: Path) -> None:
    with opened(kind, tmp_path) as target:
        at = At(kind, target, tmp_path)
        replay = Replay(at.context.http)
        there = at.context._replace(http=replay)
        before, after = target.values
        goal = target.release(after)
        at.module.check(at.options, goal, there)
        at.module.write(at.options, after, expected=before, key="run-0", epoch=1, context=there)
        at.module.read(at.options, there)
        replay.stop()
        for key, answer in list(replay.kept.items()):
            document = json.loads(answer.body or b"null")
            for path, _ in changes(document):
                for wrong in WRONG:
                    replay.changed = {key: json.dumps(with_change(document, path, wrong)).encode()}
                    for text in reported(at.module, at.options, there):
                        assert text.isprintable(), (key, path, wrong)
