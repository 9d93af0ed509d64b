"""Patterns that are compiled when they are first matched."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest

from pulse_tui.domain.pattern import late


def test_one_matches_as_the_compiled_one_does() -> None:
    text, lazy = "v1.2, V34", late(r"v(\d+)", re.IGNORECASE)
    plain = re.compile(r"v(\d+)", re.IGNORECASE)
    assert lazy.findall(text) == plain.findall(text) == ["1", "34"]
    assert lazy.sub(r"<\1>", text) == plain.sub(r"<\1>", text)
    assert (lazy.pattern, lazy.flags, lazy.groups) == (plain.pattern, plain.flags, plain.groups)
    assert late(rb"\d").search(b"a1") is not None
    assert lazy.match("w") is None


def test_it_can_be_copied_before_and_after_it_matched() -> None:
    lazy = late("a+")
    before = copy.copy(lazy)
    assert lazy.fullmatch("aa") is not None
    assert before.fullmatch("aa") is not None
    assert copy.deepcopy(lazy).fullmatch("ab") is None


def test_what_is_no_pattern_is_found_when_it_is_matched() -> None:
    wrong = late("(")
    with pytest.raises(re.error):
        wrong.match("")


def test_every_pattern_of_the_modules_that_wait_compiles() -> None:
    """Otherwise the first operator to need one would find the mistake, not whoever imports it."""
    code = """
import importlib, pkgutil, pulse_tui.domain as d, pulse_tui.enrich.vendors as v, pulse_tui.enrich.advisories as a
from pulse_tui.domain import pattern
made, init = [], pattern._Late.__init__
def noted(self, *args):
    init(self, *args)
    made.append(self)
pattern._Late.__init__ = noted
for package in (d, v, a):
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(info.name)
print(len([one.match for one in made]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
