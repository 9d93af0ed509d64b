"""Whether two runs can be compared at all, and if not, what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulse_tui.domain.evals import EvalRun, Sheet, Task
from pulse_tui.domain.metrics import Made, direction_of, higher_is_better, is_amount, made_of
from pulse_tui.evaluate.definition import Question

NAMED = 3
"""Items that are named of those that differ."""
_SHOWN = 60
"""Characters of a condition that are shown."""
_DEFINING = ("shots", "task version")
_HUNDRED = 100.0
_OTHER_UNIT = 20.0
"""How many times as large a number of hundredths is at least: no release is twenty times as good as the one before."""


def refusal(base: EvalRun, cand: EvalRun, question: Question) -> str:
    """Why the runs cannot be compared, with the difference named; empty when they can."""
    if base.suite != cand.suite:
        return f"run {cand.id} is of suite {cand.suite}, the baseline {base.id} of {base.suite}"
    wrong = [r for r in (base, cand) if question.digest and r.suite_digest not in (None, question.digest)]
    if wrong:
        return (
            f"run {wrong[-1].id} of {wrong[-1].version} was of the content {_short(wrong[-1].suite_digest)}, "
            f"frozen is {_short(question.digest)}"
        )
    if None not in (base.suite_digest, cand.suite_digest) and base.suite_digest != cand.suite_digest:
        return (
            f"the suite's content differs: {_short(base.suite_digest)} in {base.version}, "
            f"{_short(cand.suite_digest)} in {cand.version}"
        )
    if other := _conditions(base, cand, question):
        return f"they were measured under other conditions: {other}"
    if unit := [text for t in question.tasks if (text := _unit(base, cand, t))]:
        return "; ".join(dict.fromkeys(unit))
    turned = [f"{t.name} {t.metric}" for t in question.tasks if t.higher_is_better is None and _turned(base, cand, t)]
    if turned:
        return f"the two files do not agree which way is better for {named(turned)}: say it in the suite (higher_is_better)"
    differences = [
        t for name in dict.fromkeys(t.name for t in question.tasks) for t in _differences(base, cand, name, question)
    ]
    return "; ".join(differences[:NAMED]) + (
        f"; and {len(differences) - NAMED} tasks more" if len(differences) > NAMED else ""
    )


def _conditions(base: EvalRun, cand: EvalRun, question: Question) -> str:
    """Conditions of the measurement that both runs state and that differ: of the whole run, and of the tasks asked."""
    asked = {f"{t.name}: " for t in question.tasks}
    differences = []
    for name in sorted(base.conditions.keys() & cand.conditions.keys()):
        then, now = base.conditions[name], cand.conditions[name]
        task, of_task, _ = name.rpartition(": ")
        if then != now and (not of_task or f"{task}: " in asked):
            differences.append(f"{name} {_cut(then)} in the baseline, {_cut(now)} in the candidate")
    more = f"; and {len(differences) - NAMED} more" if len(differences) > NAMED else ""
    return "; ".join(differences[:NAMED]) + more


def stated_alone(task: str, base: EvalRun, cand: EvalRun) -> str:
    """What defines the measurement and only one of the runs states: whether they agree in it is not known."""
    words = []
    for side, stated, other in (("baseline", base, cand), ("candidate", cand, base)):
        names = [*(f"{task}: {what}" for what in _DEFINING), "limit"]
        found = [n for n in names if n in stated.conditions and n not in other.conditions]
        values = [f"{n.rpartition(': ')[2]} ({_cut(stated.conditions[n])})" for n in found]
        words += (
            [f"only the {side} states its {', '.join(values)}: it is not known whether they agree"] if values else []
        )
    return "; ".join(words)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _unit(base: EvalRun, cand: EvalRun, task: Task) -> str:
    """Whether one side counts in parts of one and the other in hundredths: 0.85 and 67.7 are not of one unit."""
    if is_amount(task.metric) or made_of(task.metric) is not Made.SCORES:
        return ""
    sides = [_sizes(run, task) for run in (base, cand)]
    if not all(sides):
        return ""
    small, large = sorted(sides, key=lambda s: max(s, default=0.0))
    within = min(small) >= 0.0 and max(small) <= 1.0 and min(large) >= 0.0 and 1.0 < max(large) <= _HUNDRED
    if not within or max(large) < _OTHER_UNIT * max(small):
        return ""
    then, now = (f"{max(s):g}" for s in sides)
    return f"{task.name}: {task.metric} is {then} in the baseline and {now} in the candidate: not in one unit"


def _sizes(run: EvalRun, task: Task) -> list[float]:
    """The total, else the items' scores, without what has no sign of a scale: zeros."""
    score, sheet = run.score(task.name, task.metric), run.sheet(task.name)
    if score is not None:
        return [score.value] if score.value else []
    rows = sheet.scores.get(task.metric, ()) if sheet is not None else ()
    return [s for row in rows for s in row if s]


