"""The form above the records: which of them to list."""

import datetime as dt
from typing import Any, ClassVar, Final, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...catalogue import dataset_names
from ...history import may_see_all, named, names_one, search, search_start
from ...models import ExportLog
from ..listing import ListForm
from ..periods import MAX_DAYS, PeriodForm

EXPORTED: Final = "exported"
"""The outcome that is each but `denied`: what was denied is no export."""

ERROR_LENGTH: Final = 300
"""Of the longest error by which records can be listed: it stands in an address."""


class RecordFilterForm(PeriodForm, ListForm):
    """Which records to list. For who sees those of others: whose."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        help_text=gettext_lazy("An id, a SHA-256, an address, a user agent, or the value of a filter."),
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search"}),
    )
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)
    door = forms.ChoiceField(label=gettext_lazy("Door"), required=False)
    user = forms.CharField(label=gettext_lazy("User"), required=False, max_length=255)
    tenant = forms.CharField(label=gettext_lazy("Tenant"), required=False, max_length=255)
    # A link says it, nobody types it: it is shown where one has led here, and can be taken away.
    error = forms.CharField(
        label=gettext_lazy("Error"),
        help_text=gettext_lazy("The whole text, as it was recorded."),
        required=False,
        strip=False,
        max_length=ERROR_LENGTH,
    )

    search_start: dt.datetime | None = None
    """After which moment text was looked for, where there are too many records."""

    field_order = ("q", "dataset", "outcome", "door", "start_date", "end_date", "user", "tenant", "error")
    lookups: ClassVar = {
        "dataset": "export_type",
        "door": "door",
        "user": "user",
        "tenant": "tenant",
        "error": "error",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("outcome", [*ExportLog.Outcome.choices, (EXPORTED, _("all but denied"))])
        self.offer("door", ExportLog.Door.choices)
        self.sees_all = may_see_all(self.caller.user)
        if self.sees_all:  # records of every dataset are in the list
            self.offer("dataset", [(name, name) for name in dataset_names()])
        if not self.sees_all:
            del self.fields["user"], self.fields["tenant"]
        if not self.data.get("error"):
            del self.fields["error"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("q", "error"):
            text = cleaned.get(name)
            if text and not (name == "q" and names_one(text)) and not self._takes_text():
                told = _("Choose a user, a tenant, or up to %(days)s days from and until as well.")
                self.add_error(name, forms.ValidationError(told % {"days": MAX_DAYS}))
        return cleaned

    def _takes_text(self) -> bool:
        """Whether text is looked for: in one's own records, or in those of a user, a tenant or some days."""
        narrowed = any(self.cleaned_data.get(name) for name in ("user", "tenant"))
        return not self.sees_all or narrowed or self.period.days <= MAX_DAYS

    def chosen[Rows: QuerySet[Any]](self, rows: Rows) -> Rows:
        rows = super().chosen(rows)
        if not self.is_valid():
            return rows
        rows = rows.filter(self.period.condition("timestamp"))
        if outcome := self.cleaned_data["outcome"]:
            denied = ExportLog.Outcome.DENIED
            rows = rows.exclude(outcome=denied) if outcome == EXPORTED else rows.filter(outcome=outcome)
        text = self.cleaned_data["q"]
        return cast("Rows", self._found(rows, text)) if text else rows

    def _found(self, rows: QuerySet[ExportLog], text: str) -> QuerySet[ExportLog]:
        """What an id or a SHA-256 names; else, for it may be the value of a filter, where the text occurs."""
        if names_one(text):
            found = named(rows, text)
            if found.exists() or not self._takes_text():
                return found
        self.search_start = search_start(rows)
        return search(rows.filter(timestamp__gt=self.search_start) if self.search_start else rows, text)


def error_can_be_listed(error: str) -> bool:
    """Whether the form takes this error, and its field keeps it as it is."""
    return 0 < len(error) <= ERROR_LENGTH and error.isprintable()
