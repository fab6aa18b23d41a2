"""How often and how many rows: by plan, by dataset, by credential; and what the answer says of it."""

from itertools import count
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import APIKey
from exports import ModelExport
from exports.caller import Caller
from exports.exceptions import PlanUnknown
from exports.models import ExportLog
from exports.policy import rates
from exports.policy.limits import Limits, limits_for
from exports.rate import Rate
from exports.registry import registry
from tests.policy.doors import DOORS, refused
from tests.policy.models import Contact

pytestmark = pytest.mark.sqlite  # the counters are the cache's, and whose rows are counted other tests ask

CONTACTS, LIMITED = "/api/exports/contacts", "/api/exports/limited"


@pytest.fixture
def get(client, user):
    def get(path: str, key: str = "", method: str = "get"):
        headers = {"Authorization": f"Api-Key {key}"} if key else {"X-User-Id": user.pk}
        response = getattr(client, method)(path, headers=headers)
        if response.status_code == 200:
            b"".join(response)
        return response

    return get


@pytest.fixture
def on_plan(user, configure):
    """on_plan(RATE=…, …): the user has a plan that says this."""

    def on_plan(**plan: object) -> None:
        configure(PLANS={"own": plan})
        user.plan = "own"
        user.save()

    return on_plan


def statuses(get, path: str, times: int, key: str = "") -> list[int]:
    return [get(path, key).status_code for _ in range(times)]


PLANS = [
    # The plan; what counts for `contacts`, which says nothing itself; and for `limited`: 3/d, and 3 rows.
    ({}, (["100/h"], None), (["3/d"], 3)),
    ({"RATE": "1/d"}, (["1/d"], None), (["1/d", "3/d"], 3)),
    ({"RATE": "100/m"}, (["100/m"], None), (["100/m", "3/d"], 3)),
    # Fewer on average, but 80 in one day.
    ({"RATE": "80/30d"}, (["80/30d"], None), (["80/30d", "3/d"], 3)),
    ({"RATE": "3/24h"}, (["3/d"], None), (["3/d"], 3)),
    ({"RATE": None}, ([], None), (["3/d"], 3)),
    ({"MAX_ROWS": 2}, (["100/h"], 2), (["3/d"], 2)),
    ({"MAX_ROWS": 10}, (["100/h"], 10), (["3/d"], 3)),
    ({"MAX_ROWS": 0}, (["100/h"], 0), (["3/d"], 0)),
    ({"DATASETS": {"limited": {"RATE": "9/m", "MAX_ROWS": 90}}}, (["100/h"], None), (["9/m"], 90)),
    ({"DATASETS": {"limited": {"RATE": None, "MAX_ROWS": None}}}, (["100/h"], None), ([], None)),
    ({"RATE": "1/d", "DATASETS": {"contacts": {"RATE": "5/m"}}}, (["5/m"], None), (["1/d", "3/d"], 3)),
]


@pytest.mark.parametrize(("plan", "contacts", "limited"), PLANS)
def test_it_works(user, configure, on_plan, plan, contacts, limited):
    on_plan(**plan)
    configure(RATE="100/h")
    for name, (texts, max_rows) in (("contacts", contacts), ("limited", limited)):
        expected = Limits(rates=tuple(map(Rate.parse, texts)), max_rows=max_rows)
        assert limits_for(registry.get(name), user) == expected, name


def test_the_settings_count_where_there_is_no_plan(user, configure):
    configure(RATE="2/h", MAX_ROWS=7, PLANS={"free": {"RATE": "1/d", "MAX_ROWS": 1}})
    assert limits_for(registry.get("contacts"), user) == Limits(rates=(Rate(2, 3600),), max_rows=7)


