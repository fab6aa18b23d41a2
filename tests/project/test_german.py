"""What speaks German to who asks for it, and what must not: files, names, and the audit record."""

from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from exports.models import ExportLog
from tests.api import rows
from tests.web.html import Element, parse
from tests.web.job_rows import failed_job, finished_job, make_job, running_job

# The texts are the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
CALLS = "/api/exports/calls"


@pytest.fixture
def details(client, user):
    """details(path): the sentences of the error that the API answers, in English and in German."""

    def details(
        path: str, method: str = "get", signed_in: bool = True, **options
    ) -> tuple[list[str], list[str]]:
        found = []
        for language in ({}, GERMAN):
            headers = language | ({"X-User-Id": user.pk} if signed_in else {})
            headers |= options.get("headers", {})
            rest = {name: value for name, value in options.items() if name != "headers"}
            answer = getattr(client, method)(path, headers=headers, **rest)
            assert answer.status_code >= 400
            found.append([error["detail"] for error in answer.json()["errors"]])
        return found[0], found[1]

    return details


@pytest.mark.parametrize(
    ("query", "english", "german"),
    [
        ("outcome=lost", "Select a valid choice. lost is not one of", "Bitte eine gültige Auswahl treffen."),
        ("start_date=x", "Enter a date or a datetime", "Geben Sie ein Datum oder einen Zeitpunkt an"),
        ("agent_id=x", "Enter a valid UUID.", "Bitte eine gültige UUID eingeben."),
        ("status=", "Give a value.", "Geben Sie einen Wert an."),
        (
            "outcom=lost",
            "There is no such filter. There are: start_",
            "Diesen Filter gibt es nicht. Es gibt: st",
        ),
        ("columns=x", "There is no column 'x'. There are: id, l", "Es gibt keine Spalte „x“. Es gibt: id, l"),
        ("columns=id,id", "The column 'id' stands twice.", "Die Spalte „id“ kommt zweimal vor."),
        ("columns=id:a,cost:a", "Two columns are named 'a'.", "Zwei Spalten heißen „a“."),
        ("tz=Mars", "There is no such time zone.", "Diese Zeitzone gibt es nicht."),
        ("since=x", "Give the cursor of an earlier", "Geben Sie den Cursor eines früheren"),
        ("overlong=cut", "This does not go with format=csv.", "Das passt nicht zu format=csv."),
        ("columns=", "This may not be empty.", "Das darf nicht leer sein."),
        ("format=doc", "Choose one of: csv", "Wählen Sie eines von: csv"),
        (
            "tenant=*",
            "You may not export the rows of another",
            "Sie dürfen die Zeilen eines anderen Mandanten",
        ),
        ("formulas=raw", "You may not export cells with", "Sie dürfen keine Zellen mit ausführbaren Formeln"),
        ("start_date=2024-02-01&end_date=2024-01-01", "This is after end_date.", "Das liegt nach end_date."),
    ],
)
def test_what_is_wrong_with_a_parameter(details, query, english, german):
    (in_english,), (in_german,) = details(f"{CALLS}?{query}")
    assert in_english.startswith(english)
    assert in_german.startswith(german)


@pytest.mark.parametrize(
    ("request_of", "english", "german"),
    [
        ({"path": "/api/nothing"}, "Not found.", "Nicht gefunden."),
        (
            {"path": "/api/exports/scans?scan_id=9"},
            "There is no such object.",
            "Dieses Objekt gibt es nicht.",
        ),
        ({"path": f"/api/exports/logs/{UUID(int=1)}"}, "Not found.", "Nicht gefunden."),
        ({"path": CALLS, "method": "delete"}, 'Method "DELETE" not', 'Methode "DELETE" nicht erlaubt.'),
        ({"path": CALLS, "headers": {"Accept": "image/png"}}, "There are: text/csv", "Es gibt: text/csv"),
        ({"path": CALLS, "signed_in": False}, "Authentication credentials were", "Anmeldedaten fehlen."),
        (
            {"path": CALLS, "headers": {"X-User-Id": "nobody"}},
            "No active user has this id.",
            "Kein aktiver Benutzer hat diese ID.",
        ),
        (
            {"path": CALLS, "headers": {"Host": "evil.example"}},
            "The request is malformed or its host",
            "Die Anfrage ist fehlerhaft, oder ihr Host ist nicht",
        ),
    ],
)
def test_other_errors(details, request_of, english, german):
    (in_english,), (in_german,) = details(**request_of)
    assert in_english.startswith(english)
    assert in_german.startswith(german)


