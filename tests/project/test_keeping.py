"""`manage.py check` finds what the settings of background jobs name and what is not there."""

import django
import pytest
from django.core.checks import run_checks

# Nobody asks the database.
pytestmark = pytest.mark.sqlite

FOLDER = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "/nowhere"}}
JOBS = {"STORAGE": "exports"}


@pytest.fixture
def ids(settings):
    """The numbers of what the check of the engine finds with these settings."""

    def found(tasks: dict[str, object] | None = None, **keys: object) -> list[str]:
        settings.EXPORTS = {"SENSITIVE_NETWORKS": ["192.0.2.0/24"]} | keys
        if tasks is not None:
            settings.TASKS = {"default": settings.TASKS["default"] | tasks}
        return [message.id for message in run_checks(tags=["exports"])]

    return found


def test_it_works(ids, settings):
    assert ids(**JOBS) == []
    settings.STORAGES = settings.STORAGES | {"exports": FOLDER}
    assert (
        ids(**JOBS, X_ACCEL="/internal/exports/", QUEUE="slow", tasks={"QUEUES": ["slow", "default"]}) == []
    )


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        ("exports.E026", {"STORAGE": "elsewhere"}),
        ("exports.E026", {"STORAGE": "broken"}),
        ("exports.E028", JOBS | {"QUEUE": "slow"}),
        ("exports.E028", JOBS | {"QUEUE": "slow", "tasks": {"QUEUES": ["default", "fast"]}}),
        ("exports.E029", {"DATABASE": "replica"}),
        ("exports.E030", {"STORAGE": "remote", "X_ACCEL": "/internal/exports/"}),
    ],
)
def test_each_name_that_leads_nowhere_has_its_number(ids, settings, number, keys):
    others = {"broken": "no_such_module.Storage", "remote": "django.core.files.storage.Storage"}
    settings.STORAGES = settings.STORAGES | {name: {"BACKEND": path} for name, path in others.items()}
    assert ids(**keys) == [number]


def test_a_queue_of_any_name_is_taken_where_all_are(ids):
    assert ids(**JOBS, QUEUE="slow", tasks={"QUEUES": []}) == []


def test_a_django_without_tasks_is_told_so(ids, monkeypatch):
    monkeypatch.setattr(django, "VERSION", (5, 2, 8, "final", 0))
    assert ids(**JOBS) == ["exports.E027"]
    assert ids() == []


def test_what_is_not_configured_is_not_looked_at(ids):
    assert ids(QUEUE="slow", X_ACCEL="/internal/exports/") == []
