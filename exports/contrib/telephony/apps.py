from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TelephonyConfig(AppConfig):
    name = "exports.contrib.telephony"
    label = "telephony"
    verbose_name = _("telephony")
    default_auto_field = "django.db.models.BigAutoField"
