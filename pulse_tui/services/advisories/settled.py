"""What operators settled of fixes that databases name differently, wherever records are matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.settled import SettledFix
from pulse_tui.enrich.advisories.settled import Key, capped, differ, fixes, packages, side_by_side, standing
from pulse_tui.ports import Transaction

SETTLE = "pulse-tui advisory settle {} {} VERSION --why REASON"


def as_settled(groups: Mapping[str, Sequence[Advisory]], tx: Transaction) -> dict[str, list[Advisory]]:
    """The records of each vulnerability (by its name) with what was settled of it and holds."""
    return {name: list(group) for name, group in groups.items()} | settled_only(groups, tx)


def settled_only(groups: Mapping[str, Sequence[Advisory]], tx: Transaction) -> dict[str, list[Advisory]]:
    """The same of those vulnerabilities alone of which something was settled, whether or not it holds still."""
    return {
        name: capped(groups[name], standing(settled, groups[name])) for name, settled in tx.settled.of(groups).items()
    }


def holding(name: str, records: Sequence[Advisory], tx: Transaction) -> dict[Key, SettledFix]:
    """What was settled of the vulnerability's packages and holds."""
    return {fix.key: fix for fix in standing(tx.settled.of([name]).get(name, ()), records)}


def fix_lines(name: str, records: Sequence[Advisory], tx: Transaction) -> dict[Key, str]:
    """Of each package what every database names as its fix, side by side, and what was settled of that."""
    every = tx.settled.of([name]).get(name, ())
    held = {fix.key: fix for fix in standing(every, records)}
    lapsed = {fix.key: fix for fix in every if fix.key not in held}
    lines = dict[Key, str]()
    for key in packages(records):
        found = fixes(records, key)
        if not found:
            continue
        text = side_by_side(found)
        if key in held:
            text += f"; {held[key].fixed} is {held[key].words}"
        elif differ(found):
            text += f"; the strictest counts until it is settled: {SETTLE.format(name, key[1])}"
        if key in lapsed:
            text += f"; {lapsed[key].fixed} was {lapsed[key].words}, which lapsed: a record states other versions since"
        lines[key] = text
    return lines
