"""A send context over the real HTTP adapter, with one secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.ports import SendContext
from pulse_tui.web import Web
from tests.enrich.build import NOW


def secret(text: str) -> str:
    return text.replace("${TOKEN}", "s3cret")


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[SendContext]:
    web = Web(clock=lambda: NOW)
    yield SendContext(http=web, base=tmp_path, secret=secret, now=NOW)
    web.close()
