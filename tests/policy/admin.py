from django.contrib import admin

import exports
from tests.policy.models import Contact


@admin.register(Contact)
class ContactAdmin(exports.ExportActionMixin, exports.OwnRowsMixin, admin.ModelAdmin):
    tenant_field = "owner"
