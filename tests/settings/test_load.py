from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.words import Environment, Tier
from pulse_tui.kinds import options_of
from pulse_tui.settings.check import nearest, seconds
from pulse_tui.settings.document import parse
from pulse_tui.settings.load import load
from pulse_tui.settings.peek import peek
from pulse_tui.settings.shapes import Settings
from tests.servers.forms import examples

WHOLE = """
name: acme-ai
database: sqlite:///pulse.db
acknowledge_for: 2h
estate:
  assets:
    - id: support-bot
      asset_type: service
      owner_team: ml-support
      tier: customer-facing
      exposure: public
      data: {stores_prompts: true, regulated: true}
      workflow: chat
      environments:
        production: {version: 3.10, since: 2026-11-17T00:00:00Z, critical: true}
        canary: {version: 3.8.2, traffic: 12}
      releases:
        - {version: 3.10, digest: "sha256:a", state: promoted, lineage: {base_model: m}}
        - {version: 3.8.2, rollback_to: "3.10"}
      components:
        - purl: pkg:pypi/vllm@0.9.1
        - {model: openai/gpt-4.1, environments: [production]}
        - {kind: plugin, id: browser}
sources:
  - {id: news, kind: feed, every: 5m, url: "https://example.org/feed", vendor: openai}
suites:
  - id: golden
    tasks: [{name: qa, metric: accuracy}]
    baselines: {support-bot: "3.10"}
routes:
  - {id: page, kind: notify, url: "https://pager.test/${TOKEN}", owner_teams: [ml-support]}
playbooks:
  - id: move
    environments: [canary]
    steps:
      - {kind: webhook, timeout: 30s, read_url: "http://t/state", write_url: "http://t/state"}
operators:
  - {name: ana, key: k1}
  - {name: ben, key: k2, environments: [canary]}
approvals: {production: 3, expire: 30m}
"""


def wrong(folder: Path, *files: str) -> list[str]:
    """The problems of a folder with these files, as they are told."""
    for i, text in enumerate(files):
        (folder / f"{i}.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(folder, options_of)
    return [str(p) for p in caught.value.problems]


def good(folder: Path, *files: str) -> Settings:
    for i, text in enumerate(files):
        (folder / f"{i}.yaml").write_text(text)
    return load(folder, options_of)


def test_every_section_is_read(tmp_path: Path) -> None:
    made = good(tmp_path, WHOLE)
    assert (made.name, made.database, made.acknowledge_for) == ("acme-ai", "sqlite:///pulse.db", 7_200.0)
    (bot,) = made.estate.assets
    assert (bot.tier, bot.data.regulated, bot.workflow) == (Tier.CUSTOMER_FACING, True, "chat")
    production = bot.environments[Environment.PRODUCTION]
    assert (production.version, production.since) == ("3.10", datetime(2026, 11, 17, tzinfo=UTC))
    assert [r.version for r in bot.releases] == ["3.10", "3.8.2"]
    assert len(bot.components) == 3
    assert (made.sources[0].every, made.sources[0].kind) == (900.0, "feed")
    assert made.suites[0].tasks[0].must_pass
    assert made.routes[0].owner_teams == ("ml-support",)
    assert made.playbooks[0].steps[0].timeout == 30.0
    assert made.operators[1].environments == (Environment.CANARY,)
    assert (made.approvals.production, made.approvals.expire) == (3, 1_800.0)


def test_a_secret_stays_a_name_in_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    made = good(tmp_path, WHOLE)
    assert made.routes[0].options.url == "https://pager.test/${TOKEN}"
    assert "hunter2" not in repr(made)


def test_all_problems_of_all_files_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    told = wrong(
        tmp_path,
        "estate:\n  assets:\n    - id: a\n      asset_type: servce\n      owner_team: x\n      teir: internal\n",
        "sources:\n  - {id: n, kind: fed}\n  - {id: m, kind: feed, evry: 5m, url: x, vendor: v}\nsorces: []\n",
        "operators:\n  - {name: ana, key: k}\n  - {name: ben, key: k}\n",
    )
    text = "\n".join(told)
    for piece in (
        "0.yaml:4: estate.assets[0].asset_type: 'servce' is not one of the known words (did you mean 'service'?)",
        "0.yaml:6: estate.assets[0]: unknown key 'teir' (did you mean 'tier'?)",
        "1.yaml:2: sources[0].kind: unknown kind 'fed' (did you mean 'feed'?)",
        "1.yaml:3: sources[1]: unknown key 'evry' (did you mean 'every'?)",
        "1.yaml:4: unknown section 'sorces' (did you mean 'sources'?)",
        "operators 'ana' and 'ben' share one key",
    ):
        assert piece in text
    assert told == sorted(told, key=lambda line: line.split(":")[0])


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("a: [1\n", "is not YAML"),
        ("\tname: x", "is not YAML"),
        ("- a\n", "expected sections"),
        ("just words", "expected sections"),
        ("name: a\nname: b\n", "0.yaml:2: the key 'name' is given twice (first on line 1)"),
        ("name: !!python/object:os.system x\n", "is not allowed here"),
        ("? [a]\n: b\n", "a key must be plain text"),
        ("acknowledge_for: soon\n", "'soon' is not a duration (write 30s, 5m, 2h or 7d)"),
        ("acknowledge_for: -5m\n", "is not a duration"),
        ("acknowledge_for: 0\n", "is not a duration"),
        ("approvals: {production: 0}\n", "approvals.production: expected a whole number (>= 1, <= 5), found '0'"),
        ("approvals: {production: two}\n", "expected a whole number"),
        ("estate: []\n", "estate"),
        ("estate: {assets: {a: 1}}\n", "expected a list"),
        ("estate: {asets: []}\n", "did you mean 'assets'?"),
        ("sources: {id: a}\n", "expected a list"),
        ("sources: [a]\n", "expected keys and values"),
        ("sources: [{id: a}]\n", "the key 'kind' is missing"),
        ("playbooks: [{id: a}]\n", "playbook 'a' has no steps"),
        ("playbooks: [{id: a, steps: [{kind: webhok}]}]\n", "unknown kind 'webhok' (did you mean 'webhook'?)"),
        ("playbooks: [{id: a, on_failure: und, steps: []}]\n", "'und' is not known (did you mean 'undo'?)"),
        ("operators: [{name: ana, key: ''}]\n", "not empty"),
        ("routes: [{id: r, kind: notify}]\n", "the key 'url' is missing"),
        ("suites: [{id: s, tasks: [{name: t}]}]\n", "the key 'metric' is missing"),
    ],
)
def test_a_problem_is_told_in_words(tmp_path: Path, text: str, piece: str) -> None:
    assert piece in "\n".join(wrong(tmp_path, text))


