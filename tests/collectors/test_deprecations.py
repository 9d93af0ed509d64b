"""Pages of ends of models: what each row states of an exact id, and which rows announce an end."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.collectors import deprecations
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors.deprecations import read
from pulse_tui.collectors.deprecations.statements import About
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles, Stage
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.enrich.vendors.classify import classify
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply

URL = "https://acme.example/ends"
ABOUT = About("ends", "acme", "acme", NOW, URL)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stated(text: str, about: About = ABOUT) -> tuple[list[Note], dict[str, Lifecycle]]:
    notes, items = read(URL, text.encode(), about, Bad("ends", URL))
    assert len({i.model for i in items}) == len(items)
    return notes, {i.model: i for i in items}


# --------------------------------------------------------------------------- one announcement a section
ANNOUNCED = """# Ends

## Upcoming

### 2026-09-11: Comet 7 snapshots

On September 11th, 2026, we wrote to everybody.

| Shutdown date | Model / system | Recommended replacement |
| ------------- | -------------- | ----------------------- |
| 2027\u201103\u201126 | `comet-7-0125` (including `comet-7-preview` and `comet-7-alias`, which point to it) | `comet-9` or `comet-8*` |
| 2027-03-26    | `comet-7-audio` \\| `comet-7-voice`, `comet-7-ear` | --- |
| 2027-04-01    | /v1/edits | /v1/answers |
| Dec 2027      | Assistants API | Answers API |

## Past

### 2025-01-02: Comet 3

| Shutdown date | Model | Substitute |
|---|---|---|
| March 1, 2025 | comet-3 | comet-7-0125 |

### Fine-tuning

| Shutdown date | Model | Substitute |
|---|---|---|
| March 1, 2025 | comet-9 | comet-10 |
"""


def test_a_row_states_the_end_of_every_id_it_names_and_its_successor() -> None:
    _, found = stated(ANNOUNCED)
    assert found["comet-7-0125"] == Lifecycle(
        source="ends",
        platform="acme",
        model="comet-7-0125",
        stage=Stage.DEPRECATED,
        ends_at=day("2027-03-26"),
        announced_at=day("2026-09-11"),
        successor="comet-9",
        link=URL,
        note=found["comet-7-0125"].note,
    )
    assert {m for m, i in found.items() if i.ends_at == day("2027-03-26")} == {
        *("comet-7-0125", "comet-7-preview", "comet-7-alias", "comet-7-audio", "comet-7-voice", "comet-7-ear"),
    }
    assert found["comet-7-audio"].successor is None
    assert found["comet-3"].stage is Stage.RETIRED


def test_what_is_no_model_is_announced_without_a_statement_about_one() -> None:
    notes, found = stated(ANNOUNCED)
    assert [n.title for n in notes if not n.models] == [
        "/v1/edits: shut down on 2027-04-01",
        "Assistants API: shut down in December 2027",
    ]
    assert not {"/v1/edits", "Assistants", "v1/answers"} & set(found)


def test_a_fine_tuned_model_is_another_model() -> None:
    assert "comet-9" not in stated(ANNOUNCED)[1]


def test_a_note_says_the_row_under_the_day_of_its_announcement() -> None:
    note = stated(ANNOUNCED)[0][0]
    assert note.kind is NoteKind.DEPRECATIONS
    assert note.title == "comet-7-0125, comet-7-preview, comet-7-alias: shut down on 2027-03-26"
    assert note.body.splitlines()[0] == "Shutdown date: 2027\u201103\u201126"
    assert note.section == "Upcoming > 2026-09-11: Comet 7 snapshots"
    assert (note.published_at, note.dated) == (day("2026-09-11"), True)
    assert note.key.endswith("@2026-09-11")


# --------------------------------------------------------------------------- states, floors
STATES = """## Model status

