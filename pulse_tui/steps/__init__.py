"""Kinds of rollback steps: one file is one kind of target that holds one value.

A kind is a module as :class:`pulse_tui.ports.Step` says: it reads and writes its target; the executor
owns the protocol around it. Names that begin with an underscore are helpers.
"""
