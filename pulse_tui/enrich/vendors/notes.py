"""What a vendor note is about, with the phrase that decided, and which assets it concerns.

A first classifier by patterns: each label has phrases that claim it and phrases that do not count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.estate import Asset, Component, Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind, Recommended, Severity, SignalType
from pulse_tui.enrich.vendors.dates import effective_at
from pulse_tui.enrich.vendors.incidents import ended
from pulse_tui.enrich.vendors.mentions import about, named, packages, plain

_FAMILY = (
    r"(?:gpt|chatgpt|codex|sora|dall-?e|whisper|o[1-9]|claude|gemini|gemma|imagen|veo|lyria|mistral|mixtral|ministral"
    r"|codestral|pixtral|devstral|magistral|voxtral|mathstral|command|embed|rerank|aya|llama|qwen|deepseek|grok|phi"
    r"|nova|titan|text-embedding|ocr)"
)
_MODEL = rf"(?:`?(?<![\w./-])[\w./-]*\b{_FAMILY}\b[\w.-]{{0,80}}`?)"
"""Tried once a word: a body of one long word would be searched from each of its letters."""
_ADJECTIVE = r"(?:(?:the|our|a|an|new|latest|first|stable|updated|refreshed|cohere's|openai's)\s+){0,3}"


class _Rule(NamedTuple):
    label: Label
    claims: re.Pattern[str]
    not_counted: re.Pattern[str] | None = None


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in phrases), re.IGNORECASE)


_END_OF_LIFE = r"(?:deprecat\w*|retir(?:e|es|ed|ing|ement)|shut(?:ting)?[ -]?down|sunset\w*|end[- ]of[- ]life)"
_INSIDE = r"(?:[^.;:]|\.(?=\S))"
"""A character of one sentence: the dot of gpt-4.1 ends none."""
_TAKEN_BACK = (
    rf"\b(?:decided|chosen|chose|opted) (?:not to|against) (?:the )?{_END_OF_LIFE}\b",
    rf"\bno longer (?:(?:be|being|plan|plans|planning|planned|intend|intends|going|scheduled|to|for) )*{_END_OF_LIFE}\b",
    rf"\b{_END_OF_LIFE}\b{_INSIDE}{{0,80}}\b(?:cancel+ed|withdrawn|revers(?:ed|ing)|rescinded|revoked|called off|reverted|taken back"
    r"|postponed indefinitely|(?:postponed|paused|on hold|delayed) until further notice)\b",
    rf"\b(?:cancel+(?:ed|ing)?|withdr[ae]w(?:n|ing)?|revers(?:e|ed|ing)|rescind(?:ed|ing)?|revok(?:e|ed|ing)|call(?:ed|ing) off)\b"
    rf"{_INSIDE}{{0,40}}\b{_END_OF_LIFE}\b",
)
"""An announced end that is taken back."""
_OFF = _any(*_TAKEN_BACK)

_RULES: tuple[_Rule, ...] = (
    _Rule(
        Label.DEPRECATION,
        _any(
            r"\bdeprecat(?:e|es|ed|ion|ions|ing)\b",
            r"\bretir(?:e|es|ed|ing|ement)\b",
            r"\bshut(?:s|ting)?[ -]?down\b",
            r"\bsunset(?:ting|ted)?\b",
            r"\bend[- ]of[- ](?:life|support)\b",
            r"\bremoved from the API\b",
            r"\bno longer (?:be )?(?:available|supported|accessible)\b",
            r"\bsupport for .{1,60}? removed\b",
        ),
        _any(r"deprecat\w+ warnings?", r"deprecated? (?:alias|type|test)s?\b", *_TAKEN_BACK),
    ),
    _Rule(
        Label.INCIDENT,
        _any(
            r"\b(?:elevated|increased) (?:error|timeout|latenc|billing|rate of)\w*",
            r"\bdegraded (?:availability|performance|quality|service)\b",
            r"\bdegrad(?:ed|ation)\b",
            r"\boutage\b",
            r"\bdisruption (?:with|of|to|in)\b",
            r"\bincident (?:with|on|affecting)\b",
            r"\b(?:investigating|monitoring|identified|resolved) - ",
            r"\bthe issue affecting\b[^.]*\bresolved\b",
            r"\bconnectivity issues\b",
        ),
    ),
    _Rule(
        Label.SECURITY,
        _any(
            r"\bvulnerabilit(?:y|ies)\b",
            r"\b(?:CVE-\d{4}-\d+|PYSEC-\d{4}-\d+|GHSA-[\w-]+)",
            r"\barbitrary code\b",
            r"\b(?:SQL|command|code|prompt) injection\b",
            r"\bcross-site scripting\b",
            r"\b(?:path traversal|side-channel|exfiltrat\w+)\b",
            r"\bremote attacker\b",
        ),
    ),
    _Rule(
        Label.PRICING,
        _any(
            r"\bpric(?:e|es|ing) (?:update|change|increase|decrease|reduction|drop|cut)s?\b",
            r"\b(?:introductory|standard|new|updated|lower|reduced|increased) (?:pric(?:e|es|ing)|rates?)"
            r" (?:for|is|are|of|on)\b",
            r"\b(?:at|is now the) standard pric(?:e|ing)\b",
            r"\b(?:will be|are|is|no longer|now) billed (?:at|per|for|by)\b",
            r"\b(?:introduced|launched|added|new) (?:a )?free (?:API )?tier\b",
            r"\bprices? (?:of|for) [^.]{1,60} (?:drop|rise|change|increase|decrease)",
        ),
        _any(r"on the free tier"),
    ),
    _Rule(
        Label.RATE_LIMIT,
        _any(
            r"\b(?:raised|increased|updated|lowered|reduced|changed|doubled|new)\b[^.]{0,30}\brate limits?\b",
            r"\brate limits? (?:are|is|have|has|now|will)\b",
            r"\brate limiting is now\b",
        ),
        _any(r"rate limit charts?"),
    ),
    _Rule(
        Label.BEHAVIOUR_CHANGE,
        _any(
            r"\b(?:now|to|automatically|will|also) point(?:s|ing)? to\b",
            r"\bpoints to the latest\b",
            r"\b(?:alias(?:es)?|model code|slug)\b[^.]{0,60} to use\b",
            r"\bmodels? ha(?:s|ve) been updated\b",
            r"\bchang(?:e|ed|es|ing) (?:the|to|in) (?:default|[\w`]+ parameter)",
            r"\bdefaults? to\b",
            r"\bnow (?:the )?default\b",
            r"\bbreaking change\b",
            r"\bmay break\b",
            r"\benhanced the API's strictness\b|\bstrictly enforces\b",
            r"\breturns? a 400 error\b",
            r"\bthe endpoint will error\b",
            r"\bmore (?:stable|resilient)\b",
            r"\bnew and improved\b",
            r"\b(?:by default and by|enabled by default|on by default)\b",
        ),
        _any(r"supports a [^.]{1,40} by default"),
    ),
    _Rule(
        Label.NEW_MODEL,
        _any(
            rf"\b(?:released?|launched|introduced|introducing|announc(?:ed|ing)|debuted)\s+{_ADJECTIVE}{_MODEL}",
            rf"\brelease of {_ADJECTIVE}{_MODEL}",
            rf"\b(?:{_MODEL}(?:,|\s+and|\s+&|\s+models?|\s+[\w.+-]+){{0,4}})\s+(?:is|are)\s+(?:now\s+)?(?:generally\s+)?available\b",
            rf"\b{_MODEL}[^.:]{{0,40}} released\b",
            r"\b(?:generation|understanding|language|embedding) model is now available\b",
            r"\breleased [\w.-]*latest snapshot\b",
            r"\bour new and improved `",
            r"\bmodels are now available in\b",
        ),
        _any(
            rf"{_MODEL}\s+(?:API|SDK|CLI|skill|code|enterprise|platform|managed|for)\b",
        ),
    ),
)

_STATUS_TITLE = _any(
    r"\bissues?\b",
    r"\berrors?\b",
    r"\binvalid\b",
    r"\bfail(?:ing|ures?|ed)\b",
    r"\bunavailable\b",
    r"\bquality\b",
    r"\bslow\b",
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|no|nothing|none|without|nor|neither|cannot|rather than|instead of)\b(?!\s+only)|n['\u2019]t\b(?!\s+only))"
    r"(?:\s+(?:be|been|being|a|an|any|the|plans?|planned|planning|intend\w*|to|yet|currently|going|introduc\w+|mak\w+"
    r"|have|has|contain\w*|affected|known|by|it|them|this|our|scheduled|slated|due|set|for|intentions?|of|expect\w*|aim\w*|want\w*|consider\w*"
    r"|is|are|was|were|will|models?))*\s*\Z",
    re.IGNORECASE,
)
_PUT_OFF = re.compile(r"[^.;]{0,20}?\b(?:before|until|earlier|sooner|prior)\b", re.IGNORECASE)
"""What ends not before a day is announced to end."""
_EVERY = re.compile(r"\b(?:all (?:of )?(?:our |the )?(?:api |available )?models|every (?:api )?model)\b", re.IGNORECASE)
"""A note that means whatever its vendor serves."""
_TIER = r"(?:mini|nano|micro|lite|flash|turbo|pro|max|ultra|large|medium|small|haiku|sonnet|opus)"
_NAMED = frozenset({ComponentKind.HOSTED_MODEL, ComponentKind.PACKAGE})
_DATED = frozenset({Label.DEPRECATION, Label.PRICING, Label.RATE_LIMIT, Label.BEHAVIOUR_CHANGE})


def classify(note: Note) -> Reading:
    """The labels of a note in the order of :class:`Label`; ``other`` when no pattern claims it.

    ``phrase`` is the first phrase that decided, as the note has it; ``effective_at`` the date on
    which a deprecation or a change takes effect, when the text names one.
    """
    text = _text(note)
    phrases: dict[Label, str] = {}
    for rule in _RULES:
        phrase = _claimed(rule, text)
        if phrase is not None and not (rule.label is Label.DEPRECATION and _denied(note, rule)):
            phrases[rule.label] = phrase
    if not phrases and not note.body.strip() and (match := _STATUS_TITLE.search(note.title)) is not None:
        # Changelogs write a body; an entry without one that names trouble is how status pages list an incident.
        phrases[Label.INCIDENT] = match[0]
    labels = tuple(label for label in Label if label in phrases) or (Label.OTHER,)
    date = None
    if _DATED.intersection(labels):
        date = effective_at(note.body, note.published_at) or effective_at(note.title, note.published_at)
    return Reading(labels=labels, phrase=phrases.get(labels[0]), effective_at=date)


def taken_back(note: Note) -> bool:
    """Whether the note says that an announced end of life is off."""
    return Label.DEPRECATION not in classify(note).labels and _OFF.search(_text(note)) is not None


def _text(note: Note) -> str:
    return plain(f"{note.title}. {note.body}")


def _denied(note: Note, rule: _Rule) -> bool:
    """Whether only the title claims it and the body says the opposite: an announcement that is edited keeps its title."""
    body = plain(note.body)
    spoken = rule.claims.search(body) is not None or _OFF.search(body) is not None
    return spoken and _claimed(rule, body) is None


def _claimed(rule: _Rule, text: str) -> str | None:
    spans = [m.span() for m in rule.not_counted.finditer(text)] if rule.not_counted else []
    for match in rule.claims.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in spans):
            continue
        negated = _NEGATED.search(text, max(0, match.start() - 60), match.start())
        if negated is None or _PUT_OFF.match(text, match.end()):
            return clean(match[0], 200)
    return None


# --------------------------------------------------------------------------- whom it concerns

_TYPES: Mapping[Label, SignalType] = {
    Label.DEPRECATION: SignalType.DEPRECATION,
    Label.PRICING: SignalType.PRICING_CHANGE,
    Label.RATE_LIMIT: SignalType.RATE_LIMIT_CHANGE,
    Label.INCIDENT: SignalType.INCIDENT,
    Label.BEHAVIOUR_CHANGE: SignalType.VENDOR_NOTE,
    Label.SECURITY: SignalType.VENDOR_NOTE,
}
_SEVERITY: Mapping[SignalType, Severity] = {
    SignalType.DEPRECATION: Severity.MEDIUM,
    SignalType.INCIDENT: Severity.HIGH,
    SignalType.PRICING_CHANGE: Severity.LOW,
    SignalType.RATE_LIMIT_CHANGE: Severity.LOW,
}
_RECOMMENDED: Mapping[SignalType, Recommended] = {
    SignalType.DEPRECATION: Recommended.RETEST,
    SignalType.INCIDENT: Recommended.MONITOR,
    SignalType.PRICING_CHANGE: Recommended.NOTIFY,
    SignalType.RATE_LIMIT_CHANGE: Recommended.NOTIFY,
}


def mentions(text: str, model: str) -> bool:
    """Whether ``text`` names exactly this model id: ``gpt-4.1`` is not named by ``gpt-4.1-mini``, ``GPT-4.1 mini`` or
    ``gpt-4.10``."""
    pattern = rf"(?<![\w.@-]){re.escape(model)}(?![\w@-]|\.\w|\s+{_TIER}\b)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def note_signals(note: Note, reading: Reading, estate: Estate, now: datetime) -> list[Signal]:
    """Signals of a note: for each asset that depends on a model it names, one of each type its labels ask for.

    A note that names no model of ours gives its signals once, without asset. An incident that the
    note itself calls resolved is a plain ``vendor_note``.
    """
    kinds = _kinds(note, reading)
    hits = whom(note, estate)
    if not hits:
        return [_signal(note, reading, kind, None, [], now) for kind in kinds]
    return [
        _signal(note, reading, kind, estate.assets[asset_id], used, now)
        for asset_id, used in hits.items()
        for kind in kinds
    ]


def resolved(note: Note, reading: Reading, estate: Estate) -> list[str]:
    """Fingerprints of incidents that this note reports as resolved."""
    if Label.INCIDENT not in reading.labels or not ended(note):
        return []
    assets: list[Asset | None] = [estate.assets[a] for a in whom(note, estate)]
    return [_condition(note, SignalType.INCIDENT, asset, []) for asset in assets or [None]]


def _kinds(note: Note, reading: Reading) -> list[SignalType]:
    kinds = [_TYPES[label] for label in reading.labels if label in _TYPES]
    if SignalType.INCIDENT in kinds and ended(note):
        kinds = [SignalType.VENDOR_NOTE if kind is SignalType.INCIDENT else kind for kind in kinds]
    return list(dict.fromkeys(kinds)) or [SignalType.VENDOR_NOTE]


def whom(note: Note, estate: Estate) -> dict[str, list[Component]]:
    """Hosted models and packages that the note names, by asset, in the order of the estate; where it names none and
    speaks of all models, those of its vendor."""
    text = plain(f"{note.title}\n{note.body}")
    models, names = named(text), packages(note)
    every = _EVERY.search(text) is not None and not models
    ours: dict[str, bool] = {}
    hits: dict[str, list[Component]] = defaultdict(list)
    for dependency in estate.dependencies:
        component = dependency.component
        if component.kind not in _NAMED or dependency.asset_id not in estate.assets:
            continue
        if component.id not in ours:
            theirs = every and component.id.partition("/")[0].lower() == note.vendor.lower()
            ours[component.id] = theirs or about(component, models, names) or _exactly(text, component)
        if ours[component.id] and component not in hits[dependency.asset_id]:
            hits[dependency.asset_id].append(component)
    return {asset_id: used for asset_id, used in hits.items() if used}


def _exactly(text: str, component: Component) -> bool:
    if component.kind is not ComponentKind.HOSTED_MODEL:
        return False
    return any(mentions(text, n) for n in {component.name, component.id.partition("/")[2] or component.id})


def _condition(note: Note, kind: SignalType, asset: Asset | None, models: list[str]) -> str:
    """A model's deprecation is one condition however often it is announced; other notes are each their own."""
    lasting = kind is SignalType.DEPRECATION and models
    about = ",".join(sorted(models)) if lasting else note.key
    return fingerprint("note", kind, note.vendor, about, asset.id if asset else None)


