"""``pulse-tui rollback``: section 6 of the design without a screen."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pulse_tui.cli import authorise, voting
from pulse_tui.cli.attending import Attending
from pulse_tui.cli.output import emit, last_words, opened
from pulse_tui.domain.errors import PulseError, WrongUse
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.rollback import Purpose, RunState
from pulse_tui.domain.views.rollback import DUE, PlanStory
from pulse_tui.domain.words import Environment
from pulse_tui.process import holder_name, operator_name

if TYPE_CHECKING:
    from pulse_tui.domain.rollback import Run
    from pulse_tui.services.desk import ServiceDesk
    from pulse_tui.wiring import House

EPILOG = f"""\
plan ASSET --env ENV   what would be moved, where to, and whether it can be; nothing is touched
approve PLAN           approve exactly this plan, as $PULSE_OPERATOR or the user of the process; your SSH agent signs.
                       --break-glass: alone, in an emergency, with a reason that another operator reviews
payload PLAN           print what to sign where your key is (ssh-keygen -Y sign -n pulse-approve@v1 -f KEY FILE); then
                       approve PLAN --payload FILE --signature FILE.sig takes it in
pause ASSET --env ENV  plan to stop the rollout where it is; no release changes
shift ASSET --to canary|shadow
                       plan to give it a share of the traffic (--share 10, where the playbook leaves it open)
resume-traffic ASSET --env ENV
                       plan to let what was paused or shifted go on
reject PLAN            reject it: the plan can never run
run PLAN               carry out an approved plan, reading every target back
undo PLAN              plan the way forward again; it is approved and run like any other plan
undo RUN               put back what a run moved that stopped half-way
show [PLAN]            one plan, or all of them
list                   every plan, the newest first: its state, its targets, who waits for whom
resume RUN             continue a run that stopped half-way or whose process died
drill ASSET --env ENV  rehearse the rollback of ENV on the replica, there and back, with the same steps; --trigger RULE
                       records which rule's answer was rehearsed
report RUN             what was planned, who decided, what every target held, how long it took; --markdown
review RUN             what you found of a run that another operator approved alone; reviews lists what waits
halt RUN               ask whoever carries a run out to stop before its next step
{authorise.EPILOG}
While a run is carried out, Ctrl-C halts it before its next step; SIGTERM and a dropped session let it go on to its end;
a second signal leaves at once. The run's id is printed when it begins.
A PLAN is named by 8 or more digits of its hash. plan exits with 1 when it is blocked, run and resume when the run is
not verified, list when something waits or stopped half-way, reviews when something waits."""
_ROUTING = {"pause": Purpose.PAUSE, "shift": Purpose.SHIFT, "resume-traffic": Purpose.RESUME}
_SUBJECTS = {
    "pause": "ASSET --env ENV",
    "shift": "ASSET --to canary",
    "resume-traffic": "ASSET --env ENV",
    "plan": "ASSET --env ENV",
    "authorise": "ASSET --env ENV --trigger RULE",
    "revoke": "PRE-AUTHORISATION",
    "drill": "ASSET --env ENV",
    "resume": "RUN",
    "halt": "RUN",
    "report": "RUN or PLAN",
    "review": "RUN --why FINDING",
    "undo": "PLAN or RUN",
}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it is about."""
    parser.epilog = EPILOG
    parser.add_argument(
        "action",
        choices=[
            *(
                "plan",
                "approve",
                "payload",
                "reject",
                "run",
                "undo",
                "show",
                "list",
                "resume",
                "halt",
                "drill",
                "report",
            ),
            *("review", "reviews"),
            *authorise.ACTIONS,
            *_ROUTING,
        ],
    )
    parser.add_argument(
        "subject",
        nargs="?",
        help="an asset (plan, drill, pause, shift, resume-traffic), a plan's hash, or a run (resume, undo, halt, review)",
    )
    parser.add_argument(
        "--env",
        choices=[e.value for e in Environment],
        dest="environment",
        help="where (whatever names an asset needs it)",
    )
    parser.add_argument("--to", choices=["canary", "shadow"], help="where a shift gives traffic")
    parser.add_argument("--share", type=float, metavar="PERCENT", help="the share that a shift gives")
    parser.add_argument("--why", default="", help="the reason, kept in the audit log")
    voting.arguments(parser)
    parser.add_argument("--alert", help="the alert that a plan answers")
    parser.add_argument("--markdown", action="store_true", help="a report as Markdown")
    parser.add_argument("--trigger", default="", metavar="RULE", help="the rule whose answer a drill rehearses")
    authorise.arguments(parser)


