"""COPY, the ORM and Python write the same bytes, whatever stands in the database."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import connection, connections, models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When, Window
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import (
    Cast,
    Coalesce,
    Collate,
    Concat,
    ExtractSecond,
    Random,
    RowNumber,
    TruncDate,
    TruncDay,
    TruncHour,
    TruncTime,
)
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exports import Column, masks
from exports.encoders.csv import CsvEncoder
from exports.encoders.dialects import DIALECTS
from exports.filtering import ValidFilters
from exports.filters import ExportFilterSet
from exports.formulas import escape_formula
from exports.options import Options
from exports.parameters import ExportParameters
from exports.query import ExportQuery
from exports.registry import registry
from exports.rendering import Formulas
from exports.scope import Scope
from exports.sources import choose_source
from exports.sources.orm import OrmSource
from exports.sources.postgres_copy import PostgresCopySource
from tests.engine.models import Line, Order

pytestmark = pytest.mark.postgresql

UTC = dt.UTC

with isolate_apps("tests.engine"):

    class Wide(models.Model):
        """A column of every type, wider than Django's own where PostgreSQL has wider ones."""

        text = models.TextField(null=True)
        short = models.CharField(max_length=9, null=True)
        bytewise = models.TextField(null=True, db_collation="C")
        by_code_point = models.TextField(null=True, db_collation="ucs_basic")
        document = models.JSONField(null=True)
        truth = models.BooleanField(null=True)
        whole = models.BigIntegerField(null=True)
        exact = models.DecimalField(max_digits=15, decimal_places=4, null=True)
        huge = models.DecimalField(max_digits=15, decimal_places=4, null=True)
        float = models.FloatField(null=True)
        moment = models.DateTimeField(null=True)
        day = models.DateField(null=True)
        clock = models.TimeField(null=True)
        span = models.DurationField(null=True)
        key = models.UUIDField(null=True)
        address = models.GenericIPAddressField(null=True)
        data = models.BinaryField(null=True)

        class Meta:
            app_label = "engine"
            db_table = "wide"


NAMES = [field.name for field in Wide._meta.fields if field.name != "id"]
TEXTS = ["text", "short", "bytewise", "by_code_point"]


@pytest.fixture
def wide(db) -> QuerySet:
    """Its table, empty, for one test."""
    with connection.schema_editor() as editor:
        editor.create_model(Wide)
        editor.execute("ALTER TABLE wide ALTER huge TYPE numeric")
    return Wide._default_manager.order_by("pk")


def insert(rows: list[dict[str, object]]) -> None:
    """In place of all rows there are; texts are read by PostgreSQL as each column's type."""
    names = sorted({name for row in rows for name in row})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM wide")
        columns = ", ".join(f'"{name}"' for name in names)
        places = ", ".join(["%s"] * len(names))
        for row in rows:
            cursor.execute(
                f"INSERT INTO wide ({columns}) VALUES ({places})", [row.get(name) for name in names]
            )


def query_of(
    rows: QuerySet, columns: list[Column], formulas: Formulas = Formulas.ESCAPE, dialect: str | None = None
) -> ExportQuery:
    filters = ValidFilters(given={}, cleaned={}, filterset=ExportFilterSet(queryset=rows))
    parameters = ExportParameters(
        definition=registry.get("samples"),
        options=Options(formulas=formulas, dialect=dialect),
        chosen={_name(columns, number): column for number, column in enumerate(columns)},
        filters=filters,
    )
    return ExportQuery(
        parameters=parameters, scope=Scope("*", all_tenants=True), queryset=rows, max_rows=None
    )


def _name(columns: list[Column], number: int) -> str:
    """The header of a column, which may stand here twice."""
    header = columns[number].header
    before = [column.header for column in columns[:number]]
    return f"{header} {number}" if header in before else header


def file_of(source_class, query: ExportQuery) -> bytes:
    return b"".join(CsvEncoder(query.layout).encode(source_class(query).blocks()))


