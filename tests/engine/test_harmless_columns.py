"""What `harmless_by` says of a column is held against the database."""

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.db.models import F
from django.db.models.functions import Lower
from django.urls import get_resolver

from exports import Column, ModelExport, masks
from exports.constraints import check_claims, check_databases, hostile_texts
from exports.formulas import IGNORED, TRIGGERS, is_formula
from exports.registry import registry
from exports.sources.postgres_copy import PostgresCopySource
from tests.engine.models import Customer, Line, Order, Sample
from tests.engine.test_same_bytes_by_copy import file_of, query_of, same

GOOD = "status ~ '^\\+[0-9]{1,15}$'"


def definition(column: Column, model: type = Order) -> ModelExport:
    scope_field = {Order: "tenant", Line: "order__tenant", Sample: "owner"}[model]
    return type(
        "Declared", (ModelExport,), {"model": model, "scope_field": scope_field, "columns": [column]}
    )()


@pytest.fixture
def found(db, monkeypatch):
    """found(column, …): what the check of the database says, of one definition."""

    def found(column: Column, model: type = Order) -> list[str]:
        monkeypatch.setattr(registry, "_definitions", {"declared": definition(column, model)})
        return [f"{message.id}: {message.msg}" for message in check_databases(databases=["default"])]

    return found


@pytest.fixture
def constrain(db):
    """constrain("CHECK (…)"): a constraint `harmless` of the orders, in the transaction of the test."""

    def constrain(constraint: str, table: str = "engine_order") -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT harmless {constraint}")

    return constrain


HARMLESS = Column("phone", "status", harmless_by="harmless")


# --- Without a database -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "model", "reason"),
    [
        (HARMLESS, Order, None),
        (Column("status", harmless_by="harmless"), Order, None),
        (Column("phone", F("order__status"), harmless_by="harmless"), Line, None),
        (Column("phone", lambda order: "x", harmless_by="harmless"), Order, "no field"),
        (Column("phone", Lower("status"), harmless_by="harmless"), Order, "no field"),
        (Column("phone", "nothing", harmless_by="harmless"), Order, "no field"),
        (Column("number", harmless_by="harmless"), Order, "no text"),
        (Column("document", harmless_by="harmless"), Sample, "no text"),
        (Column("status", mask=masks.phone_number, harmless_by="harmless"), Order, "a mask leaves"),
    ],
)
def test_only_a_field_of_text_can_be_harmless(column, model, reason):
    messages = list(check_claims(definition(column, model)))
    assert [message.id for message in messages] == (["exports.E020"] if reason else [])
    assert all(reason in message.msg and message.hint for message in messages)


def test_the_checks_are_among_those_that_run(db, monkeypatch):
    assert get_resolver().url_patterns  # made of the datasets that there are, and kept
    wrong = definition(Column("number", harmless_by="harmless"))
    monkeypatch.setattr(registry, "_definitions", {"declared": wrong})
    assert [message.id for message in run_checks(tags=["exports"])] == ["exports.E020"]
    monkeypatch.setattr(registry, "_definitions", {"declared": definition(HARMLESS)})
    asked = [message.id for message in run_checks(databases=["default"]) if message.id.startswith("exports")]
    assert asked == (["exports.E021"] if connection.vendor == "postgresql" else [])
    assert not [message for message in run_checks() if message.id.startswith("exports.E")]


# --- The texts ----------------------------------------------------------------------------------------------


def test_every_way_to_begin_is_among_the_texts():
    texts = set(hostile_texts())
    assert all(map(is_formula, texts))
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    triggers = [char for char in characters if is_formula(f"{char}x")]
    assert sorted(triggers) == sorted("\t\n\r" + TRIGGERS)
    dropped = [char for char in characters if char not in "\0" + TRIGGERS and is_formula(f"{char}=1+1")]
    assert len(dropped) > len(IGNORED)
    for trigger in TRIGGERS:
        assert {f"{char}{trigger}1+1" for char in ["", *dropped]} <= texts
        assert {f"{trigger}1+1", f"'{trigger}1+1", f"{trigger}49 123", f"{trigger}1\n"} <= texts
    assert {"+1=1", "-1+1", "+49 123", "\tx", "'\rx", "\x07\nx"} <= texts


