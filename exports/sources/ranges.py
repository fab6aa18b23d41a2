"""A queryset cut into ranges of its order, by walking the index that the order is read from."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Field, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

RANGE_ROWS: Final = 16_384
"""Of some 300 bytes: 5 MB. A statement of its own for each range costs it 5 ms, and reading its rows 60."""


def splits(queryset: QuerySet[Any]) -> bool:
    """Whether the rows are in the order of plain fields of the model, all of them up or all of them down."""
    return bool(_order(queryset))


def ranges(queryset: QuerySet[Any]) -> Iterator[tuple[QuerySet[Any], bool]]:
    """The rows of a queryset that `splits`, in parts that follow each other; and whether each is the last.

    Each bound is looked up when its range is asked for, in the index alone. The last range may be empty.
    """
    order = _order(queryset)
    keys = [Cast(F(name), TextField()) for name, _ in order]
    rest = queryset
    while bound := next(iter(rest.values_list(*keys)[RANGE_ROWS - 1 : RANGE_ROWS]), None):
        yield rest.filter(_bounded(order, bound, up_to=True)), False
        rest = queryset.filter(_bounded(order, bound, up_to=False))
    yield rest, True


def _order(queryset: QuerySet[Any]) -> Sequence[tuple[str, bool]]:
    """The fields' names, and whether they go down; nothing where it is not as simple."""
    model = queryset.model
    names = [item for item in queryset.query.order_by if isinstance(item, str)]
    fields = [_field(model, name.removeprefix("-")) for name in names]
    down = {name.startswith("-") for name in names}
    if len(names) != len(queryset.query.order_by) or None in fields or len(down) != 1:
        return ()
    return [(name.removeprefix("-"), name.startswith("-")) for name in names]


def _field(model: Any, name: str) -> "Field[Any, Any] | None":
    """The field of that name, if its rows can be compared by it: no relation, and never null."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return None if field.is_relation or field.null or not field.concrete else field


def _bounded(order: Sequence[tuple[str, bool]], bound: Sequence[str], *, up_to: bool) -> "_Compared":
    """Whether a row comes up to the bound, it included, or after it."""
    down = order[0][1]
    operator = (">=" if down else "<=") if up_to else ("<" if down else ">")
    fields = [F(name) for name, _ in order]
    return _Compared(*fields, *map(Value, bound), operator=operator)


class _Compared(Func):
    """The first half of the expressions as one row against the other half, from left to right.

    The other half are texts; each becomes what it is compared with.
    """

    output_field = BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        expressions = self.get_source_expressions()
        fields, values = expressions[: len(expressions) // 2], expressions[len(expressions) // 2 :]
        casts = [Cast(value, field.output_field) for field, value in zip(fields, values, strict=True)]
        compiled = [compiler.compile(expression) for expression in (*fields, *casts)]
        texts, params = [sql for sql, _ in compiled], [param for _, found in compiled for param in found]
        left, right = ", ".join(texts[: len(fields)]), ", ".join(texts[len(fields) :])
        return f"(({left}) {self.extra['operator']} ({right}))", tuple(params)
