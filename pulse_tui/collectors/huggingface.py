"""Revisions of models, datasets and spaces on the Hugging Face Hub, or on a hub that speaks its API.

A repository that is an asset's gives a snapshot: its tags are versions, and branches or tags stand for
environments. A model that is not an asset gives its head: what ``main`` is today, under every asset that uses it.
Requested are ``api/models/{repo}`` (``sha``, ``lastModified``), ``.../refs`` and, once a tagged commit, ``.../commits/{sha}``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.tags import name_versions, order
from pulse_tui.collectors._shared.web import get_json
from pulse_tui.domain.bill import Head
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, as_name, clean
from pulse_tui.domain.words import Change, ComponentKind, Environment
from pulse_tui.ports import CollectContext

MOVED_BY = "set its branch or tag to"
"""How the version that serves is changed there; a version follows."""


class RepoKind(StrEnum):
    """What a repository of the hub holds."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"


_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


class Repo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One repository. With ``asset`` its revisions are that asset's releases.

    ``environments`` maps a branch or a tag to an environment, the first that exists wins; ``change`` is what the
    appearance of a version is.
    """

    repo: str
    asset: str | None = None
    kind: RepoKind = RepoKind.MODEL
    environments: dict[str, Environment] = {}
    change: Change = Change.BUILD

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.repo):
            raise ValueError(f"{clean(self.repo, 80)!r} is not a repository: write owner/name")
        if self.asset is None and self.kind is not RepoKind.MODEL:
            raise ValueError(f"{self.repo} is a {self.kind.value}: name the asset that it is")
        if self.asset is None and self.environments:
            raise ValueError(f"{self.repo} has environments: name the asset that runs in them")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` of the hub, a ``token`` for gated and private repositories, and the repositories."""

    repos: tuple[Repo, ...]
    """The repositories that are read."""
    url: str = "https://huggingface.co"
    token: str | None = None


class _Info(msgspec.Struct):
    sha: str
    lastModified: datetime  # noqa: N815  as the API spells it


class _Ref(msgspec.Struct):
    name: str
    targetCommit: str  # noqa: N815  as the API spells it


class _Refs(msgspec.Struct):
    branches: list[_Ref] = []
    tags: list[_Ref] = []


class _Author(msgspec.Struct):
    user: str = ""


class _Commit(msgspec.Struct):
    id: str
    date: datetime
    title: str = ""
    authors: list[_Author] = []


class _Seen(msgspec.Struct, omit_defaults=True):
    """What is kept of a commit, which never changes: seconds since the epoch, author, and subject."""

    at: int
    author: str = ""
    title: str = ""


class _Bookmark(msgspec.Struct, omit_defaults=True):
    """Commits by hash, and the repositories of which a branch's head was once a version."""

    commits: dict[str, _Seen] = {}
    loose: list[str] = []


_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LOOKUPS = 100
"""Commits requested in one round: the others follow in the next."""
_T = TypeVar("_T")


def collect(options: Options, context: CollectContext) -> Collected:
    """One snapshot or head a repository. One that is missing, gated or malformed is Rejected, the others are stored.

    Raises SourceError when none could be read, or when the hub asks to wait.
    """
    reader = _Reader(options, context)
    found: list[RegistrySnapshot | Head] = []
    problem: SourceError | None = None
    for repo in options.repos:
        try:
            found.append(reader.head(repo) if repo.asset is None else reader.snapshot(repo, repo.asset))
        except Exception as broken:  # whatever one repository does, the others are read
            error = contained(repo.repo, broken)
            if error.retry_after is not None:
                raise error from None
            problem = problem or error
            hint = "A gated or private repository needs a token whose owner was let in"
            reader.rejected.append(refuse(context.source, f"{repo.kind.value} {repo.repo}", str(error), hint=hint))
    if problem is not None and not found:
        raise problem
    cursor = msgspec.structs.replace(context.cursor, bookmark=reader.bookmark(whole=problem is None))
    return Collected(observations=tuple(found), rejected=tuple(reader.rejected), cursor=cursor)


