"""Rows of all seven datasets, nasty ones among them, and their files by the REST door."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from exports.contrib.netscan.models import Scan
from exports_project.demo.seeding import Counts, seed
from tests.conftest import make_user
from tests.formats import edges
from tests.formats.office import Office
from tests.formats.reading import rows_in_database
from tests.processes.stored import Rows, of_user

USER, STRANGER = "user-123", "user-456"
# Every other row is nasty: as many as it takes for each column of the telephony to meet each nasty cell.
COUNTS = {
    USER: Counts(agents=320, phone_numbers=320, calls=330, events=330, hosts=110),
    STRANGER: Counts(agents=3, phone_numbers=3, calls=3, events=3, hosts=3),
}


@dataclass(frozen=True)
class Door:
    """The REST door in this process, over rows that are there; a file that was got once is kept."""

    rows: Rows
    """The user's own rows, by the models' names."""

    scan: int
    directory: Path
    _files: dict[Any, bytes] = field(default_factory=dict)

    def answer(self, dataset: str, user: str = USER, /, **params: str) -> Any:
        """The response, its body not yet read."""
        if dataset == "scans":
            params["scan_id"] = str(self.scan)
        return Client().get(f"/api/exports/{dataset}", params, headers={"X-User-Id": user})

    def get(self, dataset: str, user: str = USER, /, **params: str) -> bytes:
        """The whole file."""
        key = (dataset, user, *sorted(params.items()))
        if key not in self._files:
            with pytest.MonkeyPatch.context() as patch:
                # COPY inside of a test's transaction too: the download is read to its end at once.
                patch.setattr("exports.sources.postgres_copy.in_transaction", lambda connection: False)
                response = self.answer(dataset, user, **params)
                body = response.getvalue()
            assert response.status_code == 200, body
            self._files[key] = body
        return self._files[key]

    def file(self, dataset: str, /, **params: str) -> Path:
        """The same on disk, for programs that read files."""
        data = self.get(dataset, **params)
        name = "-".join([dataset, *params.values()]).replace("/", "-")
        path = self.directory / f"{name}.{params.get('format', 'csv')}"
        path.write_bytes(data)
        return path


# Of the module: seeding takes a second, and the files of one are read by many programs.
@pytest.fixture(scope="module")
def door(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with django_db_blocker.unblock():
        users = {name: make_user(name) for name in COUNTS}
        try:
            for name, counts in COUNTS.items():
                seed(name, counts, nasty_every=2)
            edges.add(users[USER])
            scan = Scan.objects.filter(user=USER, ports__isnull=False).earliest("pk")
            yield Door(of_user(rows_in_database(), USER), scan.pk, tmp_path_factory.mktemp("door"))
        finally:
            _remove(users.values())


def _remove(users: Any) -> None:
    from exports.models import ExportLog

    for user in users:
        user.delete()
    ExportLog.objects.all()._raw_delete("default")
    connections.close_all()


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))
