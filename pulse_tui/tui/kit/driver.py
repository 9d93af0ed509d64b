"""A Linux driver that sleeps until there is input.

The stock driver polls ten times a second with a hard-wired select of 0.1 s: Esc takes 104 ms, quitting 270 ms, and an
idle tower wakes for nothing. This one blocks until a byte or the end comes, and waits shortly only after a lone escape.
It leans on the internals of Textual 8.2.8; anything else falls back to the stock driver.
"""

from __future__ import annotations

import os
import select
import sys
from codecs import getincrementaldecoder
from typing import Any

import textual
from textual.driver import Driver

KNOWN = "8.2.8"
ESCAPE_S = 0.025
"""After a lone escape: how long the rest of a key sequence may take."""


def _known() -> bool:
    """Whether this is the Textual that the driver leans on.

    ``textual.__version__`` imports importlib.metadata and the email package for it: 14 ms before the first frame. The
    folder that every installer leaves beside the package says the same.
    """
    beside = os.path.join(os.path.dirname(os.path.dirname(textual.__file__)), f"textual-{KNOWN}.dist-info")
    return os.path.isdir(beside) or textual.__version__ == KNOWN


def quiet_driver(stock: type[Driver]) -> type[Driver]:
    """The quiet driver where it is known to work, else the stock one."""
    if stock.__name__ != "LinuxDriver" or not sys.platform.startswith("linux") or not _known():
        return stock
    from textual import constants  # noqa: PLC0415
    from textual._parser import ParseError  # noqa: PLC0415
    from textual._xterm_parser import XTermParser  # noqa: PLC0415
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415

    # The parser gives an escape up for a key of its own after this time; it is read at every escape.
    parser_globals = vars(sys.modules[XTermParser.__module__])["constants"]
    if parser_globals is not constants:
        return stock
    constants.ESCAPE_DELAY = ESCAPE_S  # type: ignore[misc]

    class QuietDriver(LinuxDriver):
        """Blocks on the terminal and on a pipe that says the end."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._wake_read, self._wake_write = os.pipe()

        def disable_input(self) -> None:
            os.write(self._wake_write, b"x")
            super().disable_input()
            os.read(self._wake_read, 64)  # the thread has ended: the next one must not find it

        def run_input_thread(self) -> None:
            """Wait for input and dispatch events."""
            parser = XTermParser(self._debug)
            decode = getincrementaldecoder("utf-8")(errors="replace").decode
            wait: float | None = None
            try:
                while not self.exit_event.is_set():
                    ready, _, _ = select.select([self.fileno, self._wake_read], [], [], wait)
                    if self._wake_read in ready:
                        break  # whoever woke us waits for this thread to end, and may not have set exit_event yet
                    data = os.read(self.fileno, 4096) if ready else b""
                    if ready and not data:
                        break  # the terminal is gone
                    for message in parser.feed(decode(data)) if data else ():
                        self.process_message(message)
                    for message in parser.tick():
                        self.process_message(message)
                    wait = ESCAPE_S / 2 if data or parser._timeout_time is not None else None
            finally:
                try:
                    for _ in parser.feed(""):
                        pass
                except (EOFError, ParseError):
                    pass

    return QuietDriver
