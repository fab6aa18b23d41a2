"""The filters of the network exports."""

from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter
from django_filters.fields import ChoiceField

from exports import filters

from .models import Alert, Host, Network


class ScanFilterSet(filters.ExportFilterSet):
    scan_id = filters.IntegerFilter(
        field_name="scan_id", label=_("Scan"), help_text=_("The scan's id, a number."), required=True
    )


class AlertFilterSet(filters.ExportFilterSet):
    type = filters.ChoiceFilter(field_name="alert_type", choices=Alert.Type.choices)
    acknowledged = filters.BooleanFilter("acknowledged")


class NetworkFilter(filters.IntegerFilter):
    """Hosts of one network, by its id; another tenant's network is as good as none.

    The host's tenant is compared with the network's in a subquery that runs once: a join would lose the
    order of the index.
    """

    def filter(self, qs: QuerySet[Host], value: int | None) -> QuerySet[Host]:
        if value is None:
            return qs
        owner = Network.objects.filter(pk=value).values("user")[:1]
        return qs.filter(network_id=value, user=Subquery(owner))


class StatusField(ChoiceField):
    """`up`, `down` or `unknown`, or the value of `is_pingable` that each stands for, in any case."""

    SYNONYMS = {"true": "up", "false": "down", "null": "unknown"}

    def to_python(self, value: object) -> str:
        text = str(super().to_python(value)).lower()
        return self.SYNONYMS.get(text, text)


class StatusFilter(ChoiceFilter):
    """Hosts that are up, down or neither known to be."""

    field_class = StatusField
    IS_PINGABLE = {"up": True, "down": False, "unknown": None}

    def filter(self, qs: QuerySet[Host], value: str) -> QuerySet[Host]:
        return qs.filter(is_pingable=self.IS_PINGABLE[value]) if value else qs


class HostFilterSet(filters.ExportFilterSet):
    network_id = NetworkFilter(label=_("Network"), help_text=_("The network's id, a number."))
    status = StatusFilter(
        label=_("Status"), choices=[("up", _("Up")), ("down", _("Down")), ("unknown", _("Unknown"))]
    )
