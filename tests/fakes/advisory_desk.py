"""What the tower shows of advisories in tests: a page, the ledger, a blast radius."""

from __future__ import annotations

from pulse_tui.domain.views.advisories import (
    AdvisoryRow,
    FeedRow,
    Ledger,
    LedgerPage,
    LedgerRow,
    Radius,
    RadiusRow,
    WaiverRow,
)
from tests.fakes.registry_desk import ago


def advisory_lines(row: AdvisoryRow) -> tuple[tuple[str, str], ...]:
    """The three questions of a row."""
    return (
        ("What changed", f"{row.id}: {row.title}"),
        ("What is the risk", "critical, CVSS 9.8; known to be exploited"),
        ("", f"it reaches {row.production_hits} assets in production, 1 in canary"),
        ("What to do now", "upgrade to 0.9.2; the asset is frozen until then"),
    )


STORY = (
    ("Why", "P1 embed-gateway production: known exploited (KEV 2026-11-02) · critical 9.8 · public · stores prompts"),
    ("Exploited", "yes, in KEV since 2026-11-02, to be acted on by 2026-11-23; KEV of 2026-11-28 (1d old)"),
    ("EPSS", "unknown: no list was read"),
    ("In production", "P1 embed-gateway: vllm 0.9.1 matched: 0.9.1 is in the affected range; fixed in 0.9.2; 3h left to respond"),
    ("In canary", "P2 support-bot: vllm 0.9.1 matched: 0.9.1 is in the affected range; fixed in 0.9.2; waived"),
    ("PyPI vllm", "GHSA-1 (osv): from 0.5.0, fixed in 0.9.2"),
    ("", "PYSEC-2026-9 (pypa): from the first, fixed in 0.9.1.post1; 14 versions listed"),
    ("", "▲ its sources name different fixes: the stricter one counts until somebody settles it"),
    ("Waivers", "w-1  CVE-2026-3248  [support-bot canary: pkg:pypi/vllm@0.9.1]  affected  by ana until 2026-12-20T00:00Z: no users yet"),
    ("Record", "GHSA-1, PYSEC-2026-9"),
    ("Aliases", "GHSA-1, PYSEC-2026-9"),
    ("Feed", "osv: answered 3h ago, of 2026-11-28"),
)  # fmt: skip
LEDGER = LedgerPage(
    Ledger(
        (
            LedgerRow("PyPI", 2, 340, 1, (("its version cannot be compared", 1),)),
            LedgerRow("generic", 0, 0, 2, (("no feed covers its ecosystem", 2),)),
            LedgerRow("Debian", 0, 88, 0),
        ),
        (LedgerRow("osv", 2, 428, 1),),
        (
            FeedRow("nvd", "nvd", "cpe", ago(300), ago(200), 40_000, stale=True, configured=True, why="it has not answered for 8 d"),
            FeedRow("osv", "osv", "PyPI, Debian", ago(30), ago(3), 1_091, stale=False, configured=True),
        ),
        2, 428, 3, ("generic",),
    ),
    (
        ("embed-gateway", "nvidia-driver 550.54", "no feed covers generic"),
        ("support-bot", "torch latest", "the installed version 'latest' cannot be read as a PyPI version"),
    ),
)  # fmt: skip
RADIUS = Radius(
    "CVE-2026-3248",
    "CVE-2026-3248: 1 component, 3 assets (2 in production), 1 workflow, 1 endpoint, 2 teams",
    (
        RadiusRow(0, "component", "vllm", "0.9.1", (), None, "", "matched; fixed in 0.9.2"),
        RadiusRow(1, "asset", "embed-gateway", "1.9.3", ("production",), 1.0, "platform-ai", "P1"),
        RadiusRow(2, "endpoint", "api.acme.ai/embed", "", ("production",), None, "platform-ai", "production-critical, enterprise"),
        RadiusRow(2, "workflow", "refunds", "", (), None, "ml-support", "stage retrieve"),
        RadiusRow(2, "asset", "support-bot", "3.8.1", ("production", "canary"), 0.88, "ml-support", "built on embed-gateway"),
        RadiusRow(1, "asset", "summarizer", "0.9.0", ("shadow",), 0.0, "", "note"),
        RadiusRow(1, "asset", "support-bot", "3.8.1", ("canary",), 0.12, "ml-support", "P2, waived", again=True),
    ),
)  # fmt: skip
WAIVERS = (
    WaiverRow(
        "8c1d0b52aa01", "CVE-2026-411", "embed-gateway", "pkg:pypi/ray", "2.9.0", "", "affected", "",
        "the jobs API is not enabled here", "ana", "ana", ago(30), ago(-24 * 12), "", True, "", 1,
    ),
    WaiverRow(
        "77d0c4e1bb02", "CVE-2026-3248", "support-bot", "pkg:pypi/vllm", "0.9.1", "canary", "not_affected",
        "vulnerable_code_not_in_execute_path", "no tensors from outside", "ben", "ben", ago(900), ago(100), "", False,
        "known to be exploited since 2026-11-02", 0,
    ),
)  # fmt: skip
