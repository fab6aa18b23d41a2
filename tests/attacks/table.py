"""Every endpoint of the project: an address that leads there, and what can be aimed at through it.

Whoever adds a URL says here which objects it takes. `{id}` stands for an object's id in an address, in what
is sent, and in a header; `{type}` for the id of a content type, `{scan}` and `{webhook}` for own ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

UUID = "00000000-0000-4000-8000-000000000000"
"""An id that no object has, for addresses that are asked for without an object in mind."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, kw_only=True, eq=False)
class Aim:
    """A request for an object of a kind (a key of `World.mine`, `.theirs` and `.missing`).

    `shown_to` is who gets, for an object of their own, another answer than for one that does not exist: the
    proof that the request reaches objects at all. Empty where no object is one's own there.
    """

    kind: str
    address: str
    shown_to: str = "tenant"
    by: str = "GET"
    """The method that makes the difference."""
    status: int = 0
    """What whoever it is shown to is answered for an object of others; 0 where that is no matter."""
    sent: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    own_form: bool = False
    """Whether the form of the own object's page is sent too: what would change it, if that were allowed."""
    methods: tuple[str, ...] = METHODS

    def __str__(self) -> str:
        given = " ".join(f"{name}={value}" for name, value in {**self.sent, **self.headers}.items())
        return f"{self.by} {self.address} {given} ({self.kind})"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`open` are the methods that a visitor who is not signed in is not refused, each with its statuses."""

    address: str
    aims: tuple[Aim, ...] = ()
    open: Mapping[str, int] = field(default_factory=dict)
    no_object: str = ""
    """Why nothing is aimed at although the route has a variable part."""


def _api_dataset(name: str, *filters: tuple[str, str], needs: str = "") -> tuple[str, Endpoint]:
    return rf"api/exports/{name}/?$", _download(f"/api/exports/{name}", *filters, needs=needs)


def _for_another_tenant(dataset: str, path: str, needs: str) -> Aim:
    shown_to = "" if dataset in NOBODYS else "tenant"
    return Aim(kind="user", address=f"{path}?tenant={{id}}{needs}", status=403, shown_to=shown_to)


def _download(address: str, *filters: tuple[str, str], needs: str = "") -> Endpoint:
    """A download: whose rows, and which other rows they have to belong to."""
    aims = [_for_another_tenant(address.rpartition("/")[2], address, needs)]
    # An empty file says that there are no such rows; a scan has to be there.
    statuses = {"scan": 404}
    aims += [
        Aim(kind=kind, address=f"{address}?{name}={{id}}", status=statuses.get(kind, 200))
        for name, kind in filters
    ]
    return Endpoint(address=address, aims=tuple(aims))


OBJECTS_OF_FILTERS = {"agent_id": "agent", "network_id": "network", "scan_id": "scan"}
"""The filters of all datasets that take an object's id."""

DATASETS = {
    "calls": (("agent_id", "agent"),),
    "agents": (),
    "phone-numbers": (("agent_id", "agent"),),
    "events": (),
    "scans": (("scan_id", "scan"),),
    "alerts": (),
    "hosts": (("network_id", "network"),),
    "export-logs": (),
    # Of the tests' own apps.
    "orders": (),
    "computed-orders": (),
    "samples": (),
    "computed-samples": (),
    "products": (),
    "contacts": (),
    "computed-contacts": (),
    "secrets": (),
    "sensitive": (),
    "limited": (),
}
NOBODYS = ("secrets", "sensitive", "export-logs")
"""For which the attacks' tenant lacks the permission, or the address."""

NEEDS = {"scans": "&scan_id={scan}"}
"""Parameters that a dataset cannot do without."""


def _schema_aims() -> Iterator[Aim]:
    """It tells of columns alone: not whether an object of a filter is there."""
    for name, filters in DATASETS.items():
        address = f"/api/exports/{name}/schema"
        yield _for_another_tenant(name, address, "")
        for parameter, kind in filters:
            yield Aim(kind=kind, address=f"{address}?{parameter}={{id}}", shown_to="", status=200)


