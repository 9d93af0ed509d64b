"""Git repositories that hold prompts, adapters or configuration: tags are releases, commits are version events.

A bundle is the part of a repository (files or folders) that is one asset. Its content digest is taken over the
paths and blobs of that part alone, so that a tag on an unrelated commit is not new content. A remote repository is
mirrored under a cache folder, without file contents where its server allows that; a local one is only read.

A force-pushed branch is reported and nothing is undone: what was recorded stays, and the events go on from the
merge base of the old and the new history. A moved tag gives its version another digest, which is never an update.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.git.bundle import Bundle, Mark, Reader
from pulse_tui.collectors.git.program import Git
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.repository import bad_address, is_url, remote
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext
from pulse_tui.settings.check import Seconds

DECLARES = True
"""It reports what is wanted there, not what is: something else deploys from it."""
MOVED_BY = "set the branch or tag that places it to"
"""How the version that serves is changed there; a version follows."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``repository`` (a folder, or a URL with ``${NAME}`` for its password) and the bundles in it.

    ``cache`` is the folder of the mirrors (default: the user's cache folder), ``timeout`` how long a fetch may take.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"timeout_s": "timeout"}

    repository: str
    bundles: tuple[Bundle, ...]
    """The parts of the repository that are assets."""
    cache: str | None = None
    timeout: Seconds = Seconds(120)

    def __post_init__(self) -> None:
        if problem := bad_address(self.repository):
            raise ValueError(problem)
        if not self.bundles:
            raise ValueError("name at least one bundle")
        released = [bundle.asset for bundle in self.bundles if bundle.tags or bundle.environments]
        if twice := {asset for asset in released if released.count(asset) > 1}:
            raise ValueError(
                f"two bundles give releases of {clean(min(twice), 80)}: leave 'tags' of one of them empty (tags: null)"
            )


_MARKS = msgspec.json.Decoder(dict[str, Mark])


def collect(options: Options, context: CollectContext) -> Collected:
    """Events and one snapshot a bundle. Raises SourceError when the repository cannot be read, or has no branch named.

    At first only the newest commit of a bundle is reported, later all that came since, oldest first.
    """
    git = _open(options, context)
    branches, tags = git.refs()
    wanted = dict.fromkeys(bundle.branch for bundle in options.bundles)
    if not branches:
        # A login page in place of a repository reads as an empty one: nothing may be taken for deleted then.
        raise SourceError(f"{_shown(options)} has no branches: is it a git repository?", todo="Correct 'repository'")
    if not any(name in branches for name in wanted):
        known = ", ".join(clean(name, 60) for name in sorted(branches)[:5])
        raise SourceError(
            f"{_shown(options)} has no branch {' and no '.join(wanted)}", todo=f"Correct 'branch'; it has {known}"
        )
    before = _marks(context.cursor.bookmark)
    after: dict[str, Mark] = {}
    found: list[Signal | RegistrySnapshot] = []
    reader = Reader(git, branches, tags, context, _shown(options))
    for bundle in options.bundles:
        mark = before.get(bundle.key, Mark(branch=bundle.branch))
        if bundle.branch in branches:
            events, mark = reader.events(bundle, mark)
            found += events
        elif not mark.gone:
            where = f"{_shown(options)} {bundle.asset}"
            reader.rejected.append(refuse(context.source, where, f"the branch {bundle.branch} is no longer there"))
            mark = msgspec.structs.replace(mark, gone=True)
        if bundle.tags or bundle.environments:
            snapshot, mark = reader.snapshot(bundle, mark)
            found.append(snapshot)
        after[bundle.key] = mark
    bookmark = msgspec.json.encode(after, order="deterministic").decode()
    return Collected(
        observations=tuple(found),
        rejected=tuple(reader.rejected),
        cursor=msgspec.structs.replace(context.cursor, bookmark=bookmark),
    )


def _open(options: Options, context: CollectContext) -> Git:
    """The local repository, or the mirror of the remote one, fetched."""
    whole, shown = context.secret(options.repository), _shown(options)
    if problem := bad_address(whole):
        raise SourceError(problem, todo="Correct 'repository'")
    if not is_url(whole):
        folder = context.base / Path(whole).expanduser()
        if not folder.is_dir():
            raise SourceError(f"{shown} is not a folder", todo="Correct 'repository' or clone it there")
        return Git(context.processes, folder.resolve(), shown, {})
    try:
        source = remote(whole)
    except ValueError:
        raise SourceError(f"{shown} is not an address", todo="Correct 'repository'") from None
    name = hashlib.sha256(f"{context.source}\0{source.url}".encode()).hexdigest()[:20]
    mirror = _cache(options, context) / f"{name}.git"
    git = Git(context.processes, mirror, shown, {whole: shown, source.url: shown})
    git.mirror(source, options.timeout)
    return git


def _cache(options: Options, context: CollectContext) -> Path:
    if options.cache is not None:
        return (context.base / Path(options.cache).expanduser()).resolve()
    root = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(root) if Path(root).is_absolute() else Path.home() / ".cache") / "pulse-tui" / "git"


def _shown(options: Options) -> str:
    return address(options.repository)


def _marks(bookmark: str | None) -> dict[str, Mark]:
    try:
        return _MARKS.decode(bookmark) if bookmark else {}
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}  # another kind's bookmark: the newest commits are reported once more, under the same ids
