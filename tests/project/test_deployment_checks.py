"""`check --deploy` tells of each dangerous setting, by its number."""

from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core.checks import run_checks

from exports_project.checks import check_deployment

# Nobody asks the database.
pytestmark = pytest.mark.sqlite

CACHE = "django.core.cache.backends"
LIMITS = {
    "RATE": "10/h",
    "MAX_CONCURRENT_PER_USER": 10,
    "SENSITIVE_NETWORKS": ["192.0.2.0/24"],
    "BASE_URL": "https://exports.example.com",
}
FOLDER = "django.core.files.storage.FileSystemStorage"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# What the settings are in a production, and tests/settings.py has otherwise.
PRODUCTION = {
    "DEBUG": False,
    "DEV_USER_HEADER": False,
    "EXPORTS": LIMITS | {"STORAGE": "exports"},
    "TASKS": TASKS,
    "STORAGES": project.STORAGES
    | {"exports": {"BACKEND": FOLDER, "OPTIONS": {"location": "/var/lib/exports"}}},
    "CACHES": {"default": {"BACKEND": f"{CACHE}.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}},
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SILENCED_SYSTEM_CHECKS": ["django_ratelimit.W001", "axes.W002", "axes.W003"],
}


@pytest.fixture
def ids(settings, monkeypatch):
    """The numbers of what a deployment is told, with these settings in place of the production's."""

    def found(level: str = "INFO", **changes: object) -> list[str]:
        # Not by the fixture: to set LOGGING is to configure the tests' own.
        monkeypatch.setitem(settings.LOGGING["root"], "level", level)
        for name, value in (PRODUCTION | changes).items():
            setattr(settings, name, value)
        messages = run_checks(
            tags=["exports", "exports_project", "security", "caches"], include_deployment_checks=True
        )
        return [message.id for message in messages if not message.is_silenced()]

    return found


def policy(**changes: object) -> dict[str, object]:
    return {"SECURE_CSP": project.SECURE_CSP | {f"{name}-src": value for name, value in changes.items()}}


def stored(backend: str = FOLDER, **options: object) -> dict[str, object]:
    return {"STORAGES": project.STORAGES | {"exports": {"BACKEND": backend, "OPTIONS": options}}}


def mailer(backend: str, **options: object) -> dict[str, object]:
    return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}


JOBS = LIMITS | {"STORAGE": "exports"}
STATIC = project.STATIC_ROOT
WITHOUT_POLICY = [name for name in project.MIDDLEWARE if "csp" not in name]
DANGEROUS = [
    ("exports.W101", {"EXPORTS": LIMITS | {"RATE": None}}),
    ("exports.W102", {"EXPORTS": LIMITS | {"MAX_SECONDS": None}}),
    ("exports.W103", {"EXPORTS": LIMITS | {"MIN_BYTES_PER_SECOND": None}}),
    ("exports.W104", {"EXPORTS": LIMITS | {"MAX_SPOOL_BYTES": None}}),
    ("exports.W105", {"EXPORTS": LIMITS | {"MAX_CONCURRENT_PER_USER": None}}),
    ("exports.W108", {"EXPORTS": LIMITS | {"RATE_FAIL_OPEN": True}}),
    ("exports.W109", {"TASKS": {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}}),
    ("exports.W109", {"TASKS": {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}}),
    ("exports.W110", {"MEDIA_ROOT": "/var/lib"}),
    ("exports.W110", stored()),
    ("exports.W110", stored(location=STATIC)),
    ("exports.W110", stored(location=STATIC / "exports")),
    ("exports.W110", stored("storages.backends.s3.S3Storage", bucket_name="b", default_acl="public-read")),
    ("exports.W111", {"EXPORTS": JOBS | {"FILE_SECONDS": None}}),
    ("exports.W112", {"EXPORTS": JOBS | {"BASE_URL": None}}),
    ("exports.W112", {"EXPORTS": JOBS | {"BASE_URL": "http://exports.example.com"}}),
    ("exports_project.W001", {"PUBLIC_SCHEMA": True}),
    ("exports_project.W002", {"DEV_USER_HEADER": True}),
    ("exports_project.W003", {"level": "DEBUG"}),
    ("exports_project.W003", {"level": "NOTSET"}),
    ("exports_project.W004", {"AXES_FAILURE_LIMIT": 101}),
    ("exports_project.W005", {"AXES_COOLOFF_TIME": timedelta(seconds=59)}),
    ("exports_project.W006", {"MIDDLEWARE": WITHOUT_POLICY}),
    ("exports_project.W006", {"SECURE_CSP": {}}),
    ("exports_project.W007", policy(script=["'self'", "'unsafe-inline'"])),
    ("exports_project.W007", policy(script=["https:"])),
    ("exports_project.W007", policy(style=["'unsafe-inline'"])),
    ("exports_project.W008", {"SESSION_COOKIE_SAMESITE": "None"}),
    ("exports_project.W008", {"SESSION_COOKIE_SAMESITE": False}),
    ("exports_project.W008", {"CSRF_COOKIE_SAMESITE": "None"}),
    ("exports_project.W009", mailer("anymail.backends.postmark.EmailBackend")),
    ("exports_project.W009", mailer("anymail.backends.postmark.EmailBackend", server_token="t", other="x")),
    ("exports_project.W009", mailer("no.such.Backend")),
    # Django's own, which are not said twice.
    ("security.W004", {"SECURE_HSTS_SECONDS": 0}),
    ("security.W012", {"SESSION_COOKIE_SECURE": False}),
    ("security.W015", {"SESSION_COOKIE_HTTPONLY": False}),
    ("security.W016", {"CSRF_COOKIE_SECURE": False}),
    ("security.W018", {"DEBUG": True}),
]


def test_a_production_has_nothing_to_complain_of(ids):
    assert ids() == []


@pytest.mark.parametrize(
    ("number", "changes"),
    DANGEROUS,
    ids=[f"{case[0]} {next(iter(case[1]))}" for case in DANGEROUS],
)
def test_each_danger_has_its_number(ids, number, changes):
    assert ids(**changes) == [number]


@pytest.mark.parametrize(
    ("backend", "numbers"),
    [
        ("dummy.DummyCache", ["exports.W106"]),
        ("locmem.LocMemCache", ["exports.W106"]),
        ("db.DatabaseCache", ["exports.W107"]),
        ("filebased.FileBasedCache", ["exports.W107"]),
        ("redis.RedisCache", []),
    ],
)
def test_the_cache_that_counts_the_rate(ids, tmp_path, backend, numbers):
    location = {"CACHES": {"default": {"BACKEND": f"{CACHE}.{backend}", "LOCATION": str(tmp_path)}}}
    told = [number for number in ids(**location) if not number.startswith("django_ratelimit")]
    assert told == numbers
    # Also where the setting has no rate: a dataset, a plan and a key may have one.
    without = ids(**location, EXPORTS=LIMITS | {"RATE": None})
    assert [number for number in without if number in numbers] == numbers


@pytest.mark.parametrize(
    "changes",
    [
        {"EXPORTS": LIMITS | {"MAX_CONCURRENT": 48, "MAX_CONCURRENT_PER_USER": None}},
        {"level": "INFO"},
        {"AXES_FAILURE_LIMIT": 100, "AXES_COOLOFF_TIME": timedelta(minutes=1)},
        {"SESSION_COOKIE_SAMESITE": "Strict", "CSRF_COOKIE_SAMESITE": "Strict"},
        policy(style=["'self'"], default=["https:"]),
        {"METRICS_NETWORKS": ["10.0.0.0/8"]},
        {"MEDIA_ROOT": "/var/lib/exports-of-others"},
        stored("storages.backends.s3.S3Storage", bucket_name="b", default_acl="private"),
        # Without jobs nobody looks at what is theirs.
        {"EXPORTS": LIMITS | {"FILE_SECONDS": None, "BASE_URL": None}} | stored(),
        mailer("anymail.backends.postmark.EmailBackend", server_token="t"),
    ],
)
def test_the_edges_of_what_is_safe(ids, changes):
    assert ids(**changes) == []


def test_the_default_of_the_policy_counts_where_nothing_else_does(settings):
    settings.DEV_USER_HEADER = False
    for policy in ({"default-src": ["*"]}, {"img-src": ["'self'"]}):
        settings.SECURE_CSP = policy
        assert [message.id for message in check_deployment()] == ["exports_project.W007"] * 2


def test_a_development_is_asked_for_none_of_it(settings):
    settings.EXPORTS = {"RATE": None, "MAX_SECONDS": None}
    assert run_checks(tags=["exports_project"]) == []
    assert not [message for message in run_checks(tags=["exports"]) if message.id.startswith("exports.W1")]