def _job_door(door: str, by: str, *, shown_to: str = "tenant", **options) -> tuple[str, Endpoint]:
    """One door to a job. `by` shows one's own, which waits and has no file."""
    aim = Aim(
        kind="job",
        address=f"/api/exports/jobs/{{id}}{door}",
        by=by,
        status=404,
        shown_to=shown_to,
        **options,
    )
    path = door.partition("?")[0]
    return rf"api/exports/jobs/(?P<pk>[0-9a-fA-F-]{{36}}){path}/?$", Endpoint(
        address=f"/api/exports/jobs/{UUID}{path}", aims=(aim,)
    )


_ID = "[0-9a-fA-F-]{36}"


def _door(kind: str, door: str, by: str, **options) -> tuple[str, Endpoint]:
    """One door to a template, a schedule or a webhook of one's own."""
    base = f"/api/exports/{kind}s"
    aim = Aim(kind=kind, address=f"{base}/{{id}}{door}", by=by, status=404, **options)
    return rf"api/exports/{kind}s/(?P<pk>{_ID}){door}/?$", Endpoint(
        address=f"{base}/{UUID}{door}", aims=(aim,)
    )


def _job_aims() -> Iterator[Aim]:
    """Asking for a job of another tenant's rows."""
    for name in DATASETS:
        yield Aim(
            kind="user",
            address=f"/api/exports/{name}/jobs",
            sent={"tenant": "{id}"},
            by="POST",
            shown_to="" if name in NOBODYS or name == "scans" else "tenant",
            status=400 if name == "scans" else 403,
            methods=("POST",),
        )


_KEPT = {
    "api/exports/templates/?$": Endpoint(
        address="/api/exports/templates",
        aims=(
            Aim(
                kind="user",
                address="/api/exports/templates",
                sent={"name": "name", "dataset": "calls", "tenant": "{id}"},
                by="POST",
                status=403,
            ),
        ),
    ),
    "api/exports/schedules/?$": Endpoint(
        address="/api/exports/schedules",
        aims=(
            Aim(
                kind="template",
                address="/api/exports/schedules",
                sent={"template": "{id}", "rule": "0 5 * * *"},
                by="POST",
                status=400,
            ),
        ),
    ),
    "api/exports/webhooks/?$": Endpoint(address="/api/exports/webhooks"),
    **dict(
        (
            _door("template", "", "DELETE", sent={"name": "taken", "dataset": "calls"}),
            _door("template", "/run", "POST"),
            _door("schedule", "", "DELETE", sent={"rule": "0 5 * * *"}),
            _door("schedule", "/pause", "POST"),
            _door("schedule", "/resume", "POST"),
            _door("schedule", "/run", "POST"),
            _door("schedule", "/runs", "GET"),
            _door("webhook", "", "DELETE", sent={"url": "https://example.com/taken"}),
            _door("webhook", "/secret", "POST"),
            _door("webhook", "/test", "POST"),
            _door("webhook", "/deliveries", "GET"),
        )
    ),
    rf"api/exports/webhooks/(?P<pk>{_ID})/deliveries/(?P<delivery>{_ID})/again/?$": Endpoint(
        address=f"/api/exports/webhooks/{UUID}/deliveries/{UUID}/again",
        aims=(
            Aim(
                kind="delivery",
                address="/api/exports/webhooks/{webhook}/deliveries/{id}/again",
                by="POST",
                status=404,
            ),
            # Whatever the message is: of one's own webhook there is none by this id.
            Aim(
                kind="webhook",
                address=f"/api/exports/webhooks/{{id}}/deliveries/{UUID}/again",
                by="POST",
                shown_to="",
                status=404,
            ),
        ),
    ),
}
"""Templates, schedules and webhooks."""

_ANYTHING_302 = dict.fromkeys(METHODS, 302)

