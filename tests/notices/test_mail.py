"""Mails about jobs that have ended, through a real mail server: what they say, and to whom they go."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connections
from django.http import QueryDict
from django.utils.translation import gettext, override

from exports import Terms
from exports.caller import Caller
from exports.exceptions import InvalidParameters
from exports.jobs import control as jobs
from exports.jobs.submitting import Purpose, submit
from exports.models import ExportJob, ExportLog, ExportMail, ExportSchedule
from exports.notices import mail as mails
from exports.notices import outbox
from exports.notices.mail import FIRST_PAUSE, LONGEST_PAUSE, send_due
from exports.notices.unsubscribing import unsubscribe, unsubscribe_signature
from exports.schedules import control
from tests.engine.background import content, run_at_once
from tests.policy.models import Contact
from tests.schedules.made import (
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    at_work,
    caller,
    make_files,
    make_schedule,
    make_template,
    now_of,
)

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]

OWN = "user-123@example.com"


@pytest.fixture
def schedule(user) -> ExportSchedule:
    with time_machine.travel(MORNING - MINUTE, tick=False):
        return make_schedule(make_template(user, "calls"), recipients=[OWN])


def ended(user, query: str = "", recipients=(OWN,), dataset: str = "calls") -> ExportJob:
    """A job whose mails are still to be sent."""
    job, _new = submit(dataset, caller(user), QueryDict(query), Purpose(recipients=recipients))
    run_at_once()
    return now_of(job)


def only_mail() -> ExportMail:
    return ExportMail.objects.get()


def part(message, kind: str) -> str:
    return message.get_body((kind,)).get_content()


def test_it_works(schedule, smtp, client):
    with time_machine.travel(MORNING, tick=False):
        at_work(MORNING)
        job = schedule.runs.get().job
        (message,) = smtp.mailbox.mails
        assert smtp.mailbox.recipients == [OWN] == [message["To"]]
        assert message["Subject"] == "The export of calls is ready"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"] == f"<{only_mail().pk}@exports.example.com>"
        plain, html = part(message, "plain"), part(message, "html")
        for text in (plain, html):
            assert job.filename in text
            assert job.sha256 in text
            assert f"https://exports.example.com/exports/jobs/{job.pk}" in text
        # The link fetches the file, without signing in.
        (link,) = set(re.findall(r"https://exports.example.com(/api/exports/jobs/\S+?link=\S+)", plain))
        assert link in html
        response = client.get(link)
        assert response.status_code == 200
        assert b"".join(response.streaming_content) == content(job)
        (attached,) = message.iter_attachments()
        assert attached.get_filename() == job.filename
        assert attached.get_content_type() == "text/csv"
        assert sha256(attached.get_payload(decode=True)).hexdigest() == job.sha256
    assert (only_mail().status, only_mail().attempts, only_mail().unsure) == ("sent", 1, 0)
    assert send_due() == 0


def test_in_german(user, smtp):
    with override("de"):
        job = ended(user)
    assert send_due() == 1
    (message,) = smtp.mailbox.mails
    assert job.language == "de"
    assert '<html lang="de">' in part(message, "html")
    assert part(message, "plain").splitlines()[0] == message["Subject"] == only_subject("de", job)


def only_subject(language: str, job: ExportJob) -> str:
    with override(language):
        return gettext("The export of %(dataset)s is ready") % {"dataset": job.dataset}


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        ("format=csv", "text/csv"),
        ("format=xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("format=csv&compression=gzip", "application/gzip"),
        ("format=jsonl", "application/x-ndjson"),
    ],
)
def test_the_bytes_of_what_is_attached(user, smtp, query, media_type):
    job = ended(user, query)
    assert job.media_type.partition(";")[0] == media_type, job.error
    send_due()
    (attached,) = smtp.mailbox.mails[0].iter_attachments()
    data = attached.get_payload(decode=True)
    assert (len(data), sha256(data).hexdigest()) == (job.byte_count, job.sha256)
    assert (attached.get_content_type(), attached.get_filename()) == (media_type, job.filename)


def test_too_large(user, smtp, settings):
    job = ended(user)
    for limit in (job.byte_count - 1, None):
        settings.EXPORTS = settings.EXPORTS | {"MAIL_ATTACHMENT_BYTES": limit}
        send_again()
        assert list(smtp.mailbox.mails[-1].iter_attachments()) == []
        assert "link=" in part(smtp.mailbox.mails[-1], "plain")
    settings.EXPORTS = settings.EXPORTS | {"MAIL_ATTACHMENT_BYTES": job.byte_count}
    send_again()
    assert len(list(smtp.mailbox.mails[-1].iter_attachments())) == 1


def send_again() -> None:
    ExportMail.objects.update(status="waiting", due_at=MORNING)
    assert send_due() == 1


def test_a_sensitive_dataset(user, smtp, settings):
    """Its file leaves through no mailbox; the link asks for the address that fetches it."""
    Contact.objects.create(owner=user, name="Ada")
    asker = Caller(user=user, door=ExportLog.Door.API, ip="203.0.113.9")
    submit("sensitive", asker, QueryDict(), Purpose(recipients=[OWN]))
    run_at_once()
    assert ExportJob.objects.get().status == "succeeded"
    send_due()
    (message,) = smtp.mailbox.mails
    assert list(message.iter_attachments()) == []


@pytest.mark.parametrize("networks", [["203.0.113.0/24"], []])
def test_where_files_may_be_fetched_from_some_addresses_alone(user, smtp, settings, networks, monkeypatch):
    """A mailbox is in no network: the link asks for the address of who follows it, an attachment does not."""
    ended(user)
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": networks}
    if not networks:  # the user's own
        monkeypatch.setattr(mails, "terms_of", lambda user: Terms(networks=("203.0.113.0/24",)))
    assert send_due() == 1
    (message,) = smtp.mailbox.mails
    assert list(message.iter_attachments()) == []
    assert "link=" in part(message, "plain")


def test_a_sender_that_is_refused(user, smtp):
    """The settings are to blame: the mail is tried again, and sent once they are right."""
    smtp.mailbox.sender = "550 Not from you"
    ended(user)
    assert send_due() == 0
    assert only_mail().status == "waiting"


def test_more_for_an_open_job(user, settings):
    """Who asks for the same export is told too, as long as there is room; nobody twice."""
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["*"], "MAX_RECIPIENTS": 2}
    job, _new = submit("calls", caller(user), QueryDict(), Purpose(recipients=[OWN]))
    for address in (OWN.upper(), "b@example.org"):
        again, new = submit("calls", caller(user), QueryDict(), Purpose(recipients=[address]))
        assert (again, new) == (job, False)
    assert now_of(job).recipients == [OWN, "b@example.org"]
    with pytest.raises(InvalidParameters, match="2 recipients"):
        submit("calls", caller(user), QueryDict(), Purpose(recipients=["c@example.org"]))


def test_an_hour_without_a_mail_server(schedule, smtp):
    """The file is there at once, and one mail once there is a server again."""
    smtp.stop()
    at_work(MORNING)
    job = schedule.runs.get().job
    assert job.status == "succeeded"
    assert content(job)
    for minute in range(1, 61):
        at_work(MORNING + minute * MINUTE)
    mail = only_mail()
    assert mail.status == "waiting"
    assert mail.error
    assert 5 <= mail.attempts <= 12  # less and less often
    assert mail.due_at <= MORNING + HOUR + LONGEST_PAUSE
    smtp.start()
    for minute in range(61, 61 + 16):
        at_work(MORNING + minute * MINUTE)
    assert smtp.mailbox.recipients == [OWN]
    assert (now_of(mail).status, mail.error, mail.unsure) == ("sent", "", 0)


def test_for_too_long(user, smtp, settings):
    """It is given up, and says why."""
    settings.EXPORTS = settings.EXPORTS | {"MAIL_SECONDS": 3600}
    smtp.stop()
    with time_machine.travel(MORNING, tick=False):
        ended(user)
    for hour in range(3):
        with time_machine.travel(MORNING + hour * HOUR, tick=False):
            send_due()
    assert only_mail().status == "failed"
    assert only_mail().error


def test_refused_for_now(user, smtp):
    smtp.mailbox.answers[OWN] = "451 Try later"
    with time_machine.travel(MORNING, tick=False):
        ended(user)
        assert send_due() == 0
        assert (only_mail().status, only_mail().due_at) == ("waiting", MORNING + FIRST_PAUSE)
        assert send_due() == 0
    smtp.mailbox.answers.clear()
    with time_machine.travel(MORNING + FIRST_PAUSE, tick=False):
        assert send_due() == 1
    assert smtp.mailbox.recipients == [OWN]
    assert len(smtp.mailbox.asked) == 2


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_refused_for_good(user, smtp, where):
    if where == "recipient":
        smtp.mailbox.answers[OWN] = "550 No such user"
    else:
        smtp.mailbox.after_data = "554 No spam"
    ended(user)
    assert send_due() == 0
    assert only_mail().status == "failed"
    smtp.mailbox.answers.clear()
    smtp.mailbox.after_data = ""
    with time_machine.travel(dt.datetime.now(dt.UTC) + DAY):
        assert send_due() == 0
    assert smtp.mailbox.recipients == []


def test_one_each(user, smtp, settings):
    """One that is refused keeps no other from it; each has one of their own, which names nobody else."""
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["example.com", "Example.ORG"]}
    others = [OWN, "b@example.org", "c@example.com"]
    smtp.mailbox.answers["b@example.org"] = "550 No such user"
    ended(user, recipients=others)
    assert send_due() == 2
    assert smtp.mailbox.recipients == ["c@example.com", OWN]
    assert {message["To"] for message in smtp.mailbox.mails} == {OWN, "c@example.com"}
    assert not any("Cc" in message or "Bcc" in message for message in smtp.mailbox.mails)


def test_two_senders_at_once(user, smtp, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["*"]}
    addresses = [f"{number}@example.org" for number in range(12)]
    ended(user, recipients=addresses)
    together = Barrier(3)

    def sender() -> int:
        try:
            together.wait(10)
            return send_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as senders:
        sent = sum(future.result() for future in [senders.submit(sender) for _ in range(3)])
    assert sent == 12
    assert smtp.mailbox.recipients == sorted(addresses)


def test_a_sender_that_ended_before_it_said_so(user, smtp, monkeypatch):
    """Nobody knows: it is sent again, once its time is over, and counted. A mailbox sees one Message-ID."""
    ended(user)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "sent", killed)
        with pytest.raises(KeyboardInterrupt):
            send_due()
    assert only_mail().status == "sending"
    assert send_due() == 0  # it may be at work
    with time_machine.travel(dt.datetime.now(dt.UTC) + outbox.LEASE):
        assert send_due() == 1
    assert (only_mail().status, only_mail().attempts, only_mail().unsure) == ("sent", 2, 1)
    assert outbox.counts(ExportMail) == {"waiting": 0, "unsure": 1}
    assert len({message["Message-ID"] for message in smtp.mailbox.mails}) == 1
    assert len(smtp.mailbox.mails) == 2


def killed(*args: object) -> None:
    raise KeyboardInterrupt


def test_a_sender_that_comes_too_late(user, smtp, monkeypatch):
    """What another has sent meanwhile stays sent."""
    ended(user)
    mail = next(outbox.taken(ExportMail))
    with time_machine.travel(dt.datetime.now(dt.UTC) + outbox.LEASE):
        assert send_due() == 1
    outbox.later(mail, "late", FIRST_PAUSE)
    outbox.given_up(mail, "late")
    assert only_mail().status == "sent"


def test_a_failed_job(user, smtp, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_FILE_BYTES": 1}
    job = ended(user)
    assert job.status == "failed"
    assert send_due() == 1
    (message,) = smtp.mailbox.mails
    assert message["Subject"] == "The export of calls has failed"
    assert job.error in part(message, "plain")
    assert "link=" not in str(message)
    assert list(message.iter_attachments()) == []


def test_a_cancelled_job(user, smtp):
    job, _new = submit("calls", caller(user), QueryDict(), Purpose(recipients=[OWN]))
    jobs.cancel(job)
    assert not ExportMail.objects.exists()


def test_one_mail_an_end(user, smtp, settings):
    """A job that is asked for again and ends again is told of again."""
    settings.EXPORTS = settings.EXPORTS | {"MAX_FILE_BYTES": 1}
    job = ended(user)
    send_due()
    settings.EXPORTS = settings.EXPORTS | {"MAX_FILE_BYTES": None}
    jobs.retry(job, caller(user))
    run_at_once()
    send_due()
    subjects = [message["Subject"] for message in smtp.mailbox.mails]
    assert subjects == ["The export of calls has failed", "The export of calls is ready"]


@pytest.mark.parametrize("how", ["page", "capitals"])
def test_unsubscribed(schedule, smtp, how):
    """After the job, and before its mail; and from then on."""
    with time_machine.travel(MORNING, tick=False):
        control.run_now(schedule, caller(get_user_model().objects.get(pk=schedule.user)))
    make_files(MORNING)
    signature = unsubscribe_signature(schedule, OWN if how == "page" else OWN.upper())
    assert unsubscribe(signature).lower() == OWN
    unsubscribe(signature)
    with time_machine.travel(MORNING + MINUTE, tick=False):
        assert send_due() == 0
    assert (only_mail().status, smtp.mailbox.recipients) == ("dropped", [])
    at_work(MORNING + DAY)
    assert schedule.runs.first().job.recipients == []
    assert ExportMail.objects.count() == 1


def test_how_to_unsubscribe(schedule, smtp, client):
    at_work(MORNING)
    (message,) = smtp.mailbox.mails
    # On the wire it is one line in clear: mail programs read no other.
    ((_to, raw),) = smtp.mailbox.raw
    (line,) = [line for line in raw.splitlines() if line.startswith(b"List-Unsubscribe:")]
    assert line.startswith(b"List-Unsubscribe: <https://exports.example.com/exports/unsubscribe/")
    assert line.endswith(b">")
    url = message["List-Unsubscribe"].strip("<>")
    assert url.startswith("https://exports.example.com/exports/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in part(message, "plain")
    assert url in part(message, "html")
    client.post(url.removeprefix("https://exports.example.com"), {"List-Unsubscribe": "One-Click"})
    assert now_of(schedule).unsubscribed == [OWN]


def test_users_who_subscribe_again(schedule, user):
    """By naming their own address anew, and by no other change; nobody else's comes back by it."""
    ExportSchedule.objects.update(unsubscribed=[OWN.upper(), "b@example.org"])
    for recipients, left in (([OWN], 2), ([], 2), ([OWN], 1)):
        plan = control.Plan(template=schedule.template, rule=schedule.rule, recipients=recipients)
        control.change(now_of(schedule), plan, caller(user))
        assert len(now_of(schedule).unsubscribed) == left
    assert schedule.unsubscribed == ["b@example.org"]


