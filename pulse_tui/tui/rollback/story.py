"""The page of a plan as text: pure functions of the plan, of the moment, and of whether anything may be written."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.style import Style

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.rollback import DUE, HALF_WAY, PlanLine, PlanStory, RunStory, StepView, VoteView
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.rows import environment

LONGEST: Final = 300
"""Of one text from outside: a longer one would push what matters below the fold. The commands print all of it."""
NAME: Final = 60
TARGET: Final = 40
"""Of a target where it stands beside others: its end tells it from them, and all of it stands further down."""
SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US


class Words(NamedTuple):
    """What a plan of a purpose is called and does."""

    title: str
    does: str
    """``yours is the last one needed, so it ... at once``."""
    button: str


_WORDS: Final = {
    "rollback": Words("Rollback plan", "rolls back", "roll back"),
    "undo": Words("Undo plan", "undoes the rollback", "undo"),
    "drill": Words("Drill", "rehearses on the replica", "rehearse"),
    "pause": Words("Pause plan", "pauses", "pause"),
    "shift": Words("Shift plan", "shifts traffic", "shift"),
    "resume": Words("Resume plan", "goes on", "resume"),
}
_GLYPHS: Final = {
    "pending": "○", "intent": "▲", "sent": "▲", "verified": "●", "failed": "✖", "unknown": "✖", "undone": "◆",
}  # fmt: skip


def words(plan: PlanStory) -> Words:
    """What the plan is called and does."""
    return _WORDS.get(plan.purpose) or Words("Plan", "runs", "run")


def plan_state(word: str) -> Span:
    """The state of a plan or its run; one that stopped short of its end is never in the colour of success."""
    return (f"✖ {word}", styles.BAD) if word in (*HALF_WAY, "undone") else styles.state(word)


def plan_title(plan: PlanStory) -> list[Span]:
    """``Rollback plan  support-bot canary  3.8.2 → 3.8.1   ◆ proposed   41c9ab3f41c9``."""
    more = f" +{len(plan.moves) - 1}" if len(plan.moves) > 1 else ""
    about = f"{plan.asset}{more} {environment(plan.environment)[0]}  {versions(plan)}"
    return [
        (f" {words(plan).title}  ", styles.DIM),
        (safe(about), styles.BOLD),
        ("   ", styles.PLAIN),
        plan_state(plan.state),
        (f"   {plan.hash[:12]}", styles.DIM),
    ]


def versions(plan: PlanStory | PlanLine) -> str:
    """``3.8.2 → 3.8.1``; ``3.8.2 stays`` where no release moves."""
    if plan.from_version == plan.to_version:
        return f"{plan.from_version} stays"
    return f"{plan.from_version} → {plan.to_version}"


def cut(text: str, longest: int = LONGEST) -> str:
    """A text from outside on one line, and not longer than a page can bear."""
    text = " ".join(safe(text).split())
    if len(text) <= longest:
        return text
    return f"{text[:longest]}…" + (" (pulse-tui rollback show has all of it)" if longest == LONGEST else "")


def short(target: str) -> str:
    """``…eployments/support-bot/canary#version``."""
    target = " ".join(target.split())
    return target if len(target) <= TARGET else f"…{target[1 - TARGET :]}"


# ------------------------------------------------------------------ times


def clock(us: int, *, fine: bool = False) -> str:
    """``03:10:01``, with hundredths where they matter; UTC."""
    moment = from_us(us)
    return f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 10_000:02d}" if fine else "")


def left(until_us: int, now_us: int) -> str:
    """``1h 12m``, ``28m``, ``less than 1m``; empty once it is past."""
    minutes, rest = divmod(until_us - now_us, MINUTE_US)
    if until_us <= now_us:
        return ""
    minutes += rest > 0
    if minutes <= 1:
        return "less than 1m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def next_change(plan: PlanStory, now_us: int) -> int | None:
    """When the page reads otherwise though nothing was written; None: never."""
    if not plan.open or plan.expires_us <= now_us:
        return None
    whole = (plan.expires_us - now_us - 1) // MINUTE_US
    return plan.expires_us - whole * MINUTE_US


# ------------------------------------------------------------------ what to do now


