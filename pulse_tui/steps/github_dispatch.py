"""A value that a GitHub workflow sets, and a place at GitHub where the value can be read.

A dispatch has no compare-and-swap and no idempotency key of its own: the idempotency key goes into its inputs, and the
workflow must put it into its ``run-name``, by which a run is found again before anything is sent twice. While a run of the
workflow is under way nobody knows what it will set: the value counts as unreadable until it has ended.
https://docs.github.com/rest/actions/workflows
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import ask, decoded, filled, held, place, refused, sent_to, to_write

Repository = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.{}-]+/[A-Za-z0-9_.{}-]+\Z", max_length=200)]
_RUNS = 50
"""The newest runs, among which one of ours is looked for."""
_DEPLOYMENTS = 10
_ENDED = "completed"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What starts the workflow (``workflow`` or ``event_type``), and where the value is read: ``variable``, ``deployment``
    or ``file``.

    In the texts of ``inputs`` ``{value}``, ``{expected}``, ``{key}`` and ``{epoch}`` are filled in; ``{key}`` must be there.
    """

    repository: Repository
    """Owner and name."""
    workflow: str | None = None
    """File name or id of a workflow that is started by workflow_dispatch."""
    event_type: str | None = None
    """Or the type of a repository_dispatch; the inputs are its client_payload."""
    ref: str = "main"
    """The branch or tag that the workflow is taken from, and the file is read from."""
    inputs: dict[str, str] = msgspec.field(default_factory=lambda: {"version": "{value}", "key": "{key}"})
    run_name: str = ""
    """A text that the names of this target's runs contain; left out: every run of the workflow may move it."""
    variable: str | None = None
    """A variable of Actions that holds the value."""
    variable_environment: str | None = None
    """The environment whose variable it is; left out: the repository's."""
    deployment: str | None = None
    """Or an environment: the value is the ref of its newest deployment that succeeded."""
    file: str | None = None
    """Or a file of one line."""
    value: str = "{version}"
    """What a release is called there, such as ``v{version}``."""
    tag: str | None = None
    """A git tag that must still be there, such as ``v{version}``."""
    token: str | None = None
    """A token as ``${NAME}`` that may read what is named here and start the workflow."""
    url: str = "https://api.github.com"
    """The API; of an Enterprise server ``https://HOST/api/v3``."""

    def __post_init__(self) -> None:
        if (self.workflow is None) == (self.event_type is None):
            raise ValueError("name what starts it: either workflow or event_type")
        if sum(source is not None for source in (self.variable, self.deployment, self.file)) != 1:
            raise ValueError("name where the value is read: one of variable, deployment and file")
        if not any("{key}" in text for text in self.inputs.values()):
            raise ValueError("inputs must pass {key} on: the workflow puts it into its run-name")


def target(options: Options) -> str:
    """``github owner/name <workflow> -> variable NAME``; with another address: that too."""
    starts = options.workflow or f"event {options.event_type}"
    where = f" at {place(options.url.rstrip('/'))}" if options.url != "https://api.github.com" else ""
    return clean(f"github {options.repository} {starts} -> {_source(options)}{where}", 400)


def sends_to(options: Options) -> str:
    """The workflow and its inputs: where the value is read says nothing of what they move."""
    starts = [sent_to(options.url), options.repository.lower(), options.workflow, options.event_type, options.ref]
    return msgspec.json.encode([*starts, options.inputs], order="sorted").decode()


def value_of(options: Options, release: Release) -> str:
    """The template ``value`` with what the release has."""
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The value where it is read. Raises TargetError, also while a run that may move it is under way."""
    for run in _runs(options, context):
        if run.get("status") != _ENDED and options.run_name in _title(run):
            what = f"{target(options)}: run {_shown(run)} is {clean(str(run.get('status')), 40)}: it may move the value"
            raise TargetError(what, ambiguous=False, todo="Wait until it has ended, or cancel it")
    return _held(options, context)


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Find a run with this key; else compare and dispatch one. Raises TargetError.

    Not ambiguous when GitHub refused, another value was found, or the run with this key has failed.
    """
    for run in _of(key, _runs(options, context)):
        if run.get("status") == _ENDED and run.get("conclusion") != "success":
            what = f"{target(options)}: run {_shown(run)} ended as {clean(str(run.get('conclusion')), 40)}"
            raise TargetError(what, ambiguous=False, todo="Read its log: what it did before that stays")
        return
    holds = read(options, context)
    if not to_write(target(options), holds, value, expected):
        return
    names = {"{value}": value, "{expected}": expected, "{key}": key, "{epoch}": str(epoch)}
    inputs = {name: _NAMES.sub(lambda match: names[match[0]], text) for name, text in options.inputs.items()}
    if options.workflow is not None:
        path = f"{_workflow(options)}/dispatches"
        body: dict[str, Any] = {"ref": options.ref, "inputs": inputs}
    else:
        path = "dispatches"
        body = {"event_type": options.event_type, "client_payload": inputs}
    answer = _call(options, context, "POST", path, json=body, writes=True)
    if not 200 <= answer.status < 300:
        raise refused(_url(options, path), answer, writes=True)


def landed(options: Options, key: str, context: StepContext) -> bool | None:
    """True once a run with this key has succeeded; a run that is not found may still appear, and one that failed may
    have done a part.
    """
    done = [run.get("conclusion") == "success" for run in _of(key, _runs(options, context))]
    return True if any(done) else None


