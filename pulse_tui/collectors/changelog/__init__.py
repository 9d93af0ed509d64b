"""Changelogs that are pages, in Markdown or HTML: every bullet or titled paragraph under a day, month or version is a note.

A page that its vendor has as a folder of files in a repository is read by ``github:owner/repository/folder``. What was edited, removed
or put in under an old day is found by comparing the whole page with what it listed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.pages import Same, fresh, half, kept
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.collectors.changelog.folder import collect_folder
from pulse_tui.collectors.changelog.notes import About
from pulse_tui.collectors.changelog.reading import content_of, listed, read
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``preset``, or the ``url`` of the page (or ``path``, a file that somebody brings) and its ``vendor``."""

    EVERY: ClassVar[float] = 3_600.0
    FLOOR: ClassVar[float] = 900.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("changelog")

    preset: str = ""
    """A vendor whose page is known."""
    url: str = ""
    """The page, or ``github:owner/repository/folder``."""
    path: str = ""
    """The page as a file, instead of ``url``."""
    vendor: str = ""
    """Whose models or package it is about: as before the ``/`` of the components that it concerns."""
    package: str = ""
    """The package whose versions it lists, as its ecosystem names it."""
    token: str | None = None
    """A bearer token; for ``github:`` one of GitHub, without which it answers 60 times an hour."""

    def __post_init__(self) -> None:
        """Fill in what the preset knows."""
        fill(self, "changelog", "vendor", *([] if self.path else ["url"]))


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. Raises SourceError for a page without any entry: a captcha, a login, another layout."""
    about = About(context.source, options.vendor, context.now, options.url, options.package)
    if options.url.startswith("github:") and not options.path:
        return collect_folder(options.url, options.token, about, context)
    page = fresh(options.url, options.path, options.token, context)
    if isinstance(page, Same):
        return Collected(cursor=page.cursor, unchanged=True)
    notes = read(page.name, page.body, about)
    cursor, same = kept(page, content_of(notes), context)
    if same:
        return Collected(cursor=cursor, unchanged=True)
    cut = half(page, context.source)
    made = listed(notes, about, page.name, complete=not cut)
    # Half a page under a validator would never be read to its end.
    return Collected(
        observations=(made.page,), rejected=(*made.rejected, *cut), cursor=context.cursor if cut else cursor
    )
