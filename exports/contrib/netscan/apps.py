from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetscanConfig(AppConfig):
    name = "exports.contrib.netscan"
    label = "netscan"
    verbose_name = _("network scans")
    default_auto_field = "django.db.models.BigAutoField"
