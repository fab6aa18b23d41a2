"""The network datasets."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

import exports

from . import filters
from .models import Alert, Host, Network, Port, Scan

_NETWORK = _("The name of the network that it is in.")


def _network_name() -> Subquery:
    """The name of a row's network; NULL if that is another tenant's."""
    own = Network.objects.filter(pk=OuterRef("network_id"), user=OuterRef("user"))
    return Subquery(own.values("name"))


def _scans() -> QuerySet[Scan]:
    """Those in networks of their own tenant: only their names are the tenant's to see."""
    return Scan.objects.filter(network__user=F("user"))


@exports.register(Port)
class ScanExport(exports.ModelExport):
    """The file has no column for the state of a port, so it holds the open ones."""

    name = "scans"
    description = _("The open ports that one scan found.")
    filterset_class = filters.ScanFilterSet
    scope_field = "user"
    columns = [
        exports.Column("IP", "ip"),
        exports.Column("Port", "port"),
        exports.Column("Protocol", "protocol"),
        exports.Column("Service", "service"),
        exports.Column("First Seen", "first_seen"),
        exports.Column("Last Seen", "last_seen"),
    ]
    searches = {
        "scan_id": exports.Search(
            rows=_scans,
            scope_field="user",
            fields=["network__name", "network__cidr"],
            notes=["started_at"],
            ordering=["-started_at"],
        )
    }
    ordering = ("id",)

    def get_queryset(self) -> QuerySet[Port]:
        return Port.objects.filter(state=Port.State.OPEN)

    def clean(self, filters: Mapping[str, Any], scope: exports.Scope) -> None:
        """Raises ObjectNotFound for a scan that is not the tenant's."""
        if not scope.filter(Scan.objects.filter(pk=filters["scan_id"]), "user").exists():
            raise exports.ObjectNotFound("scan_id")

    def get_filename(self, filters: Mapping[str, Any]) -> str:
        return f"scan_{filters['scan_id']}"


@exports.register(Alert)
class AlertExport(exports.ModelExport):
    name = "alerts"
    description = _("Alerts about ports that are new, not allowed or blocked.")
    filterset_class = filters.AlertFilterSet
    scope_field = "user"
    columns = [
        exports.Column("Alert Type", "alert_type"),
        exports.Column("IP", "ip"),
        exports.Column("Port", "port"),
        exports.Column("Network", _network_name(), description=_NETWORK),
        exports.Column(
            "Status",
            Case(When(acknowledged=True, then=Value("Acknowledged")), default=Value("Open")),
            description=_("Acknowledged once somebody has seen to it, else Open."),
        ),
        exports.Column("Created At", "created_at"),
    ]
    created_field = "created_at"
    ordering = ("created_at", "id")


def _number(ports: QuerySet[Port]) -> Coalesce:
    """The number of open ones among these ports of a host; a subquery, and no query a row."""
    mine = ports.filter(host=OuterRef("pk"), user=OuterRef("user"), state=Port.State.OPEN).order_by()
    return Coalesce(Subquery(mine.values("host").annotate(number=Count("pk")).values("number")), 0)


@exports.register(Host)
class HostExport(exports.ModelExport):
    name = "hosts"
    description = _("Hosts, whether they are up, and how many ports they have open.")
    filterset_class = filters.HostFilterSet
    scope_field = "user"
    columns = [
        exports.Column("IP", "ip"),
        exports.Column("Hostname", "hostname"),
        exports.Column(
            "Status",
            Case(
                When(is_pingable=True, then=Value("Up")),
                When(is_pingable=False, then=Value("Down")),
                default=Value("Unknown"),
            ),
            description=_("Whether it answers: Up, Down or Unknown."),
        ),
        exports.Column("OS Guess", "os_guess"),
        exports.Column("First Seen", "first_seen"),
        exports.Column("Last Seen", "last_seen"),
        exports.Column(
            "Open Ports Count",
            # Two subqueries, of which each host runs one: with OR in one of them the index would not serve.
            Case(
                When(latest_scan__isnull=True, then=_number(Port.objects.all())),
                default=_number(Port.objects.filter(scan=OuterRef("latest_scan"))),
            ),
            description=_("How many ports its latest scan found open."),
        ),
        exports.Column("Network", _network_name(), default=False, description=_NETWORK),
    ]
    searches = {"network_id": exports.Search(rows=Network, scope_field="user", fields=["name", "cidr"])}
    ordering = ("id",)
