"""Whether what serves can be rolled back, and what stopped on its way there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.words import Environment
from pulse_tui.wiring import House

PATIENCE_S = 5.0
"""A step's target is waited for no longer than this."""


DRILLS = 20
"""Assets whose drills are listed, those that lack one first."""


def step_targets(house: House) -> Iterator[Line]:
    """Each step of the playbooks reads its target back, for what serves; nothing is moved.

    One whose secret is not set is among the references, once.
    """
    from pulse_tui.services.rollback.steps import fill, step_options  # noqa: PLC0415
    from pulse_tui.settings.references import secret_names  # noqa: PLC0415

    parts = house.rollback
    with house.store.read() as tx:
        served = [(d, tx.estate.release(d.asset_id, d.version)) for d in tx.estate.load().deployments]
    for book in parts.playbooks:
        for deployment, release in served:
            if release is None or not book.serves(deployment.asset_id, deployment.environment):
                continue
            where = f"playbook {book.id} for {deployment.asset_id} {deployment.environment.value}"
            for shape in book.steps:
                if shape.asset not in (None, deployment.asset_id):
                    continue  # what a combination moves beside it serves its own release
                if not secret_names(shape.options) <= os.environ.keys():
                    continue
                names = {"asset": deployment.asset_id, "environment": deployment.environment.value}
                try:
                    options = step_options(parts, shape.kind, fill(shape.options, names), shape)
                    module = parts.steps[shape.kind]
                    holds = module.read(options, parts.outside.stepping(min(shape.timeout, PATIENCE_S)))
                    expected = module.value_of(options, release)
                except PulseError as error:
                    yield Line(where, False, f"{shape.kind} cannot read its target: {error}")
                    continue
                except Exception as error:  # a bug of an installed step kind
                    yield Line(where, False, f"the step kind {shape.kind} broke: {type(error).__name__}: {error}")
                    continue
                target = module.target(options)
                if holds == expected:
                    yield Line(where, True, f"{target} holds {holds}")
                else:
                    yield Line(
                        where,
                        False,
                        f"{target} holds {holds or 'nothing'}, but {release.version} serves by the registry"
                        + (f" (there {expected})" if expected != release.version else "")
                        + ": pulse-tui rollback list shows runs that stopped; else correct the target or the estate",
                    )


def rollback_targets(house: House) -> Iterator[Line]:
    """Every production deployment needs a release to go back to and a playbook that gets there."""
    from pulse_tui.services.registry.known_good import rollback_target  # noqa: PLC0415

    with house.store.read() as tx:
        deployments = [d for d in tx.estate.load().deployments if d.environment.value == "production"]
        stuck = [
            d.asset_id for d in deployments if rollback_target(tx, d.asset_id, d.environment, d.version).release is None
        ]
    books = house.settings.playbooks
    bare = [d.asset_id for d in deployments if not any(b.serves(d.asset_id, d.environment) for b in books)]
    if deployments:
        yield Line(
            "rollback target",
            None if stuck else True,
            f"{len(deployments) - len(stuck)} of {len(deployments)} production deployments have a known-good release"
            + (f"; not: {', '.join(stuck[:5])}" if stuck else ""),
        )
        yield Line(
            "playbooks",
            None if bare else True,
            f"{len(deployments) - len(bare)} of {len(deployments)} production deployments have a playbook"
            + (f"; not: {', '.join(bare[:5])}" if bare else ""),
        )
    if deployments:
        yield from _drilled(house)


def _drilled(house: House) -> Iterator[Line]:
    """Each production asset: the drill that its rollback rests on, or what is missing."""
    from pulse_tui.services.rollback.capacity import ready  # noqa: PLC0415
    from pulse_tui.services.rollback.rehearse import hindrance  # noqa: PLC0415

    rows = ready(house.rollback, Environment.PRODUCTION)
    missing = [r for r in rows if not r.drilled.ok]
    whole = sum(r.whole for r in rows)
    yield Line(
        "rollback drilled",
        None if missing else True,
        f"{len(rows) - len(missing)} of {len(rows)} production assets; {whole} have a whole certificate",
    )
    for row in (missing + [r for r in rows if r.drilled.ok])[:DRILLS]:
        why = "" if row.drilled.ok else hindrance(house.rollback, row.asset, Environment.PRODUCTION)
        detail = f"{row.drilled.detail}. It cannot be drilled: {why}" if why else row.drilled.detail
        yield Line(f"drill {row.asset}", True if row.drilled.ok else None, detail)
    if len(rows) > DRILLS:
        yield Line("drills", None, f"{len(rows) - DRILLS} more: pulse-tui status --json names each under rollback")


def authorisations(house: House) -> Iterator[Line]:
    """Which production deployments roll back by themselves, and what of that waits, is void or ends soon."""
    from pulse_tui.services.rollback.authorise import listed  # noqa: PLC0415

    with house.store.read() as tx:
        serving = sorted(d.asset_id for d in tx.estate.load().deployments if d.environment.value == "production")
    rows = listed(house.rollback)
    covered = {row.asset for row in rows if row.state == "valid" and row.environment == "production"}
    bare = [asset for asset in serving if asset not in covered]
    if serving:
        yield Line(
            "pre-authorised",
            None if bare else True,
            f"{len(serving) - len(bare)} of {len(serving)} production deployments have a pre-authorised rollback"
            + (f"; not: {', '.join(bare[:5])}" if bare else ""),
        )
    latest = {(r.asset, r.environment, r.trigger): r for r in reversed(rows)}
    for row in latest.values():
        if row.needs_somebody or row.state in ("void", "expired"):
            yield Line(f"pre-authorisation {row.hash[:12]}", None, row.headline)


def rollback_runs(house: House) -> Iterator[Line]:
    """Runs that stopped short of their end, and plans that wait for somebody."""
    board = house.store.board(house.settings.name, None, house.clock())
    for run in board.runs:
        yield Line("rollback run", False if run.stopped else None, f"{run.headline} -> {run.todo or 'wait for it'}")
    for plan in board.plans:
        yield Line("rollback plan", None, f"{plan.headline} -> {plan.todo or 'end that run first'}")
    for name in board.header.paused:
        yield Line("rollout", None, f"{name} is paused; pulse-tui muted says why, since when and what ends it")
    if not board.runs and not board.plans:
        yield Line("rollback runs", True, "none stopped half-way, no plan waits")
