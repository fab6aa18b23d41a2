"""docs/install.md, done: the project that it makes has every door, and each gives the same file."""

import base64
import csv
import io
import json
import re
import urllib.error
import urllib.request
from hashlib import sha256
from typing import Any

import pytest

from tests.walkthrough import blocks
from tests.wheel.browser import Browser, Page, form
from tests.wheel.project import PAGE

# The project has a database of its own.
pytestmark = pytest.mark.sqlite

LOGIN = "/accounts/login/"
DATASET = "/api/exports/orders"
PAGE_OF_ORDERS = "/exports/orders/"
ADMIN = "/admin/"
ADMIN_LIST = "/admin/shop/order/"
PAID = {"status": "paid"}


def rows(file: bytes) -> list[list[str]]:
    """Number and status of each line, the header row left out."""
    return [line[:2] for line in csv.reader(io.StringIO(file.decode(), newline=""))][1:]


@pytest.fixture
def signed_in(project):
    """`signed_in("ada")`: her browser, after the login page that the document gives ordinary users."""

    def sign_in(name: str, path: str = LOGIN) -> Browser:
        browser = Browser(project.url)
        browser.sign_in(path, name)
        return browser

    return sign_in


@pytest.fixture
def paid(signed_in) -> bytes:
    """The file that all doors must give: ada's paid orders."""
    return signed_in("ada").get(DATASET, PAID).body


@pytest.fixture
def files(project) -> dict[str, bytes]:
    """What the commands of the document's last steps leave."""
    _server, *steps = blocks(PAGE, "Every door")
    for step in steps:
        project.run(step.text)
    return {path.name: path.read_bytes() for path in project.directory.iterdir() if path.is_file()}


def by_page(browser: Browser, **choice: str) -> Page:
    """The file, by the form of the dataset's page."""
    page = browser.get(PAGE_OF_ORDERS)
    return browser.get(f"{PAGE_OF_ORDERS}download", form(page, "columns").filled(**choice))


def by_admin(browser: Browser, query: str) -> Page:
    """The file of what the list shows under `query`, by the action and the page that it leads to."""
    changes = browser.get(f"{ADMIN_LIST}?{query}")
    action = form(changes, "action").filled(action="export_orders", select_across="1")
    ticked = [
        ("_selected_action", key)
        for key in re.findall(r'name="_selected_action" value="(\d+)"', changes.text)
    ]
    page = browser.post(changes.url, [*action, *ticked])
    chosen = form(page, "columns")
    return browser.post(chosen.action, chosen.fields)


def test_the_project_is_in_order(project):
    assert "no issues" in project.manage("check", "--fail-level", "WARNING")
    assert "No changes" in project.manage("makemigrations", "--check", "--dry-run")


def test_the_commands_of_the_document(files, paid):
    assert rows(paid) == [["2", "paid"], ["3", "paid"]]
    assert files["api.csv"] == files["command.csv"] == paid
    [orders] = json.loads(files["info.json"])["exports"]
    assert (orders["name"], orders["row_count"]) == ("orders", 3)
    assert DATASET in files["openapi.yaml"].decode()


def test_without_credentials_there_is_nothing(project):
    answer = Browser(project.url).get(DATASET)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    page = Browser(project.url).get(PAGE_OF_ORDERS)
    assert page.url == f"{project.url}{LOGIN}?next={PAGE_OF_ORDERS}"


def test_the_pages(signed_in, paid):
    ada = signed_in("ada")
    assert "orders" in ada.get("/exports/").text
    file = by_page(ada, **PAID)
    assert file.body == paid
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Export-Id"] in ada.get("/exports/history/").text
    assert ada.get("/static/exports/exports.css").status == 200


def test_the_admin(signed_in, paid):
    admin = signed_in("admin", ADMIN)
    file = by_admin(admin, "status__exact=paid")
    assert file.body == paid
    assert file.headers["X-Export-Id"] in admin.get("/admin/exports/exportlog/").text


def test_another_user_sees_nothing(project, signed_in, paid, tmp_path):
    """Bob owns no orders: of ada's there is none for him, and no record of hers."""
    ada, bob = signed_in("ada"), signed_in("bob")
    key = by_page(ada, **PAID).headers["X-Export-Id"]
    empty = paid.partition(b"\r\n")[0] + b"\r\n"
    assert bob.get(DATASET).body == by_page(bob).body == empty
    project.manage("export", "orders", "--user", "3", "--output", str(tmp_path / "bob.csv"))
    assert (tmp_path / "bob.csv").read_bytes() == empty
    assert json.loads(bob.get("/api/exports/info").body)["exports"][0]["row_count"] == 0
    assert json.loads(bob.get("/api/exports/logs").body)["count"] <= 3
    assert bob.get(f"/api/exports/logs/{key}").status == 404
    assert bob.get(f"/exports/history/{key}/").status == 404
    assert key not in bob.get("/exports/history/").text
    assert bob.get(ADMIN_LIST).url.startswith(f"{project.url}/admin/login/")


def test_each_door_leaves_a_record_and_they_agree(project, signed_in, paid, tmp_path):
    ada, admin = signed_in("ada"), signed_in("admin", ADMIN)
    by_page(ada, **PAID)
    by_admin(admin, "status__exact=paid")
    file = tmp_path / "orders.csv"
    project.manage("export", "orders", "--user", "2", "--filter", "status=paid", "--output", str(file))
    found = {
        record["door"]: (record["user"], record["tenant"], record["row_count"], record["byte_count"])
        for browser in (ada, admin)
        for record in json.loads(browser.get("/api/exports/logs").body)["results"]
        if record["sha256"] == sha256(paid).hexdigest()
    }
    own = ("2", "2", 2, len(paid))
    assert found == {"api": own, "web": own, "command": own, "admin": ("1", "*", 2, len(paid))}


MODULES = """
import importlib, pkgutil, exports
names = [found.name for found in pkgutil.walk_packages(exports.__path__, "exports.")]
optional = ("exports.encoders.parquet", "exports.jobs.tasks")  # pyarrow; django.tasks
for name in names:
    if name not in optional:
        importlib.import_module(name)
print(len(names))
"""


def test_every_module_can_be_imported(project, tmp_path):
    script = tmp_path / "modules.py"
    script.write_text(MODULES)
    assert int(project.manage("shell", "<", str(script)).split()[-1]) > 100
    assert "no background jobs here" in project.manage("export_scheduler", "--once")


def test_without_jobs_there_are_templates_and_no_schedules(project):
    """A template is kept and says what is wrong with it; to run one takes a job."""

    def ask(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        sign_in = base64.b64encode(b"ada:ada's password").decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {sign_in}"}
        address = f"{project.url}/api/exports/templates"
        request = urllib.request.Request(f"{address}{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    status, template = ask("", {"name": "Paid", "dataset": "orders", "filters": PAID})
    assert (status, template["filters"], template["problems"]) == (201, PAID, [])
    status, refused = ask(f"/{template['id']}/run", {})
    assert (status, refused["errors"][0]["code"]) == (503, "jobs_unavailable")
