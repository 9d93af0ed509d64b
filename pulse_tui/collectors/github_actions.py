"""Builds, deployments and evaluations that ran as GitHub Actions workflows, over the REST API.

The list of runs can only be narrowed by when a run was created: each round reads the last ``days`` again, so that
a rerun is seen, and asks one by one for the older runs that had not ended. Runs for pull requests, and runs
of a fork's commits, are left out: anybody may choose their branch names.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.collectors._shared.ci import (
    Bad,
    Finished,
    Rule,
    about,
    commit,
    fresh,
    header,
    link,
    plausible,
    tell,
    typed,
)
from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.collectors._shared.hooks import webhook_secret
from pulse_tui.collectors._shared.web import get_json
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import EPOCH, iso, to_us
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext, Hint, HookRequest

MOVED_BY = "deploy, by its workflow,"
"""How the version that serves is changed there; a version follows."""


class Where(StrEnum):
    """Where a run has its version: in the tag or branch it ran on, or in its title."""

    REF = "ref"
    TITLE = "title"


class WorkflowRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``workflow`` is a file name (``build.yml``) or the workflow's name; ``version`` is searched in ``version_in``."""

    workflow: str
    version_in: Where = Where.REF


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``repository`` (owner/name), its ``token``, and what its ``workflows`` mean.

    ``days``: how far back runs are read. ``webhook_secret``: of the repository's webhook, for hints.
    """

    repository: str
    workflows: tuple[WorkflowRule, ...]
    url: str = "https://api.github.com"
    """The API; of an Enterprise server ``https://HOST/api/v3``."""
    token: str | None = None
    days: Annotated[int, Meta(ge=1, le=90)] = 7
    webhook_secret: str | None = None


class _Repository(msgspec.Struct):
    full_name: str
    html_url: str = ""


class _Actor(msgspec.Struct):
    login: str = ""


class _Run(msgspec.Struct):
    id: int
    head_sha: str
    status: str
    created_at: Annotated[datetime, Meta(tz=True)]
    updated_at: Annotated[datetime, Meta(tz=True)]
    name: str | None = None
    path: str = ""
    head_branch: str | None = None
    display_title: str = ""
    event: str = ""
    conclusion: str | None = None
    html_url: str = ""
    run_attempt: int | None = 1
    repository: _Repository | None = None
    head_repository: _Repository | None = None
    triggering_actor: _Actor | None = None

    @property
    def key(self) -> str:
        return f"{self.id}.{self.run_attempt or 1}"


class _Mark(msgspec.Struct):
    """The bookmark: attempts that were reported, runs that had not ended (microseconds of creation), newest deployments."""

    stated: list[str] = []
    open: dict[str, int] = {}
    placed: dict[str, int] = {}
    refused: list[str] = []


_PER_PAGE = 100
#: The API gives no more than 1,000 results of a filtered list.
_PAGES = 10
#: Older runs that had not ended, asked for one by one in a round.
_SINGLES = 20
#: No run lives longer: GitHub ends it.
_LONGEST = timedelta(days=36)
_FAILED = frozenset({"failure", "timed_out", "startup_failure"})


def collect(options: Options, context: CollectContext) -> Collected:
    """Runs that ended since the last round; a cancelled or skipped run is ignored.

    Raises SourceError when the API does not answer, limits the rate (``retry_after``) or sends a malformed answer.
    """
    mark = _mark(context.cursor.bookmark)
    rejected: list[Rejected] = []
    finished: list[Finished] = []
    listed: set[str] = set()
    after = _Mark(placed=dict(mark.placed))
    stated = set(mark.stated)
    for raw in _all(options, context, mark, listed, rejected):
        run = typed(raw, _Run, "run", context, rejected)
        rules = [rule for rule in options.workflows if _is_of(run, rule)] if run and _is_ours(run) else []
        if run is None or not rules:
            continue
        if run.status != "completed":
            after.open[str(run.id)] = to_us(max(run.created_at, EPOCH))
            continue
        after.stated.append(run.key)
        if run.key not in stated and (run.conclusion == "success" or run.conclusion in _FAILED):
            try:
                finished += [_finished(run, rule, context.now) for rule in rules]
            except Bad as error:
                rejected.append(refuse(context.source, f"run {run.id}", str(error), encoded(raw)))
            except Exception as error:  # whatever one run does, the others are reported
                rejected.append(refuse(context.source, f"run {run.id}", reason(error), encoded(raw)))
    after.open |= {key: us for key, us in mark.open.items() if key not in listed}
    observations = tuple(tell(finished, after.placed, context))
    new, after.refused = fresh(rejected, mark.refused)
    bookmark = msgspec.json.encode(after, order="deterministic").decode()
    return Collected(
        observations=observations,
        rejected=new,
        cursor=msgspec.structs.replace(context.cursor, bookmark=bookmark),
        unchanged=not observations and not new,
    )


