"""Staff act for a tenant: only with the permission, under a banner, and the record names both."""

import pytest

from exports.models import ExportJob, ExportLog, ExportTemplate
from tests.api import rows
from tests.web.html import Element, parse
from tests.web.job_rows import JOBS, make_job
from tests.web.saved_rows import TEMPLATES, make_template

pytestmark = pytest.mark.django_db

CALLS = "/exports/calls/"
FOR = {"tenant": "user-456"}
BANNER = (
    "You are acting for tenant user-456 . Files hold their rows; the audit record names you and them. "
    "Back to my own rows"
)


def banner(page: Element) -> str:
    """What stands over the page; empty where nobody acts for anybody."""
    return " ".join(found.words for found in page.all("section", class_="exports-acting"))


@pytest.fixture
def staff(user, allow):
    """Who may act for other tenants, and export their calls."""
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    return user


@pytest.fixture(autouse=True)
def _rows(user, stranger):
    rows.calls(user, 2)
    rows.calls(stranger, 3)


def test_it_works(read, visit, staff):
    assert read("/exports/").one("form", aria_label="Act for a tenant")["action"] == "/exports/"
    home = read("/exports/", FOR)
    assert banner(home) == BANNER.replace(" .", ".")
    [card] = home.all("li", class_="exports-dataset")
    assert card.facts()["Their rows"] == "3"
    assert card.links()["calls"] == "/exports/calls/?tenant=user-456"
    page = read(CALLS, FOR)
    assert banner(page) == banner(home)
    assert page.one("section", class_="exports-acting").links() == {"Back to my own rows": "/exports/"}
    assert visit(f"{CALLS}download", FOR).getvalue().count(b"\r\n") == 4
    record = ExportLog.objects.get()
    assert (record.user, record.tenant, record.outcome) == ("user-123", "user-456", "succeeded")
    assert banner(read(f"/exports/history/{record.pk}/")) == banner(home)


def test_ones_own_rows_have_no_banner(read, staff, export):
    export("calls")
    record = ExportLog.objects.get()
    for path in ("/exports/", CALLS, f"{CALLS}?tenant=user-123", "/exports/?tenant=user-123"):
        assert banner(read(path)) == "", path
    assert banner(read(f"/exports/history/{record.pk}/")) == ""
    assert banner(read(f"{JOBS}{make_job(staff).pk}/")) == ""
    assert banner(read(f"{TEMPLATES}{make_template(staff).pk}/")) == ""


def test_jobs_and_templates_of_other_tenants(client, read, staff):
    client.force_login(staff)
    job = client.post(f"{CALLS}jobs", FOR)["Location"]
    assert ExportJob.objects.get().tenant == "user-456"
    template = make_template(staff, parameters="tenant=user-456")
    saving = parse(client.post(f"{CALLS}templates", FOR).text)
    for page in (read(job), read(f"{TEMPLATES}{template.pk}/"), saving):
        assert banner(page).startswith("You are acting for tenant user-456")
    assert "calls (for tenant user-456)" in read(JOBS).one("tbody").words
    home = read("/exports/")
    assert banner(home) == ""
    assert "calls (for tenant user-456)" in home.one("tbody").words
    assert "calls for tenant user-456" in home.one("section", aria_labelledby="home-templates").words


def test_home_is_about_that_tenant_alone(read, export, staff):
    export("calls")
    export("calls", tenant="user-456")
    make_job(staff)
    make_template(staff)
    home = read("/exports/", FOR)
    assert home.all("section", aria_labelledby="home-jobs") == []
    assert home.all("section", aria_labelledby="home-templates") == []
    recent = home.one("section", aria_labelledby="home-recent")
    assert len(recent.all("li")) == 1
    assert recent.one("a", class_="button")["href"] == "/exports/calls/download?tenant=user-456"
    assert home.one("li", class_="exports-dataset").facts()["Last export"].endswith("3 rows")
    own = read("/exports/").one("section", aria_labelledby="home-recent")
    assert len(own.all("li")) == 2
    assert "calls for tenant user-456" in own.words


def test_all_tenants(read, visit, user, allow):
    allow(user, "export_for_all_tenants", "telephony.export_calllog")
    home = read("/exports/", {"tenant": "*"})
    assert banner(home).startswith("You are acting for all tenants. Files hold everybody's rows;")
    [card] = home.all("li", class_="exports-dataset")
    assert card.facts()["Rows of all tenants"] == "5"
    visit("/exports/", {"tenant": "user-456"})
    assert ExportLog.objects.get().outcome == "denied"


def test_a_tenant_that_has_nothing(read, staff):
    home = read("/exports/", {"tenant": "nobody"})
    assert "There are no rows of this tenant. If you expected some, look at the id." in home.words


@pytest.mark.parametrize("path", ["/exports/", CALLS, f"{CALLS}download"])
def test_a_stranger_sees_nothing(read, stranger, path):
    page = read(path, {"tenant": "user-123"}, visitor=stranger, status=403)
    assert banner(page) == ""
    assert "You may not export the rows of another tenant." in page.words
    record = ExportLog.objects.get()
    assert (record.user, record.tenant, record.outcome, record.door) == (
        "user-456",
        "user-123",
        "denied",
        "web",
    )
    assert record.export_type == "calls"


def test_a_stranger_is_offered_nothing(read, stranger):
    assert read("/exports/", visitor=stranger).all("form", aria_label="Act for a tenant") == []


def test_a_template_of_others_says_nothing_of_a_tenant_out_of_reach(read, staff, stranger):
    template = make_template(staff, parameters="tenant=user-456", shared=[stranger])
    ExportTemplate.objects.filter(pk=template.pk).update(parameters={"tenant": ["user-789"]})
    assert banner(read(f"{TEMPLATES}{template.pk}/", visitor=stranger)) == ""


@pytest.mark.parametrize("tenant", ["x" * 300, "a\x00b"])
def test_what_is_no_id(visit, staff, tenant):
    assert visit("/exports/", {"tenant": tenant}).status_code == 400
    assert not ExportLog.objects.exists()


def test_without_the_permission_for_a_dataset_it_is_not_listed(read, user, allow):
    allow(user, "export_for_other_tenant")
    home = read("/exports/", FOR)
    assert home.all("li", class_="exports-dataset") == []
    assert "There is no dataset of which you may export the rows of others." in home.words
    assert banner(read(CALLS, FOR, status=403)) == ""
