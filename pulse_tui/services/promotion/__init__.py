"""Promotion: the gate, and what operators decide about a release."""
