"""An operator installs exactly what was tried: the lock has every pin with its hashes, the bill says what that is."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.house.own_bill import BILL, LOCK, ROOT, bill

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["postgres"])]
BLOCKS = re.findall(r"^([a-z0-9-]+)==([^ ]+)(?: ; (.+?))? \\\n((?:    .*\n)+)", LOCK.read_text(), re.MULTILINE)


@pytest.mark.parametrize("asked", DIRECT, ids=lambda r: r.name)
def test_a_dependency_is_pinned_within_its_bounds(asked: Requirement) -> None:
    pinned = [version for name, version, *_ in BLOCKS if name == asked.name.lower().replace("_", "-")]
    assert pinned
    assert all(version in asked.specifier for version in pinned)


def test_every_pin_has_its_hashes_and_nothing_else_stands_in_the_lock() -> None:
    rest = re.sub(r"^[a-z0-9-]+==[^ ]+(?: ; .+?)? \\\n((?:    .*\n)+)", "", LOCK.read_text(), flags=re.MULTILINE)
    assert (rest, len(BLOCKS) > len(DIRECT)) == ("", True)
    for name, _, _, below in BLOCKS:
        assert re.search(r"^    --hash=sha256:[0-9a-f]{64}", below, re.MULTILINE), name


def test_the_bill_is_made_of_the_lock() -> None:
    assert BILL.read_bytes() == bill(), "make it again: python -m tests.house.own_bill"
