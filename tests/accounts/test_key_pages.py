"""The page of one's own API keys: a list, a form for a new one, whose text is shown once, and revoking."""

import shlex
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import APIKey
from accounts.web.api_keys import KEYS_A_PAGE
from tests.accounts.new_keys import read, text_of, use
from tests.admin.test_pages_are_safe import ESCAPED, SCRIPT, assert_strict
from tests.web import test_markup
from tests.web.forms import fields_of, shown, ticks
from tests.web.html import Element, parse

PAGE = "/exports/keys/"

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.fixture
def browser(client, user) -> Client:
    """A client in which user-123 is signed in."""
    client.force_login(user)
    return client


@pytest.fixture
def key(user) -> APIKey:
    return APIKey.objects.issue(user=user, name="nightly")[0]


@pytest.fixture
def theirs(stranger) -> APIKey:
    return APIKey.objects.issue(user=stranger, name="of somebody else")[0]


def revoke_page(key: APIKey) -> str:
    return f"{PAGE}{key.pk}/revoke/"


def listed(page: Element) -> list[list[str]]:
    """The words of each row's cells."""
    return [[cell.words for cell in row.below() if cell.tag in ("th", "td")] for row in page.all("tr")[1:]]


def mistakes(page: Element) -> dict[str, str]:
    """What stands beside the fields, by their names."""
    return {found["id"][3:-6]: found.words for found in page.all("ul", class_="errorlist")}


def test_it_works(browser):
    assert "You have no API key yet." in browser.get(PAGE).text
    answer = browser.post(PAGE, {"name": "nightly"})
    assert use(text_of(answer)) == (200, "user-123")
    [row] = listed(read(browser.get(PAGE)))
    assert row[:5] == ["nightly", text_of(answer)[:8], "active Revoke", "all", "all"]


def test_every_field_of_the_form_counts(browser):
    networks = "192.0.2.7, 2001:db8::/32\r\n192.0.2.7"
    form = {
        "name": " x ",
        "expires_at": "2999-12-31T23:59",
        "datasets": ["calls", "hosts"],
        "networks": networks,
        "rate": "5/10m",
    }
    made = read(browser.post(PAGE, form))
    key = APIKey.objects.get()
    assert (key.name, key.datasets, key.networks) == (
        "x",
        ["calls", "hosts"],
        ["192.0.2.7/32", "2001:db8::/32"],
    )
    assert key.expires_at.isoformat() == "2999-12-31T23:59:00+00:00"
    [row] = listed(made)
    assert row[3:6] == ["calls, hosts", "192.0.2.7/32,2001:db8::/32", "5/10m"]
    assert row[7] == "Dec. 31, 2999, 11:59 p.m. UTC"
    # The form is empty again: the next key is another one.
    assert set(shown(made).values()) == {""}
    assert (ticks(made, "datasets"), made.one("textarea").text.strip()) == ([], "")


def test_what_belongs_to_the_service_cannot_be_chosen(browser, stranger):
    posted = {"user": "user-456", "prefix": "aaaaaaaa", "revoked_at": "2020-01-01", "key": "x", "id": "x"}
    text = text_of(browser.post(PAGE, {"name": "x"} | posted))
    key = APIKey.objects.get()
    assert (key.user_id, key.prefix, key.state) == ("user-123", text[:8], "active")
    assert key.prefix != "aaaaaaaa"


# --- The text is a secret -----------------------------------------------------------------------------------


def test_the_text_is_shown_once_and_kept_nowhere(browser, caplog):
    answer = browser.post(PAGE, {"name": "nightly"})
    text = text_of(answer)
    secret = text.partition(".")[2]
    later = [browser.get(path).text for path in (PAGE, revoke_page(APIKey.objects.get()), "/exports/")]
    cookies = [cookie.OutputString() for cookie in browser.cookies.values()]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    assert sessions
    for kept in (*later, *cookies, *sessions, *answer.headers.values(), *APIKey.objects.values()):
        assert secret not in str(kept)
    assert secret not in caplog.text
    assert answer.text.count(text) == 2  # alone, and in the header that a program sends
    assert APIKey.objects.get().hashed_key not in answer.text


