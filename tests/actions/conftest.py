"""A send context over the real HTTP adapter, with one secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.ports import SendContext
from pulse_tui.web import Web
from pulse_tui.wiring import outside
from tests.enrich.build import NOW


def secret(text: str) -> str:
    return text.replace("${TOKEN}", "s3cret")


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[SendContext]:
    web = Web(clock=lambda: NOW)
    yield outside(web, tmp_path, lambda: NOW)._replace(secret=secret).sending(NOW)
    web.close()
