"""The form in which a person describes an API key: on the page of one's own keys and in the admin."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.datasets import dataset_names
from accounts.models import APIKey, User
from accounts.networks import canonical_networks, split_networks
from accounts.plans import plan_names


class NetworksField(forms.CharField):
    """A list of networks as text, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return split_networks(data or "") != (initial or [])

    def clean(self, value: Any) -> Any:
        return canonical_networks(split_networks(super().clean(value)))


def dataset_choices(owner: Any = None) -> Sequence[tuple[str, str]]:
    """Every dataset there is, or those of which its owner may know."""
    return [(name, name) for name in dataset_names(owner)]


class APIKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no argument at run time
    """Name, end, datasets and networks of a key."""

    datasets = forms.MultipleChoiceField(
        label=_("Datasets"),
        choices=dataset_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Which it may export; none chosen: all."),
    )
    networks = NetworksField(
        label=_("Networks"),
        required=False,
        max_length=10_000,  # far more than fits: each mistake in it is told
        help_text=_("Addresses and networks it may be used from, such as 192.0.2.0/24; none: from anywhere."),
    )

    class Meta:
        model = APIKey
        fields = ("name", "expires_at", "rate", "datasets", "networks")
        help_texts = {"expires_at": _("In UTC; none: never.")}

    def __init__(self, *args: Any, owner: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One that is no more stays with its key: left out, the key could be left with none, which means all.
        gone = [name for name in self.instance.datasets if name not in dataset_names()]
        datasets = self.fields["datasets"]
        assert isinstance(datasets, forms.MultipleChoiceField)  # noqa: S101 - declared so above
        datasets.choices = [*dataset_choices(owner), *((name, name) for name in gone)]

    def clean_expires_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment is None or "expires_at" not in self.changed_data:
            return moment
        if moment <= timezone.now():
            raise forms.ValidationError(_("This moment has passed already."))
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:  # with an offset, the last hours of the year 9999
            text = forms.DateTimeField.default_error_messages["invalid"]
            raise forms.ValidationError(text) from error


class UserForm(auth_forms.UserChangeForm):  # type: ignore[type-arg]
    """Django's, with a choice of plans and a list of networks."""

    plan = forms.ChoiceField(
        label=capfirst(_("plan")), required=False, help_text=User._meta.get_field("plan").help_text
    )
    networks = NetworksField(
        label=capfirst(_("networks")),
        required=False,
        max_length=10_000,
        help_text=User._meta.get_field("networks").help_text,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self.fields.get("plan")  # there is none for who may only look
        if isinstance(plan, forms.ChoiceField):
            # One that is no more stays: without a plan the user might do more.
            names = dict.fromkeys(["", *plan_names(), self.instance.plan])
            plan.choices = [(name, name or "---------") for name in names]


class OwnAPIKeyForm(APIKeyForm):
    """The same on a page, where the browser helps with the time."""

    class Meta(APIKeyForm.Meta):
        # A browser knows later years than Python does.
        widgets = {
            "expires_at": forms.DateTimeInput(
                {"type": "datetime-local", "max": "9999-12-31T23:59"}, format="%Y-%m-%dT%H:%M"
            )
        }