def run(options: argparse.Namespace, _name: str) -> int:
    """0 done, 1 refused or not verified."""
    with opened(options) as house:
        house.sync()
        if options.action == "list" or (options.action == "show" and options.subject is None):
            return _list(options, house)
        if options.action == "reviews":
            return voting.reviews(options, house)
        if options.action == "authorisations":
            return authorise.run(options, house)
        if options.subject is None:
            raise WrongUse(
                f"rollback {options.action} needs a subject",
                todo=f"Write pulse-tui rollback {options.action} {_SUBJECTS.get(options.action, 'PLAN')}",
            )
        if authorise.concerns(options, house):
            return authorise.run(options, house)
        if (whole := _WHOLE.get(options.action)) is not None:
            return whole(options, house)
        if options.action == "halt":
            sentence = house.desk(operator_name()).halt(options.subject)
            emit(options, {"run": options.subject, "message": sentence}, [sentence])
            return 0
        if options.action == "undo" and _is_run(options.subject, house):
            return _put_back(options, house)
        story = _act(options, house)
        more = voting.signatures(options, house) if options.action == "show" and options.signatures is not None else []
    emit(options, story, [*lines(story), *more, *_next(story)])
    return 1 if options.action in ("plan", "undo", *_ROUTING) and _blocked(story) else 0


def _act(options: argparse.Namespace, house: House) -> PlanStory:
    desk = house.desk(operator_name())
    if options.action == "plan":
        if options.environment is None:
            raise WrongUse("rollback plan needs --env", todo="For example --env production")
        return desk.propose(options.subject, options.environment, options.alert, options.why)
    if options.action in _ROUTING:
        return _route(options, desk)
    if options.action == "approve":
        return voting.approve(options, house)
    if options.action == "reject":
        return desk.reject(options.subject, options.why)
    if options.action == "undo":
        return desk.undo(options.subject)
    return desk.plan_story(options.subject)


def _route(options: argparse.Namespace, desk: ServiceDesk) -> PlanStory:
    shift = options.action == "shift"
    if (options.to is not None or options.share is not None) and not shift:
        raise WrongUse("--to and --share are for a shift", todo="pulse-tui rollback shift ASSET --to canary --share 10")
    if shift and options.environment not in (None, options.to or options.environment):
        raise WrongUse("a shift goes to one place", todo="Name it once: --to canary")
    environment = options.to or options.environment
    if environment is None:
        raise WrongUse(
            f"rollback {options.action} needs --{'to' if shift else 'env'}",
            todo=f"For example --{'to' if shift else 'env'} canary",
        )
    return desk.route(options.subject, environment, _ROUTING[options.action].value, options.share, options.why)


