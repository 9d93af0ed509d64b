"""The tower over the fake desk, for tests that watch a real terminal: ``python -m tests.tui.run_fake [option]``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.tower import to_tmux
from pulse_tui.tui.app import Tower

if TYPE_CHECKING:
    from pulse_tui.ports.tower import Desk


def main(option: str = "", argument: str = "") -> None:
    """``modules FILE`` blocks the desk and writes what the first frame had imported; ``title TEXT`` names an alert."""
    tower: Tower
    if option == "modules":
        _write_modules_at_first_frame(Path(argument))
        tower = _tower(_never)
    else:
        from tests.fakes.desk import ALERTS, FakeDesk

        desk = FakeDesk(large=option == "large")
        if option == "title":
            desk.alerts = (ALERTS[1]._replace(title=argument.encode().decode("unicode_escape")), *desk.alerts)
        tower = _tower(lambda: desk)
    tower.run(mouse=False)


def _tower(open_desk: Callable[[], Desk]) -> Tower:
    return Tower(
        open_desk,
        quick_board=lambda: None,
        scheduler=None,
        read_only=False,
        session_file=None,
        title="acme-ai",
        hand_out=to_tmux,
    )


def _never() -> Desk:
    threading.Event().wait()
    raise AssertionError


def _write_modules_at_first_frame(file: Path) -> None:
    """After the compositor has written its first frame: nothing less shows what the operator waited for."""
    from textual.screen import Screen

    refresh = Screen._compositor_refresh

    def refreshed(screen: Screen[object]) -> None:
        refresh(screen)
        if not file.exists() and screen.size.width:
            file.write_text("\n".join(sorted(sys.modules)))

    Screen._compositor_refresh = refreshed  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    main(*sys.argv[1:])
