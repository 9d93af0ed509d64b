"""A night through the real parts on a clock of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.services.alerts.deliver import Sent, deliver
from pulse_tui.services.parts import JudgeParts
from tests.rehearsal.conftest import ESTATE, Play, at, signal

BREACH = signal("01:00")


def test_a_page_that_nobody_acknowledges_is_escalated_at_its_deadline(rehearse: Play) -> None:
    night = rehearse(BREACH, {"at": at("01:20")})
    assert night.times("opened") == ["01:00"]
    assert night.times("paged")[0] == "01:00"
    assert night.times("escalated") == ["01:15"]
    page = night.of("paged")[0]
    assert (page["alert"], page["asset"], page["priority"], page["to"], page["route"]) == (
        "errors", "support-bot", "P1", "ml-support", "pager",
    )  # fmt: skip


def test_an_acknowledgement_keeps_it_quiet_until_it_ends(rehearse: Play) -> None:
    ack = {"at": at("01:05"), "do": "ack", "by": "ana", "alert": "errors", "for": "2h"}
    night = rehearse(BREACH, ack, {"at": at("03:10")})
    assert night.times("acknowledged") == ["01:05"]
    assert night.of("escalated") == []
    assert night.times("reminded") == ["02:50", "03:05"]


def test_a_condition_that_ended_resolves_its_alert(rehearse: Play) -> None:
    night = rehearse(BREACH, {"at": at("01:10"), "over": "errors"}, {"at": at("09:00")})
    assert night.times("resolved") == ["01:10"]
    assert night.summary["open"] == 0
    assert night.summary["escalated"] == 0


def test_what_a_broken_receiver_missed_arrives_when_it_is_up_again(rehearse: Play) -> None:
    night = rehearse(
        {"at": at("00:50"), "receiver": "pager", "state": "down"},
        BREACH,
        {"at": at("01:02"), "receiver": "pager", "state": "up"},
        {"at": at("01:14")},
    )
    assert len(night.of("failed")) > 1
    assert [e["route"] for e in night.of("paged")] == ["pager"]
    assert night.summary["undelivered"] == 0
    assert night.summary["unreached"] == 0


def test_an_urgent_alert_that_reached_nobody_is_counted(rehearse: Play) -> None:
    night = rehearse({"at": at("00:50"), "receiver": "pager", "state": "down"}, BREACH, {"at": at("01:05")})
    assert night.of("paged", "notified") == []
    assert night.summary["unreached"] == 1


def test_what_cannot_be_done_is_an_event_and_the_rest_goes_on(rehearse: Play) -> None:
    late = {"at": at("01:20"), "do": "ack", "by": "ana", "alert": "errors"}
    night = rehearse(BREACH, {"at": at("01:10"), "over": "errors"}, late, signal("02:00", 2))
    (failed,) = night.of("failed")
    assert failed["by"] == "ana"
    assert "no open alert errors" in failed["why"]
    assert night.times("opened") == ["01:00", "02:00"]


def test_people_act_on_what_an_expression_matches(rehearse: Play) -> None:
    quiet = {
        "at": at("01:01"),
        "do": "silence",
        "by": "ben",
        "match": 'asset.id == "support-bot"',
        "for": "3h",
        "why": "x",
    }
    night = rehearse(BREACH, quiet, {"at": at("03:00")})
    assert night.times("suppressed") == ["01:01"]
    assert night.of("escalated") == []


def test_a_silence_by_expression_covers_what_comes_until_its_end(rehearse: Play) -> None:
    quiet = {
        "at": at("01:01"),
        "do": "silence",
        "by": "ben",
        "match": 'asset.id == "support-bot"',
        "for": "2h",
        "why": "x",
    }
    night = rehearse(BREACH, quiet, signal("02:00", 2, fingerprint="other"), {"at": at("03:30")})
    assert [e["alert"] for e in night.of("suppressed")][:2] == ["errors", "other"]
    assert "other" not in {e["alert"] for e in night.of("paged", "notified") if e["at"] < at("03:01")}
    assert {e["alert"] for e in night.of("reminded") if e["at"] == at("03:01")} == {"errors", "other"}
    assert "other" in {e["alert"] for e in night.of("paged", "notified") if e["at"] == at("03:01")}


def test_whoever_was_notified_is_reminded_before_an_acknowledgement_ends(rehearse: Play) -> None:
    ack = {"at": at("01:05"), "do": "ack", "by": "ana", "alert": "errors", "for": "2h"}
    night = rehearse(BREACH, ack, {"at": at("03:00")})
    assert night.times("reminded") == ["02:50"]


def test_two_rehearsals_give_the_same(rehearse: Play) -> None:
    lines = [
        BREACH,
        {"at": at("01:03"), "receiver": "pager", "state": "down"},
        signal("02:00", 2, fingerprint="other"),
        {"at": at("06:00")},
    ]
    first, second = rehearse(*lines), rehearse(*lines)
    assert (first.events, first.summary) == (second.events, second.summary)


def test_nothing_is_written_beside_the_configuration(rehearse: Play, tmp_path: Path) -> None:
    (tmp_path / "pulse.yaml").write_text((ESTATE / "pulse.yaml").read_text())
    night = rehearse(BREACH, signal("01:30", 2, signal_type="cve", fingerprint="cve", evidence={"advisory": "CVE-2026-1", "component": "pkg:pypi/vllm@0.8.5", "cvss": 9.8, "known_exploited": True}), config=tmp_path)  # fmt: skip
    assert night.of("ticketed") != []
    assert [p.name for p in tmp_path.iterdir()] == ["pulse.yaml"]


def test_one_vulnerability_that_two_rules_judge_wakes_somebody_once(rehearse: Play) -> None:
    evidence = {"advisory": "CVE-2026-1", "component": "pkg:pypi/vllm@0.8.5", "cvss": 9.8, "known_exploited": True}
    night = rehearse(signal("01:00", signal_type="cve", fingerprint="cve", severity="critical", evidence=evidence))
    assert len(night.of("opened")) == 2
    assert [page["route"] for page in night.of("paged")] == ["pager"]
    assert [e["reason"] for e in night.of("suppressed")] == ["duplicate"]


def test_one_vulnerability_that_two_rules_judge_climbs_each_rung_once(rehearse: Play, tmp_path: Path) -> None:
    estate = (ESTATE / "pulse.yaml").read_text().split("routes:")[0]
    (tmp_path / "pulse.yaml").write_text(
        f"""{estate}
