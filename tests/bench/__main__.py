"""``python -m tests.bench [tower|ingest|rollback|demo|registry|alias|board|sync]``: prints numbers, judges nothing."""

import importlib
import sys

NAMES = ["verdicts", "drift", "tower", "ingest", "rollback", "demo", "registry", "alias", "board", "sync"]

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        importlib.import_module(f"tests.bench.{name}").main()
