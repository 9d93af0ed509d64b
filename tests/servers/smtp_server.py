"""A small SMTP server on 127.0.0.1 (RFC 5321), in the clear, with STARTTLS or with TLS; keeps what it takes."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

CERTIFICATE = Path(__file__).parent / "loopback.pem"


class SmtpServer:
    """``mails`` is what arrived; ``answers`` replaces the answer to a verb, once each."""

    def __init__(self, *, starttls: bool = False, tls: bool = False, user: str = "", password: str = "") -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, list[str]] = {}
        self.refuses: set[str] = set()
        """Recipients that there are not."""
        self.context: ssl.SSLContext | None = None
        if starttls or tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(CERTIFICATE)
        self.starttls, self.tls = starttls, tls
        self.login = (user, password) if user else None
        outer = self

        class Handler(_Handler):
            server_side = outer

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, verb: str, usual: str) -> str:
        """What is answered to a verb now."""
        scripted = self.answers.get(verb)
        return scripted.pop(0) if scripted else usual


class _Handler(socketserver.StreamRequestHandler):
    server_side: SmtpServer

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the client went away, or believes no certificate
            self._serve()

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _secure(self) -> None:
        assert self.server_side.context is not None
        self.request = self.server_side.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _serve(self) -> None:  # noqa: PLR0912  a verb a branch
        outer, secure, known = self.server_side, False, self.server_side.login is None
        if outer.tls:
            self._secure()
            secure = True
        self._say("220 loopback ESMTP")
        to: list[str] = []
        while line := self.rfile.readline():
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = ["STARTTLS"] if outer.starttls and not secure else []
                    offers += ["AUTH PLAIN"] if outer.login is not None else []
                    for offer in ["loopback", *offers]:
                        self._say(f"250-{offer}")
                    self._say("250 8BITMIME")
                case "STARTTLS":
                    self._say("220 go on")
                    self._secure()
                    secure = True
                case "AUTH":
                    given = base64.b64decode(rest.split()[1]).decode().split("\0")[1:]
                    known = secure and tuple(given) == outer.login
                    self._say("235 welcome" if known else "535 5.7.8 bad credentials")
                case "MAIL":
                    self._say(outer.answer("MAIL", "250 ok" if known else "530 5.7.0 authentication required"))
                    to = []
                case "RCPT":
                    who = rest.partition("<")[2].partition(">")[0]
                    to += [who] if who not in outer.refuses else []
                    self._say(outer.answer("RCPT", "250 ok" if who not in outer.refuses else "550 5.1.1 no such user"))
                case "DATA":
                    self._say("354 go on")
                    body = bytearray()
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        body += part.removeprefix(b".") if part.startswith(b"..") else part
                    answer = outer.answer("DATA", "250 2.0.0 queued")
                    if answer.startswith("250"):
                        mail = message_from_bytes(bytes(body), policy=policy.default)
                        assert isinstance(mail, EmailMessage)
                        outer.mails.append(mail)
                        outer.recipients.append(to)
                    self._say(answer)
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")
