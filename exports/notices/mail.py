"""Mails about jobs that have ended, and to users whose schedule has stopped."""

import datetime as dt
import logging
import smtplib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from email.message import MIMEPart
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import override

from ..caller import Caller
from ..conf import export_settings
from ..exceptions import ExportError, FileGone, StorageFailed
from ..jobs.delivery import link_for, opened, require_file
from ..jobs.owners import owner_by_key
from ..models import ExportJob, ExportLog, ExportMail, ExportTemplate
from ..policy.recipients import is_address, may_mail_to, own_address, same
from ..policy.terms import terms_of
from ..recorded import describe
from ..registry import registry
from ..site import absolute_url
from . import outbox
from .unsubscribing import unsubscribe_signature

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = dt.timedelta(seconds=30)
LONGEST_PAUSE: Final = dt.timedelta(minutes=15)
"""A server that was away for an hour is told a quarter of an hour after it is back, at the latest."""


def send_due(stopped: Callable[[], bool] = bool) -> int:
    """Sends the mails that are due, until `stopped` says to end. Returns how many were sent."""
    return sum(_send(mail) for mail in outbox.taken(ExportMail, stopped))


class _Mail(EmailMultiAlternatives):
    """A mail whose long headers stay as they are.

    Python would write one of more than 78 characters without a space as an encoded word, which mail programs
    do not read in List-Unsubscribe (RFC 2047, 5). A line may have 998 (RFC 5322, 2.1.1).
    """

    def message(self, *args: Any, **kwargs: Any) -> Any:
        message = super().message(*args, **kwargs)
        message.policy = message.policy.clone(max_line_length=998)
        return message


class NotWanted(Exception):
    """Nobody is to have this mail any more."""


def _send(mail: ExportMail) -> bool:
    try:
        with override(mail.language or None):
            message = composed(mail)
            message.send()
    except NotWanted as reason:
        outbox.given_up(mail, str(reason), dropped=True)
        return False
    except Exception as error:
        _failed(mail, error)
        return False
    outbox.sent(mail)
    logger.info("Mail %s about %s is sent", mail.pk, mail.event)
    return True


def _failed(mail: ExportMail, error: Exception) -> None:
    text = describe(error)
    over = mail.created_at + dt.timedelta(seconds=export_settings().mail_seconds) < now()
    if over or _is_refused(error):
        logger.warning("Mail %s could not be sent: %s", mail.pk, text)
        outbox.given_up(mail, text)
        return
    logger.warning("Mail %s could not be sent yet: %s", mail.pk, text)
    outbox.later(mail, text, min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), LONGEST_PAUSE))


def _is_refused(error: Exception) -> bool:
    """Whether the server will not take this mail, whenever it is asked (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    # Of a sender that it refuses the settings are to blame: the mail is as good as before.
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the templates of a mail are given."""

    subject: str
    template: str
    context: dict[str, Any]


def composed(mail: ExportMail) -> EmailMultiAlternatives:
    """The mail, in the language that is active. Raises NotWanted, and what the storage raises."""
    try:
        user = owner_by_key(mail.user)
    except ExportError as error:
        raise NotWanted(describe(error)) from error
    recipient = mail.recipient or own_address(user)
    if not is_address(recipient):
        raise NotWanted("The user has no mail address.")
    if mail.kind == ExportMail.Kind.STOPPED:
        return _message(mail, recipient, _stopped(mail), user)
    assert mail.job is not None  # noqa: S101 - of this kind, and without its job it would not be there
    _require_wanted(mail, recipient, user)
    return _about_job(mail, mail.job, recipient, user)


def _require_wanted(mail: ExportMail, recipient: str, user: Any) -> None:
    schedule = mail.schedule
    if schedule is not None and any(same(recipient, other) for other in schedule.unsubscribed):
        raise NotWanted("The recipient has unsubscribed.")
    if not may_mail_to(user, recipient, schedule.approved if schedule else ()):
        raise NotWanted("The user may not have exports mailed to this address any more.")


