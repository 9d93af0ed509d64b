"""Processes that are killed, and processes that race: what the executor's word is worth. The long forms are slow."""