def same(rows: QuerySet, *columns: str | Column, formulas: Formulas = Formulas.ESCAPE) -> bytes:
    """The file that COPY and the ORM agree on in every dialect, without its header."""
    chosen = [Column(column) if isinstance(column, str) else column for column in columns]
    for dialect in (*DIALECTS, None):
        query = query_of(rows, chosen, formulas, dialect)
        copied = file_of(PostgresCopySource, query)
        assert copied == file_of(OrmSource, query)
    return copied.partition(b"\r\n")[2]


def by_python(rows: QuerySet, *names: str, formulas: Formulas = Formulas.ESCAPE) -> bytes:
    """The same with every cell from a model's instance."""
    columns = [Column(name, lambda row, name=name: getattr(row, name)) for name in names]
    return file_of(OrmSource, query_of(rows, columns, formulas)).partition(b"\r\n")[2]


# --- Text ---------------------------------------------------------------------------------------------------

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
HOSTILE = st.text(
    alphabet="=+-@＝＋－＠'\"\t\r\n ,;\\.\x01\x02\x07\x1b\x7f\u00a0\u00ad\u061c\u200b\u3000\ufeff019aé𝄞😀",
    max_size=7,
)
MARKERS = [
    "\x01",
    "\x01\x01",
    "a\x01b",
    "\x01\x02",
    "\\.",
    "\x07\\.",
    "\\.\x07",
    "\\N",
    '"',
    '""',
    "\r",
    "\n",
    "\r\n",
    # The mark of a text that may be a formula, where it is a character of the text.
    "\x02",
    "\x02=1",
    "\x02\x02=1",
    "a,\x02=1",
    'a",\x02=1',
    '","\x02=1',
    ',"\x02=1',
    # What looks like a number until the cell's end is found.
    "+1,5",
    "+1\r\n",
    '+1"',
    "+1.",
    "-1.5",
    "+1\x07",
    "\x07+1",
    '=1,"a"',
    "ab",
]
CELL = st.none() | st.just("") | ANY | HOSTILE | st.sampled_from(MARKERS)


@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(TEXTS, CELL)), min_size=1, max_size=5))
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_texts(wide, rows):
    """One column and two, escaped and raw; `reject` is for Python alone."""
    insert(rows)
    for formulas in (Formulas.ESCAPE, Formulas.RAW):
        for names in (["text"], ["text", "short"], TEXTS):
            assert same(wide, *names, formulas=formulas) == by_python(wide, *names, formulas=formulas)


@pytest.mark.parametrize("text", MARKERS)
def test_the_markers_of_copy_are_texts_as_any(wide, text):
    insert([{"text": text, "short": text[:9]}, {"text": None}, {"text": ""}, {"text": "x"}])
    for names in (["text"], ["text", "whole"], ["whole", "text"], ["text", "short", "text"]):
        for formulas in (Formulas.ESCAPE, Formulas.RAW):
            assert same(wide, *names, formulas=formulas) == by_python(wide, *names, formulas=formulas)


# The characters of a range, each in its row: what a row begins with, and what follows.
CHARACTERS = """INSERT INTO wide (text) SELECT before || chr(code) || after
    FROM generate_series(%s, %s, %s) AS code, (VALUES ('', ''), ('', '=1'), ('''', '')) around (before, after)
    WHERE code NOT BETWEEN 55296 AND 57343 AND code > 0"""


def first_characters(wide: QuerySet, *ranges: tuple[int, int, int]) -> None:
    with connection.cursor() as cursor:
        for bounds in ranges:
            cursor.execute(CHARACTERS, bounds)
    copied = same(wide, "text")
    assert copied == by_python(wide.only("text"), "text")
    assert copied.count(b"=1") > 2000


def test_every_first_character_of_the_basic_plane(wide):
    first_characters(wide, (1, 0xFFFF, 1), (0x10000, 0x10FFFF, 4099), (0x10FFFE, 0x10FFFF, 1))


@pytest.mark.long
def test_every_first_character(wide):
    for plane in range(17):
        wide.all().delete()
        first_characters(wide, (plane << 16, (plane << 16) + 0xFFFF, 1))


