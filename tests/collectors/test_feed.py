"""What the feed collector makes of whole, half, hostile and unchanged feeds."""

from __future__ import annotations

import builtins
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.collectors import feed
from pulse_tui.collectors._shared.html import to_text
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.forms import examples
from tests.servers.loopback import Loopback, Reply

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Changelog</title><id>urn:log</id><updated>2026-11-22T00:00:00Z</updated>
<entry><id>urn:1</id><title>gpt-4.1 shuts down</title><link href="https://vendor.example/1"/>
<published>2026-11-21T10:00:00+02:00</published>
<content type="html">&lt;p&gt;We will &lt;b&gt;retire&lt;/b&gt; it.&lt;/p&gt;&lt;ul&gt;&lt;li&gt;one&lt;/li&gt;&lt;li&gt;two&lt;/li&gt;&lt;/ul&gt;&lt;script&gt;x()&lt;/script&gt;</content></entry>
<entry><id>urn:2</id><title type="html">Default &lt;i&gt;temperature&lt;/i&gt;</title><summary>Now 0.7 &amp; not 1.0</summary></entry>
</feed>"""


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title><link>https://v.example</link>{"".join(items)}</channel></rss>'


def read(text: str) -> tuple[list[Note], list[str], bool]:
    notes, rejected, whole = feed.read("http://v/feed", text.encode(), "vendor", "src", NOW)
    return notes, [r.problem.what for r in rejected], whole


def listed(collected: Collected) -> Page:
    (page,) = collected.observations
    assert isinstance(page, Page)
    return page


def digest(text: str) -> str:
    return hashlib.sha256(text[text.index("<entry") :].encode()).hexdigest()[:32]


def collect(server: Loopback, cursor: Cursor | None = None) -> Collected:
    options = feed.Options(url=f"{server.url}/feed", vendor="Vendor")
    return feed.collect(options, context(http=quick_web(), cursor=cursor))


def test_entries_become_notes_with_plain_text() -> None:
    notes, rejected, whole = read(ATOM)
    assert (rejected, whole) == ([], True)
    assert notes[0] == Note(
        source="src",
        key="urn:1",
        vendor="vendor",
        title="gpt-4.1 shuts down",
        body="We will retire it.\n- one\n- two",
        published_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
        link="https://vendor.example/1",
    )
    assert (notes[1].title, notes[1].body, notes[1].link) == ("Default temperature", "Now 0.7 & not 1.0", None)


def test_a_note_without_a_date_is_of_now() -> None:
    assert read(ATOM)[0][1].published_at == NOW


def test_the_key_is_the_id_or_the_link_or_the_title_with_its_date() -> None:
    item = "<item><title>A</title>{}</item>"
    guid = item.format("<guid>g1</guid><link>https://v.example/a</link>")
    link = item.format("<link>https://v.example/b</link>")
    bare = item.format("<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate>")
    keys = [n.key for n in read(rss(guid, link, bare))[0]]
    assert keys[1:] == ["g1", "https://v.example/b"]
    assert keys[0].startswith("#")
    assert keys == [n.key for n in read(rss(guid, link, bare))[0]]


def test_entries_that_have_only_a_description_are_notes_of_their_own_named_by_it() -> None:
    items = [
        f"<item><description>The &lt;b&gt;{n}&lt;/b&gt; thing happened.&lt;br&gt;More.</description></item>"
        for n in range(22)
    ]
    notes, rejected, _ = read(rss(*items))
    assert (len({n.key for n in notes}), rejected) == (22, [])
    assert notes[3].title == "The 3 thing happened."
    assert [n.key for n in read(rss(*items))[0]] == [n.key for n in notes]


def test_entries_that_share_one_link_stay_apart() -> None:
    items = [f"<item><title>{t}</title><link>https://v.example/log</link></item>" for t in "AB"]
    assert len({n.key for n in read(rss(*items))[0]}) == 2


def test_a_hostile_title_cannot_write_on_the_screen_or_run_as_markup() -> None:
    title = "&#27;]0;x&#7;\x9b31m[red]\u202eevil &lt;script&gt;"
    (note,) = read(rss(f"<item><title>{title}</title><link>javascript:alert(1)</link></item>"))[0]
    assert is_clean(note.title)
    assert "[red]" in note.title
    assert note.link is None


def test_half_a_feed_lands_its_whole_entries_and_says_so() -> None:
    notes, rejected, whole = read(ATOM[: ATOM.index("Now 0.7")])
    assert [n.key for n in notes] == ["urn:1"]
    assert not whole
    assert len(rejected) == 1
    assert "the document is broken" in rejected[0]
    assert "last entry" in rejected[0]


def test_a_sloppy_feed_with_an_end_lands_and_says_so() -> None:
    notes, rejected, whole = read(rss("<item><title>R&D & more</title><guid>1</guid></item>"))
    assert (len(notes), len(rejected), whole) == (1, 1, True)


@pytest.mark.parametrize("text", ["", "<html><body>Log in</body></html>", "{}", ATOM[:150], "\x00\x01"])
def test_what_is_no_feed_is_an_error(text: str) -> None:
    with pytest.raises(SourceError, match=r"http://v/feed (is|asks for a login)"):
        read(text)


def test_an_empty_feed_is_no_error() -> None:
    assert read(rss()) == ([], [], True)


def test_an_unchanged_feed_yields_nothing_and_keeps_its_validators(server: Loopback) -> None:
    server.on("GET", "/feed", Reply(body=ATOM.encode(), etag='"a"', last_modified="Sun, 22 Nov 2026 00:00:00 GMT"))
    first = collect(server)
    second = collect(server, first.cursor)
    assert (len(listed(first).notes), second.observations, second.unchanged) == (2, (), True)
    assert second.cursor == first.cursor == Cursor('"a"', "Sun, 22 Nov 2026 00:00:00 GMT", f"2 {digest(ATOM)}")


def test_the_same_bytes_from_a_host_without_validators_are_unchanged_and_others_are_read(server: Loopback) -> None:
    grown = ATOM.replace("Now 0.7", "Now 0.8")
    server.on("GET", "/feed", *(Reply(body=text.encode()) for text in (ATOM, ATOM, grown)))
    first = collect(server)
    second = collect(server, first.cursor)
    assert (second.unchanged, second.observations, second.cursor) == (True, (), first.cursor)
    third = collect(server, second.cursor)
    assert (third.unchanged, listed(third).notes[1].body) == (False, "Now 0.8 & not 1.0")


def test_a_feed_that_writes_the_time_of_its_answer_is_unchanged_while_its_entries_are(server: Loopback) -> None:
    later = ATOM.replace("<updated>2026-11-22T00:00:00Z</updated>", "<updated>2026-11-22T00:15:00Z</updated>")
    server.on("GET", "/feed", Reply(body=ATOM.encode()), Reply(body=later.encode()))
    first = collect(server)
    assert collect(server, first.cursor).unchanged


def test_a_validator_that_changes_with_every_answer_costs_one_reading(server: Loopback) -> None:
    server.on("GET", "/feed", *(Reply(body=ATOM.encode(), etag=f'W/"{n}"') for n in range(3)))
    first = collect(server)
    second = collect(server, first.cursor)
    assert (second.unchanged, second.cursor.etag) == (True, 'W/"1"')
    assert collect(server, second.cursor).unchanged


def test_a_feed_of_releases_names_the_package_and_each_version(server: Loopback) -> None:
    one = "tag:github.com,2008:Repository/1/v0.12.0rc1"
    items = "".join(
        f"<entry><id>{key}</id><title>{title}</title></entry>" for key, title in ((one, "rc"), ("x", "vLLM 0.9.1"))
    )
    feed_text = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>r</title><id>r</id>{items}</feed>'
    server.on("GET", "/feed", Reply(body=feed_text.encode()))
    options = feed.Options(
        url=f"{server.url}/feed", vendor="vllm", about=NoteKind.RELEASES, package="vllm", prereleases=True
    )
    page = listed(feed.collect(options, context(http=quick_web())))
    assert {(n.kind, n.package, n.version) for n in page.notes} == {
        (NoteKind.RELEASES, "vllm", "0.12.0rc1"),
        (NoteKind.RELEASES, "vllm", "0.9.1"),
    }
    assert not any(n.dated for n in page.notes)


def test_a_feed_over_two_megabytes_is_refused(server: Loopback) -> None:
    server.on("GET", "/feed", Reply(body=b" " * (2 * 2**20 + 1)))
    with pytest.raises(SourceError, match="over the cap of 2,097,152 bytes"):
        collect(server)


def test_a_feed_that_lists_nothing_any_more_says_so_and_goes_on_saying_so(server: Loopback) -> None:
    server.on("GET", "/feed", Reply(body=rss().encode()), Reply(body=ATOM.encode()), *[Reply(body=rss().encode())] * 2)
    young = collect(server)
    full = collect(server, young.cursor)
    empty = collect(server, full.cursor)
    assert (young.standing, full.standing) == ("", "")
    assert empty.standing == collect(server, empty.cursor).standing == "it lists no entry any more; there were 2"


def test_half_a_feed_keeps_no_validator_so_that_all_of_it_is_read_after_it(server: Loopback) -> None:
    server.on("GET", "/feed", Reply(body=ATOM[: ATOM.index("Now 0.7")].encode(), etag='"b"'))
    old = Cursor(etag='"a"')
    assert collect(server, old).cursor == Cursor()
    server.on("GET", "/feed", Reply(body=ATOM.encode(), etag='"b"'))
    assert collect(server, old).cursor == Cursor(etag='"b"', bookmark=f"2 {digest(ATOM)}")


def test_entities_are_not_expanded_from_outside() -> None:
    doctype = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    notes, _, _ = read(doctype + rss("<item><title>x &e;</title><guid>1</guid></item>"))
    assert "root:" not in notes[0].title


def test_nested_scripts_and_unclosed_tags_leave_readable_text() -> None:
    assert to_text("a<br>b<p>c<style>x{}</style><div>d <svg><script>q</script>z</svg>e") == "a\nb\nc\nd e"
    assert to_text("1 < 2 & 3 &gt; 2") == "1 < 2 & 3 > 2"
    assert to_text("<table><tr><td>a</td><td>b</td></tr></table>") == "a b"


@given(st.text(max_size=200))
@settings(max_examples=examples(50))
def test_no_markup_crashes_the_text_maker(html: str) -> None:
    assert is_clean(to_text(f"<p>{html}<b>"))


@pytest.mark.parametrize("kind", ["a file", "/dev/zero", "a fifo"])
def test_a_body_that_names_a_file_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """feedparser takes bytes without markup for a file's name: it is handed a stream."""
    named = tmp_path / "local.xml"
    if kind == "a file":
        named.write_text(rss("<item><title>only on this host</title></item>"))
    elif kind == "a fifo":
        os.mkfifo(named)
    body = b"/dev/zero" if kind == "/dev/zero" else str(named).encode()
    opened: list[object] = []
    real = builtins.open

    def watched(file: Any, *args: Any, **more: Any) -> Any:
        opened.append(file)
        return real(file, *args, **more)

    monkeypatch.setattr(builtins, "open", watched)
    with pytest.raises(SourceError, match=r"broken before its first entry|not an RSS or Atom feed"):
        feed.read("http://v/feed", body, "vendor", "src", NOW)
    assert not [f for f in opened if str(f) == body.decode() or f == body]
