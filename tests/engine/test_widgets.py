"""Filters of every kind on the form: nothing is sent that was not chosen, nothing is lost that was given."""

import django_filters
import pytest
from django import forms
from django.http import QueryDict

from exports.filtering import filter_form
from exports.filters import BooleanFilter, ChoiceFilter, IntegerFilter, StartFilter
from exports.forms import ExportForm, normalised
from exports.parameters import ExportParameters
from exports.registry import registry
from exports.widgets import fitted

# No database has a part in it.
pytestmark = pytest.mark.sqlite

CHOICES = [("new", "New"), ("paid", "Paid")]


class Kinds(django_filters.FilterSet):
    begun = StartFilter("number")
    truth = BooleanFilter("removed")
    lenient = django_filters.BooleanFilter("removed")
    state = ChoiceFilter(field_name="status", choices=CHOICES)
    firm = ChoiceFilter(field_name="status", choices=CHOICES, empty_label=None)
    grouped = ChoiceFilter(field_name="status", choices=[("Open", CHOICES), ("sent", "Sent")])
    states = django_filters.MultipleChoiceFilter(field_name="status", choices=CHOICES)
    number = django_filters.NumberFilter()
    whole = IntegerFilter("number")
    between = django_filters.RangeFilter("number")
    placed = django_filters.DateFromToRangeFilter("number")


@pytest.fixture
def form(user, monkeypatch):
    """form("state=new"): the form under these parameters."""
    definition = registry.get("orders")
    monkeypatch.setattr("tests.engine.exports.OrderExport.filterset_class", Kinds)
    return lambda query="": ExportForm(definition, user, QueryDict(query))


def test_it_works(form):
    widgets = {field.name: type(field.field.widget) for field in form().filter_fields()}
    assert widgets["truth"] is widgets["lenient"]
    assert issubclass(widgets["truth"], forms.Select)
    assert widgets["state"] is forms.Select
    assert widgets["states"] is forms.CheckboxSelectMultiple
    assert 'type="date"' in str(form()["begun"])
    assert 'inputmode="numeric"' in str(form()["whole"])


def test_a_form_as_it_stands_asks_for_nothing(form):
    """What a browser sends of each list that nobody touched is blank."""
    for field in form().filter_fields():
        text = str(field)
        if "<select" in text:
            assert text.count(" selected") <= 1, field.name
            first = text.partition("<option ")[2].partition(">")[0]
            assert first in ('value="" selected', 'value=""'), field.name
        assert " checked" not in text


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("state=gone", "state"),
        ("firm=paid", "firm"),
        ("grouped=paid", "grouped"),
        ("truth=TRUE", "truth"),
        ("lenient=true", "lenient"),
        ("lenient=x", "lenient"),
    ],
)
def test_what_was_given_is_selected_once(form, query, name):
    value = query.partition("=")[2]
    text = str(form(query)[name])
    assert f'value="{value}" selected' in text
    assert text.count(f'value="{value}"') == 1


@pytest.mark.parametrize("query", ["states=new&states=gone", "states=paid"])
def test_several_values_are_ticked(form, query):
    given = QueryDict(query).getlist("states")
    boxes = [box for box in form(query)["states"] if box.data["selected"]]
    assert sorted(box.data["value"] for box in boxes) == sorted(given)


@pytest.mark.parametrize(
    ("query", "name", "kind", "value"),
    [
        ("begun=2024-02-29", "begun", "date", "2024-02-29"),
        ("begun=2024-02-30", "begun", "text", "2024-02-30"),
        ("begun=2024-02-29T09:30", "begun", "text", "2024-02-29T09:30"),
        ("begun=soon", "begun", "text", "soon"),
        ("number=1.5", "number", "number", "1.5"),
        ("number=many", "number", "text", "many"),
    ],
)
def test_an_input_shows_what_was_given(form, query, name, kind, value):
    text = str(form(query)[name])
    assert f'type="{kind}"' in text
    assert f'value="{value}"' in text


def test_both_ends_of_a_range_have_names(form):
    text = str(form("between_min=1")["between"])
    assert 'aria-label="Number, from"' in text
    assert 'aria-label="Number, to"' in text
    assert 'name="between_min" value="1"' in text
    assert 'aria-label="Number, to"' in str(form()["placed"])


def test_the_declaration_is_left_as_it_is(form):
    form("state=gone")
    field = filter_form(registry.get("orders")).fields["state"]
    assert "gone" not in str(field.widget.choices)
    before = str(field.widget.choices)
    fitted(field, ["gone"])
    assert str(field.widget.choices) == before


def test_what_the_form_sends_means_the_same(form):
    definition = registry.get("orders")
    sent = QueryDict(
        "begun=&truth=&lenient=true&state=&firm=&grouped=&states=new&number=&whole=&between_min=1"
    )
    params = normalised(sent, definition, None)
    assert ExportParameters.parse(definition, params, None).filters.given == {
        "lenient": "true",
        "states": "new",
        "between_min": "1",
    }


def test_live_formulas_stay_visible_where_they_were_asked_for(form):
    assert 'value="raw" selected' in str(form("formulas=raw")["formulas"])
    assert [box.data["value"] for box in form("format=xml")["format"] if box.data["selected"]] == ["xml"]
    assert 'value="zip" selected' in str(form("compression=zip")["compression"])
    assert "raw" not in str(form()["formulas"])
