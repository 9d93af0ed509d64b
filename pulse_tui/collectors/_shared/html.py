"""HTML fragments to plain text with line breaks."""

from __future__ import annotations

from html.parser import HTMLParser

from pulse_tui.domain.text import clean_block

_BREAKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul"}
)
_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "object"})
#: Longer fragments are cut before they are parsed: parsing is linear at best.
_LONGEST = 200_000


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in _BREAKS and tag not in ("br", "li"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # In HTML a line break in the source is only a space.
            self.parts.append(data.replace("\n", " "))


def to_text(html: str, limit: int = 20_000) -> str:
    """Safe plain text: blocks on lines of their own, list items with "- ", scripts and styles left out."""
    if "<" not in html and "&" not in html:
        return clean_block(html, limit)
    reader = _Text()
    reader.feed(html[:_LONGEST])
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return clean_block("\n".join(line for line in lines if line and line != "-"), limit)
