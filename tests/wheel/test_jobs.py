"""The background jobs of docs/install.md, done: the file that a worker makes is that of a download."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.walkthrough import blocks
from tests.wheel.browser import Browser
from tests.wheel.project import PAGE, Project, serving

# The project has a database of its own. Django has tasks since 6.0.
pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.parametrize("project", ["6.1.*"], indirect=True, scope="session"),
]

HEADING = "Background jobs"
JOBS = "/api/exports/jobs"


@pytest.fixture(scope="module")
def with_jobs(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the project with what the document adds to it, up to asking for a job; and its server."""
    directory = tmp_path_factory.mktemp("jobs") / "mysite"
    shutil.copytree(project.directory, directory)
    constraints = {"PIP_CONSTRAINT": str(project.directory.parent / "constraints.txt")}
    copy = replace(project, directory=directory, environment=project.environment | constraints, url="")
    install, settings, tables, *_asking = blocks(PAGE, HEADING)
    copy.run("\n".join(block.script for block in (install, settings, tables)))
    with serving(copy) as served:
        yield served


def test_it_works(with_jobs):
    *_setup, ask, work = blocks(PAGE, HEADING)
    with_jobs.run(ask.text)
    asked = json.loads((with_jobs.directory / "job.json").read_text())
    assert asked["status"] == "queued"
    with_jobs.run(work.text.rstrip() + " --batch")
    ada, bob = Browser(with_jobs.url), Browser(with_jobs.url)
    for browser, name in ((ada, "ada"), (bob, "bob")):
        browser.sign_in("/accounts/login/", name)
    job = f"{JOBS}/{asked['id']}"
    assert json.loads(ada.get(job).body)["status"] == "succeeded"
    assert ada.get(f"{job}/file").body == ada.get("/api/exports/orders", {"status": "paid"}).body
    assert [bob.get(path).status for path in (job, f"{job}/file")] == [404, 404]
    [file] = (with_jobs.directory / "export-files").iterdir()
    assert os.stat(file).st_mode & 0o777 == 0o640


def test_nothing_is_wrong_with_it_and_it_can_be_cleaned(with_jobs):
    assert "no issues" in with_jobs.manage("check", "--fail-level", "WARNING")
    assert "No changes" in with_jobs.manage("makemigrations", "--check", "--dry-run")
    assert "Files expired: 0" in with_jobs.manage("clean_exports")
    deploying = with_jobs.run("python manage.py check --deploy 2>&1 || true")
    assert "exports.W106" in deploying  # it is in development
    assert not [number for number in ("W109", "W110", "W111") if f"exports.{number}" in deploying]
