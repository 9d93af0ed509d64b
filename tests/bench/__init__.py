"""Benchmarks that print a number; nothing here is a test."""
