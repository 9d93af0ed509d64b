"""Rounds of a catalogue's source: one that is not believed is asked for all of it again, and does not stand as good."""

from __future__ import annotations

from pathlib import Path

from pulse_tui.collectors import models_dev
from pulse_tui.domain.catalogue import EventType
from pulse_tui.domain.health import Health
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.refresh import Round, refresh
from pulse_tui.settings.shapes import SourceShape
from tests.enrich.vendors.catalogues.build import models_dev as api
from tests.enrich.vendors.catalogues.build import with_
from tests.fakes.clock import Clock

WHOLE = {f"m{n}": with_() for n in range(30)}


def read(judge: JudgeParts, file: Path, models: dict[str, object]) -> Round:
    file.write_bytes(api(**models))
    options = models_dev.Options(path=str(file))
    shape = SourceShape(id="models", kind="models_dev", every=100.0, options=options)
    parts = judge._replace(source_kinds={"models_dev": models_dev}, sources={"models": shape})
    return refresh("models", parts, "h")


def test_a_flip_of_a_catalogue_is_suspect_until_it_comes_again(judge: JudgeParts, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    assert read(judge, file, {**WHOLE}).good
    with judge.store.read() as tx:
        believed = tx.plumbing.sources()["models"].cursor
    less: dict[str, object] = {k: v for k, v in WHOLE.items() if k < "m2"}
    flipped = read(judge, file, less)
    assert (flipped.ok, flipped.good) == (True, False)
    assert "18 of 30 models gone" in flipped.refused
    with judge.store.read() as tx:
        status = tx.plumbing.sources()["models"]
        assert (status.cursor, status.health(clock())) == (believed, Health.SUSPECT)
        assert (len(tx.vendors.catalogue("models")), tx.vendors.events()) == (30, [])
    assert not read(judge, file, less).good
    clock.pass_(hours=25)
    assert read(judge, file, less).good
    with judge.store.read() as tx:
        assert tx.plumbing.sources()["models"].health(clock()) is Health.GOOD
        assert len(tx.vendors.catalogue("models")) == 12
        assert {e.event.type for e in tx.vendors.events()} == {EventType.MODEL_REMOVED}
