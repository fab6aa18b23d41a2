"""/api/schema/ and /api/docs/: signed in, without a CDN, under the strict Content-Security-Policy."""

import re

import pytest

# The document is the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def page(client, user):
    client.force_login(user)
    return client.get("/api/docs/")


def test_it_works(client, auth_headers):
    for path in ("/api/schema/", "/api/schema"):
        document = client.get(path, headers=auth_headers)
        assert document.status_code == 200
        assert document.json()["openapi"].startswith("3.")
        assert "/api/auth/login" in document.json()["paths"]


def test_yaml_by_accept(client, auth_headers):
    document = client.get("/api/schema/", headers=auth_headers | {"Accept": "application/vnd.oai.openapi"})
    assert document.headers["Content-Type"].startswith("application/vnd.oai.openapi")
    assert document.text.startswith("openapi: 3.")


def test_the_document_names_the_credentials(client, auth_headers):
    schemes = client.get("/api/schema/", headers=auth_headers).json()["components"]["securitySchemes"]
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "sessionid")
    assert (schemes["developmentHeader"]["in"], schemes["developmentHeader"]["name"]) == (
        "header",
        "X-User-Id",
    )


def test_the_document_says_how_to_sign_in_and_out(client, auth_headers):
    paths = client.get("/api/schema/", headers=auth_headers).json()["paths"]
    assert list(paths["/api/auth/login"]) == ["post"]
    assert {"200", "400", "401", "415"} <= set(paths["/api/auth/login"]["post"]["responses"])
    assert {"204", "401", "403"} <= set(paths["/api/auth/logout"]["post"]["responses"])
    assert list(paths["/api/auth/logout"]["post"]["security"]) == [{"jwt": []}, {"session": []}]


def test_both_need_a_signed_in_user(client):
    assert client.get("/api/schema/").status_code == 401
    answer = client.get("/api/docs/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/api/docs/")


def test_a_wrong_credential_gets_an_error_and_no_login_page(client, db):
    answer = client.get("/api/docs/", headers={"X-User-Id": "nobody"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "authentication_failed"


def test_a_setting_opens_both(client, settings):
    settings.PUBLIC_SCHEMA = True
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200


def test_the_page_has_everything_from_this_host_and_nothing_inline(page, client):
    assert page.status_code == 200
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert re.findall(r"<script(?! src=)", page.text) == []
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) == 6
    for address in addresses:
        assert address.startswith("/")
        answer = client.get(address.replace("&amp;", "&"))
        answer.getvalue()  # a static file is open until it is read
        assert answer.status_code == 200


def test_the_script_of_the_page(page, client):
    (address,) = re.findall(r'src="([^"]*script=[^"]*)"', page.text)
    script = client.get(address.replace("&amp;", "&"))
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert 'url: "/api/schema/"' in script.text
    assert '"validatorUrl": null' in script.text


def test_the_policy_of_the_page_is_the_strict_one(page, client):
    policy = page.headers["Content-Security-Policy"]
    other = client.get("/exports/").headers["Content-Security-Policy"]
    assert policy == re.sub(r" 'nonce-[^']+'", "", other)  # the admin's base gives its stylesheets one
    assert "unsafe" not in policy


def test_the_page_leads_back(page):
    assert '<a href="/exports/">' in page.text
