"""ModelAdmins as strangers write them, each with something of its own in the mixin's way."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ActionLocation
from django.db.models import Count, F
from django.http import HttpResponse
from django.test.utils import isolate_apps
from django.urls import path

import exports
from exports.admin import ExportLogAdmin
from exports.models import ExportLog
from tests.engine.models import Line, Order, Sample

with isolate_apps("tests.engine"):

    class PaidOrder(Order):
        """A proxy: the same table under another name."""

        class Meta:
            app_label = "engine"
            proxy = True


site = admin.AdminSite(name="strangers")
site.register(ExportLog, ExportLogAdmin)


@admin.register(Order, site=site)
class OrderAdmin(exports.ExportActionMixin, admin.ModelAdmin):
    """Every hook that the mixin uses, annotations, and a search over a to-many relation."""

    list_display = ("number", "status", "line_count", "customer_email")
    list_filter = ("status",)
    search_fields = ("lines__article",)
    change_form_template = "own_change_form.html"

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(lines_found=Count("lines"))

    @admin.display(ordering="lines_found")
    def line_count(self, order) -> int:
        return order.lines_found

    @admin.display(ordering=F("customer__email").desc())
    def customer_email(self, order) -> str:
        return order.customer.email

    @admin.action(description="Pack")
    def pack(self, request, queryset) -> HttpResponse:
        return HttpResponse(f"packed {queryset.count()}")

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST) -> Any:
        actions = super().get_actions(request, action_location=action_location)
        pack = self.get_action("pack", action_location)
        return actions | ({"pack": pack} if pack else {})

    def get_urls(self):
        return [path("own/", self.admin_site.admin_view(self.own), name="own"), *super().get_urls()]

    def own(self, request) -> HttpResponse:
        return HttpResponse("own page")

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {**(extra_context or {}), "title": "Own title"})


@admin.register(PaidOrder, site=site)
class PaidOrderAdmin(exports.ExportActionMixin, admin.ModelAdmin):
    list_display = ("number",)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(status="paid")


@admin.register(Sample, site=site)
class SampleAdmin(exports.ExportActionMixin, admin.ModelAdmin):
    """Nobody exports from here: actions are switched off."""

    actions = None


@admin.register(Line, site=site)
class LineAdmin(exports.ExportActionMixin, admin.ModelAdmin):
    """A model that nothing exports."""
