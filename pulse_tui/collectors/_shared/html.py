"""HTML fragments to plain text with line breaks, in time that is linear in their length.

The standard library's parser takes the square of it for what does not end (``<!--`` again and again, up to 3.11.12) and
breaks off with an AssertionError at ``<![foo[``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from pulse_tui.domain.text import clean_block

_BREAKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul"}
)
_RAW = frozenset({"script", "style"})
"""What stands in them is no markup: they end at their own end tag."""
_SILENT = _RAW | {"template", "noscript", "svg", "iframe", "object"}
#: Longer fragments are cut before they are parsed.
_LONGEST = 200_000
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_MARKUP = re.compile("<[!?/a-zA-Z]")
# Possessive throughout: nothing is ever tried twice. A quote counts only where a value begins, as in a browser.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\t\n\r\f />]*+)(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^>])*+>""")


def to_text(html: str, limit: int = 20_000) -> str:
    """Safe plain text: blocks on lines of their own, list items with "- ", scripts and styles left out."""
    if "<" not in html and "&" not in html:
        return clean_block(html, limit)
    lines = (line.strip() for line in "".join(_texts(html[:_LONGEST])).split("\n"))
    return clean_block("\n".join(line for line in lines if line and line != "-"), limit)


def _texts(html: str) -> Iterator[str]:
    """What is shown, with a line break for each block."""
    silent: list[str] = []
    for text, tag in _tokens(html):
        if tag is None:
            if not silent:
                yield _plain(text)
            continue
        name, closing = tag[2].lower(), bool(tag[1])
        if name not in _SILENT:
            if not silent:
                yield _break(name, closing)
        elif not closing:
            if name in _RAW or not tag[0].endswith("/>"):
                silent.append(name)
        elif silent and silent[-1] == name:
            silent.pop()


def _tokens(html: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Texts and tags in turn; comments, declarations and the content of scripts are left out."""
    at = 0
    while (begin := html.find("<", at)) >= 0:
        yield html[at:begin], None
        if (tag := _TAG.match(html, begin)) is not None:
            yield "", tag
            at = tag.end()
            if (name := tag[2].lower()) in _RAW and not tag[1]:
                end = _ENDS[name].search(html, at)
                at = end.start() if end is not None else len(html)
        elif not _MARKUP.match(html, begin):
            yield "<", None  # "< 3" is text
            at = begin + 1
        else:
            mark, inner = ("-->", begin + 4) if html.startswith("<!--", begin) else (">", begin + 1)
            end_at = html.find(mark, inner)
            if end_at < 0:  # it does not end, and may be no markup
                at = begin
                break
            at = end_at + len(mark)
    yield html[at:], None


def _plain(text: str) -> str:
    """A line break in the source is only a space."""
    if "&" in text:
        from html import unescape  # noqa: PLC0415  its table of names: a configuration is read without

        with suppress(ValueError):  # a number of many thousand digits names no character
            text = unescape(text)
    return text.replace("\n", " ")


def _break(name: str, closing: bool) -> str:
    if closing:
        return "\n" if name in _BREAKS and name not in ("br", "li") else ""
    if name in _BREAKS:
        return "\n- " if name == "li" else "\n"
    return " " if name in ("td", "th") else ""
