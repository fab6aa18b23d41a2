"""What the tests of the REST door share: a way to download, and to read what the audit record says."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test.utils import CaptureQueriesContext

from exports.models import ExportLog


@dataclass
class Answer:
    """A response whose body has been read to its end."""

    response: HttpResponseBase
    body: bytes
    queries: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def lines(self) -> list[list[str]]:
        """The file's rows under its header."""
        return list(csv.reader(StringIO(self.body.decode(), newline="")))[1:]

    @property
    def header(self) -> str:
        return self.body.decode().partition("\r\n")[0]

    @property
    def cells(self) -> list[dict[str, str]]:
        return list(csv.DictReader(StringIO(self.body.decode(), newline="")))

    @property
    def json(self) -> Any:
        return self.response.json()

    @property
    def errors(self) -> list[tuple[str, str | None]]:
        """Code and parameter of each error, once the error shape has been checked."""
        assert self.headers["Content-Type"] == "application/json"
        assert self.json.keys() == {"type", "errors"}
        assert self.json["type"] in ("validation_error", "client_error", "server_error")
        for error in self.json["errors"]:
            assert error.keys() == {"code", "detail", "attr"}
            assert error["detail"]
        return [(error["code"], error["attr"]) for error in self.json["errors"]]

    @property
    def record(self) -> ExportLog:
        return ExportLog.objects.get(pk=self.headers["X-Export-Id"])


# Statements that hold no rows: the tests' savepoints, transactions, settings of the session.
_AROUND = re.compile(r"SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET |SELECT set_config|SELECT pg_advisory")
_TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')


def named(queries: CaptureQueriesContext) -> list[str]:
    """Each query that reads or writes rows, as its verb and its last table: `SELECT telephony_calllog`.

    The rows of an export come from the outermost FROM, which stands after the columns' subqueries; so do
    existence checks. Subqueries of a filter come later and are cut off at WHERE.
    """
    return [_name(sql) for query in queries if not _AROUND.match(sql := query["sql"])]


def _name(sql: str) -> str:
    verb = "SELECT" if "SELECT" in sql.split("FROM")[0] else sql.split()[0]
    flat = sql
    while flat != (flat := re.sub(r"\([^()]*\)", "", flat)):
        pass
    table = _TABLE.search(flat)
    return f"{verb} {table[1]}" if table else flat


@pytest.fixture
def get(client, auth_headers) -> Callable[..., Answer]:
    """`get(path, params, **headers)` as user-123, to the end of the body; `user=…` as somebody else."""

    def get(
        path: str,
        params: Any = None,
        /,
        *,
        method: str = "get",
        user: Any = None,
        data: Any = None,
        content_type: str = "",
        **headers: str,
    ) -> Answer:
        names = auth_headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            names["X-User-Id"] = user.pk
        body = {} if data is None else {"data": data, "content_type": content_type}
        with CaptureQueriesContext(connection) as queries:
            response = getattr(client, method)(path, query_params=params, headers=names, **body)
            received = response.getvalue()  # the test client closes what has been read to its end
        return Answer(response, received, named(queries))

    return get


@pytest.fixture
def one_row_a_block(settings) -> None:
    """Blocks of one row, so that a few rows make several chunks."""
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 1}


@dataclass
class Jobs:
    """The jobs' part of the REST door, as one user sees it; `work` is what a worker does."""

    get: Callable[..., Answer]

    PATH = "/api/exports/jobs"

    def submit(self, dataset: str = "calls", body: Any = None, **options: Any) -> Answer:
        """A job for all of a dataset, unless `body` says what else."""
        return self.ask(f"/api/exports/{dataset}/jobs", {} if body is None else body, **options)

    def ask(self, path: str, body: Any = None, *, method: str = "post", **options: Any) -> Answer:
        """With a body, where one is given: text as it is, everything else as JSON."""
        if method not in ("get", "head"):
            text = json.dumps(body) if not isinstance(body, (str, bytes)) and body is not None else body
            options |= {"data": text or "", "content_type": "application/json"}
        return self.get(path, method=method, **options)

    def made(self, dataset: str = "calls", body: Any = None, **options: Any) -> dict[str, Any]:
        """A job that has ended, as JSON."""
        answer = self.submit(dataset, body, **options)
        assert answer.status == 202, answer.body
        self.work()
        found: dict[str, Any] = self.get(answer.headers["Location"], **options).json
        return found

    def work(self) -> None:
        """Runs the job whose turn it is."""
        from exports.jobs import work

        work.run_next()


@pytest.fixture
def jobs(get: Callable[..., Answer]) -> Jobs:
    """The jobs of user-123; `user=…` in a call is somebody else."""
    return Jobs(get)


@dataclass
class Keeping:
    """Templates, schedules and webhooks at the REST door, made with little to say."""

    ask: Callable[..., Answer]

    def template(self, name: str = "Calls", dataset: str = "calls", **said: Any) -> dict[str, Any]:
        """A template, as JSON; `by` is another user than user-123."""
        return self._made("templates", {"name": name, "dataset": dataset}, said)

    def schedule(self, template: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
        """A schedule of a template, of a new one unless one is given; it comes every Monday at six."""
        by = {"by": said["by"]} if "by" in said else {}
        template = template or self.template(**by)
        return self._made("schedules", {"template": template["id"], "rule": "0 6 * * 1"}, said)

    def webhook(self, **said: Any) -> dict[str, Any]:
        """A webhook, with its secret."""
        return self._made("webhooks", {"url": "https://example.com/hooks"}, said)

    def _made(self, what: str, body: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        options = {"user": said.pop("by")} if "by" in said else {}
        answer = self.ask(f"/api/exports/{what}", body | said, **options)
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.json
        assert answer.headers["Location"] == made["links"]["self"]
        return made


@pytest.fixture
def keep(jobs: Jobs) -> Keeping:
    """What user-123 keeps."""
    return Keeping(jobs.ask)