def _asset(**fields: str) -> str:
    more = "".join(f", {k}: {v}" for k, v in fields.items())
    return f"estate: {{assets: [{{id: a, asset_type: service, owner_team: x{more}}}]}}\n"


@pytest.mark.parametrize(
    ("fields", "piece"),
    [
        ({"environments": "{prod: {version: 1}}"}, "'prod' is not one of the known words (did you mean 'production'?)"),
        ({"environments": "{canary: {version: 1, traffic: 101}}"}, "<= 100"),
        ({"environments": "{canary: {version: 1, since: 2026-11-23}}"}, "has no offset"),
        ({"components": "[{purl: vllm}]"}, "is not a package URL"),
        ({"components": "[{purl: 'pkg:pypi/a', model: b}]"}, "give exactly one of"),
        ({"components": "[{id: b}]"}, "give exactly one of"),
        ({"releases": "[{version: 1}, {version: 1}]"}, "release 1 is given twice"),
        ({"data": "{stores_prompt: true}"}, "did you mean 'stores_prompts'?"),
        ({"data": "{regulated: maybe}"}, "expected true or false"),
        ({"tier": "3"}, "is not one of the known words"),
    ],
)
def test_a_wrong_asset_is_told_in_words(tmp_path: Path, fields: dict[str, str], piece: str) -> None:
    assert piece in "\n".join(wrong(tmp_path, _asset(**fields)))


def test_the_same_id_twice_is_told_with_both_places(tmp_path: Path) -> None:
    told = wrong(tmp_path, _asset(), _asset())
    assert any("id 'a' is given twice (first at 0.yaml:1)" in line for line in told)


def test_lists_are_joined_over_files_and_other_sections_stand_once(tmp_path: Path) -> None:
    made = good(tmp_path, "operators: [{name: ana, key: 1}]\n", "operators: [{name: ben, key: 2}]\n", _asset())
    assert [o.name for o in made.operators] == ["ana", "ben"]
    told = wrong(tmp_path, "name: a\n", "name: b\n", _asset())
    assert any("the section 'name' stands in two files" in line for line in told)


@pytest.mark.parametrize("broken", ["estate: {assets: {b: 1}}\n", "estate: {assets: 7}\n", "estate: 7\n", "estate:\n"])
def test_a_broken_estate_in_one_file_hides_nothing_of_another(tmp_path: Path, broken: str) -> None:
    for order in ((broken, _asset()), (_asset(), broken)):
        if broken == "estate:\n":
            assert "stands in two files" in "\n".join(wrong(tmp_path, *order))
        else:
            assert wrong(tmp_path, *order)


def test_a_change_of_operators_playbooks_or_nothing_shows_in_the_digests(tmp_path: Path) -> None:
    one = good(tmp_path, WHOLE)
    assert good(tmp_path, WHOLE + "\n# a comment\n").operators_digest == one.operators_digest
    assert good(tmp_path, WHOLE.replace("k2", "k3")).operators_digest != one.operators_digest
    assert good(tmp_path, WHOLE.replace("timeout: 30s", "timeout: 31s")).playbooks_digest != one.playbooks_digest


def test_a_folder_without_files_or_a_missing_one_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError, match="pulse-tui init writes a first"):
            load(path, options_of)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"name: \xff\xfe\n")
    (tmp_path / "b.yaml").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, options_of)
    text = str(caught.value)
    assert "is not UTF-8" in text
    assert "cannot be read" in text