API = {
    "api/exports/info/?$": Endpoint(
        address="/api/exports/info",
        aims=(
            # The prefix of a key is no secret; who knows one learns nothing with it.
            Aim(
                kind="prefix",
                address="/api/exports/info",
                headers={"Authorization": f"Api-Key {{id}}.{'x' * 32}"},
                shown_to="",
                status=401,
            ),
        ),
    ),
    # The probe of whoever balances the load; it holds nothing of anybody's.
    "api/exports/health/?$": Endpoint(
        address="/api/exports/health", open={"GET": 200, "HEAD": 200, "OPTIONS": 200}
    ),
    "api/exports/(?P<dataset>[-a-zA-Z0-9_]+)/schema/?$": Endpoint(
        address="/api/exports/calls/schema", aims=tuple(_schema_aims())
    ),
    "api/exports/logs/?$": Endpoint(address="/api/exports/logs"),
    "api/exports/logs/(?P<pk>[0-9a-fA-F-]{36})/?$": Endpoint(
        address=f"/api/exports/logs/{UUID}",
        aims=(Aim(kind="record", address="/api/exports/logs/{id}", status=404),),
    ),
    "api/exports/jobs/?$": Endpoint(address="/api/exports/jobs"),
    **dict(
        (
            _job_door("", "DELETE"),
            _job_door("/cancel", "POST"),
            _job_door("/retry", "POST"),
            _job_door("/file", "GET"),
            _job_door("/link", "POST"),
        )
    ),
    "api/exports/(?P<dataset>[-a-zA-Z0-9_]+)/jobs/?$": Endpoint(
        address="/api/exports/calls/jobs", aims=tuple(_job_aims())
    ),
    **_KEPT,
    **dict(_api_dataset(name, *filters, needs=NEEDS.get(name, "")) for name, filters in DATASETS.items()),
    "^api/scans/(?P<scan_id>[0-9]+)/export/csv/?$": Endpoint(
        address="/api/scans/1/export/csv",
        aims=(Aim(kind="scan", address="/api/scans/{id}/export/csv", status=404),),
    ),
    "^api/alerts/export/csv/?$": _download("/api/alerts/export/csv"),
    "^api/hosts/export/csv/?$": _download("/api/hosts/export/csv", ("network_id", "network")),
    "api/schema/": Endpoint(address="/api/schema/"),
    "api/schema": Endpoint(address="/api/schema"),
    "api/docs/": Endpoint(address="/api/docs/"),
    "api/docs": Endpoint(address="/api/docs"),
    "^api(/|$)": Endpoint(address="/api/nothing"),
}


# Every other method is asked for with what stands in an address.
_SENDING = ("POST", "PUT", "PATCH", "DELETE")


def _sign_in(address: str, status: int) -> tuple[Aim, ...]:
    """A name that somebody has: who guesses at names learns none."""
    sent = {"username": "{id}", "password": "a guess"}
    return (
        Aim(kind="user", address=address, sent=sent, by="POST", shown_to="", status=status, methods=_SENDING),
    )


# Where one signs in: a body that is not JSON is refused, and OPTIONS tells which methods there are.
_SIGNING_IN = {"POST": 415, "OPTIONS": 200}

ACCOUNTS = {
    "api/auth/login": Endpoint(
        address="/api/auth/login", aims=_sign_in("/api/auth/login", 401), open=_SIGNING_IN
    ),
    "api/auth/logout": Endpoint(address="/api/auth/logout"),
    "api/auth/token": Endpoint(
        address="/api/auth/token", aims=_sign_in("/api/auth/token", 401), open=_SIGNING_IN
    ),
    "api/auth/token/refresh": Endpoint(address="/api/auth/token/refresh", open=_SIGNING_IN),
    "api/auth/token/revoke": Endpoint(address="/api/auth/token/revoke", open=_SIGNING_IN),
    "api/auth/api-keys": Endpoint(address="/api/auth/api-keys"),
    "api/auth/api-keys/<uuid:pk>": Endpoint(
        address=f"/api/auth/api-keys/{UUID}",
        aims=(Aim(kind="key", address="/api/auth/api-keys/{id}", status=404),),
    ),
    "login/": Endpoint(
        address="/login/",
        aims=_sign_in("/login/", 200),
        open={"GET": 200, "HEAD": 200, "POST": 200, "PUT": 200, "OPTIONS": 200},
    ),
    "logout/": Endpoint(address="/logout/", open={"POST": 302, "OPTIONS": 200}),
    "": Endpoint(address="/"),
    "exports/keys/": Endpoint(address="/exports/keys/"),
    "exports/keys/<uuid:pk>/revoke/": Endpoint(
        address=f"/exports/keys/{UUID}/revoke/",
        aims=(Aim(kind="key", address="/exports/keys/{id}/revoke/", status=404),),
    ),
}

OAUTH2 = {
    "api/auth/oauth2/token": Endpoint(address="/api/auth/oauth2/token", open={"POST": 400, "OPTIONS": 200}),
    "api/auth/oauth2/revoke": Endpoint(address="/api/auth/oauth2/revoke", open={"POST": 400, "OPTIONS": 200}),
}
"""Only where OAuth 2 is in use."""


