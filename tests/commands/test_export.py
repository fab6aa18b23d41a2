"""`manage.py export`: the same file as by the API, as one user, with that user's rights."""

import hashlib
import re

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.commands.conftest import entries
from tests.compressed import EXTENSIONS, NAMES, unpacked

pytestmark = pytest.mark.django_db

DATASETS = rows.DATASETS


def test_it_works(export, five_calls, client, auth_headers, tmp_path):
    done = export("calls", "--user=user-123")
    [name] = entries(tmp_path)
    assert re.fullmatch(r"calls_export_20\d{6}_\d{6}\.csv", name)
    file = (tmp_path / name).read_bytes()
    assert file == client.get("/api/exports/calls", headers=auth_headers).getvalue()
    record = ExportLog.objects.get(door="command")
    assert (done.code, done.out) == (0, "")
    digest = hashlib.sha256(file).hexdigest()
    known = f"export {record.pk}, cursor {record.options['cursor']}"
    assert done.err == f"{name}: 5 rows, {len(file):,} bytes, SHA-256 {digest}, {known}\n"
    assert (record.user, record.tenant, record.ip, record.outcome) == (
        "user-123",
        "user-123",
        None,
        "succeeded",
    )
    assert (record.row_count, record.byte_count, record.sha256) == (5, len(file), digest)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_stranger_sees_nothing(export, mine_and_theirs, tmp_path, dataset):
    mine, theirs = mine_and_theirs
    filters = [f"--filter=scan_id={mine.scan.pk}"] if dataset == "scans" else []
    assert export(dataset, "--user=user-123", "--output=mine", *filters).code == 0
    file = (tmp_path / "mine").read_text()
    assert file.startswith(rows.HEADERS[dataset])
    assert "mine" in file
    assert "theirs" not in file
    assert theirs.mark == "theirs"


def test_another_tenants_scan_is_none(export, mine_and_theirs, tmp_path):
    _, theirs = mine_and_theirs
    done = export("scans", "--user=user-123", f"--filter=scan_id={theirs.scan.pk}")
    assert (done.code, done.err) == (2, "--filter scan_id: There is no such object.")
    assert entries(tmp_path) == []


def test_filters_and_columns(export, user, tmp_path):
    rows.call(user, status="ended", outcome="busy", livekit_room_name="a=b")
    rows.call(user, status="ended", outcome="failed")
    rows.call(user, status="active", outcome="busy")
    flags = ("--filter=status=ended", "--filter", "outcome=busy", "--columns=livekitRoomName,status")
    assert export("calls", "--user=user-123", *flags, "--output=file").code == 0
    assert (tmp_path / "file").read_text().split() == ["livekitRoomName,status", "a=b,ended"]
    record = ExportLog.objects.get()
    assert record.filters == {"status": "ended", "outcome": "busy"}
    assert record.columns == ["livekitRoomName", "status"]


def test_a_value_may_hold_an_equals_sign(export, user, tmp_path):
    rows.event(user, room_name="a=b=c")
    rows.event(user, room_name="a")
    assert export("events", "--user=user-123", "--filter=room_name=a=b=c", "--output=file").code == 0
    assert (tmp_path / "file").read_text().count("\n") == 2


def test_a_filter_that_takes_several_values(export, user, make_orders, tmp_path):
    make_orders(user, "new", "paid", "sent")
    flags = ("--filter=status=new", "--filter=status=sent", "--columns=status")
    assert export("orders", "--user=user-123", *flags, "--output=file").code == 0
    assert (tmp_path / "file").read_text().split() == ["status", "new", "sent"]


@pytest.mark.parametrize(
    ("tenant", "codename", "lines"),
    [("user-456", "export_for_other_tenant", 3), ("*", "export_for_all_tenants", 8)],
)
def test_tenants_by_permission(export, five_calls, user, allow, tmp_path, tenant, codename, lines):
    flags = ("calls", "--user=user-123", f"--tenant={tenant}", "--output=file")
    refused = export(*flags)
    assert (refused.code, entries(tmp_path)) == (3, [])
    assert refused.err.startswith("--tenant: ")
    assert [record.outcome for record in ExportLog.objects.all()] == ["denied"]
    allow(user, codename)
    assert export(*flags).code == 3  # the dataset has a permission of its own
    allow(user, "telephony.export_calllog")
    assert export(*flags).code == 0
    assert (tmp_path / "file").read_text().count("\n") == lines
    assert ExportLog.objects.get(outcome="succeeded").tenant == tenant


@pytest.mark.parametrize(("formulas", "cell"), [("raw", "=1+1"), ("escape", "'=1+1")])
def test_formulas(export, user, allow, tmp_path, formulas, cell):
    rows.call(user, livekit_room_name="=1+1")
    allow(user, "export_raw_formulas")
    flags = (f"--formulas={formulas}", "--columns=livekitRoomName", "--output=file", "--format=csv")
    assert export("calls", "--user=user-123", *flags).code == 0
    assert (tmp_path / "file").read_text().split() == ["livekitRoomName", cell]


@pytest.mark.parametrize("name", NAMES)
def test_a_compressed_file(export, verify, five_calls, client, auth_headers, tmp_path, name):
    done = export("calls", "--user=user-123", f"--compression={name}")
    [file] = entries(tmp_path)
    assert re.fullmatch(rf"calls_export_20\d{{6}}_\d{{6}}\.csv\.{EXTENSIONS[name]}", file)
    body = (tmp_path / file).read_bytes()
    assert body == client.get(f"/api/exports/calls?compression={name}", headers=auth_headers).getvalue()
    assert unpacked(name, body).count(b"\r\n") == 6
    record = ExportLog.objects.get(door="command")
    cursor = record.options["cursor"]
    assert record.options == {"formulas": "escape", "compression": name, "cursor": cursor}
    digest = hashlib.sha256(body).hexdigest()
    assert (record.byte_count, record.sha256) == (len(body), digest)
    known = f"export {record.pk}, cursor {cursor}"
    assert done.err == f"{file}: 5 rows, {len(body):,} bytes, SHA-256 {digest}, {known}\n"
    # It is verified as it is: unpacked it is another file.
    assert verify(file).code == verify(file, f"--id={record.pk}").code == 0
    (tmp_path / "unpacked").write_bytes(unpacked(name, body))
    (tmp_path / "cut").write_bytes(body[:-1])
    assert verify("unpacked", f"--id={record.pk}").code == verify("cut", f"--id={record.pk}").code == 1


def test_the_rate_counts(export, user, client, auth_headers, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert export("calls", "--user=user-123").code == 0
    assert client.get("/api/exports/calls", headers=auth_headers).status_code == 429
    done = export("calls", "--user=user-123")
    assert done.code == 3
    assert "try again in" in done.err


def test_quiet(export, user):
    done = export("calls", "--user=user-123", "--verbosity=0")
    assert (done.code, done.out, done.err) == (0, "", "")
