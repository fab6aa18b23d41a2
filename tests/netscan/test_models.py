"""What the network tables keep, and what goes with what."""

import pytest
from django.db import IntegrityError, transaction

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan

from .conftest import DATA

pytestmark = pytest.mark.django_db
MODELS = (Network, Scan, Host, Port, Alert)


@pytest.fixture
def imported(user, run_import) -> None:
    run_import(DATA / "localhost.xml", user)


@pytest.mark.parametrize("model", MODELS)
def test_a_tenants_rows_go_with_the_tenant(model, imported, user, stranger, run_import):
    run_import(DATA / "localhost.xml", stranger)
    user.delete()
    assert set(model.objects.values_list("user", flat=True)) == {stranger.pk}


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (Network, {"Alert": 2}),
        (Scan, {"Network": 1, "Host": 1, "Alert": 2}),
        (Host, {"Network": 1, "Scan": 1, "Port": 3, "Alert": 2}),
        (Port, {"Network": 1, "Scan": 1, "Host": 1, "Alert": 2}),
    ],
)
def test_what_goes_with_what(gone, left, imported):
    gone.objects.all().delete()
    assert {model.__name__: model.objects.count() for model in MODELS if model.objects.exists()} == left


@pytest.mark.parametrize("model", [Network, Scan, Host, Port])
def test_what_stands_once(model, imported):
    twin = model.objects.first()
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Network, "127.0.0.1"),
        (Scan, "#{pk} 2026-11-22 21:50"),
        (Host, "127.0.0.1"),
        (Port, "127.0.0.1 8022/tcp"),
        (Alert, "new_port 127.0.0.1 8022"),
    ],
)
def test_names_for_people(model, text, imported):
    found = model.objects.first()
    assert str(found) == text.format(pk=found.pk)