OF_TESTS = ("orders", "computed-orders", "samples", "computed-samples", "computed-contacts")
"""Datasets of the tests' own apps that the pages treat as they do the others."""


def _page_aims() -> Iterator[Aim]:
    for name, filters in DATASETS.items():
        if name in OF_TESTS:
            continue
        address = f"/exports/{name}/"
        for path in (address, f"{address}download"):
            yield _for_another_tenant(name, path, NEEDS.get(name, ""))
            for parameter, kind in filters:
                yield Aim(kind=kind, address=f"{path}?{parameter}={{id}}")


def _page_of_job(page: str, by: str) -> tuple[str, Endpoint]:
    aim = Aim(kind="job", address=f"/exports/jobs/{{id}}{page}", by=by, status=404)
    return f"exports/jobs/<uuid:pk>{page}", Endpoint(address=f"/exports/jobs/{UUID}{page}", aims=(aim,))


def _page_of(kind: str, page: str, by: str, **options) -> tuple[str, Endpoint]:
    """A page of a template, a schedule or a webhook of one's own."""
    aim = Aim(kind=kind, address=f"/exports/{kind}s/{{id}}{page}", by=by, status=404, **options)
    return f"exports/{kind}s/<uuid:pk>{page}", Endpoint(address=f"/exports/{kind}s/{UUID}{page}", aims=(aim,))


_PAGES_KEPT = {
    "exports/templates/": Endpoint(address="/exports/templates/"),
    "exports/schedules/": Endpoint(address="/exports/schedules/"),
    "exports/webhooks/": Endpoint(address="/exports/webhooks/"),
    "exports/schedules/new": Endpoint(
        address="/exports/schedules/new",
        aims=(Aim(kind="template", address="/exports/schedules/new?template={id}"),),
    ),
    **dict(
        (
            *(_page_of("template", page, by) for page, by in (("/", "GET"), ("/run", "POST"))),
            # Whose template it is has nothing to leave.
            _page_of("template", "/leave", "POST", shown_to=""),
            *(_page_of("schedule", page, "GET") for page in ("/", "/edit")),
            *(_page_of("schedule", f"/{page}", "POST") for page in ("pause", "resume", "run", "subscribe")),
            *(_page_of("webhook", page, "GET") for page in ("/",)),
            *(_page_of("webhook", f"/{page}", "POST") for page in ("secret", "test")),
            *(_page_of(kind, "/delete", "POST") for kind in ("template", "schedule", "webhook")),
        )
    ),
    "exports/webhooks/<uuid:pk>/deliveries/<uuid:delivery>/again": Endpoint(
        address=f"/exports/webhooks/{UUID}/deliveries/{UUID}/again",
        aims=(
            Aim(
                kind="delivery",
                address="/exports/webhooks/{webhook}/deliveries/{id}/again",
                by="POST",
                status=404,
            ),
            Aim(
                kind="webhook",
                address=f"/exports/webhooks/{{id}}/deliveries/{UUID}/again",
                by="POST",
                shown_to="",
                status=404,
            ),
        ),
    ),
    "exports/<slug:dataset>/templates": Endpoint(
        address="/exports/calls/templates",
        aims=(
            Aim(
                kind="user",
                address="/exports/calls/templates",
                sent={"name": "name", "tenant": "{id}"},
                by="POST",
            ),
        ),
    ),
    "exports/unsubscribe/<str:signature>": Endpoint(
        address="/exports/unsubscribe/nothing",
        open={"OPTIONS": 200},
        no_object="who has the signature may, signed in or not",
    ),
}
"""Templates, schedules and webhooks."""

