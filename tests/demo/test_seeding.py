"""seeding.seed(): the same rows everywhere, of one tenant, that make sense together."""

import hashlib
import itertools
import json

import pytest
from django.db import connection
from django.db.models import F

import exports
from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan
from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping
from exports_project.demo import nasty, seeding
from exports_project.demo.seeding import Counts, seed
from tests.dataset_door import download

MODELS = (AgentConfig, PhoneNumberMapping, CallLog, LiveKitEvent, Network, Scan, Host, Port, Alert)
SOME = Counts(agents=10, phone_numbers=20, calls=300, events=100, hosts=70)

# Of SOME with seed 1 for user-123. The same literal for both databases, every Python and every day.
DIGEST = "161e7635ed8d02a01c008f79a0d828e4ec2576ff4cb7c00c7818d9d0f096614e"


def rows(model) -> list[dict[str, object]]:
    """All values, with integer keys counted from the first one: a sequence does not go back between tests."""
    found = list(model.objects.order_by("pk").values())
    for name in ("id", "network_id", "scan_id", "host_id", "latest_scan_id"):
        keys = [row[name] for row in found if isinstance(row.get(name), int)]
        for row in found:
            if isinstance(row.get(name), int):
                row[name] -= min(keys)
    return found


def digest() -> str:
    # Keys of JSON sorted: jsonb keeps an order of its own.
    text = json.dumps([rows(model) for model in MODELS], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def test_it_works(user):
    seed(user.pk, SOME)
    assert digest() == DIGEST
    counted = {kind: model.objects.filter(user=user).count() for kind, model in seeding.MODELS.items()}
    assert counted == SOME.asked()
    assert all(model.objects.filter(user=user).exists() for model in MODELS)


def test_another_seed_or_another_user_has_other_rows(user, stranger):
    seed(user.pk, Counts(calls=20))
    seed(user.pk, Counts(calls=20), seed=2)
    seed(stranger.pk, Counts(calls=20))
    assert CallLog.objects.values("livekit_room_name", "started_at").distinct().count() == 60


def test_rows_of_two_tenants_never_refer_to_each_other(user, stranger):
    for tenant in (user, stranger):
        seed(tenant.pk, SOME)
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if field.is_relation and field.name != "user":
                strange = model.objects.exclude(**{f"{field.name}__isnull": True})
                assert not strange.exclude(**{f"{field.name}__user": F("user")}).exists(), (
                    f"{model} {field.name}"
                )
    assert CallLog.objects.filter(agent__isnull=False, user=stranger).exists()


def test_the_same_seed_again_adds_rows(user):
    seed(user.pk, SOME)
    seed(user.pk, SOME)
    assert CallLog.objects.count() == 2 * SOME.calls
    assert Host.objects.count() == 2 * SOME.hosts


def test_in_blocks_or_at_once_makes_no_difference(user, monkeypatch):
    monkeypatch.setattr(seeding, "BLOCK", 7)
    seed(user.pk, SOME)
    assert digest() == DIGEST


def test_nasty_cells_are_among_them(user):
    seed(user.pk, Counts(calls=len(nasty.TEXTS) * 2, events=len(nasty.TEXTS) * 2), nasty_every=2)
    stored = set(CallLog.objects.values_list("recording_url", flat=True))
    assert stored >= set(nasty.TEXTS) | {None}
    assert set(LiveKitEvent.objects.values_list("room_name", flat=True)) >= {
        *nasty.FORMULAS,
        *nasty.HIDDEN_FORMULAS,
    }
    documents = list(CallLog.objects.values_list("metadata", flat=True))
    assert all(document in documents for document in [*nasty.DOCUMENTS, None])


def test_every_fiftieth_row_is_nasty(user):
    seed(user.pk, Counts(calls=150))
    ordinary = CallLog.objects.filter(
        livekit_room_name__regex=r"^(support|sales|survey|reminder)-[0-9a-f]{8}$"
    )
    assert ordinary.count() == 147


@pytest.mark.parametrize("counts", [SOME, Counts(agents=12, phone_numbers=30, calls=2_000, hosts=120)])
def test_every_file_begins_with_an_ordinary_row(user, client, counts):
    """It is what a newcomer sees first, and a nasty cell there looks like a fault."""
    seed(user.pk, counts)
    scan = {"scan_id": str(Scan.objects.earliest("pk").pk)}
    for name in ("calls", "agents", "phone-numbers", "events", "scans", "alerts", "hosts"):
        parameters = scan if name == "scans" else {}
        for row in download(client, f"/api/exports/{name}", user, **parameters).rows[:3]:
            cells = {exports.unescape_formula(cell) for cell in row.values()} - {""}
            assert not cells & set(nasty.TEXTS), name
            assert all(cell.isascii() and cell.isprintable() for cell in cells), name


def test_null_and_the_empty_string_both_occur(user):
    seed(user.pk, Counts(calls=300))
    assert CallLog.objects.filter(sip_call_id__isnull=True).exists()
    assert CallLog.objects.filter(sip_call_id="").exists()


def test_calls_make_sense(user):
    seed(user.pk, Counts(agents=3, calls=500))
    assert set(CallLog.objects.values_list("outcome", flat=True)) == {*CallLog.Outcome.values, None}
    for call in CallLog.objects.all():
        assert (call.status == "active") == (call.ended_at is None) == (call.outcome is None)
        assert call.ended_at is None or call.ended_at >= call.started_at
        assert call.cost is None or call.duration
    assert {moment.year for moment in CallLog.objects.values_list("started_at", flat=True)} == {2024, 2025}


def test_events_are_chains_of_a_room(user):
    seed(user.pk, Counts(calls=200, events=200), nasty_every=10_000)
    rooms = set(CallLog.objects.values_list("livekit_room_name", flat=True))
    events = LiveKitEvent.objects.order_by("timestamp")
    chains = {}
    for event in events:
        chains.setdefault(event.room_name, []).append(event.event)
    whole = [chain for chain in chains.values() if chain[-1] == "room_finished"]
    assert len(whole) > 10
    assert {chain[0] for chain in whole} == {"room_started"}
    assert len(rooms & chains.keys()) > 10


def test_hosts_come_with_networks_scans_ports_and_alerts(user):
    seed(user.pk, Counts(hosts=120))
    assert Network.objects.count() == 3
    assert Scan.objects.filter(status="running", ports=None).count() == 3
    assert set(Host.objects.values_list("is_pingable", flat=True)) == {True, False, None}
    assert set(Alert.objects.values_list("alert_type", flat=True)) == set(Alert.Type.values)
    assert not Port.objects.filter(first_seen__gt=F("last_seen")).exists()
    assert not Port.objects.exclude(scan__network=F("host__network")).exists()


def test_progress_tells_how_far_it_is(user, monkeypatch):
    monkeypatch.setattr(seeding, "BLOCK", 40)
    heard = []
    seed(user.pk, Counts(agents=1, calls=100), progress=lambda *report: heard.append(report))
    assert heard == [("agents", 1, 1), ("calls", 40, 100), ("calls", 80, 100), ("calls", 100, 100)]


def test_memory_stays_flat_under_debug(user, monkeypatch, settings):
    """Django keeps the queries of a DEBUG process; a million rows must not be among them."""
    settings.DEBUG = True
    monkeypatch.setattr(seeding, "BLOCK", 10)
    seed(user.pk, Counts(calls=200, hosts=60))
    assert len(connection.queries_log) < 5


@pytest.mark.parametrize("kind", list(seeding.MODELS))
def test_rows_are_made_one_by_one(kind):
    """A generator, not a list: the first rows of a million cost nothing."""
    batch = seeding.Batch(seed=1, user_id="user-123", kind=kind, first=0, count=1_000_000_000)
    if kind == "hosts":
        made = seeding.netscan.findings(batch, set())
    elif kind in ("agents", "events"):
        made = seeding._rows(batch)
    else:
        made = getattr(seeding.telephony, kind)(batch, [])
    assert len(list(itertools.islice(made, 3))) == 3