@pytest.mark.parametrize(
    ("body", "english", "german"),
    [
        (b"{x}", "JSON parse error in line 1", "JSON-Fehler in Zeile 1, Spalte 2."),
        (b"{}", "This field is required.", "Dieses Feld ist zwingend erforderlich."),
        (b'{"username": "user-123", "password": "x"}', "Unable to sign in", "Die Anmeldung mit diesem"),
    ],
)
def test_signing_in(details, body, english, german):
    in_english, in_german = details(
        "/api/auth/login", "post", signed_in=False, data=body, content_type="application/json"
    )
    assert all(text.startswith(english) for text in in_english)
    assert all(text.startswith(german) for text in in_german)


def test_a_missing_csrf_token(user):
    client = Client(enforce_csrf_checks=True, headers=GERMAN)
    client.force_login(user)
    [error] = client.post("/api/auth/logout").json()["errors"]
    assert error["detail"].startswith("Das CSRF-Token fehlt oder ist falsch")


def test_limits(details, settings, user):
    rows.calls(user, 2)
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 1}
    (in_english,), (in_german,) = details(CALLS)
    assert in_english.startswith("The export has more than 1 rows, the limit. Narrow it with its filters:")
    assert in_german.startswith("Der Export überschreitet das Zeilenlimit von 1 Zeilen.")
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": None, "RATE": "0/h"}
    (in_english,), (in_german,) = details(CALLS)
    assert in_english.startswith("Request was throttled.")
    assert in_german.startswith("Die Anfrage wurde gedrosselt.")