def hint(options: Options, request: HookRequest, context: CollectContext) -> Hint:
    """Verify ``X-Hub-Signature-256``. GitHub signs no time and no delivery id: the signature itself names the delivery.

    Raises Refused without a secret, for a missing or wrong signature, and for a body that is not JSON.
    """
    secret = webhook_secret(options.webhook_secret, context)
    event, signature = header(request, "x-github-event"), header(request, "x-hub-signature-256")
    header(request, "x-github-delivery")
    right = b"sha256=" + hmac.new(secret, request.body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(right, signature.encode("utf-8", "replace")):
        raise Refused(
            "the webhook's signature does not match its content",
            todo="Check that webhook_secret here is the secret of the repository's webhook",
        )
    # The header with the delivery's id is not signed: who replays the body could change it.
    return Hint(delivery=right.decode(), at=context.now, about=about(request, clean(event, 80)))


def _mark(bookmark: str | None) -> _Mark:
    try:
        return msgspec.json.decode(bookmark, type=_Mark) if bookmark else _Mark()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Mark()  # another kind's bookmark: reading the window once more is harmless


def _runs_url(options: Options) -> str:
    return f"{options.url.rstrip('/')}/repos/{quote(options.repository, safe='/')}/actions/runs"


def _all(
    options: Options, context: CollectContext, mark: _Mark, listed: set[str], rejected: list[Rejected]
) -> Iterator[Any]:
    """The runs of the window, then older ones that had not ended; ``listed`` collects the ids that need no asking."""
    yield from _listed(options, context, listed, rejected)
    oldest = to_us(context.now - _LONGEST)
    waiting = [key for key, us in sorted(mark.open.items(), key=lambda item: item[1]) if key not in listed]
    for key in waiting[:_SINGLES]:
        if mark.open[key] < oldest:
            listed.add(key)
            continue
        headers = {"Accept": "application/vnd.github+json"}
        if options.token:
            headers["Authorization"] = f"Bearer {context.secret(options.token)}"
        answer = context.http.send("GET", f"{context.secret(_runs_url(options))}/{key}", headers=headers)
        if answer.status in (404, 410):
            listed.add(key)  # deleted: it will never end
        elif answer.status == 200:
            listed.add(key)
            try:
                yield msgspec.json.decode(answer.body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                rejected.append(refuse(context.source, f"run {key}", "the answer is not JSON", answer.body))


def _listed(options: Options, context: CollectContext, listed: set[str], rejected: list[Rejected]) -> Iterator[Any]:
    url = _runs_url(options)
    since = iso(context.now - timedelta(days=options.days))
    for page in range(1, _PAGES + 1):
        params = {"per_page": str(_PER_PAGE), "page": str(page), "created": f">={since}"}
        stated = get_json(context, url, options.token, params)
        items = stated.get("workflow_runs") if isinstance(stated, dict) else None
        if not isinstance(items, list):
            raise SourceError(f"{address(url)} is not a GitHub API: no list 'workflow_runs'", todo="Correct 'url'")
        ids = {str(item.get("id")) for item in items if isinstance(item, dict)}
        if len(ids) == _PER_PAGE and ids <= listed:
            raise SourceError(f"{address(url)} returns the same page repeatedly", todo="Ask its owner")
        listed |= ids
        yield from items
        if len(items) < _PER_PAGE:
            return
    what = f"more than {_PAGES * _PER_PAGE:,} runs in {options.days} days: the oldest of them were not read"
    rejected.append(refuse(context.source, options.repository, what, hint="lower 'days'"))


def _is_ours(run: _Run) -> bool:
    """Not of a fork and not for a pull request."""
    if run.event.startswith("pull_request"):
        return False
    here, head = run.repository, run.head_repository
    return here is None or head is None or here.full_name.lower() == head.full_name.lower()


def _is_of(run: _Run | None, rule: WorkflowRule) -> bool:
    if run is None:
        return False
    path = run.path.partition("@")[0]
    return rule.workflow in (path, path.rpartition("/")[2], run.name)


def _finished(run: _Run, rule: WorkflowRule, now: datetime) -> Finished:
    branch = clean(run.head_branch or "", 300)
    repository = link(run.repository.html_url) if run.repository else ""
    path, _, pinned = run.path.partition("@")
    ref = clean(pinned, 300) or branch
    page = link(run.html_url)
    return Finished(
        rule=rule,
        key=run.key,
        ok=run.conclusion == "success",
        ended=clean(run.conclusion or "", 40).replace("_", " ").replace("failure", "failed"),
        commit=commit(run.head_sha),
        searched=branch if rule.version_in is Where.REF else clean(run.display_title, 300),
        at=plausible(run.updated_at, now),
        branch=branch,
        repository=repository,
        builder=f"{repository}/{clean(path, 300)}" + (f"@{ref}" if ref else "") if repository and path else "",
        run=f"{page}/attempts/{run.run_attempt or 1}" if page else "",
        actor=clean(run.triggering_actor.login, 100) if run.triggering_actor else "",
    )
