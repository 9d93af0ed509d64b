"""The end of a model over all that state it, and whom an entry is about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.domain.estate import Component
from pulse_tui.domain.lifecycle import Lifecycle, Stage, StoredLifecycle
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.inuse import Match, Uses, matching
from pulse_tui.enrich.vendors.lifecycles import Ending, endings, ends_on, lifecycle_of, nearest, standing
from pulse_tui.enrich.vendors.platforms import place, platform, same

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stated(
    source: str,
    on: str | None = None,
    *,
    platform: str = "openai",
    model: str = "gpt-4.1",
    floor: bool = False,
    month_only: bool = False,
    stage: Stage = Stage.UNKNOWN,
    listed: bool = True,
    successor: str | None = None,
) -> StoredLifecycle:
    item = Lifecycle(
        source=source,
        platform=platform,
        model=model,
        ends_at=day(on) if on else None,
        floor=floor,
        month_only=month_only,
        stage=stage,
        successor=successor,
    )
    return StoredLifecycle(item=item, changed_at=NOW, listed=listed)


def ending(*items: StoredLifecycle) -> Ending:
    found = standing(items)
    assert found is not None
    return found


def hosted(id_: str) -> Component:
    return Component(id=id_, kind=ComponentKind.HOSTED_MODEL, name=id_)


def test_the_earliest_date_counts_and_who_says_otherwise_is_kept() -> None:
    found = ending(stated("notes", "2027-03-01", successor="gpt-5"), stated("models", "2027-01-15"))
    assert (found.date, found.sources, found.disagree) == (day("2027-01-15"), ("models",), True)
    assert [(s.source, s.when) for s in found.said] == [("models", "2027-01-15"), ("notes", "2027-03-01")]
    assert (found.successor, found.days(NOW)) == ("gpt-5", 47)


def test_a_floor_is_no_date() -> None:
    found = ending(stated("a", "2027-03-01", floor=True))
    assert (found.date, found.floor, found.days(NOW), found.sources) == (None, day("2027-03-01"), None, ())
    assert found.said[0].when == "not before 2027-03-01"


def test_a_date_before_anothers_floor_is_a_disagreement() -> None:
    assert ending(stated("a", "2027-03-01", floor=True), stated("b", "2027-01-15")).disagree
    assert not ending(stated("a", "2027-01-15", floor=True), stated("b", "2027-03-01")).disagree


def test_a_month_agrees_with_each_of_its_days() -> None:
    found = ending(stated("a", "2027-03-01", month_only=True), stated("b", "2027-03-15"))
    assert not found.disagree
    assert ending(stated("a", "2027-03-01", month_only=True), stated("b", "2027-04-15")).disagree


def test_what_is_no_longer_listed_counts_only_where_nobody_else_says_anything() -> None:
    assert ending(stated("a", "2027-01-15", listed=False), stated("b", "2027-03-01")).date == day("2027-03-01")
    alone = ending(stated("a", "2027-01-15", listed=False))
    assert (alone.date, alone.stage) == (day("2027-01-15"), Stage.UNKNOWN)


def test_nothing_stated_is_nothing_known() -> None:
    assert standing([]) is None
    assert ending(stated("a", stage=Stage.DEPRECATED)).days(NOW) is None


def test_a_date_belongs_to_the_platform_and_the_exact_id() -> None:
    ours = [hosted("azure/gpt-4.1"), hosted("openai/gpt-4.1")]
    found = endings(ours, [stated("a", "2027-01-15"), stated("b", "2027-06-01", platform="azure_ai")])
    assert {key: e.date for key, e in found.items()} == {
        "openai/gpt-4.1": day("2027-01-15"),
        "azure/gpt-4.1": day("2027-06-01"),
    }
    first = nearest(found.values())
    assert first is not None
    assert first.platform == "openai"


def test_another_id_stands_for_one_only_where_nobody_states_its_own() -> None:
    regional = stated("a", "2027-01-15", platform="azure", model="eu/gpt-4o-2024-08-06")
    exact = stated("b", "2027-06-01", platform="azure", model="gpt-4o-2024-08-06")
    ours = [hosted("azure/gpt-4o-2024-08-06")]
    assert endings(ours, [regional, exact])[ours[0].id].date == day("2027-06-01")
    assert endings(ours, [regional])[ours[0].id].date == day("2027-01-15")


@pytest.mark.parametrize(
    ("component", "entry", "counts"),
    [
        ("openai/gpt-4o", "gpt-4o-2024-05-13", False),
        ("openai/gpt-4o-2024-05-13", "gpt-4o", True),
        ("anthropic/claude-opus-4-1", "claude-opus-4-1-20250805", True),
        ("openai/gpt-4o", "gpt-4o-mini", False),
    ],
)
def test_the_end_of_one_state_is_not_that_of_the_name(component: str, entry: str, counts: bool) -> None:
    where = component.partition("/")[0]
    found = endings([hosted(component)], [stated("a", "2027-01-15", platform=where, model=entry)])
    assert bool(found) is counts


@pytest.mark.parametrize(
    ("one", "other", "match"),
    [
        ("gpt-4.1", "GPT-4.1", Match.EXACT),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0", Match.SNAPSHOT),
        ("gpt-4.1", "gpt-4.1-2025-04-14", Match.FAMILY),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", None),
        ("gpt-4.1", "gpt-4.1-mini", None),
        ("my-model", "my-model-2", None),
    ],
)
def test_how_exactly_two_ids_mean_the_same(one: str, other: str, match: Match | None) -> None:
    assert matching(one, other) is match
    assert matching(other, one) is match


def test_an_exact_entry_takes_the_place_of_those_that_only_agree() -> None:
    uses = Uses([hosted("openai/gpt-4.1")])
    entries = {"a": ("openai", "gpt-4.1"), "b": ("openai", "gpt-4.1-2025-04-14"), "c": ("azure", "gpt-4.1")}
    assert [(key, [u.match for u in found]) for key, found in uses.best(entries).items()] == [("a", [Match.EXACT])]
    del entries["a"]
    assert list(uses.best(entries)) == ["b"]


def test_platforms_have_one_name() -> None:
    assert {platform(n) for n in ("bedrock", "bedrock_converse", "AWS-Bedrock", "amazon-bedrock")} == {"amazon-bedrock"}
    assert platform("vertex_ai-anthropic_models") == "google-vertex"
    assert same("together_ai", "togetherai")
    assert not same("azure", "openai")
    assert platform("acme") == "acme"
    assert place("bedrock/us.x/y") == ("amazon-bedrock", "us.x/y")
    assert place("gpt-4.1") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2027-01-15", (day("2027-01-15"), False)),
        ("2027-01-15T09:30:00Z", (day("2027-01-15"), False)),
        ("2027-01", (day("2027-01-01"), True)),
        ("soon", (None, False)),
        ("", (None, False)),
        (None, (None, False)),
        ("9999-99-99", (None, False)),
        ("0001-01-01", (None, False)),
    ],
)
def test_a_date_is_read_or_not_known(text: str | None, found: tuple[datetime | None, bool]) -> None:
    assert ends_on(text) == found


def test_an_entry_that_states_no_end_has_no_lifecycle() -> None:
    entry = CatalogueModel(key="bedrock_converse/m", platform="bedrock_converse", id="m", status="beta")
    assert lifecycle_of(entry, "s") is None
    dated = CatalogueModel(key="m", platform="bedrock_converse", id="m", ends="2027-01", successor="n")
    item = lifecycle_of(dated, "s")
    assert item is not None
    assert (item.platform, item.ends_at, item.month_only, item.successor) == (
        "amazon-bedrock",
        day("2027-01-01"),
        True,
        "n",
    )
    old = lifecycle_of(CatalogueModel(key="m", platform="p", id="m", status="Deprecated"), "s")
    assert old is not None
    assert old.stage is Stage.DEPRECATED
