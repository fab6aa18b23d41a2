"""What goes wrong is told in words and by an exit code; nothing is left and nothing counted."""

import pytest
from django.db import DatabaseError

from exports.models import ExportLog
from tests.api import rows
from tests.commands.conftest import entries

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--filter=outcom=busy"], ["--filter outcom: "]),
        (["--filter=outcome=busi", "--filter=status=x"], ["--filter status: ", "--filter outcome: "]),
        (["--filter=outcome"], ["--filter outcome: Give it as NAME=VALUE."]),
        (["--filter==busy"], ["--filter =busy: "]),
        (["--filter=outcome="], ["--filter outcome: "]),
        (["--filter=outcome=busy", "--filter=outcome=failed"], ["--filter outcome: "]),
        (["--filter=columns=id", "--filter=tenant=*"], ["use --columns", "use --tenant"]),
        (["--columns=id,nonsense"], ["--columns: There is no column 'nonsense'"]),
        (["--columns="], ["--columns: "]),
        (["--format=xml", "--formulas=x"], ["--format: ", "--formulas: "]),
        (["--compression=zip"], ["--compression: "]),
        (["--filter=compression=gzip"], ["use --compression"]),
        (["--filter=outcome=\udcff"], ["--filter outcome: "]),
    ],
)
def test_each_bad_parameter_is_named(export, user, tmp_path, flags, named):
    done = export("calls", "--user=user-123", *flags)
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) == len(named)
    assert all(name in line for name, line in zip(named, lines, strict=True))
    assert (entries(tmp_path), ExportLog.objects.count()) == ([], 0)


def test_a_dataset_that_is_none(export, user, tmp_path):
    done = export("cals", "--user=user-123")
    assert done.code == 2
    assert done.err.startswith("DATASET: There is no export of this name. There are: calls, agents, ")
    assert entries(tmp_path) == []


@pytest.mark.parametrize("key", ["nobody", "", "\udcff", "9" * 400])
def test_a_user_that_is_none(export, user, key):
    done = export("calls", f"--user={key}")
    assert done.code == 2
    assert done.err.startswith("--user: There is no user ")


def test_a_user_who_is_not_active(export, user):
    user.is_active = False
    user.save()
    done = export("calls", "--user=user-123")
    assert (done.code, done.err) == (2, "--user: The user 'user-123' is not active.")


def test_more_rows_than_the_limit(export, five_calls, settings, tmp_path):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 4}
    done = export("calls", "--user=user-123")
    assert done.code == 3
    assert "more than 4 rows" in done.err
    record = ExportLog.objects.get()
    assert (record.outcome, record.door, entries(tmp_path)) == ("denied", "command", [])


def test_a_formula_that_is_rejected(export, user, tmp_path):
    rows.call(user, livekit_room_name="=1+1")
    done = export("calls", "--user=user-123", "--formulas=reject")
    assert done.code == 1
    assert done.err.startswith("Row 1, column 'livekitRoomName'")
    assert (ExportLog.objects.get().outcome, entries(tmp_path)) == ("failed", [])


def test_an_error_in_the_middle_leaves_the_former_file(
    export, user, make_orders, settings, monkeypatch, tmp_path
):
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 2}

    def shout(order) -> str:
        if order.number == 7:
            raise DatabaseError("gone")
        return "fine"

    monkeypatch.setattr("tests.engine.exports.shout", shout)
    make_orders(user, *["new"] * 10)
    (tmp_path / "file").write_text("before")
    done = export("computed-orders", "--user=user-123", "--output=file")
    assert (done.code, done.err) == (1, "The database failed: gone")
    assert (entries(tmp_path), (tmp_path / "file").read_text()) == (["file"], "before")
    record = ExportLog.objects.get()
    assert (record.outcome, record.row_count) == ("failed", 6)


def test_what_nobody_foresaw_is_not_hidden(export, user, make_orders, monkeypatch, tmp_path):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: 1 / 0)
    make_orders(user, "new")
    with pytest.raises(ZeroDivisionError):
        export("computed-orders", "--user=user-123")
    assert (ExportLog.objects.get().outcome, entries(tmp_path)) == ("failed", [])
