"""``python -m tests.bench [verdicts|whole_path|drift|tower|ingest|rollback|signing|steps|demo|registry|alias|board|sync|audit|advisories|advisory_loads|exploitation|feeds|feed_polls|catalogue|resolve|classify|tripwire|nights|delivery|feed30|rehearse|past|hosts|keep]``: prints numbers, judges nothing."""

import importlib
import sys

NAMES = [
    "verdicts",
    "whole_path",
    "drift",
    "tower",
    "ingest",
    "rollback",
    "signing",
    "steps",
    "demo",
    "registry",
    "alias",
    "board",
    "sync",
    "audit",
    "advisories",
    "advisory_loads",
    "exploitation",
    "feeds",
    "replay",
    "feed_polls",
    "catalogue",
    "resolve",
    "classify",
    "tripwire",
    "nights",
    "policy",
    "explain",
    "delivery",
    "feed30",
    "rehearse",
    "million",
    "keep",
    "pushed",
    "past",
    "hosts",
]

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        importlib.import_module(f"tests.bench.{name}").main()
