"""The engine's settings: the dictionary `EXPORTS` in a project's settings, typed and with defaults."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from .rate import Rate

_MOST_ROWS = 10**12
"""Twelve digits are more than anybody has rows, and less than what any database takes."""

_MOST_WEBHOOK_SECONDS = 120
"""Less than what a message is its sender's for: after that, another one would send it too."""

_DATASET_KEYS = ("RATE", "MAX_ROWS")
_PLAN_KEYS = (*_DATASET_KEYS, "DATASETS")

_POSITIVE_OR_NONE = (
    *("max_seconds", "min_bytes_per_second", "max_spool_bytes"),
    *("max_concurrent", "max_concurrent_per_user"),
    *("max_download_rows", "max_jobs_per_user", "max_file_bytes", "max_stored_bytes_per_user"),
    *("job_max_seconds", "file_seconds"),
    *("max_templates_per_user", "max_schedules_per_user", "max_webhooks_per_user", "mail_attachment_bytes"),
)
_POSITIVE = (
    *("job_attempts", "job_backoff_seconds", "job_lease_seconds", "link_seconds"),
    *("min_schedule_seconds", "schedule_failures", "max_recipients", "mail_link_seconds", "mail_seconds"),
    *("webhook_seconds", "preview_seconds"),
)


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """One attribute for each key of `EXPORTS`, in lower case."""

    chunk_size: int = 1000
    """CHUNK_SIZE: rows fetched from the database, encoded and sent at a time.

    Of 100,000 calls on SQLite, blocks of 250 to 5,000 took the same time within 15 %; the first bytes came
    after 15 ms at 250, 39 ms at 1,000 and 174 ms at 5,000.
    """

    max_rows: int | None = None
    """MAX_ROWS: an export of more rows is refused before its first byte; None: no limit."""

    rate: str | None = "10/h"
    """RATE: exports per user and dataset, as django-ratelimit writes it (`10/h`); None: no limit."""

    rate_fail_open: bool = False
    """RATE_FAIL_OPEN: whether exports go on, uncounted, while the cache that counts them does not answer."""

    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """PLANS: what users of a plan may, by its name: `{"free": {"RATE": "5/h", "MAX_ROWS": 10_000}}`; and of
    single datasets, `{"free": {"DATASETS": {"calls": {"RATE": "1/d"}}}}`."""

    since_margin: int = 300
    """SINCE_MARGIN: seconds before now at which an export with `since=` ends. Longer than any transaction
    that creates rows: of what is committed later, the next one knows nothing."""

    allowed_networks: Sequence[str] = ()
    """ALLOWED_NETWORKS: addresses and networks from which exports may be asked for; empty: from anywhere."""

    sensitive_networks: Sequence[str] = ()
    """SENSITIVE_NETWORKS: those for datasets marked `sensitive`, too; empty: such are exported to nowhere."""

    max_seconds: int | None = 3600
    """MAX_SECONDS: an export that takes longer is broken off, so that nobody holds a snapshot for hours;
    None: no limit."""

    preview_seconds: int = 5
    """PREVIEW_SECONDS: for how long a page waits for its preview, or for names that are searched: people wait
    no longer, and each change of a form asks again."""

    min_bytes_per_second: int | None = 1000
    """MIN_BYTES_PER_SECOND: a client that takes less is cut off, once it has let a chunk wait for ten seconds
    longer than the chunk would need at this rate; None: no limit. Commands have none."""

    max_spool_bytes: int | None = 1 << 30
    """MAX_SPOOL_BYTES: how large a file may be that is kept on disk until it is whole, because its reader
    could not tell a part of it from all of it (HTTP/1.0); None: no limit."""

    max_concurrent: int | None = None
    """MAX_CONCURRENT: exports that run at the same time, of all users; None: no limit."""

    max_concurrent_per_user: int | None = None
    """MAX_CONCURRENT_PER_USER: exports of one user that run at the same time; None: no limit."""

    parallel: int = 1
    """PARALLEL: connections that one export may be read by, where PostgreSQL's COPY is; each takes a core."""

    database: str | None = None
    """DATABASE: the alias of the database that rows are read from, such as a replica; records and jobs stay
    where they are written. None: the one that the models' router names."""

    max_download_rows: int | None = None
    """MAX_DOWNLOAD_ROWS: a download of more rows is refused, and a background job offered; None: no limit.
    Without a STORAGE it counts for nothing."""

    storage: str | None = None
    """STORAGE: the alias in STORAGES that keeps the files of background jobs; None: there are no jobs."""

    queue: str = "default"
    """QUEUE: the name of the queue of `django.tasks` that jobs are put into."""

    x_accel: str | None = None
    """X_ACCEL: the path of an internal location of nginx's that serves the folder of STORAGE; None: files are
    sent by this service itself."""

    max_jobs_per_user: int | None = 20
    """MAX_JOBS_PER_USER: background jobs of one user that wait or run; None: no limit."""

    max_file_bytes: int | None = 10 << 30
    """MAX_FILE_BYTES: how large the file of a job may be; None: no limit."""

    max_stored_bytes_per_user: int | None = None
    """MAX_STORED_BYTES_PER_USER: no new job while the user's files take so much; None: no limit."""

    job_attempts: int = 3
    """JOB_ATTEMPTS: how often a job is tried whose worker was killed, or met what may pass."""

    job_backoff_seconds: int = 10
    """JOB_BACKOFF_SECONDS: how long the second attempt waits; each later one twice as long as the last, up to
    half an hour."""

    job_lease_seconds: int = 60
    """JOB_LEASE_SECONDS: a worker that has been silent for so long has lost its job to another. It speaks at
    least three times within it."""

    job_max_seconds: int | None = 6 * 3600
    """JOB_MAX_SECONDS: an attempt that takes longer is broken off, and is the last; None: no limit."""

    file_seconds: int | None = 7 * 24 * 3600
    """FILE_SECONDS: for how long the file of a job is kept; None: until somebody deletes it."""

    link_seconds: int = 3600
    """LINK_SECONDS: for how long a link to a file is valid, unless less is asked for."""

    base_url: str | None = None
    """BASE_URL: where this service is, as people reach it (`https://exports.example.com`): for addresses in
    mails and webhooks, which no request comes before. None: they have none."""

    max_templates_per_user: int | None = 200
    """MAX_TEMPLATES_PER_USER: templates that one user may keep; None: no limit."""

    max_schedules_per_user: int | None = 50
    """MAX_SCHEDULES_PER_USER: schedules that one user may have; None: no limit."""

    min_schedule_seconds: int = 300
    """MIN_SCHEDULE_SECONDS: a schedule whose runs are closer together than this is refused."""

    schedule_failures: int = 5
    """SCHEDULE_FAILURES: a schedule that fails so often one time after the other stops."""

    mail_domains: Sequence[str] = ()
    """MAIL_DOMAINS: domains at which everybody may name recipients, `*` for any; empty: one's own address
    alone, unless staff allows more."""

    max_recipients: int = 20
    """MAX_RECIPIENTS: addresses that one job or schedule may tell."""

    mail_attachment_bytes: int | None = 1 << 20
    """MAIL_ATTACHMENT_BYTES: a file that is not larger is attached to its mail; None: none is."""

    mail_link_seconds: int = 3 * 24 * 3600
    """MAIL_LINK_SECONDS: for how long the link in a mail is valid, unless the file ends before."""

    api_scheme: str = "Bearer"
    """API_SCHEME: the scheme of `Authorization` in the lines that a dataset's page has for programs, before
    what EXPORTS_KEY holds there: `Bearer`, or `Api-Key`."""

    mail_seconds: int = 3 * 24 * 3600
    """MAIL_SECONDS: for how long it is tried to send a mail that the server does not take."""

    max_webhooks_per_user: int | None = 10
    """MAX_WEBHOOKS_PER_USER: webhooks that one user may have; None: no limit."""

    webhook_networks: Sequence[str] = ()
    """WEBHOOK_NETWORKS: private addresses and networks that webhooks may be sent to, by plain HTTP too;
    empty: public addresses by HTTPS alone."""

    webhook_seconds: int = 15
    """WEBHOOK_SECONDS: a receiver that has not answered by then has not received. At most 120."""

    scope_resolver: str = "exports.scope.own_rows"
    """SCOPE_RESOLVER: dotted path of `(user, requested tenant or None) -> exports.Scope`."""

    terms_resolver: str = "exports.policy.terms.no_terms"
    """TERMS_RESOLVER: dotted path of `user -> exports.Terms`: a user's plan and networks."""

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise ImproperlyConfigured("EXPORTS['CHUNK_SIZE'] must be 1 at least.")
        if self.since_margin < 0:
            raise ImproperlyConfigured("EXPORTS['SINCE_MARGIN'] must be a number of seconds, 0 at least.")
        if self.parallel < 1:
            raise ImproperlyConfigured("EXPORTS['PARALLEL'] must be a number of connections, 1 at least.")
        if self.max_rows is not None and self.max_rows < 0:
            raise ImproperlyConfigured("EXPORTS['MAX_ROWS'] must be a number of rows, or None for no limit.")
        for name in _POSITIVE:
            if getattr(self, name) < 1:
                raise ImproperlyConfigured(f"EXPORTS['{name.upper()}'] must be 1 at least.")
        if self.webhook_seconds > _MOST_WEBHOOK_SECONDS:
            raise ImproperlyConfigured(f"EXPORTS['WEBHOOK_SECONDS'] must be {_MOST_WEBHOOK_SECONDS} at most.")
        for name in _POSITIVE_OR_NONE:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ImproperlyConfigured(
                    f"EXPORTS['{name.upper()}'] must be 1 at least, or None for no limit."
                )
        _check_rate("EXPORTS['RATE']", self.rate)
        if not isinstance(self.plans, Mapping):
            raise ImproperlyConfigured("EXPORTS['PLANS'] is no dictionary.")
        for name, plan in self.plans.items():
            _check_plan(f"EXPORTS['PLANS'][{name!r}]", plan)
        for name in ("allowed_networks", "sensitive_networks", "webhook_networks"):
            _check_networks(f"EXPORTS['{name.upper()}']", getattr(self, name))
        if isinstance(self.mail_domains, str):
            raise ImproperlyConfigured("EXPORTS['MAIL_DOMAINS'] must be a list of domains.")
        if self.base_url is not None and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", self.base_url):
            raise ImproperlyConfigured(
                "EXPORTS['BASE_URL'] must be the address of this service, such as https://exports.example.com."
            )
        if not re.fullmatch(r"[0-9A-Za-z-]+", self.api_scheme):
            raise ImproperlyConfigured("EXPORTS['API_SCHEME'] must be a scheme, such as Bearer or Api-Key.")


