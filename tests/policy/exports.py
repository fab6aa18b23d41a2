"""Declarations that ask for something."""

import exports
from exports import filters, masks
from tests.policy.models import Contact


class ContactFilters(filters.ExportFilterSet):
    name = filters.CharFilter()


@exports.register(Contact)
class ContactExport(exports.ModelExport):
    """A column for everybody, one that is hidden, one masked with a permission of its own, two without."""

    scope_field = "owner"
    filterset_class = ContactFilters
    columns = [
        "name",
        exports.Column("salary", permission="policy.see_salaries"),
        exports.Column("phone", permission="policy.see_phones", mask=masks.phone_number),
        exports.Column("email", mask=masks.email_address),
        exports.Column("id", mask=lambda text: f"no. {len(text)} digits"),
    ]


@exports.register(Contact)
class ComputedContactExport(exports.ModelExport):
    """The same cells, but each by Python."""

    name = "computed-contacts"
    scope_field = "owner"
    columns = [
        exports.Column("name", source=lambda contact: contact.name),
        exports.Column("salary", source=lambda contact: contact.salary, permission="policy.see_salaries"),
        exports.Column(
            "phone",
            source=lambda contact: contact.phone,
            permission="policy.see_phones",
            mask=masks.phone_number,
        ),
        exports.Column("email", source=lambda contact: contact.email, mask=masks.email_address),
        exports.Column("id", source=lambda contact: contact.pk, mask=lambda text: f"no. {len(text)} digits"),
    ]


@exports.register(Contact)
class SecretExport(exports.ModelExport):
    """Asks for a permission that is not the model's, for a user's own rows as well."""

    name = "secrets"
    scope_field = "owner"
    permission = "policy.take_out_secrets"
    permission_for_own_rows = True
    columns = ["name"]


@exports.register(Contact)
class SensitiveExport(exports.ModelExport):
    name = "sensitive"
    scope_field = "owner"
    sensitive = True
    columns = ["name"]


@exports.register(Contact)
class LimitedExport(exports.ModelExport):
    name = "limited"
    scope_field = "owner"
    filterset_class = ContactFilters
    rate = "3/d"
    max_rows = 3
    columns = ["name"]
