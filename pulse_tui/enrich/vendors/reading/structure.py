"""What the place of a note says before its words do: the kind of page, and the heading it stands under."""

from __future__ import annotations

import re

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading.shapes import Phrases, anyof

_PAGES: tuple[tuple[Phrases, Label], ...] = (
    (
        anyof(r"deprecat", r"retirement", r"sunset", r"model-lifecycle", r"end-of-life", r"shutdowns?\b"),
        Label.DEPRECATION,
    ),
    (anyof(r"\bstatus\b", r"\bstspg\b", r"statuspage", r"[./-]status[./-]", r"\bincidents?\b"), Label.INCIDENT),
    (
        anyof(
            r"advisor(?:y|ies)",
            r"\bosv\b",
            r"\bghsa\b",
            r"\bcve\b",
            r"\bcsaf\b",
            r"product-security",
            r"security-bulletin",
        ),
        Label.SECURITY,
    ),
    (anyof(r"\bpricing\b", r"\bprices?\b"), Label.PRICING),
)
_LINKS: tuple[tuple[Phrases, Label], ...] = (
    (anyof(r"://[^/]{0,200}\bstatus\b", r"://stspg\.", r"/incidents?/"), Label.INCIDENT),
    (
        anyof(r"/(?:[a-z][a-z-]{0,60}-)?(?:deprecations?|retirements?|lifecycle|sunsets?)(?:\.\w{1,5})?/?(?:[?#]|\Z)"),
        Label.DEPRECATION,
    ),
    (anyof(r"/advisor(?:y|ies)/", r"://osv\.dev/", r"/GHSA-", r"/CVE-", r"security-bulletin"), Label.SECURITY),
)
_SECTIONS: tuple[tuple[Phrases, Label], ...] = (
    (anyof(r"\bbreaking\b", r"\bincompatib", r"\bbehaviou?r(?:al)? changes?\b"), Label.BEHAVIOUR_CHANGE),
    (
        anyof(
            r"\bdeprecat",
            r"\bremoved\b",
            r"\bremovals?\b",
            r"\bretire",
            r"\bsunset",
            r"\bend[- ]of[- ]life\b",
            r"\bshutdowns?\b",
            r"\bdiscontinued\b",
        ),
        Label.DEPRECATION,
    ),
    (anyof(r"\bsecurity\b(?! features?)", r"\bvulnerabilit"), Label.SECURITY),
    (anyof(r"\bpricing\b", r"\bbilling\b", r"\bprice changes?\b"), Label.PRICING),
    (anyof(r"\brate limits?\b", r"\bquotas?\b", r"\busage limits?\b"), Label.RATE_LIMIT),
    (anyof(r"\bnew models?\b", r"\bmodel (?:launch|release)"), Label.NEW_MODEL),
)
INNER = anyof(
    r"\b(?:internal|refactor\w*|tests?|testing|ci|build|docs|documentation|styles?|typo)\b",
)
"""Headings of work that no caller sees."""
CHORES = anyof(r"\bchores?\b")
"""Work of which only ends and security are news."""
UPKEEP = re.compile(r"\b(?:scheduled|planned) maintenance\b|\bmaintenance (?:window|scheduled)\b", re.IGNORECASE)


def page_label(source: str = "", link: str = "") -> Label | None:
    """What every entry of a page is about, by the name of its source, else by its address; None for mixed news."""
    named = next((label for pattern, label in _PAGES if pattern.search(source)), None)
    return named or next((label for pattern, label in _LINKS if pattern.search(link)), None)


def section_label(section: str) -> Label | None:
    """What the heading says of what stands under it."""
    return next((label for pattern, label in _SECTIONS if section and pattern.search(section)), None)
