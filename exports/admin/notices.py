"""Mails and webhooks in the admin: to be read; what can be done is to switch off, and to send again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..history import may_see_all
from ..jobs import storage
from ..models import ExportMail, Webhook, WebhookDelivery
from ..notices import control
from .read_only import NoticesAdmin
from .records import pretty


@admin.register(ExportMail)
class ExportMailAdmin(NoticesAdmin):
    """The mails about one's own jobs and schedules, or everybody's."""

    list_display = (
        *("created_at", "kind", "recipient", "user", "status", "attempts", "unsure"),
        *("due_at", "sent_at", "error"),
    )
    list_filter = ("status", "kind")
    search_fields = ("user", "recipient", "=id", "=job__id", "=schedule__id")
    search_help_text = _("User or recipient, or part of it; or the whole id of a mail, a job or a schedule.")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = (
        *("id", "kind", "user", "recipient", "language", "job", "schedule"),
        *("status", "attempts", "unsure", "created_at", "due_at", "sent_at", "error"),
    )
    readonly_fields = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportMail]:
        mails = ExportMail.objects.primary().order_by(*self.ordering)
        return mails if may_see_all(request.user) else mails.filter(user=str(request.user.pk))


@admin.register(Webhook)
class WebhookAdmin(NoticesAdmin):
    """One's own webhooks, or everybody's. They are made on their page, where the secret is shown once."""

    actions = ("switch_off",)
    list_display = ("url", "user", "is_active", "shown_events", "error", "created_at")
    list_filter = ("is_active",)
    search_fields = ("user", "url", "=id")
    search_help_text = _("User or URL, or part of it; or a whole id.")
    ordering = ("-created_at", "-id")
    fields = ("id", "url", "user", "is_active", "shown_events", "error", "rotated_at", "created_at")
    readonly_fields = ("id", "shown_events", "error", "rotated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return control.reachable_webhooks(request.user).order_by(*self.ordering)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return storage.is_configured() and admin.ModelAdmin.has_delete_permission(self, request, obj)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return may_change_webhooks(request)

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        control.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:  # a job of its user may be about to tell it
            control.delete(webhook)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The log of its messages goes with it, though nobody may delete that by itself."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, needed & {self.opts.verbose_name}, protected

    @admin.action(description=_("Switch off"), permissions=["switch"])
    def switch_off(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        for webhook in webhooks.filter(is_active=True):
            Webhook.objects.primary().filter(pk=webhook.pk).update(is_active=False)
            self.log_change(request, webhook, "Switched off.")

    @admin.display(description=_("events"))
    def shown_events(self, webhook: Webhook) -> str:
        return ", ".join(webhook.events) or "*"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(NoticesAdmin):
    """The messages to one's own webhooks, or to everybody's, with each attempt."""

    actions = ("send_again",)
    list_display = (
        *("created_at", "event", "webhook", "status", "attempts", "unsure"),
        *("due_at", "sent_at", "error"),
    )
    list_filter = ("status", "event")
    list_select_related = ("webhook",)
    search_fields = ("webhook__user", "webhook__url", "=id", "=job_id")
    search_help_text = _("User or URL, or part of it; or the whole id of a message or a job.")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = (
        *("id", "webhook", "event", "job_id", "payload", "status", "shown_log"),
        *("attempts", "unsure", "created_at", "due_at", "sent_at", "error"),
    )
    readonly_fields = ("id", "shown_log")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        deliveries = WebhookDelivery.objects.primary().order_by(*self.ordering)
        own = deliveries.filter(webhook__user=str(request.user.pk))
        return deliveries if may_see_all(request.user) else own

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return may_change_webhooks(request)

    @admin.action(description=_("Send again"), permissions=["switch"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        count = sum(control.send_again(delivery) for delivery in deliveries)
        text = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("attempts, one by one"))
    def shown_log(self, delivery: WebhookDelivery) -> str:
        return pretty(delivery.log)


def may_change_webhooks(request: HttpRequest) -> bool:
    """Who may change webhooks may have their messages sent again."""
    return request.user.has_perm("exports.change_webhook")
