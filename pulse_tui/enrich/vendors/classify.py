"""What a vendor note is about, with the phrase that decided.

A first classifier by patterns: each label has phrases that claim it and phrases that do not count.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.dates import effective_at
from pulse_tui.enrich.vendors.mentions import plain

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
