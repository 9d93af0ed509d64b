"""The sections ``changes`` and ``admission``: what is wrong in them is named with its place, and so is an asset that there is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.settings.references import Known, broken
from pulse_tui.wiring import read_settings

ESTATE = "estate: {assets: [{id: bot, asset_type: service, owner_team: ml}]}\n"


def problems(tmp_path: Path, text: str) -> str:
    file = tmp_path / "pulse.yaml"
    file.write_text(ESTATE + text)
    with pytest.raises(ConfigError) as caught:
        read_settings(file)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "changes: {windows: [{cron: '61 8 * *', lasts: 2h}]}",
            "pulse.yaml:2: changes.windows[0].cron: '61 8 * *': it has",
        ),
        ("changes: {windows: [{cron: '1 8 * * *'}]}", "a window has from and until, or cron and lasts"),
        ("changes: {embargoes: [{from: x, until: '2026-12-01T00:00:00Z', why: y}]}", "'x' is not a time"),
        (
            "changes: {embargoes: [{from: '2026-12-02T00:00:00Z', until: '2026-12-01T00:00:00Z', why: y}]}",
            "until is not after from",
        ),
        (
            "changes: {embargoes: [{from: '2026-12-02T00:00:00', until: '2026-12-01T00:00:00Z', why: y}]}",
            "has no offset",
        ),
        ("changes: {require: [prod]}", "did you mean 'production'?"),
        ("changes: {embargo: []}", "did you mean 'embargoes'?"),
        ("admission: {listen: '127.0.0.1:1', cert: a}", "cert and key belong together"),
        ("admission: {listen: nowhere}", "admission.listen"),
        ("admission: {listen: '127.0.0.1:1', images: [{image: x, asset: bot, version: '('}]}", "no regular expression"),
        ("admission: {listen: '127.0.0.1:1', images: [{image: x, asset: bot, version: v}]}", "version has no group"),
        ("admission: {listen: '127.0.0.1:1', unknown: maybe}", "is not one of the known words"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, why: str) -> None:
    told = problems(tmp_path, text)
    assert why in told
    assert "not supported between" not in told


def test_an_asset_that_there_is_not_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    file = tmp_path / "pulse.yaml"
    file.write_text(
        ESTATE
        + """
admission: {listen: "127.0.0.1:1", images: [{image: x, asset: bott}]}
changes:
  windows: [{cron: "1 8 * * *", lasts: 2h, why: day, assets: [boot]}]
  embargoes: [{from: "2026-12-05T00:00:00Z", until: "2026-12-06T00:00:00Z", why: sale, assets: [bit]}]
routes: [{kind: github_deployments, id: gh, repository: acme/x, token: t, deployments: [{name: prod, asset: bet}]}]
"""
    )
    found = {b.where for b in broken(read_settings(file), Known()) if "did you mean 'bot'?" in b.what}
    assert found == {"admission of x", "change window day", "embargo sale", "route gh"}
