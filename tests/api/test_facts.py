"""The facts that scripts may rely on: where the models are, their ids, their fields, their tenant."""

import re
import uuid

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.module_loading import import_string

from exports.registry import registry
from tests.api.rows import HEADERS

TELEPHONY = ["CallLog", "AgentConfig", "PhoneNumberMapping", "LiveKitEvent"]
NETSCAN = ["Network", "Scan", "Host", "Port", "Alert"]
MODELS = [
    *(f"exports.contrib.telephony.models.{name}" for name in TELEPHONY),
    *(f"exports.contrib.netscan.models.{name}" for name in NETSCAN),
]

# What no header's name leads to: a value made of another field, or of other rows.
DERIVED = {
    ("alerts", "Status"): "acknowledged",
    ("hosts", "Status"): "is_pingable",
    ("hosts", "Open Ports Count"): None,
}

EXPORTED = {
    "calls": "telephony.models.CallLog",
    "agents": "telephony.models.AgentConfig",
    "phone-numbers": "telephony.models.PhoneNumberMapping",
    "events": "telephony.models.LiveKitEvent",
    "scans": "netscan.models.Port",
    "alerts": "netscan.models.Alert",
    "hosts": "netscan.models.Host",
}


def snake_case(header: str) -> str:
    """`livekitRoomName` and `First Seen` -> `livekit_room_name`, `first_seen`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", header.replace(" ", "_")).replace("__", "_").lower()


def names(model: type[models.Model]) -> set[str]:
    """Fields and, for relations, their columns: `agent_config` and `agent_config_id`."""
    return {name for field in model._meta.concrete_fields for name in (field.name, field.attname)}


def test_all_models_of_the_datasets_are_among_them():
    found = {f"{model.__module__.rsplit('.', 1)[0]}.{model.__name__}" for app in ("telephony", "netscan")
             for model in apps.get_app_config(app).get_models()}  # fmt: skip
    assert found == set(MODELS)


@pytest.mark.parametrize("path", MODELS)
def test_the_tenant_is_the_field_user(path):
    field = import_string(path)._meta.get_field("user")
    assert isinstance(field, models.ForeignKey)
    assert field.related_model is get_user_model()
    assert not field.null


@pytest.mark.django_db
@pytest.mark.parametrize("dataset", EXPORTED)
def test_ids(mine_and_theirs, dataset):
    """UUIDs in telephony, whole numbers in the network models, as the database gives them."""
    model = import_string(f"exports.contrib.{EXPORTED[dataset]}")
    wanted = uuid.UUID if "telephony" in EXPORTED[dataset] else int
    found = model.objects.values_list("id", flat=True)
    assert found
    assert {type(value) for value in found} == {wanted}


@pytest.mark.django_db
def test_ids_of_networks_and_scans(mine_and_theirs):
    mine = mine_and_theirs[0]
    assert type(mine.network.id) is int
    assert type(mine.scan.id) is int


@pytest.mark.parametrize(
    ("dataset", "header"),
    [(dataset, header) for dataset, headers in HEADERS.items() for header in headers.split(",")],
)
def test_a_field_is_its_headers_snake_case(dataset, header):
    model = registry.get(dataset).model
    assert model is import_string(f"exports.contrib.{EXPORTED[dataset]}")
    field = DERIVED.get((dataset, header), snake_case(header))
    assert field is None or field in names(model)


@pytest.mark.parametrize("label", ["telephony", "netscan"])
def test_every_field_says_what_it_holds(label):
    """Pages, and later the schemas beside the files, describe columns by it."""
    fields = [
        field for model in apps.get_app_config(label).get_models() for field in model._meta.concrete_fields
    ]
    assert [str(field) for field in fields if not field.help_text and field.name != "id"] == []
