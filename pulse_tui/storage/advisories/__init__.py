"""Advisories and vendor notes."""
