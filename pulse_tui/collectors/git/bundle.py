"""One bundle of a git repository: its events since the last round, and its releases now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.tags import Rank, matches, name_versions, order, version_of
from pulse_tui.collectors.git.program import Commit, Git
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.text import as_name, clean
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.ports import CollectContext

EVENTS_LIMIT = 500
"""Commits of a bundle that are reported in one round; the others follow in the next."""
_PATHS_KEPT = 20
_LAST_SECOND = 7_258_118_400
"""The year 2200: a commit's time after that is a mistake."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files or folders of a repository that are one asset.

    ``tags`` is a shell pattern of the tags that are its releases (``{asset}`` stands for its id; null: none).
    ``environments`` maps a branch, or a pattern of branches and tags of which the newest counts, to an environment.
    ``change`` is what a commit to it is.
    """

    asset: str
    paths: tuple[str, ...]
    branch: str = "main"
    change: Change = Change.PROMPT_REVISION
    tags: str | None = "v*"
    environments: dict[str, Environment] = {}

    def __post_init__(self) -> None:
        if not self.paths:
            raise ValueError(f"{clean(self.asset, 80)} has no paths: name its files or folders, or '.'")
        for path in self.paths:
            if not path or path.startswith(("-", "/", ":")) or ".." in path.split("/") or "\0" in path:
                raise ValueError(f"{clean(path, 80)!r} is not a path inside a repository")
        for ref in (self.branch, *self.environments):
            if not ref or ref.startswith("-") or "\0" in ref:
                raise ValueError(f"{clean(ref, 80)!r} is not a branch")

    @property
    def key(self) -> str:
        """Identifies the bundle in its repository; other paths are another bundle."""
        return "\x1f".join((self.asset, *self.paths))

    @property
    def pattern(self) -> str | None:
        """The pattern of its tags."""
        return self.tags.replace("{asset}", self.asset) if self.tags else None


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a bundle was reported."""

    branch: str
    at: str | None = None
    """All in the history of this commit was reported."""
    upto: str | None = None
    """Commits between ``at`` and here are being reported, over several rounds."""
    done: int = 0
    """How many of those were reported."""
    gone: bool = False
    """The missing branch was reported."""
    loose: bool = False
    """The head of a branch, which no tag names, was once a version."""


