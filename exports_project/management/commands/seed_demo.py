"""`manage.py seed_demo`: invented rows for one user."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, IntegrityError

from exports_project.demo.accounts import InvalidUserId, ensure_user
from exports_project.demo.seeding import Counts, seed

KINDS = {
    "agents": "agents",
    "phone_numbers": "phone numbers, most of them with an agent of the user",
    "calls": "calls with agents of the user",
    "events": "LiveKit events, in chains of a room",
    "hosts": "hosts, in networks of up to 50, with their scans, ports and alerts",
}


class Command(BaseCommand):
    help = (
        "Adds invented rows to a user, who is made if missing (in DEBUG with the id as password, otherwise "
        "without one that works). The same seed on an empty database gives the same values, ids included, on "
        "SQLite and PostgreSQL; a second run adds further rows. Rows are stored in blocks: an interrupted "
        "run keeps what it has stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="ID", help="the user's id, up to 36 characters")
        for kind, what in KINDS.items():
            flag = f"--{kind.replace('_', '-')}"
            parser.add_argument(
                flag, type=int, default=0, metavar="N", help=f"how many {what} to add (default: none)"
            )
        parser.add_argument(
            "--seed", type=int, default=1, metavar="S", help="what the values derive from (default: 1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        counts = self._counts(options)
        try:
            made = ensure_user(options["user"])
            seed(options["user"], counts, seed=options["seed"], progress=self._progress)
        except InvalidUserId as error:
            raise CommandError(str(error)) from error
        except IntegrityError as error:
            raise CommandError(
                f"Some rows of seed {options['seed']} were deleted and others would be made twice: "
                f"take another --seed. ({error})"
            ) from error
        except DatabaseError as error:
            raise CommandError(f"The database refused: {error} (has `manage.py migrate` run?)") from error
        self._report(options["user"], counts, made=made)

    def _counts(self, options: dict[str, Any]) -> Counts:
        numbers = {kind: options[kind] for kind in KINDS}
        for kind, number in numbers.items():
            if number < 0:
                raise CommandError(f"--{kind.replace('_', '-')} must not be negative.")
        return Counts(**numbers)

    def _progress(self, kind: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            self.stderr.write(f"\r{kind.replace('_', ' ')}: {done:,} of {total:,}", ending=end)
            self.stderr.flush()

    def _report(self, user_id: str, counts: Counts, *, made: bool) -> None:
        if made:
            self.stdout.write(f"Made the user {user_id}.")
        asked = ", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in counts.asked().items())
        flags = ", ".join(f"--{kind.replace('_', '-')}" for kind in KINDS)
        self.stdout.write(
            f"Added {asked} to {user_id}." if asked else f"Nothing added: name what you want ({flags})."
        )
