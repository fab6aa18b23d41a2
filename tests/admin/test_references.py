"""Forms offer own rows; what a row refers to already is kept, and not named."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

import exports
from exports.contrib.telephony.admin import CallLogAdmin
from exports.contrib.telephony.models import CallLog
from exports.scope import own_rows
from tests.admin.door import changelist
from tests.api import rows


def form_of(client: Any, path: str) -> Any:
    return client.get(path).context["adminform"].form


def sent(form: Any) -> dict[str, Any]:
    """What a browser sends of this form."""
    found = {}
    for bound in form:
        parts = zip([bound.html_name], [bound.value()], strict=True)
        if hasattr(bound.field.widget, "widgets"):
            values = bound.field.widget.decompress(bound.value())
            parts = ((f"{bound.html_name}_{number}", value) for number, value in enumerate(values))
        found |= {name: "" if value is None else value for name, value in parts}
    return found


@pytest.fixture
def call(staff, stranger) -> CallLog:
    """A call of mine with an agent of theirs."""
    return rows.call(staff, agent=rows.agent(stranger, name="theirs"))


@pytest.mark.parametrize("raw", [True, False])
def test_what_is_referred_to_is_kept(client, call, monkeypatch, raw):
    if not raw:
        monkeypatch.setattr(CallLogAdmin, "raw_id_fields", ("user",))
    path = f"{changelist('calls')}{call.pk}/change/"
    page = client.get(path)
    assert "theirs" not in page.text
    fields = sent(page.context["adminform"].form) | {"phone_number": "+4930555", "metadata": "{}"}
    answer = client.post(path, fields)
    assert answer.status_code == 302, answer.context["errors"]
    saved = CallLog.objects.get()
    assert (saved.phone_number, saved.agent_id) == ("+4930555", call.agent_id)


def test_another_one_of_theirs_is_no_choice(client, call, stranger, staff):
    path = f"{changelist('calls')}{call.pk}/change/"
    fields = sent(form_of(client, path)) | {"metadata": "{}"}
    other, own = rows.agent(stranger, name="theirs too"), rows.agent(staff)
    refused = client.post(path, fields | {"agent": other.pk})
    assert refused.context["adminform"].form.errors["agent"]
    assert "theirs" not in refused.text
    assert client.post(path, fields | {"agent": own.pk}).status_code == 302
    assert CallLog.objects.get().agent == own


def test_a_kept_one_is_for_its_own_row(client, call, staff):
    """What one row refers to is no choice for another one."""
    other = rows.call(staff)
    client.get(f"{changelist('calls')}{call.pk}/change/")
    path = f"{changelist('calls')}{other.pk}/change/"
    fields = sent(form_of(client, path)) | {"metadata": "{}", "agent": call.agent_id}
    assert client.post(path, fields).context["adminform"].form.errors["agent"]


@pytest.fixture
def members(staff, rf) -> tuple[Any, Any]:
    """A site where staff see one of the two groups that they are in; and a request of theirs."""

    class GroupAdmin(exports.OwnRowsMixin, admin.ModelAdmin):
        def get_queryset(self, request):
            return Group.objects.filter(name="mine")

    class UserAdmin(exports.OwnRowsMixin, admin.ModelAdmin):
        tenant_field = "pk"
        fields = ("groups",)

        def has_change_permission(self, request, obj=None):
            return True

    site = admin.AdminSite()
    site.register(Group, GroupAdmin)
    site.register(get_user_model(), UserAdmin)
    staff.groups.add(*(Group.objects.create(name=name) for name in ("mine", "theirs")))
    Group.objects.create(name="theirs too")
    request = rf.get("/")
    request.user = staff
    return site.get_model_admin(get_user_model()), request


def test_many_to_many(members, staff):
    model_admin, request = members
    added = model_admin.get_form(request)()
    assert [label for _, label in added.fields["groups"].choices] == ["mine"]


def test_many_to_many_of_a_row(members, staff):
    model_admin, request = members
    row = model_admin.get_object(request, staff.pk)
    mine, theirs, other = Group.objects.order_by("pk")
    form_class = model_admin.get_form(request, row, change=True)
    form = form_class(instance=row)
    assert "theirs" not in str(form)
    assert sorted(group.pk for group in form.initial["groups"]) == [mine.pk, theirs.pk]
    assert form_class({"groups": [theirs.pk]}, instance=row).is_valid()
    assert not form_class({"groups": [other.pk]}, instance=row).is_valid()


def test_whose_rows_is_found_out_once(client, staff, settings, monkeypatch):
    asked = []

    def resolver(user: Any, requested: str | None) -> Any:
        asked.append(requested)
        return own_rows(user, requested)

    monkeypatch.setattr("tests.admin.test_references.resolver", resolver, raising=False)
    settings.EXPORTS = settings.EXPORTS | {"SCOPE_RESOLVER": "tests.admin.test_references.resolver"}
    alert = rows.alert(staff, network=rows.network(staff))
    assert client.get(f"/admin/netscan/alert/{alert.pk}/change/").status_code == 200
    assert asked == ["*", None]
