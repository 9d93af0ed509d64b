"""How seldom other people's servers are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.kinds import options_of
from pulse_tui.settings.load import load


def _sources(folder: Path, url: str, every: str) -> tuple[float, float, list[str]]:
    (folder / "pulse.yaml").write_text(
        f'sources:\n  - {{id: news, kind: feed, every: {every}, url: "{url}", vendor: v}}\n'
        "  - {id: drop, kind: signals, every: 2s, path: drop}\n"
    )
    made = load(folder, options_of)
    drop = next(s for s in made.sources if s.id == "drop")
    assert (drop.every, drop.floor) == (2.0, 0.0)
    news = next(s for s in made.sources if s.id == "news")
    return news.every, news.floor, [str(p) for p in made.warnings]


def test_a_feed_of_somebody_else_is_asked_every_quarter_of_an_hour_at_most_and_that_is_said(tmp_path: Path) -> None:
    every, floor, warnings = _sources(tmp_path, "https://example.org/feed", "60s")
    assert (every, floor) == (900.0, 900.0)
    assert warnings == [
        "pulse.yaml:2: source news: it is asked every 15 minutes, not more often: its server is somebody else's (every: 15m)"
    ]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/f", "http://localhost/f", "http://10.1.2.3/f", "http://[::1]:9/f"])
def test_a_server_of_ones_own_is_asked_as_often_as_the_configuration_says(tmp_path: Path, url: str) -> None:
    assert _sources(tmp_path, url, "2s") == (2.0, 0.0, [])


@pytest.mark.parametrize("url", ["https://8.8.8.8/f", "http://[::", "${FEED}"])
def test_an_address_that_says_nothing_is_taken_for_somebody_elses(tmp_path: Path, url: str) -> None:
    assert _sources(tmp_path, url, "20m") == (1_200.0, 900.0, [])