def _after_run(plan: PlanStory, run: RunStory, read_only: bool) -> str:
    if plan.state == "verified":
        back = "" if read_only else f"; [u] makes the plan that puts {plan.from_version} back"
        if plan.purpose == "drill":
            return "nothing: it is done, as read back from every target"
        if plan.purpose not in ("rollback", "undo"):
            undo = "" if read_only else "; [u] makes the plan that undoes it"
            return f"nothing: {run.detail}{undo}"
        if plan.review == DUE:
            who = "" if plan.authorisation else "another operator: "
            how = "a review waits" if read_only else f"{who}see whether it helped, then [v] records what was found"
            return f"{how}; {plan.to_version} serves, as read back from the target{back}"
        return f"nothing: {plan.to_version} serves, as read back from the target{back}"
    if plan.state == "running":
        if run.halt_by:
            return f"wait: {run.halt_by} asked that it halts before its next step"
        at = next((f"step {n} of {len(plan.steps)}" for n, s in enumerate(plan.steps, 1) if s.state != "verified"), "")
        return f"wait: {at or 'the last read-back'} is under way, and this page follows it" + (
            "" if read_only else "; [h] halts the run before its next step"
        )
    return {
        "undone": f"read in RUN why it failed: what was moved is back, {plan.from_version} serves",
        "halted": f"the run halted, and RUN says what every target has now: {_mend(read_only)}",
        "unknown": f"check the target: whether the last step in RUN took effect is unknown; then {_mend(read_only)}",
        "abandoned": f"its process is gone: {_mend(read_only)}",
    }.get(plan.state, "read RUN: it shows the state of the run")


def _mend(read_only: bool) -> str:
    return "resume or undo it in a tower that may write" if read_only else "[e] resumes it, [u] undoes what it moved"


def next_step(plan: PlanStory, read_only: bool) -> str:
    """What the operator can do now, in one sentence."""
    if plan.run is not None:
        return _after_run(plan, plan.run, read_only)
    if not plan.open:
        return f"this plan is {plan.state}; make a new one from the alert"
    if read_only:
        return "read-only: approve it in a tower that may write"
    if not plan.missing:
        return f"approved: [X] {words(plan).does} now; nothing has run yet"
    if not plan.may_approve:
        why = cut(plan.why_not) or "policy does not allow it"
        return f"{plan.waits}; you cannot approve it: {why}".removeprefix("; ")
    if not plan.checked_us:
        return "wait: the checks of its targets are being made; [r] reject"
    last = f"; yours is the last one needed, so it {words(plan).does} at once" if plan.missing == 1 else ""
    return f"[a] approve ({plan.approvals_given} of {plan.approvals_needed} given{last})   [r] reject"


def counted_checks(plan: PlanStory) -> str:
    """``checks: 5 of 7 good; BLOCKING: known good here; note: drilled``; empty when nothing is checked."""
    found = (*plan.certificate, *plan.checks)
    blocking = [name for name, ok, blocks, _ in found if not ok and blocks]
    notes = [name for name, ok, blocks, _ in found if not ok and not blocks]
    named = (f"; BLOCKING: {', '.join(blocking)}" if blocking else "") + (
        f"; note: {', '.join(notes)}" if notes else ""
    )
    return f"checks: {_good(found)}{named}" if found else ""


def _good(checks: tuple[tuple[str, bool, bool, str], ...]) -> str:
    return f"{sum(check[1] for check in checks)} of {len(checks)} good"


# ------------------------------------------------------------------ the blocks


def plan_blocks(plan: PlanStory, now_us: int, read_only: bool = False) -> list[Block]:
    """The page: what to do first, what changes and at what risk, then why it may, and the rest for who wants to know."""
    todo = [next_step(plan, read_only)]
    if plan.checks:  # in the top block too: on a small screen the checks themselves begin below the fold
        todo.append(counted_checks(plan))
    blocks = [
        *_banner(plan),
        Block("WHAT TO DO NOW", tuple(todo), styles.BOLD, styles.GOOD + styles.BOLD),
    ]
    if plan.run is not None:
        blocks += _run_blocks(plan, plan.run)
    blocks.append(Block("WHAT CHANGES", _changes(plan), tight=plan.run is None))
    blocks.append(Block("RISK", _risk(plan), tight=True))
    blocks += [Block("WHY", (cut(text),), tight=True) for label, text in plan.facts if label.casefold() == "why"]
    blocks.append(_approvals(plan, now_us))
    if plan.checks:  # nothing is checked once a run exists
        made = f"{_good(plan.checks)}, made at {clock(plan.checked_us)[:5]}" if plan.checked_us else _good(plan.checks)
        blocks.append(Block("CHECKS", (made, *_check_lines(plan.checks)), label_style=_worst(plan.checks)))
    if plan.certificate:
        lines = (_good(plan.certificate), *_check_lines(plan.certificate))
        blocks.append(Block("CERTIFICATE", lines, label_style=_worst(plan.certificate)))
    more = [(label.upper(), text) for label, text in plan.facts if label.casefold() != "why"]
    blocks += [Block(label, (text,), tight=bool(n)) for n, (label, text) in enumerate(more)]
    if any(short(step.target) != step.target for step in plan.steps):
        whole = (f"{number}. {cut(step.target)}" for number, step in enumerate(plan.steps, 1))
        blocks.append(Block("TARGETS", tuple(whole)))
    if len(plan.moves) > 1 or any(move.from_digest or move.to_digest for move in plan.moves):
        blocks.append(Block("DIGESTS", tuple(_digests(plan)), styles.DIM))
    blocks.append(Block("HASH", (plan.hash,), styles.DIM, tight=True))
    return blocks


