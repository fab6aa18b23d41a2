"""A mail server on this machine, which takes mails, or does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port


@dataclass
class Mailbox:
    """Whoever asks is answered with what `answers` has for the recipient; else the mail is taken."""

    answers: dict[str, str] = field(default_factory=dict)
    after_data: str = ""
    sender: str = ""
    raw: list[tuple[list[str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.asked.append(address)
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.after_data:
            return self.after_data
        self.raw.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for _to, raw in self.raw]  # type: ignore[misc]

    @property
    def recipients(self) -> list[str]:
        return sorted(address for to, _raw in self.raw for address in to)


class MailServer:
    """A server that can be stopped, and started again on its port."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self._controller: Controller | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        self._controller = Controller(
            self.mailbox, hostname="127.0.0.1", port=self.port or free_port(), ready_timeout=60
        )
        self.port = self._controller.port
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def mailers(self) -> dict[str, Any]:
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": self.port, "timeout": 10},
            }
        }


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.stop()
