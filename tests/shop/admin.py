"""The app's pages in the admin, with the engine's action."""

from django.contrib import admin

import exports
from tests.shop.models import Product


@admin.register(Product)
class ProductAdmin(exports.ExportActionMixin, exports.OwnRowsMixin, admin.ModelAdmin):
    tenant_field = "shop__owner"
    list_display = ["name", "price", "supplier", "shop"]
    list_filter = ["in_stock"]
    list_select_related = ["shop", "supplier"]
    search_fields = ["name"]