def _banner(plan: PlanStory) -> list[Block]:
    broke = next((vote for vote in plan.votes if vote.break_glass), None)
    if broke is None:
        return _by_itself(plan)
    after = f". Reviewed by {cut(plan.review)}" if plan.review else ". Another one must review it"
    if plan.review == DUE:
        after = ". Another one must review it, by [v] in their tower"
    text = (
        f"{cut(broke.who, NAME)} decided alone at {clock(broke.at_us)}: {cut(broke.reason) or 'no reason given'}{after}"
    )
    return [Block("BREAK-GLASS", (text,), styles.BAD, styles.ALARM)]


def _by_itself(plan: PlanStory) -> list[Block]:
    if not plan.authorisation:
        return []
    after = "it waits for a review: [v]" if plan.review == DUE else f"reviewed by {cut(plan.review)}"
    text = f"pre-authorisation {plan.authorisation[:12]} let it run, nobody approved this very plan"
    text += f"; {after}" if plan.review else ""
    return [Block("BY ITSELF", (text,), styles.BAD, styles.ALARM)]


def _changes(plan: PlanStory) -> tuple[str, ...]:
    lines = [plan.headline] if plan.run is not None or plan.purpose != "rollback" else []
    if len(plan.moves) > 1:
        lines = [f"{len(plan.moves)} assets together, all of them or back: {plan.headline}"]
        lines += [f"{move.asset}  {move.from_version} → {move.to_version}" for move in plan.moves]
    if plan.run is None:
        lines += [_step_line(number, step, plan) for number, step in enumerate(plan.steps, 1)]
        within = ", ".join(dict.fromkeys(f"{step.timeout_s:g}" for step in plan.steps))
        lines.append(
            f"undo writes back what stands left of each →; each step within {within} s"
            if plan.steps
            else "no step: nothing would move"
        )
    return tuple(lines)


def _step_line(number: int, step: StepView, plan: PlanStory) -> str:
    whose = f"{step.asset}: " if len(plan.moves) > 1 else ""
    return f"{number}. {_move(step)}  {whose}{short(step.target)}"


def _move(step: StepView) -> str:
    return f"{cut(step.before) or 'nothing'} → {cut(step.after)}"


def _risk(plan: PlanStory) -> tuple[str, ...]:
    lines = [text for label, text in plan.radius if label == "Blast radius"]
    lines += [f"{label}: {text}" for label, text in plan.radius if label != "Blast radius"]
    wrong = [name for name, ok, _, _ in plan.certificate if not ok]
    if plan.certificate:
        lines.append(
            f"▲ the target's certificate lacks: {', '.join(wrong)}"
            if wrong
            else f"● {plan.to_version} has a whole certificate"
        )
    return tuple(lines) or ("unknown: nothing is recorded of what it reaches",)


def _approvals(plan: PlanStory, now_us: int) -> Block:
    lines = [f"{plan.approvals_given} of {plan.approvals_needed} given" + (f"; {plan.waits}" if plan.waits else "")]
    if plan.open:
        time_left = left(plan.expires_us, now_us)
        at = iso(from_us(plan.expires_us))
        lines.append(f"expires in {time_left}, at {at}" if time_left else f"EXPIRED at {at}: make a new plan")
    lines += [_vote_line(vote) for vote in plan.votes]
    if plan.signs is not None and plan.may_approve and plan.missing:
        lines.append(f"yours is {cut(plan.signs.words)}")
    return Block("APPROVALS", tuple(lines), tight=True)


def _vote_line(vote: VoteView) -> str:
    how = "rejected it" if not vote.yes else "BROKE THE GLASS" if vote.break_glass else "approved"
    mark = "✖" if not vote.yes else "●" if vote.counts else "○"
    void = "" if vote.counts else f", does not count: {cut(vote.void)}" if vote.void else ", no longer counts"
    signed = "signed" if vote.signed else "not signed: rests on the account and $PULSE_OPERATOR"
    why = f": {cut(vote.reason)}" if vote.reason else ""
    key = cut(vote.key, 18) or "?"
    return f"{mark} {cut(vote.who, NAME)} {how} at {iso(from_us(vote.at_us))} with key {key}{void}{why} ({signed})"


def _check_lines(checks: tuple[tuple[str, bool, bool, str], ...]) -> list[str]:
    """Failed ones first, those that block before those that do not."""
    return [
        f"{'●' if ok else '✖' if blocking else '▲'} {name}: {cut(detail)}"
        + ("" if ok or not blocking else "  (blocks)")
        for name, ok, blocking, detail in sorted(checks, key=lambda check: (check[1], not check[2]))
    ]


