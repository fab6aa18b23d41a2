"""Every page as HTML: what a screen reader, a keyboard and a strict policy need."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from exports.models import ExportJob, ExportLog, ExportSchedule, ExportTemplate
from exports.notices.unsubscribing import unsubscribe_signature
from exports.web.builder.presets import PRESET
from tests.api import rows
from tests.web.html import Element, parse
from tests.web.job_rows import JOBS, failed_job, finished_job, make_job, running_job
from tests.web.saved_rows import (
    SCHEDULES,
    TEMPLATES,
    WEBHOOKS,
    make_delivery,
    make_run,
    make_schedule,
    make_template,
    make_webhook,
    stopped_schedule,
)

# A page is the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PAGES = {
    "index": "/exports/",
    "dataset": "/exports/calls/",
    "chosen": "/exports/calls/?start_date=2024-01-01&outcome=completed&columns=outcome,id",
    "required": "/exports/scans/",
    "mistakes": "/exports/calls/?start_date=soon&outcome=x&columns=id",
    "unknown": "/exports/calls/?outcom=busy",
    "no column": "/exports/calls/?columns=",
    "nothing": "/exports/calls/?start_date=2093-01-01",
    "ranges": "/exports/orders/?status=new&number_min=1",
    "wrong ranges": "/exports/orders/?status=gone&number_min=x&lenient=x",
    "refused": "/exports/calls/download?formulas=raw",
    "history": "/exports/history/",
    "wrong history": "/exports/history/?outcome=x",
    "jobs": "/exports/jobs/",
    "wrong jobs": "/exports/jobs/?status=x",
    "too large": "/exports/calls/download?outcome=completed",
    "no templates": "/exports/templates/",
    "no schedules": "/exports/schedules/",
    "no webhooks": "/exports/webhooks/",
    "new schedule": "/exports/schedules/new",
    "no page": "/exports/nothing/",
}
MADE = ["record", "queued job", "running job", "finished job", "failed job", "refused job", "new link"]
"""Pages of what has an id."""
SAVED = {
    "templates": TEMPLATES,
    "template": TEMPLATES + "{template}/",
    "shared template": TEMPLATES + "{shared}/",
    "broken template": TEMPLATES + "{broken}/",
    "schedules": SCHEDULES,
    "schedule": SCHEDULES + "{schedule}/",
    "stopped schedule": SCHEDULES + "{stopped}/",
    "changed schedule": SCHEDULES + "{schedule}/edit",
    "webhooks": WEBHOOKS,
    "webhook": WEBHOOKS + "{webhook}/",
    "unsubscribing": "/exports/unsubscribe/{signature}",
}
SENT: dict[str, tuple[str, dict[str, str]]] = {
    "saving": ("/exports/calls/templates", {"outcome": "busy"}),
    "wrong saving": ("/exports/calls/templates", {"outcome": "busy", "template-name": ""}),
    "wrong template": (TEMPLATES + "{template}/", {"name": ""}),
    "wrong schedule": (SCHEDULES + "new", {"often": "weekly", "timezone": "x"}),
    "wrong webhook": (WEBHOOKS, {"url": "x"}),
    "new webhook": (WEBHOOKS, {"url": "https://example.com/hook"}),
    "new secret": (WEBHOOKS + "{webhook}/secret", {}),
    "wrong change": (WEBHOOKS + "{webhook}/", {"url": "x"}),
    "unsubscribed": ("/exports/unsubscribe/{signature}", {}),
}
"""Pages of templates, schedules and webhooks; of the latter ones what is posted."""

SCRIPTS = {"/static/admin/js/theme.js"}
POLLING = {"/static/django_htmx/htmx-2.min.js"}
OWN = re.compile(r"/static/exports/\w+\.js")


@pytest.fixture
def fetch(visit, allow, user, stranger, settings) -> Callable[[str], Element]:
    """fetch(name): that page of somebody with exports and rights."""

    def fetch(name: str) -> Element:
        allow(user, "view_exportlog", "export_for_all_tenants", "export_for_other_tenant")
        rows.calls(user, 25, outcome="completed")
        for visitor in (user, stranger):
            visit("/exports/calls/download", visitor=visitor).getvalue()
        jobs = {make.__name__: make(user) for make in (make_job, running_job, finished_job, failed_job)}
        if name == "too large":
            settings.EXPORTS = settings.EXPORTS | {"MAX_DOWNLOAD_ROWS": 1}
        method = "get" if name != "new link" else "post"
        response = visit(PAGES.get(name) or address(name, jobs), method=method)
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        return parse(response.content.decode())

    return fetch


def address(name: str, jobs: dict[str, ExportJob]) -> str:
    """The address of such a page; `jobs` by what has made them."""
    match name:
        case "record":
            return f"/exports/history/{ExportLog.objects.latest('timestamp').pk}/"
        case "queued job":
            return f"{JOBS}{jobs['make_job'].pk}/"
        case "refused job":
            return f"{JOBS}{jobs['running_job'].pk}/file"
        case "new link":
            return f"{JOBS}{jobs['finished_job'].pk}/link"
    return f"{JOBS}{jobs[name.replace(' ', '_')].pk}/"


@pytest.fixture
def fetch_saved(client, user, stranger) -> Callable[[str], Element]:
    """fetch_saved(name): that page of somebody with templates, schedules and webhooks."""

    def fetch_saved(name: str) -> Element:
        client.force_login(user)
        names = saved(user, stranger)
        if name in SENT:
            path, fields = SENT[name]
            response = client.post(path.format(**names), fields)
        else:
            response = client.get(SAVED[name].format(**names))
        assert response.status_code == (400 if name.startswith("wrong") else 200), response.status_code
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        return parse(response.content.decode())

    return fetch_saved


def saved(user: Any, stranger: Any) -> dict[str, str]:
    """Ids by what they are of."""
    template = make_template(user, parameters="outcome=busy&start_date=last month", shared=[stranger])
    broken = make_template(user, "Broken")
    ExportTemplate.objects.filter(pk=broken.pk).update(parameters={"outcom": ["busy"]})
    schedule, stopped = make_schedule(user, template), stopped_schedule(user, template)
    make_run(schedule, job=finished_job(user))
    ExportSchedule.objects.filter(pk=schedule.pk).update(recipients=["a@example.com"])
    webhook = make_webhook(user)
    make_delivery(webhook)
    make_delivery(webhook, status="sent", job_id=ExportJob.objects.get().pk)
    made = {
        "template": template,
        "broken": broken,
        "shared": make_template(stranger, "Theirs", shared=[user]),
    }
    made |= {"schedule": schedule, "stopped": stopped, "webhook": webhook}
    ids = {name: str(row.pk) for name, row in made.items()}
    return ids | {"signature": unsubscribe_signature(schedule, "a@example.com")}


@pytest.fixture(scope="module")
def fetched() -> dict[str, Element]:
    return {}


@pytest.fixture(params=[*PAGES, *MADE, *SAVED, *SENT])
def page(request, fetched) -> Element:
    """Fetched once: tests look at it, and change nothing."""
    if request.param not in fetched:
        fixture = "fetch" if request.param in (*PAGES, *MADE) else "fetch_saved"
        fetched[request.param] = request.getfixturevalue(fixture)(request.param)
    return fetched[request.param]


def test_there_is_one_heading_and_a_title(page):
    assert len(page.all("h1")) == 1
    assert page.one("title").words.startswith(("Error: ", page.one("h1").words))
    levels = [int(element.tag[1]) for element in page.below() if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_inline_or_from_elsewhere(page):
    for element in page.below(templates=True):
        assert element.tag != "style"
        assert not [name for name in element.attrs if name == "style" or name.startswith("on")], element.tag
        assert element.tag != "script" or element.attrs.get("src"), element.text
        for name in ("src", "href", "action", "formaction"):
            if name in element.attrs:
                assert re.match(r"/(?!/)|[#?]", element[name]), element[name]
    polls = any("hx-get" in element.attrs for element in page.below())
    scripts = {script["src"] for script in page.all("script")}
    assert {path for path in scripts if not OWN.fullmatch(path)} == SCRIPTS | (POLLING if polls else set())


def test_every_field_has_a_name(page):
    labelled = {label["for"] for label in page.all("label")}
    fields = [found for found in page.below() if found.tag in ("input", "select", "textarea")]
    for field in fields:
        if field.attrs.get("type") != "hidden":
            assert field.attrs.get("id") in labelled or field.attrs.get("aria-label"), field.attrs
    for group in page.all("fieldset"):
        assert group.all("legend")[0].words


def test_ids_are_unique_and_references_lead_somewhere(page):
    ids = [element["id"] for element in page.below() if "id" in element.attrs]
    assert sorted(ids) == sorted(set(ids))
    for element in page.below():
        named = [element.attrs.get(name, "") for name in ("for", "aria-describedby", "aria-labelledby")]
        assert set(" ".join(named).split()) <= set(ids), element.attrs
        if element.tag == "a" and element.attrs.get("href", "").startswith("#"):
            assert element["href"][1:] in ids


def test_tables_are_named_and_scroll_by_keyboard(page):
    for table in page.all("table"):
        assert table.one("caption").words
        assert table.all("th")
        assert all(cell["scope"] in ("col", "row") for cell in table.all("th"))
    frames = page.all("div", role="region")
    assert len(frames) == len(page.all("table"))
    for frame in frames:
        assert frame["tabindex"] == "0"
        assert frame.attrs.get("aria-label") or frame.attrs.get("aria-labelledby")
        assert frame.one("table")


def test_there_are_landmarks_with_names(page):
    assert len(page.all("main")) == 1
    names = [nav["aria-label"] for nav in page.all("nav")]
    assert names
    assert len(names) == len(set(names))
    links = page.all("nav")[0].links()
    pages = ("Exports", "Jobs", "Templates", "Schedules", "Webhooks", "History")
    assert list(links) == [*pages, "API keys", "API"]


def test_enter_asks_for_the_preview(page):
    """The first button of a form is what Enter presses."""
    for form in page.all("form", class_="exports-form"):
        if form["method"] == "post":
            continue
        buttons = form.all("button", type="submit")
        first, *others = [button for button in buttons if button.attrs.get("name") != PRESET]
        assert (first.words, first.attrs.get("formaction")) == ("Preview", None)
        assert first is buttons[0]
        page_itself = form["action"].partition("#")[0]
        assert [(button.words, button.attrs.get("formaction")) for button in others] == [
            ("Preview", None),
            ("Download", f"{page_itself}download"),
            ("In the background", f"{page_itself}jobs"),
            ("Save this choice", f"{page_itself}templates"),
            ("Schedule it", f"{page_itself}templates?then=schedule"),
        ]
        assert [button.attrs.get("formmethod") for button in others] == [None, None, "post", "post", "post"]


def test_what_changes_something_is_a_form_with_a_token(page):
    """But for the one behind the link in a mail, whose address is what proves."""
    for form in page.all("form", method="post"):
        tokens = form.all("input", type="hidden", name="csrfmiddlewaretoken")
        unsubscribes = page.one("h1").words == "No more mail of this schedule" and "id" not in form.attrs
        assert [bool(token["value"]) for token in tokens] == ([] if unsubscribes else [True])
        assert form.all("button")
