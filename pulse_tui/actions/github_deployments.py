"""Holds enforced at GitHub: a custom deployment protection rule asks our gate, and a commit status says what is held.

Deploys that wait for the rule are listed, the gate is asked for each, and the answer is posted: approved, or rejected with the
reasons (or left waiting until the gate opens). Every hold also puts the commit status ``pulse-tui/gate`` on the commits of
the releases that it keeps back. The rule belongs to a GitHub App, whose installation token answers.
https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/create-custom-protection-rules
https://docs.github.com/en/rest/commits/statuses  https://docs.github.com/en/rest/deployments/protection-rules
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.actions._shared.enforcing import Asked, Do, asked, within
from pulse_tui.actions._shared.rest import call
from pulse_tui.actions._shared.tickets import Api, entries, member
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import ConfigError, Refused, SourceError, TargetError
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Case, CollectContext, Held, Hint, HookRequest, Seen, SendContext, Waiting
from pulse_tui.ports.running import Ended
from pulse_tui.settings.check import REPOSITORY, Seconds

EACH = 30
"""Waiting runs that are looked at, the newest."""
COMMITS = 20
"""Commits that a hold marks."""
FRESH = timedelta(minutes=5)
"""A yes that is older is not sent: the gate may have closed since."""
_SHA = re.compile(r"\A[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class Blocked(StrEnum):
    """What a deploy gets while the gate is closed."""

    WAIT = "wait"
    """A comment with the reasons; it is approved as soon as the gate opens. GitHub ends what waits for 30 days."""
    REJECT = "reject"
    """Its job fails."""


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an environment of the repository deploys."""

    name: str
    """The environment as GitHub calls it."""
    asset: str
    environment: Environment = Environment.PRODUCTION
    """Where that is in the estate."""
    version: str = ""
    """A regular expression whose first group is the version in the branch or tag, such as ``v(.+)``; left out: the release that
    records the commit."""

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.version).groups
        except re.error as error:
            raise ValueError(f"version is no regular expression: {error}") from None
        if self.version and groups < 1:
            raise ValueError("version has no group: put what is the version in parentheses")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``repository`` (``owner/name``), and a ``token`` as ``${NAME}`` or a ``token_command`` that prints one: an installation
    token of the GitHub App whose protection rule the environments have.
    """

    USES: ClassVar[frozenset[Use]] = frozenset({Use.ENFORCE})

    repository: Annotated[str, Meta(pattern=REPOSITORY)]
    token: str = ""
    token_command: tuple[str, ...] = ()
    """Prints a token: installation tokens last an hour. It gets PATH and HOME of this process, nothing else."""
    url: str = "https://api.github.com"
    """The API; of GitHub Enterprise Server ``https://HOST/api/v3``."""
    deployments: tuple[Place, ...] = ()
    """The environments whose deploys ask the gate."""
    webhook_secret: str = ""
    """The secret of the app's webhook, as ``${NAME}``: its event ``deployment_protection_rule`` sent to ``/hooks/`` and the route's id
    makes the gate answer at once. Left out: deploys that wait are looked for every 15 seconds."""
    blocked: Blocked = Blocked.WAIT
    """What a deploy gets while the gate is closed."""
    statuses: bool = True
    """Whether holds are put on commits."""
    context: str = "pulse-tui/gate"
    """The name of the commit status."""
    assets: tuple[str, ...] = ()
    """The assets that this repository deploys: their holds; none: those of deployments."""
    holds: tuple[HoldKind, ...] = tuple(HoldKind)
    """Which kinds of holds."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""

    def __post_init__(self) -> None:
        if bool(self.token) == bool(self.token_command):
            raise ValueError("give a token or a token_command")


def respond(case: Case) -> Sequence[Effect]:
    """Nothing: holds come here by themselves, whatever placed them."""
    del case
    return ()


def takes(hold: Hold, options: Any) -> bool:
    """Whether it is of its assets, and of a kind that is enforced here."""
    assert isinstance(options, Options)
    return within(hold, options.assets or tuple(p.asset for p in options.deployments), options.holds)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Mark commits, or answer a deploy that waits. Raises TargetError."""
    assert isinstance(options, Options)
    given = asked(delivery)
    if given.do is Do.ANSWER:
        return _answer(delivery.payload, delivery.created_at, options, context)
    if not options.statuses or not given.commits:
        return "deploys ask the gate" if options.deployments else "no commit of what is held is recorded"
    api, done = _api(options, context), 0
    for sha in given.commits[:COMMITS]:
        if _SHA.match(sha):
            api.write("POST", f"/repos/{options.repository}/statuses/{sha}", _status(given, options))
            done += 1
    return f"{options.context} on {done} commit{'' if done == 1 else 's'}"


