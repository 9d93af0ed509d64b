"""What can be named after ``:``: the nouns of the board, each with the things of that kind that are open or serve now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from pulse_tui.domain.ref import Ref, RefKind, release_ref
from pulse_tui.tui.asks.advisories import OpenAdvisory
from pulse_tui.tui.asks.alerts import OpenAlert, OpenMuted
from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.asks.common import Arrange, OpenMessages, ShowPane
from pulse_tui.tui.asks.deliveries import OpenLetters
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.asks.incidents import OpenIncident, OpenIncidents
from pulse_tui.tui.asks.learning import OpenActivity
from pulse_tui.tui.asks.past import Live, Replay
from pulse_tui.tui.asks.people import OpenHandover
from pulse_tui.tui.asks.places import opens
from pulse_tui.tui.asks.registry import OpenAsset, OpenDependents, OpenRelease
from pulse_tui.tui.asks.rollback import OpenPlan, OpenPlans
from pulse_tui.tui.kit.filter_line import FilterScreen
from pulse_tui.tui.kit.palette import Noun, Thing

if TYPE_CHECKING:
    from pulse_tui.domain.views.board import Board
    from pulse_tui.tui.context import Context

RowT = TypeVar("RowT")
Things = Callable[[], Iterable[Thing]]


def common_nouns(context: Context) -> list[Noun]:
    """All of them; their things come from the newest board."""

    def of(things: Callable[[Board], Iterator[Thing]]) -> Things:
        return lambda: things(context.board) if context.board is not None else ()

    def pane(tab: str) -> Callable[[str], Ask]:
        return lambda words: ShowPane(tab, words)

    return [
        Noun("alert", "open alerts; one by its id or its words", of(_alerts), "alerts", ShowPane("Alerts"), pane("Alerts"), OpenAlert, leads=True),
        Noun("asset", "what runs where; one by its name", of(_assets), "assets", ShowPane("Registry"), pane("Registry"), OpenAsset, leads=True),
        Noun("advisory", "vulnerabilities; one by its id", of(_advisories), "advisories", ShowPane("Advisories"), pane("Advisories"), OpenAdvisory, leads=True),
        Noun("component", "who uses it; by its name or id", of(_components), "components", OpenDependents(), None, OpenDependents),
        Noun("release", "one, as asset@version", of(_releases), "releases", ShowPane("Registry"), pane("Registry"), _release),
        Noun("run", "benchmark runs; the newest of an asset, or one by its id", of(_runs), "runs", ShowPane("Benchmarks"), None, lambda run: OpenBench(run=run)),
        Noun("plan", "rollback plans and their runs; one by its hash or asset", of(_plans), "plans", OpenPlans(), None, OpenPlan),
        Noun("incident", "alerts handled as one; by id or words", of(_incidents), "incidents", OpenIncidents(), None, OpenIncident, leads=True),
        Noun("sort", "by a column: age, -age, off", lambda: _sorts(context), alone=Arrange(), other=lambda words: Arrange(sort=words)),
        Noun("columns", "show and hide: +owner -env, default", lambda: _columns(context), alone=Arrange(), other=lambda words: Arrange(columns=words)),
        Noun("muted", "everything that is muted, waived or held", alone=OpenMuted()),
        Noun("outbox", "messages that did not arrive: replay or drop them", alone=OpenLetters()),
        Noun("handover", "for the next shift: what is open, quiet, to come", alone=OpenHandover(), other=lambda words: OpenHandover(since=words)),
        Noun("replay", "the tower as it stood: 02:40, -2h", alone=Replay(), other=Replay),
        Noun("live", "back from a replay to the tower as it is", alone=Live()),
        Noun("activity", "everything that anybody did, newest first", alone=OpenActivity()),
        Noun("log", "the messages of this session", alone=OpenMessages()),
    ]  # fmt: skip


def _sorts(context: Context) -> Iterator[Thing]:
    for name in _titles(context):
        yield name, "sort by it", Arrange(sort=name)
    yield "off", "the order that the rows come in", Arrange(sort="off")


def _columns(context: Context) -> Iterator[Thing]:
    for name in _titles(context):
        yield f"+{name}", "show it", Arrange(columns=f"+{name}")
        yield f"-{name}", "hide it", Arrange(columns=f"-{name}")
    yield "default", "those that the table shows by itself", Arrange(columns="default")


def _titles(context: Context) -> list[str]:
    page = context.page
    table = page.the_table() if isinstance(page, FilterScreen) else None
    return [column.called for column in table.spec.columns] if table is not None else []


def _release(words: str) -> Ask:
    """``support-bot@3.8.1`` or ``support-bot 3.8.1``."""
    text = words if "@" in words else "@".join(words.split(maxsplit=1))
    asset, _, version = text.rpartition("@")
    return OpenRelease(asset or text, version if asset else "")


def _first(rows: Iterable[RowT], name: Callable[[RowT], str]) -> Iterable[tuple[str, RowT]]:
    """Each name once, with its first row."""
    found: dict[str, RowT] = {}
    for row in rows:
        if key := name(row):
            found.setdefault(key, row)
    return found.items()


def _alerts(board: Board) -> Iterator[Thing]:
    for row in board.alerts:
        yield f"{row.id} {row.title}", f"{row.priority} {row.word}", OpenAlert(row.id)


def _assets(board: Board) -> Iterator[Thing]:
    for asset, row in _first(board.registry, lambda row: row.asset):
        yield asset, f"{row.kind} of {row.owner or 'nobody'}", OpenAsset(asset)


def _advisories(board: Board) -> Iterator[Thing]:
    for name, row in _first(board.advisories, lambda row: row.id if row.record else ""):
        yield name, f"{row.component}: {row.title}", OpenAdvisory(name)


def _components(board: Board) -> Iterator[Thing]:
    for row in board.advisories:
        if row.record:
            yield row.component, f"{row.id} names it", OpenDependents(row.provider or row.component)


def _releases(board: Board) -> Iterator[Thing]:
    for row in board.registry:
        ask = opens(release_ref(row.asset, row.version))
        if ask is not None and row.version:
            yield f"{row.asset}@{row.version}", f"serves in {row.environment}", ask


def _runs(board: Board) -> Iterator[Thing]:
    for asset in dict.fromkeys(row.asset for row in board.registry):
        yield asset, "its benchmark suite, judged", OpenBench(asset)


def _plans(board: Board) -> Iterator[Thing]:
    for row in board.plans:
        ask = opens(Ref(RefKind.PLAN, row.hash))
        if ask is not None:
            yield f"{row.hash[:12]} {row.asset} {row.environment}", row.headline, ask


def _incidents(board: Board) -> Iterator[Thing]:
    for row in board.incidents:
        yield f"{row.id} {row.title}", row.state, OpenIncident(row.id)
