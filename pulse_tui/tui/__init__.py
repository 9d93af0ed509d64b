"""The tower: a Textual screen over the :class:`~pulse_tui.ports.Desk` protocol.

The room draws the read models of :mod:`pulse_tui.domain.board` and asks; it judges nothing. Panes and screens
post messages, and only :mod:`pulse_tui.tui.app` turns a message into a call. Everything is drawn through one
line canvas (:mod:`pulse_tui.tui.canvas`) that compares what it shows with what it should show, so that nothing is
written to the terminal when nothing changed. plotext is imported in :mod:`pulse_tui.tui.chart` only, and late.
"""
