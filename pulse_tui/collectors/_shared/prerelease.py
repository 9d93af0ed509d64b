"""Whether a tag is of a release that comes before the real one."""

from __future__ import annotations

import re

_PRE = re.compile(r"(?:\d|[._-])(?:a|b|c|rc|alpha|beta|dev|pre|preview|nightly|next|canary)[._-]?\d*\Z", re.IGNORECASE)


def is_prerelease(tag: str) -> bool:
    """``v1.2.0-rc.1``, ``0.9.1b2``, ``2.0.0.dev3``."""
    return _PRE.search(tag) is not None
