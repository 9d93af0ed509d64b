"""The tower: a Textual screen over the :class:`~pulse_tui.ports.Desk` protocol.

The room draws the read models of :mod:`pulse_tui.domain.views` and asks; it judges nothing. It is composed of wings
(:mod:`~pulse_tui.tui.wings` lists them), and each wing is one object (:mod:`~pulse_tui.tui.wing`): its panes, its pages, its
actions and a table of the asks that it answers. Panes and screens post asks (:mod:`~pulse_tui.tui.asks`); the app
(:mod:`~pulse_tui.tui.app`) looks an ask's type up in the tables. What a wing may use is the context
(:mod:`~pulse_tui.tui.context`), over :mod:`~pulse_tui.tui.threads` (calls of the desk), :mod:`~pulse_tui.tui.watch` (the board
and its changes) and :mod:`~pulse_tui.tui.notices` (sentences for the operator). The main screen (:mod:`~pulse_tui.tui.main`)
knows a pane only by what every pane has (:mod:`~pulse_tui.tui.pane`).

Everything is drawn through one line canvas (:mod:`pulse_tui.tui.kit.canvas`) that compares what it shows with what it
should show, so that nothing is written to the terminal when nothing changed. plotext is imported in
:mod:`pulse_tui.tui.evals.chart` only, and late.
"""

import os

# Textual reads these when it is imported. No animation and no kitty keys: both cost bytes over SSH, and tmux answers neither.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")