def _status(given: Asked, options: Options) -> dict[str, str]:
    hold, why = (given.hold, given.why) if given.do is Do.HOLD else (given.still, given.still_why)
    text = clean(f"{hold}: {why}", 140) if hold else "nothing holds it: the gate decides"
    return {"state": "failure" if hold else "success", "context": options.context, "description": text}


def _answer(payload: Mapping[str, str], made: datetime, options: Options, context: SendContext) -> str:
    if payload.get("state") == "approved" and context.now - made > FRESH:
        return "not sent: it waited too long, the gate is asked once more"
    run, place = payload.get("run", ""), payload.get("place", "")
    if not run.isascii() or not run.isdigit():
        raise TargetError(f"{clean(run, 40)!r} is no run", ambiguous=False, permanent=True)
    body = {"environment_name": place, "comment": payload.get("comment", "")[:1_000]}
    state = payload.get("state", "")
    path = f"/repos/{options.repository}/actions/runs/{run}/deployment_protection_rule"
    reply = call(
        context,
        "POST",
        options.url.rstrip("/") + path,
        headers=_headers(options, context),
        json=body | ({"state": state} if state else {}),
        timeout_s=float(options.timeout),
        allowed=frozenset({404, 422}),
    )
    if reply.status in (404, 422):
        if any(w.key.partition(".")[0] == run and w.place == place for w in waiting(options, context)):
            words = clean(reply.body[:300].decode("utf-8", "replace"), 200)
            raise TargetError(
                f"{reply.shown} answered {reply.status} to a deploy that still waits: {words}",
                ambiguous=False,
                todo="The token must be of the app whose protection rule the environment has",
            )
        return f"{place} of run {run} waits no longer"
    return f"{place} of run {run}: {state or 'left waiting'}"


def waiting(options: Any, context: SendContext) -> Sequence[Waiting]:
    """The runs that wait for an environment that is configured. Raises TargetError."""
    assert isinstance(options, Options)
    if not options.deployments:
        return ()
    api, shown = _api(options, context), options.url
    path = f"/repos/{options.repository}/actions/runs"
    listed = entries(member(api.get(path, {"status": "waiting", "per_page": str(EACH)}), "workflow_runs", shown), shown)
    return [w for run in listed[:EACH] for w in _pending(run, api, path, options)]


def _pending(run: Mapping[str, Any], api: Api, path: str, options: Options) -> Iterator[Waiting]:
    number = member(run, "id", options.url)
    if isinstance(number, bool) or not isinstance(number, int):
        raise TargetError(f"a run has the id {clean(str(number), 40)!r}", ambiguous=False)
    names = {place.name for place in options.deployments}
    for pending in entries(api.get(f"{path}/{number}/pending_deployments"), options.url):
        environment = pending.get("environment")
        name = str(environment.get("name") or "") if isinstance(environment, dict) else ""
        if name in names:
            yield Waiting(
                key=f"{number}.{run.get('run_attempt') or 1}",
                place=name,
                commit=clean(str(run.get("head_sha") or ""), 80),
                ref=clean(str(run.get("head_branch") or ""), 200),
                title=clean(str(run.get("display_title") or run.get("name") or ""), 200),
                link=clean(str(run.get("html_url") or ""), 300),
            )


def meant(waits: Waiting, options: Any) -> Sequence[tuple[str, Environment, str]]:
    """By the environments that are configured."""
    assert isinstance(options, Options)
    found = []
    for place in options.deployments:
        if place.name == waits.place:
            match = re.search(place.version, waits.ref) if place.version else None
            found.append((place.asset, place.environment, (match[1] or "") if match else ""))
    return found


