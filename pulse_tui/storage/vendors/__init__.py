"""Vendors: notes and pages, lifecycles, catalogues, the tripwire, tasks."""
