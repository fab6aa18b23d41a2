"""What a stranger writes for models of their own."""

import django_filters
from django.db.models import Count

import exports
from tests.engine.models import Order, Sample


class OrderFilters(django_filters.FilterSet):
    """django-filter as it comes: ranges, several values, a to-many relation with DISTINCT."""

    article = django_filters.CharFilter("lines__article", distinct=True)
    status = django_filters.MultipleChoiceFilter(choices=[("new", "New"), ("paid", "Paid"), ("sent", "Sent")])
    number = django_filters.RangeFilter()
    lenient = django_filters.BooleanFilter("removed")

    class Meta:
        model = Order
        fields = ["status"]


@exports.register(Order)
class OrderExport(exports.ModelExport):
    filterset_class = OrderFilters
    scope_field = "tenant"
    columns = [
        "number",
        "status",
        exports.Column("customer", source="customer__email"),
        exports.Column("lines", source=Count("lines")),
    ]
    ordering = ["number", "pk"]


def shout(order) -> str:
    return f"={order.status.upper()}!"


@exports.register(Order)
class ComputedExport(exports.ModelExport):
    """A column that no expression can say."""

    name = "computed-orders"
    scope_field = "tenant"
    columns = [
        "number",
        exports.Column("shout", source=lambda order: shout(order)),
        "customer_id",
    ]

    def get_queryset(self):
        return Order.everything.select_related("customer").prefetch_related("lines")


@exports.register(Sample)
class SampleExport(exports.ModelExport):
    scope_field = "owner"
    columns = Sample.VALUES


@exports.register(Sample)
class SampleValuesComputed(exports.ModelExport):
    """The same values, each by Python: the bytes must be the same."""

    name = "computed-samples"
    scope_field = "owner"
    columns = [
        exports.Column(name, source=lambda sample, name=name: getattr(sample, name)) for name in Sample.VALUES
    ]