class TestTheSameFormAgain:
    """As a browser sends it that loads the page with the key anew."""

    def test_it_works(self, browser):
        fields = fields_of(read(browser.get(PAGE)).one("form", class_="exports-form")) | {"name": "nightly"}
        text = text_of(browser.post(PAGE, fields))
        answer = browser.post(PAGE, fields)
        assert answer.status_code == 409
        page = parse(answer.text)
        assert "nothing was made now" in page.one("p", role="alert").words
        assert page.all("code", id="new-key") == []
        assert use(text) == (200, "user-123")
        assert APIKey.objects.count() == 1
        # The form of that page makes another one.
        again = fields_of(page.one("form", class_="exports-form")) | {"name": "weekly"}
        assert use(text_of(browser.post(PAGE, again))) == (200, "user-123")
        assert APIKey.objects.count() == 2

    def test_of_another_user(self, browser, stranger):
        fields = fields_of(read(browser.get(PAGE)).one("form", class_="exports-form")) | {"name": "x"}
        browser.post(PAGE, fields)
        browser.force_login(stranger)
        assert use(text_of(browser.post(PAGE, fields))) == (200, "user-456")
        assert sorted(APIKey.objects.values_list("user_id", flat=True)) == ["user-123", "user-456"]


def test_nobody_is_told_of_a_dataset_that_they_may_not_know(browser, user, allow):
    def offered() -> set[str]:
        return {box["value"] for box in read(browser.get(PAGE)).all("input", name="datasets")}

    assert "calls" in offered()
    assert "export-logs" not in offered()
    page = read(browser.post(PAGE, {"name": "x", "datasets": ["export-logs"]}))
    assert mistakes(page) == {
        "datasets": "Select a valid choice. export-logs is not one of the available choices."
    }
    allow(user, "exports.view_exportlog")
    assert "export-logs" in offered()


def test_the_line_to_try_it_names_a_dataset_that_it_may_export(browser):
    for fields, path in (({}, "/api/exports/calls"), ({"datasets": ["hosts"]}, "/api/exports/hosts")):
        answer = browser.post(PAGE, {"name": "x"} | fields)
        line = read(answer).one("code", id="new-key-line").text
        header = f"Authorization: Api-Key {text_of(answer)}"
        assert shlex.split(line) == ["curl", "--fail", "-OJ", "-H", header, f"http://testserver{path}"]


def test_no_cache_keeps_the_pages(browser, key):
    answers = [
        browser.get(PAGE),
        browser.post(PAGE, {"name": "x"}),
        browser.post(PAGE),
        browser.get(revoke_page(key)),
    ]
    for answer in answers:
        directives = answer.headers["Cache-Control"].split(", ")
        assert sorted(directives) == ["no-store", "private"]


# --- Mistakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posted", "field", "text"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "x" * 101}, "name", "at most 100 characters"),
        ({"name": "a\0b"}, "name", "Null characters are not allowed."),
        ({"expires_at": "2020-01-01T00:00"}, "expires_at", "This moment has passed already."),
        ({"expires_at": "soon"}, "expires_at", "Enter a valid date/time."),
        # In UTC a year that Python does not know, and so of no use in the database.
        ({"expires_at": "9999-12-31T23:59-05:00"}, "expires_at", "Enter a valid date/time."),
        ({"networks": "192.0.2.0/24\n192.0.2.7/24"}, "networks", "'192.0.2.7/24' is no IP address"),
        ({"networks": "office, 192.0.2.300"}, "networks", "'192.0.2.300' is no IP address"),
        ({"networks": " ".join(f"192.0.2.{n}" for n in range(51))}, "networks", "No more than 50 networks"),
        ({"networks": "x " * 6000}, "networks", "at most 10000 characters"),
        ({"datasets": ["calls", "nothing"]}, "datasets", "nothing is not one of the available choices."),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_makes_no_key(browser, posted, field, text):
    page = read(browser.post(PAGE, {"name": "x"} | posted))
    assert list(mistakes(page)) == [field]
    assert text in mistakes(page)[field]
    assert not APIKey.objects.exists()
    # Screen readers tell it as well: at the field, in the title, and at the top, where a link leads there.
    described = [
        found for found in page.below() if f"id_{field}_error" in found.attrs.get("aria-describedby", "")
    ]
    assert described
    assert page.one("title").words.startswith("Error: ")
    link = page.one("div", role="alert").all("a")[0]["href"]
    assert [found["name"] for found in page.below() if found.attrs.get("id") == link[1:]] == [field]


def test_nothing_that_was_typed_is_lost(browser):
    typed = {
        "name": "nightly",
        "expires_at": "2020-01-01T09:30",
        "networks": "office\r\n192.0.2.7",
        "rate": "often",
    }
    page = read(browser.post(PAGE, typed | {"datasets": ["calls", "hosts"]}))
    assert set(mistakes(page)) == {"expires_at", "networks", "rate"}
    assert shown(page) == {"name": "nightly", "expires_at": "2020-01-01T09:30", "rate": "often"}
    assert page.one("textarea").text.split() == ["office", "192.0.2.7"]
    assert ticks(page, "datasets") == ["calls", "hosts"]
    page = read(browser.post(PAGE, typed | {"name": "", "datasets": ["calls"]}))
    assert "name" in mistakes(page)
    assert ticks(page, "datasets") == ["calls"]


