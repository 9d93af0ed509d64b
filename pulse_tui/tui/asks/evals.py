"""What is asked about benchmark runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.tui.asks.base import Ask, OpenPage

if TYPE_CHECKING:
    from pulse_tui.domain.views.evals import BenchStory, GateRow


class FollowAsset(Ask):
    """The cursor rests on this asset: show its trends."""

    opens = False

    asset_id: str


class OpenVerdicts(OpenPage):
    """Open the suite of the asset that the pane shows, else the one that does worst."""

    asset_id: str


class OpenBench(OpenPage):
    """Open a suite of an asset, or one run."""

    asset_id: str = ""
    suite: str = ""
    """Empty: the one that does worst."""
    metric: tuple[str, str] | None = None
    """(task, metric) for the cursor."""
    run: str = ""
    """Empty: the newest; a run needs neither asset nor suite."""


class OfStory(Ask):
    """About the run that a page shows."""

    story: BenchStory


class ShowRun(Ask):
    """Show another run of the suite on the page that is open: each further key counts from the run last asked for."""

    opens = False

    run_id: str


class OpenRuns(OfStory, OpenPage):
    """Open the list of the suite's runs."""


class OpenMeasures(OfStory, OpenPage):
    """Open latency, cost, calibration and the facts of the run."""


class OfLine(OfStory):
    """About one line of the gate table."""

    row: GateRow


class OpenFlips(OfLine, OpenPage):
    """Open the items whose outcome changed."""


class OpenChart(OfLine, OpenPage):
    """Open the line's metric over the releases, full size."""


class PinBaseline(OfStory):
    """Later runs are compared with this one; a form asks why."""


class AcceptRisk(OfStory):
    """Lift the hold of an undecided verdict for some days; a form asks where, of which gate, how long and why."""

    gates: tuple[str, ...]
    """functional, safety, whichever is undecided."""
