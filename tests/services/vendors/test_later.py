"""An asset begins to use a model whose end was announced before: it is not ok because the news is old."""

from __future__ import annotations

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.estate import Component
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles, Stage
from pulse_tui.domain.note import Note
from pulse_tui.domain.words import AssetType, ComponentKind, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EstateShape
from tests.fakes.bills import bill
from tests.fakes.nouns import NOW, later
from tests.services.said import alerts, told


def declare(judge: JudgeParts, hours: float, *models: str) -> None:
    bot = AssetShape(
        id="new-bot",
        asset_type=AssetType.SERVICE,
        owner_team="ml",
        components=tuple(ComponentShape(model=m) for m in models),
    )
    sync_estate(EstateShape(assets=(bot,)), judge, later(hours=hours))


def ends(judge: JudgeParts) -> list[Alert]:
    return [a for a in alerts(judge) if (a.asset_id, a.rule_id) == ("new-bot", "vendor-deprecation") and a.open]


def announce(judge: JudgeParts, key: str, body: str, hours: float = 0) -> None:
    at = later(hours=hours)
    ingest([Note(source="news", key=key, vendor="openai", title="o3", body=body, published_at=at)], [], judge, at)


ENDS = f"openai's o3 is deprecated and will be shut down on {later(days=40):%Y-%m-%d}."


def test_who_begins_to_use_a_model_after_its_end_was_announced_is_alerted_once(judge: JudgeParts) -> None:
    announce(judge, "a", ENDS)
    assert [a.asset_id for a in alerts(judge)] in ([], [None])
    declare(judge, 1, "openai/o3")
    (alert,) = ends(judge)
    assert "shuts down in" in alert.title
    declare(judge, 2, "openai/o3", "openai/gpt-5")
    (alert,) = ends(judge)
    assert alert.count == 1


def test_what_was_taken_back_or_has_passed_is_no_news_to_who_comes_later(judge: JudgeParts) -> None:
    announce(judge, "a", ENDS)
    announce(judge, "b", "We decided not to retire o3.", 1)
    announce(judge, "c", f"o4-mini will be shut down on {later(days=-9):%Y-%m-%d}.", 1)
    declare(judge, 2, "openai/o3", "openai/o4-mini")
    assert ends(judge) == []


def test_an_end_that_only_a_list_states_reaches_who_comes_later_too(judge: JudgeParts) -> None:
    stated = Lifecycle(
        source="list", platform="openai", model="o3", stage=Stage.DEPRECATED, ends_at=later(days=40), announced_at=NOW
    )
    ingest([Lifecycles(source="list", items=(stated,))], [], judge, NOW)
    declare(judge, 1, "openai/o3")
    (alert,) = ends(judge)
    assert "o3" in alert.title


def test_a_bill_that_names_the_model_for_the_first_time_counts_as_well(judge: JudgeParts) -> None:

    announce(judge, "a", ENDS)
    o3 = Component(id="openai/o3", kind=ComponentKind.HOSTED_MODEL, name="openai/o3")
    ingest([bill(o3)], [], judge, later(hours=1))
    assert [s.asset_id for s in told(judge, SignalType.DEPRECATION) if s.asset_id] == ["support-bot"]
