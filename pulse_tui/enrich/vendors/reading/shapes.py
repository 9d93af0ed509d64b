"""What the rules share: how a rule is written down, how a model is called, what takes a claim back."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from pulse_tui.domain.note import Label


class Phrases:
    """An expression that is compiled when it is first tried: all of them take half a second, and most of what knows the
    rules never reads a note."""

    def __init__(self, text: str) -> None:
        """``text``: the expression; it counts in any case."""
        self._text = text

    @cached_property
    def made(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self._text, re.IGNORECASE)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """As of the compiled one."""
        return self.made.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """As of the compiled one."""
        return self.made.match(text, start, end)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """As of the compiled one."""
        return self.made.finditer(text, start, end)


class Rule(NamedTuple):
    """Phrases that claim a label. ``sure`` False: they are worth a look, and claim nothing by themselves."""

    label: Label
    claims: Phrases
    words: tuple[str, ...]
    """One of these stands in a text, in lower case, where ``claims`` can match: most rules are never tried."""
    sure: bool = True
    unless: Phrases | None = None
    """What overlaps one of these is not counted."""
    after: Phrases | None = None
    """What stands behind one of these is not counted; it ends with ``\\Z``."""
    named: bool = False
    """``claims`` needs a model's name: it is tried only where there is one."""
    beside: frozenset[Label] = frozenset()
    """Where the note has one of these labels the phrase is a part of that, and claims nothing."""


def anyof(*phrases: str) -> Phrases:
    """One expression of several phrases, in any case."""
    return Phrases("|".join(f"(?:{p})" for p in phrases))


def stems(text: str) -> tuple[str, ...]:
    """The beginnings of words in ``a|b|c``."""
    return tuple(text.split("|"))


INSIDE = r"[^;:]"
"""A character of a part of a sentence: a piece is one sentence."""

_TIER = (
    r"(?:opus|sonnet|haiku|instant|mini|nano|micro|lite|flash|turbo|pro|max|ultra|large|medium|small|tiny|preview|"
    r"audio|realtime"
    r"|instruct|codex|vision|plus|premier|omni|thinking|fast|image|embed(?:ding)?s?|english|multilingual|nightly|"
    r"light|scout|standard"
    r"|maverick|coder|exp|experimental|live|tts|transcribe|moderation|ocr|nemo|saba|guard|chat|search|deep research|"
    r"research|r\+?|a"
    r"|edge|robotics|translate|reasoning|canvas|reel|sonic|express|banana|base|oss|latest|beta|code|v)"
)
_NUMBER = r"(?:v?\d[\w.]*|k\d[\w.]*|r\d\w*|m\d[\w.]*)"
_PRODUCT = (
    r"(?:code|for|desktop|api|sdk|app|cli|agents?|platform|console|enterprise|team|workspace|studio|skills?|managed|"
    r"users?|in|on|is"
    r"|and|now|can|models?|changelog|releases?|notes|updates?|versions?|news|status|deprecations?|pricing|python|"
    r"node|java|go)"
)
_ALONE = (
    r"(?:o[1-9]|codestral|pixtral|devstral|magistral|voxtral|mathstral|ministral|mixtral|leanstral|codellama|qwq|qvq|"
    r"whisper|dall[·-]?e"
    r"|imagen|veo|lyria|gemma|paligemma|medgemma|codegemma|learnlm|sora|babbage|davinci|curie|text-embedding|"
    r"text-moderation"
    r"|omni-moderation|computer-use-preview|gpt-image|codex-mini|nemotron|jamba|hunyuan|dbrx|starcoder|olmo|voyage|"
    r"stable diffusion)"
)
_WITH_MORE = (
    r"(?:gpt|chatgpt|claude|gemini|mistral|llama|qwen|deepseek|grok|command|embed|rerank|aya|titan|nova|phi|kimi|glm|"
    r"minimax|granite"
    r"|sonar|palm|codex|embedding|text|ocr|sonnet|opus|haiku|nano|c4ai|mai|step|mimo|flux|falcon|yi|code|chat|tts|"
    r"solar|ernie"
    r"|seed|sonnet|gecko|bison|learnlm)"
)
_MORE = rf"(?:[ -]?{_NUMBER}|[ -]{_TIER})(?![a-z])"
NAME = (
    r"(?<![\w./:-])(?:@?[\w-]{1,40}/){0,2}(?:[\w.-]{1,40}[./:])?"
    rf"(?:{_ALONE}(?![a-z])|{_WITH_MORE}(?=[ \d-])(?:{_MORE}|[ -](?!{_PRODUCT}\b)[a-z]{{2,14}}{_MORE}))"
    rf"(?:[\w.+:@-]{{0,80}}(?<![.:])(?:[ ]+(?:{_NUMBER}|{_TIER})(?![\w]))*)"
)
"""A model's name, also one that is not known yet: a family, and a number or a tier behind it."""
NAMES = (
    rf"(?:{NAME}(?:[ ]?\([^()]{{0,120}}\))?(?:[ ]models?)?(?:,? and |,? & |, |/| or )(?:the )?(?:new )?){{0,8}}{NAME}"
    r"(?:[ ]?\([^()]{0,120}\))?"
)
"""One model or a list of them, each with what stands in brackets behind it."""
A_NAME = re.compile(NAME, re.IGNORECASE)

_FILLED = (
    r"(?:\s+(?:be|been|being|a|an|any|the|plans?|planned|planning|intend\w*|to|yet|currently|going|introduc\w+|mak\w+"
    r"|have|has|contain\w*|affected|known|by|it|them|this|our|scheduled|slated|due|set|for|intentions?|of|expect\w*|"
    r"aim\w*|want\w*"
    r"|consider\w*|is|are|was|were|will|models?))*\s*\Z"
)
NEGATED = re.compile(
    r"(?:\b(?:not|never|no|nothing|none|without|nor|neither|cannot|rather than|instead of)\b(?!\s+only)|"
    r"n['\u2019]t\b(?!\s+only))" + _FILLED,
    re.IGNORECASE,
)
"""What stands before a phrase and denies it."""
PUT_OFF = re.compile(r"[^.;]{0,20}?\b(?:before|until|earlier|sooner|prior)\b", re.IGNORECASE)
"""What ends not before a day is announced to end."""
DAY = (
    r"(?:20\d\d-\d\d(?:-\d\d)?|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,4}"
    r"|\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
