"""Which environments a production accepts, and how values are read. Some tests start a process."""

import shutil
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.exceptions import ImproperlyConfigured

from exports.conf import ExportSettings
from exports_project import credentials, environment

# Nobody asks the database here.
pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "SECRET_KEY": "$Zq8-wn4!tY2_rB6@mK9xVc3pL7dHs5jF1gEu0aWbTyNiQoCzX",
    "ALLOWED_HOSTS": "exports.example.com, .example.org",
    "DATABASE_URL": "postgres://exports:secret@db.example.com:5432/exports",
    "REDIS_URL": "redis://cache.example.com:6379/0",
}


OPTIONAL = """
    CELERY_BROKER_URL CELERY_BROKER_URL_FILE EXPORTS_DATABASE_URL EXPORTS_DATABASE_URL_FILE EXPORTS_FILES
    EXPORTS_FILE_SECONDS EXPORTS_JOB_ATTEMPTS EXPORTS_JOB_BACKOFF_SECONDS EXPORTS_JOB_LEASE_SECONDS
    EXPORTS_JOB_MAX_SECONDS EXPORTS_LINK_SECONDS EXPORTS_MAX_DOWNLOAD_ROWS EXPORTS_MAX_FILE_BYTES
    EXPORTS_MAX_JOBS_PER_USER EXPORTS_MAX_STORED_BYTES_PER_USER EXPORTS_QUEUE EXPORTS_S3_ACCESS_KEY
    EXPORTS_S3_BUCKET EXPORTS_S3_ENDPOINT EXPORTS_S3_PREFIX EXPORTS_S3_REGION EXPORTS_S3_SECRET_KEY
    EXPORTS_S3_SECRET_KEY_FILE EXPORTS_X_ACCEL
    ALLOWED_HOSTS AUTHENTICATION_CLASSES CSRF_TRUSTED_ORIGINS JWT_AUDIENCE JWT_ISSUER JWT_PRIVATE_KEY_FILE
    LOCKOUT_FAILURES LOCKOUT_SECONDS NEXTAUTH_SECRET DATABASE_URL DRAIN_SECONDS EMAIL_URL
    EXPORTS_ALLOWED_NETWORKS EXPORTS_PLANS EXPORTS_RATE_FAIL_OPEN EXPORTS_SENSITIVE_NETWORKS
    DATABASE_URL_FILE EMAIL_URL_FILE METRICS_TOKEN_FILE NEXTAUTH_SECRET_FILE REDIS_URL_FILE SECRET_KEY_FILE
    EXPORTS_CHUNK_SIZE EXPORTS_DEV_USER_HEADER EXPORTS_MAX_CONCURRENT EXPORTS_MAX_CONCURRENT_PER_USER
    EXPORTS_MAX_ROWS EXPORTS_MAX_SECONDS EXPORTS_MAX_SPOOL_BYTES EXPORTS_MIN_BYTES_PER_SECOND
    EMAIL_FROM EXPORTS_BASE_URL EXPORTS_MAIL_ATTACHMENT_BYTES EXPORTS_MAIL_DOMAINS EXPORTS_MAIL_LINK_SECONDS
    EXPORTS_MAIL_SECONDS EXPORTS_MAX_RECIPIENTS EXPORTS_MAX_SCHEDULES_PER_USER EXPORTS_MAX_TEMPLATES_PER_USER
    EXPORTS_MAX_WEBHOOKS_PER_USER EXPORTS_MIN_SCHEDULE_SECONDS EXPORTS_SCHEDULE_FAILURES
    EXPORTS_WEBHOOK_NETWORKS EXPORTS_WEBHOOK_SECONDS SECRET_KEY_FALLBACKS SECRET_KEY_FALLBACKS_FILE
    EXPORTS_PARALLEL EXPORTS_PREVIEW_SECONDS EXPORTS_PUBLIC_SCHEMA EXPORTS_RATE EXPORTS_SINCE_MARGIN
    GRACEFUL_SECONDS LOG_FORMAT LOG_LEVEL METRICS_NETWORKS METRICS_TOKEN REDIS_URL SECRET_KEY
    SECURE_HSTS_SECONDS TRUSTED_PROXIES
"""


def problems(**changes: str) -> list[str]:
    return list(environment.production_problems(SAFE | changes))


def test_it_works():
    assert problems() == []
    environment.require_safe_production(SAFE)


