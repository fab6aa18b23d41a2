"""`manage.py bench_exports`: how fast exports are, and how much memory they take, beside other ways."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports_project.benchmark import document, pictures, report
from exports_project.benchmark.contenders import CONTENDERS, Contender
from exports_project.benchmark.measuring import BenchmarkError
from exports_project.benchmark.names import SMALL
from exports_project.benchmark.running import Plan, Run, run
from exports_project.demo.server import ServerError, stopped_by_signals
from exports_project.embedded_postgres import EmbeddedPostgresError

INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Measures exports of calls beside psql and other libraries, on the same rows and in turns, and "
        "prints medians. It starts its own PostgreSQL and its own servers, and removes them."
    )
    requires_system_checks = []  # the servers that are measured make them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rows", type=int, default=1_000_000, metavar="N", help="how many calls (default: 1,000,000)"
        )
        parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how many rounds (default: 5)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there")
        parser.add_argument(
            "--pictures", type=Path, metavar="DIRECTORY", help="draw time and memory there (SVG)"
        )
        parser.add_argument(
            "--only",
            nargs="+",
            metavar="NAME",
            default=[],
            help=f"measure these alone; there are: {', '.join(contender.name for contender in CONTENDERS)}",
        )
        parser.add_argument(
            "--database-url",
            metavar="URL",
            help="a PostgreSQL on which to make a database, dropped in the end (default: its own server)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = None
        try:
            with stopped_by_signals():
                done = run(self._plan(options), self.stderr.write)
        except (BenchmarkError, ServerError, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from error
        if done is None:
            raise SystemExit(INTERRUPTED)
        self.stdout.write(report.text(done))
        self._write_files(done, options)

    def _plan(self, options: dict[str, Any]) -> Plan:
        if options["rows"] < SMALL or options["rounds"] < 1:
            raise CommandError(f"--rows must be {SMALL:,} at least, and --rounds 1.")
        if (path := options["json"]) and not path.absolute().parent.is_dir():
            raise CommandError(f"--json: there is no directory {path.absolute().parent}.")
        return Plan(
            rows=options["rows"],
            rounds=options["rounds"],
            contenders=_chosen(options["only"]),
            database_url=options["database_url"],
        )

    def _write_files(self, done: Run, options: dict[str, Any]) -> None:
        if path := options["json"]:
            path.write_text(json.dumps(document.document(done), indent=1) + "\n", encoding="utf-8")
        if directory := options["pictures"]:
            pictures.write(done, directory)


def _chosen(names: list[str]) -> list[Contender]:
    known = {contender.name: contender for contender in CONTENDERS}
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"There is no {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [contender for contender in CONTENDERS if not names or contender.name in names]