# --- With PostgreSQL ----------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_on_sqlite_there_is_nothing_to_look_at(found):
    assert found(HARMLESS) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "condition",
    [
        GOOD,
        "status ~ '^\\+[0-9]{1,15}$' COLLATE \"C\"",
        "status = '' OR status ~ '^[0-9]+$'",
        "status ~ '^[^%%]*$' AND status ~ '^[a-z]*$'",
        "status IN ('new', 'paid')",
        "status LIKE 'ACME-%%'",
        "length(status) < 5 AND status SIMILAR TO '[0-9]{2,4}'",
        # Whatever it can't read, it refuses.
        "status::bigint > 0 AND status !~ '[^0-9]'",
    ],
)
def test_a_constraint_that_lets_no_formula_in(found, constrain, condition):
    constrain(f"CHECK ({condition})".replace("%%", "%"))
    messages = found(HARMLESS)
    if "bigint" in condition:  # the database can't say of each text
        assert "'harmless' can't be tried out: invalid input syntax" in messages[0]
    else:
        assert messages == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("status ~ '\\+[0-9]+'", "+4930123456="),
        ("status ~ '^\\+[0-9]+'", "+4930123456="),
        ("status ~ '^\\+[0-9]{1,4}(.|\\n)?$'", "+1."),
        ("status ~ '(?n)^\\+[0-9]+$'", "+4930123456\n="),
        ("status ~ '^\\s*\\+[0-9]+$'", "\t+1"),
        ("status ~ '^''?[+-][0-9]+$'", "'+"),
        ("status ~ '^[-+0-9 ()]+$'", "+"),
        ("status ~ '^.[0-9]{3}$'", None),
        ("status LIKE '+%'", "+"),
        ("status <> ''", "="),
        ("status !~ '^[''=+@-]'", "＝"),
        ("status !~ '^\\s*[=+@＝＋－＠-]'", "'="),
        ("length(status) = 13", None),
        ("status ~ '^[^@]+@[a-z.]+$'", None),
        ("nullif(status, 'x') IS NULL OR NULL", "="),
        ("true OR status = ''", "="),
    ],
)
def test_one_that_does(found, constrain, condition, text):
    constrain(f"CHECK ({condition})")
    [message] = found(HARMLESS)
    assert message.startswith(
        "exports.E024: The column 'phone' is said to be harmless, and 'harmless' lets the"
    )
    assert text is None or repr(text)[1:-1] in message


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("constraint", "number"),
    [
        (f"CHECK ({GOOD}) NOT VALID", "E023"),
        (f"CHECK ({GOOD}) NOT ENFORCED", "E023"),
        (f"CHECK ({GOOD}) NO INHERIT", "E023"),
        ("CHECK (number > 0)", "E022"),
        (f"CHECK ({GOOD} AND number > 0)", "E022"),
        ("UNIQUE (status)", "E022"),
        ("CHECK (true)", "E022"),
        (None, "E021"),
    ],
)
def test_one_that_proves_nothing(found, constrain, constraint, number):
    if constraint:
        constrain(constraint)
    [message] = found(HARMLESS)
    assert message.startswith(f"exports.{number}: The column 'phone' is said to be harmless, and ")


@pytest.mark.postgresql
def test_the_table_is_that_of_the_field(found, constrain):
    constrain(f"CHECK ({GOOD.replace('status', 'email')})", Customer._meta.db_table)
    assert found(Column("email", "customer__email", harmless_by="harmless")) == []
    [message] = found(HARMLESS)
    assert message.startswith(
        "exports.E021: The column 'phone' is said to be harmless, and 'engine_order' has no"
    )


@pytest.mark.postgresql
def test_nothing_is_asked_of_a_database_that_is_not_named(found, django_assert_num_queries):
    assert found(HARMLESS)
    with django_assert_num_queries(0):
        assert check_databases(databases=None) == check_databases() == []


@pytest.mark.postgresql
def test_while_migrations_wait_it_is_a_warning(found, monkeypatch):
    """`migrate` runs these checks first, and an error would stop it from adding the constraint."""
    monkeypatch.setattr("exports.constraints.MigrationExecutor.migration_plan", lambda self, targets: targets)
    [message] = found(HARMLESS)
    assert message.startswith(
        "exports.W007: The column 'phone' is said to be harmless, and 'engine_order' has no"
    )


@pytest.mark.postgresql
def test_the_bytes_are_the_same_with_it_as_without(constrain, make_order, user):
    constrain(f"CHECK ({GOOD} OR status = '')")
    for number, status in enumerate(["+1", "+493012345678901", "", "+0"]):
        make_order(user, number, status=status)
    rows = Order.objects.order_by("number")
    with_it = same(rows, HARMLESS)
    assert with_it == same(rows, Column("phone", "status")) == b'+1\r\n+493012345678901\r\n""\r\n+0\r\n'
    assert same(rows, HARMLESS, "pk") == same(rows, Column("phone", "status"), "pk")


@pytest.mark.postgresql
def test_it_is_for_the_fields_own_text_alone(make_order, user):
    """Where a declaration is wrong, the rule is still applied to what a mask or an expression makes."""
    make_order(user, 1, status="+17655559426")
    rows = Order.objects.order_by("pk")
    masked = Column("phone", "status", mask=masks.phone_number, harmless_by="harmless")
    lower = Column("phone", Lower(F("customer__email")), harmless_by="harmless")
    Customer.objects.update(email="=A1")
    assert same(rows, masked) == b"'+176***9426\r\n"
    assert same(rows, lower) == b"'=a1\r\n"
    assert file_of(PostgresCopySource, query_of(rows, [HARMLESS])) == b"phone\r\n+17655559426\r\n"