# --- Who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_sent_to_the_login_page_and_back(client, key, method):
    for path in (PAGE, revoke_page(key)):
        answer = getattr(client, method)(path, {"name": "x"})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"/login/?next={path}")
    assert [found.state for found in APIKey.objects.all()] == ["active"]


@pytest.mark.parametrize("header", ["Authorization", "X-User-Id"])
def test_no_credential_of_programs_opens_the_pages(client, user, header):
    """Else a key that is limited could make one that is not."""
    _, text = APIKey.objects.issue(user=user, name="x")
    headers = {"Authorization": f"Api-Key {text}", "X-User-Id": user.pk}
    assert client.post(PAGE, {"name": "x"}, headers={header: headers[header]}).status_code == 302
    assert APIKey.objects.count() == 1


@pytest.mark.parametrize(("backend", "status"), [("ModelBackend", 302), ("AllowAllUsersModelBackend", 403)])
def test_an_inactive_user_stays_out(client, user, key, settings, backend, status):
    """With Django's own backend nobody is signed in any more; with the other one it is an inactive user."""
    settings.AUTHENTICATION_BACKENDS = [f"django.contrib.auth.backends.{backend}"]
    client.force_login(user)
    assert client.get(PAGE).status_code == 200
    user.is_active = False
    user.save()
    for path in (PAGE, revoke_page(key)):
        assert client.get(path).status_code == status
        assert client.post(path, {"name": "x"}).status_code == status
    assert [found.state for found in APIKey.objects.all()] == ["active"]


def test_a_stranger_sees_nothing(browser, key, theirs):
    page = browser.get(PAGE).text
    assert key.prefix in page
    for text in (theirs.prefix, theirs.name, str(theirs.pk), "user-456"):
        assert text not in page
    assert theirs.prefix not in browser.post(PAGE, {"name": "x"}).text


def test_a_stranger_revokes_nothing(browser, theirs):
    for answer in (browser.get(revoke_page(theirs)), browser.post(revoke_page(theirs))):
        assert answer.status_code == 404
        assert theirs.name not in answer.text
    assert APIKey.objects.get().state == "active"
    unknown = revoke_page(APIKey())
    assert browser.get(unknown).status_code == browser.post(unknown).status_code == 404


def test_another_site_can_make_and_revoke_nothing(csrf_client, user, key):
    csrf_client.force_login(user)
    for answer in (csrf_client.post(PAGE, {"name": "x"}), csrf_client.post(revoke_page(key))):
        assert answer.status_code == 403
        assert "Form expired" in answer.text
    assert [found.state for found in APIKey.objects.all()] == ["active"]


def test_the_forms_hold_the_csrf_token(csrf_client, user, key):
    csrf_client.force_login(user)

    def token(path: str, css: str) -> dict[str, str]:
        form = read(csrf_client.get(path)).one("main").one("form", method="post", **css)
        return {"csrfmiddlewaretoken": form.one("input", name="csrfmiddlewaretoken")["value"]}

    made = csrf_client.post(PAGE, {"name": "x"} | token(PAGE, {"class_": "exports-form"}))
    assert use(text_of(made)) == (200, "user-123")
    assert csrf_client.post(revoke_page(key), token(revoke_page(key), {})).status_code == 302
    assert APIKey.objects.get(pk=key.pk).state == "revoked"


# --- The list, and revoking ---------------------------------------------------------------------------------


def test_the_list_tells_the_state_and_has_the_active_ones_first(browser, user, key):
    ended = timezone.now() - timedelta(seconds=1)
    APIKey.objects.issue(user=user, name="ended", expires_at=ended)
    APIKey.objects.issue(user=user, name="gone")[0].revoke()
    page = read(browser.get(PAGE))
    states = [(row[0], row[2]) for row in listed(page)]
    assert states == [("nightly", "active Revoke"), ("gone", "revoked"), ("ended", "expired Revoke")]
    names = [link["aria-label"] for link in page.one("table").all("a")]
    assert names == ["Revoke nightly", "Revoke ended"]
    assert page.one("caption").words == "3 API keys, the active ones first"


