"""The judgement of numbers."""
