"""A configuration that changed reaches an open tower and a command that waits before anything is done by the old one."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.rounds.suites import SuiteRounds
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target, signal_line
from tests.fakes.sshkeys import pair

pytestmark = pytest.mark.usefixtures("target")


@pytest.fixture
def house(shell: Shell) -> Iterator[House]:
    """An estate that a tower has been open on: opened before anything below is changed."""
    (shell.config / "signals" / "one.json").write_text(signal_line())
    shell("refresh", "drop")
    house = House(shell.config)
    house.sync()
    yield house
    house.close()


def edit(house: House, old: str, new: str) -> None:
    assert house.config is not None
    file = house.config / "pulse.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def proposed(house: House) -> tuple[ServiceDesk, ServiceDesk, str]:
    """Desks that ana and ben have open, and a plan for the canary that one approval starts."""
    ana, ben = house.desk("ana"), house.desk("ben")
    return ana, ben, ana.propose("my-bot", "canary", None).hash


def log(house: House) -> list[tuple[str, str, str]]:
    with house.store.read() as tx:
        return [(e.actor, e.action, str(dict(e.detail).get("why", ""))) for e in tx.log.entries()]


REMOVED = "  - {name: ben, key: ben-laptop}\n"
POLICY = """\
policy:
  rules:
    - {id: x, owner: o, review: 2031-01-01, on: [cve], priority: P2, actions: [notify], all: [asset.known]}
"""
CHANGES = {
    "a removed operator": (REMOVED, "", "'ben' is not in the operators' file"),
    "an operator without the right": (
        "key: ben-laptop}",
        "key: ben-laptop, environments: [production]}",
        "ben may not act in canary",
    ),
    "a changed playbook": ("timeout: 10s", "timeout: 11s", "the playbooks changed after the plan was made"),
    "a new operator": (
        REMOVED,
        REMOVED + "  - {name: dee, key: dee-laptop}\n",
        "the operators' file changed after the plan was made",
    ),
    "a changed policy": (
        "approvals:",
        POLICY + "approvals:",
        "the policy changed after the plan was made",
    ),
    "no operator at all": (re.compile("operators:.*", re.S), "", "names no operator"),
    "another database": ("pulse.db", "other.db", "names another database"),
    "no YAML": ("operators:", "operators: [", "is not valid"),
    "an unknown key": ("operators:", "opperators:", "unknown section 'opperators'"),
    "a bad policy": ("approvals:", "policy: {rules: [{id: x}]}\napprovals:", "is not valid"),
}


@pytest.mark.parametrize(("old", "new", "why"), CHANGES.values(), ids=CHANGES)
def test_an_approval_is_judged_by_the_configuration_as_it_is_now(house: House, old: object, new: str, why: str) -> None:
    ana, ben, plan = proposed(house)
    file = house.config / "pulse.yaml"  # type: ignore[operator]
    before = file.read_text()
    after = old.sub(new, before) if isinstance(old, re.Pattern) else before.replace(str(old), new)
    assert after != before
    file.write_text(after)
    with pytest.raises(Refused) as refused:
        ben.approve(plan, "looks right")
    assert why in str(refused.value)
    story = ben.plan_story(plan)
    assert (story.state, story.approvals_given) == ("proposed", 0), "reading goes on"
    assert ana.board().header.estate == "small"
    file.write_text(before)
    assert ben.approve(plan, "looks right").state == "approved"


def test_a_removed_operator_gives_no_last_approval_and_it_is_recorded(house: House) -> None:
    ana, ben = house.desk("ana"), house.desk("ben")
    plan = ana.propose("my-bot", "canary", None).hash
    edit(house, REMOVED, "")
    for act in (
        lambda: ben.approve(plan, "x"),
        lambda: ben.execute(plan),
        lambda: ben.acknowledge(ana.board().alerts[0].id),
        lambda: ben.freeze(None, "x"),
    ):
        with pytest.raises(Refused, match="'ben' is not in the operators' file"):
            act()
    refused = [(actor, why) for actor, action, why in log(house) if action == "action.refused"]
    assert len(refused) == 4
    assert {actor for actor, _ in refused} == {"ben"}


@pytest.mark.parametrize("name", ["zz.yaml", "operators.yml"])
def test_a_file_that_is_added_or_taken_away_is_a_change(house: House, name: str) -> None:
    _, ben, plan = proposed(house)
    added = house.config / name  # type: ignore[operator]
    added.write_text("routes: [\n")
    with pytest.raises(Refused, match="is not valid"):
        ben.approve(plan, "x")
    added.unlink()
    assert ben.approve(plan, "x").state == "approved"


def test_a_change_that_keeps_size_and_time_is_a_change(house: House) -> None:
    _, ben, plan = proposed(house)
    file = house.config / "pulse.yaml"  # type: ignore[operator]
    there = file.stat()
    file.write_text(file.read_text().replace("name: ben,", "name: bob,"))
    os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns))
    with pytest.raises(Refused, match="'ben' is not in the operators' file"):
        ben.approve(plan, "x")


def test_a_folder_that_others_may_write_now_is_refused(house: House) -> None:
    _, ben, plan = proposed(house)
    house.config.chmod(0o777)  # type: ignore[union-attr]
    with pytest.raises(Refused, match=r"can be written by everybody"):
        ben.approve(plan, "x")


def test_a_change_while_the_action_waits_for_the_database_is_refused(house: House) -> None:
    """As in a command that waits: it read its operators before, and writes after."""
    _, ben, plan = proposed(house)
    said: list[str] = []

    def approve() -> None:
        try:
            ben.approve(plan, "looks right")
        except Refused as refused:
            said.append(str(refused))

    waiting = threading.Thread(target=approve)
    with house.store.write():
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        edit(house, REMOVED, "")
    waiting.join(60)
    assert said == ["the configuration changed just now: nothing was done. Try again"]
    assert ben.plan_story(plan).approvals_given == 0


def test_a_run_that_has_begun_goes_on_under_what_was_approved(house: House, target: Target) -> None:
    ana, _, plan = proposed(house)
    ana.approve(plan, "x")
    target.delay_s = 0.3
    running = threading.Thread(target=lambda: ana.execute(plan))
    running.start()
    while not target.asked:
        pass
    edit(house, REMOVED, "")
    running.join(60)
    assert target.serving["my-bot/canary"] == "1.0.1"
    assert ana.plan_story(plan).state == "verified"


def test_no_command_of_a_suite_begins_while_the_configuration_is_not_the_one_that_was_read(shell: Shell) -> None:
    """A tower's worker and an agent ask for what is due every few seconds."""
    file = shell.config / "pulse.yaml"
    command = "- id: golden\n    baselines: {my-bot: 1.0.1}\n    command: ['true', '{output}']\n"
    file.write_text(file.read_text().replace("- id: golden\n", command))
    house = House(shell.config)
    house.sync()
    rounds = SuiteRounds(house)
    before = file.read_text()
    file.write_text(before.replace("'true'", "'false'"))
    assert rounds.round("suite:golden").message == ""
    with house.store.read() as tx:
        assert tx.evals.suite_runs("golden") == []
    file.write_text(before)
    house.close()
    house = House(shell.config)
    rounds = SuiteRounds(house)
    assert rounds.round("suite:golden").message.startswith("golden on my-bot 1.0.1 began")
    rounds.stop(5.0)
    house.close()


