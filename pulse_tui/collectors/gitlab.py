"""Pipelines and deployments of a GitLab project, over its REST API (v4).

Both lists can be narrowed by when a record was last updated, and a run that ends is updated: nothing is lost
between two rounds. Pipelines for merge requests are left out.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.collectors._shared.ci import (
    VERSION,
    Bad,
    Finished,
    Means,
    Rule,
    about,
    commit,
    fresh,
    header,
    link,
    one_group,
    plausible,
    tell,
    typed,
)
from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.hooks import webhook_secret
from pulse_tui.collectors._shared.web import get_json
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import from_us, iso, to_us
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, as_name, clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import CollectContext, Hint, HookRequest

MOVED_BY = "deploy, by its pipeline,"
"""How the version that serves is changed there; a version follows."""


class PipelineRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pipelines mean whose tag or branch matches ``ref``, a regular expression (default: all of them)."""

    ref: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for an invalid pattern."""
        super().__post_init__()
        try:
            re.compile(self.ref)
        except re.error as error:
            raise ValueError(f"the pattern {self.ref!r} is not a regular expression: {error}") from None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a GitLab environment is here; ``version`` is searched in the deployed tag or branch."""

    asset: str
    environment: Environment
    version: str = VERSION

    def __post_init__(self) -> None:
        """Raise ValueError for an invalid pattern."""
        one_group(self.version)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``project`` (number or full path), its ``token``, and what its pipelines and environments mean.

    ``environments`` maps GitLab's name of an environment. ``days``: how far back the first round reads.
    ``webhook_secret``: the secret token of the project's webhook, for hints.
    """

    project: str
    url: str = "https://gitlab.com"
    """The server, without ``/api/v4``."""
    token: str | None = None
    pipelines: tuple[PipelineRule, ...] = ()
    """What pipelines that ended mean."""
    environments: dict[str, Place] = {}
    days: Annotated[int, Meta(ge=1, le=90)] = 7
    webhook_secret: str | None = None


class _Updated(msgspec.Struct):
    id: int
    sha: str
    ref: str
    status: str
    updated_at: Annotated[datetime, Meta(tz=True)]


class _Pipeline(_Updated):
    source: str = ""
    web_url: str = ""


class _Named(msgspec.Struct):
    name: str


class _Of(msgspec.Struct):
    web_url: str = ""


class _Job(msgspec.Struct):
    finished_at: Annotated[datetime, Meta(tz=True)] | None = None
    web_url: str = ""
    pipeline: _Of | None = None


class _User(msgspec.Struct):
    username: str = ""


class _Deployment(_Updated):
    environment: _Named
    deployable: _Job | None = None
    user: _User | None = None


class _Mark(msgspec.Struct):
    """The bookmark: up to when each list was read, and the newest deployments, all in microseconds."""

    pipelines: int | None = None
    deployments: int | None = None
    placed: dict[str, int] = {}
    refused: list[str] = []


_PER_PAGE = 100
_PAGES = 100
#: Read again at each round: records may have been written in another order than they are dated.
_OVERLAP = timedelta(seconds=30)
_ENDED = frozenset({"success", "failed"})


def collect(options: Options, context: CollectContext) -> Collected:
    """Pipelines and deployments that ended since the last round; a cancelled or skipped one is ignored.

    Raises SourceError when the API does not answer, limits the rate (``retry_after``) or sends a malformed answer.
    """
    mark = _mark(context.cursor.bookmark)
    rejected: list[Rejected] = []
    runs: list[Finished] = []
    after = _Mark(pipelines=mark.pipelines, deployments=mark.deployments, placed=dict(mark.placed))
    if options.pipelines:
        found = _since("pipelines", mark.pipelines, _Pipeline, options, context, rejected)
        after.pipelines = _newest(found, mark.pipelines, context.now)
        for pipeline in found:
            runs += _told(pipeline, _pipeline_runs(pipeline, options), context, rejected)
    if options.environments:
        deployed = _since("deployments", mark.deployments, _Deployment, options, context, rejected)
        after.deployments = _newest(deployed, mark.deployments, context.now)
        for deployment in deployed:
            runs += _told(deployment, _deployment_runs(deployment, options), context, rejected)
    observations = tuple(tell(runs, after.placed, context))
    new, after.refused = fresh(rejected, mark.refused)
    bookmark = msgspec.json.encode(after, order="deterministic").decode()
    return Collected(
        observations=observations,
        rejected=new,
        cursor=msgspec.structs.replace(context.cursor, bookmark=bookmark),
        unchanged=not observations and not new,
    )


def hint(options: Options, request: HookRequest, context: CollectContext) -> Hint:
    """Verify ``X-Gitlab-Token``. GitLab signs neither time nor content: whoever has the token can forge anything.

    Raises Refused without a secret, for a missing or wrong token, and for a body that is not JSON.
    """
    right = webhook_secret(options.webhook_secret, context)
    event, token = header(request, "x-gitlab-event"), header(request, "x-gitlab-token")
    delivery = header(request, "idempotency-key", "x-gitlab-event-uuid")
    if not hmac.compare_digest(right, token.encode("utf-8", "replace")):
        raise Refused(
            "the webhook's token is not the configured one",
            todo="Check that webhook_secret here is the secret token of the project's webhook",
        )
    return Hint(delivery=clean(delivery, 200), at=context.now, about=about(request, clean(event, 80)))


def _mark(bookmark: str | None) -> _Mark:
    try:
        return msgspec.json.decode(bookmark, type=_Mark) if bookmark else _Mark()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Mark()  # another kind's bookmark: reading the first days once more is harmless


def _newest(found: list[Any], before: int | None, now: datetime) -> int | None:
    """Up to when the list was read. A date of the future must not hide what comes until then."""
    moments = [to_us(record.updated_at) for record in found if record.updated_at <= now]
    return max([*moments, *([before] if before is not None else [])], default=None)


def _since(
    what: str,
    after_us: int | None,
    shape: type[Any],
    options: Options,
    context: CollectContext,
    rejected: list[Rejected],
) -> list[Any]:
    """The records updated since then, each once.

    The newest come first: a record that is updated while we page moves to the front and shifts the others to
    later pages, where they are read twice; in the other order one would be skipped.
    """
    since = context.now - timedelta(days=options.days) if after_us is None else from_us(after_us) - _OVERLAP
    url = f"{options.url.rstrip('/')}/api/v4/projects/{quote(options.project, safe='')}/{what}"
    headers = {"PRIVATE-TOKEN": context.secret(options.token)} if options.token else None
    found: dict[int, Any] = {}
    seen: set[str] = set()
    for page in range(1, _PAGES + 1):
        params = {"updated_after": iso(since), "order_by": "updated_at", "sort": "desc"}
        params |= {"per_page": str(_PER_PAGE), "page": str(page)}
        items = get_json(context, url, None, params, headers)
        if not isinstance(items, list):
            raise SourceError(f"{address(url)} is not a GitLab API: no list of {what}", todo="Correct 'url'")
        ids = {str(item.get("id")) for item in items if isinstance(item, dict)}
        if len(ids) == _PER_PAGE and ids <= seen:
            raise SourceError(f"{address(url)} returns the same page repeatedly", todo="Ask its owner")
        seen |= ids
        for item in items:
            record = typed(item, shape, what.removesuffix("s"), context, rejected)
            if record is not None:
                found.setdefault(record.id, record)
        if len(items) < _PER_PAGE:
            return list(found.values())
    raise SourceError(f"{address(url)} has more than {_PAGES} pages", todo="Lower 'days' for the first round")


def _told(
    record: _Updated, runs: Iterator[Finished], context: CollectContext, rejected: list[Rejected]
) -> list[Finished]:
    if record.status not in _ENDED:
        return []
    try:
        plausible(record.updated_at, context.now)
        return [msgspec.structs.replace(run, at=plausible(run.at, context.now)) for run in runs]
    except Bad as error:
        kind = type(record).__name__.removeprefix("_").lower()
        rejected.append(refuse(context.source, f"{kind} {record.id}", str(error), msgspec.json.encode(record)))
        return []
    except Exception as error:  # whatever one record does, the others are reported
        rejected.append(refuse(context.source, f"{type(record).__name__.lower()[1:]} {record.id}", reason(error)))
        return []


def _pipeline_runs(pipeline: _Pipeline, options: Options) -> Iterator[Finished]:
    if pipeline.source.endswith("merge_request_event") or pipeline.source == "external_pull_request_event":
        return
    ref = as_name(pipeline.ref)
    page = link(pipeline.web_url)
    repository = _repository(page, options)
    for rule in options.pipelines:
        if re.search(rule.ref, ref):
            yield Finished(
                rule=rule,
                key=f"pipeline.{pipeline.id}.{pipeline.status}.{to_us(pipeline.updated_at)}",
                ok=pipeline.status == "success",
                ended=pipeline.status,
                commit=commit(pipeline.sha),
                searched=ref,
                at=pipeline.updated_at,
                branch=ref,
                repository=repository,
                # As GitLab's own certificates name the definition that was built from.
                builder=f"{repository}//.gitlab-ci.yml@{ref}" if repository else "",
                run=page,
            )


def _deployment_runs(deployment: _Deployment, options: Options) -> Iterator[Finished]:
    place = options.environments.get(deployment.environment.name)
    if place is None:
        return
    job = deployment.deployable or _Job()
    page = link(job.web_url) or link(job.pipeline.web_url if job.pipeline else "")
    ref = as_name(deployment.ref)
    yield Finished(
        rule=Rule(asset=place.asset, means=Means.DEPLOYMENT, environment=place.environment, version=place.version),
        key=f"deployment.{deployment.id}.{deployment.status}",
        ok=deployment.status == "success",
        ended=deployment.status,
        commit=commit(deployment.sha),
        searched=ref,
        at=job.finished_at or deployment.updated_at,
        branch=ref,
        repository=_repository(page, options),
        run=page,
        actor=clean(deployment.user.username, 100) if deployment.user else "",
    )


def _repository(page: str, options: Options) -> str:
    """The project's own page, from a page below it."""
    root, below, _ = page.partition("/-/")
    if below:
        return root
    return "" if options.project.isdigit() else f"{address(options.url.rstrip('/'))}/{clean(options.project, 300)}"