@given(
    texts=st.lists(
        CELL | st.sampled_from(["@", "@a.b", "a@b", "+17655559426", "12345"]), min_size=1, max_size=5
    )
)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_masks_of_the_database(wide, texts):
    insert([{"text": text} for text in texts])
    masked = [
        Column("phone", "text", mask=masks.phone_number),
        Column("email", "text", mask=masks.email_address),
    ]
    computed = [Column(column.header, lambda row: row.text, mask=column.mask) for column in masked]
    for columns, by_hand in zip(
        [masked, masked[:1], masked[1:]], [computed, computed[:1], computed[1:]], strict=True
    ):
        assert same(wide, *columns) == file_of(OrmSource, query_of(wide, by_hand)).partition(b"\r\n")[2]


# --- Other types --------------------------------------------------------------------------------------------

FLOATS = st.floats(allow_nan=False) | st.sampled_from(
    [0.0, -0.0, 5e-324, 2.2e-308, 1e15, 1e16, 1.7976931348623157e308]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e17, 1e17) | ANY | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=6,
)
# What Python can hold as well.
VALUES = {
    "document": st.lists(JSON, max_size=2).map(json.dumps),
    "truth": st.booleans(),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "exact": st.decimals(-(10**10), 10**10, places=4),
    "huge": st.decimals(allow_nan=False)
    | st.sampled_from([Decimal("NaN"), Decimal("1E+3000"), Decimal("1E-3000")]),
    "float": FLOATS,
    "moment": st.datetimes(timezones=st.just(UTC)),
    "day": st.dates(),
    "clock": st.times(),
    "span": st.timedeltas(dt.timedelta(days=-99999), dt.timedelta(days=99999)),
    "key": st.uuids(),
    "address": st.ip_addresses().map(str),
    "data": st.binary(max_size=5),
}
# What it can not, as PostgreSQL reads it, and the cell.
BEYOND = [
    *(("moment", text, text) for text in ("infinity", "-infinity", "294276-12-31 23:59:59.999999+00")),
    ("moment", "10000-01-01 00:00:00+00", "10000-01-01 00:00:00+00"),
    ("moment", "9999-12-31 23:00:00-01", "10000-01-01 00:00:00+00"),
    ("moment", "10000-01-01 00:59:59.999999+01", "9999-12-31T23:59:59.999999+00:00"),
    ("moment", "0001-12-31 23:59:59.5+00 BC", "0001-12-31 23:59:59.5+00 BC"),
    ("moment", "4713-01-01 00:00:00+00 BC", "4713-01-01 00:00:00+00 BC"),
    *(("day", text, text) for text in ("infinity", "-infinity", "0044-03-15 BC", "5874897-12-31")),
    ("clock", "24:00:00", "24:00:00"),
    *(("huge", text, text) for text in ("NaN", "Infinity", "-Infinity", "0.000")),
    *(("huge", text, text) for text in ("-" + "9" * 3000, "0." + "1" * 3000)),
    *(("float", text, text) for text in ("NaN", "Infinity", "-Infinity", "-0", "5e-324")),
    ("span", "1 mon", "2592000"),
    ("span", "1 year 2 days -3.5 s", "31730396.5"),
    ("span", "infinity", "Infinity"),
    ("span", "-178000000 years", "-5617252800000000"),
    *(("address", text, text) for text in ("10.0.0.0/8", "2001:db8::/32", "::")),
    *(("address", text, text) for text in ("::ffff:192.0.2.1", "::ffff:192.0.2.0/120")),
    ("address", "10.0.0.1/32", "10.0.0.1"),
    ("address", "2001:DB8::1/128", "2001:db8::1"),
    ("data", "\\x00ff5c", "00ff5c"),
    ("document", '"\\\\."', '"""\\\\."""'),
    ("document", "-1e400", "-1" + "0" * 400),
    ("document", '{"\x7f": "\x7f=1"}', '"{"""": ""=1""}"'),
]  # fmt: skip
EDGES = {
    name: st.sampled_from([text for field, text, _ in BEYOND if field == name])
    for name in sorted({row[0] for row in BEYOND})
}