class Reader:
    """Reads the bundles of one repository in one round; what is refused is kept in ``rejected``."""

    def __init__(
        self, git: Git, branches: dict[str, str], tags: dict[str, str], context: CollectContext, shown: str
    ) -> None:
        """``branches`` and ``tags`` lead to commits; ``shown`` is the repository's address."""
        self.rejected: list[Rejected] = []
        self._git = git
        self._branches = branches
        self._tags = tags
        self._context = context
        self._shown = shown
        self._reachable: dict[str, frozenset[str]] = {}

    # ------------------------------------------------------------------ events

    def events(self, bundle: Bundle, mark: Mark) -> tuple[list[Signal], Mark]:
        """Version events since ``mark``, oldest first, and the mark of the next round."""
        head, paths = self._branches[bundle.branch], bundle.paths
        if mark.branch != bundle.branch:
            mark = Mark(branch=bundle.branch, loose=mark.loose)
        mark = msgspec.structs.replace(mark, gone=False)
        stated: list[Signal] = []
        since, upto, done = mark.at, mark.upto or head, mark.done
        known = mark.upto or mark.at
        if known is not None and known != head and not self._git.is_ancestor(known, head):
            stated.append(self._forced(bundle, known, head))
            since, upto, done = self._git.merge_base(mark.at or known, head), head, 0
        if since is None:
            shas = self._git.history(None, upto, paths, limit=1)
        else:
            shas = [] if since == upto else self._git.history(since, upto, paths)[done:]
        now, later = shas[:EVENTS_LIMIT], len(shas) - EVENTS_LIMIT
        commits = self._git.commits(now)
        stated += [signal for sha in now if (signal := self._event(bundle, commits[sha])) is not None]
        if later > 0:
            what = f"{len(shas):,} new commits: {len(now)} are reported now, the others in the next rounds"
            self.rejected.append(refuse(self._context.source, f"{self._shown} {bundle.asset}", what))
            return stated, msgspec.structs.replace(mark, at=since, upto=upto, done=done + len(now))
        return stated, msgspec.structs.replace(mark, at=upto, upto=None, done=0)

    def _event(self, bundle: Bundle, commit: Commit) -> Signal | None:
        at = self._moment(commit, bundle)
        if at is None:
            return None
        asset, branch = bundle.asset, clean(bundle.branch, 200)
        changed = [clean(path, 200) for path in self._git.changed(commit, bundle.paths)]
        kept = changed[:_PATHS_KEPT]
        if len(changed) > len(kept):
            kept.append(f"and {len(changed) - len(kept)} more")
        return observed(
            SignalType.VERSION_EVENT,
            source=self._context.source,
            event=("commit", asset, commit.sha, bundle.change),
            fingerprint=fingerprint("version", asset, None, commit.sha),
            change=bundle.change,
            asset_id=asset,
            current_version=_head_name(branch, commit.sha),
            severity=Severity.LOW,
            recommended=Recommended.NOTE,
            at=at,
            now=self._context.now,
            title=f"{asset}: {commit.subject or 'a commit without a subject'} ({branch} {commit.sha[:12]})",
            evidence=VersionEvidence(
                ref=branch,
                actor=commit.author or None,
                to_digest=self._git.content(commit.sha, bundle.paths),
                changed=kept,
            ),
        )

    def _forced(self, bundle: Bundle, old: str, new: str) -> Signal:
        repository = self._shown.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git") or self._shown
        branch = clean(bundle.branch, 100)
        return observed(
            SignalType.VERSION_EVENT,
            source=self._context.source,
            event=("forced", bundle.asset, bundle.branch, old, new),
            fingerprint=fingerprint("forced", bundle.asset, bundle.branch, new),
            change=Change.CONFIG_CHANGE,
            asset_id=bundle.asset,
            baseline_version=_head_name(branch, old),
            current_version=_head_name(branch, new),
            severity=Severity.HIGH,
            recommended=Recommended.REVIEW,
            now=self._context.now,
            title=f"{branch} of {clean(repository, 100)} was force-pushed: {old[:12]} is no longer in its history",
            summary="What was recorded of the old history stays. The events go on from the merge base.",
            evidence=VersionEvidence(
                ref=branch, from_digest=f"git:{old}", to_digest=f"git:{new}", changed=["history rewritten"]
            ),
        )

    # ------------------------------------------------------------------ releases

    def snapshot(self, bundle: Bundle, mark: Mark) -> tuple[RegistrySnapshot, Mark]:
        """The releases of the tags now, and the versions of the environments' branches and tags."""
        pattern = bundle.pattern
        fitting = [tag for tag in self._tags if pattern and matches(tag, pattern)]
        named = name_versions(fitting, pattern or "*")
        commits = self._git.commits([self._tags[tag] for tag in named])
        versions: dict[str, RegistryVersion] = {}
        complete = len(named) == len(fitting)
        for tag, version in named.items():
            commit = commits[self._tags[tag]]
            if (digest := self._git.content(commit.sha, bundle.paths)) is None:
                continue  # the tag is older than the bundle
            made = self._version(bundle, version, tag, commit, digest, self._line(bundle, tag))
            complete = complete and made is not None
            if made is not None:
                versions[tag] = made
        placements: dict[Environment, tuple[str, float]] = {}
        loose: list[RegistryVersion] = []
        for ref, environment in bundle.environments.items():
            if environment in placements:
                continue
            serving = self._serving(bundle, ref, versions)
            if serving is not None:
                placements[environment] = (serving.version, 100.0)
                if all(serving.version != other.version for other in (*versions.values(), *loose)):
                    loose.append(serving)
        if loose and not mark.loose:
            mark = msgspec.structs.replace(mark, loose=True)
        snapshot = RegistrySnapshot(
            source=self._context.source,
            asset_id=bundle.asset,
            versions=tuple(sorted((*versions.values(), *loose), key=_age)),
            placements=placements,
            managed=tuple(dict.fromkeys(bundle.environments.values())),
            # The head of a branch that moved on is no longer listed, but was not deleted.
            complete=complete and not mark.loose,
        )
        return snapshot, mark

    def _serving(self, bundle: Bundle, ref: str, versions: dict[str, RegistryVersion]) -> RegistryVersion | None:
        """The release behind a branch or a pattern; a version of its own when no tag has that content."""
        if ref in self._branches:
            return self._at_head(bundle, ref, versions)
        branches = [name for name in self._branches if matches(name, ref)]
        tags = [name for name in self._tags if matches(name, ref)]
        commits = self._git.commits([self._branches[b] for b in branches] + [self._tags[t] for t in tags])
        branch = _newest(branches, lambda name: commits[self._branches[name]])
        tag = _newest(tags, lambda name: commits[self._tags[name]])
        if branch is not None and (tag is None or branch[0] > tag[0]):
            return self._at_head(bundle, branch[1], versions)
        if tag is None:
            return None
        if tag[1] in versions:
            return versions[tag[1]]
        commit = commits[self._tags[tag[1]]]
        digest = self._git.content(commit.sha, bundle.paths)
        equal = [v for v in versions.values() if v.digest == digest]
        if digest is None or equal:
            return max(equal, key=_age, default=None)
        return self._version(bundle, version_of(tag[1]), tag[1], commit, digest, self._line(bundle, tag[1]))

    def _at_head(self, bundle: Bundle, branch: str, versions: dict[str, RegistryVersion]) -> RegistryVersion | None:
        head = self._branches[branch]
        digest = self._git.content(head, bundle.paths)
        if digest is None:
            return None
        reachable = self._tags_of(branch)
        equal = [v for tag, v in versions.items() if v.digest == digest and tag in reachable]
        if equal:
            return max(equal, key=_age)
        # The last commit that touched it, so that work elsewhere in the repository makes no new version.
        last = (self._git.history(None, head, bundle.paths, limit=1) or [head])[-1]
        commit = self._git.commits([last])[last]
        name = clean(branch, 200)
        return self._version(bundle, _head_name(name, last), branch, commit, digest, name)

    def _version(
        self, bundle: Bundle, version: str, ref: str, commit: Commit, digest: str, line: str | None
    ) -> RegistryVersion | None:
        at = self._moment(commit, bundle)
        if at is None:
            return None
        provenance = {
            "commit": commit.sha,
            "repository": self._shown,
            "branch": line or "",
            "author": commit.author,
            "description": commit.subject,
        }
        return RegistryVersion(
            asset_id=bundle.asset,
            registry_version=as_name(ref),
            version=version,
            digest=digest,
            created_at=at,
            provenance={key: value for key, value in provenance.items() if value},
            branch=line,
            change=bundle.change,
        )

    def _line(self, bundle: Bundle, tag: str) -> str | None:
        """The first of the bundle's branches that has the tag in its history."""
        lines = dict.fromkeys((bundle.branch, *bundle.environments))
        found = (line for line in lines if line in self._branches and tag in self._tags_of(line))
        line = next(found, None)
        return clean(line, 200) if line is not None else None

    def _tags_of(self, branch: str) -> frozenset[str]:
        if branch not in self._reachable:
            self._reachable[branch] = self._git.reachable_tags(self._branches[branch])
        return self._reachable[branch]

    def _moment(self, commit: Commit, bundle: Bundle) -> datetime | None:
        if commit.at.isdecimal() and int(commit.at[:12]) < _LAST_SECOND:
            return from_us(int(commit.at[:12]) * 1_000_000)
        where = f"{self._shown} {bundle.asset} {commit.sha[:12]}"
        self.rejected.append(
            refuse(self._context.source, where, f"the commit's time {clean(commit.at, 40)!r} is invalid")
        )
        return None


def _head_name(branch: str, commit: str) -> str:
    return f"{branch}@{commit[:12]}"


def _age(version: RegistryVersion) -> tuple[datetime, Rank]:
    return version.created_at, order(version.version)


def _newest(names: Iterable[str], commit_of: Callable[[str], Commit]) -> tuple[tuple[int, Rank], str] | None:
    """The name whose commit is newest, the higher version of two of one moment, with its rank."""
    ranked = [((int(commit_of(name).at[:12] or 0), order(version_of(name))), name) for name in names]
    return max(ranked) if ranked else None
