"""The strict FilterSet keeps its promise whatever a subclass says in its Meta."""

import pytest
from django import forms
from django.http import QueryDict

from exports import InvalidParameters, filters
from exports.filtering import validate_filters
from tests.engine.exports import SampleExport
from tests.engine.models import Sample


class OwnForm(forms.Form):
    pass


class WithMeta(filters.ExportFilterSet):
    start_date = filters.StartFilter("moment")
    end_date = filters.EndFilter("moment")

    class Meta:
        model = Sample
        fields = ["truth"]
        form = OwnForm


def test_a_period_that_ends_before_it_starts(db):
    definition = type("Declared", (SampleExport,), {"filterset_class": WithMeta})()
    params = QueryDict("start_date=2024-01-02&end_date=2024-01-01")
    with pytest.raises(InvalidParameters, match="start_date"):
        validate_filters(definition, params)
    assert validate_filters(definition, QueryDict("start_date=2024-01-01&truth=true")).cleaned
