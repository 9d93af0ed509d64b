"""The tower: a Textual screen over the :class:`~pulse_tui.ports.Desk` protocol.

The room draws the read models of :mod:`pulse_tui.domain.views.panes` and asks; it judges nothing. Panes and screens
post messages, and only the app turns a message into a call: :mod:`pulse_tui.tui.calls` (threads and errors),
:mod:`~pulse_tui.tui.watch` (the board and its changes), :mod:`~pulse_tui.tui.pages` (what opens),
:mod:`~pulse_tui.tui.deeds` (what changes something) and :mod:`~pulse_tui.tui.app` (start and end). Everything is
drawn through one line canvas (:mod:`pulse_tui.tui.kit.canvas`) that compares what it shows with what it should show,
so that nothing is written to the terminal when nothing changed. plotext is imported in :mod:`pulse_tui.tui.kit.chart`
only, and late.
"""

import os

# Textual reads these when it is imported. No animation and no kitty keys: both cost bytes over SSH, and tmux answers neither.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")
