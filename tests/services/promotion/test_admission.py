"""The gate answers Kubernetes: what is held is denied with the reasons, a rollback and what serves are admitted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.words import Environment
from pulse_tui.policy.admission import Named
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.admission import FRESH, Recent, _Word, admit
from pulse_tui.settings.admission import AdmissionShape, ImageShape, Verdict
from tests.fakes.clock import Clock
from tests.fakes.house import rollback
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, hold, release
from tests.fakes.prepared import prepared
from tests.fakes.runs import measured_well
from tests.fakes.target import Places
from tests.policy.test_admission import review, workload

IMAGE = "registry/support-bot"


def shape(**more: Any) -> AdmissionShape:
    image = ImageShape(image=IMAGE, asset="support-bot", version="v(.+)")
    return AdmissionShape(listen="127.0.0.1:0", images=(image,), **more)


@pytest.fixture
def parts(judge: JudgeParts, target: Places, clock: Clock) -> RollbackParts:
    return prepared(rollback(measured_well(judge, "3.8.1", "3.8.2"), target, clock))


def asked(parts: RollbackParts, tag: str = ":v3.8.2", **more: Any) -> dict[str, Any]:
    body = json.dumps(review(workload(image=IMAGE + tag))).encode()
    found: dict[str, Any] = json.loads(admit(body, parts, shape(**more)).body)["response"]
    return found


def frozen(parts: RollbackParts, **fields: Any) -> None:
    with parts.store.write() as tx:
        tx.judgements.put_hold(hold("freeze-1", **fields))


def test_what_may_be_promoted_is_admitted_without_a_word(parts: RollbackParts) -> None:
    assert asked(parts) == {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


def test_what_is_held_is_denied_with_the_reasons(parts: RollbackParts) -> None:
    frozen(parts)
    found = asked(parts)
    assert not found["allowed"]
    assert "support-bot 3.8.2 to production is blocked: holds: block freeze-1" in found["status"]["message"]


def test_what_serves_there_and_the_rollback_target_are_admitted_in_a_freeze(parts: RollbackParts) -> None:
    frozen(parts)
    assert asked(parts, ":v3.8.1")["warnings"] == ["support-bot 3.8.1 serves in production already"]
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION))
        tx.estate.add_release(release("3.9.0"))
    assert asked(parts, ":v3.8.1")["warnings"] == ["3.8.1 is the rollback target of support-bot in production"]
    assert not asked(parts, ":v3.9.0")["allowed"]


@pytest.mark.parametrize("tag", [":v9.9.9", ":latest", "", "@sha256:" + "0" * 64])
def test_a_release_that_is_not_known_is_admitted_with_a_warning_or_denied_as_configured(
    parts: RollbackParts, tag: str
) -> None:
    assert "no release of support-bot is known" in asked(parts, tag)["warnings"][0]
    denied = asked(parts, tag, unknown=Verdict.DENY)
    assert not denied["allowed"]
    assert "no release of support-bot is known" in denied["status"]["message"]


@pytest.mark.parametrize("tag", [":v9.9.9", ":latest"])
def test_what_is_held_lets_no_release_through_that_nobody_knows(parts: RollbackParts, tag: str) -> None:
    frozen(parts, environment=PRODUCTION)
    found = asked(parts, tag)
    assert not found["allowed"]
    assert "and support-bot is held in production: block freeze-1" in found["status"]["message"]


def test_a_hold_of_another_version_keeps_back_nothing_that_nobody_knows(parts: RollbackParts) -> None:
    frozen(parts, version="3.8.2")
    assert asked(parts, ":v9.9.9")["allowed"]


def test_a_digest_names_the_release_and_another_one_under_its_version_is_denied(parts: RollbackParts) -> None:
    frozen(parts, version="3.8.2")
    assert "3.8.2 to production is blocked" in asked(parts, "@sha256:3.8.2")["status"]["message"]
    other = asked(parts, ":v3.8.1@sha256:3.8.2")
    assert "is recorded with sha256:3.8.1, this image is sha256:3.8.2" in other["status"]["message"]


def test_other_namespaces_are_not_asked_and_each_of_ours_is_its_environment(parts: RollbackParts) -> None:
    frozen(parts)
    assert asked(parts, namespaces={"elsewhere": Environment.PRODUCTION})["allowed"]
    assert asked(parts, namespaces={"ai": CANARY})["warnings"] == ["support-bot 3.8.2 serves in canary already"]


def test_when_the_database_does_not_answer_the_configuration_decides(
    parts: RollbackParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise StorageError("the database is locked")

    monkeypatch.setattr(parts.store, "read", broken)
    denied = asked(parts)
    assert not denied["allowed"]
    assert "the database is locked" in denied["status"]["message"]
    assert "could not be asked" in asked(parts, on_error=Verdict.ALLOW)["warnings"][0]


def test_an_answer_is_given_again_for_a_moment_and_never_after_something_was_written(
    parts: RollbackParts, clock: Clock
) -> None:
    recent = Recent()

    def ask() -> bool:
        body = json.dumps(review(workload(image=IMAGE + ":v3.8.2"))).encode()
        return admit(body, parts, shape(), recent).allowed

    assert ask()
    marks = parts.store.change_mark()
    assert ask()
    assert parts.store.change_mark() == marks
    frozen(parts)
    assert not ask()
    with parts.store.write() as tx:
        tx.judgements.lift_hold("freeze-1", "ana", clock())
    assert ask()


def test_what_was_answered_a_while_ago_is_asked_once_more() -> None:
    recent, key = Recent(), (Named("bot", "1", "", "x"), PRODUCTION)
    word = _Word(True, "")
    assert recent.get(1, NOW, key) is None
    recent.put(1, NOW, key, word)
    assert recent.get(1, NOW + timedelta(seconds=1), key) == word
    assert recent.get(1, NOW + FRESH, key) is None
    assert recent.get(1, NOW - timedelta(seconds=1), key) is None, "the clock was set back"
    assert recent.get(2, NOW, key) is None
    recent.put(1, NOW, key, word)
    assert recent.get(2, NOW, key) is None, "it was worked out before the change"
