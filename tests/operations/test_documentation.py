"""docs/operations.md and docs/troubleshooting.md held to the code."""

import inspect
import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from exports import conf, engine, exceptions, metrics, recorded
from exports.jobs import owners
from exports_project.operations import http_metrics, logs, readiness, registry, request_log
from tests.test_docs import coded, read, section, table

OPERATIONS, TROUBLESHOOTING = "docs/operations.md", "docs/troubleshooting.md"


def kept() -> dict[str, tuple[str, list[str]]]:
    """Type and labels of each metric that processes keep, by its name in the text."""
    found = {}
    for module in (metrics, http_metrics):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                name = metric._name + ("_total" if metric._type == "counter" else "")
                found[name] = (metric._type, sorted(metric._labelnames))
    return found


def measured() -> dict[str, tuple[str, list[str]]]:
    """The same of what is measured at each scrape."""
    collectors = (registry.WorkerMemory(), registry.Database(), registry.Jobs(), registry.Schedules())
    families = [family for collector in collectors for family in collector.collect()]
    return {
        family.name: (family.type, sorted({label for sample in family.samples for label in sample.labels}))
        for family in families
    }


@pytest.mark.postgresql
@pytest.mark.django_db
def test_every_metric_is_documented():
    rows = table(section(OPERATIONS, "## Metrics"), "metric")
    documented = {coded(name)[0]: (kind, sorted(coded(labels))) for name, kind, labels, _ in rows}
    assert documented == kept() | measured()


@pytest.mark.sqlite
def test_no_other_metric_is_kept():
    """Every metric of ours stands in one of the modules that the table is compared with."""
    own = {
        family.name for family in REGISTRY.collect() if not family.name.startswith(("python_", "process_"))
    }
    assert own == {name.removesuffix("_total") for name in kept()}


@pytest.mark.sqlite
def test_what_is_watched_exists():
    known = [
        *kept(),
        "worker_resident_memory_bytes",
        "database_up",
        "database_connections",
        "database_connections_max",
        "export_jobs",
        "export_jobs_oldest_seconds",
        "export_schedules",
        "export_messages_waiting",
        "export_messages_unsure",
        "export_scheduler_oldest_seconds",
    ]
    for expression, _ in table(section(OPERATIONS, "### What to watch"), "expression"):
        used = re.findall(r"\b(?:http|exports?|worker|database)_\w+", coded(expression)[0])
        assert used
        for name in used:
            assert name.removesuffix("_bucket") in known


@pytest.mark.sqlite
def test_every_field_of_the_log_is_documented():
    rows = table(section(OPERATIONS, "## Logs"), "field")
    documented = {name for field, _ in rows for name in coded(field)}
    source = inspect.getsource(request_log.RequestLogMiddleware.handle_response)
    of_requests = set(re.findall(r'^ +"(\w+)":', source, re.MULTILINE))
    always = {"timestamp", "level", "logger", "event", "pid", "request_id", "exception"}
    assert documented == always | of_requests | set(logs.FIELDS)


@pytest.mark.sqlite
def test_the_parts_of_readiness():
    [_, row] = table(section(OPERATIONS, "## Probes"), "path")
    assert set(coded(row[2])[1:]) == {*readiness.PARTS, "stopping"}


@pytest.mark.sqlite
def test_the_servers_are_those_that_tests_start():
    text = section(OPERATIONS, "## Servers")
    for command in re.findall(r"^```\n(.*)\n```$", text, re.MULTILINE):
        assert re.match(
            r"gunicorn --config python:exports_project\.gunicorn .* exports_project\.wsgi$"
            r"|uvicorn exports_project\.asgi:application ",
            command,
        )


ENDINGS = [
    exceptions.TimeLimitExceeded(3600),
    exceptions.ReaderTooSlow(1000),
    exceptions.ServerStopping(),
    exceptions.ProcessLost(),
    exceptions.SpoolLimitExceeded(),
    exceptions.FormulaFound(12, "name"),
    exceptions.RowLimitExceeded(1000, ["status"]),
]


@pytest.mark.sqlite
def test_every_sentence_of_a_failed_record_is_explained():
    rows = table(section(TROUBLESHOOTING, "## What a record says"), "`error`")
    documented = [text for row in rows for text in coded(row[0]) if " " in text]
    assert documented == [recorded.describe(error) for error in ENDINGS]


JOB_ENDINGS = [
    exceptions.StorageFailed(),
    exceptions.StorageFull(),
    exceptions.FileTooLarge(conf.ExportSettings().max_file_bytes or 0),
]


@pytest.mark.sqlite
def test_every_sentence_of_a_failed_job_is_explained():
    rows = table(section(TROUBLESHOOTING, "## A background job"), "`error` of a job")
    documented = [coded(row[0])[0] for row in rows]
    of_users = inspect.getsource(owners) + inspect.getsource(engine)
    assert documented[:3] == [recorded.describe(error) for error in JOB_ENDINGS]
    assert all(text in of_users for text in documented[3:])


@pytest.mark.sqlite
def test_the_codes_of_errors_exist():
    codes = {
        cls.code
        for cls in vars(exceptions).values()
        if isinstance(cls, type) and issubclass(cls, exceptions.ExportError)
    }
    for row in table(section(TROUBLESHOOTING, "## An answer with an error"), "status"):
        for code in coded(row[0]):
            assert code in codes | {"/metrics", "/readyz"}


@pytest.mark.sqlite
def test_the_pages_name_each_other():
    assert "](troubleshooting.md)" in read(OPERATIONS)
    assert "](operations.md#" in read(TROUBLESHOOTING)
