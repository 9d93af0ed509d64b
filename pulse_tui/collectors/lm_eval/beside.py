"""Which files of the LM Evaluation Harness belong together: ``results_<stamp>.json``, ``samples_<task>_<stamp>.jsonl``.

An ``--output_path`` that ends in .json names the results after itself: ``mine_<stamp>.json``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_STAMP = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\d(?:\.\d+)?)$")


class Named(NamedTuple):
    """What the name of a file of samples gives."""

    task: str
    """Empty when it is not named as the harness names it."""
    at: datetime | None
    """It is the local time of the host that ran it, without its zone: taken as UTC."""


def base_of(name: str) -> str:
    """The file's name without its folders."""
    return name.replace("\\", "/").rpartition("/")[2]


def samples_of(folder: Path, results: str, tasks: Iterable[str]) -> dict[str, Path]:
    """The samples of each task that has some."""
    stamp = _stamp_of(results)
    named = {task: folder / f"samples_{task}{stamp}.jsonl" for task in tasks if stamp and not re.search(r"[/\\]", task)}
    fit = {task: file for task, file in named.items() if len(file.name.encode("utf-8", "replace")) < 256}
    return {task: file for task, file in fit.items() if file.is_file()}


def results_of(folder: Path, samples: str) -> Path | None:
    """The results that a file of samples belongs to, if they are there."""
    parts = _stem(samples).split("_")
    tails = ("_".join(parts[n:]) for n in range(2, len(parts)))
    if plain := next((file for tail in tails if (file := folder / f"results_{tail}.json").is_file()), None):
        return plain
    stamp = _STAMP.search(_stem(samples))
    return next(iter(sorted(folder.glob(f"*{stamp[0]}.json"))), None) if stamp else None


def beside() -> Callable[[Path], Sequence[Path]]:
    """Finds the samples that belong to a file of results. Every folder is listed once: it may have many thousands."""
    folders: dict[Path, dict[str, list[Path]]] = {}

    def samples(file: Path) -> Sequence[Path]:
        ends = folders.get(file.parent)
        if ends is None:
            ends = folders[file.parent] = {}
            for other in sorted(file.parent.glob("samples_*.jsonl")):
                ends.setdefault(_end(other.name), []).append(other)
        stamp = _stamp_of(file.name)
        return [f for f in ends.get(_end(file.name), ()) if stamp and _stem(f.name).endswith(stamp)]

    return samples


def named(samples: str) -> Named:
    """Task and time of a file of samples."""
    stem = _stem(samples)
    stamp = _STAMP.search(stem)
    task = stem[: stamp.start() if stamp else None]
    return Named(task.removeprefix("samples_") if task.startswith("samples_") else "", _moment(stamp))


def _moment(stamp: re.Match[str] | None) -> datetime | None:
    if stamp is None:
        return None
    day, _, time = stamp[1].partition("T")
    try:
        return datetime.fromisoformat(f"{day}T{time.replace('-', ':')}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _stamp_of(results: str) -> str:
    """``_<stamp>`` of a file of results; empty when it has none, and no samples belong to it."""
    stem = _stem(results)
    stamp = _STAMP.search(stem)
    return stamp[0] if stamp else stem.removeprefix("results") if stem.startswith("results_") else ""


def _stem(base: str) -> str:
    return base.removesuffix(".jsonl").removesuffix(".json")


def _end(base: str) -> str:
    return _stem(base).rpartition("_")[2]
