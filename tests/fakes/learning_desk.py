"""The learning side of the fake desk: verdicts that stay, what was missed."""

from __future__ import annotations

from datetime import datetime


class FakeLearning:
    """Part of :class:`tests.fakes.desk.FakeDesk`."""

    verdicts: dict[str, str]
    missed: list[str]

    def start_learning(self) -> None:
        """Nobody gave a verdict yet."""
        self.verdicts, self.missed = {}, []

    def _did(self, *call: str) -> None:
        raise NotImplementedError

    def give_verdict(self, alert_id: str, verdict: str, why: str = "") -> str:
        self._did("give_verdict", alert_id, verdict, why)
        self.verdicts[alert_id] = verdict
        return f"{verdict}: {alert_id} (a verdict: the alert stays as it is)"

    def add_missed(
        self, what: str, onset: datetime, asset_id: str = "", environment: str = "", incident_id: str = ""
    ) -> str:
        self._did("add_missed", what, onset.isoformat(), asset_id, environment, incident_id)
        self.missed.append(what)
        return f"recorded as missed: {what}"