def rows_of(strategies: dict[str, st.SearchStrategy]) -> st.SearchStrategy:
    """Some rows, each value NULL at times."""
    row = st.fixed_dictionaries({name: st.none() | values for name, values in strategies.items()})
    return st.lists(row, min_size=1, max_size=4)


@given(rows=rows_of(VALUES | dict.fromkeys(TEXTS, CELL)))
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_type(wide, rows):
    insert(rows)
    assert same(wide, *NAMES) == by_python(wide, *NAMES)


@given(rows=rows_of(VALUES | {name: VALUES.get(name, st.nothing()) | texts for name, texts in EDGES.items()}))
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_type_beyond_what_python_holds(wide, rows):
    insert(rows)
    same(wide, *NAMES)


@pytest.mark.parametrize(
    ("name", "text", "cell"), BEYOND, ids=[f"{name} {text:.20}" for name, text, _ in BEYOND]
)
def test_what_only_postgresql_holds(wide, name, text, cell):
    insert([{name: text}])
    assert same(wide, name) == f"{cell}\r\n".encode()
    assert same(wide, "text", name) == f",{cell}\r\n".encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_its_own(wide, name):
    """No line of it is blank."""
    insert([{name: None}, *({name: text} for field, text, _ in BEYOND if field == name), {name: None}])
    lines = same(wide, name).splitlines()
    assert lines[0] == lines[-1] == b'""'
    assert len(lines) == wide.count()


# --- Expressions --------------------------------------------------------------------------------------------


def tail(field: str, template: str, output: models.Field) -> models.Func:
    return models.Func(F(field), template=template, output_field=output)


EXPRESSIONS: dict[str, object] = {
    "concat": Concat(Value("="), "text", Value("%s{x}\\"), "short", output_field=models.TextField()),
    "other collations": Concat("bytewise", "by_code_point"),
    "collate": Collate("text", "ucs_basic"),
    "coalesce": Coalesce("text", Value("\x01"), output_field=models.TextField()),
    "case": Case(
        When(Q(text__contains="'"), then=Value("=quote")),
        When(text="", then=None),
        default=F("text"),
        output_field=models.TextField(),
    ),
    "value": Value('+1,"%'),
    "cast to text": Cast("exact", models.TextField()),
    "cut off": Cast("text", models.CharField(max_length=2)),
    "json": KeyTransform("a", "document"),
    "path": F("document__a__b"),
    "text of json": KeyTextTransform("a", "document"),
    "count": Count("pk"),
    "sum": Sum("whole"),
    "seconds": ExtractSecond("moment"),
    "window": Window(RowNumber(), order_by="-pk"),
    "day": TruncDay("moment"),
    "date": TruncDate("moment"),
    "time": TruncTime("moment"),
    "later": F("moment") + Value(dt.timedelta(hours=1)),
    "difference": F("moment") - Value(dt.datetime(2000, 1, 1, tzinfo=UTC)),
    "truth": Q(text="a"),
    "bytes": tail("text", "convert_to(%(expressions)s, 'UTF8')", models.BinaryField()),
    "an average": models.Avg("whole", output_field=models.IntegerField()),
}  # fmt: skip
ROWS = [
    {"text": text, "short": "=1", "bytewise": "=", "by_code_point": "1", "document": document,
     "exact": "-1.5", "whole": 3, "moment": "2024-10-27 00:30:15.5+00"}
    for text, document in [
        ("a", '{"a": "=1"}'), ("it's", '{"a": {"b": 1}}'), ("", '{"a": null}'), ("\x01", "[]"), (None, None),
        ("%s{x}\\'; DROP TABLE wide; --", '{"a": "\\n=1"}'), ("=1", '"a"'),
    ]
]  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(wide, name):
    insert(ROWS)
    column, expression = Column(name, EXPRESSIONS[name]), EXPRESSIONS[name]
    copied = [same(wide, column), same(wide, "text", column), same(wide, column, "text", column)]
    if name in ("json", "path"):  # the database gives JSON, Python a text
        return
    annotated = wide.annotate(found=expression)
    assert copied[0] == by_python(annotated, "found")
    assert copied[1] == by_python(annotated, "text", "found")
    assert same(annotated, "found") == copied[0]


