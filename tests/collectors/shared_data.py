"""Real-world data that lives beside the repository; tests that need it are skipped where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_data(*parts: str) -> Path:
    """A file or folder of the shared data; skips the test when it is not there."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    path = Path(os.environ.get("PULSE_SHARED_DATA") or beside).joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared data is not here; set PULSE_SHARED_DATA to its folder")
    return path
