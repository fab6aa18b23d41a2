"""Links stand for one file, for a while, in the name of who has asked for it."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.signing import Signer
from django.utils import timezone

from exports.exceptions import FileGone, JobNotFound, LinkExpired, NotPermitted, WrongState
from exports.jobs import control, delivery
from exports.models import ExportJob
from tests.engine.background import caller_of, made, run, state, submit

pytestmark = [
    pytest.mark.sqlite,  # nothing here is the database's
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("orders"),
]

HOUR = dt.timedelta(hours=1)


def follow(job: ExportJob, signature: str, who):
    return delivery.linked_job(job.pk, signature, caller_of(who, ip="203.0.113.9"))


def test_it_works(user, stranger):
    job = made(user)
    link = delivery.new_link(job, caller_of(user))
    assert HOUR - dt.timedelta(seconds=5) < link.expires_at - timezone.now() <= HOUR
    found, caller = follow(job, link.signature, stranger)
    assert (found, caller.user, caller.ip) == (job, user, "203.0.113.9")
    delivery.require_file(found, caller)


def test_it_has_an_end(user):
    job = made(user)
    link = delivery.new_link(job, caller_of(user), seconds=60)
    assert (link.expires_at - timezone.now()).total_seconds() <= 60
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=50)):
        follow(job, link.signature, user)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=61)), pytest.raises(LinkExpired):
        follow(job, link.signature, user)


def test_no_link_is_valid_for_longer_than_is_set_or_than_there_is_a_file(user):
    job = made(user)
    longest = delivery.new_link(job, caller_of(user), seconds=10**8)
    assert longest.expires_at - timezone.now() <= HOUR
    ExportJob.objects.update(expires_at=timezone.now() + dt.timedelta(seconds=30))
    job.refresh_from_db()
    assert delivery.new_link(job, caller_of(user)).expires_at <= job.expires_at


def test_it_stands_for_no_other_job(user):
    job, other = made(user), made(user, query="status=new")
    link = delivery.new_link(job, caller_of(user))
    with pytest.raises(JobNotFound):
        follow(other, link.signature, user)


@pytest.mark.parametrize(
    "signature", ["", "x", "a:b:c", "a:b:c:d", Signer(salt="another").sign("x:1:99999999999")]
)
def test_what_nobody_has_signed_is_no_link(user, signature):
    with pytest.raises(JobNotFound):
        follow(made(user), signature, user)


def test_one_that_was_changed_is_none(user):
    job = made(user)
    signature = delivery.new_link(job, caller_of(user), seconds=1).signature
    job_id, token, end, seal = signature.split(":")
    with pytest.raises(JobNotFound):
        follow(job, f"{job_id}:{token}:{int(end) + 1000}:{seal}", user)


def test_it_ends_with_its_file(user):
    """What is made of the same job later is another file."""
    job = made(user)
    link = delivery.new_link(job, caller_of(user))
    ExportJob.objects.update(status="expired")
    found, caller = follow(job, link.signature, user)
    with pytest.raises(FileGone):
        delivery.require_file(found, caller)
    job.refresh_from_db()
    control.retry(job, caller_of(user))
    run()
    assert state(job) == "succeeded"
    with pytest.raises(JobNotFound):
        follow(job, link.signature, user)
    control.delete(job)
    with pytest.raises(JobNotFound):
        follow(job, link.signature, user)


def test_it_ends_with_who_has_made_it(user, stranger):
    job = made(user)
    link = delivery.new_link(job, caller_of(user))
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(NotPermitted):
        follow(job, link.signature, stranger)


def test_there_is_none_without_a_file(user):
    with pytest.raises(WrongState):
        delivery.new_link(submit(user), caller_of(user))
