"""The verbs: one use case a file. What a verb needs comes as arguments (ports); nothing here opens anything."""
