"""What counts as a release, and the index that comes of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogues.diff import diff
from pulse_tui.enrich.vendors.catalogues.reading import read
from pulse_tui.enrich.vendors.tempo import Tempo, Why, owner_of, releases, tempo
from tests.collectors.shared_data import shared_data

AT = date(2026, 3, 1)


def listed(key: str, released: str | None) -> CatalogueModel:
    platform, _, id_ = key.partition("/")
    return CatalogueModel(key=key, platform=platform, id=id_, released=released)


def names(*entries: tuple[str, str | None]) -> tuple[list[str], dict[str, Why]]:
    found, dropped = releases([listed(k, on) for k, on in entries], AT)
    return [r.model for r in found], {d.key: d.why for d in dropped}


def test_a_platform_that_serves_anothers_model_releases_nothing() -> None:
    found, dropped = names(
        ("openai/gpt-5", "2025-08-07"),
        ("openrouter/openai/gpt-5", "2025-08-07"),
        ("azure/gpt-5", "2025-08-20"),
        ("amazon-bedrock/us.anthropic.claude-opus-4-6-v1", "2026-02-05"),
        ("nvidia/z-ai/glm5", "2026-02-12"),
    )
    assert found == ["openai/gpt-5"]
    assert dropped == {
        "openrouter/openai/gpt-5": Why.NO_LAB,
        "azure/gpt-5": Why.NO_LAB,
        "amazon-bedrock/us.anthropic.claude-opus-4-6-v1": Why.REPUBLISHED,
        "nvidia/z-ai/glm5": Why.REPUBLISHED,
    }


def test_an_alias_is_no_release() -> None:
    found, dropped = names(
        ("mistral/mistral-medium-2508", "2025-08-12"),
        ("mistral/mistral-medium-latest", "2025-08-12"),
        ("openai/gpt-5", "2025-08-07"),
        ("openai/gpt-5-chat-latest", "2025-08-07"),
        ("google/gemini-2.5-flash-preview-09-2025", "2025-09-25"),
        ("google/gemini-flash-latest", "2025-09-25"),
    )
    assert len(found) == 3
    assert set(dropped.values()) == {Why.ALIAS}


def test_an_alias_that_is_the_only_name_of_its_model_stands_for_it() -> None:
    assert names(("mistral/codestral-latest", "2024-05-29"))[0] == ["mistral/codestral-latest"]


@pytest.mark.parametrize(
    "entries",
    [
        [("anthropic/claude-opus-4-5", "2025-11-24"), ("anthropic/claude-opus-4-5-20251101", "2025-11-01")],
        [("openai/gpt-4o", "2024-05-13"), ("openai/gpt-4o-2024-05-13", "2024-05-13")],
        [("xai/grok-4-fast", "2025-09-19"), ("xai/grok-4-fast-non-reasoning", "2025-09-19")],
        [("minimax/MiniMax-M2.5", "2026-02-12"), ("minimax/MiniMax-M2.5-highspeed", "2026-02-13")],
        [("zai/glm-5", "2026-02-11"), ("zhipuai/glm-5", "2026-02-11")],
        [("google/gemini-3-pro-preview", "2025-11-18"), ("google-vertex/gemini-3-pro-preview", "2025-11-18")],
    ],
)
def test_one_model_under_several_names_is_one_release(entries: list[tuple[str, str]]) -> None:
    found, dropped = names(*entries)
    assert found == [entries[0][0]]
    assert dropped == {entries[1][0]: Why.SAME}


def test_sizes_generations_and_later_snapshots_are_releases_of_their_own() -> None:
    found, _ = names(
        ("openai/gpt-5", "2025-08-07"),
        ("openai/gpt-5-mini", "2025-08-07"),
        ("openai/gpt-5.1", "2025-11-13"),
        ("openai/gpt-4o-2024-05-13", "2024-05-13"),
        ("openai/gpt-4o-2024-08-06", "2024-08-06"),
        ("openai/gpt-4", "2023-03-14"),
        ("openai/gpt-4-turbo", "2023-03-14"),
    )
    assert len(found) == 7


def test_an_entry_without_a_usable_date_is_accounted_for() -> None:
    found, dropped = names(
        ("openai/a-1", None), ("openai/gpt-9", "soon"), ("openai/gpt-5.4", "2026-03-02"), ("openai/gpt-5.2", "2026-02")
    )
    assert found == ["openai/gpt-5.2"]
    assert {dropped["openai/gpt-9"], dropped["openai/gpt-5.4"]} == {Why.UNDATED, Why.AHEAD}


def test_a_month_counts_from_its_middle_and_never_ahead_of_today() -> None:
    found, _ = releases([listed("openai/gpt-5.2", "2026-02"), listed("openai/gpt-5.3-codex", "2026-03")], AT)
    assert [(r.on, r.month_only) for r in found] == [(date(2026, 2, 15), True), (AT, True)]


def steady(every: int, extra: int = 0) -> Tempo:
    """A lab that releases every so many days, and so many more in the last week."""
    entries = [
        listed(f"openai/gpt-{n}.1", f"{AT - timedelta(days=3 + n * every):%Y-%m-%d}") for n in range(364 // every)
    ]
    entries += [listed(f"openai/gpt-5{'abcdefgh'[n]}-x", f"{AT - timedelta(days=1):%Y-%m-%d}") for n in range(extra)]
    return tempo(entries, AT)


def test_a_steady_year_is_100_and_a_burst_is_more() -> None:
    assert steady(7).index == 100
    found = steady(14, extra=4)
    assert (found.recent, found.index) == (6, 260)
    assert (sum(found.windows), sum(found.weeks), found.windows[-1]) == (30, 30, 6)
    assert (len(found.windows), len(found.weeks), len(found.months)) == (13, 52, 12)


def test_too_few_releases_give_no_index() -> None:
    assert steady(60).index is None
    assert tempo([], AT).index is None


def test_every_entry_is_counted_or_dropped() -> None:
    data = (shared_data("vendor", "catalog") / "models.dev-2026-03-01.json.gz").read_bytes()
    models = read("f", data).catalogue.models
    found = tempo(models, AT)
    assert len(found.counted) + len(found.dropped) == len(models)
    assert {r.model for r in found.counted} | {d.key for d in found.dropped} == {m.key for m in models}


def test_raw_additions_of_a_real_catalogue_are_many_times_the_releases() -> None:
    folder = shared_data("vendor", "catalog")
    days = ["2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]
    sides = [read(day, (folder / f"models.dev-{day}.json.gz").read_bytes()).catalogue for day in days]
    months = dict(tempo(sides[-1].models, AT).months)
    times = [
        sum(e.type == "model_added" for e in diff(old, new)) / months[day[:7]]
        for old, new, day in zip(sides, sides[1:], days, strict=False)
    ]
    assert min(times) > 10
    assert max(times) > 60


@pytest.mark.parametrize(
    ("platform", "lab"),
    [
        ("openai", "openai"),
        ("zai", "zhipuai"),
        ("alibaba-cn", "alibaba"),
        ("zai-coding-plan", "zhipuai"),
        ("azure", None),
    ],
)
def test_the_lab_of_a_platform(platform: str, lab: str | None) -> None:
    assert owner_of(platform) == lab
