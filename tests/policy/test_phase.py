"""What a phase lets through, and how a rule maps the severity that a signal states."""

from __future__ import annotations

import pytest

from pulse_tui.domain.words import Outcome, Priority
from pulse_tui.policy.check import run_tests
from pulse_tui.policy.judge import View
from pulse_tui.policy.phase import Phase, means
from tests.policy.build import load, refused, rule

KINDS = ("note", "notify", "page", "ticket", "review", "retest", "block", "pause", "freeze", "rollback", "installed")


@pytest.mark.parametrize(
    ("phase", "kept_back"),
    [
        (Phase.VISIBILITY, KINDS[2:]),
        (Phase.POLICY, KINDS[-2:]),
        (Phase.AUTOMATION, ()),
        (Phase.LEARNING, ()),
    ],
)
def test_each_phase_lets_through_what_the_one_before_does_and_more(phase: Phase, kept_back: tuple[str, ...]) -> None:
    assert tuple(kind for kind in KINDS if not phase.admits(kind)) == kept_back


def test_a_destination_counts_as_what_it_is_used_for_and_an_action_as_itself() -> None:
    assert means("chat", "notify") == "notify"
    assert means("chat", "page") == "page"
    assert means("page", "notify") == "page"
    assert means("chat", None) == "chat"
    assert Phase.VISIBILITY.keeps_back("freeze") == "the estate is in phase visibility: nothing is frozen"


def test_the_section_names_a_phase_and_a_misspelt_one_is_refused() -> None:
    plain = rule("all: [asset.known]")
    assert load(plain).phase is Phase.AUTOMATION
    assert load(plain + "phase: visibility\n").phase is Phase.VISIBILITY
    assert "'visibility'" in refused(plain + "phase: visiblity\n")


def test_before_automation_nothing_rolls_back_by_itself() -> None:
    text = rule("all: [asset.known]") + "rollback: {automatic: [accuracy]}\n"
    assert load(text).automatic.refusal("accuracy", {}) == ""
    early = load(text + "phase: policy\n").automatic
    assert early.refusal("accuracy", {}) == "the estate is in phase policy: nothing rolls back by itself"


def test_the_severity_that_the_signal_states_chooses_the_priority_before_the_context_does() -> None:
    policy = load(
        rule(
            """
            all: [asset.known]
            severities: {critical: P1, low: note}
            respond_within: 1h
            context: [{when: asset.regulated, priority: P3}]
            """
        )
        + "respond_within: {P1: 5m}\n"
    )

    def seen(**facts: object) -> tuple[Priority, str, int | None]:
        facts = {name.replace("_", ".", 1): value for name, value in facts.items()}
        ruling = policy.compiled[0].rule_on(
            View(policy.engine, {"asset.known": True, "asset.regulated": False, **facts})
        )
        assert ruling.outcome is Outcome.FIRED
        return ruling.priority, ruling.context, ruling.respond_within_s

    assert seen(signal_severity="critical") == (Priority.P1, "severity critical -> P1", 300)
    assert seen(signal_severity="low")[0] is Priority.NOTE
    assert seen(signal_severity="high") == (Priority.P2, "", 3_600), "a severity that is left out takes the rule's own"
    assert seen() == (Priority.P2, "", 3_600)
    assert seen(signal_severity="critical", asset_regulated=True)[0] is Priority.P3


def test_a_test_of_a_rule_can_state_the_severity() -> None:
    text = rule(
        """
        all: [asset.known]
        severities: {critical: P1}
        tests: [{name: bad, facts: {asset.known: true, signal.severity: critical}, expect: fired, priority: P1}]
        """
    )
    assert [case.detail for case in run_tests(load(text))] == [""]


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("severities: {criticl: P1}", "'critical'"),
        ("severities: {critical: P9}", "'P9'"),
        ("flap: {episodes: 1, within: 1h}", "episodes"),
        ("flap: {episodes: 3}", "'within' is missing"),
        ("flap: {episodes: 3, within: soon}", "'soon' is not a duration"),
        ("storm: 0", "storm"),
    ],
)
def test_what_makes_no_sense_in_the_new_keys_is_refused(rest: str, message: str) -> None:
    assert message in refused(rule("all: [asset.known]\n" + rest))


def test_what_stands_at_its_default_leaves_the_digest_alone_and_the_rest_changes_it() -> None:
    plain = rule("all: [asset.known]")
    assert load(plain + "phase: automation\nstorm: 20\n").digest == load(plain).digest
    rests = ("flap: {episodes: 3, within: 1h}", "storm: 5", "severities: {high: P1}")
    others = [rule(f"all: [asset.known]\n{rest}") for rest in rests]
    others += [plain + "phase: learning\n", plain + "storm: 5\n"]
    assert len({load(text).digest for text in (plain, *others)}) == 6