def _check_rate(where: str, rate: Any) -> None:
    if rate is not None:
        try:
            Rate.parse(rate)
        except (ValueError, TypeError) as error:
            raise ImproperlyConfigured(
                f"{where} {rate!r} is no rate, such as 10/h, 5/10m or None."
            ) from error


def _check_plan(where: str, plan: Any, keys: Sequence[str] = _PLAN_KEYS) -> None:
    if not isinstance(plan, Mapping) or (unknown := plan.keys() - set(keys)):
        text = (
            f"has no key {', '.join(sorted(map(str, unknown)))}"
            if isinstance(plan, Mapping)
            else "is no dictionary"
        )
        raise ImproperlyConfigured(f"{where} {text}. There are: {', '.join(keys)}.")
    _check_rate(f"{where}['RATE']", plan.get("RATE"))
    rows = plan.get("MAX_ROWS")
    if rows is not None and (
        not isinstance(rows, int) or isinstance(rows, bool) or not 0 <= rows < _MOST_ROWS
    ):
        raise ImproperlyConfigured(f"{where}['MAX_ROWS'] must be a number of rows, or None for no limit.")
    datasets = plan.get("DATASETS", {})
    if not isinstance(datasets, Mapping):
        raise ImproperlyConfigured(f"{where}['DATASETS'] is no dictionary.")
    for name, limits in datasets.items():
        _check_plan(f"{where}['DATASETS'][{name!r}]", limits, _DATASET_KEYS)


def _check_networks(where: str, networks: Any) -> None:
    if isinstance(networks, str):
        raise ImproperlyConfigured(f"{where} must be a list of networks.")
    for text in networks:
        try:
            ip_network(text + "")  # a number would be an address too
        except (ValueError, TypeError) as error:
            raise ImproperlyConfigured(
                f"{where}: {text!r} is no IP address and no network such as 10.0.0.0/8."
            ) from error


@cache
def export_settings() -> ExportSettings:
    """The settings now in force. Raises ImproperlyConfigured for a key or a value that can't be."""
    configured: dict[str, Any] = getattr(settings, "EXPORTS", {})
    known = {field.name.upper() for field in fields(ExportSettings)}
    if unknown := sorted(configured.keys() - known):
        raise ImproperlyConfigured(
            f"EXPORTS has no setting {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        )
    return ExportSettings(**{name.lower(): value for name, value in configured.items()})


@receiver(setting_changed)
def _reload(*, setting: str, **kwargs: object) -> None:
    if setting == "EXPORTS":
        export_settings.cache_clear()