@pytest.mark.parametrize("output", [type(field) for field in Wide._meta.fields if field.name in VALUES])
def test_a_column_that_is_never_anything(wide, output):
    """The type of such a NULL is not known to the database."""
    insert([{"text": "a"}])
    for nothing in (Value(None), Case(When(text="a", then=Value(None)), default=Value(None))):
        empty = Column("empty", models.ExpressionWrapper(nothing, output_field=output()))
        assert same(wide, empty) == b'""\r\n'
        assert same(wide, empty, "text") == b",a\r\n"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("trunc", [TruncDay, TruncHour])
def test_a_moment_cut_off_in_a_time_zone_is_that_moment(wide, settings, zone, trunc):
    """PostgreSQL gives it without its zone; of an hour that comes twice, Django takes the first."""
    insert(
        [
            {"moment": f"2024-{day} {hour:02}:30+00"}
            for day in ("10-27", "11-03", "07-01")
            for hour in range(8)
        ]
    )
    settings.TIME_ZONE = zone
    query = query_of(wide, [Column("cut", trunc("moment"))])
    assert PostgresCopySource.obstacle(query) != ""
    written = file_of(OrmSource, query).partition(b"\r\n")[2]
    assert written == by_python(wide.annotate(cut=trunc("moment")), "cut")


def test_what_is_different_each_time_is_asked_for_once(wide):
    """Or a text would be judged that is not the one written."""
    insert([{"text": "a"}] * 5)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO wide (text) SELECT 'a' FROM generate_series(1, 2000)")
        cursor.execute("CREATE SEQUENCE asked")
    either = Case(When(models.lookups.LessThan(Random(), 0.5), then=Value("=1")), default=Value("\x01"))
    for source in (PostgresCopySource, OrmSource):
        cells = file_of(source, query_of(wide, [Column("x", either)])).splitlines()[1:]
        assert set(cells) == {b"'=1", b'""'}
    text = Cast(models.Func(Value("asked"), function="nextval"), models.TextField())
    moment = models.Func(
        Cast(text, models.FloatField()), function="to_timestamp", output_field=models.DateTimeField()
    )
    for expression, last in ((text, b"2005"), (text, b"4010"), (moment, b"1970-01-01T01:40:15+00:00")):
        assert file_of(PostgresCopySource, query_of(wide, [Column("x", expression)])).splitlines()[-1] == last


# --- The rows -----------------------------------------------------------------------------------------------


@pytest.fixture
def orders(user, make_order) -> QuerySet:
    for number, status in enumerate(["new", "=paid", "it's", "%s", "{x}", "\\", "é😀"]):
        order = make_order(user, number, status=status)
        for price in range(number % 3):
            Line.objects.create(order=order, article=f"@{price}", price=price)
    make_order(user, 99, removed=True)
    return Order.objects.order_by("-number", "pk")


def test_relations_and_what_is_counted_over_them(orders):
    sums = Line.objects.filter(order=OuterRef("pk")).values("order")
    first = Subquery(Line.objects.filter(order=OuterRef("pk")).order_by("pk").values("article")[:1])
    columns = [
        Column("customer", F("customer__email")),
        Column("lines", Count("lines")),
        Column("first", first),
        Column("any", Exists(Line.objects.filter(order=OuterRef("pk"), price=1))),
        Column("total", Subquery(sums.annotate(total=Sum("price")).values("total"))),
        "tenant", "status", "pk",
    ]  # fmt: skip
    lines = same(orders, *columns).splitlines()
    assert lines[0].startswith(b"c@example.com,0,,false,,user-123,\xc3\xa9\xf0\x9f\x98\x80,")
    assert lines[1].startswith(b"c@example.com,2,'@0,true,1.00,user-123,\\,")
    assert same(orders.select_related("customer").prefetch_related("lines"), *columns).splitlines() == lines
    assert same(orders.annotate(n=Count("lines")).filter(n__gt=1), *columns).splitlines() == [
        lines[1],
        lines[4],
    ]


