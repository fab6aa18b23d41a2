"""The app's pages in the admin, with the engine's action. The list shows staff the products of all shops."""

from django.contrib import admin

import exports
from tests.shop.models import Product


@admin.register(Product)
class ProductAdmin(exports.ExportActionMixin, admin.ModelAdmin):
    list_display = ["name", "price", "supplier", "shop"]
    list_filter = ["in_stock"]
    list_select_related = ["shop", "supplier"]
    search_fields = ["name"]