@pytest.mark.parametrize("door", DOORS)
def test_a_plan_that_nobody_knows_is_refused_at_every_door(client, contact, as_staff, door):
    """It is no reason to allow what everybody may: that could be more."""
    as_staff.plan = "gold"
    as_staff.save()
    assert refused(client, as_staff, door, "contacts") == (3 if door == "command" else 403)
    record = ExportLog.objects.get()
    assert record.outcome == "denied"
    assert "plan" in record.error
    as_staff.plan = ""
    as_staff.save()
    assert DOORS[door](client, as_staff, "contacts", columns="name") == [["name"], ["Ada"]]


def test_a_plan_is_what_the_resolver_says(user, configure):
    """Somebody's user model may have a `plan` that is something else."""
    user.plan = "theirs"
    configure(TERMS_RESOLVER="exports.policy.terms.no_terms", RATE="2/h")
    assert limits_for(registry.get("contacts"), user).rates == (Rate(2, 3600),)
    configure(TERMS_RESOLVER="exports.policy.terms.own_terms")
    with pytest.raises(PlanUnknown):
        limits_for(registry.get("contacts"), user)


def test_datasets_whose_names_and_rates_run_together(user, configure):
    """`report` with 120/h and `report1` with 20/h: 120 and 1, 20 are the same digits."""
    caller = Caller(user=user, door=ExportLog.Door.API)
    definitions = [
        type("Declared", (ModelExport,), {"name": name, "rate": rate})()
        for name, rate in (("report", "120/h"), ("report1", "20/h"))
    ]
    for _ in range(3):
        rates.take(definitions[0], caller)
    assert rates.take(definitions[1], caller).count == 1


def test_the_rate_of_a_plan(get, on_plan):
    on_plan(RATE="2/d")
    assert statuses(get, CONTACTS, 3) == [200, 200, 429]
    assert statuses(get, "/api/exports/calls", 3) == [200, 200, 429]


@pytest.mark.parametrize(("plan", "allowed"), [("80/30d", 3), ("2/h", 2)])
def test_a_plan_and_a_dataset_count_both(get, on_plan, plan, allowed):
    on_plan(RATE=plan)
    assert statuses(get, LIMITED, 5) == [200] * allowed + [429] * (5 - allowed)
    assert headers(get(LIMITED))["Limit"] == str(allowed)


def test_another_plan_is_another_count(get, user, configure):
    configure(PLANS={"small": {"RATE": "1/d"}, "large": {"RATE": "3/d"}})
    user.plan = "small"
    user.save()
    assert statuses(get, CONTACTS, 2) == [200, 429]
    user.plan = "large"
    user.save()
    assert statuses(get, CONTACTS, 4) == [200, 200, 200, 429]


@pytest.mark.parametrize("door", DOORS)
def test_a_dataset_s_own_rate(client, contact, as_staff, door):
    if "preview" in door:  # which hands nothing out, and is not counted
        for _ in range(4):
            DOORS[door](client, as_staff, "limited")
        return
    for _ in range(3):
        assert DOORS[door](client, as_staff, "limited") == [["name"], ["Ada"]]
    assert refused(client, as_staff, door, "limited") == (3 if door == "command" else 429)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("number", [3, 4])
def test_the_row_limit(client, user, stranger, as_staff, door, number):
    Contact.objects.bulk_create(Contact(owner=user, name=str(n)) for n in range(number))
    Contact.objects.bulk_create(Contact(owner=stranger, name=str(n)) for n in range(9))
    if number == 3 or "preview" in door:  # a preview says how many there would be
        assert len(DOORS[door](client, as_staff, "limited")) == number + 1
        return
    assert refused(client, as_staff, door, "limited") == (3 if door == "command" else 413)
    assert DOORS[door](client, as_staff, "contacts", columns="name")


def test_too_many_rows_and_what_to_do_instead(get, user, on_plan):
    Contact.objects.bulk_create(Contact(owner=user, name=str(n)) for n in range(3))
    on_plan(MAX_ROWS=2)

    def detail(path: str) -> str:
        response = get(path)
        assert response.status_code == 413
        [error] = response.json()["errors"]
        assert error["code"] == "row_limit_exceeded"
        return error["detail"]

    assert detail(CONTACTS) == "The export has more than 2 rows, the limit. Narrow it with its filters: name."
    assert get(f"{CONTACTS}?name=1").status_code == 200
    assert "no filter" in detail("/api/exports/computed-contacts")
    assert "Ask whoever runs this service" in detail("/api/exports/computed-contacts")


