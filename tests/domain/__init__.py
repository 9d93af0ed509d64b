"""The nouns: the signal contract, the state machines, time and text."""
