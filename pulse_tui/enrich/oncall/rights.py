"""Who may waive, silence, lift, override or change policy: by role."""

from __future__ import annotations

from collections.abc import Mapping

from pulse_tui.domain.oncall import OnCall, Right, Role

NEEDS: Mapping[str, Right] = {
    "alert.waive": Right.WAIVE,
    "waiver.add": Right.WAIVE,
    "waiver.end": Right.WAIVE,
    "alert.silence": Right.SILENCE,
    "silence": Right.SILENCE,
    "maintenance": Right.SILENCE,
    "lift": Right.LIFT,
    "hold.review": Right.LIFT,
    "freeze.override": Right.OVERRIDE,
    "risk.accept": Right.OVERRIDE,
    "policy.approve": Right.POLICY,
    "policy.propose": Right.POLICY,
    "policy.reject": Right.POLICY,
}
"""What an action that the desk is asked for needs beside the operators' file; one that is not here needs no right."""
_WORDS = {
    Right.WAIVE: "waive",
    Right.SILENCE: "silence",
    Right.LIFT: "lift a hold",
    Right.OVERRIDE: "let a release past a gate",
    Right.POLICY: "change policy",
}


def roles_of(operator: str, oncall: OnCall) -> frozenset[Role]:
    """Their own role, and those of their teams."""
    person = oncall.people.get(operator)
    found = {t.role for t in oncall.teams.values() if operator in t.members}
    found |= {person.role} if person is not None else set()
    return frozenset(role for role in found if role is not None)


def may(oncall: OnCall, operator: str, right: Right | None) -> str | None:
    """Why the operator has not the right; None when they have, or when the configuration gives it to everybody."""
    if right is None or right not in oncall.rights:
        return None
    needed, has = oncall.rights[right], roles_of(operator, oncall)
    if has & set(needed):
        return None
    roles = " or ".join(r.value for r in needed) or "nobody"
    own = ", ".join(sorted(r.value for r in has)) or "none"
    return f"{operator} may not {_WORDS[right]}: that is for {roles}, and the role of {operator} is {own}"
