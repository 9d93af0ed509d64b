"""The desk as of a moment: the board from its picture, pages from what is on record up to then, and nothing that acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, cast

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.frame import Frame
from pulse_tui.domain.moments import from_us, iso, to_us
from pulse_tui.domain.pruned import Kept
from pulse_tui.domain.ref import Ref
from pulse_tui.domain.trust import Trust
from pulse_tui.domain.views.advisories import AdvisoryStory
from pulse_tui.domain.views.alerts import AlertStory, QuietRow
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.incidents import IncidentRow, IncidentStory
from pulse_tui.domain.views.learning import ActivityRow, DecisionRow
from pulse_tui.domain.views.past import Landing
from pulse_tui.domain.views.people import Handover, ReviewTaskRow
from pulse_tui.domain.views.registry import ReleaseRow, ReleaseStory
from pulse_tui.domain.views.rollback import PlanLine, PlanStory, ReviewRow
from pulse_tui.domain.views.vendors import NoteRow, NoteStory, TempoLine
from pulse_tui.enrich.past.changes import change_words
from pulse_tui.enrich.past.packing import unpacked
from pulse_tui.ports import Store, Transaction
from pulse_tui.ports.storing.service import Past
from pulse_tui.ports.tower import PastDesk
from pulse_tui.services import objects
from pulse_tui.services.past import derived, notes, pages
from pulse_tui.services.past.recorder import GAP

UNKEPT: Final = {
    "ledger": "the coverage",
    "radius": "the blast radius",
    "release_diff": "the difference of two releases",
    "tree": "the dependency tree",
    "dependents": "who used a component",
    "calendar": "the calendar",
    "inventory": "the inventory",
    "gate_story": "the answer of the gate",
    "bench": "the page of a benchmark run",
    "flips": "which items flipped",
    "waivers": "the list of waivers",
    "waiver_story": "the page of a waiver",
    "silences": "the list of silences",
    "preview_silence": "what a silence would hit",
    "matching": "what an expression matches",
    "corrections": "the list of corrections",
    "shutdowns": "the list of shutdowns",
    "scorecard": "the scorecard of vendors",
    "authorisations": "the list of pre-authorisations",
    "drills": "the list of drills",
    "letters": "the list of messages",
    "related": "what is related to it",
    "letter_story": "the page of a message",
    "learning_report": "the report",
    "checklist": "the launch checklist",
    "on_call": "who was on call beside the header's line",
}
"""What a desk is asked for that is not on record, and how that is called."""


class ReplayDesk:
    """Implements :class:`pulse_tui.ports.past.PastDesk`: :func:`replay_desk` makes one. Calls block."""

    operator = ""
    read_only = True

    def __init__(
        self,
        past: Callable[[], AbstractContextManager[Past]],
        now: datetime,
        store: Store | None = None,
    ) -> None:
        """``past`` opens the recording; ``store`` is the database beside it, None where the recording is a file."""
        self._past, self._now, self._store = past, now, store
        self._turn = 0
        self._frame: Frame | None = None
        self._board: Board | None = None
        self._landing = Landing(to_us(now))

    @property
    def estate_name(self) -> str:
        """Of whose board it is."""
        return self._board.header.estate if self._board is not None else ""

    # ------------------------------------------------------------------ moving

    def landed(self) -> Landing:
        return self._landing

    def go(self, moment: datetime) -> Landing:
        with self._past() as past:
            frame = past.at(moment)
            if frame is None:
                raise self._before_all(past, moment)
            missing, shown = self._missing(past, frame, moment)
            return self._land(past, frame, shown, missing)

    def step(self, by: int) -> Landing:
        here = self._frame
        assert here is not None
        with self._past() as past:
            if by > 0:
                frame = past.beside(here.seq, after=True)
            else:
                last = here if here.news else past.beside(here.seq, after=False)
                stands_on_it = last is not None and to_us(last.at) == self._landing.at_us
                frame = past.beside(last.seq, after=False) if last is not None and stands_on_it else last
            if frame is None:
                span = past.span()
                edge = span[1 if by > 0 else 0].at if span is not None else self._now
                raise NotFound(
                    f"nothing changed {'after' if by > 0 else 'before'} this on record: it "
                    f"{'ends' if by > 0 else 'begins'} at {iso(edge)}"
                )
            before = past.beside(frame.seq, after=False, news=False)
            landing = self._land(past, frame, frame.at, "")
            assert self._board is not None
            words = "the recording begins"
            if before is not None:
                chain = past.chain(before.seq)
                gap = frame.at - before.at > GAP
                words = change_words(unpacked(chain), self._board) if chain else words
                if frame.whole:
                    words = f"recorded again{f' after {_span(frame.at - before.at)}' if gap else ''}: {words}"
        self._landing = landing._replace(changed=words)
        return self._landing

    def _land(self, past: Past, frame: Frame, shown: datetime, missing: str) -> Landing:
        board = unpacked(past.chain(frame.seq))
        self._frame, self._board, self._turn = frame, board, self._turn + 1
        self._landing = Landing(to_us(shown), "", missing)
        return self._landing

    def _missing(self, past: Past, frame: Frame, moment: datetime) -> tuple[str, datetime]:
        """What is not known of the moment, and what is shown instead."""
        after = past.beside(frame.seq, after=True, news=False)
        if after is None and self._store is None and moment > frame.at:
            return f"the recording ends at {iso(frame.at)}: shown is that", frame.at
        until = after.at if after is not None else self._now
        if moment > frame.at and until - frame.at > GAP:
            end = f"to {iso(until)}" if after is not None else "on"
            return f"nothing was recorded from {iso(frame.at)} {end}: shown is {frame.at:%H:%M:%S}", frame.at
        return "", moment

    def _before_all(self, past: Past, moment: datetime) -> NotFound:
        span = past.span()
        if span is None:
            return NotFound(
                "nothing is on record", todo="a tower or an agent records while it runs, unless recording: off"
            )
        pruned = None
        if self._store is not None:
            with self._store.read() as tx:
                pruned = tx.pruned.all().get(Kept.FRAMES)
        first = iso(span[0].at)
        if pruned is not None and moment < span[0].at:
            return NotFound(f"{iso(moment)} is no longer kept: what was recorded before {first} was pruned")
        return NotFound(f"{iso(moment)} is before the first record: records begin at {first}")

    # ------------------------------------------------------------------ reading

    @property
    def _then(self) -> datetime:
        return from_us(self._landing.at_us)

    @property
    def _shown(self) -> Board:
        assert self._board is not None, "go() comes first"
        return self._board

    @contextmanager
    def _tx(self) -> Iterator[Transaction | None]:
        if self._store is None:
            yield None
            return
        with self._store.read() as tx:
            yield tx

    @contextmanager
    def _kept(self, what: str) -> Iterator[Transaction]:
        """Raises NotFound where there is no database beside the recording."""
        if self._store is None:
            raise self._unkept(what)
        with self._store.read() as tx:
            yield tx

    def board(self, asset: str | None = None) -> Board:
        board = self._shown
        led = asset if asset is not None else board.registry[0].asset if board.registry else None
        return board._replace(trends=tuple(t for t in board.trends if t.asset == led))

    def trends(self, asset: str) -> tuple[Trend, ...]:
        return tuple(t for t in self._shown.trends if t.asset == asset)

    def change_mark(self) -> object:
        return self._turn

    def story(self, alert_id: str) -> AlertStory:
        with self._tx() as tx:
            story = pages.story(tx, self._shown, alert_id, self._then)
            if tx is None:
                return story
            return story._replace(called=derived.called(tx, alert_id, self._then) or ("nobody had been by then",))

    def release_story(self, asset_id: str, version: str) -> ReleaseStory:
        with self._kept("the page of a release") as tx:
            return derived.release_story(tx, self._shown, asset_id, version, self._then)

    def why_called(self, alert_id: str, name: str) -> tuple[str, ...]:
        with self._kept("why somebody was notified") as tx:
            return derived.why_called(tx, alert_id, name, self._then)

    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        with self._tx() as tx:
            return pages.advisory(tx, self._shown, advisory_id, self._then)

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        with self._tx() as tx:
            more = derived.of_asset(tx, asset_id, self._then) if tx is not None else ()
            return pages.asset(tx, self._shown, asset_id, self._then, more)

    def history(self, asset_id: str) -> tuple[ReleaseRow, ...]:
        with self._kept("the list of releases") as tx:
            return derived.history(tx, self._shown, asset_id, self._then)

    def incidents(self, *, every: bool = False) -> tuple[IncidentRow, ...]:
        del every  # those that had ended are not on the board
        return self._shown.incidents

    def incident_story(self, name: str) -> IncidentStory:
        with self._tx() as tx:
            return pages.incident(tx, self._shown, name, self._then)

    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        del checked  # nobody can ask a target what it held then
        with self._tx() as tx:
            return pages.plan(tx, self._shown, plan_hash, self._then)

    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        return pages.plan_lines(self._shown, asset_id)

    def reviews(self) -> tuple[ReviewRow, ...]:
        return self._shown.glass

    def quiet(self) -> tuple[QuietRow, ...]:
        with self._tx() as tx:
            return pages.quiet(self._shown, tx, self._then)

    def holds(self, asset_id: str | None) -> tuple[tuple[str, str], ...]:
        with self._kept("what held the asset") as tx:
            return derived.holds(tx, asset_id, self._then)

    def hold_story(self, hold_id: str) -> tuple[tuple[str, str], ...]:
        with self._kept("the page of a hold") as tx:
            return derived.hold_story(tx, hold_id, self._then)

    def review_tasks(self, *, every: bool = False) -> tuple[ReviewTaskRow, ...]:
        del every  # what had been done by then is among the decisions
        with self._kept("the list of reviews") as tx:
            return derived.review_tasks(tx, self._then)

    def notes(self, *, source: str | None = None, review: bool = False) -> tuple[NoteRow, ...]:
        if review:
            raise self._unkept("which notes a person was to look at")
        with self._kept("the list of vendors' notes") as tx:
            return notes.notes(tx, source, self._then)

    def note_story(self, source: str, key: str) -> NoteStory:
        with self._kept("the page of a note") as tx:
            return notes.note_story(tx, source, key, self._then)

    def decisions(self) -> tuple[DecisionRow, ...]:
        with self._kept("the list of decisions") as tx:
            return derived.decisions(tx, self._then)

    def handover(self, since: timedelta) -> Handover:
        with self._tx() as tx:
            return derived.handover(tx, self._shown, since, self._then)

    def source_problems(self) -> tuple[str, ...]:
        return pages.source_problems(self._shown)

    def trust(self) -> tuple[Trust, ...]:
        return ()

    def tempo(self) -> TempoLine | None:
        return None

    def activity(self, before: int | None = None) -> tuple[ActivityRow, ...]:
        with self._kept("the activity") as tx:
            return pages.activity(tx, before, self._then)

    def past(self, moment: datetime) -> PastDesk:
        self.go(moment)
        return cast("PastDesk", self)

    def described(self, ref: Ref) -> Any:
        return objects.described(cast("PastDesk", self), ref)

    def close(self) -> None:
        """Nothing of its own is open."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("_"):
            raise AttributeError(name)

        def refused(*_args: Any, **_named: Any) -> NoReturn:
            if name in UNKEPT:
                raise self._unkept(UNKEPT[name])
            raise Refused(
                f"this is a replay of {iso(self._then)}: nothing can be done in the past, nor asked that is not on record",
                todo="Esc leads back to the live tower",
            )

        return refused

    def _unkept(self, what: str) -> NotFound:
        return NotFound(
            f"{what} is not on record: it cannot be shown as of {iso(self._then)}", todo="It is in the live tower"
        )


def replay_desk(
    past: Callable[[], AbstractContextManager[Past]], moment: datetime, now: datetime, store: Store | None = None
) -> PastDesk:
    """The desk as of the moment. Raises NotFound where nothing is on record of then, FrameError."""
    desk = ReplayDesk(past, now, store)
    desk.go(moment)
    return cast("PastDesk", desk)


def of_store(store: Store, moment: datetime, now: datetime) -> PastDesk:
    """As :func:`replay_desk`, of the database's own recording."""

    @contextmanager
    def past() -> Iterator[Past]:
        with store.read() as tx:
            yield tx.frames

    return replay_desk(past, moment, now, store)


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
