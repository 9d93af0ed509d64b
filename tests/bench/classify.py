"""What notes are about: precision, recall and F1 by label on labelled notes, and notes a second.

``python -m tests.bench classify``: the labelled notes of the shared data as ``pulse-tui classify`` reads them, and by source.
The goals are for notes that nobody looked at while writing rules; these were looked at, so the numbers here are too good.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.classify import judge
from pulse_tui.enrich.vendors.reading.structure import page_label

_DATA = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
NOTES = _DATA / "vendor" / "notes" / "dev.jsonl"
GOALS = {
    "deprecation": "recall >= .97, precision >= .93",
    "behaviour_change": "recall >= .70, precision >= .70; recall with the review queue >= .90",
    "pricing": "F1 >= .80",
    "rate_limit": "F1 >= .80",
    "new_model": "precision >= .85, recall >= .92",
}


def counted(rows: list[dict[str, Any]]) -> tuple[dict[str, Counter[str]], int]:
    """Hits, extras and losses by label, and how many notes go to the review queue."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    queue = 0
    for row in rows:
        judged = judge(row["title"], row["body"], page=page_label(row["source"], row["url_or_repo"]))
        got, want = {str(label) for label in judged.labels}, set(row["labels"])
        queue += judged.review
        for label in got | want:
            what = "hit" if label in got & want else "extra" if label in got else "lost"
            counts[label][what] += 1
            counts[label]["queued"] += what == "lost" and judged.review
    return counts, queue


def shares(count: Counter[str]) -> tuple[float, float, float, float]:
    """Precision, recall, F1, and recall counting what is lost but in the review queue."""
    hit, extra, lost = count["hit"], count["extra"], count["lost"]
    precision = hit / (hit + extra) if hit + extra else 1.0
    recall = hit / (hit + lost) if hit + lost else 1.0
    both = precision + recall
    queued = (hit + count["queued"]) / (hit + lost) if hit + lost else 1.0
    return precision, recall, 2 * precision * recall / both if both else 0.0, queued


def main() -> None:
    """Print the numbers."""
    if not NOTES.exists():
        print("classify: skipped, the shared data is not here")
        return
    rows = [json.loads(line) for line in NOTES.read_text(encoding="utf-8").splitlines()]
    counts, queue = counted(rows)
    print(f"classify: {len(rows)} labelled notes, {queue} of them for a person to look at")
    for label in Label:
        count = counts[label]
        precision, recall, f1, queued = shares(count)
        goal = f"  goal {GOALS[label]}" if label in GOALS else ""
        numbers = f"precision {precision:.2f}  recall {recall:.2f}  F1 {f1:.2f}  recall with the queue {queued:.2f}"
        print(f"  {label:<17} {count['hit'] + count['lost']:3} notes  {numbers}{goal}")
    for source in sorted({row["source"] for row in rows}):
        theirs = [row for row in rows if row["source"] == source]
        total = sum(counted(theirs)[0].values(), Counter[str]())
        print(f"  {source:<25} {len(theirs):3} notes  F1 over all labels {shares(total)[2]:.2f}")
    begun = time.process_time()
    for _ in range(5):
        for row in rows:
            judge(row["title"], row["body"])
    print(f"  {5 * len(rows) / (time.process_time() - begun):,.0f} notes a second of CPU time")


if __name__ == "__main__":
    main()
