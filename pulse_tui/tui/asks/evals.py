"""What the Benchmarks pane and the benchmark screens ask for. Only the app answers."""

from __future__ import annotations

from textual.message import Message

from pulse_tui.domain.views.evals import BenchStory, GateRow


class OpenBench(Message):
    """Open a suite of an asset."""

    def __init__(self, asset_id: str, suite: str = "", metric: tuple[str, str] | None = None) -> None:
        """An empty ``suite`` is the one that does worst; ``metric`` is (task, metric) for the cursor."""
        super().__init__()
        self.asset_id, self.suite, self.metric = asset_id, suite, metric


class OfStory(Message):
    """About the run that a screen shows."""

    def __init__(self, story: BenchStory) -> None:
        """The run as the desk told it."""
        super().__init__()
        self.story = story


class ShowRun(Message):
    """Show another run of the suite in the place of the one that is shown."""

    def __init__(self, run_id: str) -> None:
        """The run's id."""
        super().__init__()
        self.run_id = run_id


class OpenRuns(OfStory):
    """Open the list of the suite's runs."""


class OpenMeasures(OfStory):
    """Open latency, cost, calibration and the facts of the run."""


class OfLine(OfStory):
    """About one line of the gate table."""

    def __init__(self, story: BenchStory, row: GateRow) -> None:
        """The line."""
        super().__init__(story)
        self.row = row


class OpenFlips(OfLine):
    """Open the items that were answered otherwise."""


class OpenChart(OfLine):
    """Open the line's metric over the releases, full size."""


class PinBaseline(OfStory):
    """Later runs are compared with this one; the app asks why."""


class AcceptRisk(OfStory):
    """Lift the hold of an undecided verdict for some days; the app asks where, of which gate, how long and why."""

    def __init__(self, story: BenchStory, gates: tuple[str, ...]) -> None:
        """``gates``: functional, safety, whichever is undecided."""
        super().__init__(story)
        self.gates = gates
