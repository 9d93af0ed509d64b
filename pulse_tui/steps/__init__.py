"""Kinds of rollback steps: one file is one kind of place that holds one value.

A kind is a module as :class:`pulse_tui.ports.Step` says: it reads and writes its place; the executor
owns the protocol around it. Names that begin with an underscore are helpers.
"""
