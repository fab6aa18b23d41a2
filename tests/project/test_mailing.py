"""Where mail goes, whom it comes from, and where its links lead, by the environment."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives

from exports.models import ExportJob
from exports.notices.mail import _part
from exports_project import mailing
from tests.project.test_environment import SAFE
from tests.tools import need_module

# Nobody asks the database here.
pytestmark = pytest.mark.sqlite

PRODUCTION = SAFE | {"DEBUG": "false"}
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def test_it_works(load):
    found = load(**PRODUCTION)
    assert found["EXPORTS"]["BASE_URL"] == "https://exports.example.com"
    assert found["DEFAULT_FROM_EMAIL"] == "exports@exports.example.com"
    assert found["SECRET_KEY_FALLBACKS"] == []
    [(_alias, mailer)] = found["MAILERS"].items()
    assert mailer == {"BACKEND": SMTP, "OPTIONS": {"host": "localhost", "port": 25, "timeout": 20}}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("consolemail://", {"BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        (
            "smtp+tls://me:p%40ss@mail.example.com:587",
            {
                "BACKEND": SMTP,
                "OPTIONS": {
                    "host": "mail.example.com",
                    "port": 587,
                    "username": "me",
                    "password": "p@ss",
                    "use_tls": True,
                    "timeout": 20,
                },
            },
        ),
        (
            "anymail://mailgun?api_key=k%26y&sender_domain=mg.example.com",
            {
                "BACKEND": "anymail.backends.mailgun.EmailBackend",
                "OPTIONS": {"api_key": "k&y", "sender_domain": "mg.example.com"},
            },
        ),
    ],
)
def test_the_mailer_of_an_address(url, expected):
    assert mailing.mailer(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "smtp://me:secret@mail.example.com:port",
        "carrier-pigeon://secret",
        "anymail://secret",
        "anymail://secret?api_key=secret",
        "anymail://base?api_key=secret",
        "anymail://postmark/secret",
        "anymail://postmark?Server-Token=secret",
        "anymail://[secret?x=1",
    ],
)
def test_a_mail_server_that_cannot_be_read(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL ") as refusal:
        mailing.mailer(url)
    assert "secret" not in str(refusal.value)


def test_a_service_needs_its_extra(monkeypatch):
    monkeypatch.setattr(mailing, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"django-exports\[mail\]"):
        mailing.mailer("anymail://postmark?server_token=secret")


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (".example.com,10.0.0.5,[::1],Exports.Example.org,x.example", "https://exports.example.org"),
        (".example.com,10.0.0.5", None),
    ],
)
def test_the_first_name_is_the_service_s(load, hosts, expected):
    assert load(**PRODUCTION | {"ALLOWED_HOSTS": hosts})["EXPORTS"]["BASE_URL"] == expected


def test_what_is_said_wins(load):
    said = {
        "EXPORTS_BASE_URL": "https://example.com/tools",
        "EMAIL_FROM": "Exports <no-reply@example.com>",
        "EXPORTS_MAIL_DOMAINS": "Example.com, example.org",
        "EXPORTS_WEBHOOK_NETWORKS": "10.1.0.0/16",
        "SECRET_KEY_FALLBACKS": SAFE["SECRET_KEY"][::-1],
    }
    found = load(**PRODUCTION, **said)
    assert found["EXPORTS"]["BASE_URL"] == said["EXPORTS_BASE_URL"]
    assert found["DEFAULT_FROM_EMAIL"] == said["EMAIL_FROM"]
    assert found["EXPORTS"]["MAIL_DOMAINS"] == ["example.com", "example.org"]
    assert found["EXPORTS"]["WEBHOOK_NETWORKS"] == ["10.1.0.0/16"]
    assert found["SECRET_KEY_FALLBACKS"] == [said["SECRET_KEY_FALLBACKS"]]
    assert load(EXPORTS_MAIL_DOMAINS="*")["EXPORTS"]["MAIL_DOMAINS"] == ["*"]


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers["X-Postmark-Server-Token"], json.loads(body)))
        answer = b'{"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "a@example.com"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def service():
    """The HTTP interface of a mail service, on loopback."""
    server = HTTPServer(("127.0.0.1", 0), Service)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_is_sent_to_over_http(service, settings):
    """The file arrives as it is: its text was UTF-8, with the line ends of CSV."""
    need_module("anymail")
    address = f"http://127.0.0.1:{service.server_port}/"
    settings.MAILERS = {
        "service": mailing.mailer(f"anymail://postmark?server_token=t0ken&api_url={address}"),
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"},
    }
    content = "id,name\r\n1,Grün\r\n".encode()
    message = EmailMultiAlternatives(
        "Subject", "Text", "exports@example.com", ["a@example.com"], headers={"Auto-Submitted": "x"}
    )
    message.attach_alternative("<p>Text</p>", "text/html")
    message.attach(_part(ExportJob(media_type="text/csv", filename="calls.csv"), content))
    assert message.send(using="service") == 1
    [(path, token, body)] = service.seen
    assert (path, token) == ("/email", "t0ken")
    assert (body["TextBody"], body["HtmlBody"]) == ("Text", "<p>Text</p>")
    [attachment] = body["Attachments"]
    assert base64.b64decode(attachment["Content"]) == content
    assert attachment["Name"] == "calls.csv"
