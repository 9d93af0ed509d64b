"""The door: no text of a record is stored, judged or shown before it went through here, whatever its collector did.

What people read is cleaned. What names something (a version, an asset, a component) is refused instead when it holds what
cannot be shown: cleaned, it would be another name, perhaps one that is taken. Opaque keys keep a digest of what they were.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import Problem, ResultOf
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.limits import reason
from pulse_tui.domain.lock import LINE, passes
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Note, Page
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, Remark
from pulse_tui.domain.report import Claim, Report
from pulse_tui.domain.signal import BadRecord, Signal, encode
from pulse_tui.domain.source import Observation, Rejected
from pulse_tui.domain.text import clean, clean_block, distinct, name_problem

NAME = 1_000
"""Most characters of a name."""
PLAIN = "Name it in plain characters"
BLOCK = 20_000
_NAMES = frozenset(
    {
        "asset_id", "base_model", "baseline_version", "component_id", "current_version", "digest", "document", "eval_run",
        "finetune_dataset", "fingerprint", "id", "metric", "prompt_format", "prompt_template", "registry_version",
        "retrieval_corpus", "safety_policy", "schema", "source", "suite", "suite_digest", "task", "tooling", "version",
    }
)  # fmt: skip
_EXACT = frozenset({"registry_version", "version"})
"""Compared with what is on record: not even white space or composed letters change."""
_COMPONENT = frozenset({"id", "name", "version", "ecosystem"})
_OPAQUE = frozenset({"key"})
_LINES = frozenset({"body", "summary"})
_T = TypeVar("_T")


def admitted(observations: Iterable[Observation]) -> tuple[list[Observation], list[Rejected]]:
    """The records with every text cleaned, and those that are refused for a name, whole or the part that it names."""
    good, refused = list[Observation](), list[Rejected]()
    for observation in observations:
        try:
            match observation:
                case RegistrySnapshot():
                    good.append(_snapshot(observation, refused))
                case Bill():
                    good.append(_bill(observation, refused))
                case Report():
                    good.append(_report(observation, refused))
                case Page():
                    good.append(_page(observation, refused))
                case _:
                    good.append(_sifted(observation))
        except BadRecord as bad:
            refused.append(_refused(observation, bad.problem))
        except Exception as error:  # whatever one record does, the others come in
            what = f"it cannot be read: {reason(error)}"
            refused.append(_refused(observation, Problem(type(observation).__name__, what), raw=b""))
    return good, refused


def _snapshot(snapshot: RegistrySnapshot, refused: list[Rejected]) -> RegistrySnapshot:
    """Without the versions that cannot be named; where one of them serves, the last known version stays, with a remark."""
    _text(snapshot.asset_id, "asset_id", _NAMES)
    bad = {v.version: why for v in snapshot.versions if (why := _unnamed(v))}
    serving = {e: v for e, (v, _) in snapshot.placements.items() if v in bad or clean(v, NAME) != v}
    if not bad and not serving:
        return _sifted(snapshot)
    todo = "Register it again, named in plain characters"
    remarks = list(snapshot.remarks)
    for version in dict.fromkeys((*bad, *serving.values())):
        what = f"{clean(snapshot.asset_id, 100)}: {bad.get(version) or name_problem(version, NAME)}"
        refused.append(
            _refused(snapshot, Problem("version", what, todo), raw=version.encode("utf-8", "backslashreplace"))
        )
        remarks.append(Remark(key=f"name:{distinct(version, 200)}", what=what, todo=todo))
    for environment, version in serving.items():
        what = f"{clean(snapshot.asset_id, 100)} {environment.value} points at a version that is refused: {clean(version, 80)!r}"
        key = f"name:{environment.value}"
        remarks.append(Remark(key=key, what=what, todo=todo, serious=True, environment=environment))
    return _sifted(
        msgspec.structs.replace(
            snapshot,
            versions=tuple(v for v in snapshot.versions if v.version not in bad),
            placements={e: placed for e, placed in snapshot.placements.items() if e not in serving},
            placed_at={e: at for e, at in snapshot.placed_at.items() if e not in serving},
            managed=tuple(e for e in snapshot.managed if e not in serving),
            remarks=tuple(remarks),
        )
    )


def _unnamed(version: RegistryVersion) -> str:
    try:
        _sifted(version)
    except BadRecord as bad:
        return f"{bad.problem.where}: {bad.problem.what}"
    return ""


def _bill(bill: Bill, refused: list[Rejected]) -> Bill:
    """Without the components that cannot be named: they count as records that could not be read."""
    places, kept = dict[int, int](), list[Component]()
    for place, component in enumerate(bill.components):
        try:
            kept.append(_sifted(component))
            places[place] = len(kept) - 1
        except BadRecord as bad:
            refused.append(_refused(bill, Problem(f"{bill.document} component[{place}]", str(bad.problem))))
    lost = len(bill.components) - len(kept)
    if lost:
        places[-1] = -1
        edges = tuple((places[a], places[b]) for a, b in bill.edges if a in places and b in places)
        bill = msgspec.structs.replace(bill, edges=edges, refused=bill.refused + lost)
    if lost or any(a is not b for a, b in zip(kept, bill.components, strict=True)):
        bill = msgspec.structs.replace(bill, components=tuple(kept))
    return _sifted(bill, skip="components")


def _report(report: Report, refused: list[Rejected]) -> Report:
    """Without the claims on what cannot be named: they count as records of its bill that could not be read."""
    kept = list[Claim]()
    for place, claim in enumerate(report.claims):
        try:
            kept.append(_sifted(claim))
        except BadRecord as bad:
            refused.append(_refused(report, Problem(f"{report.bill.document} claim[{place}]", str(bad.problem))))
    bill = _bill(report.bill, refused)
    bill = msgspec.structs.replace(bill, refused=bill.refused + len(report.claims) - len(kept))
    whole = msgspec.structs.replace(report, claims=())
    return msgspec.structs.replace(_sifted(whole, skip="bill"), bill=bill, claims=tuple(kept))


def _refused(observation: Observation, problem: Problem, raw: bytes | None = None) -> Rejected:
    about: tuple[ResultOf, ...] = ()
    if isinstance(observation, EvalRun):
        named = (observation.asset_id, observation.version, observation.suite)
        about = () if any(name_problem(n, NAME) for n in named) else (ResultOf(*named),)
    if raw is None:
        try:
            raw = encode(observation) if isinstance(observation, Signal) else b""
        except UnicodeEncodeError:  # a lone surrogate
            raw = b""
        raw = raw or repr(observation)[:LINE].encode()
    return Rejected(source=clean(observation.source, 300), problem=problem, raw=raw, about=about)


def _page(page: Page, refused: list[Rejected]) -> Page:
    """Without the entries that cannot be named or dated: then it is not all that the page lists."""
    kept = list[Note]()
    for place, note in enumerate(page.notes):
        try:
            to_us(note.published_at)
            kept.append(_sifted(note))
        except Exception as error:  # whatever one entry does, the others come in
            what = str(error.problem) if isinstance(error, BadRecord) else reason(error)
            where = f"entry[{place}] {clean(note.key, 100)}"
            refused.append(_refused(page, Problem(where, what), raw=clean(note.title, 300).encode()))
    bare = _sifted(msgspec.structs.replace(page, notes=()))
    return msgspec.structs.replace(bare, notes=tuple(kept), complete=page.complete and len(kept) == len(page.notes))


# --------------------------------------------------------------------------- one value


def _sifted(value: _T, *, skip: str = "") -> _T:
    """The struct with its texts cleaned; itself when there was nothing to do. Raises BadRecord for a name."""
    kind = type(value)
    texts, read, others = _fields(kind)  # type: ignore[arg-type]
    fields = others if texts and _all_plain([t for t in read(value) if t is not None]) else texts + others
    changed = {}
    for field in fields:
        if field == skip:
            continue
        before = getattr(value, field)
        after = _value(before, field, _COMPONENT if kind is Component else _NAMES)
        if after is not before:
            changed[field] = after
    return msgspec.structs.replace(value, **changed) if changed else value  # type: ignore[type-var]


def _value(value: Any, field: str, names: frozenset[str]) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() and value.isprintable() and len(value) <= NAME else _text(value, field, names)
    if kind in (tuple, list):
        if not value or _all_plain(value if type(value[0]) is not tuple else list(chain.from_iterable(value))):
            return value
        made = [_value(item, field, names) for item in value]
        same = all(a is b for a, b in zip(made, value, strict=True))
        return value if same else kind(made) if not hasattr(value, "_fields") else kind(*made)
    if kind is dict:
        keys = {k: _value(k, "version" if type(k) is str else field, names) for k in value}
        made_of = {keys[k]: _value(v, field, names) for k, v in value.items()}
        same = all(keys[k] is k and made_of[k] is v for k, v in value.items())
        return value if same else made_of
    return _sifted(value) if isinstance(value, msgspec.Struct) else value


def _all_plain(values: Sequence[Any]) -> bool:
    """Whether all are texts in which there is nothing to do, or all are numbers; one join is quicker than many looks."""
    if not values or type(values[0]) is not str:
        return set(map(type, values)) <= {float, int}
    try:
        joined = "".join(values)
    except TypeError:  # of several types
        return False
    return joined.isascii() and joined.isprintable() and (len(joined) <= NAME or max(map(len, values)) <= NAME)


def _text(text: str, field: str, names: frozenset[str]) -> str:
    if field in names:
        if problem := name_problem(text, NAME):
            raise BadRecord(Problem(field, problem, PLAIN))
        if (cleaned := clean(text, NAME)) != text and field in _EXACT:
            what = f"the name {cleaned!r} is written with other white space, or with letters and marks apart"
            raise BadRecord(Problem(field, what, PLAIN))
        return cleaned
    if field in _OPAQUE:
        return distinct(text, NAME)
    if field in _LINES:
        return text if len(text) <= BLOCK and all(map(passes, text.split("\n"))) else clean_block(text, BLOCK)
    return text if len(text) <= LINE and passes(text) else clean(text, LINE)


@cache
def _fields(kind: type) -> tuple[tuple[str, ...], Callable[[Any], Sequence[Any]], tuple[str, ...]]:
    """The fields of a struct that are a text or None, what reads all of them, and the others that may hold a text."""
    hints = typing.get_type_hints(kind)
    texts = tuple(n for n in kind.__struct_fields__ if hints[n] in (str, str | None))  # type: ignore[attr-defined]
    others = tuple(n for n in hints if n in kind.__struct_fields__ and n not in texts and _may_hold_text(hints[n]))  # type: ignore[attr-defined]
    # One more name, so that even one text is read as one of several.
    return texts, attrgetter(*texts, texts[0]) if texts else tuple, others


def _may_hold_text(hint: Any) -> bool:
    if hint in (str, Any):
        return True
    inner = typing.get_args(hint)
    return any(map(_may_hold_text, inner)) if inner else isinstance(hint, type) and issubclass(hint, msgspec.Struct)
