"""`manage.py export_scheduler`: runs schedules, and sends mails and webhooks, until it is stopped."""

import signal
import threading
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ... import scheduler
from ...jobs import storage


class Command(BaseCommand):
    help = (
        "Runs schedules, and sends the mails and webhooks about jobs that have ended. Goes on until it is "
        "stopped (SIGTERM, Ctrl-C), beside the workers; there may be several at a time, on any machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do what is due now, and end: for cron, once a minute"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not storage.is_configured():
            self.stdout.write(_("There are no background jobs here: EXPORTS has no STORAGE."))
            return
        if options["once"]:
            while scheduler.run_once():
                pass  # there may be more than one look takes up
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        if not scheduler.run_forever(stopping):
            raise CommandError(_("A part of it has ended: the log says why."))
