"""``python -m tests.bench.sync``: a round of a registry with 5,000 versions that did not change, and 10,000 assets in one file."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pulse_tui.services.signals.refresh import refresh
from pulse_tui.storage.store import SqlStore
from pulse_tui.wiring import House
from tests.servers.loopback import Loopback, Reply, Request

MODELS, VERSIONS = 100, 50
ASSETS = 10_000
BOOKKEEPING = ("sources", "leases")
"""Tables of the rounds themselves: when a source was last asked, and by whom."""


def model(number: int) -> dict[str, Any]:
    """A registered model whose newest version is champion, the one before canary."""
    aliases = [{"alias": "champion", "version": str(VERSIONS)}, {"alias": "canary", "version": str(VERSIONS - 1)}]
    return {"name": f"model-{number:03d}", "creation_timestamp": 1_760_000_000_000, "aliases": aliases}


def version(model_number: int, number: int) -> dict[str, Any]:
    """A model version as MLflow reports it."""
    return {
        "name": f"model-{model_number:03d}",
        "version": str(number),
        "creation_timestamp": 1_760_000_000_000 + number * 1_000,
        "last_updated_timestamp": 1_760_000_000_000 + number * 1_000,
        "current_stage": "None",
        "source": f"s3://models/model-{model_number:03d}/{number}",
        "run_id": f"{model_number:08x}{number:08x}",
        "status": "READY",
        "tags": [
            {"key": "semver", "value": f"1.{number}.0"},
            {"key": "digest", "value": f"sha256:{model_number:032x}{number:032x}"},
            {"key": "prompt_template", "value": f"refund-v{number}"},
            {"key": "base_model", "value": "meta/llama-4-scout"},
        ],
    }


def registry(server: Loopback) -> None:
    """Serve the registry, 2,000 versions a page."""
    models = [model(m) for m in range(MODELS)]
    versions = [version(m, n) for m in range(MODELS) for n in range(1, VERSIONS + 1)]
    server.on("GET", "/api/2.0/mlflow/registered-models/search", Reply.json({"registered_models": models}))
    pages: dict[int, Reply] = {}
    for start in range(0, len(versions), 2_000):
        page: dict[str, Any] = {"model_versions": versions[start : start + 2_000]}
        if start + 2_000 < len(versions):
            page["next_page_token"] = str(start + 2_000)
        pages[start] = Reply.json(page)

    def answer(request: Request) -> Reply:
        return pages[int(request.query.get("page_token", "0"))]

    server.on("GET", "/api/2.0/mlflow/model-versions/search", answer)


class Writes:
    """Counts the rows that statements change, by table."""

    def __init__(self, store: SqlStore) -> None:
        self.rows: Counter[str] = Counter()
        sa.event.listen(store._engine, "after_cursor_execute", self._seen)

    def _seen(self, _c: object, cursor: Any, statement: str, *_rest: object) -> None:
        words = statement.split()
        verb = words[0].upper()
        if verb in ("INSERT", "UPDATE", "DELETE") and cursor.rowcount > 0:
            table = words[2] if verb in ("INSERT", "DELETE") else words[1]
            if table.strip('"') not in BOOKKEEPING:
                self.rows[table.strip('"')] += cursor.rowcount


def unchanged(folder: Path) -> None:
    """One round after the first: everything is as it was."""
    with Loopback() as server:
        registry(server)
        (folder / "pulse.yaml").write_text(
            "name: bench\ndatabase: sqlite:///pulse.db\n"
            f"sources:\n  - {{id: registry, kind: mlflow, every: 30s, url: '{server.url}'}}\n"
        )
        house = House(folder)
        began = time.perf_counter()
        first = refresh("registry", house.judging, "bench")
        took = time.perf_counter() - began
        print(f"first round, {MODELS * VERSIONS:,} new versions        {took:6.2f} s   {first.message}")
        for _ in range(3):
            writes = Writes(house.store)
            began = time.perf_counter()
            again = refresh("registry", house.judging, "bench")
            took = time.perf_counter() - began
            print(
                f"a round of {MODELS * VERSIONS:,} unchanged versions  {took:6.2f} s   rows written {sum(writes.rows.values())}  {again.message}"
            )
        house.close()


def large_estate(folder: Path) -> None:
    """10,000 assets in one file: read and checked, put in, and put in again unchanged."""
    lines = ["name: bench", "database: sqlite:///pulse.db", "estate:", "  assets:"]
    for n in range(ASSETS):
        lines += [
            f"    - id: asset-{n:05d}",
            "      asset_type: service",
            f"      owner_team: team-{n % 40}",
            "      tier: internal",
            "      environments:",
            f"        production: {{version: 1.{n % 9}.0, since: 2026-11-01T00:00:00Z}}",
            "      components:",
            f"        - purl: pkg:pypi/vllm@0.{n % 9}.1",
        ]
    (folder / "pulse.yaml").write_text("\n".join(lines) + "\n")
    began = time.perf_counter()
    house = House(folder)
    read = time.perf_counter() - began
    began = time.perf_counter()
    house.sync()
    first = time.perf_counter() - began
    began = time.perf_counter()
    house.sync()
    again = time.perf_counter() - began
    house.close()
    print(f"{ASSETS:,} assets in one file: read {read:5.2f} s, put in {first:5.2f} s, again unchanged {again:5.2f} s")


def main() -> None:
    for part in (unchanged, large_estate):
        with tempfile.TemporaryDirectory() as folder:
            part(Path(folder))


if __name__ == "__main__":
    main()
