"""The form in which a person chooses an export."""

import django_filters
import pytest
from django.forms import Select
from django.http import QueryDict

from exports.checks import check_definition
from exports.exceptions import InvalidParameters, ParameterProblem
from exports.filters import BooleanFilter, ExportFilterSet, IntegerFilter, StartFilter
from exports.forms import ExportForm, normalised
from exports.parameters import ExportParameters
from exports.registry import registry
from tests.engine.models import Customer

# No database has a part in it.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def definition():
    return registry.get("orders")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("", ""),
        ("article=&number_min=&number_max=", ""),
        ("article=+", "article=+"),  # a space may be what a filter looks for; dropped, it would widen
        ("status=new&status=&status=paid", "status=new&status=paid"),
        ("format=csv&compression=&formulas=escape", ""),
        ("compression=gzip", "compression=gzip"),
        ("dialect=&overlong=reject&tz=&since=", ""),
        ("dialect=tsv&overlong=cut", "dialect=tsv&overlong=cut"),
        ("format=xml&formulas=reject", "format=xml&formulas=reject"),
        ("columns=&columns=number&columns=status&columns=customer&columns=lines", ""),
        ("columns=&columns=status&columns=number", "columns=status%2Cnumber"),
        ("columns=status%2Cnumber", "columns=status%2Cnumber"),
        ("columns=", "columns="),  # nothing is ticked: an error, and not all of them
        ("statuss=paid", "statuss=paid"),  # a mistyped parameter is never dropped
        ("lenient= true ", "lenient=+true+"),
    ],
)
def test_what_a_browser_sends_becomes_the_parameters_of_the_api(definition, sent, meant):
    found = normalised(QueryDict(sent), definition, None)
    assert found.urlencode() == meant
    assert normalised(found, definition, None) == found


def test_no_tick_at_all_is_an_error_of_the_columns(definition):
    with pytest.raises(InvalidParameters) as caught:
        ExportParameters.parse(definition, normalised(QueryDict("columns="), definition, None), None)
    assert [problem.attr for problem in caught.value.errors] == ["columns"]


def ticked(form: ExportForm) -> list[tuple[str, bool]]:
    return [(box.data["value"], box.data["selected"]) for box in form["columns"]]


def test_columns_are_ticked_as_chosen_and_in_that_order(definition, user):
    form = ExportForm(definition, user, QueryDict())
    assert ticked(form) == [("number", True), ("status", True), ("customer", True), ("lines", True)]
    form = ExportForm(definition, user, QueryDict("columns=lines,number"))
    assert ticked(form) == [("lines", True), ("number", True), ("status", False), ("customer", False)]


def test_errors_stand_beside_their_fields(definition, user):
    problems = [
        ParameterProblem("number_min", "invalid", "Enter a number."),
        ParameterProblem("columns", "unknown_column", "There is no such column."),
        ParameterProblem("statuss", "unknown_parameter", "There is no such filter."),
    ]
    form = ExportForm(definition, user, QueryDict("number_min=x&statuss=y"), problems=problems)
    assert form.errors == {
        "number": ["Enter a number."],
        "columns": ["There is no such column."],
        "__all__": ["statuss: There is no such filter."],
    }
    assert 'value="x"' in str(form["number"])  # nothing that was typed is lost


def test_only_some_filters(definition, user):
    form = ExportForm(definition, user, QueryDict(), filters=["number"])
    assert [field.name for field in form.filter_fields()] == ["number"]


def test_live_formulas_and_other_tenants_are_offered_to_who_may(definition, user, django_user_model):
    assert "raw" not in str(ExportForm(definition, user, QueryDict())["formulas"])
    assert "tenant" not in ExportForm(definition, user, QueryDict()).fields
    staff = django_user_model.objects.create_superuser(id="root", username="root", password="x")
    form = ExportForm(definition, staff, QueryDict())
    assert "raw" in str(form["formulas"])
    assert form.filter_fields()[0].name == "tenant"
    assert [field.name for field in form.file_fields()] == ["compression", "dialect", "tz"]
    assert [field.name for field in form.more_fields()] == ["formulas", "overlong"]


def test_only_a_dataset_that_knows_when_its_rows_were_created_offers_what_is_new(definition, user):
    assert "since" not in ExportForm(definition, user, QueryDict()).fields
    assert "since" in ExportForm(registry.get("calls"), user, QueryDict()).fields


def test_columns_that_are_no_default_are_offered_and_not_ticked(user):
    form = ExportForm(registry.get("hosts"), user, QueryDict())
    assert [header for header, on in ticked(form) if not on] == ["Network"]


class Everything(ExportFilterSet):
    """Filters whose choices are rows, or values of rows."""

    customer = django_filters.ModelChoiceFilter(queryset=Customer.objects.all())
    customers = django_filters.ModelMultipleChoiceFilter(
        field_name="customer", queryset=Customer.objects.all()
    )
    number = django_filters.AllValuesFilter()
    numbers = django_filters.AllValuesMultipleFilter(field_name="number")


def test_no_field_lists_rows(definition, user, stranger, make_order, monkeypatch):
    make_order(stranger, 4711)
    Customer.objects.update(email="secret@example.com")
    monkeypatch.setattr(Customer, "__str__", lambda customer: customer.email)
    monkeypatch.setattr("tests.engine.exports.OrderExport.filterset_class", Everything)
    page = ExportForm(definition, user, QueryDict()).as_p()
    assert '<select name="customer"' not in page
    assert "secret" not in page
    assert "4711" not in page
    warnings = [found.msg for found in check_definition(definition) if found.id == "exports.W004"]
    assert len(warnings) == 4


class Widgets(ExportFilterSet):
    begun = StartFilter("placed_at")
    count = IntegerFilter("number")
    open = BooleanFilter("removed")


def test_fitting_widgets(definition, user, monkeypatch):
    monkeypatch.setattr("tests.engine.exports.OrderExport.filterset_class", Widgets)

    def field(name: str, query: str = "") -> str:
        return str(ExportForm(definition, user, QueryDict(query))[name])

    assert 'type="date"' in field("begun")
    assert 'type="date"' in field("begun", "begun=2024-01-31")
    moment = field("begun", "begun=2024-01-31T09:30:00Z")
    assert 'type="text"' in moment  # a date picker would drop the time
    assert "2024-01-31T09:30:00Z" in moment
    assert 'inputmode="numeric"' in field("count")
    assert 'value="x"' in field("count", "count=x")
    form = ExportForm(definition, user, QueryDict("open=true"))
    assert isinstance(form.fields["open"].widget, Select)
    assert '<option value="true" selected>' in str(form["open"])
