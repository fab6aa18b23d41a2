"""Rows in the admin that people read, and only the engine writes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..jobs import storage


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no argument at run time
    """Nothing can be added, changed or deleted, whoever it is."""

    actions: Any = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NoticesAdmin(ReadOnlyAdmin):
    """What jobs and schedules leave behind. Where there are no jobs there is nothing to be seen."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return storage.is_configured() and super().has_view_permission(request, obj)