def _about_job(mail: ExportMail, job: ExportJob, recipient: str, user: Any) -> EmailMultiAlternatives:
    names = {"dataset": job.dataset}
    context: dict[str, Any] = {
        "job": job,
        # To others there is no such page.
        "page_url": absolute_url("exports-web:job", job.pk) if same(recipient, own_address(user)) else None,
    }
    if job.status == ExportJob.Status.FAILED:
        subject = _("The export of %(dataset)s has failed") % names
        return _message(mail, recipient, _Told(subject=subject, template="failed", context=context), user)
    try:
        require_file(job, Caller(user=user, door=ExportLog.Door.JOB))
    except ExportError as error:
        raise NotWanted(describe(error)) from error
    link = link_for(job, export_settings().mail_link_seconds)
    url = absolute_url("exports-api:job-file", job.pk)
    attached = _attached(job, user)
    context |= {
        "file_url": f"{url}?link={link.signature}" if url else None,
        "link_ends": link.expires_at,
        "attached": attached is not None,
    }
    subject = _("The export of %(dataset)s is ready") % names
    message = _message(mail, recipient, _Told(subject=subject, template="ready", context=context), user)
    if attached is not None:
        message.attach(_part(job, attached))
    return message


def _attached(job: ExportJob, user: Any) -> bytes | None:
    """The file, where it is small, and may be fetched from anywhere: a mailbox is in no network."""
    limit = export_settings().mail_attachment_bytes
    if limit is None or job.byte_count > limit:
        return None
    if registry.get(job.dataset).sensitive or export_settings().allowed_networks or terms_of(user).networks:
        return None
    try:
        with closing(opened(job)) as file:
            return bytes(file.read(job.byte_count))
    except (FileGone, StorageFailed):
        return None


def _part(job: ExportJob, content: bytes) -> MIMEPart:
    """The file as it is, in base64: a line end that travels as text may arrive as another one."""
    part = MIMEPart()
    maintype, _slash, subtype = job.media_type.partition("/")
    # Backends of mail services read a text before they send it; without its charset, as ASCII.
    params = {"charset": "utf-8"} if maintype == "text" else {}
    part.set_content(
        content,
        maintype=maintype,
        subtype=subtype,
        disposition="attachment",
        filename=job.filename,
        params=params,
    )
    return part


def _stopped(mail: ExportMail) -> _Told:
    schedule = mail.schedule
    assert schedule is not None  # noqa: S101 - of this kind, and without it the mail would not be there
    context = {"schedule": schedule, "page_url": absolute_url("exports-web:schedule", schedule.pk)}
    return _Told(subject=_("A schedule of yours has stopped"), template="stopped", context=context)


def _host() -> str:
    return urlsplit(export_settings().base_url or "").hostname or "exports.invalid"


def _template_name(mail: ExportMail, user: Any) -> str:
    """How the template is called; nothing of one that the user may not use any more."""
    if mail.schedule is None or mail.schedule.template_id is None:
        return ""
    usable = ExportTemplate.objects.primary().usable_by(user).filter(pk=mail.schedule.template_id)
    return usable.values_list("name", flat=True).first() or ""


def _message(mail: ExportMail, recipient: str, told: _Told, user: Any) -> EmailMultiAlternatives:
    headers = {
        # The same at each attempt: a mailbox that is given two knows that they are one.
        "Message-ID": f"<{mail.pk}@{_host()}>",
        "Auto-Submitted": "auto-generated",
    }
    context = told.context | {
        "title": told.subject,
        "template_name": _template_name(mail, user),
        "unsubscribe_url": None,
    }
    if mail.kind == ExportMail.Kind.JOB and mail.schedule is not None:
        url = absolute_url("exports-web:unsubscribe", unsubscribe_signature(mail.schedule, recipient))
        if url is not None:
            context["unsubscribe_url"] = url
            headers |= {
                "List-Unsubscribe": f"<{url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
    message = _Mail(
        subject=told.subject,
        body=render_to_string(f"exports/mail/{told.template}.txt", context),
        to=[recipient],
        headers=headers,
    )
    message.attach_alternative(render_to_string(f"exports/mail/{told.template}.html", context), "text/html")
    return message