@pytest.mark.parametrize("scs", ["on", "off"])
@pytest.mark.parametrize(
    "status", ["it's", "%s", "{x}", "\\", "é😀", "=paid", "'; DROP TABLE engine_order; --", "\\'; --"]
)
def test_a_filter_is_a_value_whatever_it_holds(orders, status, scs):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL standard_conforming_strings = {scs}")
    rows = orders.filter(status=status)
    literal = Column("literal", Concat(Value(f"={status}"), "status", Value("\\")))
    lines = same(rows, "status", literal).splitlines()
    found = [order.status for order in rows]
    assert lines == [f"{escape_formula(text)},'={status}{text}\\".encode() for text in found]
    assert found == ([] if "--" in status else [status])
    assert len(same(orders.filter(status__contains=status), "status").splitlines()) == len(found)


def test_rows_that_are_none_and_rows_taken_by_their_keys(orders):
    for nothing in (orders.none(), orders.filter(pk__in=[]), orders.filter(status="nothing")):
        assert same(nothing, "status") == same(nothing, "status", "pk") == b""
    twice = orders.filter(lines__price__gte=0)
    assert len(same(twice, "number").splitlines()) == 6
    by_keys = orders.filter(pk__in=twice.distinct().order_by().values("pk"))
    assert same(by_keys, "number") == b"5\r\n4\r\n2\r\n1\r\n"
    either = (
        orders.filter(number=1).order_by().values("pk").union(orders.filter(number=5).order_by().values("pk"))
    )
    assert same(orders.filter(pk__in=either), "number") == b"5\r\n1\r\n"


def test_the_order_is_of_values_and_not_of_their_texts(orders, make_order, user):
    make_order(user, 10)
    assert same(Order.objects.order_by("number"), "number").split() == [
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
        b"6",
        b"10",
    ]
    assert same(Order.objects.order_by("-number"), "status", "number").startswith(b"new,10\r\n")


# --- The session --------------------------------------------------------------------------------------------

SETTINGS = {
    "TimeZone": "Asia/Kathmandu",
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "lc_numeric": "C",
    "array_nulls": "off",
    "transform_null_equals": "on",
}


def fill(rows: QuerySet) -> None:
    insert(
        ROWS
        + [{name: text} for name, text, _ in BEYOND]
        + [
            {
                "moment": "2024-07-01 12:00:00.25+02",
                "span": "1 day",
                "float": "0.30000000000000004",
                "data": b"\\x00",
                "day": "2024-02-01",
            }
        ]
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_the_sessions_settings_change_nothing(wide, name):
    fill(wide)
    columns = [*NAMES, *(Column(key, EXPRESSIONS[key]) for key in ("concat", "case", "value", "day"))]
    before = same(wide, *columns)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, SETTINGS[name]])
    assert same(wide, *columns) == before


def adopt_time_zone() -> None:
    """The connection's, as the settings are now."""
    wrapper = connections["default"]
    for name in ("timezone", "timezone_name"):
        wrapper.__dict__.pop(name, None)
    wrapper.ensure_timezone()


def test_without_time_zones(wide, settings):
    """Moments of the hour that comes twice, too: they are read in the session's time zone."""
    moments = [f"2024-10-27 {hour:02}:30:00.5+00" for hour in range(4)]
    insert([{"moment": moment, "text": "a"} for moment in moments])
    before = same(wide, "moment", "text")
    settings.TIME_ZONE, settings.USE_TZ = "Europe/Berlin", False
    adopt_time_zone()
    assert connection.timezone_name == "Europe/Berlin"
    assert same(wide, "moment", "text") == by_python(wide, "moment", "text") == before
    cut = Column("cut", TruncHour("moment"))
    assert same(wide, cut) == by_python(wide.annotate(cut=TruncHour("moment")), "cut")
    assert len(same(wide.filter(moment__lt=dt.datetime(2024, 10, 27, 3)), "moment").splitlines()) == 2  # noqa: DTZ001