# --- Credentials --------------------------------------------------------------------------------------------


@pytest.fixture
def issue(user):
    def issue(**fields: object) -> str:
        return APIKey.objects.issue(user=user, name="x", **fields)[1]

    return issue


def test_an_api_key_has_a_rate_of_its_own(get, issue):
    key, other = issue(rate="2/d"), issue(rate="2/d")
    assert statuses(get, CONTACTS, 3, key) == [200, 200, 429]
    assert statuses(get, "/api/exports/calls", 3, key) == [200, 200, 429]
    assert statuses(get, CONTACTS, 3, other) == [200, 200, 429]
    assert statuses(get, CONTACTS, 3) == [200] * 3
    assert ExportLog.objects.filter(outcome="denied").count() == 3


def test_a_key_counts_for_its_user_too(get, issue, configure):
    configure(RATE="3/d")
    key = issue(rate="100/d")
    assert statuses(get, CONTACTS, 2, key) == [200, 200]
    assert statuses(get, CONTACTS, 2) == [200, 429]
    assert get(CONTACTS, key).status_code == 429


def test_what_a_key_is_refused_is_not_taken_from_its_user(get, issue, configure):
    configure(RATE="3/d")
    key = issue(rate="1/d")
    assert statuses(get, CONTACTS, 9, key) == [200] + [429] * 8
    assert statuses(get, CONTACTS, 3) == [200, 200, 429]


def test_a_key_without_a_rate_is_as_its_user(get, issue, configure):
    configure(RATE="2/d")
    assert statuses(get, CONTACTS, 3, issue()) == [200, 200, 429]


def test_a_key_of_none_is_for_looking_alone(get, issue):
    key = issue(rate="0/d")
    assert get(CONTACTS, key).status_code == 429
    assert get("/api/exports/info", key).status_code == 200


# --- Headers ------------------------------------------------------------------------------------------------


def headers(response) -> dict[str, str]:
    return {
        name.removeprefix("RateLimit-"): value
        for name, value in response.items()
        if name.startswith("RateLimit-")
    }


def test_the_headers_tell_how_far_the_rate_is_used_up(get, configure):
    configure(RATE="2/h")
    seen = [headers(get(CONTACTS)) for _ in range(4)]
    assert [found["Remaining"] for found in seen] == ["1", "0", "0", "0"]
    for found in seen:
        assert (found["Limit"], found["Policy"]) == ("2", "2;w=3600")
        assert 0 <= int(found["Reset"]) <= 3600


def test_a_refusal_says_when_to_come_back(get, configure):
    configure(RATE="1/h")
    statuses(get, CONTACTS, 1)
    for _ in range(2):  # the one that is counted, and one that is turned away before
        refusal = get(CONTACTS)
        assert refusal.status_code == 429
        assert abs(int(refusal["Retry-After"]) - int(refusal["RateLimit-Reset"])) <= 1


def test_a_window_that_ends_while_it_is_counted(get, configure, monkeypatch):
    """The counter has answered: a second has passed from one look at the clock to the other."""
    configure(RATE="2/s")
    clock = count(1_700_000_000)
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: next(clock)))
    answer = get(CONTACTS)
    assert (answer.status_code, headers(answer)["Reset"]) == (200, "0")


def test_head_tells_without_counting(get, configure):
    configure(RATE="2/h")
    assert [headers(get(CONTACTS, method="head"))["Remaining"] for _ in range(3)] == ["2"] * 3
    statuses(get, CONTACTS, 1)
    assert headers(get(CONTACTS, method="head"))["Remaining"] == "1"


