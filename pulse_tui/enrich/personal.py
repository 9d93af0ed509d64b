"""Texts that look like personal data: e-mail addresses, phone numbers, payment card numbers.

A benchmark suite is copied to every machine that runs it, so that anything in it by mistake is everywhere. Each kind
has a recognisable form: a top-level domain that exists, a phone number of a country's numbering plan, a card's prefix
with a valid check digit. Version numbers, times, hashes, network addresses and identifiers in code are not matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SHOWN = 2
"""Characters of each part that a sample keeps."""


class Personal(NamedTuple):
    """One text that looks like personal data."""

    line: int
    kind: str
    """``e-mail address``, ``phone number`` or ``payment card number``."""
    sample: str
    """Enough to find it, too little to pass on."""


def personal(text: str) -> Iterator[Personal]:
    """What looks like personal data, by line (from 1); linear in the text's length."""
    for number, line in enumerate(text.split("\n"), 1):
        plain = _UNICODE.sub(lambda m: chr(int(m[1], 16)), _ESCAPED.sub("  ", line)) if "\\" in line else line
        if "@" in plain or _DIGITS.search(plain):
            yield from (Personal(number, *found) for found in _in_line(plain))


_DIGITS = re.compile(r"(?<![\w.])\(?\d[\d .()/-]{5,}\d", re.ASCII)
"""A quick filter that most lines fail: digits that begin on their own and are as long as a number."""
_ESCAPED = re.compile(r"\\[nrtbf\"/]")
"""JSON escapes directly precede the text after them: ``\\nana@...`` is not the address of ``nana``."""
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    taken: list[tuple[int, int]] = []
    for begin, end, sample in _mails(line):
        taken.append((begin, end))
        yield "e-mail address", sample
    for kind, look in (("payment card number", _cards), ("phone number", _phones)):
        for begin, end in look(line):
            if all(end <= b or begin >= e for b, e in taken):
                taken.append((begin, end))
                yield kind, _masked(line[begin:end])


def _masked(found: str) -> str:
    """``+1 …71``: the beginning and the last two digits."""
    return f"{found[:SHOWN].rstrip()}…{found[-SHOWN:]}"


# --------------------------------------------------------------------------- e-mail

_DOMAIN = re.compile(
    r"((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8})([^\W\d_]{2,24}|xn--[a-z0-9]{2,40})(?![\w-])", re.IGNORECASE
)
_TOP = (  # of countries, then the generic ones that carry mail
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd "
    "ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg "
    "kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa "
    "sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug "
    "uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw "
    "com org net edu gov mil int info biz name pro mobi jobs tel travel museum coop aero asia cat post xxx app dev page "
    "cloud online site shop store tech blog xyz email mail live life world club agency studio design digital media "
    "network systems software solutions services consulting company group team work works law health care clinic "
    "doctor bank finance capital insurance university academy school education institute science energy "
    "berlin hamburg bayern wien paris london amsterdam nyc tokyo gmbh inc ltd llc swiss "
)
_TOPS = frozenset(_TOP.split())
"""Top-level domains that exist: ``W@x.mean`` is an expression."""


def _mails(line: str) -> Iterator[tuple[int, int, str]]:
    for at in re.finditer("@", line):
        place = at.start()
        local = _ending(line[max(0, place - 64) : place])
        domain = _DOMAIN.match(line, place + 1, place + 256)
        if local is None or domain is None or not _exists(domain[2]):
            continue
        begin = place - len(local)
        before, after = line[max(0, begin - 100) : begin], line[domain.end() : domain.end() + 1]
        if "://" in before.rpartition(" ")[2] or (local == "git" and after in (":", "/")):
            continue  # user and password of a URL, the address of a repository
        yield begin, domain.end(), f"{local[:SHOWN]}…@{domain[0][:SHOWN]}…"


def _ending(text: str) -> str | None:
    """The local part at the end of the text; it begins with a letter or a digit."""
    cut = max((i for i, c in enumerate(text) if not (c.isalnum() or c in "_.+%-")), default=-1)
    found = text[cut + 1 :].lstrip("_.+%-")
    return found if found and not found.endswith(".") and ".." not in found else None


def _exists(top: str) -> bool:
    top = top.lower()
    return top in _TOPS or top.startswith("xn--") or not top.isascii()


# --------------------------------------------------------------------------- cards

_CARD = re.compile(
    r"(?<![\w.+/=-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\w/]|[.-]\w)",
    re.ASCII,
)
_ISSUED = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14}(?:\d{3})?",
    re.ASCII,
)
"""Lengths and prefixes that issuers use: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay."""


def _cards(line: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(line):
        digits = re.sub(r"\D", "", match[0])
        if _ISSUED.fullmatch(digits) and luhn(digits):
            yield match.start(), match.end()


def luhn(digits: str) -> bool:
    """Whether the check digit at the end is valid (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# --------------------------------------------------------------------------- phones

_ABROAD = re.compile(
    r"(?<![\w.,:+*/=)\]-])(?<!\d )(?!\+?\d{4}-\d\d-\d\d)(?:\+|00)[1-9]\d{0,3}(?:[ .-]?\(0?\d{1,5}\))?(?:[ ./-]?\d{1,12}){0,6}(?![\w/]|[.,-]\d)",
    re.ASCII,
)
_AMERICAN = re.compile(
    r"(?<![\w.+/=#:-])(?<!\d )(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}([.-]))[2-9]\d{2}(?(1)\1|[ .-])\d{4}(?![\w/]|[.:-]\w)",
    re.ASCII,
)
_FRENCH = re.compile(r"(?<![\w.+/=#:-])(?<!\d )0[1-9]( )\d{2}\1\d{2}\1\d{2}\1\d{2}(?![\w/]|[.:-]\w| \d)", re.ASCII)
_FORMS = ((_ABROAD, None), (_AMERICAN, "US"), (_FRENCH, "FR"))
"""Cheap forms with the region by which they are read: the library judges only what has one."""
_NAMED = re.compile(
    r"\b(?:tele)?(?:phone|fon)(?:[ _-]?(?:number|no|nr))?\b|\b(?:tel|mobile|mobil|cell|fax|whatsapp|handy|call me (?:at|on))\b",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"[\"'. ]{0,3}[:=]?[\"' ]{0,3}(\(?0?\d[\d ()/-]{5,18}\d)(?![\w/]|[.-]\w)", re.ASCII)
FEWEST, MOST = 7, 15
"""Digits of a number; with a country code there are at most 15 (ITU-T E.164)."""


def _phones(line: str) -> Iterator[tuple[int, int]]:
    """Texts in the form of a number that could have been assigned, by the numbering plans of the countries."""
    for pattern, region in _FORMS:
        for match in pattern.finditer(line):
            if _given_out(match[0], region):
                yield match.span()
    for name in _NAMED.finditer(line):
        number = _AFTER_NAME.match(line, name.end())
        if number is not None and FEWEST <= sum(c.isdigit() for c in number[1]) <= MOST:
            yield number.span(1)


def _given_out(number: str, region: str | None) -> bool:
    from phonenumbers import NumberParseException, is_valid_number, parse  # noqa: PLC0415  late: 25 ms, for few lines

    try:
        return is_valid_number(parse(f"+{number[2:]}" if number.startswith("00") else number, region))
    except NumberParseException:
        return False