def _list(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.rollback.listing import listed  # noqa: PLC0415

    rows = listed(house.rollback)
    emit(options, rows, [line for row in rows for line in row.lines()] or ["no plans"])
    return 1 if options.action == "list" and any(row.needs_somebody for row in rows) else 0


def _is_run(name: str, house: House) -> bool:
    with house.store.read() as tx:
        return tx.rollbacks.run(name) is not None


def _run(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.rollback.execute import execute  # noqa: PLC0415

    parts = house.desk(operator_name()).on_plan("rollback.run", options.subject)
    with Attending(house) as attending:
        done = execute(parts, options.subject, operator_name(), holder_name(), attending.attendant)
        try:
            story = house.desk(operator_name()).plan_story(done.plan_hash)
        except PulseError:  # the run has ended all the same
            return _ended(options, done, RunState.VERIFIED)
        with last_words():
            emit(options, story, [*lines(story), *_unfinished(done)])
    return 0 if done.state is RunState.VERIFIED else 1


def _report(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.rollback.report import report  # noqa: PLC0415

    found = report(house.rollback, options.subject)
    emit(options, found, found.markdown() if options.markdown else found.lines())
    return 0


def _drill(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.calls import place  # noqa: PLC0415
    from pulse_tui.services.rollback.rehearse import drill  # noqa: PLC0415

    if options.environment is None:
        raise WrongUse("rollback drill needs --env", todo="For example --env production: it is held on the replica")
    asset, environment, me = options.subject, place(options.environment), operator_name()
    parts = house.desk(me).acting("rollback.drill", f"{asset}/{Environment.REPLICA.value}", Environment.REPLICA)
    with Attending(house) as attending:
        held = drill(parts, asset, environment, me, holder_name(), options.trigger, attending.attendant)
        story = house.desk(me).plan_story(held.plan.hash, checked=False)
        with last_words():
            emit(options, story, [*lines(story), *(_unfinished(held.run) if held.run is not None else _next(story))])
    return 0 if held.run is not None and held.run.state is RunState.VERIFIED else 1


def _resume(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.rollback.execute import resume  # noqa: PLC0415

    parts = house.desk(operator_name()).on_run("rollback.resume", options.subject)
    with Attending(house, options.subject) as attending:
        done = resume(parts, options.subject, operator_name(), holder_name(), attending.attendant)
        return _ended(options, done, RunState.VERIFIED)


def _put_back(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.rollback.execute import put_back  # noqa: PLC0415

    parts = house.desk(operator_name()).on_run("rollback.undo", options.subject)
    with Attending(house, options.subject) as attending:
        done = put_back(parts, options.subject, operator_name(), holder_name(), attending.attendant)
        return _ended(options, done, RunState.UNDONE)


def _ended(options: argparse.Namespace, done: Run, wanted: RunState) -> int:
    """How the run ended, and the command that comes next when that is not how it should have."""
    lines = [f"run {done.id}: {done.state.value}, {done.detail}", *_unfinished(done)]
    with last_words():
        emit(options, {"run": done.id, "state": done.state.value, "detail": done.detail}, lines)
    return 0 if done.state is wanted else 1


def _unfinished(done: Run) -> list[str]:
    if done.state in (RunState.VERIFIED, RunState.UNDONE):
        return []
    return [f"next: pulse-tui rollback resume {done.id}, or pulse-tui rollback undo {done.id}"]


_WHOLE = {
    "run": _run, "report": _report, "payload": voting.payload, "review": voting.review, "drill": _drill, "resume": _resume,
}  # fmt: skip
"""Actions that print and decide the exit code themselves."""


def lines(story: PlanStory) -> list[str]:
    """A plan as text."""
    out = [f"plan {story.hash[:12]} ({story.state}): {story.headline}"]
    out += [
        f"  {m.asset}: {m.from_version} ({m.from_digest or 'no digest recorded'}) -> "
        f"{m.to_version} ({m.to_digest or 'no digest recorded'})"
        for m in story.moves
        if m.from_version != m.to_version
    ]
    out += [f"  {label}: {text}" for label, text in (*story.facts, *story.radius)]
    out += [f"  Expires: {iso(from_us(story.expires_us))}", f"  Hash: {story.hash}"]
    out += [f"  step {s.line}" for s in story.steps]
    marks = {(True, True): "ok  ", (True, False): "ok  ", (False, True): "NO  ", (False, False): "note"}
    out += [
        f"  {marks[ok, blocking]} {name}: {detail}"
        for name, ok, blocking, detail in (*story.certificate, *story.checks)
    ]
    out.append(
        f"  approvals: {story.approvals_given} of {story.approvals_needed}"
        + "".join(f"; {v.line}" for v in story.votes)
    )
    out += [f"  {line}" for line in story.run_lines()]
    if story.run is not None and story.review:
        due = f"not reviewed: pulse-tui rollback review {story.run.id} --why FINDING"
        how = "BY ITSELF" if story.authorisation else "BREAK-GLASS"
        out.append(f"  {how}: {due if story.review == DUE else f'reviewed by {story.review}'}")
    if story.signs is not None and story.may_approve and story.missing:
        out.append(f"  your approval is {story.signs.words}")
    if story.why_not and story.state == "proposed":
        out.append(f"  you may not approve: {story.why_not}")
    return out


def _blocked(story: PlanStory) -> bool:
    return bool(story.blocking)


def _next(story: PlanStory) -> list[str]:
    """The command that comes next, so that nobody has to look it up at night."""
    name = story.hash[:12]
    if story.state == "approved":
        return [f"next: pulse-tui rollback run {name}"]
    if story.state != "proposed":
        return []
    if _blocked(story):
        return ["next: fix the checks marked NO, then plan again"]
    left = story.approvals_needed - story.approvals_given
    who = "an operator" if left == 1 else f"{left} operators"
    return [f"next: {who} of the operators' file: PULSE_OPERATOR=name pulse-tui rollback approve {name} --why REASON"]
