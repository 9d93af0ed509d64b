"""Documents that are made to freeze or fill the collector are refused or read within 5 s and 300 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulse_tui.collectors import feed, junit, package_lock, requirements
from pulse_tui.collectors._shared import bills, markdown, toml_texts
from pulse_tui.collectors.items.rows import COLUMNS
from pulse_tui.domain import limits
from pulse_tui.enrich.vendors.catalogues.fields import MODELS
from tests.fuzz.hostile import HOSTILE

SECONDS, MEGABYTES = 5.0, 300
ONCE = (
    "uv_lock: a dotted key of 100,000 parts",
    "uv_lock: 3,000 versions of one name that need each other",
    "requirements: a line of 100,000 blanks",
    "requirements: long continuation lines",
    "package_lock: a path 100,000 folders deep with 300 dependencies",
    "osv: zip: 10,000 overlapping members",
    "osv: aliases",
    "osv: merges",
    "osv: deep lists that end",
    "items: 200,000 columns",
    "items: a model of 80 kB",
    "items: 20,000 metrics",
    "feed: 16,000 comments that do not end",
    "feed: a bad marked section",
    "feed: combining marks",
    "feed: 20,000 namespaces",
    "feed: 200,000 elements",
    "junit: a root of instructions",
    "junit: 2,000 suites in each other that fail",
    "lm_eval: metric names of dashes",
    "changelog: a line of quotes",
    "changelog: 500,000 headings",
    "model_list: 420,000 models",
    "model_list: 2,000,000 that are none",
)
"""Each of these took from 20 seconds to minutes, gigabytes, or ended the process."""


def _read(names: list[str]) -> list[tuple[str, float, int, int, str]]:
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("the peak of memory cannot be set back here")
    root = Path(__file__).parents[2]
    program = f"from tests.fuzz.measure import main; main({names!r})"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    told = [tuple(json.loads(line)) for line in ended.stdout.splitlines()]
    assert len(told) == len(names), f"the process ended at {names[len(told)]}: {ended.stderr[-2_000:]}"
    return told


def _bounded(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = _read(names)
    slowest, largest = max(told, key=lambda t: t[1]), max(told, key=lambda t: t[2])
    with capsys.disabled():
        print(
            f"\n{len(told)} hostile documents: at most {slowest[1]} s ({slowest[0]}) and {largest[2]} MB ({largest[0]})"
        )
    assert not [t for t in told if t[1] > SECONDS or t[2] > MEGABYTES or t[4].startswith("BROKE")]


def test_what_froze_the_collector_once_is_refused_or_read_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    _bounded([*ONCE], capsys)


@pytest.mark.slow
def test_every_hostile_document_is_refused_or_read_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    _bounded([*HOSTILE], capsys)


def test_the_docs_name_every_limit() -> None:
    page = (Path(feed.__file__).parents[1] / "docs/security.md").read_text()
    table = page.partition("| what is read at most")[2].partition("\n\n")[0]
    known = (
        *(
            limits.VALUES,
            limits.RESULTS,
            limits.CELLS,
            limits.LISTED,
            bills.MOST_COMPONENTS,
            bills.MOST_STEPS,
            COLUMNS,
        ),
        *(toml_texts.MOST, requirements.LINE_CAP, package_lock.LONGEST_PATH, junit.ELEMENTS, feed.MARKUP, feed.ENTRIES),
        *(markdown.BLOCKS, MODELS),
    )
    assert [n for n in known if f"{n:,}" not in table] == []
