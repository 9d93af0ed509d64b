"""``pulse-tui catalogue`` through its own ``arguments`` and ``run``."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import pytest

from pulse_tui.cli import catalogue
from pulse_tui.cli.main import common
from pulse_tui.domain.errors import NotFound, PulseError, SourceError, WrongUse
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.wiring import House
from tests.collectors.shared_data import shared_data
from tests.enrich.vendors.catalogues.build import MODEL, models_dev, priced, prices, with_

PAIRS = [
    ("models.dev-2025-10-01", "models.dev-2025-11-01", "models.dev-2025-10-01_2025-11-01"),
    ("models.dev-2025-12-01", "models.dev-2026-01-01", "models.dev-2025-12-01_2026-01-01"),
    ("models.dev-2026-02-01", "models.dev-2026-03-01", "models.dev-2026-02-01_2026-03-01"),
    ("litellm-1.92.0", "litellm-1.99.4", "litellm-1.92.0_1.99.4"),
]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    common(parser)
    catalogue.arguments(parser, "catalogue")
    return catalogue.run(parser.parse_intermixed_args(list(words)), "catalogue")


def written(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


@pytest.mark.parametrize(("old", "new", "events"), PAIRS, ids=str)
def test_real_snapshots_give_the_expected_events_and_no_other(
    old: str, new: str, events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_data("vendor", "catalog")
    assert run("diff", str(folder / f"{old}.json.gz"), str(folder / f"{new}.json.gz"), "--json") == 0
    got = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = [json.loads(line) for line in (folder / f"{events}.events.jsonl").read_text().splitlines()]
    assert sorted(map(json.dumps, got)) == sorted(json.dumps(e, sort_keys=True) for e in expected)


def test_no_change_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path, "a.json", models_dev(m=MODEL))
    packed = written(tmp_path, "b", gzip.compress(models_dev(m=MODEL)))
    assert run("diff", one, packed) == 0
    assert capsys.readouterr().out == "models.dev: 1 -> 1 models, no change\n"


def test_a_summary_counts_by_type_and_shows_what_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "old", models_dev(m=MODEL))
    new = written(tmp_path, "new", models_dev(m=with_(cost={"input": 1, "output": 4}), n=MODEL))
    assert run("diff", old, new) == 0
    assert capsys.readouterr().out.splitlines() == [
        "models.dev: 1 -> 2 models, 2 changes",
        "model_added 1",
        "  lab/n  released 2026-01-01",
        "price_changed 1",
        "  lab/m  output 2 -> 4",
    ]


def test_a_refused_entry_is_named_and_makes_the_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "old", models_dev(m=MODEL, n=MODEL))
    new = written(tmp_path, "new", models_dev(m=with_(status=1), n=with_(status="beta")))
    assert run("diff", old, new, "--json") == 1
    printed = capsys.readouterr()
    assert [json.loads(line)["model"] for line in printed.out.splitlines()] == ["lab/n"]
    assert "lab/m is refused: status is a number" in printed.err


def test_a_file_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    good = written(tmp_path, "good", models_dev(m=MODEL))
    for bad in (written(tmp_path, "bad", b'{"x": 1}'), str(tmp_path / "absent"), str(tmp_path)):
        with pytest.raises(PulseError) as caught:
            run("diff", good, bad)
        assert caught.value.exit_code == 2
        assert not isinstance(caught.value, SourceError)


def test_two_shapes_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="two shapes"):
        run("diff", written(tmp_path, "a", models_dev(m=MODEL)), written(tmp_path, "b", prices(m=priced())))


def test_one_file_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="two files"):
        run("diff", written(tmp_path, "a", models_dev(m=MODEL)))


def test_the_tempo_of_a_file_is_explained_input_by_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    months = {f"gpt-{n}.1": {"release_date": f"2025-{n:02d}-10"} for n in range(1, 13)}
    document = {"openai": {"models": months}, "azure": {"models": {"gpt-4.1": {"release_date": "2025-12-12"}}}}
    file = written(tmp_path, "api.json", json.dumps(document).encode())
    assert run("tempo", file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["at"], found["recent"], len(found["counted"])) == ("2025-12-10", 1, 12)
    assert found["dropped"] == [{"model": "azure/gpt-4.1", "why": "a platform that is no lab", "of": "openai"}]
    assert run("tempo", file, "--at", "2025-12-31") == 0
    said = capsys.readouterr().out
    assert "COUNTED in the last 28 days\n  2025-12-10 openai/gpt-12.1\n" in said
    assert "of 13 entries 12 are releases; the others are\n      1 a platform that is no lab\n" in said


def test_a_catalogue_without_release_dates_has_no_tempo(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no release dates"):
        run("tempo", written(tmp_path, "prices", prices(m=priced())))


def test_what_the_estate_uses_stands_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "pulse.yaml").write_text(
        f"name: acme\ndatabase: sqlite:///{tmp_path / 'pulse.db'}\nestate:\n  assets:\n"
        "    - {id: bot, asset_type: prompt, owner_team: ml, tier: internal, components: [{model: lab/m}]}\n"
    )
    house = House(config)
    house.sync()
    house.close()
    old = written(tmp_path, "old", models_dev(m=MODEL, n=MODEL))
    new = written(tmp_path, "new", models_dev(m=with_(status="beta"), n=with_(status="beta")))
    assert run("diff", old, new, "--config", str(config)) == 0
    assert capsys.readouterr().out.splitlines()[1:3] == ["IN USE 1", "  lab/m  status_changed  none -> beta  (bot)"]


def test_without_a_database_nothing_is_called_unused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "old", models_dev(m=MODEL))
    assert run("diff", old, old, "--database", f"sqlite:///{tmp_path / 'absent.db'}") == 0
    assert "which models are in use is not known" in capsys.readouterr().err


def test_the_tempo_of_what_is_stored_is_as_of_its_last_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "pulse.yaml").write_text(
        f"name: acme\ndatabase: sqlite:///{tmp_path / 'pulse.db'}\nsources:\n  - {{kind: models_dev, path: api.json}}\n"
    )
    months = {f"gpt-{n}.1": {"release_date": f"2025-{n:02d}-10"} for n in range(1, 13)}
    written(config, "api.json", json.dumps({"openai": {"models": months}}).encode())
    house = House(config)
    house.sync()
    with pytest.raises(NotFound, match="no catalogue was read yet"):
        run("tempo", "--config", str(config))
    assert refresh("models_dev", house.judging, "test").good
    today = house.clock().date()
    house.close()
    assert run("tempo", "--config", str(config), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["at"], len(found["counted"])) == (today.isoformat(), 12)
