"""A scenario played through the configured estate, policy, routes and schedules: on a clock of its own, in a scratch
database, and nothing is sent."""
