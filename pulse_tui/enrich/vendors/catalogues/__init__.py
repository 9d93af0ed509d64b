"""Catalogues of models: reading the shapes in which they are published, and what changed between two of them. Pure."""