def hint(options: Any, request: HookRequest, context: CollectContext) -> Hint:
    """Verify ``X-Hub-Signature-256``. Raises Refused without a secret, and for a missing or wrong signature."""
    assert isinstance(options, Options)
    try:
        secret = context.secret(options.webhook_secret).strip()
    except ConfigError:
        secret = ""
    if not secret:
        raise Refused(
            f"route {context.source} takes no webhooks: it has no webhook_secret, or the variable that it names is empty",
            todo="Set it, here and at the app's webhook",
        )
    right = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
        raise Refused(
            "the webhook's signature does not match its content",
            todo="Check that webhook_secret here is the secret of the app's webhook",
        )
    return Hint(delivery=right, at=context.now, about=clean(request.headers.get("x-github-event", ""), 80))


def seen(held: Held, options: Any, context: SendContext) -> Seen:
    """Whether the environments have an enabled protection rule of an app, and the commits the status. Raises TargetError."""
    assert isinstance(options, Options)
    api, good, bad = _api(options, context), list[str](), list[str]()
    if not held.lifted:
        for name in dict.fromkeys(p.name for p in options.deployments if held.hold.asset_id in (None, p.asset)):
            apps = _rules(api, name, options)
            where = f"environment {name}"
            (good if apps else bad).append(
                f"{where} asks {', '.join(apps)}" if apps else f"{where} has no enabled protection rule of an app"
            )
    for sha in held.commits[:COMMITS] if options.statuses else ():
        if not _SHA.match(sha):
            continue
        state, text = _standing(api, sha, options)
        # Of several holds of one commit the last one's words stand there; whose they are counts once it is lifted.
        mine = state == "failure" and (not held.lifted or text.startswith(f"{held.hold.id}:"))
        (good if mine else bad).append(f"commit {sha[:9]} has {options.context} {state or 'not at all'}")
    if held.lifted:
        return Seen(bool(good), "; ".join(good[:3]) or "no commit is marked with it")
    if not good and not bad:
        return Seen(
            False, "nothing of it can be enforced there: no environment of it is configured, no commit is recorded"
        )
    return Seen(not bad, "; ".join((bad or good)[:3]))


def _rules(api: Api, name: str, options: Options) -> list[str]:
    """The apps whose protection rules of an environment are enabled."""
    path = f"/repos/{options.repository}/environments/{quote(name, safe='')}/deployment_protection_rules"
    found = api.get(path)
    rules = found.get("custom_deployment_protection_rules") if isinstance(found, dict) else None
    listed = entries(rules, options.url + path)
    return [clean(str((r.get("app") or {}).get("slug") or "an app"), 60) for r in listed if r.get("enabled") is True]


def _standing(api: Api, sha: str, options: Options) -> tuple[str, str]:
    """State and text of our commit status; empty where there is none."""
    path = f"/repos/{options.repository}/commits/{sha}/status"
    listed = entries(member(api.get(path, {"per_page": "100"}), "statuses", options.url + path), options.url + path)
    mine = next((s for s in listed if s.get("context") == options.context), {})
    return clean(str(mine.get("state") or ""), 20), str(mine.get("description") or "")


def _api(options: Options, context: SendContext) -> Api:
    return Api(context, options.url, _headers(options, context), float(options.timeout))


def _headers(options: Options, context: SendContext) -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {options.token or _printed(options, context)}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def _printed(options: Options, context: SendContext) -> str:
    """What the command prints. Raises TargetError; its output is in no message."""
    name = clean(options.token_command[0], 80)
    known = {key: context.secret(f"${{{key}}}") for key in ("PATH", "HOME")}
    try:
        output = context.processes.ask(
            options.token_command, folder=context.base, environment=known, timeout_s=float(options.timeout), cap=8_192
        )
    except SourceError as error:
        raise TargetError(f"the token_command {name}: {error.what}", ambiguous=False, todo=error.todo) from None
    token = output.data.decode("ascii", "replace").strip()
    if output.how is not Ended.EXITED or output.code != 0 or not token or not token.isprintable() or " " in token:
        raise TargetError(
            f"the token_command {name} printed no token (it ended with {output.code})",
            ambiguous=False,
            todo="Run it by hand: it must print one token and nothing else",
        )
    return token.replace("$", "")
