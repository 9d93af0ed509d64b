"""What vendors and whoever stands between them and us may send, against every kind that reads it: round after round."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.note import Note, PageState
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.text import is_clean
from pulse_tui.services.signals.refresh import Round, refresh
from pulse_tui.web import Web
from pulse_tui.wiring import House, outside
from tests.collectors.vendor_documents import (
    KINDS,
    changelog,
    deprecations,
    feed,
    incident,
    item,
    litellm,
    models_dev,
    openrouter,
    over,
    priced,
    release,
    releases,
    routed,
    statuspage,
)
from tests.fakes.clock import Clock
from tests.servers.loopback import Loopback, Reply

ESTATE = """\
name: bad
database: sqlite:///pulse.db
estate:
  assets:
    - id: my-bot
      asset_type: service
      owner_team: ml-team
      tier: customer-facing
      environments:
        production: {{version: 1.0.1, since: 2026-11-01T00:00:00Z}}
      releases:
        - {{version: 1.0.1, digest: "sha256:bb", state: promoted, created: 2026-10-20T00:00:00Z}}
      components: [{{model: openai/gpt-4.1}}, {{purl: "pkg:pypi/vllm@0.9.1"}}]
sources:
  - {{id: s, kind: {kind}, {options}}}
"""
HOSTILE = "red\x1b[31m \x1b]0;own\x07 \u202eback\u202c [bold]b[/bold] [link=javascript:alert(1)]l[/link] \x9b5m \u200bz"
CAPTCHA = (
    b"<!DOCTYPE html><html><title>Just a moment...</title><body>Verify you are human <script>x</script></body></html>"
)


class Estate:
    """An estate with one source, whose server is scripted; the clock moves twenty minutes a round."""

    def __init__(self, kind: str, folder: Path, server: Loopback) -> None:
        self.kind, self.server = KINDS[kind], server
        options = self.kind.options.format(url=server.url)
        (folder / "pulse.yaml").write_text(ESTATE.format(kind=kind, options=options))
        self.clock = Clock()
        self.house = House(folder / "pulse.yaml", clock=self.clock)
        self.house.sync()
        web = Web(clock=self.clock, sleep=lambda _s: None, read_s=2.0, connect_s=1.0, total_s=10.0)
        self._parts = self.house.judging._replace(outside=outside(web, folder, self.clock))

    def round(self, reply: Reply | bytes) -> Round:
        """What a round gives when the server answers so."""
        self.clock.pass_(minutes=20)
        self.server.on(self.kind.method, self.kind.path, reply if isinstance(reply, Reply) else Reply(body=reply))
        return refresh("s", self._parts, "test")

    @property
    def notes(self) -> dict[str, Note]:
        """What is remembered of its page, and listed."""
        with self.house.store.read() as tx:
            return {key: kept.note for key, kept in tx.vendors.memory("s").items() if kept.listed}

    @property
    def models(self) -> list[str]:
        """What is remembered of its catalogue."""
        with self.house.store.read() as tx:
            return sorted(tx.vendors.catalogue("s"))

    @property
    def page(self) -> PageState:
        """How its page stands."""
        with self.house.store.read() as tx:
            page = tx.vendors.page("s")
        assert page is not None
        return page

    @property
    def status(self) -> SourceStatus:
        """How the source stands."""
        with self.house.store.read() as tx:
            return tx.plumbing.sources()["s"]

    def alerts(self, *, opened: bool = True) -> list[Alert]:
        """Alerts that are open, or all."""
        with self.house.store.read() as tx:
            return [a for a in tx.judgements.alerts(limit=1_000) if a.open or not opened]

    def refused(self) -> list[str]:
        """What stands in the quarantine."""
        with self.house.store.read() as tx:
            return [str(one.problem) for _, one in tx.signals.quarantined(50)]


Make = Callable[[str], Estate]


@pytest.fixture
def make(tmp_path: Path, server: Loopback) -> Iterator[Make]:
    made: list[Estate] = []

    def build(kind: str) -> Estate:
        (folder := tmp_path / f"{len(made)}").mkdir()
        made.append(Estate(kind, folder, server))
        return made[-1]

    yield build
    for estate in made:
        estate.house.close()


# --------------------------------------------------------------------------- what a server does, against every kind


class Bad(NamedTuple):
    """A behaviour, and what the reason of the round must hold."""

    reply: Reply
    reason: str


def _says(status: int, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


BAD: dict[str, Bad] = {
    "nothing": Bad(_says(200), "is empty"),
    "204": Bad(_says(204), "is empty"),
    "304 to who has no validator": Bad(_says(304), "no validator was sent"),
    "a captcha with 200": Bad(_says(200, CAPTCHA, Content_Type="text/html"), "HTML|captcha"),
    "a captcha with 403": Bad(_says(403, CAPTCHA), "answered 403"),
    "zeros": Bad(_says(200, b"\0" * 500), "broken before|no text|JSON|Expecting value|no list"),
    "gone": Bad(_says(404), "answered 404"),
    "gone for good": Bad(_says(410), "answered 410"),
    "broken": Bad(_says(500), "answered 500"),
    "a circle": Bad(_says(302, Location="?again"), "redirects more than 3 times"),
    "to a file": Bad(_says(302, Location="file:///etc/passwd"), r"not http\(s\)"),
    "to a private address": Bad(_says(302, Location="http://10.0.0.1/x"), "on another host"),
    "to the cloud's metadata": Bad(_says(302, Location="http://169.254.169.254/x"), "on another host"),
    "to another host": Bad(_says(302, Location="http://example.com/x"), "on another host"),
    "wait a year": Bad(_says(429, Retry_After="31536000"), "31,536,000 s; it is asked again after 60 minutes"),
    "wait -5 s": Bad(_says(429, Retry_After="-5"), "answered 429"),
    "wait until 1970": Bad(_says(503, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT"), "answered 503"),
    "brotli": Bad(_says(200, b"x", Content_Encoding="br"), "in br, which was not requested"),
    "zstd": Bad(_says(200, b"x", Content_Encoding="zstd"), "in zstd, which was not requested"),
    "a gzip bomb": Bad(_says(200, gzip.compress(bytes(40_000_000)), Content_Encoding="gzip"), r"over the cap of [\d,]+ bytes"),
    "ten gigabytes": Bad(_says(200, bytes(9_000_000)), r"over the cap of [\d,]+ bytes"),
    "half an answer": Bad(Reply(200, bytes(1_000), cut_at=500), "dropped the connection"),
    "JSON of another shape": Bad(_says(200, b'{"error": {"message": "no"}}'), "no incidents|no list|no catalogue|not a|broken|has no"),
    "null": Bad(_says(200, b"null"), "no incidents|no list|no catalogue|broken before|has no"),
    "100,000 brackets": Bad(_says(200, b"[" * 100_000), "recursion|nested too deeply|broken before|has no"),
}  # fmt: skip
PAGES = [kind for kind in KINDS if kind != "tripwire"]


@pytest.mark.parametrize("kind", PAGES)
def test_whatever_a_server_does_the_reason_is_clear_and_nothing_is_lost_or_alerted(kind: str, make: Make) -> None:
    estate = make(kind)
    good = KINDS[kind].good()
    assert estate.round(good).good
    notes, models = estate.notes, estate.models
    assert notes or models
    wrong = []
    for name, bad in BAD.items():
        got = estate.round(bad.reply)
        if got.ok or not re.search(bad.reason, got.message) or got.next_s > 6 * 3_600:
            wrong.append(f"{name}: {got.ok} {got.message}")
        assert estate.status.reason == got.message
        assert is_clean(got.message)
        assert (estate.notes, estate.models, estate.alerts(opened=False)) == (notes, models, []), name
        assert (back := estate.round(good)).good, f"{name}: {back}"
        assert (estate.notes, estate.models, estate.alerts(opened=False)) == (notes, models, []), name
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", PAGES)
def test_what_goes_on_being_bad_is_alerted_once_and_ends_when_it_is_good(kind: str, make: Make) -> None:
    estate = make(kind)
    estate.round(KINDS[kind].good())
    for _ in range(7):
        estate.round(CAPTCHA)
    assert len(estate.alerts(opened=False)) == 1
    assert estate.round(KINDS[kind].good()).good
    assert (estate.alerts(), estate.status.reason) == ([], "")


@pytest.mark.parametrize("kind", PAGES)
def test_a_document_that_is_cut_at_any_tenth_loses_and_alerts_nothing(kind: str, make: Make) -> None:
    estate = make(kind)
    good = KINDS[kind].good()
    estate.round(good)
    notes, models = estate.notes, estate.models
    for tenth in range(1, 10):
        cut = estate.round(good[: len(good) * tenth // 10])
        doubted = estate.alerts()
        assert not [a for a in doubted if a.asset_id], tenth
        assert not cut.good or kind in ("changelog", "deprecations"), f"{tenth}: {cut}"  # a page may end anywhere
        assert estate.notes.keys() >= notes.keys() or kind in ("changelog", "deprecations"), tenth
        for _ in range(5):  # where a page came back in part, all of it is doubted for three rounds
            estate.round(good)
        assert estate.notes.keys() == notes.keys(), tenth
        assert (estate.models, estate.alerts(), estate.status.reason) == (models, [], ""), tenth


# --------------------------------------------------------------------------- what stands in one entry

_XML = HOSTILE.replace("\x1b", "").replace("\x07", "").replace("\x9b", "&#x9b;")
TEXTS: dict[str, bytes] = {
    "feed": feed(item("k", _XML, f"{_XML} gpt-4.1 is deprecated", link="javascript:alert(1)")),
    "changelog": changelog(f"## 2026-11-22\n\n- {HOSTILE} [x](javascript:alert(1)) [y](data:text/html,x) gpt-4.1\n\n"),
    "deprecations": deprecations(f"| 2027-01-01 | `gpt-4.1{HOSTILE}` | {HOSTILE} |\n"),
    "statuspage": statuspage(
        incident(HOSTILE, name=f"{HOSTILE} gpt-4.1", shortlink="javascript:alert(1)", impact=HOSTILE)
    ),
    "github_releases": releases(release(f"v1.0{HOSTILE}", body=HOSTILE, html_url="data:text/html,x")),
    "models_dev": models_dev({HOSTILE: priced(HOSTILE), "x": priced("x", name=HOSTILE, status=HOSTILE)}),
    "litellm": litellm({HOSTILE: {"litellm_provider": HOSTILE}}),
    "openrouter": openrouter(routed(HOSTILE), routed("a/b", name=HOSTILE)),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_of_an_entry_can_write_on_the_screen(kind: str, make: Make) -> None:
    estate = make(kind)
    estate.round(KINDS[kind].good())
    got = estate.round(TEXTS[kind])
    assert got.ok
    told = [got.message, got.refused, estate.status.reason, *estate.models, *estate.refused()]
    told += [a.title for a in estate.alerts(opened=False)]
    for key, note in estate.notes.items():
        told += [key, note.title, *note.body.split("\n"), note.section, note.version or "", *note.models]
        assert note.link is None or note.link.startswith(("http://", "https://")), note.link
    assert not [text for text in told if not is_clean(text)]


@pytest.mark.parametrize(
    "stated",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2226-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "soon",
        "",
        None,
    ],
)
def test_an_incident_with_a_date_that_cannot_be_is_alerted_and_ends(stated: str | None, make: Make) -> None:
    estate = make("statuspage")
    estate.round(statuspage())
    bad = incident(
        created_at=stated, incident_updates=[{"status": "investigating", "body": "gpt-4.1", "created_at": stated}]
    )
    for _ in range(2):
        assert estate.round(statuspage(bad)).good
        assert len(estate.alerts()) == 1
    (note,) = (n for key, n in estate.notes.items() if key == "live")
    assert not note.dated
    assert note.published_at <= estate.clock()
    later = {"status": "resolved", "body": "over", "created_at": "2026-11-23T02:00:00Z"}
    estate.round(statuspage(incident(created_at=stated, status="resolved", incident_updates=[later])))
    assert estate.alerts() == []


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2226-01-01T00:00:00Z"])
def test_a_release_with_a_date_that_cannot_be_is_of_the_day_it_was_read(stated: str, make: Make) -> None:
    estate = make("github_releases")
    estate.round(releases())
    assert estate.round(releases(release(published_at=stated))).good
    note = estate.notes["a/vllm@v0.9.99"]
    assert (note.dated, note.published_at) == (False, estate.clock())


@pytest.mark.parametrize("stated", ["20 Nov 2226 10:00:00 GMT", "01 Jan 0001 00:00:00 +1200", "yesterday", None])
def test_an_entry_of_a_feed_with_a_bad_date_is_news_once(stated: str | None, make: Make) -> None:
    estate = make("feed")
    estate.round(feed())
    entry = item("k", "gpt-4.1", "gpt-4.1 is deprecated and will be shut down on 2027-03-01.", date=stated)
    for _ in range(3):
        estate.round(feed(entry))
        assert len(estate.alerts(opened=False)) == 1
    assert not estate.notes["k"].dated


def test_two_entries_whose_ids_begin_alike_stay_two(make: Make) -> None:
    for kind, body in (
        ("feed", feed(item("k" * 10_000 + "a", "one") + item("k" * 10_000 + "b", "two"))),
        ("statuspage", statuspage({**over(9), "id": "k" * 10_000 + "a"}, {**over(9), "id": "k" * 10_000 + "b"})),
        ("github_releases", releases(release("v1." + "9" * 400), release("v1." + "9" * 400 + "1"))),
    ):
        estate = make(kind)
        estate.round(KINDS[kind].good())
        estate.round(body)
        assert len(estate.notes) == 10, kind


def test_one_id_for_all_entries_loses_none_and_new_ids_for_the_same_ones_are_no_news(make: Make) -> None:
    estate = make("feed")
    deprecated = item("same", "gpt-4.1", "gpt-4.1 is deprecated and will be shut down on 2027-03-01.")
    reused = "".join(item("same", f"Title {n}", f"Words {n} about topic {n * 7}.") for n in range(6)) + deprecated
    estate.round(feed())
    estate.round(feed(reused))
    assert (len(estate.notes), len(estate.alerts(opened=False))) == (15, 1)
    estate.round(feed(reused).replace(b"<guid>same", b"<guid>other").replace(b"<guid>g", b"<guid>new"))
    assert len(estate.alerts(opened=False)) == 1


def test_an_entry_that_is_refused_leaves_the_source_not_good_until_it_can_be_read(make: Make) -> None:
    for kind, bad in (
        ("statuspage", statuspage(incident(name=None))),
        ("github_releases", releases({"tag_name": 5})),
        ("models_dev", models_dev({"x": 5})),
    ):
        estate = make(kind)
        estate.round(KINDS[kind].good())
        for _ in range(2):
            got = estate.round(bad)
            assert got.ok
            assert not got.good
            assert estate.status.reason == got.refused
        assert estate.round(KINDS[kind].good()).good
        assert estate.status.reason == ""


def test_half_a_feed_that_is_read_first_is_no_empty_feed_later(make: Make) -> None:
    estate = make("feed")
    whole = feed()
    estate.round(whole)
    assert not estate.round(whole[: len(whole) // 10]).good
    assert estate.round(whole).good
    assert (estate.page.entries, estate.alerts(), estate.status.reason) == (8, [], "")


def test_incidents_that_list_their_updates_oldest_first_end_with_the_last(make: Make) -> None:
    estate = make("statuspage")
    estate.round(statuspage())
    many = [
        {"status": "investigating", "body": f"gpt-4.1 {n}", "created_at": f"2026-11-22T{n // 60:02d}:{n % 60:02d}:00Z"}
        for n in range(100)
    ]
    estate.round(statuspage(incident(status=None, incident_updates=many)))
    assert len(estate.alerts()) == 1
    many.append({"status": "resolved", "body": "over", "created_at": "2026-11-23T01:00:00Z"})
    estate.round(statuspage(incident(status=None, incident_updates=many)))
    assert estate.alerts() == []


@pytest.mark.parametrize(
    "kind", ["statuspage", "github_releases", "models_dev", "litellm", "openrouter", "model_list", "changelog"]
)
def test_a_byte_order_mark_and_utf_16_are_no_change(kind: str, make: Make) -> None:
    estate = make(kind)
    good = KINDS[kind].good()
    estate.round(good)
    notes, models = estate.notes, estate.models
    for body in (b"\xef\xbb\xbf" + good, good.decode().encode("utf-16")):
        assert estate.round(body).good
        assert (estate.notes, estate.models, estate.alerts(opened=False)) == (notes, models, [])