class _Reader:
    """One round: what was refused, what is kept, and how many commits may still be requested."""

    def __init__(self, options: Options, context: CollectContext) -> None:
        self._options = options
        self._context = context
        self.rejected: list[Rejected] = []
        self._before = _remembered(context.cursor.bookmark)
        self._commits: dict[str, _Seen] = {}
        self._loose = set(self._before.loose)
        self._lookups = _LOOKUPS

    def bookmark(self, *, whole: bool) -> str:
        """Commits that were needed this round; with those from before when it was not ``whole``."""
        kept = self._commits if whole else {**self._before.commits, **self._commits}
        return msgspec.json.encode(_Bookmark(kept, sorted(self._loose)), order="deterministic").decode()

    def head(self, repo: Repo) -> Head:
        info = self._get(repo, "", _Info)
        if not _COMMIT.fullmatch(info.sha):
            raise SourceError(f"{self._where(repo)} has no commit", todo="Check the repository")
        return Head(
            source=self._context.source,
            component_id=f"huggingface/{repo.repo}",
            kind=ComponentKind.HOSTED_MODEL,
            version=info.sha,
            at=_aware(info.lastModified),
            name=repo.repo.lower(),
            link=address(f"{self._options.url.rstrip('/')}/{repo.repo}"),
        )

    def snapshot(self, repo: Repo, asset: str) -> RegistrySnapshot:
        refs = self._get(repo, "/refs", _Refs)
        branches = {ref.name: ref.targetCommit for ref in refs.branches if _COMMIT.fullmatch(ref.targetCommit)}
        tags = {ref.name: ref.targetCommit for ref in refs.tags if _COMMIT.fullmatch(ref.targetCommit)}
        whole = len(tags) == len(refs.tags)
        if not whole:
            self.rejected.append(refuse(self._context.source, repo.repo, "a tag points at no commit"))
        named = name_versions(list(tags))
        versions: dict[str, RegistryVersion] = {}
        for tag, version in named.items():
            made = self._version(repo, asset, version, tags[tag], tag)
            if made is not None:
                versions[version] = made
        whole = whole and len(versions) == len(tags)
        placements: dict[Environment, tuple[str, float]] = {}
        for ref, environment in repo.environments.items():
            if environment in placements:
                continue
            serving = self._serving(repo, asset, ref, branches, tags, named, versions)
            if serving is not None:
                placements[environment] = (serving, 100.0)
        return RegistrySnapshot(
            source=self._context.source,
            asset_id=asset,
            versions=tuple(sorted(versions.values(), key=lambda v: (v.created_at, order(v.version)))),
            placements=placements,
            managed=tuple(dict.fromkeys(repo.environments.values())),
            # The head of a branch that moved on is no longer listed, but was not deleted.
            complete=whole and repo.repo not in self._loose,
        )

    def _serving(
        self,
        repo: Repo,
        asset: str,
        ref: str,
        branches: dict[str, str],
        tags: dict[str, str],
        named: dict[str, str],
        versions: dict[str, RegistryVersion],
    ) -> str | None:
        commit = branches.get(ref)
        if commit is None:
            tagged = named.get(ref)
            return tagged if tagged in versions else None
        equal = [v for tag, v in named.items() if tags[tag] == commit and v in versions]
        if equal:
            return max(equal, key=order)
        version = f"{as_name(ref, 200)}@{commit[:12]}"
        made = self._version(repo, asset, version, commit, ref, branch=clean(ref, 200))
        if made is None:
            return None
        self._loose.add(repo.repo)
        versions[version] = made
        return version

    def _version(
        self, repo: Repo, asset: str, version: str, commit: str, ref: str, branch: str | None = None
    ) -> RegistryVersion | None:
        seen = self._seen(repo, commit)
        if seen is None:
            return None
        provenance = {
            "commit": commit,
            "repository": address(f"{self._options.url.rstrip('/')}/{_folder(repo)}{repo.repo}"),
            "branch": branch or "",
            "author": seen.author,
            "description": seen.title,
        }
        return RegistryVersion(
            asset_id=asset,
            registry_version=as_name(ref),
            version=version,
            digest=f"git:{commit}",
            created_at=from_us(seen.at * 1_000_000),
            provenance={key: value for key, value in provenance.items() if value},
            branch=branch,
            change=repo.change,
        )

    def _seen(self, repo: Repo, commit: str) -> _Seen | None:
        """Who made a commit, and when; requested once. None when it is unknown in this round."""
        seen = self._commits.get(commit) or self._before.commits.get(commit)
        if seen is None:
            if self._lookups == 0:
                return None
            self._lookups -= 1
            listed = self._get(repo, f"/commits/{commit}", list[_Commit], {"limit": "1"})
            made = next((item for item in listed if item.id == commit), None)
            if made is None:
                raise SourceError(f"{self._where(repo)} does not know its own commit {commit[:12]}")
            author = made.authors[0].user if made.authors else ""
            at = max(0, int(_aware(made.date).timestamp()))
            seen = _Seen(at, clean(author, 100), clean(made.title, 300))
        self._commits[commit] = seen
        return seen

    def _get(self, repo: Repo, path: str, shape: type[_T], params: dict[str, str] | None = None) -> _T:
        url = f"{self._options.url.rstrip('/')}/api/{repo.kind.value}s/{repo.repo}{path}"
        stated = get_json(self._context, url, self._options.token, params or {})
        try:
            return msgspec.convert(stated, shape)
        except msgspec.ValidationError as error:
            what = f"{address(url)} does not answer as the hub does: {clean(str(error), 160)}"
            raise SourceError(what, todo="Correct 'url'") from None

    def _where(self, repo: Repo) -> str:
        return f"{address(self._options.url)} {repo.repo}"


def _folder(repo: Repo) -> str:
    return "" if repo.kind is RepoKind.MODEL else f"{repo.kind.value}s/"


def _aware(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise SourceError(f"{moment.isoformat()} is not a time of a commit", todo="Ask the hub's owner") from None


def _remembered(bookmark: str | None) -> _Bookmark:
    try:
        return msgspec.json.decode(bookmark, type=_Bookmark) if bookmark else _Bookmark()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Bookmark()  # another kind's bookmark: asking everything once more is harmless
