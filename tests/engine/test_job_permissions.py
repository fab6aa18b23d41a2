"""What a user may is asked when they ask, when the file is made, and when it is fetched."""

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import storages

from exports.exceptions import FileGone, NotPermitted, WrongState
from exports.jobs import control, delivery
from exports.models import ExportJob, ExportLog
from exports.scope import Scope
from tests.engine.background import caller_of, content, made, run, state, stored, submit
from tests.policy.models import Contact

pytestmark = [
    pytest.mark.sqlite,  # nothing here is the database's
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("orders"),
]


@pytest.fixture
def contact(user):
    return Contact.objects.create(
        owner=user, name="Ann", phone="+4930123456", email="ann@example.com", salary=4000
    )


def fetch(job: ExportJob, user) -> None:
    """As `user` is now."""
    user = get_user_model().objects.get(pk=user.pk)
    delivery.require_file(job, caller_of(user))


def test_it_works(user):
    job = made(user)
    fetch(job, user)


def disable(user) -> None:
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def remove(user) -> None:
    """Whoever removes a user in the database leaves the job behind."""
    from tests.engine.models import Order

    Order.everything.filter(tenant=user).delete()
    get_user_model().objects.filter(pk=user.pk).delete()


@pytest.mark.parametrize("change", [disable, remove], ids=["disabled", "gone"])
def test_a_user_who_may_not_sign_in_any_more_gets_no_file(user, change):
    finished, waiting = made(user), submit(user)
    link = delivery.new_link(finished, caller_of(user))
    change(user)
    assert run() is None
    assert state(waiting) == "failed"
    assert waiting.error_code == "permission_denied"
    assert stored() == [finished.stored_as]
    with pytest.raises(NotPermitted):
        delivery.linked_job(finished.pk, link.signature, caller_of(user))


def test_rows_of_another_tenant_are_not_made(user):
    """Who asked has moved: what they may see is not what they have asked for."""
    finished, waiting = made(user), submit(user)
    ExportJob.objects.update(tenant="another")
    assert run() is None
    assert state(waiting) == "failed"
    assert waiting.error_code == "permission_denied"
    assert state(finished) == "succeeded"
    with pytest.raises(NotPermitted):
        fetch(finished, user)


def test_a_permission_that_was_taken_before_the_file_is_made(user, contact, allow):
    allow(user, "policy.see_salaries")
    job = submit(user, "contacts", "columns=name,salary")
    user.user_permissions.clear()
    assert run() is None
    assert state(job) == "failed"
    assert job.error_code == "permission_denied"
    assert stored() == []


def test_of_the_default_columns_those_that_they_may_see_then(user, contact, allow):
    allow(user, "policy.see_salaries")
    job = submit(user, "contacts")
    user.user_permissions.clear()
    run()
    assert state(job) == "succeeded"
    assert b"4000" not in content(job)
    fetch(job, user)


@pytest.mark.parametrize(
    ("permission", "query", "text"),
    [
        pytest.param("see_salaries", "", b"4000", id="a default column"),
        pytest.param("see_salaries", "columns=name,salary", b"4000", id="a chosen column"),
        pytest.param("see_phones", "", b"+4930123456", id="behind a mask"),
        pytest.param("see_phones", "columns=phone:Tel", b"+4930123456", id="behind a mask, renamed"),
    ],
)
def test_what_they_may_not_see_any_more(user, contact, allow, permission, query, text):
    allow(user, f"policy.{permission}")
    job = made(user, "contacts", query)
    assert text in content(job)
    fetch(job, user)
    user.user_permissions.clear()
    with pytest.raises(NotPermitted):
        fetch(job, user)


def test_who_may_see_more_now_may_have_the_file_that_shows_less(user, contact, allow):
    job = made(user, "contacts")
    allow(user, "policy.see_phones", "policy.see_salaries")
    fetch(job, user)


@pytest.mark.parametrize("query", ["columns=number,status", ""])
def test_a_dataset_that_is_not_what_it_was(user, monkeypatch, query):
    job = made(user, query=query)
    fetch(job, user)
    monkeypatch.setattr("tests.engine.exports.OrderExport.columns", ["number"])
    with pytest.raises(NotPermitted) as refused:
        fetch(job, user)
    assert "Ask for a new one." in str(refused.value.detail)


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
def test_there_is_no_file_before_there_is_one(user, status):
    job = submit(user)
    ExportJob.objects.update(status=status)
    job.refresh_from_db()
    with pytest.raises(WrongState):
        fetch(job, user)


def test_a_file_that_has_expired(user):
    job = made(user)
    ExportJob.objects.update(status="expired")
    job.refresh_from_db()
    with pytest.raises(FileGone):
        fetch(job, user)


def test_a_file_whose_time_is_over_before_anybody_has_swept(user):
    job = made(user)
    job.expires_at = job.finished_at
    with pytest.raises(FileGone):
        fetch(job, user)


def test_a_file_that_somebody_has_removed(user):
    job = made(user)
    storages["exports"].delete(job.stored_as)
    with pytest.raises(FileGone):
        delivery.opened(job)


def test_staff_see_the_jobs_of_others_only_with_the_permissions_for_it(user, stranger):
    job = made(user)
    assert list(control.reachable_jobs(stranger)) == []
    stranger.is_staff = stranger.is_superuser = True
    stranger.save()
    assert list(control.reachable_jobs(stranger)) == [job]
    assert list(control.own_jobs(caller_of(stranger))) == []


def test_who_may_not_have_the_file_any_more_is_told_of_in_the_record(user, settings):
    """Once for the tenant, once for the address: as of a download that is denied."""
    job = made(user)
    settings.EXPORTS = settings.EXPORTS | {"SCOPE_RESOLVER": "tests.engine.test_job_permissions.of_others"}
    with pytest.raises(NotPermitted):
        delivery.require_file(job, caller_of(user))
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["192.0.2.0/24"]}
    with pytest.raises(NotPermitted):
        delivery.require_file(job, caller_of(user, ip="203.0.113.9"))
    denied = ExportLog.objects.filter(outcome="denied", user=user.pk, export_type="orders", door="api")
    assert denied.count() == 2


def of_others(user, requested):
    """A scope resolver that has moved everybody to another tenant."""
    return Scope("somebody-else")
