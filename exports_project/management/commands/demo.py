"""`manage.py demo`: the service with invented rows, on this machine, for a look at it."""

import os
import shutil
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections

from exports_project.demo import database, guide, server
from exports_project.demo.environment import ROOT, directory, files_directory
from exports_project.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, persistent_directory

DATABASE = "demo"


class Command(BaseCommand):
    help = (
        "Serves the project with invented rows on 127.0.0.1, for development. Makes what is missing: a .env "
        "file, a database, users and rows; run again it starts at once and keeps everything. It uses its own "
        "SQLite file, or DATABASE_URL where that database is empty or made by the demo before. With a worker "
        "for background jobs, and a scheduler."
    )
    requires_system_checks = []  # the server makes them; here they would come before a word about a busy port

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the port on 127.0.0.1 (default: 8000)")
        parser.add_argument(
            "--postgres",
            action="store_true",
            help="run on an embedded PostgreSQL server, whose data are kept",
        )
        parser.add_argument(
            "--reset", action="store_true", help="delete all data of the demo and make them anew"
        )
        parser.add_argument("--no-input", action="store_true", help="do not ask before --reset")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("demo is for development: it does not run while DEBUG is off.")
        run = self._run_on_postgres if options["postgres"] else self._run
        try:
            with server.stopped_by_signals():
                server.require_free(options["port"])
                run(options)
        except (server.ServerError, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from error

    def _run(self, options: dict[str, Any]) -> None:
        try:
            self._make_ready(options)
            text = guide.text(options["port"])
        except DatabaseError as error:
            raise CommandError(f"The demo cannot use {database_name()}: {error}") from error
        connections.close_all()
        queue = settings.TASKS["default"]["BACKEND"]
        server.serve(options["port"], dict(os.environ), queue, lambda: self._say(text))

    def _make_ready(self, options: dict[str, Any]) -> None:
        if not database.is_usable():
            raise CommandError(
                f"{database_name()} holds tables that the demo did not make, so it is left alone. "
                "Name an empty database in DATABASE_URL, or none."
            )
        if options["reset"] and database.tables():
            self._confirm(options)
            database.drop_tables()
            shutil.rmtree(files_directory(), ignore_errors=True)
        if not database.tables():
            self._say("Making the database, the users and their rows …")
        database.build()

    def _confirm(self, options: dict[str, Any]) -> None:
        if options["no_input"]:
            return
        try:
            answer = input(f"Delete all data in {database_name()} and make them anew? [y/N] ")
        except EOFError as error:
            raise CommandError("Nobody is there to confirm --reset: add --no-input.") from error
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")

    def _run_on_postgres(self, options: dict[str, Any]) -> None:
        """The same command once more, in a process whose DATABASE_URL is the embedded server."""
        place = persistent_directory(directory() / "postgres")
        place.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedPostgres(place, durable=True) as postgres:
            known = postgres.has_database(DATABASE)
            url = postgres.url(DATABASE) if known else postgres.create_database(DATABASE)
            self._say(f"PostgreSQL runs while the demo does. For other commands: export DATABASE_URL='{url}'")
            environment = dict(os.environ) | {"DATABASE_URL": url, "DATABASE_URL_FILE": ""}
            with server.child(_same_command(options), environment, own_group=False) as process:
                if code := process.wait():
                    raise SystemExit(code)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()  # also into a pipe


def _same_command(options: dict[str, Any]) -> tuple[str, ...]:
    flags = [f"--{name.replace('_', '-')}" for name in ("reset", "no_input") if options[name]]
    return (sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(options["port"]), *flags)


def database_name() -> str:
    """The database for people, without its password."""
    parameters = connection.settings_dict
    return f"the database {parameters['NAME']}" + (f" on {parameters['HOST']}" if parameters["HOST"] else "")
