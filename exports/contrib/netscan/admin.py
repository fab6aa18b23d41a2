"""The network tables in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

import exports

from .models import Alert, Host, Network, Port, Scan


class NetscanAdmin(exports.OwnRowsMixin, exports.ExportActionMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Tables of millions of rows: a list counts what it finds once, and no whole table beside it."""

    show_full_result_count = False
    readonly_fields: ClassVar[tuple[str, ...]] = ("id",)

    @admin.display(description=_("network"), ordering="network")
    def own_network(self, row: Any) -> Network | None:
        """Empty for a network of another tenant than the row's, whose name is nobody else's business."""
        network: Network | None = row.network
        return network if network is not None and network.user_id == row.user_id else None


@admin.register(Network)
class NetworkAdmin(NetscanAdmin):
    list_display = ("name", "cidr", "created_at", "user")
    search_fields = ("name", "cidr")
    date_hierarchy = "created_at"
    ordering = ("name", "id")
    raw_id_fields = ("user",)
    list_select_related = ("user",)


@admin.register(Scan)
class ScanAdmin(NetscanAdmin):
    list_display = ("id", "own_network", "started_at", "finished_at", "status", "user")
    list_filter = ("status",)
    search_fields = ("arguments", "=sha256")
    date_hierarchy = "started_at"
    ordering = ("-started_at", "-id")
    readonly_fields = ("id", "sha256")
    raw_id_fields = ("user", "network")
    list_select_related = ("user", "network")


@admin.register(Host)
class HostAdmin(NetscanAdmin):
    list_display = (
        "ip",
        "hostname",
        "is_pingable",
        "os_guess",
        "own_network",
        "first_seen",
        "last_seen",
        "user",
    )
    list_filter = ("is_pingable",)
    search_fields = ("ip", "hostname", "os_guess")
    date_hierarchy = "last_seen"
    ordering = ("-id",)
    raw_id_fields = ("user", "network", "latest_scan")
    list_select_related = ("user", "network")


@admin.register(Port)
class PortAdmin(NetscanAdmin):
    list_display = (
        *("ip", "port", "protocol", "service", "state", "scan_id", "first_seen", "last_seen", "user"),
    )
    list_filter = ("state",)
    search_fields = ("ip", "service", "=port")
    date_hierarchy = "last_seen"
    ordering = ("-id",)
    raw_id_fields = ("user", "scan", "host")
    list_select_related = ("user",)


@admin.register(Alert)
class AlertAdmin(NetscanAdmin):
    list_display = ("created_at", "alert_type", "ip", "port", "own_network", "acknowledged", "user")
    list_filter = ("alert_type", "acknowledged")
    search_fields = ("ip", "=port")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    raw_id_fields = ("user", "network", "host")
    list_select_related = ("user", "network")