_PAGES = tuple(_page_aims())
WEB = {
    "exports/": Endpoint(
        address="/exports/", aims=(Aim(kind="user", address="/exports/?tenant={id}", status=403),)
    ),
    "exports/history/": Endpoint(address="/exports/history/"),
    "exports/usage/": Endpoint(address="/exports/usage/"),
    "exports/history/<uuid:pk>/": Endpoint(
        address=f"/exports/history/{UUID}/",
        aims=(Aim(kind="record", address="/exports/history/{id}/", status=404),),
    ),
    "exports/history/<uuid:pk>/outcome": Endpoint(
        address=f"/exports/history/{UUID}/outcome",
        aims=(Aim(kind="record", address="/exports/history/{id}/outcome", status=404),),
    ),
    "exports/jobs/": Endpoint(address="/exports/jobs/"),
    **dict(
        (
            _page_of_job("/", "GET"),
            _page_of_job("/file", "GET"),
            _page_of_job("/cancel", "POST"),
            _page_of_job("/retry", "POST"),
            _page_of_job("/delete", "POST"),
            _page_of_job("/link", "POST"),
        )
    ),
    **_PAGES_KEPT,
    "exports/<slug:dataset>/jobs": Endpoint(
        address="/exports/calls/jobs",
        aims=(
            Aim(kind="user", address="/exports/calls/jobs", sent={"tenant": "{id}"}, by="POST", status=403),
        ),
    ),
    "exports/<slug:dataset>/": Endpoint(
        address="/exports/calls/", aims=tuple(aim for aim in _PAGES if "download" not in aim.address)
    ),
    "exports/<slug:dataset>/search/<str:filter>": Endpoint(
        address="/exports/calls/search/agent_id",
        aims=(Aim(kind="user", address="/exports/calls/search/agent_id?tenant={id}", status=403),),
    ),
    "exports/<slug:dataset>/download": Endpoint(
        address="/exports/calls/download", aims=tuple(aim for aim in _PAGES if "download" in aim.address)
    ),
}

OPERATIONS = {
    "favicon.ico": Endpoint(address="/favicon.ico", open=_ANYTHING_302),
    "^healthz/?$": Endpoint(address="/healthz", open={"GET": 200, "HEAD": 200}),
    "^readyz/?$": Endpoint(address="/readyz", open={"GET": 200, "HEAD": 200}),
    "^metrics/?$": Endpoint(address="/metrics"),
}


_LISTS = ("GET", "POST")
"""The admin takes every other method for a GET; all of them are tried on the pages of objects."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the admin. `kind` is that of its rows; `shown_to` is empty where no row is one's own."""

    kind: str
    shown_to: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    """Foreign keys, each with the kind of what it refers to."""
    exports: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    """Actions of its own."""


OWN_ROWS = {
    "telephony/calllog": Table(
        kind="call", shown_to="staff", references={"user": "user", "agent": "agent"}, exports=("calls",)
    ),
    "telephony/agentconfig": Table(
        kind="agent", shown_to="staff", references={"user": "user"}, exports=("agents",)
    ),
    "telephony/phonenumbermapping": Table(
        kind="number",
        shown_to="staff",
        references={"user": "user", "agent_config": "agent"},
        exports=("phone-numbers",),
    ),
    "telephony/livekitevent": Table(
        kind="event", shown_to="staff", references={"user": "user"}, exports=("events",)
    ),
    "netscan/network": Table(kind="network", shown_to="staff", references={"user": "user"}),
    "netscan/scan": Table(kind="scan", shown_to="staff", references={"user": "user", "network": "network"}),
    "netscan/host": Table(
        kind="host",
        shown_to="staff",
        references={"user": "user", "network": "network", "latest_scan": "scan"},
        exports=("hosts",),
    ),
    "netscan/port": Table(
        kind="port",
        shown_to="staff",
        references={"user": "user", "scan": "scan", "host": "host"},
        exports=("scans",),
    ),
    "netscan/alert": Table(
        kind="alert",
        shown_to="staff",
        references={"user": "user", "network": "network", "host": "host"},
        exports=("alerts",),
    ),
    # Of the tests' own app.
    "policy/contact": Table(
        kind="contact", shown_to="staff", references={"owner": "user"}, exports=("contacts", "secrets")
    ),
    # To be read; what it refers to is text.
    "exports/exportlog": Table(kind="record", shown_to="staff", exports=("export-logs",)),
    "exports/exportjob": Table(kind="job", shown_to="staff"),
    "exports/exporttemplate": Table(kind="template", shown_to="staff"),
    "exports/exportschedule": Table(
        kind="schedule",
        shown_to="staff",
        references={"template": "template"},
        actions=("run_now", "pause", "resume"),
    ),
    "exports/schedulerun": Table(kind="run", shown_to="staff"),
    "exports/exportmail": Table(kind="mail", shown_to="staff"),
    "exports/webhook": Table(kind="webhook", shown_to="staff", actions=("switch_off",)),
    "exports/webhookdelivery": Table(kind="delivery", shown_to="staff", actions=("send_again",)),
}
"""Staff see their own rows there."""

