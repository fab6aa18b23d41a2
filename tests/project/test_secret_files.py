"""Secrets that stand in files: each counts as its variable does, and reaches nobody else."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from exports_project import credentials, secret_files
from tests.databases import fresh_database
from tests.project.test_environment import SAFE

# Nobody asks the database for what would differ.
pytestmark = pytest.mark.sqlite

TOKEN = "a-token-from-a-file-of-these-tests"
SECRETS = {
    "CELERY_BROKER_URL": "redis://:p4ss-of-the-queue@queue.example.com:6379/1",
    "DATABASE_URL": "postgres://exports:p4ss-of-the-database@db.example.com:5432/exports",
    "EMAIL_URL": "smtp://me:p4ss-of-the-mail@mail.example.com:587",
    "EXPORTS_DATABASE_URL": "postgres://reader:p4ss-of-the-replica@replica.example.com:5432/exports",
    "EXPORTS_S3_SECRET_KEY": "k3y-of-the-bucket",
    "METRICS_TOKEN": TOKEN,
    "NEXTAUTH_SECRET": "n" * 31 + "1," + "o" * 31 + "2",
    "REDIS_URL": "redis://:p4ss-of-redis@cache.example.com:6379/0",
    "SECRET_KEY": SAFE["SECRET_KEY"],
    "SECRET_KEY_FALLBACKS": SAFE["SECRET_KEY"][::-1],
}
# What goes with one of them, and is none.
BUCKET = {"EXPORTS_S3_BUCKET": "files-of-exports", "EXPORTS_S3_ACCESS_KEY": "AKIA"}


@pytest.fixture
def files(tmp_path):
    """Writes the secrets, or others, and gives the variables that name the files."""

    def written(**contents: str | bytes) -> dict[str, str]:
        for name, content in contents.items():
            file = tmp_path / name.lower()
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return {f"{name}_FILE": str(tmp_path / name.lower()) for name in contents}

    return written


def meant(settings: dict[str, object]) -> dict[str, object]:
    """What the settings make of the secrets."""
    names = ("DATABASES", "MAILERS", "METRICS_TOKEN", "NEXTAUTH_SECRETS", "REDIS_URL", "CACHES")
    found = {
        name: settings[name]
        for name in (*names, "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SIMPLE_JWT", "CELERY_BROKER_URL")
    }
    return found | {"key": settings["STORAGES"]["exports"]["OPTIONS"]["secret_key"]}


@pytest.mark.parametrize("debug", ["true", "false"])
def test_it_works(load, files, debug):
    assert sorted(SECRETS) == sorted(secret_files.NAMES)
    others = BUCKET | {"DEBUG": debug, "ALLOWED_HOSTS": SAFE["ALLOWED_HOSTS"]}
    named = files(**{name: f"\n\t {value} \r\n" for name, value in SECRETS.items()})
    assert meant(load(**others, **named)) == meant(load(**others, **SECRETS))


def test_the_content_does_not_reach_the_environment(load, files):
    named = files(**SECRETS)
    load(**BUCKET, **named)
    program = "import os; print(os.environ)"
    inherited = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
    for name, secret in SECRETS.items():
        assert named[f"{name}_FILE"] in inherited
        assert secret not in inherited
        assert name not in os.environ


def test_what_editors_on_windows_add_is_no_part_of_it(load, files):
    found = load(**files(SECRET_KEY=b"\xef\xbb\xbf" + SAFE["SECRET_KEY"].encode() + b"\r\n"))
    assert found["SECRET_KEY"] == SAFE["SECRET_KEY"]


def refusal(load, **env: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**env)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


@pytest.mark.parametrize("debug", ["true", "false"])
@pytest.mark.parametrize("name", SECRETS)
def test_a_variable_and_its_file_are_refused(load, files, name, debug):
    text = refusal(load, **SAFE | {"DEBUG": debug, name: SECRETS[name]}, **files(**{name: SECRETS[name]}))
    assert f"\n  {name} and {name}_FILE are both set" in text
    assert SECRETS[name] not in text


UNREADABLE = {
    "missing": lambda path: None,
    "a directory": lambda path: path.mkdir(),
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n\t\r\n"),
    "blank with a mark": lambda path: path.write_bytes(b"\xef\xbb\xbf\n"),
    "latin-1": lambda path: path.write_bytes("hunter2-ü".encode("latin-1") * 9),
    "utf-16": lambda path: path.write_bytes(("hunter2-" * 9).encode("utf-16-le")),
    "a pipe": os.mkfifo,
    "a loop": lambda path: path.symlink_to(path),
    "unreadable": lambda path: path.symlink_to("/proc/self/mem"),
}


@pytest.mark.parametrize("debug", ["true", "false"])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_without_a_secret_is_refused(load, tmp_path, kind, debug):
    path = tmp_path / "hunter2"
    UNREADABLE[kind](path)
    text = refusal(load, DEBUG=debug, SECRET_KEY_FILE=str(path))
    assert "SECRET_KEY_FILE names no readable file" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", ["hunter2", "/" + "hunter2" * 99])
def test_a_secret_in_place_of_a_path_is_not_shown(load, name, value):
    text = refusal(load, **{f"{name}_FILE": value})
    assert f"{name}_FILE names no readable file" in text
    assert "hunter2" not in text


def test_all_files_are_told_at_once(load):
    lines = refusal(load, **{f"{name}_FILE": "/nowhere" for name in SECRETS}).splitlines()
    assert [line.split()[0] for line in lines[1:]] == [f"{name}_FILE" for name in sorted(SECRETS)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY", "django-insecure-hunter2" * 3),
        ("DATABASE_URL", "mysql://hunter2@db.example.com/exports"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("REDIS_URL", "hunter2.example.com:6379"),
        ("METRICS_TOKEN", "hunter2"),
        ("NEXTAUTH_SECRET", "hunter2"),
        ("EMAIL_URL", "hunter2"),
        ("CELERY_BROKER_URL", "amqp://u:hunter2@queue.example.com"),
        ("EXPORTS_DATABASE_URL", "postgres://u:hunter2@replica.example.com"),
        ("EXPORTS_S3_SECRET_KEY", "hunter2"),
    ],
)
def test_the_rules_hold_for_the_content(load, files, name, value):
    text = refusal(load, **SAFE | {"DEBUG": "false", name: ""}, **files(**{name: value}))
    assert f"{name} " in text
    assert "hunter2" not in text
    if name in SAFE:
        assert "is not set" not in text


def test_an_env_file_may_name_them(load, files, tmp_path):
    names = files(**SECRETS)
    env_file = tmp_path / "settings.env"
    env_file.write_text("".join(f"{name}={path}\n" for name, path in names.items()))
    others = BUCKET | {"DEBUG": "false", "ALLOWED_HOSTS": "localhost"}
    assert meant(load(ENV_FILE=str(env_file), **others)) == meant(load(**others, **SECRETS))


def test_the_environment_wins_over_the_env_file(load, files, tmp_path):
    env_file = tmp_path / "settings.env"
    env_file.write_text(f"METRICS_TOKEN={'f' * 20}\n")
    assert load(ENV_FILE=str(env_file), **files(METRICS_TOKEN=TOKEN))["METRICS_TOKEN"] == TOKEN
    env_file.write_text("METRICS_TOKEN_FILE=/nowhere\n")
    assert load(ENV_FILE=str(env_file), METRICS_TOKEN=TOKEN)["METRICS_TOKEN"] == TOKEN
    env_file.write_text(f"METRICS_TOKEN={TOKEN}\nMETRICS_TOKEN_FILE=/nowhere\n")
    assert "are both set" in refusal(load, ENV_FILE=str(env_file))


def ask(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_gunicorn_in_production_with_all_secrets_in_files(tmp_path, with_tables, start_server, files):
    with fresh_database(tmp_path, like=with_tables) as url:
        secrets = SECRETS | {"DATABASE_URL": url, "EXPORTS_DATABASE_URL": url}
        secrets |= {"REDIS_URL": "redis://:p4ss-of-redis@127.0.0.1:1/0"}
        env = BUCKET | dict.fromkeys(SECRETS, "") | files(**secrets)
        env |= {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "EXPORTS_DEV_USER_HEADER": ""}
        env |= {"AUTHENTICATION_CLASSES": credentials.NEXTAUTH, "DRAIN_SECONDS": "0"}
        server = start_server(url, env=env)
        assert ask(f"{server.url}/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200
        assert ask(f"{server.url}/metrics", Authorization=f"Bearer {TOKEN}x")[0] == 401
        # The database of the file answers; the cache of the file is one that nobody listens for.
        assert ask(f"{server.url}/readyz") == (503, '{"status": "not ready", "failed": ["cache"]}')
        for pid in {server.pid, *server.worker_pids}:
            environment = Path(f"/proc/{pid}/environ").read_text()
            assert f"SECRET_KEY_FILE={env['SECRET_KEY_FILE']}" in environment
            assert not [name for name, secret in secrets.items() if secret in environment]
