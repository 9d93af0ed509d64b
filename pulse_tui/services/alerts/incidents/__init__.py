"""Incidents: alerts that are handled as one, with the causes that the evidence names."""
