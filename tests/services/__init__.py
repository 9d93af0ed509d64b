"""The verbs, over a real SQLite file, the default policy and small real adapters."""
