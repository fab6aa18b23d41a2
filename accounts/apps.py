from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, and the ways in which they prove who they are."""

    name = "accounts"
    verbose_name = _("accounts")

    def ready(self) -> None:
        from accounts.api import schema  # noqa: F401  registers the credentials with the OpenAPI document