def test_a_database_of_another_time_zone(wide, monkeypatch):
    insert([{"moment": f"2024-10-27 {hour:02}:30:00+00", "text": "a"} for hour in range(4)])
    before = same(wide, "moment", "text")
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "TIME_ZONE", "Europe/Berlin")
        adopt_time_zone()
        assert connection.timezone_name == "Europe/Berlin"
        assert same(wide, "moment", "text") == by_python(wide, "moment", "text") == before
        query = query_of(wide, [Column("cut", TruncDay("moment"))])
        assert file_of(OrmSource, query).endswith(by_python(wide.annotate(cut=TruncDay("moment")), "cut"))
    adopt_time_zone()


# --- Which way is taken -------------------------------------------------------------------------------------


HIDDEN = masks.phone_number


def computed(row: object) -> str:
    return "x"


@pytest.mark.parametrize(
    ("columns", "formulas", "reason"),
    [
        (["text"], Formulas.ESCAPE, ""),
        (["text"], Formulas.RAW, ""),
        (["whole", "moment"], Formulas.REJECT, ""),
        (["text"], Formulas.REJECT, "formulas=reject names the row of a formula"),
        (["text", Column("x", computed)], Formulas.ESCAPE, "columns are computed in Python: x"),
        ([Column("x", computed)], Formulas.REJECT, "columns are computed in Python: x"),
        ([Column("x", "text", mask=str.upper)], Formulas.ESCAPE, "only Python can write columns: x"),
        ([Column("x", "bytewise", mask=HIDDEN)], Formulas.RAW, "only Python can write columns: x"),
        ([Column("x", "whole", mask=HIDDEN)], Formulas.RAW, "only Python can write columns: x"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_of_copy(wide, whole_copies, columns, formulas, reason):
    chosen = [Column(column) if isinstance(column, str) else column for column in columns]
    query = query_of(wide, chosen, formulas)
    assert PostgresCopySource.obstacle(query) == reason
    told = f"orm: {'model instances' if 'computed' in reason else 'values'} by .iterator(), because {reason}"
    assert choose_source(query).reason == (told if reason else "copy: PostgreSQL writes the CSV")


def test_a_transaction_around_it_is_in_the_way(wide):
    reason = choose_source(query_of(wide, [Column("text")])).reason
    assert reason == "orm: values by .iterator(), because a transaction is open around it"


@pytest.mark.parametrize(
    ("whose", "name"), [("database", "server_encoding"), ("connection", "client_encoding")]
)
def test_any_other_encoding_is_in_the_way(wide, whole_copies, monkeypatch, whose, name):
    insert([{"text": "é"}])
    query = query_of(wide, [Column("text")])
    if name == "client_encoding":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL client_encoding = LATIN1")
    else:
        monkeypatch.setattr(
            "exports.sources.postgres_copy.reported", lambda _, asked: {name: "LATIN1"}[asked]
        )
    source = choose_source(query)
    assert source.reason == f"orm: values by .iterator(), because the {whose}'s encoding is LATIN1, not UTF8"
    assert file_of(lambda _: source, query) == "text\r\né\r\n".encode()


def test_the_audit_record_says_so(download, user):
    from exports.models import ExportLog
    from tests.engine.models import Sample

    Sample.objects.create(owner=user, text="a")
    for params, source in [
        ({"columns": "text"}, "copy: PostgreSQL writes the CSV"),
        ({"columns": "text", "formulas": "reject"}, "formulas=reject names the row of a formula"),
    ]:
        download("samples", **params)
        assert ExportLog.objects.latest("timestamp").source.endswith(source)
    download("computed-samples", columns="whole")
    assert ExportLog.objects.latest("timestamp").source.endswith("columns are computed in Python: whole")
