"""System checks of `Column(harmless_by=…)`: whether a CHECK constraint really keeps formulas out.

Exports do not look: where one says `harmless_by`, PostgreSQL leaves out the formula rule, whatever the table
holds. So the deployment has to (`manage.py check --database default`). This is a test by examples and no
proof: the constraint is asked for each of `hostile_texts` whether it would let it through.

SQLite has no such check, and needs none: there Python applies the rule to every cell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import Error as DatabaseError
from django.db import connections, router, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.expressions import Col

from .columns import Column
from .definitions import ModelExport
from .formulas import CONTROL_BYTES, IGNORED, TRIGGERS, is_formula
from .registry import registry
from .values import Kind, kind_of


def _characters(ranges: str) -> list[str]:
    """All characters of a list as it stands in a regular expression: single ones, and ranges."""
    found: list[str] = []
    for number, char in enumerate(ranges):
        if char == "-" and 0 < number < len(ranges) - 1:
            found += map(chr, range(ord(ranges[number - 1]) + 1, ord(ranges[number + 1])))
        else:
            found.append(char)
    return found


def _hostile() -> Iterator[str]:
    """Every way in which a formula can begin, by the rule's own lists, with what may follow."""
    triggers = _characters(TRIGGERS)
    dropped = [*_characters(IGNORED), *CONTROL_BYTES.decode().lstrip("\0")]
    # Many a constraint wants digits, a telephone number, an address, or a certain length.
    for sign, tail in product(triggers, _TAILS):
        yield from (sign + tail, f"'{sign}{tail}", f"+4930123456{sign}{tail}", f"+4930123456\n{sign}{tail}")
    for sign, length in product(triggers, range(64)):
        digits = "1" * length
        yield from (f"{sign}{digits}", f"{sign}1+1{digits}", f"{sign} {digits}", f"{sign}A1" + "A" * length)
    for before, sign, tail in product(dropped, triggers, ("1+1", "1", "4930123456", "cmd")):
        yield from (before + sign + tail, f"'{before}{sign}{tail}", f"{before}'{sign}{tail}")
    for begin, before, tail in product("\t\r\n", ("", "'", "\x07"), ("", "x", "1", "+4930123456")):
        yield before + begin + tail


_TAILS: Final = (
    *(
        "",
        "1",
        "1+1",
        "49 123",
        "49 (30) 123-45",
        "1=1",
        "1.",
        ".5",
        "1.1.1",
        "1,5",
        "1e5",
        "1-1-1",
        "4930123456",
    ),
    *("1\n", "1\r", "1\t", "1 ", "4930123456\n", "4930123456\n=1+1", "\n+4930123456", "4930123456=1+1"),
    *("a", "A1", "A1+A2", "SUM(A1)", "cmd|' /C calc'!A0", "a@example.com", "//example.com", "٤١", "é", " "),
)


@cache
def hostile_texts() -> list[str]:
    """Texts that the formula rule escapes. A constraint that makes a column harmless refuses them all."""
    return [text for text in dict.fromkeys(_hostile()) if is_formula(text)]


@dataclass(frozen=True)
class _Claim:
    """What a column's `harmless_by` says: the constraint of that name is on this column of that table."""

    definition: ModelExport
    column: Column
    field: Any

    @property
    def aliases(self) -> set[str]:
        """Where rows are read, and where they are written: a replica has its primary's constraints."""
        return {self.definition.get_queryset().db, router.db_for_write(self.field.model)}

    def error(self, number: str, text: str, hint: str) -> Error:
        text = f"The column {self.column.header!r} is said to be harmless, {text}"
        return Error(text, hint=hint, obj=type(self.definition), id=f"exports.{number}")


