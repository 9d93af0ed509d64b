"""Rounds of work that no screen waits for: sources, suites, housekeeping."""
