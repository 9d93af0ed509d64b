"""The registry's side of the fake desk: releases that actions really move, and the pages over them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.registry import (
    CalendarRow,
    DependentRow,
    Dependents,
    GateLine,
    GateMark,
    GateStory,
    InventoryRow,
    RegistryRow,
    ReleaseRow,
    ReleaseStory,
    StageCell,
    Tree,
    TreeRow,
    WorkflowRow,
)

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
NOW_US = to_us(NOW)
HOUR_US = 3_600_000_000


def ago(hours: float) -> int:
    """Microseconds since the epoch, so many hours before NOW."""
    return NOW_US - int(hours * HOUR_US)


WORKFLOWS = (
    WorkflowRow(
        "refunds", "canary", "FAIL", "generate: accuracy -5.2 pp",
        (StageCell("classify", "intent-model", "1.4.0", "ok"), StageCell("retrieve", "kb-retriever", "13", "ok"), StageCell("generate", "support-bot", "3.8.2", "FAIL")),
        ago(2), "ml-support",
    ),
    WorkflowRow(
        "refunds", "production", "conflict", "retrieve: the registry says 13, ci says 12",
        (StageCell("classify", "intent-model", "1.4.0", "ok"), StageCell("retrieve", "kb-retriever", "13", "conflict"), StageCell("generate", "support-bot", "3.8.1", "ok")),
        ago(144), "ml-support",
    ),
    WorkflowRow("code-review", "production", "ok", "", (StageCell("draft", "code-assist", "2.4.0", "ok"),), ago(30), "dev-tools"),
)  # fmt: skip
RELEASES = (
    ReleaseRow("3.8.2", 1418, "3.8", "evaluated", ("canary",), ago(9), "canary by ci", ago(2), "3.8.1", "FAIL", "sha256:9f21c0", ""),
    ReleaseRow("3.7.2-hotfix", 1415, "3.7", "draft", (), ago(20), "", None, "", "", "sha256:77aa01", "another digest was seen for it: sha256:0badc0, by ci, 2026-11-22"),
    ReleaseRow("3.8.1", 1412, "3.8", "promoted", ("production",), ago(160), "prod by ana", ago(144), "3.8.0", "PASS", "sha256:41c9ab", ""),
    ReleaseRow("3.8.0", 1402, "3.8", "promoted", (), ago(400), "prod by ben", ago(380), "3.7.1", "PASS", "sha256:1d0e44", "gone from its source since 2026-11-20"),
    ReleaseRow("3.7.1", 1395, "", "", (), ago(880), "", None, "", "", "sha256:5a5a5a", "", "system prompt change", "ana", "the refund paragraph"),
    ReleaseRow("3.7.1", 1391, "3.7", "retired", (), ago(900), "prod by ana", ago(880), "", "PASS", "sha256:5512fe", ""),
)  # fmt: skip
TREE = Tree(
    "support-bot",
    "since 3.8.1 was approved (6d): vllm 0.9.0 -> 0.9.1, retriever corpus 12 -> 13, gpt-4.1 alias moved",
    (
        TreeRow(0, "gpt-4.1", "gpt-4.1-2025-04-14", "hosted_model", "openai:gpt-4.1", "estate", "alias moved: was gpt-4.1-2025-03-30", False),
        TreeRow(0, "vllm", "0.9.1", "package", "pkg:pypi/vllm@0.9.1", "sbom", "was 0.9.0", False),
        TreeRow(1, "ray", "2.44.0", "package", "pkg:pypi/ray@2.44.0", "sbom", "", False),
        TreeRow(2, "protobuf", "5.29.4", "package", "pkg:pypi/protobuf@5.29.4", "sbom", "", False),
        TreeRow(1, "torch", "2.6.0", "package", "pkg:pypi/torch@2.6.0", "sbom", "", False),
        TreeRow(0, "kb-retriever", "13", "asset", "asset:kb-retriever", "registry", "was 12", False),
        TreeRow(1, "ray", "2.44.0", "package", "pkg:pypi/ray@2.44.0", "sbom", "", True),
        TreeRow(0, "profanity-filter", "4", "safety_filter", "guard/profanity@4", "estate", "", False),
    ),
    ("support-bot.cdx.json, 6d old", "uv.lock of kb-retriever, 2h old"),
)  # fmt: skip
DEPENDENTS = Dependents(
    "vllm 0.9.1",
    "2 assets use vllm, 1 of them in production",
    (
        DependentRow("support-bot", "0.9.1", ("production", "canary"), "directly", "ml-support", ("refunds",), ("/chat",)),
        DependentRow("summarizer", "0.9.0", ("shadow",), "ray > vllm", "", (), ()),
    ),
    "pkg:pypi/vllm@0.9.1",
)  # fmt: skip
CALENDAR = (
    CalendarRow(NOW_US + 41 * 24 * HOUR_US, "openai", "shuts down", "gpt-4.1", "3 assets use it; successor gpt-5-mini", "note-7"),
    CalendarRow(NOW_US + 3 * 24 * HOUR_US, "ours", "pointer check due", "embed-gateway", "the rollback target is checked again", "embed-gateway"),
    CalendarRow(ago(2), "ours", "promoted", "support-bot 3.8.2", "to canary by ci", "support-bot"),
    CalendarRow(ago(9), "ours", "released", "support-bot 3.8.2", "iteration 1418 on 3.8", "support-bot"),
    CalendarRow(ago(50), "openai", "behaviour change", "gpt-4.1", "default temperature changed", "note-8"),
    CalendarRow(ago(52), "osv", "advisory", "CVE-2026-3248", "remote code execution in vllm", "GHSA-1"),
)  # fmt: skip
INVENTORY = (
    InventoryRow("undeclared", "support-bot-eu", "the alias production points at version 4; the estate does not know it", "mlflow", "declare it under estate, assets, or take the alias away", Ref(RefKind.ASSET, "support-bot-eu")),
    InventoryRow("disputed", "kb-retriever/production", "version: the registry says 13, ci says 12", "registry", "ask platform-ai which serves; then correct the other", Ref(RefKind.ASSET, "kb-retriever")),
    InventoryRow("unowned", "summarizer", "it has no owner", "estate", "name an owner_team for it under estate, assets", Ref(RefKind.ASSET, "summarizer")),
    InventoryRow("unseen", "embed-gateway/canary", "declared, and no source has seen it for 9d", "estate", "take it out of the estate, or look why mlflow does not see it", Ref(RefKind.ASSET, "embed-gateway")),
)  # fmt: skip


class FakeRegistry:
    """Mixed into the fake desk, which has the rows of the board and ``_did``."""

    registry: tuple[RegistryRow, ...]
    operator: str

    def start_registry(self, *, empty: bool) -> None:
        """The state at the beginning."""
        self.releases: dict[str, tuple[ReleaseRow, ...]] = {} if empty else {"support-bot": RELEASES}
        self.workflows: tuple[WorkflowRow, ...] = () if empty else WORKFLOWS
        self.trees: dict[str, Tree] = {"support-bot": TREE}
        self.found: Dependents = DEPENDENTS
        self.days: tuple[CalendarRow, ...] = () if empty else CALENDAR
        self.differences: tuple[InventoryRow, ...] = () if empty else INVENTORY
        self.gate_reasons: list[tuple[str, str]] = []

    def _did(self, *call: str) -> None:
        raise NotImplementedError

    def history(self, asset_id: str) -> tuple[ReleaseRow, ...]:
        if asset_id not in {row.asset for row in self.registry}:
            raise NotFound(f"there is no asset {asset_id}")
        return self.releases.get(asset_id, ())

    def _release(self, asset_id: str, version: str) -> ReleaseRow:
        row = next((row for row in self.history(asset_id) if row.version == version), None)
        if row is None:
            raise NotFound(f"{asset_id} has no release {version}")
        return row

    def release_story(self, asset_id: str, version: str) -> ReleaseStory:
        row = self._release(asset_id, version)
        return ReleaseStory(row.state, (
            ("Release", f"{asset_id} {version} (iteration {row.iteration}): {row.state}, branch {row.branch}"),
            ("serves", ", ".join(row.serves) or "nowhere"),
            ("digest", row.digest),
            ("provenance", "commit 4be21c0 of acme/support-bot\nbuilder github-actions, run 8812\nin-toto statement sha256:c0ffee (slsa provenance v1)"),
            ("lineage", "base model      llama-4-8b@2026-10\nprompt template refund-v9\nsafety policy   guard-4"),
            ("interface", "schema chat-2, prompt format chatml-1, tooling tools-7"),
            ("promotions", row.promoted or "none"),
            ("remark", row.remark or "nothing odd about it"),
        ))  # fmt: skip

    def release_diff(self, asset_id: str, older: str, newer: str) -> tuple[tuple[str, str], ...]:
        before, after = self._release(asset_id, older), self._release(asset_id, newer)
        return (
            ("what changed", f"prompt template refund-v8 -> refund-v9; iteration {before.iteration} -> {after.iteration}"),
            ("what is the risk", f"accuracy 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 2 pp: {after.verdict or 'not compared'}"),
            ("what to do now", "hold it: FAIL on a must-pass task"),
            ("lineage", "prompt template  refund-v8 -> refund-v9\nbase model       the same"),
            ("dependencies", "vllm 0.9.0 -> 0.9.1\ngpt-4.1 alias moved"),
            ("verdicts", f"{older} {before.verdict or 'none'}\n{newer} {after.verdict or 'none'}"),
            ("cost", "0.82 -> 0.97 USD per 1,000 requests (+18 %)"),
            ("interface", "the same"),
            ("provenance", "commit 81aa02 -> 4be21c0"),
        )  # fmt: skip

    def tree(self, asset_id: str) -> Tree:
        return self.trees.get(asset_id) or Tree(asset_id, "", (), ())

    def dependents(self, component_id: str) -> Dependents:
        if "vllm" not in component_id:
            raise NotFound(f"there is no component {component_id}", todo="Write its name or its purl")
        return self.found

    def calendar(self) -> tuple[CalendarRow, ...]:
        return self.days

    def inventory(self) -> tuple[InventoryRow, ...]:
        return self.differences

    def gate_story(self, asset_id: str, version: str, environment: str) -> GateStory:
        row = self._release(asset_id, version)
        reasons = list(self.gate_reasons)
        if row.verdict != "PASS":
            reasons.append(("functional", f"golden-v7 is {row.verdict or 'not run'}; it must PASS"))
        if row.state != "approved":
            reasons.append(("approval", f"the release is {row.state}; approve it first"))
        lines = (
            GateLine("digest", GateMark.OK, "equal to what was evaluated"),
            GateLine("safety", GateMark.ADVISORY, "missing, advisory: no safety suite exists for it -> name one under suites"),
            *(GateLine(name, GateMark.BLOCKING, f"failed, blocking: {reason}") for name, reason in reasons),
            GateLine("pointer", GateMark.OK, "3.8.0, checked 1h ago"),
        )  # fmt: skip
        return GateStory(not reasons, f"{asset_id} {version} to {environment} (policy 41c9ab3f41c9)", lines,
            (f"{version} would replace 3.8.1, which serves in {environment}",),
            tuple(f"mend {name}" for name, _ in reasons), row.state)  # fmt: skip

    def _set_release(self, asset_id: str, version: str, **changes: Any) -> None:
        self._release(asset_id, version)
        self.releases[asset_id] = tuple(
            row._replace(**changes) if row.version == version else row for row in self.releases[asset_id]
        )

    def move_release(self, asset_id: str, version: str, action: str, why: str) -> str:
        self._did("move_release", asset_id, version, action, why)
        state = {"approve": "approved", "quarantine": "quarantined", "retire": "retired"}[action]
        self._set_release(asset_id, version, state=state)
        return f"{asset_id} {version} is {state}"

    def promote(self, asset_id: str, version: str, environment: str, why: str) -> str:
        story = self.gate_story(asset_id, version, environment)
        if not story.go:
            raise Refused(
                f"the gate is closed for {asset_id} {version}",
                [line.text for line in story.reasons if line.mark is GateMark.BLOCKING],
            )
        self._did("promote", asset_id, version, environment, why)
        self._set_release(
            asset_id, version, state="promoted", promoted=f"{environment} by {self.operator}", promoted_us=NOW_US
        )
        return f"{asset_id} {version} is promoted to {environment}"
