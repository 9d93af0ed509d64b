"""A changelog that its vendor keeps as a folder of files in a repository on GitHub, one a day or one an entry."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.pages import CAP, digest
from pulse_tui.collectors._shared.web import fetch
from pulse_tui.collectors.changelog.notes import About
from pulse_tui.collectors.changelog.reading import listed, read_file
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained
from pulse_tui.domain.note import Note
from pulse_tui.domain.source import Collected, Cursor, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext

FILES = 200
"""Files of a folder that are read, the newest by name."""
_ROUND_S = 90.0
_PLACE = re.compile(r"github:([\w.-]+/[\w.-]+)/([\w./-]+)\Z")
_FILE = re.compile(r"[\w.-]{1,200}\.mdx?\Z")
_LISTING = msgspec.json.Decoder(list[dict[str, Any]])


def collect_folder(url: str, token: str | None, about: About, context: CollectContext) -> Collected:
    """One round: the listing of the folder, and every file where one of them changed."""
    place = _PLACE.match(url)
    if place is None:
        raise SourceError(f"{clean(url, 200)} names no folder", todo="Write github:owner/repository/folder")
    repository, folder = place[1], place[2].strip("/")
    limited = context._replace(http=context.http.within(_ROUND_S).upto(CAP))
    address = f"https://api.github.com/repos/{repository}/contents/{quote(folder)}"
    fetched = fetch(limited, address, token, {"Accept": "application/vnd.github+json"})
    before = context.cursor.bookmark
    if fetched.unchanged:
        return Collected(cursor=msgspec.structs.replace(fetched.cursor, bookmark=before), unchanged=True)
    names, mark = _files(address, fetched.body)
    cursor = msgspec.structs.replace(fetched.cursor, bookmark=mark)
    if mark == before:
        return Collected(cursor=cursor, unchanged=True)
    notes, rejected = _read(repository, folder, names[:FILES], about, limited)
    if not notes:
        why = f": {rejected[0].problem}" if rejected else ""
        raise SourceError(
            f"{url} has no entry that can be read{why}", todo="Check that the folder is still the changelog"
        )
    made = listed(notes, about, url, complete=not rejected)
    more = (
        (refuse(about.source, url, f"it has {len(names)} files; the newest {FILES} are read"),) if names[FILES:] else ()
    )
    return Collected(
        observations=(made.page,),
        rejected=(*made.rejected, *rejected, *more),
        cursor=cursor if not rejected else context.cursor,
    )


def _read(
    repository: str, folder: str, names: list[str], about: About, context: CollectContext
) -> tuple[list[Note], list[Rejected]]:
    notes: list[Note] = []
    rejected: list[Rejected] = []
    asked = context._replace(cursor=Cursor())
    for name in names:
        raw = f"https://raw.githubusercontent.com/{repository}/HEAD/{quote(folder)}/{name}"
        shown = about._replace(base=f"https://github.com/{repository}/blob/HEAD/{quote(folder)}/{name}")
        try:
            notes += read_file(name, fetch(asked, raw, None).body, shown)
        except SourceError as error:
            if getattr(error, "status", None) is None and not notes:
                raise  # nobody answers: the rest of the round would fail alike
            rejected.append(refuse(about.source, name, str(error)))
        except Exception as error:  # whatever one file does, the others are read
            rejected.append(refuse(about.source, name, str(contained(name, error))))
    return notes, rejected


def _files(address: str, body: bytes) -> tuple[list[str], str]:
    """The files of a listing, the newest by name first, and a digest of them all."""
    try:
        entries = _LISTING.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        raise SourceError(f"{address} is no list of files", todo="Check owner, repository and folder") from None
    found = {
        name: str(entry.get("sha", ""))
        for entry in entries
        if entry.get("type") == "file" and isinstance(name := entry.get("name"), str) and _FILE.match(name)
    }
    if not found:
        raise SourceError(f"{address} lists no file of Markdown", todo="Check owner, repository and folder")
    return sorted(found, reverse=True), digest(msgspec.json.encode(sorted(found.items())))