@pytest.fixture
def keyed(house: House) -> House:
    """The operators' keys stand in a file beside the configuration."""
    folder = Path(house.base)
    (folder / "signers").write_text("".join(f"{n} {pair('ssh-ed25519', n).public.line}\n" for n in ("dan", "eve")))
    file = folder / "pulse.yaml"
    file.write_text(file.read_text() + "operators_file: signers\n")
    opened = House(house.config)
    opened.sync()
    return opened


def test_the_file_of_the_operators_keys_is_read_again_before_each_action(keyed: House) -> None:
    signers = Path(keyed.base) / "signers"
    dan, eve = keyed.desk("dan"), keyed.desk("eve")
    plan = dan.propose("my-bot", "canary", None).hash
    assert keyed.changed() is None
    before = signers.read_text()
    signers.write_text(before.splitlines()[0] + "\n")
    assert keyed.changed() is not None
    with pytest.raises(Refused, match="production needs 2 signed approvals, and only dan"):
        eve.approve(plan, "x")
    signers.write_text(before + f"fay {pair('ssh-ed25519', 'fay').public.line}\n")
    with pytest.raises(Refused, match="the operators' file changed after the plan was made"):
        eve.approve(plan, "x")
    signers.unlink()
    with pytest.raises(Refused, match="cannot be read"):
        eve.approve(plan, "x")
    signers.write_text(before)
    assert eve.approve(plan, "x").state == "approved"
