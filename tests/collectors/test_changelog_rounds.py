"""Rounds of the changelog collector: what costs nothing, what is refused by name, folders of files."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.collectors import changelog
from pulse_tui.collectors._shared.pages import CAP
from pulse_tui.collectors.changelog.notes import About
from pulse_tui.collectors.changelog.reading import ENTRIES, listed, read
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.note import Note, Page
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.ports import Fetched
from tests.collectors.contexts import NOW, context, quick_web
from tests.collectors.test_changelog import BULLETS, HTML
from tests.fakes.http import FakeHttp
from tests.servers.forms import examples
from tests.servers.loopback import Loopback, Reply

ABOUT = About("log", "acme", NOW, "https://acme.example/log")


def collect(server: Loopback, cursor: Cursor | None = None, **more: Any) -> Collected:
    options = changelog.Options(url=f"{server.url}/log", vendor="acme", **more)
    return changelog.collect(options, context(http=quick_web(body_cap=2**25), cursor=cursor))


def page_of(got: Collected) -> Page:
    (page,) = got.observations
    assert isinstance(page, Page)
    return page


# --------------------------------------------------------------------------- what costs nothing
def test_the_whole_page_is_one_observation_that_lists_everything(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=BULLETS.encode(), etag='"a"', last_modified="Sun, 22 Nov 2026 00:00:00 GMT"))
    first = collect(server)
    page = page_of(first)
    assert (page.source, page.vendor, page.rolling, page.complete) == ("src", "acme", False, True)
    assert [n.published_at for n in page.notes] == sorted(n.published_at for n in page.notes)
    assert (first.cursor.etag, first.cursor.last_modified) == ('"a"', "Sun, 22 Nov 2026 00:00:00 GMT")


def test_an_unchanged_page_yields_nothing_and_keeps_what_is_known_of_it(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=BULLETS.encode(), etag='"a"'))
    first = collect(server)
    second = collect(server, first.cursor)
    assert (second.unchanged, second.observations, second.cursor) == (True, (), first.cursor)


def test_the_same_bytes_are_unchanged_at_a_host_that_answers_only_200(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=BULLETS.encode()))
    first = collect(server)
    second = collect(server, first.cursor)
    assert (first.unchanged, second.unchanged, second.cursor.bookmark) == (False, True, first.cursor.bookmark)


def test_new_validators_of_the_same_bytes_are_kept(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=BULLETS.encode(), etag='"a"'), Reply(body=BULLETS.encode(), etag='"b"'))
    second = collect(server, collect(server).cursor)
    assert (second.unchanged, second.cursor.etag) == (True, '"b"')


def test_a_page_that_only_carries_another_token_is_unchanged(server: Loopback) -> None:
    pages = [HTML.replace("<nav>", f"<nav data-nonce='{n}'><li>{n} visitors</li>") for n in range(3)]
    server.on("GET", "/log", *[Reply(body=page.encode()) for page in pages])
    first = collect(server)
    second = collect(server, first.cursor)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.cursor.bookmark != first.cursor.bookmark
    assert collect(server, second.cursor).unchanged


def test_what_was_unreadable_leaves_the_cursor_so_that_it_is_read_again(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=BULLETS.encode(), etag='"a"'), Reply(body=b"", etag='"b"'))
    first = collect(server)
    with pytest.raises(SourceError, match="is empty"):
        collect(server, first.cursor)
    server.on("GET", "/log", Reply(body=BULLETS.encode(), etag='"a"'))
    assert collect(server, first.cursor).unchanged


# --------------------------------------------------------------------------- pages that are none
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"%PDF-1.7 x", "is PDF, not a page"),
        (b"PK\x03\x04xx", "is a zip, not a page"),
        (b"\x1f\x8b\x08x", "is gzip, not a page"),
        (b"\x00\x01\x02", "is no text, not a page"),
        (b'{"items": []}', "has no entry under a day"),
        (b"# Notes\n\nNothing yet.\n", "has no entry under a day"),
        (
            b"<html><head><title>Just a moment...</title></head><body>Verify you are human</body></html>",
            "asks for a login",
        ),
        (b"<!doctype html><html><body><form>Sign in <input type=password></form></body></html>", "asks for a login"),
        (b"<html><head><title>Moved</title></head><body><h1>We moved</h1></body></html>", '"Moved"'),
        (b"<html><body><h2>October 7, 2026</h2></body></html>", "has no entry under a day"),
    ],
)
def test_a_page_without_entries_is_refused_with_what_it_is(server: Loopback, body: bytes, why: str) -> None:
    server.on("GET", "/log", Reply(body=body))
    with pytest.raises(SourceError, match="/log") as refused:
        collect(server)
    assert why in str(refused.value)
    assert refused.value.todo


def test_half_a_page_is_not_whole_and_is_read_again(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=HTML[: HTML.index("<h3>Deprecated")].encode(), etag='"a"'))
    got = collect(server)
    assert (len(page_of(got).notes), page_of(got).complete, got.cursor) == (2, False, Cursor())
    assert "it is cut off" in got.rejected[0].problem.what


def test_a_page_that_leaves_out_what_need_not_be_closed_is_whole(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=b"<!doctype html><html><body><h2>2026-10-07</h2><ul><li>a<li>b</ul><p>end"))
    assert page_of(collect(server)).complete


def test_a_page_over_the_cap_is_refused(server: Loopback) -> None:
    server.on("GET", "/log", Reply(body=b"# x\n" * (CAP // 4 + 1)))
    with pytest.raises(SourceError, match="2,097,152"):
        collect(server)


def test_what_is_too_much_of_a_page_is_left_out_and_named() -> None:
    text = "## 2026-10-07\n\n" + "".join(f"- entry {n}\n" for n in range(ENTRIES + 1))
    made = listed(read("log", text.encode(), ABOUT), ABOUT, "log")
    assert (len(made.page.notes), made.page.complete) == (ENTRIES, False)
    assert "over 5,000 entries" in made.rejected[0].problem.what


def test_other_encodings_are_read(server: Loopback) -> None:
    text = "## 2026-10-07\n\n- Caf\u00e9 \u2014 price\n"
    for body in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), text.encode("cp1252")):
        server.on("GET", "/log", Reply(body=body))
        assert page_of(collect(server)).notes[0].title == "Caf\u00e9 \u2014 price"


# --------------------------------------------------------------------------- files and folders
def test_a_page_may_be_a_file_that_somebody_brings(tmp_path: Path) -> None:
    (tmp_path / "log.md").write_text(BULLETS)
    options = changelog.Options(path="log.md", vendor="acme")
    first = changelog.collect(options, context(tmp_path))
    assert len(page_of(first).notes) == 4
    assert all(n.link is None for n in page_of(first).notes)
    assert changelog.collect(options, context(tmp_path, cursor=first.cursor)).unchanged


DAY = """---
id: 2026-10-06
date: 2026-10-06
---

