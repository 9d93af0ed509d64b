"""From an observation to a response: ingest, judge, respond; concerns, and the rounds of sources."""
