"""The same rows by the admin and by the API are the same file, and the same record but for the door."""

import pytest

from exports.models import ExportLog
from tests.admin.door import TABLES, columns, post
from tests.api import rows
from tests.api.rows import DATASETS
from tests.compressed import EXTENSIONS, MEDIA_TYPES, NAMES, unpacked

SAME = (
    *("user", "tenant", "export_type", "format", "columns", "filters"),
    *("row_count", "byte_count", "sha256", "outcome", "ip"),
)


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(client, staff, stranger, auth_headers, dataset):
    mine, _ = rows.tenants(staff, stranger)
    fields = {"scan_id": str(mine.scan.pk)} if dataset == "scans" else {}
    by_admin = post(client, dataset, **fields)
    body = by_admin.getvalue()
    by_api = client.get(f"/api/exports/{dataset}", fields, headers=auth_headers)
    assert body == by_api.getvalue()
    records = [ExportLog.objects.get(pk=answer["X-Export-Id"]) for answer in (by_admin, by_api)]
    assert [record.door for record in records] == ["admin", "api"]
    assert [getattr(records[0], name) for name in SAME] == [getattr(records[1], name) for name in SAME]
    assert len(records[0].sha256) == 64


def test_of_all_tenants_with_some_columns(client, everybodys, stranger, auth_headers):
    rows.tenants(everybodys, stranger)
    body = post(client, "calls", "outcome__exact=busy", tenant="*", **columns("id", "outcome")).getvalue()
    params = {"tenant": "*", "columns": "id,outcome", "outcome": "busy"}
    by_api = client.get("/api/exports/calls", params, headers=auth_headers)
    assert body.count(b"busy") == 8
    assert body == by_api.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_compressed(client, staff, stranger, auth_headers, name):
    rows.tenants(staff, stranger)
    by_admin = post(client, "calls", compression=name)
    by_api = client.get("/api/exports/calls", {"compression": name}, headers=auth_headers)
    body = by_admin.getvalue()
    assert body == by_api.getvalue()
    assert unpacked(name, body) == post(client, "calls", compression="").getvalue()
    assert b"theirs" not in unpacked(name, body)
    assert by_admin["Content-Type"] == MEDIA_TYPES[name]
    assert by_admin["Content-Disposition"].endswith(f'.csv.{EXTENSIONS[name]}"')
    record = ExportLog.objects.get(pk=by_admin["X-Export-Id"])
    assert (record.door, record.options["compression"]) == ("admin", name)


def test_every_dataset_has_a_table():
    assert tuple(TABLES) == DATASETS
