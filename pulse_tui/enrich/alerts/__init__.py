"""Judgement of alerts together: which belong to one incident, and what may have led to it."""
