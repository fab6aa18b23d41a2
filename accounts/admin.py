"""Users and API keys in the admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms import APIKeyForm, UserForm
from accounts.models import APIKey, User

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:  # a mixin: the ModelAdmin stands behind it
    _Base = object


class GuardedHistoryMixin(_Base):
    """Who may not see the table learns of no id whether there is such a row: 403 for each.

    Django looks for the row first, and says of one that is missing that it is.
    """

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


@admin.register(User)
class UserAdmin(GuardedHistoryMixin, auth_admin.UserAdmin):  # type: ignore[type-arg]  # takes no argument at run time
    """Django's, with the id: offered (at random) when a user is made, read-only ever after."""

    form = UserForm
    list_display = ("username", "id", "email", "plan", "is_active", "is_staff")
    search_fields = ("username", "id", "first_name", "last_name", "email")
    fieldsets = (
        (None, {"fields": ("id",)}),
        *(auth_admin.UserAdmin.fieldsets or ()),
        (_("Exports"), {"fields": ("plan", "networks")}),
    )
    add_fieldsets = (
        (_("Tenant"), {"classes": ("wide",), "fields": ("id",)}),
        *auth_admin.UserAdmin.add_fieldsets,
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        readonly = list(super().get_readonly_fields(request, obj))
        return [*readonly, "id"] if obj else readonly

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A user's keys go along: that nobody may delete those alone is no reason to keep the user."""
        listed, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return listed, counts, lacking - {APIKey._meta.verbose_name}, protected


@admin.register(APIKey)
class APIKeyAdmin(GuardedHistoryMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Everybody's keys: to look at and to revoke. A new one is shown once, in the answer to its form.

    Whoever has a key is its user; so only superusers make keys for others.
    """

    form = APIKeyForm
    list_display = ("prefix", "name", "user", "state", "created_at", "expires_at", "last_used_at")
    list_filter = ("created_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username", "user__id")
    actions = ("revoke",)
    autocomplete_fields = ("user",)

    @admin.display(description=_("state"))
    def state(self, key: APIKey) -> str:
        return str(key.state.label)

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> list[Any]:
        shown = ["name", "expires_at", "rate", "datasets", "networks"]
        if obj:
            return ["user", "prefix", *shown, "state", "created_at", "revoked_at", "last_used_at"]
        return ["user", *shown] if request.user.is_superuser else shown

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> list[str]:
        return ["user", "prefix", "state", "created_at", "revoked_at", "last_used_at"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        """A key is revoked, not deleted: who looks back finds it. It goes with its user."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Not by the hash: an address such as `?hashed_key__startswith=…` would tell it piece by piece."""
        return not lookup.startswith("hashed_key") and super().lookup_allowed(lookup, value, request)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            # No other column: somebody may be revoking the key at this moment.
            obj.save(update_fields=form.changed_data)
            return
        if not request.user.is_superuser:
            obj.user = request.user  # type: ignore[assignment]  # signed in, or not here
        names = ("user", "name", "expires_at", "rate", "datasets", "networks")
        made, text = APIKey.objects.issue(**{name: getattr(obj, name) for name in names})
        obj.pk, obj.prefix = made.pk, made.prefix
        request.made_key = text  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None) -> Any:
        """The page that shows the key. Not a message: those wait in a cookie until they are read."""
        context = self.admin_site.each_context(request)
        text: str = request.made_key  # type: ignore[attr-defined]
        context |= {"title": _("API key"), "opts": self.opts, "key": obj, "text": text}
        context["may_look"] = self.has_view_or_change_permission(request)
        response = TemplateResponse(request, "admin/accounts/apikey/made.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.action(description=_("Revoke selected API keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> HttpResponseBase | None:
        for key in queryset:
            key.revoke()
        number = len(queryset)
        text = ngettext("%(number)s API key is revoked.", "%(number)s API keys are revoked.", number)
        self.message_user(request, text % {"number": number}, messages.SUCCESS)
        return None
