"""Pages on which vendors list when their models end: tables in Markdown or HTML, and the JSON of deprecations.info.

Each row says what is known of an exact id on its platform (stage, end, successor), and a row that announces an end is a note as well. A
date that is "not sooner than" is a floor and no date; a model that is no longer listed is not retired by that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors._shared.html_page import html_blocks
from pulse_tui.collectors._shared.markdown import read_markdown
from pulse_tui.collectors._shared.pages import Same, digest, fresh, half, is_html, kept, nothing_in, text_of
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.collectors.deprecations.listed import listed_rows
from pulse_tui.collectors.deprecations.rows import ROWS, rows_of
from pulse_tui.collectors.deprecations.statements import About, statements
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles
from pulse_tui.domain.limits import contained
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext

_JSON = re.compile(r"\s*(?:\{|\[\s*[{\]])")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``preset``, or the ``url`` of the page (or ``path``, a file that somebody brings) and its ``vendor``."""

    EVERY: ClassVar[float] = 21_600.0
    FLOOR: ClassVar[float] = 900.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("deprecations")

    preset: str = ""
    """A vendor whose page is known."""
    url: str = ""
    """The page, or a list in JSON."""
    path: str = ""
    """The page as a file, instead of ``url``."""
    vendor: str = ""
    """Whose models it is about."""
    platform: str = ""
    """Where the dates count, as before the ``/`` of the components' ids; the vendor where it is left out."""
    token: str | None = None
    """A bearer token."""

    def __post_init__(self) -> None:
        """Fill in what the preset knows."""
        fill(self, "deprecations", "vendor", *([] if self.path else ["url"]))


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. Raises SourceError for a page that lists no model: a captcha, a login, another layout."""
    about = About(context.source, options.vendor, options.platform or options.vendor, context.now, options.url)
    page = fresh(options.url, options.path, options.token, context)
    if isinstance(page, Same):
        return Collected(cursor=page.cursor, unchanged=True)
    bad = Bad(context.source, page.name)
    notes, items = read(page.name, page.body, about, bad)
    cursor, same = kept(page, _content(notes, items), context)
    if same and not bad:
        return Collected(cursor=cursor, unchanged=True)
    cut = half(page, context.source)
    whole = not bad and not cut and len(notes) < ROWS
    listed = Page(
        source=context.source,
        vendor=options.vendor,
        notes=tuple(sorted(notes, key=lambda note: note.published_at)),
        kind=NoteKind.DEPRECATIONS,
        rolling=False,
        complete=whole,
    )
    lifecycles = Lifecycles(source=context.source, items=tuple(items), whole=whole)
    return Collected(
        observations=(listed, lifecycles), rejected=(*bad.all(), *cut), cursor=context.cursor if cut else cursor
    )


def read(name: str, body: bytes, about: About, bad: Bad) -> tuple[list[Note], list[Lifecycle]]:
    """What a page announces and states. Raises SourceError when it lists no model."""
    text = text_of(name, body)
    try:
        if _JSON.match(text):
            notes, items = _of_list(name, text.encode(), about, bad)
        else:
            notes, items = statements(
                rows_of(html_blocks(text) if is_html(text) else read_markdown(text).blocks), about
            )
    except SourceError as error:
        raise error if name in error.what else SourceError(f"{name}: {error.what}", todo=error.todo) from None
    except Exception as error:
        raise contained(name, error) from None
    if not notes and not items:
        raise nothing_in(name, text, "row that says when a model ends")
    return notes, items


def _of_list(name: str, data: bytes, about: About, bad: Bad) -> tuple[list[Note], list[Lifecycle]]:
    notes: list[Note] = []
    items: list[Lifecycle] = []
    by_platform: dict[str, list[int]] = {}
    rows = listed_rows(name, data, bad)[:ROWS]
    for index, (platform, _) in enumerate(rows):
        by_platform.setdefault(platform, []).append(index)
    for platform, places in by_platform.items():
        own = about._replace(vendor=platform or about.vendor, platform=platform or about.platform)
        more, stated = statements([rows[i][1] for i in places], own)
        notes += more
        items += stated
    return notes, items


def _content(notes: list[Note], items: list[Lifecycle]) -> str:
    """A digest of what is listed, whatever else a page has around it."""
    return digest(msgspec.json.encode([[(n.key, n.title, n.body, n.section) for n in notes], items]))