def _worst(checks: tuple[tuple[str, bool, bool, str], ...]) -> Style:
    failed = [check for check in checks if not check[1]]
    return styles.BAD if any(check[2] for check in failed) else styles.WARN + styles.BOLD if failed else styles.BOLD


def _digests(plan: PlanStory) -> list[str]:
    return [
        f"{move.asset} {version}: {digest or 'no digest recorded'}"
        for move in plan.moves
        for version, digest in ((move.from_version, move.from_digest), (move.to_version, move.to_digest))
    ]


# ------------------------------------------------------------------ the run


def _run_blocks(plan: PlanStory, run: RunStory) -> list[Block]:
    who = cut(f"{run.has_it} on {run.host}" if run.host else run.has_it, 2 * NAME)
    began = "" if run.has_it == run.started_by else f", begun by {cut(run.started_by, NAME)}"
    head = f"run {run.id} by {who}{began}: {run.state}, began at {clock(run.started_us)}"
    if run.ended_us is not None:
        head = f"run {run.id} by {who}{began}: {run.state} at {clock(run.ended_us)}"
    lines = [head, *filter(None, [cut(run.detail)])]
    if run.state == "running" and run.lease_us:
        lines.append(f"its process has the targets until {clock(run.lease_us)}, and longer while it works")
    if took := _took(plan, run):
        lines.append(took)
    blocks = [Block("RUN", tuple(lines), label_style=styles.BAD if run.state in (*HALF_WAY, "undone") else styles.BOLD)]
    total = len(plan.steps)
    blocks += [
        Block(f"STEP {number} of {total}", tuple(_progress(step, run)), tight=True)
        for number, step in enumerate(plan.steps, 1)
    ]
    return blocks


def _took(plan: PlanStory, run: RunStory) -> str:
    """From the first intent to the last read-back, of a run that verified or was undone."""
    moments = [at for step in plan.steps for at, _, _ in step.moves]
    if run.state not in ("verified", "undone") or not moments:
        return ""
    word = "rolled back" if run.state == "verified" else "moved and undone"
    if plan.purpose not in ("rollback", "undo") and run.state == "verified":
        word = "done"
    return f"{word} in {seconds(max(moments) - min(moments))}, from the first intent to the last read-back"


def seconds(us: int) -> str:
    """``0.04 s``, ``75.2 s``."""
    return f"{us / SECOND_US:.2f} s" if us < 10 * SECOND_US else f"{us / SECOND_US:.1f} s"


def _progress(step: StepView, run: RunStory) -> list[str]:
    """One line of a step that rests while another one is under way; else what is waited for, and its clock."""
    head = f"{_GLYPHS.get(step.state, '○')} {_move(step)}  {short(step.target)}"
    if not step.moves:
        return [f"{head}: {_where(step, run)}"]
    begun = step.moves[0][0]
    if run.state == "running" and step.state == "verified":
        return [f"{head}: verified +{seconds(step.moves[-1][0] - begun)}"]
    parts = [f"{step.moves[0][1]} {clock(begun, fine=True)}"]
    parts += [f"{state} +{seconds(at - begun)}" for at, state, _ in step.moves[1:]]
    reads = [f"before {cut(step.seen_before) or 'nothing'}"] if step.seen_before is not None else []
    reads += [f"after {cut(step.seen_after) or 'nothing'}"] if step.seen_after is not None else []
    if reads:
        parts.append(f"(read {', '.join(reads)})")
    return [f"{head}: {_where(step, run)}", "  ".join(parts)]


def _where(step: StepView, run: RunStory) -> str:
    """What is being waited for and until when; of a step that ended, how."""
    last = cut(step.moves[-1][2]) if step.moves else ""
    carried = run.state == "running"
    if step.state == "intent":
        return "the write was not sent yet, or not confirmed" + (
            f"; each request may take {step.timeout_s:g} s" if carried else ": it may hold either"
        )
    if step.state == "sent":
        until = clock(step.moves[-1][0] + round(step.timeout_s * SECOND_US))
        return f"sent, being read back until {until}" if carried else "sent, never read back: it may hold either"
    if step.state in ("", "pending"):
        return "waits for the step before it" if carried else "not begun"
    return last or step.state


def held(plan: PlanStory) -> str:
    """What is known of every target of a run, in one line."""
    return "; ".join(f"{step.target}: {_held(step)}" for step in plan.steps)


def _held(step: StepView) -> str:
    if step.state in ("intent", "sent"):
        return f"may hold {step.before or 'nothing'} or {step.after}"
    if step.state in ("", "pending"):
        return "not begun"
    return f"{step.state}, last read {step.seen_after or step.seen_before or 'nothing'}"
