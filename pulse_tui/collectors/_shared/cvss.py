"""CVSS base scores: v3.0 and v3.1 here (most records have one), v2 and v4 by the ``cvss`` library.

v3 base scores from their vectors (FIRST, CVSS v3.1 specification, section 7.1)."""

from __future__ import annotations

from pulse_tui.domain.words import Severity

_WEIGHTS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_REQUIRED = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")


def score(vector: str) -> float:
    """The base score of a vector of any version. Raises ValueError for one that is none."""
    if vector.startswith("CVSS:3."):
        return base_score(vector)
    import cvss  # noqa: PLC0415  late: few records need it

    try:
        made = cvss.CVSS4(vector) if vector.startswith("CVSS:4.") else cvss.CVSS2(vector)
    except cvss.CVSSError as error:
        raise ValueError(str(error)) from None
    return float(made.base_score)


def rated(score: float | None) -> Severity | None:
    """CVSS v3 qualitative rating (specification, section 5); 0.0 counts as low."""
    if score is None:
        return None
    for limit, severity in ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM)):
        if score >= limit:
            return severity
    return Severity.LOW


def base_score(vector: str) -> float:
    """The base score, 0.0 to 10.0. Raises ValueError naming what the vector lacks or repeats.

    Temporal and environmental metrics may follow; they do not change the base score.
    """
    head, _, tail = vector.strip().partition("/")
    if head not in ("CVSS:3.0", "CVSS:3.1"):
        raise ValueError(f"not a CVSS v3 vector: {vector[:40]!r}")
    metrics: dict[str, str] = {}
    for part in tail.rstrip("/").split("/"):
        name, colon, value = part.partition(":")
        if not colon or name in metrics:
            raise ValueError(f"{part!r} is malformed or repeated")
        metrics[name] = value
    if missing := [name for name in _REQUIRED if name not in metrics]:
        raise ValueError(f"{', '.join(missing)} missing")
    try:
        changed = {"U": False, "C": True}[metrics["S"]]
        privileges = _PRIVILEGES[metrics["S"]][metrics["PR"]]
        w = {name: weights[metrics[name]] for name, weights in _WEIGHTS.items()}
    except KeyError as error:
        raise ValueError(f"unknown value {error.args[0]!r}") from None
    iss = 1 - (1 - w["C"]) * (1 - w["I"]) * (1 - w["A"])
    impact = 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02) ** 15 if changed else 6.42 * iss
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * w["AV"] * w["AC"] * privileges * w["UI"]
    total = impact + exploitability
    return _round_up(min(1.08 * total if changed else total, 10.0))


def _round_up(value: float) -> float:
    """Up to one decimal, by the specification's integer arithmetic (Appendix A): no float surprises."""
    scaled = round(value * 100_000)
    return scaled / 100_000 if scaled % 10_000 == 0 else (scaled // 10_000 + 1) / 10
