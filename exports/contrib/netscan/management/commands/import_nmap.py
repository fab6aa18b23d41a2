"""`manage.py import_nmap`: an nmap scan into the tables of one tenant."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, CommandParser

from exports.contrib.netscan.found import NmapError
from exports.contrib.netscan.importer import import_nmap


class Command(BaseCommand):
    help = (
        "Imports nmap's XML (nmap -oX FILE …): network, scan, hosts and ports, and an alert for each open"
        " port not seen before. A file that is not whole and sound changes nothing, nor does one imported"
        " before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="what nmap -oX wrote")
        parser.add_argument("--user", metavar="ID", required=True, help="the tenant who owns what is found")
        parser.add_argument(
            "--network",
            metavar="NAME",
            default="",
            help="the network that was scanned, made if missing (default: the addresses that nmap was given)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        users = get_user_model()._default_manager
        user = users.filter(pk=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        try:
            with open(path, "rb") as file:
                imported = import_nmap(file, user, options["network"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from error
        except NmapError as error:
            raise CommandError(f"{path}: {error}; nothing was imported.") from error
        scan = imported.scan
        where = f"scan {scan.pk} of network {scan.network.name!r}"
        if not imported.is_new:
            self.stdout.write(f"{path} was imported before, as {where}: nothing to do.")
            return
        self.stdout.write(
            f"{path}: {where}: {imported.hosts} hosts, {imported.ports} ports, {imported.alerts} new alerts."
        )
