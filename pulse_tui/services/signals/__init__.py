"""From an observation to a response: take in, judge, respond; concerns, and the rounds that bring news."""
