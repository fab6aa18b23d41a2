"""Filters for exports: django-filter's, strict where its own are lenient."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet

__all__ = [
    "BooleanFilter",
    "CharFilter",
    "ChoiceFilter",
    "EndFilter",
    "ExportFilterSet",
    "IntegerFilter",
    "StartFilter",
    "UUIDFilter",
]

START_HELP = _("A date, or a datetime; in UTC unless it has an offset.")
END_HELP = _("Included. A date alone includes its whole day.")
"""What a filter of moments takes, for whoever writes a request."""

_TRUTH = {"true": True, "false": False}

# RFC 3339, and what people write beside it: no offset, no seconds, a space for the T. Python's own
# fromisoformat takes more than that (weeks, any character before the time), and differs by version.
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(Z|[+ -][0-9]{2}:?[0-9]{2})?)?"
)
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"-?[0-9]{1,40}")
_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class MomentInput(forms.TextInput):
    """A date picker, unless the value is no date: with a time, or mistyped, it stays visible as text."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if not value or is_date(str(value)):
            context["widget"]["type"] = "date"
        return context


def is_date(text: str) -> bool:
    """Whether this is a day of the calendar, in ISO 8601."""
    try:
        return bool(_DATE.fullmatch(text) and dt.date.fromisoformat(text))
    except ValueError:  # such as 2024-02-30
        return False


class BooleanSelect(forms.Select):
    """Yes, no, or either."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, choices=[("", "---------"), ("true", _("Yes")), ("false", _("No"))])


class BooleanField(forms.Field):
    """`true` or `false`, in any case; django's own NullBooleanField makes None of a mistyped one."""

    widget = BooleanSelect

    default_error_messages = {"invalid": _("Enter true or false.")}

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return _TRUTH[str(value).lower()]
        except KeyError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentField(forms.Field):
    """A date or a datetime in ISO 8601 as a moment; without an offset it is in `zone`, UTC unless set.

    `day_time` says which moment of its day a date alone means. With USE_TZ off the result is naive, in the
    current time zone, as the rows are.
    """

    widget = MomentInput

    default_error_messages = {
        "invalid": _("Enter a date or a datetime, such as 2024-01-31 or 2024-01-31T09:30:00Z.")
    }

    def __init__(self, *, day_time: dt.time = dt.time.min, **kwargs: Any) -> None:
        self.day_time = day_time
        self.zone: dt.tzinfo = dt.UTC
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = self._parse(str(value).strip().upper())  # RFC 3339 allows t and z
            return moment if settings.USE_TZ else timezone.make_naive(moment)
        except (ValueError, OverflowError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def _parse(self, text: str) -> dt.datetime:
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        date, time, offset = match.groups(default="")
        if not time:
            # The later one of two equal times, where the clock is set back in them, is the end of the day.
            fold = int(self.day_time == dt.time.max)
            day_time = self.day_time.replace(fold=fold)
            return self._in_utc(dt.datetime.combine(dt.date.fromisoformat(date), day_time))
        # In a query string an offset's plus sign means a space.
        moment = dt.datetime.fromisoformat(f"{date}T{time}{offset.replace(' ', '+')}")
        return self._in_utc(moment)

    def _in_utc(self, moment: dt.datetime) -> dt.datetime:
        return (moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment).astimezone(dt.UTC)


class IntegerField(forms.Field):
    """A whole number in ASCII digits; Django's own takes 1.0 and the digits of every script."""

    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    default_error_messages = {"invalid": _("Enter a whole number.")}

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        text = str(value).strip()
        if not _INTEGER.fullmatch(text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(text)


class UUIDField(forms.UUIDField):
    """A UUID as it is written; Python takes braces, `urn:uuid:` and hyphens anywhere as well."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not _UUID.fullmatch(str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class BooleanFilter(Filter):
    """`true` or `false`."""

    field_class = BooleanField


class IntegerFilter(Filter):
    """A whole number; one that the column can't hold matches no row."""

    field_class = IntegerField


class UUIDFilter(Filter):
    """A UUID, with hyphens or without."""

    field_class = UUIDField


class StartFilter(Filter):
    """Rows at or after a moment."""

    field_class = MomentField

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        texts = {"label": _("From"), "help_text": START_HELP}
        super().__init__(field_name, lookup_expr="gte", **(texts | kwargs))


class EndFilter(Filter):
    """Rows up to and including a moment; a date alone includes that whole day."""

    field_class = MomentField

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        texts = {"label": _("Until"), "help_text": END_HELP}
        super().__init__(field_name, lookup_expr="lte", day_time=dt.time.max, **(texts | kwargs))


class _PeriodForm(forms.Form):
    """Refuses a period that ends before it starts."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("start_date"), cleaned.get("end_date")
        if start is not None and end is not None and start > end:
            self.add_error("start_date", forms.ValidationError(_("This is after end_date."), code="invalid"))
        return cleaned


class ExportFilterSet(FilterSet):
    """A FilterSet whose `start_date` may not come after its `end_date`, whatever its Meta says."""

    def get_form_class(self) -> type[forms.Form]:
        form: type[forms.Form] = super().get_form_class()
        return type(form.__name__, (_PeriodForm, form), {})
