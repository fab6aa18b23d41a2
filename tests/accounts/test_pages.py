"""The ordinary login page, signing out there, and the start page."""

import pytest

from accounts.models import User

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def test_it_works(client, user):
    answer = client.post("/login/", {"username": "user-123", "password": "user-123"}, follow=True)
    assert [path for path, status in answer.redirect_chain] == ["/exports/"]
    assert answer.status_code == 200


def test_the_page_has_no_inline_script_or_style(client):
    page = client.get("/login/").text
    assert "<form" in page
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=")


def test_a_wrong_password_is_told_on_the_page(client, user):
    answer = client.post("/login/", {"username": "user-123", "password": "wrong"})
    assert answer.status_code == 200
    assert "errornote" in answer.text
    assert "sessionid" not in client.cookies


def test_the_page_needs_its_csrf_token(csrf_client, user):
    answer = csrf_client.post("/login/", {"username": "user-123", "password": "user-123"})
    assert answer.status_code == 403
    assert "Form expired" in answer.text


def test_the_page_leads_where_the_visitor_wanted_to_go(client, user):
    page = client.get("/api/docs/", follow=True)
    assert page.redirect_chain == [("/login/?next=/api/docs/", 302)]
    answer = client.post(
        "/login/", {"username": "user-123", "password": "user-123", "next": page.context["next"]}
    )
    assert answer.headers["Location"] == "/api/docs/"


def test_the_page_leads_to_no_other_site(client, user):
    form = {"username": "user-123", "password": "user-123", "next": "https://elsewhere.example/"}
    assert client.post("/login/", form).headers["Location"] == "/exports/"


def test_signing_out(client, user):
    client.force_login(user)
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


def test_signing_out_is_no_link(client, user):
    client.force_login(user)
    assert client.get("/logout/").status_code == 405


def test_the_start_page_leads_where_signing_in_does(client, user):
    assert client.get("/").headers["Location"] == "/login/?next=/"
    client.force_login(user)
    assert client.get("/").headers["Location"] == "/exports/"


def test_every_page_leads_to_the_others(client, user):
    client.force_login(user)
    page = client.get("/no-such-page").text
    assert all(f'href="{address}"' in page for address in ("/exports/", "/exports/history/", "/api/docs/"))
    assert 'href="/admin/"' not in page
    client.force_login(User.objects.create_user(id="clerk", username="clerk", is_staff=True))
    assert 'href="/admin/"' in client.get("/no-such-page").text


def test_the_page_speaks_german(client):
    assert "Anmelden" in client.get("/login/", headers={"Accept-Language": "de"}).text
