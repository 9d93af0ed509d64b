"""Whether an incident that a status page reports is over: by its newest update, not by a word somewhere in the text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pulse_tui.domain.note import Note

_UPDATE = re.compile(
    r"\b(investigating|identified|monitoring|in progress|verifying|scheduled|resolved|completed|postmortem|update"
    r"|reopened|closed)\b[*_`]*\s+[-\u2013\u2014:]\s|\bstatus:\s*(investigating|identified|monitoring|resolved|completed|closed)\b",
    re.IGNORECASE,
)
_OVER = frozenset({"resolved", "completed", "postmortem", "closed"})
_STAMP = re.compile(r"\b([A-Z][a-z]{2})\.?\s+(\d{1,2})\s*,?(?:\s+\d{4})?\s*,?\s+(\d{1,2}):(\d{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLAIMS = re.compile(
    r"\b(?:(?:is|are|was|were|been|being|now|fully|be|get|gets|completely|successfully)\s+){0,6}"
    r"resolved\b|\b(?:services|systems|models|apis) have (?:now |all )*(?:fully )?recovered\b|\bimpact has ended\b|\b(?:incident|outage|issue) is over\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\b(?:not|never|until|once|when|after|before|if|unless|will|to|yet|partially|working|most|some|many)\b|n['\u2019]t\b)"
    r"(?:\s+(?:yet|been|be|fully|completely|have|has|is|are|it|this|we|the|of|issues?|incidents?|errors?|problems?|requests?|customers?|users?))*\s*\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?:yet|partially|for (?:some|most|many)|soon|shortly|in (?:some|most))\b"
    r"|,?\s+(?:but|however)\b[^.]{0,60}\b(?:still|remain\w*|elevated|some|others?|not)\b",
    re.IGNORECASE,
)
_WINDOW = 200
"""Characters before a word that may negate it."""
_AGAIN = re.compile(
    r"\b(?:is|are|has|have) (?:back|returned|recurred|reoccurred|resurfaced|reopened)\b|\bre-?opened\b", re.IGNORECASE
)
_PAST_TITLE = re.compile(r"\A\W*(?:resolved|closed|completed)\b|[\[(](?:resolved|closed)[\])]", re.IGNORECASE)
_STATUS = re.compile(
    r"\A[\[(\s]*(?:investigating|identified|monitoring|ongoing|update|updated|resolved|closed|completed)"
    r"\s*(?:[\])]\s*[:\u2013\u2014-]?|\s[\u2013\u2014-]\s|:)",
    re.IGNORECASE,
)
"""``Identified: `` or ``[Update] `` before a title is of the day, not of the incident."""
SAME = timedelta(hours=48)
"""Two notes with nearly the same title that lie further apart are two incidents."""


def ended(note: Note) -> bool:
    """Whether the note reports its incident as over.

    Of updates (``Resolved - ...``) the newest counts; status pages write it first, and one that dates its updates
    upwards writes it last. A text without updates says so in words that are not negated or put off.
    """
    if _PAST_TITLE.search(note.title):
        return True
    updates = list(_UPDATE.finditer(note.body))
    if updates:
        newest = updates[-1] if _upwards(note.body) else updates[0]
        return (newest[1] or newest[2]).lower() in _OVER
    return _AGAIN.search(note.body) is None and any(
        not _BEFORE.search(note.body, max(0, match.start() - _WINDOW), match.start())
        and not _AFTER.match(note.body, match.end())
        for match in _CLAIMS.finditer(note.body)
    )


def same_incident(note: Note, title: str, key: str, at: datetime) -> bool:
    """Whether a note continues the open incident that was last called ``title`` under ``key``: pages change both, and
    some list one incident twice, each update under a key of its own.
    """
    if note.key == key:
        return True
    mine, other = _words(note.title), _words(title)
    shorter, longer = sorted((mine, other), key=len)
    return abs(note.published_at - at) <= SAME and len(shorter) > 1 and longer[: len(shorter)] == shorter


def _words(title: str) -> list[str]:
    return re.findall(r"[\w.-]+", _STATUS.sub("", title).lower())


def _upwards(body: str) -> bool:
    stamps = [(_MONTHS.index(m[1]), int(m[2]), int(m[3]), int(m[4])) for m in _STAMP.finditer(body) if m[1] in _MONTHS]
    return len(stamps) > 1 and stamps == sorted(stamps) and stamps[0] != stamps[-1]
