"""One thing as plain data, whatever its kind: what its command prints with ``--json``, and what the tower shows as YAML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.plain import labelled, plain
from pulse_tui.domain.ref import Ref, RefKind, pair
from pulse_tui.domain.views.advisories import AdvisoryStory
from pulse_tui.domain.views.alerts import SilenceRow
from pulse_tui.domain.views.people import ReviewTaskRow
from pulse_tui.domain.views.rollback import AuthorisationLine
from pulse_tui.ports.tower import Desk
from pulse_tui.services.alerts.incidents.export import as_data


def advisory_data(story: AdvisoryStory) -> dict[str, Any]:
    """A vulnerability with what is recorded of it."""
    return {"name": story.name, "alert": story.alert, "lines": labelled(story.lines)}


def asset_data(asset_id: str, lines: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """An asset with what is recorded of it."""
    return {"asset": asset_id, "lines": labelled(lines)}


def silence(desk: Desk, ident: str) -> SilenceRow:
    """One silence or maintenance window, those that ended lately too. Raises NotFound."""
    found = next((row for row in desk.silences(every=True) if row.id == ident), None)
    if found is None:
        raise NotFound(f"there is no silence {ident!r}", todo="pulse-tui silence list --every")
    return found


def review(desk: Desk, key: str) -> ReviewTaskRow:
    """One review, by its key or the beginning of it. Raises NotFound."""
    rows = desk.review_tasks(every=True)
    found = [row for row in rows if row.key == key] or [row for row in rows if key and row.key.startswith(key)]
    if len(found) != 1:
        which = f"{len(found)} reviews begin with" if found else "there is no review"
        raise NotFound(f"{which} {key!r}", todo="pulse-tui review list --all")
    return found[0]


def authorisation(desk: Desk, name: str) -> AuthorisationLine:
    """One pre-authorisation, by its hash or the beginning of it. Raises NotFound."""
    found = [row for row in desk.authorisations() if name and row.hash.startswith(name)]
    if len(found) != 1:
        raise NotFound(f"no single pre-authorisation is named {name!r}", todo="pulse-tui rollback authorisations")
    return found[0]


def _source(desk: Desk, ident: str) -> Any:
    found = next((row for row in desk.trust() if row.source == ident), None)
    if found is None:
        raise NotFound(f"nothing is known of source {ident!r}", todo=f"pulse-tui refresh {ident}")
    return found


def _workflow(desk: Desk, name: str, environment: str) -> Any:
    found = next((row for row in desk.board().workflows if (row.id, row.environment) == (name, environment)), None)
    if found is None:
        raise NotFound(
            f"there is no workflow {name!r} in {environment}", todo="Its stages stand under estate.workflows"
        )
    return found


_OF: Final[dict[RefKind, Callable[[Desk, Ref], Any]]] = {
    RefKind.ALERT: lambda desk, ref: desk.story(ref.id),
    RefKind.INCIDENT: lambda desk, ref: as_data(desk.incident_story(ref.id)),
    RefKind.ASSET: lambda desk, ref: asset_data(ref.id, desk.asset_story(ref.id)),
    RefKind.ADVISORY: lambda desk, ref: advisory_data(desk.advisory_story(ref.id)),
    RefKind.COMPONENT: lambda desk, ref: desk.dependents(ref.id),
    RefKind.RELEASE: lambda desk, ref: labelled(desk.release_story(*pair(ref)).lines),
    RefKind.RUN: lambda desk, ref: desk.bench("", "", ref.id),
    RefKind.PLAN: lambda desk, ref: desk.plan_story(ref.id),
    RefKind.AUTHORISATION: lambda desk, ref: authorisation(desk, ref.id),
    RefKind.NOTE: lambda desk, ref: desk.note_story(*pair(ref)),
    RefKind.SILENCE: lambda desk, ref: silence(desk, ref.id),
    RefKind.WAIVER: lambda desk, ref: labelled(desk.waiver_story(ref.id)),
    RefKind.DELIVERY: lambda desk, ref: labelled(desk.letter_story(ref.id)),
    RefKind.REVIEW: lambda desk, ref: review(desk, ref.id),
    RefKind.HOLD: lambda desk, ref: labelled(desk.hold_story(ref.id)),
    RefKind.SOURCE: lambda desk, ref: _source(desk, ref.id),
    RefKind.WORKFLOW: lambda desk, ref: _workflow(desk, *pair(ref)),
}


def described(desk: Desk, ref: Ref) -> Any:
    """The thing as plain data. Raises NotFound, also for a kind of which nothing is kept alone."""
    of = _OF.get(ref.kind)
    if of is None:
        raise NotFound(f"nothing is kept of {ref} alone")
    return plain(of(desk, ref))
