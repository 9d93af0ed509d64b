"""Kinds of sources and file formats: one file is one kind, named as the configuration names it.

A kind is a module with ``Options`` and ``collect`` (and ``accepts`` and ``parse`` when ``ingest`` can
read its files), as defined by :class:`pulse_tui.ports.Collector` and :class:`pulse_tui.ports.FileFormat`.
Names that begin with an underscore are helpers.
"""