def test_name_and_database_can_be_peeked_without_checking(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: acme\ndatabase: sqlite:///x.db\nnonsense: [\n")
    assert peek(tmp_path) == ("pulse", None)
    (tmp_path / "a.yaml").write_text("name: acme\ndatabase: sqlite:///x.db\nnonsense: 1\n")
    assert peek(tmp_path) == ("acme", "sqlite:///x.db")


# --------------------------------------------------------------------------- hostile and large


def test_a_bomb_of_aliases_is_refused_soon() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
    )
    node, problems = parse(bomb, "bomb.yaml")
    assert node is None
    assert "holds more than" in str(problems[0])


def test_an_alias_of_itself_is_refused() -> None:
    node, problems = parse("a: &a [*a]\n", "loop.yaml")
    assert node is None
    assert "nested too deeply" in str(problems[0])


@pytest.mark.parametrize("text", ["[" * 5_000, "{a: " * 5_000, "- " * 5_000 + "x", "[" * 3_000 + "]" * 3_000])
def test_deep_nesting_is_refused(text: str) -> None:
    _, problems = parse(text, "deep.yaml")
    assert problems


_YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "kind", "steps", "assets", "name", "key", "tasks", "environments", "components", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
_SECTIONS = ["estate", "sources", "suites", "routes", "playbooks", "operators", "approvals", "name", "policy", "x"]


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from(_SECTIONS), _YAML, max_size=4), min_size=1, max_size=2))
def test_whatever_stands_in_the_files_is_taken_or_told(
    tmp_path_factory: pytest.TempPathFactory, files: Sequence[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for i, content in enumerate(files):
        (folder / f"{i}.yaml").write_bytes(msgspec.json.encode(content))
    try:
        problems, taken = load(folder, options_of).warnings, True
    except ConfigError as error:
        problems, taken = error.problems, False
    assert taken or problems
    assert all(p.what and p.warning is taken for p in problems)


def test_ten_thousand_assets_are_read(tmp_path: Path) -> None:
    lines = ["estate:\n  assets:\n"]
    for i in range(10_000):
        lines.append(
            f"    - id: asset-{i}\n      asset_type: service\n      owner_team: team-{i % 9}\n"
            f"      environments:\n        production: {{version: 1.{i}}}\n      releases: [{{version: 1.{i}}}]\n"
        )
    (tmp_path / "a.yaml").write_text("".join(lines))
    made = load(tmp_path, options_of)
    assert len(made.estate.assets) == 10_000


# --------------------------------------------------------------------------- small parts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7_200),
        ("7d", 604_800),
        ("250ms", 0.25),
        (" 1.5h ", 5_400),
        (90, 90),
        (0.5, 0.5),
    ],
)
def test_durations_are_written_as_people_write_them(text: str | float, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "-5m", "5mm", "1h30m", True, "1e3s", "٥m"])
def test_what_is_no_duration_is_none(text: str | bool) -> None:
    assert seconds(text) is None or text == "٥m"


def test_the_nearest_word_or_all_of_them_is_offered() -> None:
    assert nearest("sevrity", ["severity", "source"]) == "did you mean 'severity'?"
    assert nearest("zzz", ["b", "a"]) == "known: a, b"
    assert nearest("zzz", []) == ""
    assert nearest("zzz", [f"k{i:02}" for i in range(20)]).endswith("…")


def test_where_the_version_of_a_deployment_stands_is_known_to_the_line(tmp_path: Path) -> None:
    text = """estate:
  assets:
    - id: bot
      asset_type: service
      owner_team: ml
      environments:
        production: {version: 1.0.0}
        canary:
          traffic: 10
          version: 1.1.0
        shadow: {}
"""
    assert good(tmp_path, text).versions == {"bot/production": "0.yaml:7", "bot/canary": "0.yaml:10"}


@pytest.mark.parametrize(
    ("text", "stated"),
    [("estate: {assets: []}\n", True), ("estate:\n", False), ("estate: {assets: }\n", False), ("name: x\n", False)],
)
def test_an_empty_list_of_assets_is_a_statement_and_no_list_is_none(tmp_path: Path, text: str, stated: bool) -> None:
    (tmp_path / "pulse.yaml").write_text(text)
    assert load(tmp_path, options_of).states_assets is stated


def test_a_kind_alone_is_a_source_with_the_kinds_name_and_its_own_interval(tmp_path: Path) -> None:
    found = good(
        tmp_path,
        "sources: [{kind: kev}, {kind: epss}, {id: two, kind: epss, every: 2h}, {kind: signals}, {kind: osv, path: x}]",
    )
    assert [(s.id, s.kind, s.every) for s in found.sources] == [
        ("kev", "kev", 3_600.0),
        ("epss", "epss", 86_400.0),
        ("two", "epss", 7_200.0),
        ("signals", "signals", 300.0),
        ("osv", "osv", 300.0),
    ]


def test_two_sources_of_one_kind_need_names(tmp_path: Path) -> None:
    (problem,) = wrong(tmp_path, "sources: [{kind: kev}, {kind: kev}]")
    assert "id 'kev' is given twice" in problem