| API model name | Current state | Deprecated | Tentative retirement date |
| :--- | :--- | :--- | :--- |
| comet-9-20260401 | Active | N/A | Not sooner than April 1, 2027 |
| comet-8-20250101 | Deprecated | October 1, 2026 | January 1, 2027 |
| comet-7-20240101 | Retired | June 5, 2026 | August 5, 2026 |

## History

### 2026-10-01: Comet 8

| Retirement date | Deprecated model | Recommended replacement |
|---|---|---|
| January 1, 2027 | `comet-8-20250101` | `comet-9-20260401` |
"""


def test_the_earliest_date_of_a_model_in_service_is_a_floor_and_announces_nothing() -> None:
    notes, found = stated(STATES)
    item = found["comet-9-20260401"]
    assert (item.stage, item.ends_at, item.floor, item.note) == (Stage.ACTIVE, day("2027-04-01"), True, None)
    assert "comet-9-20260401" not in [m for n in notes for m in n.models]


def test_what_a_page_says_of_a_model_in_two_tables_is_one_statement() -> None:
    _, found = stated(STATES)
    item = found["comet-8-20250101"]
    assert (item.stage, item.ends_at, item.floor) == (Stage.DEPRECATED, day("2027-01-01"), False)
    assert (item.announced_at, item.successor) == (day("2026-10-01"), "comet-9-20260401")
    assert (found["comet-7-20240101"].stage, found["comet-7-20240101"].ends_at) == (Stage.RETIRED, day("2026-08-05"))


@pytest.mark.parametrize(
    ("cell", "ends", "floor"),
    [
        ("No earlier than 2027-03-01", "2027-03-01", True),
        ("not before March 1, 2027", "2027-03-01", True),
        ("March 1, 2027 or later", "2027-03-01", True),
        ("at earliest 2027-03-01", "2027-03-01", True),
        ("on March 1st, 2027", "2027-03-01", False),
        ("No shutdown date announced", None, False),
        ("TBD", None, False),
        ("\u2014", None, False),
    ],
)
def test_a_date_is_a_date_or_a_floor_or_none(cell: str, ends: str | None, floor: bool) -> None:
    _, found = stated(f"| Model | Shutdown date | Replacement |\n|---|---|---|\n| `a-1` | {cell} | `a-2` |\n")
    item = found["a-1"]
    assert (item.ends_at, item.floor) == (day(ends) if ends else None, floor)
    assert item.stage is (Stage.DEPRECATED if ends and not floor else Stage.ACTIVE)


def test_a_month_is_its_first_day_and_says_that_it_is_a_month() -> None:
    item = stated("| Model | Shutdown date |\n|---|---|\n| a-1 | August 2027 |\n")[1]["a-1"]
    assert (item.ends_at, item.month_only) == (day("2027-08-01"), True)


def test_announced_again_the_last_announcement_counts() -> None:
    text = """### 2026-01-01: First\n
| Shutdown date | Model |\n|---|---|\n| 2026-07-01 | a-1 |\n
### 2026-06-01: Postponed\n
| Shutdown date | Model |\n|---|---|\n| 2027-01-01 | a-1 |\n"""
    notes, found = stated(text)
    assert found["a-1"].ends_at == day("2027-01-01")
    assert found["a-1"].note == notes[1].key
    assert [n.key for n in notes] == ["a-1@2026-01-01", "a-1@2026-06-01"]


VERSIONS = """### Text

