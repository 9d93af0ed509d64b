"""What is read: sources, advisories, the notes of vendors and what they ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.advisories import cure
from pulse_tui.wiring import House


def sources(house: House, named: Collection[str]) -> Iterator[Line]:
    """How each was last read; without the reason where it is ``named`` above already, for what it is now."""
    from pulse_tui.domain.health import Health  # noqa: PLC0415
    from pulse_tui.services.signals.pushes import counts_of  # noqa: PLC0415

    now = house.clock()
    with house.store.read() as tx:
        known = tx.plumbing.sources()
        counts = {ident: counts_of(tx, ident) for ident in house.judging.senders}
    for ident, sent in counts.items():
        status = known.get(ident)
        if status is None or status.last_good_at is None:
            yield Line(f"source {ident}", None, "pushed, nothing came yet: POST /signals with its token")
            continue
        health = status.health(now)
        why = f": {status.reason} (pulse-tui status --quarantine)" if status.reason else ""
        yield Line(
            f"source {ident}",
            True if health is Health.GOOD else None,
            f"pushed, {health.value}, {sent.words()}, last {status.last_good_at:%Y-%m-%d %H:%M}{why}",
        )
    for source in house.judging.sources.values():
        status = known.get(source.id)
        if status is None or status.last_attempt_at is None:
            yield Line(f"source {source.id}", None, f"{source.kind}, never read: pulse-tui refresh {source.id}")
            continue
        health = status.health(now)
        again = f" (read {iso(status.last_attempt_at)}; again: pulse-tui refresh {source.id})"
        why = "" if f"source {source.id}" in named else f": {status.reason}"
        good = f"last good {status.last_good_at:%Y-%m-%d %H:%M}" if status.last_good_at else "never good"
        yield Line(
            f"source {source.id}",
            {Health.GOOD: True, Health.FAILING: False}.get(health),
            f"{source.kind}, {health.value}, {good}" + (f"{why}{again}" if status.reason else ""),
        )


def advisories(house: House) -> Iterator[Line]:
    """Each advisory feed with its age, and each ecosystem of the estate that nobody covers."""
    from pulse_tui.services.advisories.ledger import ledger  # noqa: PLC0415

    found = ledger(house.store, house.clock())
    for feed in found.feeds:
        told = f"answered {from_us(feed.read_us):%Y-%m-%d %H:%M}, of {from_us(feed.at_us):%Y-%m-%d}: {feed.covers}"
        stale = f"; stale: {feed.why}" if feed.stale else ""
        yield Line(f"advisories {feed.source}", not feed.stale, f"{told}{stale}")
    lists = {feed.covers for feed in found.feeds}
    if lists and "KEV" not in lists:
        what = "no KEV list was read: nobody knows which vulnerabilities are exploited, priorities come from the rest"
        yield Line("advisories KEV", None, f"{what}; add a source of kind kev")
    if lists and "EPSS" not in lists:
        what = "no EPSS list was read: how likely an exploitation is, is unknown"
        yield Line("advisories EPSS", None, f"{what}; add a source of kind epss")
    for ecosystem in found.uncovered:
        row = next((r for r in found.ecosystems if r.about == ecosystem), None)
        count = f"{row.not_audited:,} not audited" if row is not None else "not audited"
        yield Line(f"advisories of {ecosystem}", None, f"nobody covers it, {count}: {cure(ecosystem)}")


def migrations(house: House) -> Iterator[Line]:
    """Models that nothing should use any more by now: their vendors shut them down soon, or did."""
    from pulse_tui.enrich.vendors.tasks import task_words  # noqa: PLC0415
    from pulse_tui.services.vendors.overdue import overdue_migrations  # noqa: PLC0415

    now = house.clock()
    with house.store.read() as tx:
        late = overdue_migrations(tx, now)
    for task in late:
        yield Line(f"migration of {task.asset_id}", False, task_words(task, now))


def notes(house: House) -> Iterator[Line]:
    """Notes of vendors of which no rule is sure what they are about: what they announce may have alerted nobody."""
    from pulse_tui.services.vendors.review_queue import queue_words  # noqa: PLC0415

    with house.store.read() as tx:
        words = queue_words(tx)
    if words:
        yield Line("notes to review", None, words)
