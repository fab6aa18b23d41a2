"""Too many failed attempts, and further ones are refused for a while: for API keys as for passwords.

Who is locked out is told nothing of it: the answer is that to a wrong password or key, in the same time.
The table, its admin and its commands are django-axes'. How it counts is not: it looks, lets try, and counts
afterwards. Of 60 attempts at the same time, where five are allowed, all 60 were tried; on SQLite 46 of them
were answered 503, because it reads and then writes in one transaction.
"""

from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

ADDRESS_SHARE: Final = 10
"""Failures of an address, over all names, count a tenth of those of one name from there.

Many people and programs may share an address. One stale key in a program that asks every minute makes no more
than the limit's number of failures; ten such would lock out everybody beside them.
"""


class LockoutBackend(ModelBackend):
    """Django's ModelBackend, which tries no password of somebody who is locked out."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The active user whose name and password these are. Else None, after as long as a password takes.

        Every attempt counts as a failure before it is tried, and is forgotten with its name's others once it
        has succeeded.
        """
        name = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if request is None or name is None or password is None:  # no sign-in over the network
            return super().authenticate(request, username, password, **kwargs)
        if not admitted(request, name):
            # As ModelBackend does for a name that does not exist: the time of an answer tells nothing.
            User().set_password(password)
            raise PermissionDenied
        user: User | None = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            forget(request, name)
        return user


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]  # untyped, as all of django-axes
    """What django-axes does when somebody has signed in or failed: nothing, here; see above."""

    def user_login_failed(self, *args: Any, **kwargs: Any) -> None:
        """Counted before, by whoever tried."""

    def user_logged_in(self, *args: Any, **kwargs: Any) -> None:
        """Forgotten before."""

    def user_logged_out(self, *args: Any, **kwargs: Any) -> None:
        """Nobody asks how long somebody was here."""


def client_address(request: HttpRequest) -> str | None:
    """The connection's peer; None where it has no address, as over a Unix socket."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def failures(request: HttpRequest, name: str) -> int:
    """The failures that count against this name at the request's address, in one query."""
    address = client_address(request)
    counts = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=_begin()).aggregate(
        all=Sum("failures_since_start", default=0),
        name=Sum("failures_since_start", filter=Q(username=_kept(name)), default=0),
    )
    # Those without an address would all share one.
    return int(max(counts["name"], counts["all"] // ADDRESS_SHARE if address else 0))


def too_many(failures: int) -> bool:
    """Whether so many lock out."""
    limit: int = settings.AXES_FAILURE_LIMIT
    return failures >= limit


def admitted(request: HttpRequest, name: str) -> bool:
    """Counts an attempt as a failure, and says whether it may be tried. One that is refused is not counted.

    Of many at the same time no more are admitted than the limit allows, and often fewer: each sees those that
    were counted before it, and some that were counted after it.
    """
    if too_many(failures(request, name)):
        return False
    count_failure(request, name)
    return not too_many(failures(request, name) - 1)


def count_failure(request: HttpRequest, name: str) -> None:
    """One failure more. Those that are over are forgotten, whoever's they are."""
    # Each statement stands for itself: SQLite refuses a transaction that reads first and writes then, where
    # somebody else has written meanwhile.
    AccessAttempt.objects.filter(attempt_time__lt=_begin()).delete()
    now = timezone.now()
    attempts = _attempts(request, name)
    one_more = {"failures_since_start": F("failures_since_start") + 1, "attempt_time": now}
    if attempts.update(**one_more):
        return
    try:
        with transaction.atomic():
            AccessAttempt.objects.create(
                username=_kept(name),
                ip_address=client_address(request),
                user_agent="",  # another one is no other visitor
                path_info=request.path[:255],
                failures_since_start=1,
            )
    except IntegrityError:  # somebody else's attempt was the first
        attempts.update(**one_more)


def forget(request: HttpRequest, name: str) -> None:
    """After a success: forgets the failures of this name from there, and of no other name."""
    _attempts(request, name).delete()


def _attempts(request: HttpRequest, name: str) -> QuerySet[Any]:
    found: QuerySet[Any] = AccessAttempt.objects.filter(
        username=_kept(name), ip_address=client_address(request), user_agent=""
    )
    return found


def _begin() -> datetime:
    """Failures before it are over."""
    begin: datetime = timezone.now() - settings.AXES_COOLOFF_TIME
    return begin


def _kept(name: str) -> str:
    """As long as the table's column. The login page takes longer names."""
    return name[:255]
