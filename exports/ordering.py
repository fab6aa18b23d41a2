"""The order of one queryset, given to another one of the same model."""

from typing import Any

from django.core.exceptions import FieldError
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import OrderBy


def order_like(rows: QuerySet[Any], example: QuerySet[Any]) -> QuerySet[Any]:
    """`rows` in the order of `example`, and by primary key where that leaves rows equal.

    What `example` orders by may be an annotation that `rows` lacks; then each row's value is looked up.
    """
    items = example.query.order_by or example.model._meta.ordering or ()
    keys = [_key(rows, example, item) for item in items]
    return rows.order_by(*keys, "pk")


def _key(rows: QuerySet[Any], example: QuerySet[Any], item: Any) -> Any:
    order = _as_order(item)
    if _is_known(rows, example, order.expression):
        return item  # as it is: by its name a relation is in the order of its own model
    value = example.order_by().annotate(_export_order=order.expression).filter(pk=OuterRef("pk"))
    order = order.copy()
    order.set_source_expressions([Subquery(value.values("_export_order")[:1])])
    return order


def _as_order(item: Any) -> OrderBy:
    """`-name`, an expression or an OrderBy, as an OrderBy."""
    if isinstance(item, str):
        return OrderBy(F(item.removeprefix("-")), descending=item.startswith("-"))
    return item if isinstance(item, OrderBy) else OrderBy(item)


def _is_known(rows: QuerySet[Any], example: QuerySet[Any], expression: Any) -> bool:
    """Whether `rows` mean the same by this expression as `example` does."""
    if getattr(expression, "name", None) in example.query.annotations:
        return False
    try:
        expression.resolve_expression(rows.query.clone())
    except FieldError:
        return False
    return True
