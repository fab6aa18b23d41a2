"""MAX_CONCURRENT and MAX_CONCURRENT_PER_USER: how many exports run at the same time."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from exports import concurrency
from exports.exceptions import TooManyRunning
from exports.models import ExportLog

ORDERS = "/api/exports/orders"
LIMITS = ["MAX_CONCURRENT", "MAX_CONCURRENT_PER_USER"]


@pytest.fixture
def running():
    """running(user, age=0): an export of another process, so many seconds old."""

    def make(user, age: int = 0) -> ExportLog:
        return ExportLog.objects.create(
            user=user.pk,
            tenant=user.pk,
            export_type="orders",
            door="api",
            format="csv",
            outcome="running",
            timestamp=timezone.now() - dt.timedelta(seconds=age),
        )

    return make


@pytest.fixture
def limited(settings):
    """limited("MAX_CONCURRENT", 2)"""

    def limit(name: str, number: int) -> None:
        settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d", name: number}

    return limit


@pytest.fixture
def ask(client, user):
    client.raise_request_exception = False  # it would raise what is answered by 503

    def ask(who=user):
        response = client.get(ORDERS, headers={"X-User-Id": who.pk})
        response.getvalue()
        return response

    return ask


@pytest.mark.parametrize("limit", LIMITS)
def test_it_works(ask, user, running, limited, limit):
    limited(limit, 2)
    others = [running(user), running(user)]
    for _ in range(3):
        response = ask()
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert [error["code"] for error in response.json()["errors"]] == ["too_many_running"]
        assert "X-Export-Id" not in response
    # No record of it, and nothing counted: the one of this hour is still to be had.
    assert set(ExportLog.objects.all()) == set(others)
    ExportLog.objects.filter(pk=others[0].pk).update(outcome="succeeded")
    assert [ask().status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(("limit", "status"), [("MAX_CONCURRENT", 503), ("MAX_CONCURRENT_PER_USER", 200)])
def test_another_user(ask, user, stranger, running, limited, limit, status):
    limited(limit, 1)
    running(user)
    assert ask(stranger).status_code == status
    assert ask(user).status_code == 503


def test_both_hold_at_once(ask, user, stranger, running, limited):
    limited("MAX_CONCURRENT", 2)
    limited("MAX_CONCURRENT_PER_USER", 1)
    running(user)
    assert (ask(user).status_code, ask(stranger).status_code) == (503, 200)
    running(stranger)
    cache.clear()
    assert ask(stranger).status_code == 503


@pytest.mark.parametrize("limit", LIMITS)
def test_one_of_a_killed_process_does_not_count(ask, user, running, limited, limit):
    limited(limit, 1)
    lost = running(user, age=60)
    assert ask().status_code == 200
    lost.refresh_from_db()
    assert (lost.outcome, lost.error) == ("failed", "The process that ran the export was killed.")


def test_a_young_one_still_counts(ask, user, running, limited):
    limited("MAX_CONCURRENT", 2)
    running(user, age=60)
    running(user, age=1)
    running(user, age=1)
    assert ask().status_code == 503
    assert ExportLog.objects.filter(outcome="running").count() == 2


def test_two_that_come_at_once(ask, user, running, limited, monkeypatch):
    """Both have found room; whoever then counts one too many leaves no record, and it is not counted."""
    limited("MAX_CONCURRENT", 1)
    monkeypatch.setattr(concurrency, "require_room", lambda user: None)
    other = running(user)
    assert [ask().status_code for _ in range(2)] == [503, 503]
    assert list(ExportLog.objects.all()) == [other]
    ExportLog.objects.update(outcome="succeeded")
    assert [ask().status_code for _ in range(3)] == [200, 429, 429]
    assert sorted(ExportLog.objects.values_list("outcome", flat=True)) == ["denied", *["succeeded"] * 2]


def test_one_that_has_ended_makes_room(start, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_CONCURRENT_PER_USER": 1}
    stream = start()
    with pytest.raises(TooManyRunning):
        start()
    stream.close()
    assert len(b"".join(start()).splitlines()) == 11


@pytest.mark.parametrize("limit", LIMITS)
def test_jobs_leave_room_for_downloads(ask, user, running, limited, limit):
    """They hold no thread of a server, and may take hours."""
    limited(limit, 1)
    running(user)
    ExportLog.objects.update(door="job")
    assert ask().status_code == 200


def test_the_command(user, running, limited, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    limited("MAX_CONCURRENT_PER_USER", 1)
    running(user)
    with pytest.raises(CommandError, match="Too many exports are running") as refused:
        call_command("export", "orders", f"--user={user.pk}")
    assert refused.value.returncode == 3
    assert list(tmp_path.iterdir()) == []
    assert ExportLog.objects.count() == 1


def test_the_web_page(client, user, running, limited, allow):
    limited("MAX_CONCURRENT_PER_USER", 1)
    running(user)
    client.force_login(user)
    response = client.get("/exports/orders/download")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Too many exports are running" in response.text
    assert ExportLog.objects.count() == 1