@pytest.mark.parametrize("name", SAFE)
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_value_is_named(name, value):
    assert [problem.split()[0] for problem in problems(**{name: value})] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", SAFE["SECRET_KEY"][:49]),
        ("SECRET_KEY", "abcd" * 20),
        ("SECRET_KEY", "django-insecure-" + SAFE["SECRET_KEY"]),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("SECRET_KEY_FALLBACKS", f"{SAFE['SECRET_KEY']},{'abcd' * 20}"),
        ("SECRET_KEY_FALLBACKS", "django-insecure-" + SAFE["SECRET_KEY"]),
        ("ALLOWED_HOSTS", ","),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "exports.example.com,*"),
        ("ALLOWED_HOSTS", "*.example.com"),
        ("ALLOWED_HOSTS", "https://exports.example.com"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://db.sqlite3"),
        ("DATABASE_URL", "postgres://db.example.com"),
        ("DATABASE_URL", "postgres://h:5432/?sslmode=require"),
        ("DATABASE_URL", "postgres://u:p@h:port/name"),
        ("DATABASE_URL", "postgres://u:pass#word@h:5432/name"),
        ("DATABASE_URL", "mysql://db.example.com/exports"),
        ("DATABASE_URL", "db.example.com"),
        ("DATABASE_URL", "postgres://[broken"),
        ("REDIS_URL", "locmemcache://"),
        ("REDIS_URL", "redis://cache.example.com:port/0"),
        ("REDIS_URL", "cache.example.com:6379"),
        ("CSRF_TRUSTED_ORIGINS", "https://*"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example.com,http://b.example.com"),
        ("CSRF_TRUSTED_ORIGINS", "a.example.com"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.1,::/0"),
        ("TRUSTED_PROXIES", "10.0.0.1,128.0.0.0/1"),
        ("TRUSTED_PROXIES", "10.0.0.1,8000::/1"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("METRICS_TOKEN", "too-short"),
        ("METRICS_TOKEN", "two words of a long token"),
        ("METRICS_TOKEN", "ümläute-in-a-long-token"),
        ("METRICS_NETWORKS", "::/0"),
        ("METRICS_NETWORKS", "prometheus"),
        ("EXPORTS_DEV_USER_HEADER", "true"),
        ("EXPORTS_DEV_USER_HEADER", " On "),
        ("EXPORTS_DEV_USER_HEADER", "1"),
    ],
)
def test_a_dangerous_value_is_named_and_not_repeated(name, value):
    found = problems(**{name: value})
    assert len(found) == 1
    assert found[0].startswith(name)
    if (
        name
        in (
            "SECRET_KEY",
            "SECRET_KEY_FALLBACKS",
            "DATABASE_URL",
            "REDIS_URL",
            "TRUSTED_PROXIES",
            "METRICS_TOKEN",
        )
        and len(value) > 1
    ):
        assert value not in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "10.0.0.5,[::1],.example.com"),
        ("DATABASE_URL", "sqlite:////var/lib/exports/db.sqlite3"),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("DATABASE_URL", "postgres://u:p@one:5432,two:5433/exports"),
        ("DATABASE_URL", "postgres://u@//run/postgresql/exports"),
        ("DATABASE_URL", "postgresql://u:p@%2Frun%2Fpostgresql/exports"),
        ("REDIS_URL", "rediss://:secret@cache.example.com:6380/1"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("SECRET_KEY_FALLBACKS", f"{SAFE['SECRET_KEY'][::-1]}, {SAFE['SECRET_KEY']}"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example.com,https://*.example.org"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7, fd00::/8"),
        ("EXPORTS_DEV_USER_HEADER", "false"),
        ("EXPORTS_DEV_USER_HEADER", "0"),
    ],
)
def test_a_safe_value_passes(name, value):
    assert problems(**{name: value}) == []


def test_all_problems_are_told_at_once_one_a_line():
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.require_safe_production({"EXPORTS_DEV_USER_HEADER": "true", "ALLOWED_HOSTS": "*"})
    lines = str(refusal.value).splitlines()
    assert [line.split()[0] for line in lines[1:]] == [
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "ALLOWED_HOSTS",
        "EXPORTS_DEV_USER_HEADER",
    ]


@pytest.mark.parametrize("debug", ["true", "false"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXPORTS_CHUNK_SIZE", "x"),
        ("EXPORTS_CHUNK_SIZE", "0"),
        ("EXPORTS_CHUNK_SIZE", "1e3"),
        ("EXPORTS_CHUNK_SIZE", "٣"),
        ("EXPORTS_CHUNK_SIZE", "9" * 5000),
        ("EXPORTS_MAX_ROWS", "x"),
        ("EXPORTS_MAX_ROWS", "-1"),
        ("EXPORTS_RATE", "banana"),
        ("EXPORTS_RATE", "10 per hour"),
        ("EXPORTS_MAX_SECONDS", "1h"),
        ("EXPORTS_PREVIEW_SECONDS", "0"),
        ("EXPORTS_PLANS", "SECRET"),
        ("EXPORTS_PLANS", '["SECRET"]'),
        ("EXPORTS_PLANS", '{"free": {"RATE": "1/h"}, "free": {"RATE": null}}'),
        ("EXPORTS_PLANS", '{"\\ud800": {}}'),
        ("EXPORTS_ALLOWED_NETWORKS", "::ffff:0:0/96"),
        ("EXPORTS_SENSITIVE_NETWORKS", "::ffff:0.0.0.0/97"),
        ("EXPORTS_PLANS", "[" * 100_000),
        ("EXPORTS_ALLOWED_NETWORKS", "192.0.2.0/24,SECRET"),
        ("EXPORTS_ALLOWED_NETWORKS", "0.0.0.0/0"),
        ("EXPORTS_SENSITIVE_NETWORKS", "SECRET"),
        ("EXPORTS_MAX_CONCURRENT", "-1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("DRAIN_SECONDS", "5s"),
        ("GRACEFUL_SECONDS", "0"),
        ("METRICS_TOKEN", "SECRET"),
        ("METRICS_NETWORKS", "10.0.0.1/8"),
        ("METRICS_NETWORKS", "0.0.0.0/0"),
        ("EMAIL_URL", "mail.example.com"),
        ("REDIS_URL", "cache.example.com"),
        ("DATABASE_URL", "postgres://u:SECRET@h:port/name"),
        ("DATABASE_URL", "postgres://h"),
        ("DATABASE_URL", "$SECRET"),
        ("TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1"),
        ("LOCKOUT_FAILURES", "0"),
        ("LOCKOUT_SECONDS", "15m"),
        ("NEXTAUTH_SECRET", "SECRET"),
        ("NEXTAUTH_SECRET", f"{'x' * 32},SECRET"),
        ("JWT_PRIVATE_KEY_FILE", "/nowhere/SECRET"),
        ("JWT_PRIVATE_KEY_FILE", "-----BEGIN PRIVATE KEY-----\nSECRET" * 100),
        ("JWT_PRIVATE_KEY_FILE", __file__),
        ("CELERY_BROKER_URL", "SECRET.example.com"),
        ("CELERY_BROKER_URL", "amqp://u:SECRET@queue.example.com//"),
        ("CELERY_BROKER_URL", "redis://:SECRET@queue.example.com:port/0"),
        ("EXPORTS_DATABASE_URL", "postgres://u:SECRET@h:port/name"),
        ("EXPORTS_DATABASE_URL", "mysql://u:SECRET@h/name"),
        ("EXPORTS_QUEUE", "SECRET"),
        ("EXPORTS_FILES", "SECRET/files"),
        ("EXPORTS_FILES", str(ROOT / "static-collected" / "SECRET")),
        ("EXPORTS_FILES", str(ROOT / "exports" / "static" / "exports" / "SECRET")),
        ("EXPORTS_FILES", str(ROOT / "SECRET" / ".." / "static-collected")),
        ("EXPORTS_FILES", str(ROOT)),
        ("EXPORTS_X_ACCEL", "SECRET"),
        ("EXPORTS_X_ACCEL", "//evil.example.com/SECRET"),
        ("EXPORTS_X_ACCEL", "/internal/../SECRET"),
        ("EXPORTS_S3_BUCKET", "https://SECRET.example.com"),
        ("EXPORTS_S3_SECRET_KEY", "SECRET"),
        ("EXPORTS_JOB_LEASE_SECONDS", "2"),
        ("EXPORTS_JOB_ATTEMPTS", "0"),
        ("EXPORTS_JOB_BACKOFF_SECONDS", "0"),
        ("EXPORTS_LINK_SECONDS", "0"),
        ("EXPORTS_FILE_SECONDS", "-1"),
        ("EXPORTS_BASE_URL", "SECRET.example.com"),
        ("EXPORTS_BASE_URL", "https://SECRET@example.com"),
        ("EXPORTS_BASE_URL", "https://example.com/?SECRET"),
        ("EXPORTS_BASE_URL", "https://[SECRET"),
        ("EXPORTS_MAIL_DOMAINS", "example.com,me@SECRET.example.com"),
        ("EXPORTS_MAIL_DOMAINS", "*.example.com"),
        ("EXPORTS_MIN_SCHEDULE_SECONDS", "0"),
        ("EXPORTS_SCHEDULE_FAILURES", "0"),
        ("EXPORTS_WEBHOOK_NETWORKS", "0.0.0.0/0"),
        ("EXPORTS_WEBHOOK_NETWORKS", "SECRET"),
        ("EXPORTS_WEBHOOK_SECONDS", "0"),
        ("EMAIL_FROM", "SECRET"),
        ("EMAIL_FROM", "Exports <SECRET>"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(load, name, value, debug):
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**(SAFE | {"DEBUG": debug, name: value}))
    assert f"{name} " in str(refusal.value).replace(":", " ")
    assert "SECRET" not in str(refusal.value).replace("SECRET_KEY", "").replace(name, "")
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize("value", ["x", "-1", "1.5"])
def test_the_seconds_of_hsts_are_read_in_production(load, value):
    with pytest.raises(ImproperlyConfigured, match=r"^SECURE_HSTS_SECONDS is not a whole number"):
        load(**(SAFE | {"DEBUG": "false", "SECURE_HSTS_SECONDS": value}))


def test_empty_is_unset(load):
    unset = load()
    for empty in ("", " "):
        found = load(**dict.fromkeys(OPTIONAL.split(), empty))
        assert {name: found[name] for name in unset if name.isupper()} == {
            name: unset[name] for name in unset if name.isupper()
        }
    assert unset["EXPORTS"] == {
        "API_SCHEME": "Api-Key",
        "RATE": "10/h",
        "CHUNK_SIZE": 1000,
        "MAX_ROWS": None,
        "MAX_SECONDS": 3600,
        "PREVIEW_SECONDS": 5,
        "MIN_BYTES_PER_SECOND": 1000,
        "MAX_SPOOL_BYTES": 1 << 30,
        "PARALLEL": 1,
        "MAX_CONCURRENT": None,
        "MAX_CONCURRENT_PER_USER": 10,
        "SINCE_MARGIN": 300,
        "TERMS_RESOLVER": "exports.policy.terms.own_terms",
        "RATE_FAIL_OPEN": False,
        "PLANS": {},
        "ALLOWED_NETWORKS": [],
        "SENSITIVE_NETWORKS": [],
        "STORAGE": "exports",
        "X_ACCEL": None,
        "DATABASE": None,
        "MAX_DOWNLOAD_ROWS": None,
        "MAX_JOBS_PER_USER": 20,
        "MAX_FILE_BYTES": 10 << 30,
        "MAX_STORED_BYTES_PER_USER": None,
        "JOB_ATTEMPTS": 3,
        "JOB_BACKOFF_SECONDS": 10,
        "JOB_LEASE_SECONDS": 60,
        "JOB_MAX_SECONDS": 6 * 3600,
        "FILE_SECONDS": 7 * 24 * 3600,
        "LINK_SECONDS": 3600,
        "BASE_URL": None,
        "MAX_TEMPLATES_PER_USER": 200,
        "MAX_SCHEDULES_PER_USER": 50,
        "MIN_SCHEDULE_SECONDS": 300,
        "SCHEDULE_FAILURES": 5,
        "MAIL_DOMAINS": [],
        "MAX_RECIPIENTS": 20,
        "MAIL_ATTACHMENT_BYTES": 1 << 20,
        "MAIL_LINK_SECONDS": 3 * 24 * 3600,
        "MAIL_SECONDS": 3 * 24 * 3600,
        "MAX_WEBHOOKS_PER_USER": 10,
        "WEBHOOK_NETWORKS": [],
        "WEBHOOK_SECONDS": 15,
    }


def test_values_are_taken(load):
    found = load(EXPORTS_RATE="5/10m", EXPORTS_CHUNK_SIZE=" 50 ", EXPORTS_MAX_ROWS="9", LOG_LEVEL="debug")
    assert found["EXPORTS"] | {"RATE": "5/10m", "CHUNK_SIZE": 50, "MAX_ROWS": 9} == found["EXPORTS"]
    assert found["LOGGING"]["root"]["level"] == "DEBUG"
    assert load(EXPORTS_RATE="none")["EXPORTS"]["RATE"] is None
    assert load(**SAFE, SECURE_HSTS_SECONDS="0", DEBUG="false")["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.parametrize(
    "name",
    [
        *(
            "MAX_SECONDS",
            "MIN_BYTES_PER_SECOND",
            "MAX_SPOOL_BYTES",
            "MAX_CONCURRENT",
            "MAX_CONCURRENT_PER_USER",
        ),
        *("MAX_DOWNLOAD_ROWS", "MAX_JOBS_PER_USER", "MAX_FILE_BYTES", "MAX_STORED_BYTES_PER_USER"),
        *("JOB_MAX_SECONDS", "FILE_SECONDS"),
        *("MAX_TEMPLATES_PER_USER", "MAX_SCHEDULES_PER_USER", "MAX_WEBHOOKS_PER_USER"),
        "MAIL_ATTACHMENT_BYTES",
    ],
)
def test_a_limit_of_zero_is_none(load, name):
    assert load(**{f"EXPORTS_{name}": "7"})["EXPORTS"][name] == 7
    assert load(**{f"EXPORTS_{name}": "0"})["EXPORTS"][name] is None


def test_a_redis_that_hangs_holds_no_request_for_long(load):
    """An export may ask three times (tests/limits), each time for a connection and for an answer."""
    options = load(REDIS_URL=SAFE["REDIS_URL"])["CACHES"]["default"]["OPTIONS"]
    assert 3 * (options["socket_connect_timeout"] + options["socket_timeout"]) <= 6


def test_production_drains_before_it_stops(load):
    assert load()["DRAIN_SECONDS"] == 0
    production = SAFE | {"DEBUG": "false"}
    found = load(**production)
    assert (found["DRAIN_SECONDS"], found["GRACEFUL_SECONDS"]) == (5, 30)
    assert load(**production, GRACEFUL_SECONDS="4")["DRAIN_SECONDS"] == 2
    with pytest.raises(ImproperlyConfigured, match=r"^DRAIN_SECONDS is more than half of GRACEFUL_SECONDS"):
        load(DRAIN_SECONDS="16")


def test_the_form_of_the_log(load):
    def renderer(**env: str) -> str:
        return type(load(**env)["LOGGING"]["formatters"]["structured"]["processors"][-1]).__name__

    assert renderer() == renderer(LOG_FORMAT="line") == "ConsoleRenderer"
    assert renderer(LOG_FORMAT="JSON") == "JSONRenderer"
    assert renderer(**SAFE, DEBUG="false") == "JSONRenderer"


@pytest.mark.parametrize("rate", ["0/s", "10/h", "5/10m", "10/0h", "10/", "10/w", "h", "-1/h"])
def test_the_engine_takes_the_same_rates(load, rate):
    def takes(read) -> bool:
        try:
            read()
        except ImproperlyConfigured:
            return False
        return True

    assert takes(lambda: load(EXPORTS_RATE=rate)) == takes(lambda: ExportSettings(rate=rate))


def test_the_ways_of_signing_in_are_a_setting(load):
    kinds = ("DevelopmentHeader", "APIKey", "JWT", "Session")
    header, key, jwt, session = (f"accounts.authentication.{kind}Authentication" for kind in kinds)

    def classes(**env: str) -> list[str]:
        return load(**env)["REST_FRAMEWORK"]["DEFAULT_AUTHENTICATION_CLASSES"]

    assert classes() == [key, jwt, session]
    assert classes(EXPORTS_DEV_USER_HEADER="true") == [header, key, jwt, session]
    basic = "rest_framework.authentication.BasicAuthentication"
    assert classes(AUTHENTICATION_CLASSES=f"{basic}, {session},") == [basic, session]


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "RS256"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (lambda: rsa.generate_private_key(65537, 1024), None),  # noqa: S505 - what is refused
        (lambda: ec.generate_private_key(ec.SECP256K1()), None),
        (ed25519.Ed25519PrivateKey.generate, None),
    ],
    ids=["rsa-2048", "p-256", "p-384", "p-521", "rsa-1024", "secp256k1", "ed25519"],
)
def test_the_key_decides_how_tokens_are_signed(load, tmp_path, kind, algorithm):
    file = tmp_path / "key.pem"
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    # As some tools write it: with a name before it, in whatever letters.
    file.write_bytes("friendlyName: Schlüssel\n".encode() + kind().private_bytes(*pem))
    if algorithm is None:
        with pytest.raises(ImproperlyConfigured, match=r"^JWT_PRIVATE_KEY_FILE holds another key"):
            load(JWT_PRIVATE_KEY_FILE=str(file))
        return
    found = load(JWT_PRIVATE_KEY_FILE=str(file), JWT_ISSUER="us", JWT_AUDIENCE="them")["SIMPLE_JWT"]
    assert (found["ALGORITHM"], found["ISSUER"], found["AUDIENCE"]) == (algorithm, "us", "them")
    token = jwt.encode({"sub": "x"}, found["SIGNING_KEY"], algorithm)
    assert jwt.decode(token, found["VERIFYING_KEY"], [algorithm]) == {"sub": "x"}


def test_another_secret_key_signs_other_tokens(load):
    keys = {load(**SAFE, DEBUG="false")["SIMPLE_JWT"]["SIGNING_KEY"] for _ in range(2)}
    keys |= {
        load(**SAFE | {"SECRET_KEY": SAFE["SECRET_KEY"][::-1]}, DEBUG="false")["SIMPLE_JWT"]["SIGNING_KEY"]
    }
    assert len(keys) == 2
    assert min(map(len, keys)) == 64


def test_a_class_whose_packages_are_missing_is_named_with_its_extra(load, monkeypatch):
    monkeypatch.setattr("exports_project.credentials.find_spec", lambda name: None)
    for path, extra in ((credentials.OAUTH2, "oauth"), (credentials.NEXTAUTH, "nextauth")):
        with pytest.raises(ImproperlyConfigured, match=f"lists {path}.*extra '{extra}'"):
            load(AUTHENTICATION_CLASSES=path)
    assert "oauth2_provider" not in load()["INSTALLED_APPS"]


def test_nextauth_needs_its_secret(load):
    with pytest.raises(ImproperlyConfigured, match=r"^NEXTAUTH_SECRET is not set"):
        load(AUTHENTICATION_CLASSES=credentials.NEXTAUTH)
    new, old = "n" * 32, "o" * 32
    found = load(AUTHENTICATION_CLASSES=credentials.NEXTAUTH, NEXTAUTH_SECRET=f"{new}, {old}")
    assert found["NEXTAUTH_SECRETS"] == [new, old]


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """manage.py in an environment that holds nothing else."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={"ENV_FILE": "", "PATH": "/usr/bin:/bin"} | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_nothing_starts_without_the_four_values():
    done = run("check")
    assert done.returncode != 0
    for name in SAFE:
        assert f"\n  {name} is not set: " in done.stderr


def test_the_four_values_and_nothing_else_are_a_safe_production():
    done = run("check", "--deploy", "--fail-level", "WARNING", **SAFE)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_a_development_has_nothing_to_complain_of_either(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("DEBUG=true\nSECRET_KEY=from-the-file\n")
    program = (
        "import django; django.setup(); from django.conf import settings as s;"
        "from django.core.management import call_command as c; c('check', fail_level='WARNING');"
        "print(s.DEBUG, s.SECRET_KEY, s.DEV_USER_HEADER)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={
            "ENV_FILE": str(file),
            "SECRET_KEY": "$from-outside",
            "DJANGO_SETTINGS_MODULE": "exports_project.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "True $from-outside False", done.stderr


def test_a_file_left_by_the_demo_does_not_reach_a_production(tmp_path):
    """Its DEBUG=true would: the file is not read where the environment brings a key."""
    for package in ("exports_project", "accounts", "exports"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".env").write_text("DEBUG=true\nSECRET_KEY=from-the-file\nEXPORTS_DEV_USER_HEADER=true\n")
    program = "from django.conf import settings as s; print(s.DEBUG, s.DEV_USER_HEADER)"

    def debug(**environment: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env={"DJANGO_SETTINGS_MODULE": "exports_project.settings", **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        ).stdout.strip()

    assert debug(**SAFE) == "False False"
    (tmp_path / "key").write_text(SAFE["SECRET_KEY"])
    others = {name: value for name, value in SAFE.items() if name != "SECRET_KEY"}
    assert debug(**others, SECRET_KEY_FILE=str(tmp_path / "key")) == "False False"
    assert debug() == "True True"  # and a development reads it
