"""Pages that are fetched or brought as a file: their text, and why it is none."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

import msgspec

from pulse_tui.collectors._shared.files import find, read_capped, refuse
from pulse_tui.collectors._shared.html_page import is_cut, page_title
from pulse_tui.collectors._shared.web import fetch
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor, Rejected
from pulse_tui.domain.text import address, looks_like, utf8
from pulse_tui.ports import CollectContext

CAP = 2 * 2**20
"""Bytes of a page: the largest changelog that is known has a quarter."""
_ACCEPT = "text/markdown, text/html;q=0.9, text/plain;q=0.8, application/json;q=0.7, */*;q=0.1"
_CHARSET = re.compile(rb"charset=[\"']?([\w-]{2,20})")
_ASKS = re.compile(
    r"captcha|verify(?:ing)? (?:that )?you are (?:a )?human|just a moment|enable javascript|checking your browser"
    r"|unusual traffic|access denied|are you a robot|type=[\"']?password|(?:sign|log) ?in\b",
    re.IGNORECASE,
)
_HTML = ("<!doctype html", "<html", "<head", "<body", "<main", "<article")


class Fresh(NamedTuple):
    """The body of a page that is not the one of last time, and the cursor to keep after a good parse."""

    name: str
    body: bytes
    cursor: Cursor


class Same(NamedTuple):
    """The page is as it was."""

    cursor: Cursor


def fresh(url: str, path: str, token: str | None, context: CollectContext) -> Fresh | Same:
    """The page at ``url`` or in the file ``path``, where it changed; a body of the same digest did not, whatever its host answers."""
    seen = _seen(context.cursor)
    if path:
        found, root = find(context.base, path, "*")
        if len(found) != 1:
            raise SourceError(f"{path} names {len(found)} files", todo="Name the one file that holds the page")
        name, body, cursor = found[0][0], read_capped(found[0][1], found[0][0], CAP, root), Cursor()
    else:
        name = address(url)
        limited = context._replace(http=context.http.upto(CAP))
        fetched = fetch(limited, url, token, {"Accept": _ACCEPT})
        if fetched.unchanged:
            return Same(msgspec.structs.replace(fetched.cursor, bookmark=context.cursor.bookmark))
        body, cursor = fetched.body, fetched.cursor
    if seen[0] and digest(body) == seen[0]:
        return Same(msgspec.structs.replace(cursor, bookmark=context.cursor.bookmark))
    return Fresh(name, body, cursor)


def kept(page: Fresh, content: str, context: CollectContext) -> tuple[Cursor, bool]:
    """The cursor after a good parse, and whether its ``content`` is as it was: pages carry the time of day, and tokens."""
    same = _seen(context.cursor)[1] == content
    return msgspec.structs.replace(page.cursor, bookmark=f"{digest(page.body)}:{content}"), same


def half(page: Fresh, source: str) -> tuple[Rejected, ...]:
    """A page that was cut off, as refused: what it does not list is not known. Empty: it has an end, or can have none."""
    text = text_of(page.name, page.body)
    if not is_html(text) or not is_cut(text):
        return ()
    return (refuse(source, page.name, "it is cut off: its end is missing, and what would stand there is not known"),)


def digest(body: bytes) -> str:
    """What a body is remembered by."""
    return hashlib.sha256(body).hexdigest()[:24]


def text_of(name: str, body: bytes) -> str:
    """The page as text. Raises SourceError for nothing, and for what is no text."""
    body = utf8(body)
    if not body.strip():
        raise SourceError(f"{name} is empty", todo="It is asked again; if it stays so, look at the page yourself")
    found = looks_like(body)
    binary = found in ("a zip", "gzip", "PDF", "an SQLite database")
    if binary or b"\0" in body[:4_096]:
        what = found if binary else "no text"
        raise SourceError(f"{name} is {what}, not a page", todo="Give the address of the page itself")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        stated = _CHARSET.search(body[:4_096])
        try:
            return body.decode(stated[1].decode() if stated is not None else "cp1252", "replace")
        except LookupError:
            return body.decode("utf-8", "replace")


def is_html(text: str) -> bool:
    """Whether a page is HTML, not Markdown with some of it inside."""
    head = text[:4_096].lstrip().lower()
    return head.startswith("<") and any(mark in head for mark in _HTML)


def nothing_in(name: str, text: str, what: str) -> SourceError:
    """Why a page has no entry, as far as that can be seen."""
    title = page_title(text) if is_html(text) else ""
    shown = f' ("{title}")' if title else ""
    if is_html(text) and _ASKS.search(text[:200_000]):
        todo = "Open the address yourself; if it needs a login, give a mirror of the page"
        return SourceError(f"{name}{shown} asks for a login or a captcha instead of showing what is listed", todo=todo)
    todo = "Look at the page: it may have moved, or be laid out in another way"
    return SourceError(f"{name}{shown} was read and has no {what}", todo=todo)


def _seen(cursor: Cursor) -> tuple[str, str]:
    """The digests of the body and of the content that were read last."""
    body, _, content = (cursor.bookmark or "").partition(":")
    return body, content
