"""Each type of value as the contract writes it: the same on both databases, by the database and by Python."""

import datetime as dt
import math
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.json_text import jsonb_text, normalised_json
from exports.values import any_text, duration_text, float_text
from tests.engine.models import Sample

UTC = dt.UTC
BERLIN = dt.timezone(dt.timedelta(hours=2))

CELLS = [
    ("text", "plain", "plain"),
    ("text", "", ""),
    ("text", None, ""),
    ("text", "\x07=1+1", "'=1+1"),
    ("text", "a\x1b[0mb\x7f", "a[0mb"),
    ("truth", True, "true"),
    ("truth", False, "false"),
    ("truth", None, ""),
    ("whole", 0, "0"),
    ("whole", -9223372036854775808, "-9223372036854775808"),
    ("exact", Decimal("0"), "0.0000"),
    ("exact", Decimal("-0.0500"), "-0.0500"),
    ("exact", Decimal("12345678901.5"), "12345678901.5000"),
    ("float", 1.0, "1"),
    ("float", -0.1, "-0.1"),
    ("float", 1e15, "1e+15"),
    ("float", 123456789012345.0, "123456789012345"),
    ("float", 1234567890123456.0, "1.234567890123456e+15"),
    ("float", 1e-05, "1e-05"),
    ("float", 0.0001, "0.0001"),
    ("float", 5e-324, "5e-324"),
    ("moment", dt.datetime(2024, 1, 1, 9, 30, tzinfo=UTC), "2024-01-01T09:30:00+00:00"),
    ("moment", dt.datetime(2024, 1, 1, 9, 30, tzinfo=BERLIN), "2024-01-01T07:30:00+00:00"),
    ("moment", dt.datetime(2024, 1, 1, 9, 30, 0, 1, tzinfo=UTC), "2024-01-01T09:30:00.000001+00:00"),
    ("moment", dt.datetime(2024, 1, 1, 9, 30, 0, 500000, tzinfo=UTC), "2024-01-01T09:30:00.500000+00:00"),
    ("moment", dt.datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00"),
    ("moment", dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31T23:59:59.999999+00:00"),
    ("day", dt.date(2024, 2, 29), "2024-02-29"),
    ("day", dt.date(1, 1, 1), "0001-01-01"),
    ("clock", dt.time(9, 30), "09:30:00"),
    ("clock", dt.time(23, 59, 59, 500000), "23:59:59.500000"),
    ("span", dt.timedelta(0), "0"),
    ("span", dt.timedelta(days=1, minutes=1), "86460"),
    ("span", dt.timedelta(seconds=-90, microseconds=-500000), "-90.5"),
    ("span", dt.timedelta(microseconds=1), "0.000001"),
    ("key", UUID("ABCDEF01-2345-6789-ABCD-EF0123456789"), "abcdef01-2345-6789-abcd-ef0123456789"),
    ("address", "192.0.2.1", "192.0.2.1"),
    ("address", "2001:DB8:0::1", "2001:db8::1"),
    ("document", {}, "{}"),
    (
        "document",
        {"bb": 1, "a": [True, None, "é=1"], "ccc": 1.5},
        '{"a": [true, null, "é=1"], "bb": 1, "ccc": 1.5}',
    ),
    ("document", {"ä": 1, "zz": 2, "b": 3}, '{"b": 3, "zz": 2, "ä": 1}'),
    ("document", {"x": 1e16, "y": 1e-07, "z": -0.0}, '{"x": 10000000000000000, "y": 0.0000001, "z": 0.0}'),
    ("document", ['"', "\\", "\n", "\x07", "\u2028"], '["\\"", "\\\\", "\\n", "\\u0007", "\u2028"]'),
    ("document", "=1", '"=1"'),
    ("document", -5, "-5"),
    ("document", -100000.5, "-100000.5"),
    ("document", None, ""),
]


@pytest.mark.parametrize("dataset", ["samples", "computed-samples"])
@pytest.mark.parametrize(("field", "value", "cell"), CELLS)
def test_a_value_as_the_contract_writes_it(read, user, dataset, field, value, cell):
    if dataset.startswith("computed") and field == "document" and isinstance(value, str):
        value, cell = [value], f"[{cell}]"  # a bare string is text when Python gives it
    Sample.objects.create(owner=user, **{field: value})
    [[row]] = [[row] for row in read(dataset, columns=field)]
    assert row == [cell]


def test_json_null_is_a_value(read, user):
    from django.db.models import JSONNull

    Sample.objects.create(owner=user, document=JSONNull())
    assert read("samples", columns="document") == [["null"]]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
SAMPLES = st.fixed_dictionaries(
    {
        "text": st.none() | TEXT,
        # A bare string is text when Python gives it, and JSON when the database does.
        "document": st.lists(JSON, max_size=2) | st.dictionaries(st.text("abä"), JSON, max_size=3),
        "truth": st.none() | st.booleans(),
        "whole": st.integers(-(2**63), 2**63 - 1),
        "float": FLOATS,
        "moment": st.datetimes(timezones=st.just(UTC)),
        "day": st.dates(),
        "clock": st.times(),
        "span": st.timedeltas(dt.timedelta(days=-99999), dt.timedelta(days=99999)),
        "key": st.uuids(),
        "address": st.ip_addresses(v=6).filter(lambda address: address.ipv4_mapped is None).map(str),
    }
)


@given(values=SAMPLES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_and_python_render_alike(download, user, values):
    """The two ways that there are now: rendered in SQL where the database can, and from model instances."""
    Sample.objects.all().delete()
    Sample.objects.create(owner=user, **values)
    assert download("samples") == download("computed-samples")


@pytest.mark.postgresql
@given(st.floats().map(abs) | st.floats(-1e17, 1e17) | st.integers(-(2**60), 2**60).map(float))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_floats_are_spelt_as_postgresql_does(db, value):
    value = value or 0.0  # a literal -0.0 is a numeric, which knows no negative zero
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s)::float8::text", [value])
        assert cursor.fetchone() == (float_text(value),)


@pytest.mark.postgresql
@given(JSON)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_is_spelt_as_postgresql_does(db, value):
    import json

    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s)::jsonb::text", [json.dumps(value)])
        assert cursor.fetchone() == (jsonb_text(value),)


BEYOND_PYTHON = [
    ("moment", "infinity", "infinity"),
    ("moment", "-infinity", "-infinity"),
    ("moment", "12024-01-01 00:00:00+00", "12024-01-01 00:00:00+00"),
    ("moment", "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC"),
    ("day", "infinity", "infinity"),
    ("day", "10000-01-01", "10000-01-01"),
    ("clock", "24:00:00", "24:00:00"),
    ("exact", "NaN", "NaN"),
    ("float", "Infinity", "Infinity"),
    ("float", "NaN", "NaN"),
    ("address", "10.0.0.0/8", "10.0.0.0/8"),
    ("address", "10.0.0.1/32", "10.0.0.1"),
]


@pytest.mark.postgresql
@pytest.mark.parametrize(("field", "value", "cell"), BEYOND_PYTHON)
def test_what_python_can_not_hold_is_postgresqls_text(read, user, field, value, cell):
    sample = Sample.objects.create(owner=user)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE engine_sample SET "{field}" = %s WHERE id = %s', [value, sample.pk])
    assert read("samples", columns=field) == [[cell]]


@pytest.mark.postgresql
def test_the_sessions_own_settings_change_nothing(read, user):
    Sample.objects.create(
        owner=user, moment=dt.datetime(2024, 7, 1, tzinfo=UTC), day=dt.date(2024, 7, 1), float=0.1 + 0.2
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'America/New_York'")
        cursor.execute("SET LOCAL extra_float_digits = 0")
    assert read("samples", columns="moment,day,float") == [
        ["2024-07-01T00:00:00+00:00", "2024-07-01", "0.30000000000000004"]
    ]
    with connection.cursor() as cursor:
        cursor.execute("SHOW TimeZone")
        assert cursor.fetchone() == ("America/New_York",)  # and the export has given them back


@pytest.mark.parametrize("dataset", ["samples", "computed-samples"])
def test_json_that_nests_too_deep_for_python_breaks_no_export(read, user, dataset):
    value = {}
    for _ in range(600):
        value = {"a": value}
    try:
        Sample.objects.create(owner=user, document=value)
    except RecursionError:
        pytest.fail("the test itself nests too deep to be stored")
    [[cell]] = read(dataset, columns="document")
    assert cell == '{"a": ' * 600 + "{}" + "}" * 600


def test_numbers_in_json_that_no_machine_should_write_out():
    assert normalised_json("1" * 5000) == "1" * 5000
    assert normalised_json("-0") == "0"
    assert normalised_json('{"a": 1e99999999}') == '{"a": 1E+99999999}'


def test_a_value_of_any_other_type_is_its_text():
    assert any_text(b"\x00\xff") == "00ff"
    assert any_text(Decimal("1E+3")) == "1000"
    assert any_text([1, {"a": None}]) == '[1, {"a": null}]'
    assert any_text(math.nan) == "NaN"
    assert duration_text(dt.timedelta(days=1)) == "86400"