def _turned(base: EvalRun, cand: EvalRun, task: Task) -> bool:
    """Whether the candidate's file calls worse what the baseline's calls better."""
    before, after = base.score(task.name, task.metric), cand.score(task.name, task.metric)
    known = [s.higher_is_better for s in (before, after) if s is not None and s.directed]
    return len(set(known)) > 1


def _differences(base: EvalRun, cand: EvalRun, name: str, question: Question) -> Iterator[str]:
    before, after = base.sheet(name), cand.sheet(name)
    tasks = [t for t in question.tasks if t.name == name]
    growing = all(t.growing for t in tasks)
    if before is None or after is None:
        if not growing:
            yield from _counts(base, cand, tasks)
        return
    old, new = set(before.items), set(after.items)
    lost, added = [] if growing else sorted(old - new), sorted(new - old)
    if lost or added:
        parts = [f"{len(lost)} only in the baseline ({named(lost)})"] if lost else []
        parts += [f"{len(added)} only in the candidate ({named(added)})"] if added else []
        yield f"{name}: the items differ: " + ", ".join(parts)
        return
    if before.prompts and after.prompts:
        asked = dict(zip(before.items, before.prompts, strict=True))
        other = [i for i, p in zip(after.items, after.prompts, strict=True) if asked[i] != p]
        if other:
            yield f"{name}: {len(other)} of {len(new)} items had another prompt ({named(other)})"


def _counts(base: EvalRun, cand: EvalRun, tasks: Sequence[Task]) -> Iterator[str]:
    """Totals of different numbers of items are of different items: a first hundred is not a sample of the thousand."""
    for task in (t for t in tasks if made_of(t.metric) is not Made.LATENCY):  # of that n are requests
        then, now = base.score(task.name, task.metric), cand.score(task.name, task.metric)
        if then is not None and now is not None and None not in (then.n, now.n) and then.n != now.n:
            yield f"{task.name}: {task.metric} is of {then.n} items in the baseline and of {now.n} in the candidate"
            return


def named(items: Sequence[str]) -> str:
    """The first items, and how many more."""
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return ", ".join(items[:NAMED]) + more


def source_of(sheet: Sheet, task: Task) -> str | None:
    """The metric whose scores a derived metric is computed from; None when it is neither stated nor unambiguous."""
    if task.of:
        return task.of if task.of in sheet.scores else None
    return next(iter(sheet.scores)) if len(sheet.scores) == 1 else None


def better(task: str, metric: str, *runs: EvalRun) -> bool:
    """Whether higher is better: by the first run whose total states it, else by the metric's name."""
    differences = (run.score(task, metric) for run in runs)
    stated = (score.higher_is_better for score in differences if score is not None and score.directed)
    return next(stated, higher_is_better(metric))


def undirected(task: Task, metric: str, *runs: EvalRun) -> str:
    """Why a metric's direction is unknown; empty when the suite, a file or its name gives it."""
    if metric == task.metric and task.higher_is_better is not None:
        return ""
    found = [score for run in runs if (score := run.score(task.name, metric)) is not None]
    if any(score.directed for score in found) or (not found and direction_of(metric) is not None):
        return ""
    return f"nobody states which way {metric} is better: say it in the suite (higher_is_better)"


def _short(digest: str | None) -> str:
    return (digest or "(none)").removeprefix("sha256:")[:12]
