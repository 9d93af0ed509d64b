"""Releases or tags of a repository on GitHub, over its REST API: each one a note about the package's version.

https://docs.github.com/en/rest/releases/releases  https://docs.github.com/en/rest/repos/repos#list-repository-tags
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.prerelease import is_prerelease
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.collectors._shared.stamps import published
from pulse_tui.collectors._shared.web import fetch_other, web_links
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean, clean_block, distinct, looks_like, utf8
from pulse_tui.ports import CollectContext

CAP = 4 * 2**20
"""Bytes: fifty releases with long notes have one million."""
ENTRIES = 100
"""Releases or tags that are read, the first: more are never asked for."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,100}", re.ASCII)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``preset``, or the ``repository`` (``OWNER/NAME``). ``token``: with one, an unchanged answer is free of charge."""

    EVERY: ClassVar[float] = 3_600.0
    FLOOR: ClassVar[float] = 900.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("github_releases")

    repository: str = ""
    preset: str = ""
    """A repository that is known by name: ``vllm``, ``litellm``."""
    vendor: str = ""
    """Who releases it; the repository's name when it is left out."""
    package: str = ""
    """The package as its ecosystem names it; the repository's name when it is left out."""
    tags: bool = False
    """Read the tags, for a repository that makes no releases: they have neither notes nor dates."""
    prereleases: bool = False
    """Take release candidates, betas and nightlies too."""
    url: str = "https://api.github.com"
    """The API; of an Enterprise server ``https://HOST/api/v3``."""
    token: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not, and for no OWNER/NAME."""
        fill(self, "github_releases", "repository")
        if not _REPOSITORY.fullmatch(self.repository):
            raise ValueError(f"repository: {clean(self.repository, 80)!r} is not OWNER/NAME")
        name = self.repository.partition("/")[2]
        for key in ("vendor", "package"):
            if not getattr(self, key):
                msgspec.structs.force_setattr(self, key, name.lower())


class _Release(msgspec.Struct):
    tag_name: str
    name: str | None = None
    body: str | None = None
    html_url: str | None = None
    published_at: datetime | None = None
    draft: bool = False
    prerelease: bool = False


class _Tag(msgspec.Struct):
    name: str


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_RELEASE = msgspec.json.Decoder(_Release)
_TAG = msgspec.json.Decoder(_Tag)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the newest fifty releases, or the first hundred tags."""
    what = "tags?per_page=100" if options.tags else "releases?per_page=50"
    url = f"{options.url.rstrip('/')}/repos/{options.repository}/{what}"
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    fetched = fetch_other(context, url, options.token, CAP, headers)
    if fetched.unchanged:
        return Collected(cursor=fetched.cursor, unchanged=True)
    name = address(url)
    try:
        found = _LIST.decode(utf8(fetched.body).removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        other = looks_like(fetched.body) if fetched.body.strip() else "empty"
        what = f"{name} is {f'{other}, ' if other else ''}no list of {what.partition('?')[0]}: {clean(str(error), 120)}"
        raise SourceError(what, todo="Check url and repository") from None
    rejected: list[Rejected] = []
    if len(found) > ENTRIES:
        rejected.append(refuse(context.source, name, f"it has {len(found):,} entries; the first {ENTRIES} are read"))
    notes = list(_notes(found[:ENTRIES], name, options, context, rejected))
    notes.reverse()  # the oldest first: a later one may take back what an earlier one announced
    page = Page(
        source=context.source,
        vendor=options.vendor,
        notes=tuple(notes),
        kind=NoteKind.RELEASES,
        complete=not rejected,
    )
    return Collected(observations=(page,), rejected=tuple(rejected), cursor=fetched.cursor)


def _notes(
    found: list[msgspec.Raw], name: str, options: Options, context: CollectContext, rejected: list[Rejected]
) -> Iterator[Note]:
    for index, raw in enumerate(found):
        try:
            release = _Release(tag_name=_TAG.decode(raw).name) if options.tags else _RELEASE.decode(raw)
            before_final = release.prerelease or is_prerelease(release.tag_name)
            if release.draft or (before_final and not options.prereleases):
                continue
            note = _note(release, options, context)
        except Exception as error:  # whatever one release does, the others are read
            rejected.append(refuse(context.source, f"{name}[{index}]", _why(error), bytes(raw)))
            continue
        yield note


def _note(release: _Release, options: Options, context: CollectContext) -> Note:
    tag = distinct(release.tag_name, 200)
    if not tag:
        raise ValueError("it has no tag")
    at = published(release.published_at, context.now)
    link: Any = web_links([release.html_url])
    return Note(
        source=context.source,
        key=f"{options.repository}@{tag}",
        vendor=options.vendor,
        title=f"{options.package} {tag}" if not release.name else f"{options.package} {clean(release.name, 250)}",
        body=clean_block(release.body or ""),
        published_at=at or context.now,
        link=link[0] if link else None,
        kind=NoteKind.RELEASES,
        package=options.package,
        version=tag.removeprefix("v"),
        dated=at is not None,
    )


def _why(error: Exception) -> str:
    return clean(str(error), 200) if isinstance(error, ValueError) else reason(error)