def test_no_mail_for_who_may_not_sign_in(user, smtp):
    ended(user)
    user.is_active = False
    user.save()
    assert send_due() == 0
    assert (only_mail().status, smtp.mailbox.recipients) == ("dropped", [])


def test_an_address_that_is_not_allowed_any_more(user, smtp, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["example.org"]}
    ended(user, recipients=["b@example.org"])
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": []}
    assert send_due() == 0
    assert (only_mail().status, smtp.mailbox.recipients) == ("dropped", [])


def test_a_file_that_is_gone(user, smtp):
    job = ended(user)
    jobs.delete(job)
    assert send_due() == 0
    assert not ExportMail.objects.exists()  # with its job


def test_one_that_cannot_be_written_keeps_nobody_else_from_theirs(user, smtp, monkeypatch):
    """A mail that cannot be written, of whatever reason, is tried later; the next is sent."""
    real = mails.composed

    def composed(mail):
        if mail.recipient == OWN:
            raise RuntimeError("no")
        return real(mail)

    monkeypatch.setattr(mails, "composed", composed)
    ended(user)
    user.email = "b@example.com"
    user.save()
    ended(user, "columns=id", recipients=["b@example.com"])
    assert send_due() == 1
    assert smtp.mailbox.recipients == ["b@example.com"]
    assert ExportMail.objects.get(recipient=OWN).status == "waiting"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("b@example.org", "not_allowed"),
        ("user-456@example.com", "not_allowed"),
        ("", "invalid"),
        ("a", "invalid"),
        (f"{OWN}\nBcc: b@example.org", "invalid"),
        (f"{OWN},b@example.org", "invalid"),
        (f"A <{OWN}>", "invalid"),
        (f"{OWN} ", "invalid"),
        ("u\u017fer-123@example.com", "invalid"),  # a long s, which folds to s
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example", "invalid"),
    ],
)
def test_whom_users_may_not_name(user, stranger, address, code):
    with pytest.raises(InvalidParameters) as caught:
        ended(user, recipients=[address])
    assert [(problem.attr, problem.code) for problem in caught.value.errors] == [("recipients", code)]
    assert not ExportJob.objects.exists()


