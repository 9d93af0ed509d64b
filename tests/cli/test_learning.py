"""Reports, measures, the checklist, decisions and verdicts from the shell: the same numbers everywhere, the same bytes twice."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from pulse_tui.domain.moments import iso
from pulse_tui.wiring import now
from tests.cli.conftest import Shell
from tests.fakes.openmetrics import read
from tests.fakes.small_estate import signal_line

AUDIENCES = ("platform", "security", "product", "leadership")


@pytest.fixture
def night(shell: Shell) -> Shell:
    """A breach of today with a hostile title, whose alert ana calls noise."""
    at = iso(now())
    line = signal_line(observed_at=at, occurred_at=at, title='<script>alert("x")</script> | *p95* [a](b)')
    (shell.config / "signals" / "one.json").write_text(line)
    shell("refresh", "drop")
    alert = shell("status", "--json").json()["alerts"][0]["id"]
    said = shell("alert", "verdict", alert, "noise", "--why", "a load test")
    assert (said.code, said.out.startswith("noise: ")) == (0, True), said
    return shell


class Page(HTMLParser):
    """Which elements a page has, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_each_audience_has_its_report_in_every_form_and_twice_the_same_bytes(night: Shell) -> None:
    for audience in AUDIENCES:
        for form in ("--markdown", "--html", "--json", "--days=30"):
            first = night("report", "--audience", audience, form)
            assert first.code == 0, (audience, form, first)
            assert night("report", "--audience", audience, form).out == first.out, (audience, form)
    assert "times somebody was called for nothing: " in night("report", "--audience", "leadership").out


def test_what_came_from_outside_forms_no_markup(night: Shell) -> None:
    page = night("report", "--audience", "platform", "--html").out
    parsed = Page()
    parsed.feed(page)
    assert parsed.open == []
    assert "script" not in parsed.seen
    assert {"svg", "rect", "figure", "table"} <= parsed.seen
    assert not re.search(r"\son\w+=|javascript:|src=|href=", page)
    written = night(
        "alert", "verdict", night("status", "--json").json()["alerts"][0]["id"], "useful", "--why", "<b>|*x*"
    )
    assert written.code == 0
    missed = night("missed", "add", "<script>x</script> | *bold*", "--onset", "1h", "--asset", "my-bot")
    assert missed.code == 0, missed
    markdown = night("report", "--audience", "product", "--markdown").out
    assert "\\<script\\>x\\</script\\> \\| \\*bold\\*" in markdown
    assert "<script" not in markdown.replace("\\<script", "")
    assert "&lt;script&gt;x&lt;/script&gt;" in night("report", "--audience", "product", "--html").out


def measure(report: Any, ident: str) -> Any:
    """A measure in a report's JSON."""
    return next(m for s in report["sections"] for m in s["measures"] if m["id"] == ident)


def test_report_measures_and_checklist_say_the_same(night: Shell) -> None:
    report = night("report", "--audience", "platform", "--json").json()
    metrics = read(night("metrics").out)
    plain = {m["id"]: m["value"] for m in night("metrics", "--json").json()["every"]}
    for ident, name in (
        ("false_alerts", "pulse_false_alerts_per_week"),
        ("reports_per_alert", "pulse_reports_per_alert"),
    ):
        (value,) = metrics[name].samples.values()
        assert value == measure(report, ident)["value"] == plain[ident]
    assert measure(report, "time_to_roll_back")["value"] is None
    assert metrics["pulse_time_to_roll_back_seconds"].samples == {}
    listed = night("checklist", "--json").json()["lines"]
    marks = metrics["pulse_checklist_lines"].samples
    assert marks["pulse_checklist_lines", (("state", "fail"),)] == sum(line["ok"] is False for line in listed)
    doctor = {line["what"]: line["ok"] for line in night("doctor", "--json").json()}
    assert {f"launch {line['id']}": line["ok"] for line in listed}.items() <= doctor.items()
    leaders = night("report", "--audience", "leadership", "--json").json()
    (sentence,) = [s for part in leaders["sections"] for s in part["sentences"] if s.startswith("launch checklist")]
    assert f"{sum(line['ok'] is True for line in listed)} of {len(listed)} in order" in sentence


def test_a_verdict_is_in_the_log_the_activity_and_the_noise_and_the_alert_stays(night: Shell) -> None:
    (alert,) = night("status", "--json").json()["alerts"]
    assert alert["state"] == "firing"
    assert "verdict noise" in night("activity").out
    rules = night("report", "noise", "--json").json()["rules"]
    assert [(r["rule"], r["noise"], r["proposal"]) for r in rules] == [(alert["rule"], 1, None)]
    assert "no proposal: 1 of 1 verdicts are noise" in night("report", "noise").out
    said = night("alert", "verdict", alert["id"], "nois")
    assert (said.code, "'noise'" in said.err) == (2, True), said
    assert night("alert", "verdict", "nothing", "noise").code == 2
    assert night("alert", "ack", alert["id"], "noise").code == 2


def test_decisions_and_activity_are_narrowed_and_paged(night: Shell) -> None:
    assert night("freeze", "my-bot", "--why", "the audit", by="ben").code == 0
    (row,) = night("decisions", "--by", "ben", "--json").json()
    assert (row["kind"], row["asset"], row["why"]) == ("hold", "my-bot", "the audit")
    assert night("decisions", "--asset", "other").out == "nothing of that kind was decided\n"
    assert night("decisions", "--since", "5x").code == 2
    first = night("activity", "--limit", "1")
    assert "older ones: --before " in first.out
    every = night("activity", "--all").out.splitlines()
    assert every[0] == first.out.splitlines()[0]
    assert night("activity", "--limit", "0").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("missed", "add", "x"),
        ("missed", "add", "x", "--onset", "tomorrow"),
        ("missed", "add", "", "--onset", "1h"),
        ("missed", "add", "x", "--onset", "2999-01-01"),
        ("metrics", "--days", "0"),
        ("report", "noise", "--audience", "product"),
        ("report", "--audience", "everybody"),
        ("decisions", "--kind", "waver"),
    ],
)
def test_what_makes_no_sense_is_wrong_use_and_says_what_to_do(shell: Shell, words: tuple[str, ...]) -> None:
    said = shell(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_an_owner_in_the_configuration_is_a_line_in_order_and_an_unknown_key_is_an_error(shell: Shell) -> None:
    assert "FAIL an accountable owner" in shell("checklist").out
    (shell.config / "governance.yaml").write_text("governance: {accountable_owner: Ana Example}\n")
    assert "ok   an accountable owner of the system is named: Ana Example answers for small" in shell("checklist").out
    (shell.config / "governance.yaml").write_text("governance: {acountable_owner: Ana}\n")
    said = shell("checklist")
    assert (said.code, "accountable_owner" in said.err, "governance.yaml:1" in said.err) == (2, True, True)


def test_json_of_a_report_is_whole(night: Shell) -> None:
    found = json.loads(night("report", "--audience", "security", "--json").out)
    assert found["audience"] == "security"
    assert all({"title", "sentences", "measures", "table", "charts"} <= set(s) for s in found["sections"])
