"""What the changelog collector makes of pages: their forms, keys that stay, and pages that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulse_tui.collectors.changelog.notes import About
from pulse_tui.collectors.changelog.reading import read
from pulse_tui.domain.note import Note, NoteKind
from pulse_tui.domain.text import is_clean
from tests.collectors.contexts import NOW

URL = "https://acme.example/docs/changelog"
ABOUT = About("log", "acme", NOW, URL)

TAGGED = """# Changelog

> All pages: see the [index](/index.txt).

Ends of models are on [another page](/ends).

## October, 2026

### Oct 7

Feature · Model: comet-9 · Model: comet-9-small · API: v1/answers

Released [Comet 9](/models/comet-9) and its small sister.

Before you move:

- `none` is no effort any more
- use `comet-9` with tools
  - not with the old ones

### Oct 7

Fix

Pictures are decoded again.

### Sep 30

A plain paragraph without tags.

It goes on here.

## 2025

### December 30

Old news.
"""

BULLETS = """# Release notes

### October 7th, 2026

* **Rate limits**: raised for _Comet 9_ ([details](/limits)).
  * doubled for tokens
  * unchanged for requests
* The header `acme-request` is sent.

### October 3, 2026

#### Console

- A bullet of the console.

#### API

- A bullet of the API.
"""

MONTHS = """# What is new

## October 2026

### Comet 9 is here

It answers better.

#### Where

- north
- south

### Comet 8 (2026-04-01) in the south

- one
- two

## September 2026

- a bullet of the month
"""

KEPT = """# Changelog

## [Unreleased]

### Added

- Soon to come.

## [1.2.0] - 2026-10-02

### Deprecated

- `old_call` ends with 2.0.

### Removed

- `older_call`.

## 1.1.0 (2026-09-01)

