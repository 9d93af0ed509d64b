"""Sentences of behaviour; the fakes here are small real adapters and servers."""