routes:
  - {{id: ana-phone, kind: notify, url: "http://127.0.0.1:9/ana"}}
  - {{id: dora-phone, kind: notify, url: "http://127.0.0.1:9/dora"}}
people:
  - {{name: ana, role: ml, routes: [ana-phone]}}
  - {{name: dora, role: security, routes: [dora-phone]}}
teams:
  - {{id: ml-support, role: ml, members: [ana], escalate_to: security}}
  - {{id: security, role: security, members: [dora]}}
ladder:
  P1: [{{after: 0m, to: oncall}}, {{after: 10m, to: next}}]
"""
    )
    evidence = {"advisory": "CVE-2026-1", "component": "pkg:pypi/vllm@0.8.5", "cvss": 9.8, "known_exploited": True}
    cve = signal("01:00", signal_type="cve", fingerprint="cve", severity="critical", evidence=evidence)
    ack = {"at": at("02:00"), "do": "ack", "by": "ana", "alert": "cve", "for": "20m"}
    night = rehearse(cve, {"at": at("01:30")}, ack, {"at": at("02:40")}, config=tmp_path)
    pages = [(e["at"].removeprefix("2026-11-24T"), e["to"]) for e in night.of("paged")]
    assert pages == [("01:00:00Z", "ana"), ("01:10:00Z", "dora"), ("02:30:00Z", "dora")]


def test_a_message_that_waits_behind_another_one_is_not_asked_after_until_that_one_is_due(
    rehearse: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str | None]()

    def counted(parts: JudgeParts, holder: str, route: str | None = None) -> Sent:
        asked.append(route)
        return deliver(parts, holder, route)

    monkeypatch.setattr("pulse_tui.rehearsal.play.deliver", counted)
    down = {"at": at("00:50"), "receiver": "pager", "state": "down"}
    night = rehearse(down, BREACH, {"at": at("04:00")})
    assert night.of("escalated") != []  # which waits behind the first message
    attempts = [e for e in night.of("failed") if e["route"] == "pager"]
    assert len(asked) <= 4 * len(attempts)


def test_a_month_in_which_nothing_happens_takes_no_time(rehearse: Play) -> None:
    night = rehearse({"at": at("00:00")}, {"at": "2026-12-24T00:00:00Z"})
    assert night.events == []
    assert night.summary["signals"] == 0


@pytest.mark.parametrize("words", [("opened", 2), ("paged", 2)])
def test_a_new_signal_after_the_end_is_another_episode(rehearse: Play, words: tuple[str, int]) -> None:
    night = rehearse(BREACH, {"at": at("01:10"), "over": "errors"}, signal("09:00", 2), {"at": at("09:01")})
    assert len(night.of(words[0])) == words[1]


def test_a_p1_whose_owner_no_route_serves_goes_to_every_route_also_without_people(
    rehearse: Play, tmp_path: Path
) -> None:
    estate = (ESTATE / "pulse.yaml").read_text().replace("owner_teams: [ml-support]", "owner_teams: [others]")
    (tmp_path / "pulse.yaml").write_text(estate)
    night = rehearse(BREACH, {"at": at("01:05")}, config=tmp_path)
    assert {page["route"] for page in night.of("paged")} == {"pager", "chat"}
    assert "no route serves ml-support: every route gets it" in night.of("paged")[0]["why"]
    assert night.summary["unreached"] == 0
