"""Which environments a production accepts. The rules are asked directly; two tests start a process."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from exports_project import environment

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "SECRET_KEY": "$Zq8-wn4!tY2_rB6@mK9xVc3pL7dHs5jF1gEu0aWbTyNiQoCzX",
    "ALLOWED_HOSTS": "exports.example.com, .example.org",
    "DATABASE_URL": "postgres://exports:secret@db.example.com:5432/exports",
    "REDIS_URL": "redis://cache.example.com:6379/0",
}


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
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "exports.example.com,*"),
        ("ALLOWED_HOSTS", "*.example.com"),
        ("ALLOWED_HOSTS", "https://exports.example.com"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "mysql://db.example.com/exports"),
        ("DATABASE_URL", "db.example.com"),
        ("DATABASE_URL", "postgres://[broken"),
        ("REDIS_URL", "locmemcache://"),
        ("REDIS_URL", "cache.example.com:6379"),
        ("CSRF_TRUSTED_ORIGINS", "https://*"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example.com,http://b.example.com"),
        ("CSRF_TRUSTED_ORIGINS", "a.example.com"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.1,::/0"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("EXPORTS_DEV_USER_HEADER", "true"),
        ("EXPORTS_DEV_USER_HEADER", " On "),
        ("EXPORTS_DEV_USER_HEADER", "1"),
    ],
)
def test_a_dangerous_value_is_named_and_not_repeated(name, value):
    found = problems(**{name: value})
    assert len(found) == 1
    assert found[0].startswith(name)
    if name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        assert value not in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "10.0.0.5,[::1],.example.com"),
        ("DATABASE_URL", "sqlite:////var/lib/exports/db.sqlite3"),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("DATABASE_URL", "postgresql://u:p@%2Frun%2Fpostgresql/exports"),
        ("REDIS_URL", "rediss://:secret@cache.example.com:6380/1"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
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


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("consolemail://", {"BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        (
            "smtp+tls://me:p%40ss@mail.example.com:587",
            {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {
                    "host": "mail.example.com",
                    "port": 587,
                    "username": "me",
                    "password": "p@ss",
                    "use_tls": True,
                },
            },
        ),
    ],
)
def test_the_mailer_of_an_address(url, expected):
    assert environment.mailer(url) == expected


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
    assert debug() == "True True"  # and a development reads it
