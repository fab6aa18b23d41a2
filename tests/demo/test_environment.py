"""The env file that `manage.py demo` writes, and the environment it completes."""

import os
import stat

import environ
import pytest

from exports_project.demo import environment

NAMES = (
    *("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EXPORTS_FILES"),
    *("EXPORTS_DEV_USER_HEADER", "EXPORTS_RATE"),
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """An environment that says nothing but where the files go."""
    monkeypatch.setattr(
        os, "environ", {"ENV_FILE": str(tmp_path / ".env"), "DEMO_DIRECTORY": str(tmp_path / "demo")}
    )
    monkeypatch.setattr(environ.Env, "ENVIRON", os.environ)
    return tmp_path


def test_it_works(files):
    environment.prepare()
    written = (files / ".env").read_text()
    assert all(f"\n{name}={os.environ[name]}\n" in written for name in NAMES)
    assert os.environ["DEBUG"] == "true"
    assert os.environ["EXPORTS_RATE"] == "300/h"
    assert os.environ["DATABASE_URL"] == f"sqlite:///{files}/demo/demo.sqlite3"
    assert os.environ["EXPORTS_FILES"] == f"{files}/demo/files"
    assert (files / "demo").is_dir()


def test_the_key_is_new_each_time_and_long(files):
    keys = {environment.defaults()["SECRET_KEY"] for _ in range(5)}
    assert len(keys) == 5
    assert min(map(len, keys)) >= 50


def test_only_the_owner_reads_it(files):
    environment.prepare()
    assert stat.S_IMODE((files / ".env").stat().st_mode) == 0o600


def test_an_existing_file_is_never_overwritten_and_wins_over_the_defaults(files):
    (files / ".env").write_text("SECRET_KEY=mine\nDEBUG=on\nEXPORTS_RATE=5/h\n")
    environment.prepare()
    assert (files / ".env").read_text() == "SECRET_KEY=mine\nDEBUG=on\nEXPORTS_RATE=5/h\n"
    assert os.environ["SECRET_KEY"] == "mine"
    assert os.environ["EXPORTS_RATE"] == "5/h"
    assert os.environ["EXPORTS_DEV_USER_HEADER"] == "true"
    assert os.environ["EXPORTS_FILES"] == str(files / "demo" / "files")  # a demo without jobs wrote none


def test_a_bucket_of_the_environment_takes_the_place_of_the_folder(files):
    (files / ".env").write_text("DEBUG=true\n")
    os.environ["EXPORTS_S3_BUCKET"] = "files-of-exports"
    environment.prepare()
    assert "EXPORTS_FILES" not in os.environ


def test_the_environment_wins_over_the_file(files):
    os.environ["DATABASE_URL"] = "postgres://somewhere/else"
    (files / ".env").write_text("DATABASE_URL=sqlite:///file.sqlite3\n")
    environment.prepare()
    assert os.environ["DATABASE_URL"] == "postgres://somewhere/else"


def test_a_database_of_the_environment_does_not_go_into_the_file(files):
    os.environ["DATABASE_URL"] = "postgres://name:password@somewhere/else"
    environment.prepare()
    assert "password" not in (files / ".env").read_text()


def test_a_secret_in_a_file_is_left_there(files):
    os.environ["DATABASE_URL_FILE"] = os.environ["SECRET_KEY_FILE"] = str(files / "secret")
    environment.prepare()
    assert not {"DATABASE_URL", "SECRET_KEY"} & os.environ.keys()
    assert not (files / "demo").exists()
    assert str(files / "secret") not in (files / ".env").read_text()


def test_debug_switched_off_is_refused(files):
    (files / ".env").write_text("DEBUG=false\n")
    with pytest.raises(SystemExit, match="does not run while DEBUG is off"):
        environment.prepare()


def test_without_an_env_file_nothing_is_written(files):
    os.environ["ENV_FILE"] = ""
    environment.prepare()
    assert os.environ["SECRET_KEY"]
    assert not (files / ".env").exists()


def test_odd_characters_in_the_path_survive(tmp_path, files):
    os.environ["DEMO_DIRECTORY"] = str(tmp_path / "a b+c#d$e%20é")
    environment.prepare()
    assert os.environ["EXPORTS_FILES"] == str(tmp_path / "a b+c#d$e%20é" / "files")
    assert environ.Env().db("DATABASE_URL")["NAME"] == str(tmp_path / "a b+c#d$e%20é" / "demo.sqlite3")