READ_ONLY = ("record", "job", "run", "mail", "delivery")
"""Of these the admin shows what there is, and changes nothing."""

EVERYBODYS = {
    "auth/group": Table(kind="group"),
    "accounts/user": Table(kind="user"),
    "accounts/apikey": Table(kind="key", references={"user": "user"}),
    "axes/accessattempt": Table(kind="attempt"),
    "axes/accesslog": Table(kind="access"),
    "axes/accessfailurelog": Table(kind="failure"),
    # The queue's own, with ids of jobs in them.
    "django_tasks_database/dbtaskresult": Table(kind="task"),
    # Of the tests' own app, whose list shows staff the products of all shops.
    "shop/product": Table(kind="product", exports=("products",)),
}
"""These tables have no tenant: who has a permission for them sees all of it; the tests' staff have none."""

COUNTERS = (
    "Django tells staff without the permission which of the ids are in use: counters, or made at random, and "
    "of no tenant's rows"
)

OAUTH2_TABLES = {
    "oauth2_provider/accesstoken": Table(kind=""),
    "oauth2_provider/application": Table(kind=""),
    "oauth2_provider/grant": Table(kind=""),
    "oauth2_provider/idtoken": Table(kind=""),
    "oauth2_provider/refreshtoken": Table(kind=""),
}
"""Everybody's too, and only where OAuth 2 is in use; superusers change them."""


def _admin_pages(name: str, table: Table) -> dict[str, Endpoint]:
    """The seven addresses of a ModelAdmin, and the export's where it has one."""
    base = f"/admin/{name}/"
    route = f"admin/{name}/"
    kind, shown_to = table.kind, table.shown_to

    def of_object(page: str, **options) -> Endpoint:
        # Nobody deletes one, their own no more than another's.
        shown = "" if kind in READ_ONLY and page == "delete/" else shown_to
        aim = Aim(kind=kind, address=f"{base}{{id}}/{page}", shown_to=shown, **options)
        return Endpoint(address=f"{base}1/{page}", aims=(aim,) if kind else ())

    changes = shown_to and kind not in READ_ONLY
    lists = [
        Aim(
            kind=kind,
            address=f"{base}?{primary_key}={{id}}",
            shown_to=shown_to,
            status=200 if shown_to else 403,
            methods=_LISTS,
        )
        for primary_key in (("id__exact",) if kind else ())
    ]
    lists += [
        Aim(kind=of, address=f"{base}?{name}__id__exact={{id}}", shown_to=shown_to, methods=_LISTS)
        for name, of in table.references.items()
    ]
    actions = ["delete_selected"] if changes else []
    actions += [*table.actions, *(f"export_{dataset}" for dataset in table.exports)]
    lists += [
        Aim(
            kind=kind,
            address=base,
            sent={"action": action, "_selected_action": "{id}", "select_across": "0", "index": "0"},
            by="POST",
            # Its page asks for the scan before it shows anything.
            shown_to="" if action == "export_scans" else shown_to,
            methods=("POST",),
        )
        for action in actions
    ]
    adding = tuple(
        Aim(
            kind=of,
            address=f"{base}add/?{name}={{id}}",
            shown_to="" if of == "user" else shown_to,
            methods=_LISTS,
        )
        for name, of in table.references.items()
    )
    pages = {
        route: Endpoint(address=base, aims=tuple(lists)),
        f"{route}add/": Endpoint(address=f"{base}add/", aims=adding),
        f"{route}<path:object_id>/history/": (
            Endpoint(address=f"{base}1/history/", no_object=COUNTERS)
            if kind in ("group", "attempt", "access", "failure", "product", "task")
            else of_object("history/")
        ),
        f"{route}<path:object_id>/delete/": (
            of_object("delete/", by="POST", sent={"post": "yes"}) if changes else of_object("delete/")
        ),
        f"{route}<path:object_id>/change/": (
            of_object("change/", by="POST", own_form=True) if changes else of_object("change/")
        ),
        # It redirects to the page before, whatever the id is.
        f"{route}<path:object_id>/": of_object(""),
    }
    if table.exports or name.startswith(("netscan/", "telephony/")):
        exports = f"{base}export/"
        aims = [
            Aim(
                kind=kind,
                address=f"{exports}{dataset}/",
                sent={"_selected_action": "{id}", "select_across": "0"}
                | ({"scan_id": "{scan}"} if dataset == "scans" else {}),
                by="POST",
                shown_to=shown_to,
                methods=("POST",),
            )
            for dataset in table.exports
        ]
        aims += [
            Aim(
                kind="user",
                address=f"{exports}{dataset}/",
                sent={"tenant": "{id}", "select_across": "1"}
                | ({"scan_id": "{scan}"} if dataset == "scans" else {}),
                by="POST",
                shown_to=shown_to,
                methods=("POST",),
            )
            for dataset in table.exports
        ]
        pages[f"{route}export/<slug:dataset>/"] = Endpoint(
            address=f"{exports}{(table.exports or ('none',))[0]}/",
            aims=tuple(aims),
            no_object="" if aims else "there is no export of this table",
        )
    return pages


