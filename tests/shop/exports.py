"""All that the app says about exports."""

import exports
from exports import filters
from tests.shop.models import Product


class ProductFilters(filters.ExportFilterSet):
    supplier = filters.CharFilter("supplier__name")
    in_stock = filters.BooleanFilter()


@exports.register(Product)
class ProductExport(exports.ModelExport):
    description = "Every product on the shelves, with its supplier."
    filterset_class = ProductFilters
    scope_field = "shop__owner"
    columns = [
        *("id", "name", "price", "in_stock"),
        exports.Column("supplier", source="supplier__name"),
        exports.Column("label", source=Product.label),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("shop")