| Model Name | Model Version<sup>1</sup> | Lifecycle Status | Deprecation Date (No New Customers) | Retirement Date | Replacement Model |
|:--|:--|:--|:--|:--|:--|
| `comet-4` | 2024-05-13 | Generally Available | 2025-05-13 | 2026-12-31 | `comet-5` |
| `comet-4` | 2024-11-20 | Generally Available | 2025-11-20 | No earlier than 2027-06-05 | `comet-5` |
| `comet-5-chat` | 2025-08-07 | Preview | n/a | 2026-12-01 | n/a |
| `embed-2` | 2 | Generally Available | n/a | No earlier than 2027-10-30 | |
"""


def test_a_model_beside_its_version_is_an_exact_id_of_both() -> None:
    notes, found = stated(VERSIONS)
    assert list(found) == ["comet-4-2024-05-13", "comet-4-2024-11-20", "comet-5-chat-2025-08-07", "embed-2"]
    first, second = found["comet-4-2024-05-13"], found["comet-4-2024-11-20"]
    assert (first.stage, first.ends_at, first.floor, first.announced_at) == (
        Stage.ACTIVE,
        day("2026-12-31"),
        False,
        None,
    )
    assert (second.ends_at, second.floor) == (day("2027-06-05"), True)
    assert [n.models for n in notes] == [("comet-4-2024-05-13",), ("comet-5-chat-2025-08-07",)]
    assert not any(n.dated for n in notes)


REGIONS = """## Legacy and EOL

**Scheduled**

| Model provider | Model name | Model ID | Regions | Legacy date | EOL date | Public extended access start date |
| --- | --- | --- | --- | --- | --- | --- |
| Acme | Comet 4 | acme.comet-4-v1:0 | north | April 14, 2026 | October 14, 2027 | July 14, 2026 |
| Acme | Comet 4 | acme.comet-4-v1:0 | south | April 14, 2026 | January 14, 2027 | July 14, 2026 |

**Models that have reached EOL**

- **Acme**
  - **Model name:** Comet 3
  - **Model ID:** acme.comet-3-v1:0
  - **Regions:** north
  - **Legacy date:** March 1, 2026
  - **EOL date:** September 1, 2026
- **Acme**
  - **Model name:** Comet 2
  - **Model ID:** acme.comet-2-v1:0
  - **Regions:** north / **Legacy date:** March 1, 2026 / **EOL date:** September 10, 2026
  - **Regions:** south / **Legacy date:** March 1, 2026 / **EOL date:** October 1, 2026
"""


def test_of_several_regions_the_first_end_counts_and_every_row_is_a_note() -> None:
    notes, found = stated(REGIONS, ABOUT._replace(platform="cloud"))
    item = found["acme.comet-4-v1:0"]
    assert (item.platform, item.ends_at, item.announced_at) == ("cloud", day("2027-01-14"), day("2026-04-14"))
    assert len([n for n in notes if n.models == ("acme.comet-4-v1:0",)]) == 2
    assert (found["acme.comet-3-v1:0"].ends_at, found["acme.comet-2-v1:0"].ends_at) == (
        day("2026-09-01"),
        day("2026-09-10"),
    )
    assert len({n.key for n in notes}) == len(notes) == 5


HTML = """<html><head><title>Ends</title></head><body><article><h1>Ends</h1>
<p>The shutdown dates listed in the tables indicate the earliest possible dates.</p>
<h2 id="comet-9">Comet 9 models</h2>
<table><thead><tr><th><b>Model</b></th><th>Release date</th><th>Shutdown date</th><th>Recommended replacement</th></tr></thead><tbody>
<tr><td><code>comet-9-flash</code></td><td>June 17, 2026</td><td>June 17, 2027</td><td></td></tr>
<tr><td colspan="4">Preview models</td></tr>
<tr><td><a href="/x"><code>comet-9-preview-04</code></a></td><td>April 1, 2026</td><td>December 2, 2026</td><td><code>comet-9-flash</code></td></tr>
</tbody></table></article></body></html>"""


def test_html_tables_are_read_and_dates_that_the_page_calls_the_earliest_are_floors() -> None:
    notes, found = stated(HTML)
    assert (found["comet-9-flash"].ends_at, found["comet-9-flash"].floor) == (day("2027-06-17"), True)
    preview = found["comet-9-preview-04"]
    assert (preview.ends_at, preview.floor, preview.successor) == (day("2026-12-02"), False, "comet-9-flash")
    assert preview.link == f"{URL}#comet-9"
    assert [n.models for n in notes] == [("comet-9-preview-04",)]


WORDS = """# Ends

