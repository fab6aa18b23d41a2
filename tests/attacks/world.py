"""Two tenants with one row of everything; and for every kind of object an id that no row has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django_tasks_db.models import DBTaskResult

from accounts.models import APIKey
from exports.models import (
    ExportJob,
    ExportLog,
    ExportMail,
    ExportSchedule,
    ExportTemplate,
    ScheduleRun,
    Webhook,
    WebhookDelivery,
)
from tests.api import rows
from tests.policy.models import Contact
from tests.shop.models import Product, Shop, Supplier

MISSING_NUMBER = 7_900_099
# Not axes: it counts the guesses at somebody's password, which is what it is there for.
APPS = ("telephony", "netscan", "accounts", "exports", "policy", "shop", "auth", "admin")


@dataclass(frozen=True)
class World:
    """The ids of two tenants' objects, and of none, by kind."""

    mine: dict[str, Any]
    theirs: dict[str, Any]
    missing: dict[str, Any]
    types: dict[str, int]
    """The id of the kind's content type; only of kinds that are models."""


def made(user: Any, stranger: Any) -> World:
    mine, models = _objects(user, 1)
    theirs, _ = _objects(stranger, 2)
    missing: dict[str, Any] = {
        kind: MISSING_NUMBER if isinstance(key, int) else _uuid(9, 99) for kind, key in theirs.items()
    }
    missing |= {"user": "user-999", "prefix": "missing1"}
    types = {kind: ContentType.objects.get_for_model(model).pk for kind, model in models.items()}
    return World(mine, theirs, missing, types)


def _uuid(owner: int, number: int) -> str:
    return f"{owner:08d}-0000-4000-8000-{number:012d}"


def _objects(user: Any, owner: int) -> tuple[dict[str, Any], dict[str, type[Model]]]:
    """Ids that stand nowhere else in a page, so that one can be put in the other's place."""
    numbers, uuids = _numbers(owner), _uuids(owner)
    agent = rows.agent(user, id=next(uuids), name="agent")
    network = rows.network(user, id=next(numbers), name="network")
    scan = rows.scan(user, id=next(numbers), network=network)
    host = rows.host(user, network, id=next(numbers), hostname="host", latest_scan=scan)
    shop = Shop.objects.create(id=next(numbers), owner=user, name="shop")
    supplier = Supplier.objects.create(id=next(numbers), name="supplier")
    prefix = f"prefix0{owner}"
    template = ExportTemplate.objects.create(id=next(uuids), user=user.pk, name="template", dataset="calls")
    schedule = ExportSchedule.objects.create(
        id=next(uuids), user=user.pk, template=template, rule="0 6 * * *", created_at=rows.NOON
    )
    webhook = Webhook.objects.create(
        id=next(uuids), user=user.pk, url="https://example.com/hooks", created_at=rows.NOON
    )
    made = {
        "agent": agent,
        "call": rows.call(user, id=next(uuids), agent=agent),
        "number": rows.phone_number(user, id=next(uuids), agent_config=agent),
        "event": rows.event(user, id=next(uuids)),
        "network": network,
        "scan": scan,
        "host": host,
        "port": rows.port(user, scan, id=next(numbers), host=host),
        "alert": rows.alert(user, id=next(numbers), network=network, host=host),
        "key": APIKey.objects.create(id=next(uuids), user=user, name="key", prefix=prefix, hashed_key="x"),
        "record": _record(user, next(uuids)),
        "job": _job(user, next(uuids)),
        "task": _task(next(uuids)),
        "template": template,
        "schedule": schedule,
        "run": ScheduleRun.objects.create(id=next(numbers), schedule=schedule, occurrence=rows.NOON),
        "mail": ExportMail.objects.create(
            id=next(uuids),
            user=user.pk,
            kind="stopped",
            schedule=schedule,
            event=prefix,
            created_at=rows.NOON,
        ),
        "webhook": webhook,
        "delivery": WebhookDelivery.objects.create(
            id=next(uuids), webhook=webhook, event="export.failed", status="failed", created_at=rows.NOON
        ),
        "product": Product.objects.create(
            id=next(numbers), shop=shop, supplier=supplier, name="product", price="1.00"
        ),
        "contact": Contact.objects.create(id=next(numbers), owner=user, name="contact"),
        "group": Group.objects.create(id=next(numbers), name=f"group {owner}"),
        "attempt": AccessAttempt.objects.create(
            id=next(numbers), username=user.username, failures_since_start=1
        ),
        "access": AccessLog.objects.create(id=next(numbers), username=user.username),
        "failure": AccessFailureLog.objects.create(id=next(numbers), username=user.username),
    }
    ids = {kind: row.pk if isinstance(row.pk, int) else str(row.pk) for kind, row in made.items()}
    models = {kind: type(row) for kind, row in made.items()} | {"user": type(user)}
    return ids | {"user": user.pk, "prefix": prefix}, models


def _numbers(owner: int) -> Iterator[int]:
    yield from range(7_000_000 + owner * 100_000, 7_100_000 + owner * 100_000)


def _uuids(owner: int) -> Iterator[str]:
    for number in range(1, 100):
        yield _uuid(owner, number)


def _record(user: Any, key: str) -> ExportLog:
    return ExportLog.objects.create(
        id=key,
        user=user.pk,
        tenant=user.pk,
        export_type="calls",
        door=ExportLog.Door.API,
        format="csv",
        columns=["id"],
        timestamp=rows.NOON,
        finished_at=rows.NOON,
        outcome=ExportLog.Outcome.SUCCEEDED,
    )


def _job(user: Any, key: str) -> ExportJob:
    """One that waits: there is something to cancel."""
    return ExportJob.objects.create(
        id=key,
        user=user.pk,
        tenant=user.pk,
        dataset="calls",
        format="csv",
        door=ExportLog.Door.API,
        fingerprint=key,
        created_at=rows.NOON,
    )


def _task(key: str) -> DBTaskResult:
    return DBTaskResult.objects.create(
        id=key,
        args_kwargs={"args": [key], "kwargs": {}},
        task_path="exports.jobs.tasks.run_export",
        backend_name="default",
        run_after=rows.NOON,
    )


def promoted(user: Any) -> None:
    """Makes staff of them, who may do everything with the tables of tenants, but not for other tenants."""
    user.is_staff = True
    user.save()
    apps_of_tenants = ["telephony", "netscan", "policy", "exports"]
    chosen = Permission.objects.filter(content_type__app_label__in=apps_of_tenants)
    user.user_permissions.add(*chosen.exclude(codename__startswith="export_for_"))


OWNERS = {
    **dict.fromkeys((ExportLog, ExportJob, ExportTemplate, ExportSchedule, ExportMail, Webhook), "user"),
    ScheduleRun: "schedule__user",
    WebhookDelivery: "webhook__user",
}
"""Tables in which requests leave rows of one's own, and what says whose they are."""


def rows_of_others(user: Any) -> dict[str, Any]:
    """Every row that is not the user's own doing, by table."""
    kept = {}
    for model in (model for app in APPS for model in apps.get_app_config(app).get_models()):
        found = model._base_manager.all()
        if model in OWNERS:
            found = found.exclude(**{OWNERS[model]: user.pk})
        kept[model._meta.label] = sorted(map(str, found.values()))
    return kept
