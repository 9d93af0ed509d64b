"""Releases, deployments and what they are made of, on the screen."""
