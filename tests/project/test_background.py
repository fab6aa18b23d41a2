"""The queue and the storage of background jobs, as the environment says; some tests start a process."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from exports_project import background
from tests.project.test_environment import ROOT, SAFE, run

# Nobody asks the database here.
pytestmark = pytest.mark.sqlite

S3 = {"EXPORTS_S3_BUCKET": "files-of-exports"}
KEYS = {"EXPORTS_S3_ACCESS_KEY": "AKIA", "EXPORTS_S3_SECRET_KEY": "SECRET"}
CELERY = {"EXPORTS_QUEUE": "celery"}
PRODUCTION = SAFE | {"DEBUG": "false"}


def refusal(load, **env: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**env)
    assert "SECRET" not in str(refused.value).replace("EXPORTS_S3_SECRET_KEY", "").replace("SECRET_KEY", "")
    return str(refused.value)


def test_it_works(load):
    found = load(**PRODUCTION)
    assert found["TASKS"] == {"default": {"BACKEND": background.DATABASE}}
    assert "django_tasks_db" in found["INSTALLED_APPS"]
    entry = found["STORAGES"]["exports"]
    assert entry["BACKEND"] == "django.core.files.storage.FileSystemStorage"
    assert entry["OPTIONS"] == {"location": str(ROOT / "export-files"), "file_permissions_mode": 0o640}
    assert "replica" not in found["DATABASES"]


def test_a_folder_of_ones_own(load):
    found = load(**PRODUCTION, EXPORTS_FILES="/var/lib/exports", EXPORTS_X_ACCEL="/internal/exports/")
    assert found["STORAGES"]["exports"]["OPTIONS"]["location"] == "/var/lib/exports"
    assert found["EXPORTS"]["X_ACCEL"] == "/internal/exports/"


def test_a_bucket(load):
    server = {"EXPORTS_S3_ENDPOINT": "https://s3.example.com", "EXPORTS_S3_REGION": "eu-central-1"}
    entry = load(**PRODUCTION, **S3, **KEYS, **server, EXPORTS_S3_PREFIX="team/exports")["STORAGES"][
        "exports"
    ]
    assert entry["BACKEND"] == "storages.backends.s3.S3Storage"
    config = entry["OPTIONS"].pop("client_config")
    assert (config.connect_timeout, config.retries["total_max_attempts"]) == (5, 3)
    assert entry["OPTIONS"] == {
        "bucket_name": "files-of-exports",
        "location": "team/exports",
        "endpoint_url": "https://s3.example.com",
        "region_name": "eu-central-1",
        "access_key": "AKIA",
        "secret_key": "SECRET",
        "gzip": False,
    }
    alone = load(**PRODUCTION, **S3)["STORAGES"]["exports"]["OPTIONS"]
    assert alone["location"] == "exports"
    assert not {"access_key", "secret_key", "endpoint_url", "region_name"} & alone.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXPORTS_S3_ENDPOINT", "http://s3.example.com"),
        ("EXPORTS_S3_ENDPOINT", "http://10.0.0.9:9000"),
        ("EXPORTS_S3_ENDPOINT", "s3.example.com"),
        ("EXPORTS_S3_ENDPOINT", "https://u:SECRET@s3.example.com"),
        ("EXPORTS_S3_ENDPOINT", "https://s3.example.com:port"),
        ("EXPORTS_S3_ENDPOINT", "ftp://s3.example.com"),
        ("EXPORTS_S3_PREFIX", "../SECRET"),
        ("EXPORTS_S3_PREFIX", "/SECRET"),
        ("EXPORTS_S3_ACCESS_KEY", ""),
        ("EXPORTS_FILES", "/var/lib/SECRET"),
        ("EXPORTS_X_ACCEL", "/internal/"),
    ],
)
def test_what_does_not_go_with_a_bucket_is_refused(load, name, value):
    assert name in refusal(load, **(PRODUCTION | S3 | KEYS | {name: value}))


@pytest.mark.parametrize(
    ("debug", "endpoint"),
    [
        ("false", "http://127.0.0.1:9000"),
        ("false", "http://[::1]:9000"),
        ("false", "http://localhost:9000"),
        ("true", "http://minio:9000"),
    ],
)
def test_plain_http_stays_on_this_machine_or_in_development(load, debug, endpoint):
    found = load(**SAFE, **S3, DEBUG=debug, EXPORTS_S3_ENDPOINT=endpoint)
    assert found["STORAGES"]["exports"]["OPTIONS"]["endpoint_url"] == endpoint


def test_celery(load):
    found = load(**PRODUCTION, **CELERY)
    assert found["TASKS"]["default"]["BACKEND"] == background.CELERY
    assert "django_tasks_db" not in found["INSTALLED_APPS"]
    assert found["CELERY_BROKER_URL"] == SAFE["REDIS_URL"]
    broker = "rediss://:secret@queue.example.com/3"
    assert load(**PRODUCTION, **CELERY, CELERY_BROKER_URL=broker)["CELERY_BROKER_URL"] == broker


@pytest.mark.parametrize("environment", [{}, {"REDIS_URL": "unix:///run/redis.sock"}])
def test_celery_needs_a_broker_that_it_knows(load, environment):
    assert refusal(load, **CELERY, **environment).startswith("CELERY_BROKER_URL is not set")


@pytest.mark.parametrize(
    ("environment", "extra"), [(CELERY | {"REDIS_URL": SAFE["REDIS_URL"]}, "celery"), (S3, "storage")]
)
def test_what_is_not_installed_is_named_with_its_command(load, monkeypatch, environment, extra):
    monkeypatch.setattr("exports_project.background.find_spec", lambda name: None)
    assert f"pip install 'django-exports[{extra}]'" in refusal(load, **environment)
    load()  # nothing else needs them


def test_a_replica_is_read_and_nothing_else(load):
    found = load(**PRODUCTION, EXPORTS_DATABASE_URL="postgres://reader:secret@replica.example.com/exports")
    assert found["EXPORTS"]["DATABASE"] == "replica"
    assert found["DATABASES"]["replica"]["HOST"] == "replica.example.com"
    assert found["DATABASES"]["default"]["HOST"] == "db.example.com"
    assert "EXPORTS_DATABASE_URL is a SQLite database in memory" in refusal(
        load, **PRODUCTION, EXPORTS_DATABASE_URL="sqlite://:memory:"
    )


@pytest.mark.parametrize(
    "environment",
    [CELERY, CELERY | S3 | KEYS | {"EXPORTS_DATABASE_URL": "postgres://replica.example.com/exports"}],
    ids=["celery", "celery, S3 and a replica"],
)
def test_a_production_of_many_machines_has_nothing_to_complain_of(environment):
    done = run("check", "--deploy", "--fail-level", "WARNING", **SAFE, **environment)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr
