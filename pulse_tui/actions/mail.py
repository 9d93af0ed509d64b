"""Mail, by SMTP. Each delivery has one Message-ID made of its key, so that a repeat is the same mail, and what follows stands
under the first of its thread.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import message
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

SUBJECT = 200
BODY = 20_000


class Security(StrEnum):
    """How the way to the server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"
    """For a relay on this machine."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server, who writes, and to whom. ``user`` and ``password`` as ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.REVIEW})
    AT_ONCE: ClassVar[int] = 2

    host: str
    """The SMTP server."""
    sender: str
    """The address that it is from."""
    to: tuple[str, ...]
    """Addresses; each sees the others."""
    port: int | None = None
    """None: 587 with starttls, 465 with tls, 25 with none."""
    security: Security = Security.STARTTLS
    """starttls, tls, or none."""
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    """Certificates that are trusted besides those of the system, from the configuration's folder."""
    timeout: Seconds = Seconds(20)
    """How long each step may take."""

    def __post_init__(self) -> None:
        for each in (self.sender, *self.to):
            _address(each)
        if not self.to:
            raise ValueError("a mail route needs at least one address under to")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.security is Security.NONE:
            raise ValueError("a password does not travel without security: starttls or tls")


def _address(text: str) -> Address:
    """Raises ValueError for what is no single address."""
    if text != clean(text, 320) or any(c in text for c in " ,;<>"):
        raise ValueError(f"{clean(text, 80)!r} is no mail address")
    try:
        found = Address(addr_spec=text)
    except Exception as error:  # the parser of the standard library raises what it likes
        raise ValueError(f"{clean(text, 80)!r} is no mail address") from error
    if not found.username or not found.domain:
        raise ValueError(f"{clean(text, 80)!r} is no mail address")
    return found


def respond(case: Case) -> Sequence[Effect]:
    """One mail for each mail route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="mail")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Send it; the receipt has the Message-ID, and who was refused. Raises TargetError, when nobody got it."""
    assert isinstance(options, Options)
    mail = mail_of(delivery, options)
    where = f"{options.host}:{_port(options)}"
    sending = False
    try:
        with _connected(options, context) as server:
            if options.user is not None and options.password is not None:
                server.login(context.secret(options.user), context.secret(options.password))
            sending = True
            refused = server.send_message(mail, options.sender, list(options.to))
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _failed(f"{where} refuses every recipient", code, said) from None
    except smtplib.SMTPResponseException as error:
        raise _failed(where, error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError as error:
        todo = "Set security: to what the server offers"
        raise TargetError(f"{where}: {clean(str(error), 200)}", ambiguous=False, todo=todo) from None
    except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
        what = f"{where} cannot be reached, or broke off: {clean(str(error) or type(error).__name__, 200)}"
        raise TargetError(what, ambiguous=sending, todo="Check host, port and security of the route") from None
    left = f", refused: {clean(', '.join(refused), 200)}" if refused else ""
    return f"250 {mail['Message-ID']}{left}"


def _connected(options: Options, context: SendContext) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if options.ca_file is not None:
        trusted.load_verify_locations(context.base / options.ca_file)
    timeout, port = float(options.timeout), _port(options)
    if options.security is Security.TLS:
        return smtplib.SMTP_SSL(options.host, port, timeout=timeout, context=trusted)
    server = smtplib.SMTP(options.host, port, timeout=timeout)
    if options.security is Security.STARTTLS:
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _port(options: Options) -> int:
    usual = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
    return options.port if options.port is not None else usual[options.security]


def _failed(where: str, code: int, said: bytes | str) -> TargetError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return TargetError(
        f"{where} answered {code}: {clean(text, 200)}",
        ambiguous=False,
        todo="Check the route's addresses, user and password" if code >= 500 else "It is sent again",
        permanent=500 <= code < 600,
        limited=code in (421, 450, 451, 452),
    )


def mail_of(delivery: Delivery, options: Options) -> EmailMessage:
    """The mail. No text from outside can end a header: each is one cleaned line."""
    said = message(delivery)
    domain = _address(options.sender).domain
    mail = EmailMessage(policy=SMTP)
    head = f"{said.priority} {said.title}" if said.event in ("opened", "raised") else said.title
    mail["Subject"] = clean(head, SUBJECT)
    mail["From"] = options.sender
    mail["To"] = ", ".join(options.to)
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = _id(delivery.key, domain)
    if not delivery.first:
        mail["In-Reply-To"] = mail["References"] = _id(delivery.thread, domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Pulse-Key"] = clean(delivery.key, 200)
    if said.priority == "P1" and said.event in ("opened", "raised"):
        mail["Importance"] = "high"
    mail.set_content(said.text(BODY))
    return mail


def _id(key: str, domain: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"
