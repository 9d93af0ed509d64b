"""Waivers and freezes from the shell: placed, listed, ended, exported; reviewed, passed in an emergency."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shell

OSV = {
    "id": "GHSA-a",
    "modified": "2026-11-01T00:00:00Z",
    "summary": "Remote code execution",
    "aliases": ["CVE-2026-3248"],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "vllm"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.9.2"}]}],
        }
    ],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
}
ADD = ("waiver", "add", "GHSA-a", "--asset", "my-bot", "--component", "vllm", "--why", "that path is off")
OFF = ("--status", "not_affected", "--justification", "vulnerable_code_not_in_execute_path")


@pytest.fixture
def reached(shell: Shell) -> Shell:
    """my-bot uses a vulnerable package."""
    folder = shell.config / "given"
    folder.mkdir()
    (folder / "requirements.txt").write_text("vllm==0.9.1\n")
    (folder / "osv.json").write_text(json.dumps(OSV))
    assert shell("ingest", "requirements", str(folder / "requirements.txt"), "--asset", "my-bot").code == 0
    assert shell("ingest", "osv", str(folder / "osv.json")).code == 0
    return shell


def test_a_waiver_is_added_listed_shown_exported_ended_and_comes_in_again(reached: Shell) -> None:
    added = reached(*ADD, *OFF, "--until", "30d")
    assert (added.code, "waived until" in added.out) == (0, True), added
    assert "waivers are reviewed within a week" not in reached("status").out
    (row,) = reached("waiver", "list", "--json").json()
    assert (row["advisory"], row["component"], row["version"], row["owner"]) == (
        "CVE-2026-3248", "pkg:pypi/vllm", "0.9.1", row["placed_by"],
    )  # fmt: skip
    shown = reached("waiver", "show", row["id"])
    assert "Covers: my-bot" in shown.out
    written = reached("waiver", "export", "--format", "cyclonedx").out
    assert json.loads(written)["vulnerabilities"][0]["id"] == "CVE-2026-3248"
    assert reached("waiver", "end", row["id"], "--why", "the path is on again").code == 0
    assert reached("waiver", "list").out.strip() == "no waiver stands"
    (over,) = reached("waiver", "list", "--all", "--json").json()
    assert over["ended"] == "the path is on again"
    file = reached.config / "given" / "vex.json"
    file.write_text(written)
    assert reached("ingest", str(file)).code == 0
    (back,) = reached("waiver", "list", "--json").json()
    assert (back["advisory"], back["asset"], back["component"]) == ("CVE-2026-3248", "my-bot", "pkg:pypi/vllm")


def test_a_waiver_that_is_reviewed_soon_is_a_line_of_the_status_and_of_its_alerts_page(reached: Shell) -> None:
    reached(*ADD, "--status", "affected", "--owner", "ml", "--until", "3d")
    said = reached("status").out
    assert "waivers are reviewed within a week, or what they cover fires: CVE-2026-3248 my-bot of ml" in said
    alert = next(a for a in reached("status", "--json").json()["alerts"] if a["waived"])
    page = reached("explain", alert["id"]).out
    assert "waived until" in page
    assert "by ml: that path is off" in page


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        ((*ADD, "--status", "not_affected"), 1, "not_affected without a justification is refused"),
        ((*ADD,), 1, "an accepted risk needs an owner and a review date"),
        ((*ADD, *OFF, "--until", "soon"), 2, "'soon' is no date. Write 2026-12-23"),
        (("waiver", "add", "GHSA-a", "--why", "x"), 2, "waiver add needs --asset"),
        (("waiver", "add", "--asset", "my-bot"), 2, "waiver add takes one name"),
        (("waiver", "show", "w1"), 2, "there is no waiver 'w1'"),
        (("freeze", "review", "freeze/x", "--why", "x"), 2, "until when releases pass"),
        (("freeze", "override", "my-bot", "1.1.0", "--why", "x"), 2, "needs --env"),
        (("freeze", "my-bot", "1.1.0", "--why", "x"), 2, "that is no action"),
        (("freeze", "show", "freeze/x"), 2, "there is no hold 'freeze/x'"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(reached: Shell, words: tuple[str, ...], code: int, what: str) -> None:
    said = reached(*words)
    assert (said.code, what in said.err) == (code, True), said


def test_a_freeze_is_listed_shown_reviewed_and_passed_in_an_emergency(shell: Shell) -> None:
    assert shell("freeze", "my-bot", "--why", "release week").code == 0
    hold = "freeze/my-bot/operator"
    assert hold in shell("freeze", "list").out
    done = shell("freeze", "review", hold, "--until", "2d", "--why", "only the patch goes out")
    assert (done.code, "stays frozen" in done.out) == (0, True), done
    assert "Reviewed: reviewed by" in shell("freeze", "show", hold).out
    assert "frozen: my-bot (reviewed)\n" in shell("status").out
    assert "only the patch goes out" in shell("gate", "my-bot", "1.1.0", "--env", "production").out
    urgent = shell(
        "freeze", "override", "my-bot", "1.1.0", "--env", "production", "--why", "users cannot log in at all now"
    )
    assert (urgent.code, "it is reviewed" in urgent.out) == (0, True), urgent
    assert "EMERGENCY" in shell("status").out
    assert shell("freeze", "my-bot", "--lift", "--why", "over").code == 0