def test_whom_staff_allows(user, stranger, schedule, smtp):
    """Somebody with the permission who changes the schedule of another one allows the addresses in it."""
    stranger.is_superuser = True  # whose rows are everybody's, and whose mails go to anybody
    stranger.save()
    plan = control.Plan(template=schedule.template, rule=schedule.rule, recipients=["b@example.org"])
    with pytest.raises(InvalidParameters):
        control.change(schedule, plan, caller(user))
    control.change(now_of(schedule), plan, caller(stranger), owner=user)
    assert now_of(schedule).approved == ["b@example.org"]
    # The user keeps it, and adds none.
    control.change(now_of(schedule), plan, caller(user))
    more = control.Plan(
        template=schedule.template, rule=schedule.rule, recipients=["b@example.org", "c@example.org"]
    )
    with pytest.raises(InvalidParameters, match="c@example.org"):
        control.change(now_of(schedule), more, caller(user))
    schedule = ExportSchedule.objects.get()
    at_work(schedule.next_run_at)
    assert smtp.mailbox.recipients == ["b@example.org"]
    # What is left out is not allowed any more.
    own = control.Plan(template=schedule.template, rule=schedule.rule, recipients=[OWN])
    control.change(now_of(schedule), own, caller(user))
    assert now_of(schedule).approved == []


def test_too_many(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["*"], "MAX_RECIPIENTS": 2}
    with pytest.raises(InvalidParameters, match="2 recipients"):
        ended(user, recipients=["a@b.example", "b@b.example", "c@b.example"])
    with pytest.raises(InvalidParameters, match="twice"):
        ended(user, recipients=["a@b.example", "A@B.example"])


def test_nothing_to_do(user, django_assert_num_queries):
    with django_assert_num_queries(1):
        send_due()
