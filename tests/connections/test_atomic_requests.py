"""ATOMIC_REQUESTS: a check finds the view that has lost its exemption, and every door works on a server."""

import functools
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, connections, transaction
from django.urls import include, path
from django.views.generic import TemplateView

from exports.admin.actions import ExportActionMixin
from exports.api import base as api_base
from exports.api import jobs as api_jobs
from exports.api.schedules import ScheduleRunView
from exports.api.templates import TemplateRunView
from exports.api.views import ExportView, HealthView
from exports.checks import check_exports
from exports.installation import EXPORTING_VIEWS
from exports.web import own as web_own
from exports.web.builder.engine_views import EngineView
from exports.web.builder.views import DatasetView, DownloadView
from exports.web.jobs import views as web_jobs
from exports.web.schedules import actions as web_schedules
from tests.engine.models import Order

View = Callable[..., Any]


@pytest.fixture(autouse=True)
def _atomic_requests(monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


def found(settings, *patterns) -> list[str]:
    settings.ROOT_URLCONF = patterns
    messages = check_exports()
    assert {message.id for message in messages} <= {"exports.E015"}
    return [message.msg for message in messages]


def test_it_works():
    """The project's own addresses."""
    assert check_exports() == []


def careful(view: View) -> View:
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        return view(*args, **kwargs)

    return wrapper


def careless(view: View) -> View:
    def wrapper(*args, **kwargs):
        return view(*args, **kwargs)

    return wrapper


def named_alone(view: View) -> View:
    """Name and docstring go over, attributes do not."""
    return functools.update_wrapper(careless(view), view, updated=())


class Held:
    """A decorator that is a class."""

    def __init__(self, view: View) -> None:
        self.view = view

    def __call__(self, *args, **kwargs):
        return self.view(*args, **kwargs)


class OwnExportView(ExportView):
    """A project's."""


VIEWS = {
    "api": ExportView.as_view(dataset="orders"),
    "api, asking for a job": api_jobs.JobSubmitView.as_view(),
    "api, running a template": TemplateRunView.as_view(),
    "api, running a schedule": ScheduleRunView.as_view(),
    "api, a project's own": OwnExportView.as_view(dataset="orders"),
    "web, a job": web_jobs.JobView.as_view(),
    "web, running a schedule": web_schedules.ScheduleRunView.as_view(),
    "web, page": DatasetView.as_view(),
    "web, download": DownloadView.as_view(),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("decorate", [careless, named_alone, Held, functools.partial])
def test_a_decorator_that_forgets_the_exemption(settings, decorate, view):
    [message] = found(settings, path("shop/", include([path("orders", decorate(careful(view)))])))
    assert "'shop/orders'" in message
    assert "default" in message


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_decorator_that_keeps_it_or_gives_it_again(settings, view):
    again = transaction.non_atomic_requests(careless(view))
    assert found(settings, path("a", view), path("b", careful(view)), path("c", again)) == []


def test_other_views_are_none_of_its_business(settings):
    plain = TemplateView.as_view(template_name="x.html")
    assert found(settings, path("a", plain), path("b", careless(HealthView.as_view()))) == []


def test_without_the_setting_nothing_is_wrong(settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", False)
    assert found(settings, path("a", careless(ExportView.as_view(dataset="orders")))) == []


def test_every_database_counts(settings, monkeypatch):
    """An exemption by name is one for that database alone."""
    other = {**connections["default"].settings_dict, "ATOMIC_REQUESTS": True}
    monkeypatch.setitem(connections.settings, "replica", other)
    view = transaction.non_atomic_requests(using="default")(careless(ExportView.as_view(dataset="orders")))
    [message] = found(settings, path("a", view))
    assert "replica" in message
    assert "default" not in message


class CarefulAdmin(ExportActionMixin, admin.ModelAdmin):
    pass


class CarelessAdmin(CarefulAdmin):
    """Puts every view of its own behind something."""

    def get_urls(self):
        urls = super().get_urls()
        for pattern in urls:
            pattern.callback = careless(pattern.callback)
        return urls


class OwnPathAdmin(CarefulAdmin):
    """A second address, wrapped as Django's documentation wraps it."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.export_view)
        return [path("again/<slug:dataset>/", view), *super().get_urls()]


@pytest.mark.parametrize(
    ("admin_class", "expected"),
    [(CarefulAdmin, []), (CarelessAdmin, ["engine/order/export/"]), (OwnPathAdmin, ["engine/order/again/"])],
)
def test_the_admins_export_view(settings, admin_class, expected):
    site = admin.AdminSite()
    site.register(Order, admin_class)
    messages = found(settings, path("admin/", site.urls))
    assert len(messages) == len(expected)
    assert all(route in message for route, message in zip(expected, messages, strict=True))


def test_the_names_by_which_it_knows_them_are_those_of_the_doors():
    named = {pkgutil.resolve_name(name) for name in EXPORTING_VIEWS}
    own = {api_base.ObjectView, web_own.OwnPage}
    assert named == {ExportView, EngineView, ExportActionMixin.export_view} | own
