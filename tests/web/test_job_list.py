"""`/exports/jobs/`: one's own jobs, newest first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.html import Element, parse
from tests.web.job_rows import JOBS, failed_job, finished_job, make_job, running_job

pytestmark = pytest.mark.django_db


def listed(page: Element) -> list[list[str]]:
    return [[cell.words for cell in row.below() if cell.tag in ("th", "td")] for row in page.all("tr")][1:]


def datasets(page: Element) -> list[str]:
    return [row[1] for row in listed(page)]


def test_it_works(read, user, stranger):
    job = running_job(user, number=2)
    make_job(user, 1, dataset="hosts")
    finished_job(user, number=3, format="jsonl", row_count=12_345)
    make_job(stranger, 4, dataset="theirs")
    page = read(JOBS)
    assert page.one("h1").words == "Background jobs"
    assert page.one("caption").words == "3 jobs, newest first"
    rows = listed(page)
    assert [row[1:4] for row in rows] == [
        ["calls", "succeeded Download", "12,345 rows"],
        ["calls", "running", "250 of 1,000 rows (25 %)"],
        ["hosts", "queued", "—"],
    ]
    assert [row[5] for row in rows] == ["jsonl", "csv", "csv"]
    assert [row[4] for row in rows] == ["7 bytes", "19.5 KB", "—"]
    assert rows[1][6] == rows[2][6] == "—"
    assert page.one("a", id=f"job-{job.pk}")["href"] == f"{JOBS}{job.pk}/"
    assert page.one("a", aria_current="true").words == "Jobs"


def test_what_is_being_cancelled(read, user):
    running_job(user, cancelling=True, rows_expected=None)
    assert listed(read(JOBS))[0][2:4] == ["running is being cancelled", "250 rows"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["hosts", "calls", "calls"]),
        ({"dataset": "calls"}, ["calls", "calls"]),
        ({"status": "failed"}, ["calls"]),
        ({"status": "", "dataset": "hosts"}, ["hosts"]),
        ({"status": "failed", "dataset": "hosts"}, []),
    ],
)
def test_the_filter(read, user, params, found):
    make_job(user, 1)
    failed_job(user, number=2)
    make_job(user, 3, dataset="hosts")
    page = read(JOBS, params)
    assert datasets(page) == found
    assert ("No job matches." in page.words) is not bool(found)


@pytest.mark.parametrize("params", [{"status": "lost"}, {"dataset": "nothing"}])
def test_a_value_that_does_not_exist(read, user, params):
    make_job(user)
    assert datasets(read(JOBS, params, status=400)) == []


def test_pages(read, visit, user):
    for number in range(26):
        make_job(user, number, dataset=f"dataset-{number}")
    first = read(JOBS)
    assert (len(listed(first)), datasets(first)[0]) == (25, "dataset-25")
    assert first.links()["Older"] == "?page=2"
    assert datasets(read(JOBS, {"page": 2})) == ["dataset-0"]
    assert visit(JOBS, {"page": 3}).status_code == 404


def test_none_yet(read, user, stranger):
    make_job(stranger)
    page = read(JOBS)
    assert "There are no jobs of yours." in page.words
    assert page.all("table") == []


def test_more_jobs_are_no_more_queries(read, user):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(JOBS)
        return len(queries)

    finished_job(user, number=1)
    count()  # fills the caches that last
    few = count()
    for number in range(10):
        running_job(user, number=number)
    assert count() == few


class TestPolling:
    def test_it_works(self, read, poll, user):
        job = running_job(user)
        [rows] = read(JOBS, {"dataset": "calls"}).all("tbody")
        assert (rows["hx-trigger"], rows["hx-swap"]) == ("every 2s", "outerHTML")
        assert rows["hx-get"] == f"{JOBS}?dataset=calls"
        job.row_count = 500
        job.save()
        [again] = parse(poll(rows["hx-get"]).text).all("tbody")
        assert "500 of 1,000 rows (50 %)" in again.words
        assert again.attrs == rows.attrs

    def test_it_ends_with_the_last_job(self, poll, user):
        failed_job(user)
        [rows] = parse(poll(JOBS).text).all("tbody")
        assert "failed" in rows.words
        assert "hx-get" not in rows.attrs

    def test_where_nothing_goes_on_there_is_no_script(self, read, user):
        finished_job(user)
        page = read(JOBS)
        assert "htmx" not in str([script["src"] for script in page.all("script")])
        assert page.all("meta", name="htmx-config") == []

    def test_where_none_is_left_the_page_says_so(self, poll):
        answer = poll(JOBS)
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")

    def test_a_stranger_sees_nothing(self, poll, user, stranger):
        make_job(user)
        make_job(stranger, dataset="theirs")
        assert datasets_of(poll(JOBS, stranger)) == ["theirs"]


def datasets_of(answer) -> list[str]:
    return [row.all("td")[0].words for row in parse(answer.text).all("tr")]