Full Changelog: [v1.0.0...v1.1.0](https://git.example/compare)

### Bug Fixes

* **client:** wait longer ([ab12](https://git.example/ab12))

## 1.0.0

- The first one.
"""

HTML = """<!doctype html><html><head><title>Notes</title></head><body>
<nav><ul><li>October 1, 2020</li></ul></nav>
<main><h1>Release notes</h1>
<h2 id="10-07-2026">October 7, 2026</h2>
<p><strong>Model updates:</strong></p>
<ul><li>Released <code>comet-9</code> for:<ul><li>text</li><li>pictures</li></ul></li>
<li><p>Limits changed.</p><p>They are higher. <a href="?entry=2026-10-07-0123456789abcdef">link</a></p>
<pre>POST /v1</pre></li></ul>
<h2>September 1, 2026</h2><h3>Deprecated</h3><p>comet-7 ends on <b>December 1</b>.</p>
<script>alert("June 3, 2026")</script></main><footer><h2>October 2, 2026</h2><p>not this</p></footer></body></html>"""


def notes(text: str, about: About = ABOUT) -> list[Note]:
    return read(URL, text.encode(), about)


def seen(text: str, about: About = ABOUT) -> list[tuple[str, str, str]]:
    return [(f"{n.published_at:%Y-%m-%d}", n.section, n.title) for n in notes(text, about)]


# --------------------------------------------------------------------------- forms
def test_a_day_under_its_month_is_an_entry_whose_line_of_tags_gives_models() -> None:
    first, second, third, last = notes(TAGGED)
    assert first == Note(
        source="log",
        key=first.key,
        vendor="acme",
        title="Released Comet 9 and its small sister.",
        body="Released Comet 9 and its small sister.\nBefore you move:\n- none is no effort any more\n- use comet-9 with tools\n"
        "- not with the old ones",
        published_at=datetime(2026, 10, 7, tzinfo=UTC),
        link=URL,
        section="2026-10-07 > Feature",
        models=("comet-9", "comet-9-small"),
    )
    assert (second.section, second.body, second.models) == ("2026-10-07 > Fix", "Pictures are decoded again.", ())
    assert third.body == "A plain paragraph without tags.\nIt goes on here."
    assert last.published_at == datetime(2025, 12, 30, tzinfo=UTC)


def test_every_outermost_bullet_of_a_day_is_an_entry_with_the_bullets_below_it() -> None:
    first, second, console, api = notes(BULLETS)
    assert first.title == "Rate limits: raised for Comet 9 (details)."
    assert first.body.endswith("\n- doubled for tokens\n- unchanged for requests")
    assert second.body == "The header acme-request is sent."
    assert (console.section, api.section) == ("2026-10-03 > Console", "2026-10-03 > API")
    assert first.published_at == datetime(2026, 10, 7, tzinfo=UTC)


def test_a_title_under_a_month_is_an_entry_of_its_first_day_and_says_that_no_day_is_given() -> None:
    assert seen(MONTHS) == [
        ("2026-10-01", "2026-10 (no day given)", "Comet 9 is here"),
        ("2026-10-01", "2026-10 (no day given)", "Comet 8 (2026-04-01) in the south"),
        ("2026-09-01", "2026-09 (no day given)", "a bullet of the month"),
    ]
    assert notes(MONTHS)[0].body == "It answers better.\nWhere\n- north\n- south"


def test_bullets_of_a_version_stand_under_their_kind_of_change_and_name_package_and_version() -> None:
    found = notes(KEPT, ABOUT._replace(package="acme-client"))
    assert [(n.version, n.section, n.title) for n in found] == [
        (None, "Unreleased > Added", "Soon to come."),
        ("1.2.0", "1.2.0 > Deprecated", "acme-client 1.2.0: old_call ends with 2.0."),
        ("1.2.0", "1.2.0 > Removed", "acme-client 1.2.0: older_call."),
        ("1.1.0", "1.1.0 > Bug Fixes", "acme-client 1.1.0: client: wait longer (ab12)"),
        ("1.0.0", "1.0.0", "acme-client 1.0.0: The first one."),
    ]
    assert {n.package for n in found} == {"acme-client"}
    assert {n.kind for n in found} == {NoteKind.RELEASES}
    assert [n.dated for n in found] == [False, True, True, True, False]
    assert found[0].published_at == NOW


def test_html_is_read_as_its_content_without_what_is_around_it() -> None:
    first, second, third = notes(HTML)
    assert (first.section, first.body) == ("2026-10-07 > Model updates", "Released comet-9 for:\n- text\n- pictures")
    assert first.link == f"{URL}#10-07-2026"
    assert second.body == "Limits changed.\nThey are higher. link\nPOST /v1"
    assert (third.section, third.title) == ("2026-09-01 > Deprecated", "comet-7 ends on December 1.")


def test_the_same_notes_in_markdown_and_in_html_have_the_same_keys() -> None:
    markdown = "## October 7, 2026\n\n- One `a`.\n- Two:\n    1. x\n"
    html = "<html><body><h2>October 7, 2026</h2><ul><li>One <code>a</code>.</li><li>Two:<ol><li>x</li></ol></ul></body></html>"
    assert [(n.key, n.body) for n in notes(markdown)] == [(n.key, n.body) for n in notes(html)]


@pytest.mark.parametrize(
    "heading",
    [
        "## 2026-10-07",
        "## October 7th, 2026",
        "## 7 October 2026",
        "## Wednesday, October 7, 2026",
        "## Date: 2026-10-07",
        "## 2026/10/07",
        "## Oct 7, 2026 {#oct-7}",
        "October 7, 2026\n---------------",
        '<Update label="October 7, 2026" tags={["api"]}>',
        '<h2 id="x">October 7, 2026</h2>',
        "> ## October 7, 2026",
        "## 2026\n### October\n#### Oct 7",
    ],
)
def test_days_are_known_however_they_are_written(heading: str) -> None:
    (note,) = notes(f"# Log\n\n{heading}\n\n- It changed.\n")
    assert (note.published_at, note.title) == (datetime(2026, 10, 7, tzinfo=UTC), "It changed.")


def test_a_heading_of_a_day_with_a_title_is_one_entry() -> None:
    (note,) = notes("# Log\n\n## 2026-10-07: Comet 7 ends\n\nSoon.\n\n- `a`\n- `b`\n\n### When\n\nOn Monday.\n")
    assert (note.title, note.body) == ("Comet 7 ends", "Soon.\n- a\n- b\nWhen\nOn Monday.")


def test_a_version_below_a_day_is_of_that_day() -> None:
    (note,) = notes("## October 7, 2026\n\n### v2.1.0\n\n- It changed.\n")
    assert (note.version, note.published_at) == ("2.1.0", datetime(2026, 10, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "# Log\n\n**October 7, 2026**\n\nIt changed.\n\n**October 6, 2026**\n\nMore.\n",
        "<html><body><h1>Log</h1><div><time>October 7, 2026</time><div><h3>It changed.</h3><p>x</p></div></div>"
        "<div><span>2026-10-06</span><h3>More.</h3></div></body></html>",
    ],
)
def test_a_line_that_is_only_a_day_stands_for_a_heading_where_there_is_none(text: str) -> None:
    assert [(f"{n.published_at:%d}", n.title) for n in notes(text)] == [("07", "It changed."), ("06", "More.")]


@pytest.mark.parametrize(
    "text",
    [
        "| Change | What | Date |\n|---|---|---|\n| New | It changed. | October 7, 2026 |\n",
        "- **2026-10-07**: It changed.\n",
        "* October 7, 2026 - It changed.\n",
    ],
)
def test_rows_and_bullets_may_bear_the_day_themselves(text: str) -> None:
    (note,) = notes(f"# History\n\n{text}")
    assert note.published_at == datetime(2026, 10, 7, tzinfo=UTC)
    assert "It changed." in note.body


def test_tables_and_code_stay_with_the_bullet_that_they_stand_in() -> None:
    text = "## 2026-10-07\n\n- Prices:\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n  ```sh\n  run # not a heading\n  ```\n\n- Next.\n"
    first, second = notes(text)
    assert first.body == "Prices:\na | b\n1 | 2\nrun # not a heading"
    assert second.body == "Next."


def test_a_mark_of_models_gives_the_code_that_looks_like_one() -> None:
    text = "## 2026-10-07\n\n- We released Wind (`wind-2610`); set `temperature` to 0. <Tag model/>\n- `not-a-model` <Tag api/>\n"
    first, second = notes(text)
    assert (first.models, second.models) == (("wind-2610",), ())
    assert first.body == "We released Wind (wind-2610); set temperature to 0."


def test_a_day_that_is_to_come_is_kept() -> None:
    (note,) = notes("## 2027-03-01\n\n- It will end.\n")
    assert note.published_at > NOW


# --------------------------------------------------------------------------- keys
def keys(text: str) -> list[str]:
    return [n.key for n in notes(text)]


def test_a_key_is_the_day_and_a_digest_of_the_words() -> None:
    for key in keys(BULLETS):
        day, _, digest = key.partition("#")
        assert day in ("2026-10-07", "2026-10-03")
        assert len(digest) == 16


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("* **Rate limits**", "- __Rate limits__"),
        (
            "raised for _Comet 9_ ([details](/limits))",
            "raised for Comet\n  9 ([details](https://acme.example/elsewhere))",
        ),
        ("The header `acme-request` is sent.", "The  header\u00a0`acme-request` is sent.  "),
        ("### October 7th, 2026", "### 2026-10-07"),
        ("  * doubled", "    - doubled"),
        ("# Release notes", "# Notes about releases\n\nAn introduction."),
    ],
)
def test_white_space_and_markup_change_no_key_and_no_text(before: str, after: str) -> None:
    assert before in BULLETS
    again = BULLETS.replace(before, after)
    assert [(n.key, n.body) for n in notes(again)] == [(n.key, n.body) for n in notes(BULLETS)]


def test_an_edited_bullet_has_another_key_of_the_same_day_and_the_others_keep_theirs() -> None:
    old, new = keys(BULLETS), keys(BULLETS.replace("is sent", "is no longer sent"))
    assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, True, True]
    assert old[1].partition("#")[0] == new[1].partition("#")[0]


def test_a_new_bullet_on_top_changes_no_key_of_the_others() -> None:
    again = BULLETS.replace("### October 7th, 2026\n", "### October 7th, 2026\n\n* Something new.\n")
    assert keys(again)[1:] == keys(BULLETS)


def test_the_entry_of_a_title_keeps_its_key_when_its_text_is_edited() -> None:
    assert keys(MONTHS) == keys(MONTHS.replace("It answers better.", "It answers much better."))


def test_bullets_of_one_day_with_the_same_words_stay_apart() -> None:
    text = "## 2026-10-07\n\n- Same.\n- Same.\n- Other.\n"
    assert len(set(keys(text))) == 3
    assert keys(text) == keys(text)
    assert set(keys(text)) == set(keys(text.replace("- Other.\n", "").replace("- Same.", "- Other.\n- Same.", 1)))


def test_an_id_that_the_page_gives_to_an_entry_is_its_key_and_its_link() -> None:
    note = notes(HTML)[1]
    assert note.key == "2026-10-07-0123456789abcdef"
    assert note.link == f"{URL}?entry=2026-10-07-0123456789abcdef"
    item = notes('<html><body><h2>2026-10-07</h2><ul><li id="n-7">x</li></ul></body></html>')[0]
    assert (item.key, item.link) == ("n-7", f"{URL}#n-7")


def test_an_id_that_two_entries_share_is_no_key() -> None:
    text = '<html><body><h2>2026-10-07</h2><ul><li id="n">x</li><li id="n">y</li></ul></body></html>'
    assert all("#" in key for key in keys(text))
    assert len(set(keys(text))) == 2


# --------------------------------------------------------------------------- text from outside
def test_a_hostile_page_cannot_write_on_the_screen_or_lead_out_of_the_web() -> None:
    esc = "\x1b]0;x\x07\x9b31m[red]\u202eevil"
    text = f"## 2026-10-07\n\n- {esc} [click](javascript:alert%281%29) <script>x</script>\n"
    (note,) = notes(text)
    assert is_clean(note.title)
    assert is_clean(note.body.replace("\n", " "))
    assert "[red]" in note.title
    assert note.link == URL
    (html,) = notes(
        f"<html><body><h2>2026-10-07</h2><ul><li><a href='javascript:x?entry=a'>{esc}</a></li></ul></body></html>"
    )
    assert is_clean(html.title)
    assert html.link == URL


def test_the_first_sentence_is_the_title_and_a_long_one_is_cut() -> None:
    (note,) = notes(f"## 2026-10-07\n\n- {'word ' * 9_000}\n")
    assert len(note.title) == 160
    assert len(note.body) <= 20_000