### 2026-04-04: Embed 2 and Breeze

Effective April 4th, 2026, the following models will be retired:

* `embed-2`
* `breeze-8b` (and the alias `breeze`)

We encourage you to migrate to our latest models:

* Embedding:
  * `embed-4`
* Chat:
  * `wind-03-2026`

### 2025-09-15: Commands

The following deprecations will roll out.

Deprecated models:

* `command-1`

For these we recommend `command-3` instead.
"""


def test_a_section_in_words_states_what_it_lists_as_ending() -> None:
    notes, found = stated(WORDS)
    assert list(found) == ["embed-2", "breeze-8b", "breeze", "command-1"]
    assert {found[m].ends_at for m in ("embed-2", "breeze-8b", "breeze")} == {day("2026-04-04")}
    assert (found["embed-2"].successor, found["command-1"].successor) == ("embed-4", "command-3")
    assert (found["command-1"].stage, found["command-1"].ends_at) == (Stage.DEPRECATED, None)
    assert "embed-4" in notes[0].body


def test_tables_of_other_things_are_left_out() -> None:
    text = "| Model | Context | Price |\n|---|---|---|\n| a-1 | 1M | 2 |\n\n| Date | What changed |\n|---|---|\n| 2026-01-01 | a-2 retired |\n"
    with pytest.raises(SourceError, match="no row that says when a model ends"):
        stated(text)


@pytest.mark.parametrize("text", [ANNOUNCED, STATES, VERSIONS, REGIONS, HTML, WORDS])
def test_the_date_of_a_note_is_the_end_and_none_of_the_other_dates_of_its_row(text: str) -> None:
    notes, found = stated(text)
    for note in notes:
        ends = {found[m].ends_at for m in note.models if m in found and found[m].note == note.key}
        assert not ends or classify(note).effective_at in ends
    rows = "| Model | Legacy date | EOL date | Public extended access |\n|---|---|---|---|\n| a-1 | 2026-12-15 | 2027-06-30 | 2027-03-15 |\n"
    (note,) = stated(rows)[0]
    assert classify(note).effective_at == day("2027-06-30")


# --------------------------------------------------------------------------- lists in JSON
ITEMS = [
    {
        "provider": "AWS Bedrock",
        "model_id": "acme.comet-4-v1:0",
        "shutdown_date": "2027-01-14",
        "announcement_date": "2026-04-14",
        "replacement_models": ["acme.comet-5-v1:0"],
        "deprecation_context": "Comet 4 ends.",
        "url": "https://x.example",
    },
    {"provider": "OpenAI", "model_id": "comet-7", "shutdown_date": ""},
    {"provider": "OpenAI", "shutdown_date": "2027-01-01"},
    {"provider": "OpenAI", "model_id": "comet-6", "shutdown_date": "soon"},
    7,
]


@pytest.mark.parametrize("top", [ITEMS, {"items": ITEMS}])
def test_a_list_in_json_states_the_ends_of_many_platforms(top: object) -> None:
    bad = Bad("ends", URL)
    notes, items = read(URL, json.dumps(top).encode(), ABOUT, bad)
    assert [(i.platform, i.model, i.ends_at, i.successor) for i in items] == [
        ("bedrock", "acme.comet-4-v1:0", day("2027-01-14"), "acme.comet-5-v1:0"),
        ("openai", "comet-7", None, None),
    ]
    assert [n.vendor for n in notes] == ["bedrock", "openai"]
    assert notes[0].body == "Shutdown date: 2027-01-14\nRecommended replacement: acme.comet-5-v1:0\nComet 4 ends."
    assert [r.problem.what for r in bad.all()] == ["it names no model", "'soon' is no date", "it is no object"]


# --------------------------------------------------------------------------- rounds
def collect(server: Loopback, cursor: Cursor | None = None) -> Collected:
    options = deprecations.Options(url=f"{server.url}/ends", vendor="acme")
    return deprecations.collect(options, context(http=quick_web(), cursor=cursor))


def test_a_round_gives_the_page_of_announcements_and_all_that_is_stated(server: Loopback) -> None:
    server.on("GET", "/ends", Reply(body=STATES.encode(), etag='"a"'))
    first = collect(server)
    page, lifecycles = first.observations
    assert isinstance(page, Page)
    assert isinstance(lifecycles, Lifecycles)
    assert (page.kind, page.rolling, page.complete, lifecycles.whole) == (NoteKind.DEPRECATIONS, False, True, True)
    assert (len(page.notes), len(lifecycles.items)) == (3, 3)
    assert collect(server, first.cursor).unchanged


def test_half_a_page_is_not_whole_and_is_read_again(server: Loopback) -> None:
    server.on("GET", "/ends", Reply(body=HTML[: HTML.index("</tbody>")].encode(), etag='"a"'))
    got = collect(server)
    page, lifecycles = got.observations
    assert isinstance(page, Page)
    assert isinstance(lifecycles, Lifecycles)
    assert (page.complete, lifecycles.whole, got.cursor) == (False, False, Cursor())


def test_a_list_with_an_item_that_is_refused_is_not_whole(server: Loopback) -> None:
    server.on("GET", "/ends", Reply(body=json.dumps(ITEMS).encode()))
    got = collect(server)
    page, lifecycles = got.observations
    assert isinstance(page, Page)
    assert isinstance(lifecycles, Lifecycles)
    assert (page.complete, lifecycles.whole, len(got.rejected)) == (False, False, 3)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"[]", "no row that says"),
        (b"[{", "ends too early"),
        (b'{"error": "no"}', "is no list of deprecations"),
        (b"<html><title>Log in</title><body>Log in</body></html>", "asks for a login"),
        (b"%PDF-1.7", "is PDF"),
        (b"# Ends\n\nNone.\n", "no row that says"),
    ],
)
def test_a_page_that_lists_no_model_is_refused_with_what_it_is(server: Loopback, body: bytes, why: str) -> None:
    server.on("GET", "/ends", Reply(body=body))
    with pytest.raises(SourceError, match="/ends") as refused:
        collect(server)
    assert why in str(refused.value)


def test_a_page_may_be_a_file_that_somebody_brings(tmp_path: Path) -> None:
    (tmp_path / "ends.html").write_text(HTML)
    options = deprecations.Options(path="ends.html", vendor="acme", platform="elsewhere")
    _, lifecycles = deprecations.collect(options, context(tmp_path)).observations
    assert isinstance(lifecycles, Lifecycles)
    assert {(i.platform, i.link) for i in lifecycles.items} == {("elsewhere", None)}


def test_a_hostile_row_cannot_write_on_the_screen() -> None:
    notes, found = stated("| Model | Shutdown date |\n|---|---|\n| `a\x1b[31m-1\u202e` [bold] | 2027-01-01 |\n")
    assert list(found) == ["a-1"]
    assert is_clean(notes[0].title)
    assert all(is_clean(line) for line in notes[0].body.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "| Model | Shutdown date |\n|---|---|\n" + "| a-1 | 2027-01-01 |\n" * 15_000,
        "| Model | Shutdown date |\n|---|---|\n| " + "`a` " * 100_000 + "| 2027-01-01 |\n",
        "### 2026-01-01: x\n\nretired:\n\n" + "* `a-1`\n" * 30_000,
        "- Model ID: x\n" + "  - EOL date: 2027-01-01\n" * 20_000,
        "[" + ",".join(['{"model_id": "a", "provider": "x"}'] * 15_000) + "]",
    ],
)
def test_a_hostile_page_takes_no_more_than_seconds(text: str) -> None:
    began = time.process_time()
    with suppress(SourceError):
        stated(text)
    assert time.process_time() - began < 5.0
