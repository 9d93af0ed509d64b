"""Tags of a git repository, asked of its server without a copy: each one a note about a version of a package.

``git ls-remote`` gives names and hashes, no dates: a tag is of the day on which it was first seen.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.prerelease import is_prerelease
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.repository import bad_address, git_command, git_environment, git_reason, remote
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext, Ended

OUTPUT_CAP = 16 * 2**20
TAGS = 5_000
"""Tags that are read, the last by their version."""
_PARTS = re.compile(r"\d+|[^\d]+")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``repository``: an address that git understands, or a folder."""

    EVERY: ClassVar[float] = 3_600.0
    FLOOR: ClassVar[float] = 900.0

    repository: str
    package: str = ""
    """The package as its ecosystem names it; the repository's name when it is left out."""
    vendor: str = ""
    """Who releases it; the package when it is left out."""
    match: str = r"v?\d+(?:\.\d+)+\S*"
    """A regular expression for the whole tag: others are left out."""
    prereleases: bool = False
    """Take release candidates, betas and nightlies too."""
    timeout_s: float = 60.0
    """How long its server may take."""

    def __post_init__(self) -> None:
        """Raise ValueError for an address that git must not be given, and for a bad pattern."""
        if why := bad_address(self.repository):
            raise ValueError(why)
        try:
            re.compile(self.match)
        except re.error as error:
            raise ValueError(f"match: {self.match!r} is not a regular expression: {error}") from None
        name = re.split(r"[/:]", self.repository.rstrip("/").removesuffix(".git"))[-1].lower()
        for key, value in (("package", name), ("vendor", self.package or name)):
            if not getattr(self, key):
                msgspec.structs.force_setattr(self, key, value)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. A tag that was moved to another commit is said in its note."""
    data = _listed(options, context)
    digest = hashlib.sha256(data).hexdigest()[:32]
    cursor = msgspec.structs.replace(context.cursor, bookmark=digest)
    if digest == context.cursor.bookmark:
        return Collected(cursor=cursor, unchanged=True)
    wanted = re.compile(options.match)
    tags = {}
    for line in data.decode("utf-8", "replace").splitlines():
        commit, _, ref = line.partition("\t")
        name = clean(ref.removeprefix("refs/tags/"), 200)
        if wanted.fullmatch(name) and (options.prereleases or not is_prerelease(name)):
            tags[name] = commit
    shown = address(options.repository)
    if not tags:
        what = f"{shown} has no tag that {clean(options.match, 80)} matches"
        raise SourceError(what, todo="Check 'repository' and 'match'")
    newest = sorted(tags, key=_order)[-TAGS:]
    notes = tuple(
        Note(
            source=context.source,
            key=tag,
            vendor=options.vendor,
            title=f"{options.package} {tag}",
            body=f"tag {tag} of {shown} is commit {clean(tags[tag], 64)}",
            published_at=context.now,
            kind=NoteKind.RELEASES,
            package=options.package,
            version=tag.removeprefix("v"),
            dated=False,
        )
        for tag in newest
    )
    page = Page(
        source=context.source, vendor=options.vendor, notes=notes, kind=NoteKind.RELEASES, rolling=len(tags) > TAGS
    )
    return Collected(observations=(page,), cursor=cursor)


def _listed(options: Options, context: CollectContext) -> bytes:
    """What the server lists. Raises SourceError with git's last words."""
    whole = context.secret(options.repository)
    shown = address(options.repository)
    local = context.base / whole if "://" not in whole and (context.base / whole).is_dir() else None
    there = remote(str(local) if local is not None else whole)
    folder = Path(context.base)
    environment = git_environment(os.environ, folder, there.config)
    if shutil.which("git", path=environment.get("PATH")) is None:
        raise SourceError(
            "the program git is not installed", todo="Install git, or remove the sources of kind git_tags"
        )
    answer = context.processes.ask(
        git_command("ls-remote", "--tags", "--refs", "--", "origin"),
        folder=folder,
        environment=environment,
        feed=b"",
        timeout_s=options.timeout_s,
        cap=OUTPUT_CAP,
    )
    if answer.how is Ended.TIMED_OUT:
        raise SourceError(f"git ls-remote of {shown} took longer than {options.timeout_s:g} s", todo="Raise timeout_s")
    if answer.how is Ended.FLOODED:
        raise SourceError(f"git ls-remote of {shown} printed more than {OUTPUT_CAP:,} bytes")
    if answer.code != 0:
        reason = git_reason(answer.errors, {whole: shown})
        raise SourceError(f"git ls-remote of {shown} failed: {reason}", todo="Check 'repository' and its rights")
    return answer.data


def _order(tag: str) -> list[tuple[int, int, str]]:
    """Numbers as numbers: ``v0.10`` is behind ``v0.9``."""
    return [(1, int(part[:18]), "") if part.isdecimal() else (0, 0, part) for part in _PARTS.findall(tag)]
