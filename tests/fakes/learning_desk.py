"""The learning side of the fake desk: verdicts that stay, what was missed, a log of some pages, a report."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.measure import Measure, Unit
from pulse_tui.domain.views.learning import (
    ActivityRow,
    Checklist,
    ChecklistLine,
    DecisionRow,
    LearningReport,
    ReviewDate,
    Section,
    Table,
)
from tests.fakes.registry_desk import NOW_US, ago

PAGE = 100
LINES = 250
"""Of the log."""
LIST = Checklist(
    "acme-ai",
    "",
    (
        ChecklistLine("inventory", "every production model and dependency is inventoried", True, "3 of 3 production assets"),
        ChecklistLine(
            "drilled", "the rollback of each production asset was drilled", False, "1 of 3 deployments",
            ("code-assist (never drilled)", "embed-gateway (drilled 140 d ago)"), "pulse-tui rollback drill ASSET --env production",
        ),
        ChecklistLine("cves", "every component that serves is mapped to vulnerabilities", None, "no component is known"),
        ChecklistLine("accountable_owner", "an accountable owner of the system is named", False, "nobody is named"),
    ),
    (ReviewDate("critical-cve", "security", "2026-11-01", True), ReviewDate("latency-breach", "sre", "2027-05-01", False)),
)  # fmt: skip
DECIDED = (
    DecisionRow(241, ago(1), "ana@jump-1", "lift", "hold lifted freeze/embed-gateway/operator", "embed-gateway", "the fix is in"),
    DecisionRow(180, ago(30), "ben", "waiver", "alert waived al-9", "support-bot", "not reachable; until 2026-12-24"),
)  # fmt: skip


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

    def learning_report(self, audience: str, days: int = 90) -> LearningReport:
        detect = Measure(
            "time_to_detect", "mean time to detect", "from the onset to the first alert", Unit.SECONDS, None, 0, 0,
            "incidents", 2, "their onset is not known",
        )  # fmt: skip
        noise = Table(("rule", "alerts"), (("latency-breach", "14"),))
        sections = (Section("How fast", (), (detect,)), Section("Noise by rule", (f"for {audience}",), table=noise))
        return LearningReport(audience, "acme-ai", ago(24 * days), NOW_US, sections)

    def checklist(self) -> Checklist:
        return LIST

    def activity(self, before: int | None = None) -> tuple[ActivityRow, ...]:
        last = LINES if before is None else before - 1
        return tuple(
            ActivityRow(
                seq,
                ago((LINES - seq) / 2),
                "ana" if seq % 10 == 0 else "pulse-tui",
                "alert.opened",
                f"al-{seq}",
                "",
                "uid 1000",
            )
            for seq in range(last, max(0, last - PAGE), -1)
        )

    def decisions(self) -> tuple[DecisionRow, ...]:
        return DECIDED
