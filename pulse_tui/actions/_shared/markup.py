"""Text from outside in other systems' markup: it shows as it is, and nobody is called, linked or obeyed by it."""

from __future__ import annotations

import re

from pulse_tui.domain.text import clean_block

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")
_CALLS = re.compile(r"([@#!%$&])(?=[\w\"{])")
"""What names people, tickets, merge requests, milestones, snippets: a comment between stops it, and is not seen."""
_COMMAND = re.compile(r"(?m)^(\s*)/")
"""A quick action of GitLab stands at the beginning of a line."""
_LISTS = re.compile(r"(?m)^(\s*)([#+=-]|\d+[.)])")


def markdown(text: str) -> str:
    """GitHub's and GitLab's Markdown: no links, images, HTML, mentions, references or quick actions of somebody else's."""
    escaped = _MARKDOWN.sub(r"\\\1", clean_block(text))
    escaped = _LISTS.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", escaped)
    escaped = _CALLS.sub(r"\1<!-- -->", escaped)
    return _COMMAND.sub(r"\1\\/", escaped).replace("\n", "  \n")


_WIKI = re.compile(r"([\\{}\[\]*_?+^~|!#-])")
_HEADING = re.compile(r"(?m)^(\s*)(h[1-6]|bq)\.")


def wiki(text: str) -> str:
    """Jira's wiki markup (Server and Data Center)."""
    return _HEADING.sub(r"\1\2\\.", _WIKI.sub(r"\\\1", clean_block(text)))


def journal(text: str) -> str:
    """ServiceNow's journal fields: what stands between ``[code]`` is HTML there."""
    return re.sub(r"\[(/?)(code)\]", r"( \1\2 )", clean_block(text), flags=re.IGNORECASE)
