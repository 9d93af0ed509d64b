"""Advisories on the screen."""
