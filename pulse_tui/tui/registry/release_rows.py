"""Pure row renderers of a release history, and which release one is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pulse_tui.domain.moments import age
from pulse_tui.domain.views.registry import ReleaseRow
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment
from pulse_tui.tui.registry.rows import back


def serves(row: ReleaseRow) -> Span:
    """Where it serves now: ``prod canary``."""
    words = " ".join(environment(word)[0] for word in row.serves)
    return words or "-", styles.BOLD if "production" in row.serves else styles.PLAIN if words else styles.DIM


def history_cells(row: ReleaseRow, now_us: int) -> Cells:
    """VERSION ITER BRANCH STATE SERVES PROMOTED BACK VERDICT CREATED. ``!`` stands by a version that has a remark."""
    if row.change:
        return _change_cells(row, now_us)
    promoted = f"{row.promoted} {age(row.promoted_us, now_us)}" if row.promoted_us is not None else row.promoted
    return (
        (row.version + " !" * bool(row.remark), styles.WARN if row.remark else styles.PLAIN),
        (str(row.iteration), styles.DIM),
        (row.branch or "-", styles.DIM),
        styles.state(row.state),
        serves(row),
        (promoted or "-", styles.DIM),
        back(row.pointer),
        styles.state(row.verdict) if row.verdict else ("-", styles.DIM),
        (age(row.created_us, now_us), styles.DIM),
    )


def _change_cells(row: ReleaseRow, now_us: int) -> Cells:
    """A pushed change, in the columns of a release: what has no place there is in the line below the list."""
    none = ("-", styles.DIM)
    return (
        (row.version or "-", styles.DIM),
        (str(row.iteration), styles.DIM),
        none,
        ("~ changed", styles.DIM),
        none,
        (f"{row.change} by {row.by}", styles.DIM),
        none,
        none,
        (age(row.created_us, now_us), styles.DIM),
    )


def history_fields(row: ReleaseRow) -> Fields:
    """Names for the filter."""
    return {
        "version": row.version,
        "iter": str(row.iteration),
        "branch": row.branch,
        "state": row.change or row.state,
        "env": " ".join(environment(word)[0] for word in row.serves),
        "promoted": row.promoted,
        "back": row.pointer,
        "verdict": row.verdict,
        "digest": row.digest,
        "remark": row.remark,
    }


def history_detail(row: ReleaseRow) -> list[Span]:
    """What did not fit the line: its remark, and its digest; of a change what was changed, and by whom."""
    if row.change:
        return [
            (f"{row.change} by {row.by}: {row.what}  ", styles.PLAIN),
            (f"digest {row.digest or 'not known'}", styles.DIM),
        ]
    remark = [(f"! {row.remark}  ", styles.WARN)] if row.remark else []
    return [*remark, (f"digest {row.digest or 'not known'}", styles.DIM)]


HISTORY: Final[Spec[ReleaseRow]] = Spec(
    title="Releases and changes, newest iteration first",
    columns=(
        Column("VERSION", 7, 20, by=lambda row: values.version(row.version)),
        Column("ITER", 4, 7, right=True, by=lambda row: row.iteration, most_first=True),
        Column("BRANCH", 6, 12, drop=3, by=lambda row: values.words(row.branch)),
        Column("STATE", 8, 13, by=lambda row: values.state(row.state)),
        Column("SERVES", 6, 20, by=lambda row: values.places(row.serves)),
        Column("PROMOTED", 8, 0, wish=16, by=lambda row: values.age(row.promoted_us)),
        Column("BACK", 5, 10, drop=2, by=lambda row: values.version(row.pointer)),
        Column("VERDICT", 7, 14, by=lambda row: values.state(row.verdict)),
        Column("CREATED", 7, 7, drop=1, right=True, by=lambda row: values.age(row.created_us)),
    ),
    cells=history_cells,
    key=lambda row: row.key,
    fields=history_fields,
    names=("version", "iter", "branch", "state", "env", "promoted", "back", "verdict", "digest", "remark"),
    wants_attention=lambda row: bool(row.remark) or row.verdict in ("FAIL", "INCONCLUSIVE"),
    copied=lambda row: (
        f"{row.version} iteration {row.iteration} {row.change or row.state} {row.digest}"
        + (f": by {row.by}: {row.what}" if row.change else "")
        + (f": {row.remark}" if row.remark else "")
    ),
    moment=lambda row: row.created_us,
    empty="no release is known yet. A source that reports versions brings them in, or: pulse-tui ingest",
)


def to_compare(rows: Sequence[ReleaseRow], version: str, marked: str | None) -> tuple[str, str] | None:
    """(older, newer) by iteration: ``version`` and the marked release, else the one that serves in production,
    else the one before it. None when there is no other.
    """
    by_iteration = sorted((row for row in rows if not row.change), key=lambda row: row.iteration)
    at = next((n for n, row in enumerate(by_iteration) if row.version == version), None)
    if at is None:
        return None
    candidates = [n for n, row in enumerate(by_iteration) if row.version == marked]
    candidates += [n for n, row in enumerate(by_iteration) if "production" in row.serves]
    candidates.append(at - 1)
    other = next((n for n in candidates if n >= 0 and n != at), None)
    if other is None:
        return None
    return by_iteration[min(at, other)].version, by_iteration[max(at, other)].version