- We released Wind (`wind-2610`). <Tag model/>
- The API has a new parameter. <Tag api/>
"""
TITLED = """---
title: "The end of Breeze"
slug: "changelog/2026-09-30-breeze"
createdAt: "Wed Sep 30 2026 00:00:00 (MST)"
hidden: false
description: >-
  Breeze ends
  soon.
---

## Notice

These end:

- `breeze-1`

Use **Wind**.
"""


class Repository(FakeHttp):
    """GitHub, as far as it is asked."""

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__()
        self.files = dict(files)

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        self.send("GET", url, headers=headers)
        if url == "https://api.github.com/repos/acme/docs/contents/log/en":
            names = [{"name": n, "type": "file", "sha": str(hash(t))} for n, t in self.files.items()]
            body = json.dumps([*names, {"name": "img", "type": "dir", "sha": "x"}]).encode()
            return Fetched(body, False, Cursor(etag='"e"', bookmark=cursor.bookmark))
        text = self.files[url.removeprefix("https://raw.githubusercontent.com/acme/docs/HEAD/log/en/")]
        if text == "down":
            raise SourceError(f"{url} cannot be reached")
        return Fetched(text.encode(), False, Cursor())


def folder(http: FakeHttp, cursor: Cursor | None = None) -> Collected:
    options = changelog.Options(url="github:acme/docs/log/en", vendor="acme")
    return changelog.collect(options, context(http=http, cursor=cursor))


FILES = {"2026-10-06.mdx": DAY, "2026-09-30-breeze.mdx": TITLED, "overview.mdx": "# Overview\n\n- x\n", "a.png": ""}


def test_a_folder_of_files_is_a_page_of_their_days() -> None:
    titled, first, second = page_of(folder(Repository(FILES))).notes
    assert (titled.key, titled.title) == ("2026-09-30-breeze", "The end of Breeze")
    assert titled.body == "Notice\nThese end:\n- breeze-1\nUse Wind."
    assert titled.link == "https://github.com/acme/docs/blob/HEAD/log/en/2026-09-30-breeze.mdx"
    assert (first.models, second.models) == (("wind-2610",), ())
    assert first.key.startswith("2026-10-06#")


def test_a_folder_whose_files_are_as_they_were_is_not_read_again() -> None:
    http = Repository(FILES)
    first = folder(http)
    asked = len(http.asked)
    assert folder(http, first.cursor).unchanged
    assert len(http.asked) == asked + 1


def test_a_hidden_file_is_no_note() -> None:
    http = Repository(FILES | {"2026-09-30-breeze.mdx": TITLED.replace("hidden: false", "hidden: true")})
    assert len(page_of(folder(http)).notes) == 2


def test_a_file_that_cannot_be_read_leaves_the_page_incomplete_and_is_asked_again() -> None:
    http = Repository(FILES | {"2026-09-29.mdx": "down"})
    got = folder(http)
    assert not page_of(got).complete
    assert [r.problem.where for r in got.rejected] == ["2026-09-29.mdx"]
    assert got.cursor == Cursor()


@pytest.mark.parametrize("url", ["github:acme", "github:acme/docs", "github:acme/docs/../x y"])
def test_a_folder_that_is_none_is_refused(url: str) -> None:
    options = changelog.Options(url=url, vendor="acme")
    with pytest.raises(SourceError, match=r"names no folder|is no list of files"):
        changelog.collect(options, context(http=FakeHttp()))


# --------------------------------------------------------------------------- hostile pages
_MANY = 60_000
HOSTILE = {
    "brackets": "[" * _MANY,
    "links": "[a](" * _MANY,
    "stars": "**a" * _MANY,
    "underscores": "_a" * _MANY,
    "ticks": "`a``b```" * _MANY,
    "tags": "<a " * _MANY,
    "comments": "<!--" * _MANY,
    "quotes": ">" * _MANY,
    "nested items": "".join(f"{' ' * (2 * (n % 400))}- x\n" for n in range(20_000)),
    "bars": "|" * _MANY + "\n" + "|-" * _MANY,
    "marks": "e" + "\u0301\u0327" * _MANY,
    "headings": "# 2026-10-07\n" * 20_000,
    "days": "## 2026-10-07\n- x\n" * 20_000,
    "fences": "```\n" * 20_001,
    "one long word": "a" * 1_500_000,
    "entities": "&amp;#1" * _MANY,
    "nested elements": "<html><body>" + "<div>" * 50_000,
    "nested lists": "<html><body><h2>2026-10-07</h2>" + "<ul><li>x" * 20_000,
    "formatting": "<html><body>" + "<p><b><i><a href=x>" * 12_000,
    "tables": "<html><body>" + "<table><tr><td>" * 12_000,
    "spans": "<html><body><table>" + "<tr><td rowspan=100 colspan=100>x" * 5_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_no_more_than_seconds(name: str) -> None:
    text = HOSTILE[name]
    body = text if "<html" in text else f"## 2026-10-07\n\n- x\n\n{text}"
    began = time.process_time()
    with suppress(SourceError):
        read("log", body.encode(), ABOUT)
    assert time.process_time() - began < 5.0


@given(st.text(st.characters(exclude_characters="\0"), max_size=300))
@settings(max_examples=examples(100))
def test_no_text_breaks_the_reader_and_all_that_it_gives_is_safe(text: str) -> None:
    for body in (f"## 2026-10-07\n\n- a\n{text}", f"<html><body><h2>2026-10-07</h2><ul><li>a{text}"):
        found = read("log", body.encode("utf-8", "replace"), ABOUT)
        assert found
        for note in found:
            assert is_clean(note.title)
            assert is_clean(note.section)
            assert all(is_clean(line) for line in note.body.split("\n"))
            assert msgspec.json.decode(msgspec.json.encode(note), type=Note) == note
