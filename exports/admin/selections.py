"""What staff chose on a changelist: ticked rows, or everything that it lists across its pages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..parameters import Selection

ORDER = "_order"
"""The page's own parameter; a dataset may well have a filter named `order`."""

IDS = "_ids"
"""The ids of the ticked rows as one JSON array: Django takes a thousand fields of a form and no more."""

LIST, DATASET = "list", "dataset"

_UNPAGED = "_exports_unpaged"


class OrderForm(forms.Form):
    """The order of the rows: the dataset's, or the list's."""

    def __init__(self, order: str) -> None:
        super().__init__(initial={ORDER: order})
        choices = [(DATASET, _("The dataset's own")), (LIST, _("As on the list"))]
        self.fields[ORDER] = forms.ChoiceField(label=_("Order of the rows"), choices=choices, required=False)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`ids` are those of the ticked rows, None for all; `address` is the list's query string."""

    rows: QuerySet[Any]
    ids: tuple[str, ...] | None
    address: str
    order: str

    def order_form(self) -> OrderForm:
        """The field to choose the order in."""
        return OrderForm(self.order)

    def ids_text(self) -> str:
        """What the page's form sends back."""
        return json.dumps(self.ids)

    def selection(self) -> Selection:
        """For the engine, with the words for the audit record."""
        description: dict[str, Any] = {"list": self.address, "order": self.order}
        if self.ids is not None:
            description["ids"] = list(self.ids)
        return Selection(rows=self.rows, ordered=self.order == LIST, description=description)


def opened(request: HttpRequest, rows: QuerySet[Any]) -> Choice:
    """What the changelist has handed to its action. Raises what `posted` does."""
    ids = _known(rows, _ticked(request, request.POST.getlist(ACTION_CHECKBOX_NAME)))
    return _choice(request, _usable(rows), ids)


def posted(request: HttpRequest, model_admin: Any) -> Choice:
    """The same rows once more, from the address of the list and what was ticked.

    Raises IncorrectLookupParameters where the list would not open, or an id can be none of the model's.
    """
    if any("\0" in value for _, values in request.GET.lists() for value in values):
        raise IncorrectLookupParameters  # PostgreSQL holds no such text; the list would fail
    setattr(request, _UNPAGED, True)
    with _incorrect():
        rows = model_admin.get_changelist_instance(request).queryset
    ids = _known(rows, _ticked(request, _sent_back(request)))
    return _choice(request, _usable(rows if ids is None else rows.filter(pk__in=ids)), ids)


def unpaged(request: HttpRequest, changelist: type[ChangeList]) -> type[ChangeList]:
    """A ChangeList that counts nothing and fetches no page, where it is asked for its rows only."""
    if not hasattr(request, _UNPAGED):
        return changelist
    return type(changelist.__name__, (changelist,), {"get_results": lambda self, request: None})


def _choice(request: HttpRequest, rows: QuerySet[Any], ids: tuple[str, ...] | None) -> Choice:
    # Sorted by a click, the list has an order that somebody wanted; else the dataset's is the better one.
    initial = LIST if request.GET.get(ORDER_VAR) else DATASET
    order = LIST if request.POST.get(ORDER, initial) == LIST else DATASET
    return Choice(rows=rows, ids=ids, address=list_address(request), order=order)


def list_address(request: HttpRequest) -> str:
    """The query string of the list as a whole, whichever page of it was open."""
    params = request.GET.copy()
    for name in (PAGE_VAR, ALL_VAR, ERROR_FLAG):
        params.pop(name, None)
    return params.urlencode()


def _ticked(request: HttpRequest, ids: list[str]) -> tuple[str, ...] | None:
    # As the admin's own action form reads it.
    across = forms.BooleanField(required=False).to_python(request.POST.get("select_across", ""))
    return None if across else tuple(ids)


def _sent_back(request: HttpRequest) -> list[str]:
    """The ids from the page; as the list sends them, where the page's field is not there."""
    if IDS not in request.POST:
        return request.POST.getlist(ACTION_CHECKBOX_NAME)
    try:
        ids = json.loads(request.POST[IDS])
    except (ValueError, RecursionError) as error:
        raise IncorrectLookupParameters from error
    if not isinstance(ids, list) or not all(isinstance(key, str) for key in ids):
        raise IncorrectLookupParameters
    return ids


def _known(rows: QuerySet[Any], ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Each id once, as its field spells it: the audit record keeps them, and 1 may come with many zeros."""
    if ids is None:
        return None
    try:
        if "\0" in "".join(ids):
            raise ValueError
        "".join(ids).encode()  # JSON can bring half a surrogate pair, which is no text
        key: Any = rows.model._meta.pk
        return tuple(dict.fromkeys(str(key.to_python(text)) for text in ids))
    except (ValueError, ValidationError) as error:
        raise IncorrectLookupParameters from error


def _usable(rows: QuerySet[Any]) -> QuerySet[Any]:
    """`rows`, once the database has been asked for them: a list lets through what fails only then."""
    connection = connections[rows.db]
    with _incorrect(), transaction.atomic(rows.db) if connection.in_atomic_block else nullcontext():
        rows.order_by().exists()
    return rows


@contextmanager
def _incorrect() -> Iterator[None]:
    """Raises IncorrectLookupParameters for whatever the list's address makes fail, as `year=9999` does."""
    try:
        yield
    except (IncorrectLookupParameters, SuspiciousOperation):  # which Django answers 400 as well
        raise
    except Exception as error:  # each lookup, and each database, has exceptions of its own
        raise IncorrectLookupParameters from error