_APPS = "auth|accounts|exports|telephony|netscan|django_tasks_database|axes|policy|shop"

ADMIN = {
    "admin/": Endpoint(address="/admin/"),
    "admin/login/": Endpoint(
        address="/admin/login/",
        aims=_sign_in("/admin/login/", 200),
        open={"GET": 200, "HEAD": 200, "POST": 200, "PUT": 200, "OPTIONS": 200},
    ),
    "admin/logout/": Endpoint(address="/admin/logout/", open=_ANYTHING_302),
    "admin/password_change/": Endpoint(address="/admin/password_change/"),
    "admin/password_change/done/": Endpoint(address="/admin/password_change/done/"),
    "admin/autocomplete/": Endpoint(
        address="/admin/autocomplete/",
        aims=(
            Aim(
                kind="user",
                address="/admin/autocomplete/?app_label=accounts&model_name=apikey&field_name=user&term={id}",
                shown_to="",
                status=403,
            ),
        ),
    ),
    "admin/jsi18n/": Endpoint(address="/admin/jsi18n/"),
    "admin/r/<path:content_type_id>/<path:object_id>/": Endpoint(
        address="/admin/r/1/1/",
        # No object has a page of its own to be led to: the answer is 404, own object or not.
        aims=tuple(
            Aim(kind=kind, address="/admin/r/{type}/{id}/", shown_to="", status=404)
            for kind in ("call", "network", "user", "record")
        ),
    ),
    f"admin/(?P<app_label>{_APPS})/$": Endpoint(address="/admin/telephony/", no_object="an app is nobody's"),
    "admin/(?P<url>.*)$": Endpoint(address="/admin/nothing/", no_object="there is nothing"),
}

ADMIN_TABLES = OWN_ROWS | EVERYBODYS


def _pages(tables: Mapping[str, Table]) -> dict[str, Endpoint]:
    return {
        route: endpoint
        for name, table in tables.items()
        for route, endpoint in _admin_pages(name, table).items()
    }


_USERS = {
    "admin/accounts/user/<id>/password/": Endpoint(
        address="/admin/accounts/user/1/password/",
        aims=(
            Aim(
                kind="user",
                address="/admin/accounts/user/{id}/password/",
                sent={"password1": "taken over", "password2": "taken over"},
                by="POST",
                shown_to="",
                status=403,
            ),
        ),
    ),
}

TABLE: dict[str, Endpoint] = {
    **API,
    **ACCOUNTS,
    **WEB,
    **OPERATIONS,
    **ADMIN,
    **_pages(ADMIN_TABLES),
    **_USERS,
}
"""By route: all that there is under the tests' settings."""

WITH_OAUTH2: dict[str, Endpoint] = {**OAUTH2, **_pages(OAUTH2_TABLES)}
"""What comes with OAuth 2."""

GROUPS: dict[str, tuple[Aim, ...]] = {
    name: tuple(dict.fromkeys(aim for endpoint in endpoints.values() for aim in endpoint.aims))
    for name, endpoints in {
        "api": API,
        "accounts": ACCOUNTS,
        "web": WEB,
        "admin": ADMIN | _USERS,
        **{name: _admin_pages(name, table) for name, table in ADMIN_TABLES.items()},
    }.items()
}
"""All aims, by where they lead."""
