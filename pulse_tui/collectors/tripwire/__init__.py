"""A tripwire: the same few prompts sent to a hosted model on schedule, through an OpenAI-compatible endpoint.

    - id: support-model
      kind: tripwire
      every: 6h
      url: https://api.openai.com/v1
      token: "${OPENAI_API_KEY}"
      model: gpt-4.1
      vendor: openai
      component: openai/gpt-4.1-2025-04-14

Counted are the model id and the fingerprint that come back, the tokens of each prompt, refusals, answers in the asked
form, and latency; the texts of answers are not kept. A round in which most requests fail is a failed round of the source.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.tripwire.ask import Heard, Unanswered, ask
from pulse_tui.collectors.tripwire.options import Limit, Options
from pulse_tui.collectors.tripwire.probes import BUILT_IN, Probe, load
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import address
from pulse_tui.domain.tripwire import Count, ProbeResult, ProbeRound
from pulse_tui.ports import CollectContext

__all__ = ["Limit", "Options", "collect"]

_ROUND_S = 80.0
"""After this long a round sends no more: what was answered by then counts."""
_GIVE_UP = 3
"""So many requests without any answer, and the endpoint is down."""
_ENOUGH = 0.5
"""Of the requests of a round must be answered, or the round failed."""
_TIMED = 0.8
"""Of the requests must be answered for a latency: the probes take differently long."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round. Raises SourceError when the endpoint cannot be asked, or left most requests without an answer."""
    probes = load(context.base / context.secret(options.probes)) if options.probes is not None else BUILT_IN
    heard: dict[str, list[Heard | Unanswered]] = {p.id: [] for p in probes}
    until, failed, answered = time.monotonic() + _ROUND_S, list[str](), 0
    for _ in range(options.repeats):  # every probe once before any is sent again: a round may end early
        for probe in probes:
            if time.monotonic() > until:
                one: Heard | Unanswered = Unanswered(f"the round took over {_ROUND_S:g} s already")
            else:
                one = ask(probe, options, context)
            heard[probe.id].append(one)
            if isinstance(one, Unanswered):
                failed.append(one.why)
            else:
                answered += 1
            if len(failed) >= _GIVE_UP and not answered:
                raise _down(options, failed, len(failed))
    sent = len(probes) * options.repeats
    if answered < sent * _ENOUGH:
        raise _down(options, failed, sent)
    round_ = _round(options, context, probes, heard, failed)
    where = f"{address(options.url)} {options.model}"
    note = f"{len(failed)} of {sent} requests have no answer: {_first(failed)}"
    rejected = (refuse(context.source, where, note, hint="Of these probes nothing is known"),) if failed else ()
    return Collected(observations=(round_,), rejected=rejected, cursor=context.cursor, standing=note if failed else "")


def digest(options: Options, probes: Sequence[Probe]) -> str:
    """Identifies the probes and whatever else of the settings moves the answers to them; not the layout of their file."""
    how = (options.url, options.max_tokens, options.limit, options.temperature, options.seed, tuple(probes))
    return hashlib.sha256(msgspec.json.encode(how, order="deterministic")).hexdigest()[:16]


def _down(options: Options, failed: Sequence[str], sent: int) -> SourceError:
    what = f"{address(options.url)} answered {sent - len(failed)} of {sent} probes: {_first(failed)}"
    return SourceError(what, todo="Check 'url' and 'model'; of this round nothing is known", sent=True)


def _first(failed: Sequence[str]) -> str:
    """What failed first: what follows may have failed for want of time. Empty: nothing."""
    return failed[0] if failed else ""


def _round(
    options: Options,
    context: CollectContext,
    probes: Sequence[Probe],
    heard: dict[str, list[Heard | Unanswered]],
    failed: Sequence[str],
) -> ProbeRound:
    answers = [one for several in heard.values() for one in several if isinstance(one, Heard)]
    own = [a.stated_ms for a in answers if a.stated_ms is not None]
    times = own if len(own) == len(answers) else [a.ms for a in answers]
    timed = len(answers) >= _TIMED * (len(answers) + len(failed))
    cost = [a.prompt_tokens + a.completion_tokens for a in answers if a.prompt_tokens and a.completion_tokens]
    return ProbeRound(
        source=context.source,
        model=options.model,
        component=options.component or options.model,
        asset_ids=(options.asset,) if options.asset is not None else (),
        vendor=options.vendor,
        probes_digest=digest(options, probes),
        learn=options.learn,
        at=context.now,
        results=tuple(_result(p, heard[p.id]) for p in probes),
        latency_ms=round(median(times), 3) if timed else None,
        stated=times is own,
        tokens=sum(cost) if len(cost) == len(answers) else None,
        why=_first(failed) if failed else "",
    )


def _result(probe: Probe, heard: Sequence[Heard | Unanswered]) -> ProbeResult:
    answers = [one for one in heard if isinstance(one, Heard)]
    counted = [a.hit for a in answers if a.hit is not None]
    tokens = Counter(a.prompt_tokens for a in answers if a.prompt_tokens is not None)
    return ProbeResult(
        probe=probe.id,
        kind=probe.kind,
        answered=len(answers),
        failed=len(heard) - len(answers),
        count=Count(sum(counted), len(counted)),
        models=tuple(dict.fromkeys(a.model for a in answers if a.model)),
        fingerprints=tuple(dict.fromkeys(a.fingerprint for a in answers if a.fingerprint)),
        prompt_tokens=tuple(sorted(tokens.items())),
    )