def _signal(
    note: Note, reading: Reading, kind: SignalType, asset: Asset | None, used: list[Component], now: datetime
) -> Signal:
    models = [component.name for component in used]
    security = Label.SECURITY in reading.labels
    behaviour = Label.BEHAVIOUR_CHANGE in reading.labels
    plain = Severity.HIGH if security else Severity.MEDIUM if behaviour else Severity.LOW
    suggested = Recommended.REVIEW if security else Recommended.RETEST if behaviour else Recommended.NOTE
    content = fingerprint(note.title, note.body)
    return observed(
        kind,
        source=note.source,
        event=("note", note.key, content, kind, asset.id if asset else None),
        fingerprint=_condition(note, kind, asset, models),
        asset_id=asset.id if asset else None,
        asset=asset,
        severity=_SEVERITY.get(kind, plain),
        confidence=_confidence(note, used),
        recommended=_RECOMMENDED.get(kind, suggested),
        at=note.published_at,
        now=now,
        title=clean(note.title, 300) or f"note of {note.vendor}",
        summary=note.body[:2_000],
        links=[note.link],
        evidence=NoteEvidence(
            note=note.key,
            vendor=note.vendor,
            labels=[str(label) for label in reading.labels],
            models=models,
            phrase=reading.phrase,
            effective_at=reading.effective_at,
        ),
    )


def _confidence(note: Note, used: list[Component]) -> float:
    """Patterns are uncertain; a note of one vendor about a model that another platform hosts is less certain still."""
    if not used:
        return 0.5
    same = any(component.id.partition("/")[0].lower() == note.vendor.lower() for component in used)
    return 0.8 if same else 0.6