def test_the_list_has_pages(browser, user, theirs):
    """Keys that were revoked are kept for good: those that count still are not behind them."""
    old = [APIKey.objects.issue(user=user, name=f"old {number}")[0] for number in range(2)]
    for number in range(KEYS_A_PAGE * 2 - 1):
        APIKey.objects.issue(user=user, name=f"gone {number}")[0].revoke()
    first = read(browser.get(PAGE))
    names = [row[0] for row in listed(first)]
    assert names[:3] == ["old 1", "old 0", f"gone {KEYS_A_PAGE * 2 - 2}"]
    assert len(names) == KEYS_A_PAGE
    assert first.one("caption").words == f"{KEYS_A_PAGE * 2 + 1} API keys, the active ones first"
    assert first.one("nav", class_="exports-pages").links() == {"Next": "?page=2"}
    last = read(browser.get(PAGE, {"page": 3}))
    assert [row[0] for row in listed(last)] == ["gone 0"]
    assert last.one("nav", class_="exports-pages").links() == {"Previous": "?page=2"}
    assert browser.get(PAGE, {"page": 4}).status_code == browser.get(PAGE, {"page": "x"}).status_code == 404
    # What is made, or revoked, from any page leads to the first, where it stands.
    form = last.one("form", class_="exports-form")
    made = read(browser.post(form["action"], fields_of(form) | {"name": "new"}))
    assert listed(made)[0][0] == "new"
    assert browser.post(revoke_page(old[0])).headers["Location"] == PAGE


def test_the_list_tells_when_a_key_was_used(browser):
    text = text_of(browser.post(PAGE, {"name": "x"}))
    assert listed(read(browser.get(PAGE)))[0][8] == "—"
    use(text)
    assert listed(read(browser.get(PAGE)))[0][8].endswith(" UTC")


def test_many_keys_take_no_more_queries_than_one(browser, user, key):
    counted = []
    for number in (0, 20, 300):
        for _ in range(number):
            APIKey.objects.issue(user=user, name="x")
        with CaptureQueriesContext(connection) as queries:
            assert len(listed(read(browser.get(PAGE)))) == min(number + 1, KEYS_A_PAGE)
        counted.append(len(queries))
    assert counted == [counted[0]] * 3


def test_revoking_asks_first_and_then_works_at_the_next_request(browser):
    text = text_of(browser.post(PAGE, {"name": "nightly"}))
    key = APIKey.objects.get()
    question = browser.get(revoke_page(key))
    assert "“nightly”" in question.text
    assert use(text) == (200, "user-123")
    assert browser.post(revoke_page(key)).headers["Location"] == PAGE
    assert use(text)[0] == 401
    [row] = listed(read(browser.get(PAGE)))
    assert row[2] == "revoked"


def test_the_moment_of_revoking_stays(browser, key):
    browser.post(revoke_page(key))
    moment = APIKey.objects.get().revoked_at
    assert browser.post(revoke_page(key)).status_code == 302
    assert APIKey.objects.get().revoked_at == moment


# --- Safe pages ---------------------------------------------------------------------------------------------


def test_what_was_typed_is_text_and_nothing_is_inline(browser):
    nasty = f"{SCRIPT}\"'"
    answers = [
        browser.post(PAGE, {"name": nasty}),
        browser.get(PAGE),
        browser.get(revoke_page(APIKey.objects.get())),
    ]
    wrong = browser.post(PAGE, {"name": nasty, "networks": SCRIPT, "expires_at": SCRIPT, "datasets": SCRIPT})
    for answer in (*answers, wrong):
        assert answer.status_code == 200
        assert ESCAPED in answer.text
        assert SCRIPT not in answer.text
        assert_strict(answer)
        parse(answer.text)  # every element is closed where it was opened


@pytest.mark.parametrize(
    "check",
    [
        test_markup.test_there_is_one_heading_and_a_title,
        test_markup.test_nothing_is_inline_or_from_elsewhere,
        test_markup.test_every_field_has_a_name,
        test_markup.test_ids_are_unique_and_references_lead_somewhere,
        test_markup.test_tables_are_named_and_scroll_by_keyboard,
        test_markup.test_there_are_landmarks_with_names,
    ],
)
def test_they_are_marked_up_as_all_pages_are(browser, key, check):
    wrong = {"datasets": "x", "expires_at": "x", "networks": "x"}
    answers = [browser.get(PAGE), browser.post(PAGE, {"name": "x"}), browser.post(PAGE, wrong)]
    for answer in (*answers, browser.get(revoke_page(key))):
        check(read(answer))


def test_every_page_leads_there(browser):
    for path in ("/exports/", "/exports/history/", "/no-such-page"):
        assert f'href="{PAGE}"' in browser.get(path).text
    link = read(browser.get(PAGE)).one("a", href=PAGE)
    assert link["aria-current"] == "true"