@register("exports")
def check_declarations(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Where `harmless_by` stands at a column that no constraint can be on."""
    return [message for definition in registry for message in check_claims(definition)]


@register(Tags.database)
def check_databases(
    app_configs: Sequence[AppConfig] | None = None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Whether each constraint is there and does what is said of it; without `databases` none is asked."""
    claims = [claim for definition in registry for claim in _claims(definition)]
    return [message for alias in databases or () for message in check_database(alias, claims)]


def check_claims(definition: ModelExport) -> Iterator[CheckMessage]:
    """What is wrong with one definition, without a database."""
    for column in definition.get_columns():
        if column.harmless_by and (reason := _misplaced(definition, column)):
            hint = "`harmless_by` is for a field path that leads to text, without a mask."
            yield _Claim(definition, column, None).error("E020", reason, hint)


def _misplaced(definition: ModelExport, column: Column) -> str:
    """Why a constraint can say nothing of this column; empty where it can."""
    if column.mask:
        return "and its cells are what a mask leaves."
    if column.compute or _field(definition, column) is None:
        return "and it is no field of the model's: no constraint knows its values."
    if kind_of(_field(definition, column)) is not Kind.TEXT:
        return "and it is no text: the formula rule is not for it."
    return ""


def _field(definition: ModelExport, column: Column) -> Any:
    """The field that a column shows as it is; None for anything else."""
    try:
        resolved = column.resolved(definition.get_queryset())
    except (FieldError, FieldDoesNotExist):  # exports.E007
        return None
    return resolved.target if isinstance(resolved, Col) else None


def _claims(definition: ModelExport) -> Iterator[_Claim]:
    for column in definition.get_columns():
        if column.harmless_by and not _misplaced(definition, column):
            yield _Claim(definition, column, _field(definition, column))


def check_database(alias: str, claims: Iterable[_Claim]) -> Iterator[CheckMessage]:
    """Of the constraints that should be in this database."""
    here = [claim for claim in claims if alias in claim.aliases]
    if not here or connections[alias].vendor != "postgresql":
        return
    for claim in here:
        for error in _check_claim(alias, claim):
            if _migrations_wait(alias, claim.field.model._meta.app_label):
                # An error would stop `migrate`, which asks too, from adding or mending the constraint.
                hint = "A migration waits, which may mend it: check again after `manage.py migrate`."
                yield Warning(error.msg, hint=hint, obj=error.obj, id="exports.W007")
            else:
                yield error


def _migrations_wait(alias: str, app_label: str) -> bool:
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes(app_label)))


# to_jsonb: `conenforced` is there from PostgreSQL 18 on.
_CONSTRAINT = """
SELECT c.contype, c.convalidated AND coalesce(to_jsonb(c) ->> 'conenforced', 'true') = 'true', c.connoinherit,
    c.conkey = ARRAY[a.attnum], pg_get_expr(c.conbin, c.conrelid),
    format_type(a.atttypid, NULL), nullif(a.attcollation, 0)::regcollation::text
FROM pg_constraint c LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s
WHERE c.conrelid = to_regclass(%s) AND c.conname = %s"""


def _check_claim(alias: str, claim: _Claim) -> Iterator[CheckMessage]:
    connection = connections[alias]
    name, field = claim.column.harmless_by, claim.field
    table = field.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINT, [field.column, connection.ops.quote_name(table), name])
        found = cursor.fetchone()
    if found is None:
        hint = "Add it by a migration, or leave `harmless_by` out."
        yield claim.error("E021", f"and {table!r} has no constraint {name!r}.", hint)
        return
    contype, is_valid, is_local, is_of_column, expression, column_type, collation = found
    if contype != "c" or not is_of_column:
        text = f"and {name!r} is no CHECK of {field.column!r} alone."
        yield claim.error("E022", text, "Name a CHECK constraint on that one column.")
    elif not is_valid or is_local:
        hint = "ALTER TABLE … VALIDATE CONSTRAINT; it must not be NO INHERIT or NOT ENFORCED either."
        yield claim.error("E023", f"and {name!r} does not hold for all rows that there are.", hint)
    else:
        yield from _try_out(alias, claim, expression, column_type, collation)


def _try_out(
    alias: str, claim: _Claim, expression: str, column_type: str, collation: str | None
) -> Iterator[CheckMessage]:
    """The constraint's own expression, evaluated by the database for each hostile text."""
    connection = connections[alias]
    column = connection.ops.quote_name(claim.field.column)
    collate = f" COLLATE {collation}" if collation else ""
    # A CHECK lets through whatever it does not say false of.
    statement = f"""
        SELECT example FROM unnest(%s::text[]) WITH ORDINALITY AS examples (example, number)
            CROSS JOIN LATERAL (SELECT example::{column_type}{collate} AS {column}) AS row_of_it
        WHERE ({expression.replace("%", "%%")}) IS NOT FALSE ORDER BY number LIMIT 1"""  # noqa: S608
    hint = "Make it refuse whatever a formula begins with, as phone ~ '^\\+[0-9]{1,15}$' does."
    try:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute(statement, [hostile_texts()])
            accepted = cursor.fetchone()
    except DatabaseError as error:
        yield claim.error("E024", f"and {claim.column.harmless_by!r} can't be tried out: {error}", hint)
        return
    if accepted:
        text = f"and {claim.column.harmless_by!r} lets the formula {accepted[0]!r} through."
        yield claim.error("E024", text, hint)