def test_of_two_rates_the_one_that_leaves_less(get, issue, configure):
    configure(RATE="5/h")
    key = issue(rate="9/m")
    assert headers(get(CONTACTS, key)) | {"Reset": ""} == {
        "Limit": "5",
        "Remaining": "4",
        "Reset": "",
        "Policy": "5;w=3600",
    }
    assert headers(get(CONTACTS, issue(rate="2/m")))["Policy"] == "2;w=60"


def test_without_a_rate_there_are_none(get, configure):
    configure(RATE=None)
    for method in ("get", "head"):
        assert headers(get(CONTACTS, method=method)) == {}


def test_what_is_not_counted_has_none(get, configure):
    configure(RATE="2/h")
    for path in ("/api/exports/info", "/api/exports/logs", f"{CONTACTS}?nonsense=1"):
        assert headers(get(path)) == {}


@pytest.mark.parametrize("path", ["/exports/contacts/download", "/admin/policy/contact/export/contacts/"])
def test_the_pages_send_them_too(client, contact, as_staff, configure, path):
    configure(RATE="1/h")
    client.force_login(as_staff)
    method = client.post if path.startswith("/admin") else client.get
    answers = [method(path, {"select_across": "1"} if path.startswith("/admin") else {}) for _ in range(2)]
    assert [(answer.status_code, answer["RateLimit-Remaining"]) for answer in answers] == [
        (200, "0"),
        (429, "0"),
    ]
    assert int(answers[1]["Retry-After"]) >= 1
    answers[0].getvalue()


# --- The cache does not answer ------------------------------------------------------------------------------


def down(*args: object, **kwargs: object) -> None:
    raise ConnectionError


def test_no_counter_means_no_export_unless_a_setting_says_so(client, get, configure, monkeypatch, caplog):
    client.raise_request_exception = False
    monkeypatch.setattr("exports.policy.rates.get_usage", down)
    assert statuses(get, CONTACTS, 2) == [503, 503]
    assert not ExportLog.objects.exists()
    configure(RATE_FAIL_OPEN=True)
    answer = get(CONTACTS)
    assert (answer.status_code, headers(answer)) == (200, {})
    assert "does not answer" in caplog.text


# --- Settings that cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"PLANS": {"free": {"RATE": "often"}}}, "'often' is no rate"),
        ({"PLANS": {"free": {"RATE": 5}}}, "5 is no rate"),
        ({"PLANS": {"free": {"ROWS": 5}}}, "has no key ROWS. There are: RATE, MAX_ROWS, DATASETS"),
        ({"PLANS": {"free": 5}}, "is no dictionary"),
        ({"PLANS": {"free": {"MAX_ROWS": -1}}}, "['MAX_ROWS'] must be a number of rows"),
        ({"PLANS": {"free": {"MAX_ROWS": 10**12}}}, "['MAX_ROWS'] must be a number of rows"),
        ({"PLANS": {"free": {"MAX_ROWS": True}}}, "['MAX_ROWS'] must be a number of rows"),
        ({"PLANS": {"free": {"DATASETS": []}}}, "['DATASETS'] is no dictionary"),
        ({"PLANS": {"free": {"DATASETS": {"calls": {"RATE": "x"}}}}}, "['DATASETS']['calls']['RATE']"),
        ({"PLANS": {"free": {"DATASETS": {"calls": {"DATASETS": {}}}}}}, "has no key DATASETS"),
        ({"PLANS": ["free"]}, "EXPORTS['PLANS'] is no dictionary"),
        ({"ALLOWED_NETWORKS": "10.0.0.0/8"}, "must be a list"),
        ({"ALLOWED_NETWORKS": [10]}, "10 is no IP address"),
        ({"ALLOWED_NETWORKS": ["office"]}, "'office' is no IP address"),
        ({"SENSITIVE_NETWORKS": ["10.0.0.1/8"]}, "'10.0.0.1/8' is no IP address"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(configure, keys, text):
    configure(**keys)
    with pytest.raises(ImproperlyConfigured) as refusal:
        limits_for(registry.get("contacts"), None)
    assert text in str(refusal.value)