def unsettled(options: Options, context: StepContext) -> str:
    """Of a deployment: why the newest one is not the one that serves."""
    if options.deployment is None:
        return ""
    newest = next(_deployments(options, context), None)
    return (
        ""
        if newest is None or newest[1] == "success"
        else f"the newest deployment is {newest[1] or 'without a status'}"
    )


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The workflow is active, and the tag of the release is there."""
    return [*_active(options, context), _tag(options, release, context)]


def _active(options: Options, context: StepContext) -> Iterator[Check]:
    if options.workflow is None:
        return
    path = _workflow(options)
    answer = _call(options, context, "GET", path, writes=False)
    body = decoded(answer)
    if answer.status == 404:
        yield Check(name="workflow", ok=False, detail=f"there is no workflow {clean(options.workflow, 100)}")
        return
    if answer.status != 200 or not isinstance(body, dict):
        raise refused(_url(options, path), answer, writes=False)
    state = clean(str(body.get("state")), 60)
    yield Check(name="workflow", ok=state == "active", detail=f"{clean(options.workflow, 100)} is {state}")


def _tag(options: Options, release: Release, context: StepContext) -> Check:
    if options.tag is None:
        return Check(name="artifact", ok=False, detail="not checked: no tag", blocking=False)
    name = filled(options.tag, release)
    path = f"git/ref/tags/{quote(name, safe='')}"
    answer = _call(options, context, "GET", path, writes=False)
    if answer.status not in (200, 404):
        raise refused(_url(options, path), answer, writes=False)
    there = answer.status == 200
    return Check(name="artifact", ok=there, detail=f"tag {clean(name, 100)} is {'there' if there else 'gone'}")


def _held(options: Options, context: StepContext) -> str:
    if options.deployment is not None:
        return next((ref for ref, state in _deployments(options, context) if state == "success"), "")
    if options.variable is not None:
        within = (
            f"environments/{quote(options.variable_environment, safe='')}"
            if options.variable_environment
            else "actions"
        )
        path = f"{within}/variables/{quote(options.variable, safe='')}"
        # GitHub answers 404 also when the token may not see it: refused is not absent.
        body = _json(options, context, path, todo="Check the variable's name and the token's rights")
        value = body.get("value") if isinstance(body, dict) else None
        if not isinstance(value, str):
            raise TargetError(f"{_url(options, path)} has no value", ambiguous=False)
        return held(value)
    path = f"contents/{quote(str(options.file))}"
    params = {"ref": options.ref}
    answer = _call(options, context, "GET", path, params=params, accept="application/vnd.github.raw+json", writes=False)
    if answer.status != 200:
        raise refused(_url(options, path), answer, writes=False, todo="Check the file's path and ref")
    lines = answer.body.decode(errors="replace").rstrip("\r\n").split("\n")
    if len(lines) > 1:
        raise TargetError(
            f"{_url(options, path)} has {len(lines)} lines", ambiguous=False, todo="Name a file of one line"
        )
    return held(lines[0]) if lines else ""


def _deployments(options: Options, context: StepContext) -> Iterator[tuple[str, str]]:
    """Ref and newest state of the environment's deployments, newest first. Raises TargetError."""
    params = {"environment": str(options.deployment), "per_page": str(_DEPLOYMENTS)}
    for one in _list(_json(options, context, "deployments", params)):
        states = _list(_json(options, context, f"deployments/{int(one.get('id', 0))}/statuses", {"per_page": "1"}))
        yield held(str(one.get("ref", ""))), clean(str(states[0].get("state", "")), 40) if states else ""


def _runs(options: Options, context: StepContext) -> list[dict[str, Any]]:
    """The newest runs that were started as this target's are, newest first."""
    path, event = "actions/runs", "repository_dispatch"
    if options.workflow is not None:
        path, event = f"{_workflow(options)}/runs", "workflow_dispatch"
    body = _json(options, context, path, {"event": event, "per_page": str(_RUNS)})
    return _list(body.get("workflow_runs")) if isinstance(body, dict) else []


def _of(key: str, runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose name has exactly this key: the key of an undo goes on after it."""
    whole = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    return [run for run in runs if whole.search(_title(run))]


def _title(run: dict[str, Any]) -> str:
    return f"{run.get('display_title') or ''} {run.get('name') or ''}"


def _shown(run: dict[str, Any]) -> str:
    return clean(f"{run.get('id')} ({run.get('display_title') or run.get('name') or 'no name'})", 200)


def _source(options: Options) -> str:
    if options.deployment is not None:
        return f"deployment {options.deployment}"
    if options.file is not None:
        return f"file {options.file}@{options.ref}"
    return f"variable {f'{options.variable_environment}/' if options.variable_environment else ''}{options.variable}"


def _workflow(options: Options) -> str:
    return f"actions/workflows/{quote(str(options.workflow), safe='')}"


def _url(options: Options, path: str) -> str:
    return f"{options.url.rstrip('/')}/repos/{options.repository}/{path}"


def _json(
    options: Options, context: StepContext, path: str, params: dict[str, str] | None = None, todo: str = ""
) -> Any:
    answer = _call(options, context, "GET", path, params=params, writes=False)
    if answer.status != 200:
        raise refused(_url(options, path), answer, writes=False, todo=todo)
    return decoded(answer)


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_NAMES = re.compile(r"\{(?:value|expected|key|epoch)\}")


def _call(
    options: Options,
    context: StepContext,
    method: str,
    path: str,
    *,
    writes: bool,
    params: dict[str, str] | None = None,
    json: Any = None,
    accept: str = "application/vnd.github+json",
) -> Answer:
    headers = {"Accept": accept, "X-GitHub-Api-Version": "2022-11-28"}
    if options.token:
        headers["Authorization"] = f"Bearer {context.secret(options.token)}"
    return ask(context, method, _url(options, path), writes=writes, params=params, headers=headers, json=json)
