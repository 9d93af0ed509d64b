"""Whether two runs can be held against each other at all, and if not, what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulse_tui.domain.evals import EvalRun, Sheet, Task
from pulse_tui.domain.metrics import Made, higher_is_better, made_of
from pulse_tui.evaluate.definition import Question

NAMED = 3
"""Items that are named of those that differ."""


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
    turned = [f"{t.name} {t.metric}" for t in question.tasks if t.higher_is_better is None and _turned(base, cand, t)]
    if turned:
        return f"the two files do not agree which way is better for {named(turned)}: say it in the suite (higher_is_better)"
    told = [
        t for name in dict.fromkeys(t.name for t in question.tasks) for t in _differences(base, cand, name, question)
    ]
    return "; ".join(told[:NAMED]) + (f"; and {len(told) - NAMED} tasks more" if len(told) > NAMED else "")


def _turned(base: EvalRun, cand: EvalRun, task: Task) -> bool:
    """Whether the candidate's file calls worse what the baseline's calls better."""
    before, after = base.score(task.name, task.metric), cand.score(task.name, task.metric)
    return before is not None and after is not None and before.higher_is_better is not after.higher_is_better


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
            yield f"{name}: {len(other)} of {len(new)} items were asked another prompt ({named(other)})"


def _counts(base: EvalRun, cand: EvalRun, tasks: Sequence[Task]) -> Iterator[str]:
    """Totals of another number of items are of other items: a first hundred is no sample of the thousand."""
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
    """The metric whose scores a made metric is made from; None when that is not said and not plain."""
    if task.of:
        return task.of if task.of in sheet.scores else None
    return next(iter(sheet.scores)) if len(sheet.scores) == 1 else None


def better(task: str, metric: str, *runs: EvalRun) -> bool:
    """Whether higher is better: as the first run that has such a total says, else by the metric's name."""
    told = (run.score(task, metric) for run in runs)
    return next((score.higher_is_better for score in told if score is not None), higher_is_better(metric))


def _short(digest: str | None) -> str:
    return (digest or "(none)").removeprefix("sha256:")[:12]
