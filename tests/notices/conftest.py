"""What the tests of mails and webhooks share."""

from collections.abc import Iterator

import pytest

from tests.notices.receiver import Receiver, running_receiver
from tests.notices.smtp import MailServer, running_mail_server
from tests.schedules.conftest import calls  # noqa: F401 - a fixture


@pytest.fixture
def smtp(settings) -> Iterator[MailServer]:
    """A mail server, to which all mails are sent."""
    with running_mail_server() as server:
        settings.MAILERS = server.mailers
        yield server


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    """A receiver of webhooks on this machine, where they may be sent to."""
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_NETWORKS": ["127.0.0.0/8"]}
    with running_receiver() as found:
        yield found