def test_what_nobody_expected(details, monkeypatch, client):
    def fail(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("exports.engine.start", fail)
    monkeypatch.setattr(client, "raise_request_exception", False)
    assert details(CALLS) == (["A server error occurred."], ["Ein Serverfehler ist aufgetreten."])


def test_the_record_of_a_refusal_is_in_english(details):
    details(f"{CALLS}?tenant=user-456")
    errors = set(ExportLog.objects.values_list("error", flat=True))
    assert errors == {"You may not export the rows of another tenant."}


def test_the_record_of_an_export_is_the_same(client, user):
    records = []
    for language in ({}, GERMAN):
        answer = client.get(CALLS, headers=language | {"X-User-Id": user.pk})
        assert b"".join(answer)
        record = ExportLog.objects.get(pk=answer["X-Export-Id"])
        options = record.options | {"cursor": "a moment"}
        records.append((record.source, record.export_type, record.columns, options, record.sha256))
    assert records[0] == records[1]


@pytest.mark.parametrize("dataset", rows.DATASETS)
def test_neither_headers_nor_cells_are_translated(client, user, dataset):
    tenant = rows.filled(user, "mine")
    files = [
        b"".join(client.get(tenant.path(dataset), headers=language | {"X-User-Id": user.pk}))
        for language in ({}, GERMAN)
    ]
    assert files[0] == files[1]
    assert files[0].decode().partition("\r\n")[0] == rows.HEADERS[dataset]
    assert files[0].count(b"\r\n") > 1


def test_names_of_datasets_and_filters_are_the_same(client, user):
    shown = [client.get("/api/exports/info", headers=h | {"X-User-Id": user.pk}) for h in ({}, GERMAN)]
    english, german = ([dict(each) for each in answer.json()["exports"]] for answer in shown)
    assert "Alle Anrufe" in german[0].pop("description")
    assert "Every call" in english[0].pop("description")
    for name in ("name", "endpoint", "filters", "columns", "formats"):
        assert [each[name] for each in english] == [each[name] for each in german]


def test_the_openapi_document_is_in_english(client, user):
    documents = [client.get("/api/schema/", headers=h | {"X-User-Id": user.pk}) for h in ({}, GERMAN)]
    assert documents[0].json() == documents[1].json()


def page(client: Client, path: str, status: int = 200) -> Element:
    answer = client.get(path, headers=GERMAN)
    assert (answer.status_code, answer["Content-Language"]) == (status, "de")
    found = parse(answer.text)
    assert found.one("html")["lang"] == "de"
    return found


def test_pages(client, user):
    client.force_login(user)
    client.get("/exports/alerts/")  # nothing of an English page may stay for the German one
    paths = ("/exports/", "/exports/history/", "/exports/jobs/")
    headings = [page(client, path).all("h1")[0].words for path in paths]
    assert headings == ["Exporte", "Verlauf", "Hintergrundaufträge"]
    alerts = page(client, "/exports/alerts/").words
    for text in ("Art der Warnung", "Bestätigt", "Spalten", "Vorschau", "Herunterladen", "Nicht erlaubt"):
        assert text in alerts
    # "Acknowledged" is what a cell says, and so it stands in the German description of the column.
    for text in ("Alert type", "somebody", "Preview", "Not allowed"):
        assert text not in alerts
    assert page(client, "/nothing/", 404).one("h1").words == "Seite nicht gefunden"


def test_jobs(client, user):
    client.force_login(user)
    for make, texts in (
        (make_job, ("wartet", "Der Auftrag wartet, bis er an der Reihe ist.", "Abbrechen")),
        (running_job, ("läuft", "250 von 1.000 Zeilen (25 %)", "Zeilen pro Sekunde", "Sekunden", "Restzeit")),
        (finished_job, ("erfolgreich", "Herunterladen", "Link erstellen", "Läuft ab", "7 Bytes")),
        (failed_job, ("fehlgeschlagen", "Erneut anfordern", "Auftrag löschen")),
    ):
        shown = page(client, f"/exports/jobs/{make(user).pk}/").words
        assert [text for text in texts if text not in shown] == []
    job = running_job(user)
    refused = page(client, f"/exports/jobs/{job.pk}/file", 409).one("div", role="alert").words
    assert "Das geht nicht mit einem Auftrag in diesem Zustand: läuft." in refused


@pytest.fixture
def staff(client) -> User:
    person = User.objects.create_user("staff-1", password="x", is_staff=True)
    names = ("view_calllog", "export_calllog", "view_exportlog")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    return person


def test_a_list_in_the_admin(client, staff):
    call = rows.call(staff)
    changelist = page(client, "/admin/telephony/calllog/")
    for text in (
        "Anrufe durchsuchen",
        "Filtern nach: begonnen am",
        "Ausführen",
    ):  # Django's German lacks them
        assert text in changelist.words
    assert "Ausgewählte Anrufe exportieren (calls)" in [option.words for option in changelist.all("option")]
    assert {"Richtung", "Begonnen am", "Ergebnis"} <= {header.words for header in changelist.all("th")}
    assert "Exporte dieser Tabelle" in page(client, f"/admin/telephony/calllog/{call.pk}/change/").links()


def test_the_audit_records_in_the_admin(client, staff):
    b"".join(client.get("/exports/calls/download"))
    changelist = page(client, "/admin/exports/exportlog/").words
    assert "Exportprotokoll" in changelist
    assert "erfolgreich" in changelist
    assert "succeeded" not in changelist
    record = ExportLog.objects.get()
    heading = page(client, f"/admin/exports/exportlog/{record.pk}/change/").one("h2").words
    assert heading == f"calls von {staff.pk}, erfolgreich"


def test_english_for_everybody_else(client, user):
    client.force_login(user)
    for language in ({}, {"Accept-Language": "fr"}):
        answer = client.get("/exports/", headers=language)
        assert (answer["Content-Language"], parse(answer.text).one("h1").words) == ("en", "Exports")
