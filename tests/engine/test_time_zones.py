"""Datetimes are in UTC in the file, whatever the project's time zone and whether it uses any."""

import datetime as dt

import pytest

from exports import filters
from tests.engine.models import Sample


class SampleFilters(filters.ExportFilterSet):
    start_date = filters.StartFilter("moment")
    end_date = filters.EndFilter("moment")


@pytest.fixture
def _filtered(monkeypatch):
    monkeypatch.setattr("tests.engine.exports.SampleExport.filterset_class", SampleFilters)


def test_it_works(read, user, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    Sample.objects.create(owner=user, moment=dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC))
    assert read("samples", columns="moment") == [["2024-07-01T12:00:00+00:00"]]
    assert read("computed-samples", columns="moment") == [["2024-07-01T12:00:00+00:00"]]


@pytest.mark.usefixtures("_filtered")
def test_without_time_zones_a_naive_value_is_in_the_current_one(read, user, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    settings.USE_TZ = False
    Sample.objects.create(owner=user, moment=dt.datetime(2024, 7, 1, 12))  # noqa: DTZ001
    assert read("samples", columns="moment") == [["2024-07-01T10:00:00+00:00"]]
    assert read("samples", columns="moment", start_date="2024-07-01T10:00:00Z") != []
    assert read("samples", columns="moment", end_date="2024-07-01T09:59:59Z") == []
    assert read("samples", columns="moment", end_date="2024-07-01") != []
