"""Users in the admin."""

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):  # type: ignore[type-arg]  # takes no argument at run time
    """Django's, with the id: offered (at random) when a user is made, read-only ever after."""

    list_display = ("username", "id", "email", "is_active", "is_staff")
    search_fields = ("username", "id", "first_name", "last_name", "email")
    fieldsets = ((None, {"fields": ("id",)}), *(auth_admin.UserAdmin.fieldsets or ()))
    add_fieldsets = (
        (_("Tenant"), {"classes": ("wide",), "fields": ("id",)}),
        *auth_admin.UserAdmin.add_fieldsets,
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        readonly = list(super().get_readonly_fields(request, obj))
        return [*readonly, "id"] if obj else readonly
