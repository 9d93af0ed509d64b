"""On what a source reports, as its options say."""

from __future__ import annotations

from pulse_tui.collectors.changelog import Options as Changelog
from pulse_tui.collectors.deprecations import Options as Deprecations
from pulse_tui.collectors.feed import Options as Feed
from pulse_tui.collectors.junit import Options as Junit
from pulse_tui.collectors.model_list import Options as Models
from pulse_tui.collectors.osv import Options as Osv
from pulse_tui.collectors.prometheus.options import Latency, Objective
from pulse_tui.collectors.prometheus.options import Options as Prometheus
from pulse_tui.domain.scope import Scope
from pulse_tui.settings.scopes import scope_of

P95 = Latency(p95="x", objective="800ms")


def test_a_prometheus_reports_on_the_assets_of_its_objectives() -> None:
    watched = tuple(Objective(asset=name, latency=P95) for name in ("bot", "router"))
    assert scope_of(Prometheus(url="http://127.0.0.1", objectives=watched)) == Scope(frozenset({"bot", "router"}))


def test_a_feed_reports_on_its_vendor() -> None:
    assert scope_of(Feed(url="http://127.0.0.1", vendor="openai")) == Scope(vendor="openai")


def test_a_changelog_and_a_page_of_ends_report_on_the_vendor_of_their_preset() -> None:
    assert scope_of(Changelog(preset="google")) == Scope(vendor="google")
    assert scope_of(Deprecations(preset="bedrock")) == Scope(vendor="bedrock")
    assert scope_of(Feed(preset="vllm")) == Scope(vendor="vllm")
    assert scope_of(Models(preset="gemini")) == Scope(vendor="google")


def test_options_that_leave_the_asset_open_or_name_none_say_nothing() -> None:
    assert scope_of(Junit(path="results")) is None
    assert scope_of(Osv(path="osv")) is None
