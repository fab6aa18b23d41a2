"""Forms of the admin whose objects the engine checks and saves, as it does for every other door."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..exceptions import ExportError, NotPermitted, ParameterProblem
from ..jobs.owners import find_owner
from ..models import ExportLog
from ..policy.addresses import http_caller

if TYPE_CHECKING:
    _Form = forms.ModelForm[Any]
    _Admin = admin.ModelAdmin[Any]
else:  # they take no argument at run time
    _Form, _Admin = forms.ModelForm, admin.ModelAdmin

SEVERAL_LINES: Final = forms.Textarea(attrs={"rows": 5, "cols": 60, "class": "vLargeTextField"})


class ControlledForm(_Form):
    """Once its fields are right, the engine is asked; what that says is wrong stands at the field."""

    request: ClassVar[HttpRequest]
    """The request whose form this is: the ModelAdmin makes a class for each."""

    fields_of: ClassVar[dict[str, str]] = {}
    """The form's field for what the engine names otherwise."""

    rest: ClassVar[str] = ""
    """The field at which everything else stands, with its name before it."""

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.errors:
            return
        try:
            self.instance = self.saved(owners_caller(self.request, self.owner()))
        except ExportError as error:
            self._tell(error)

    def _post_clean(self) -> None:
        """Writes nothing into the object: the engine has to see how it was."""

    def owner(self) -> str:
        """Whose the object is; a new one is the user's own."""
        return str(self.instance.user or self.request.user.pk)

    def saved(self, caller: Caller) -> Any:
        """The object, once the engine has it; `caller` is whose it is. Raises ExportError."""
        raise NotImplementedError

    def _tell(self, error: ExportError) -> None:
        problems: Iterable[ParameterProblem] = error.problems
        for problem in problems:
            name = self.fields_of.get(problem.attr, problem.attr)
            if name in self.fields:
                self.add_error(name, forms.ValidationError(str(problem.detail), code=problem.code))
            else:
                text = f"{problem.attr}: {problem.detail}"
                self.add_error(self.rest or None, forms.ValidationError(text, code=problem.code))
        if not problems:
            self.add_error(None, forms.ValidationError(str(error.detail), code=error.code))


class ControlledAdmin(_Admin):
    """A ModelAdmin with such a form. Who may not change what they see is shown it, as it is kept."""

    form_fields: ClassVar[tuple[str, ...]] = ()
    kept_fields: ClassVar[tuple[str, ...]] = ()
    """What is shown in place of the form's fields where nothing can be changed."""

    told_fields: ClassVar[tuple[str, ...]] = ()
    """What is shown of an object in any case."""

    show_full_result_count = False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.form_fields
        fields = self.form_fields if self.has_change_permission(request, obj) else self.kept_fields
        return (*fields, *self.told_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*self.kept_fields, *self.told_fields)

    def delete_one(self, row: Any) -> None:
        """Deletes a row while others may be writing of it."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_one(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_one(row)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form has done it."""


def owners_caller(request: HttpRequest, owner: str) -> Caller:
    """Whose an object is: the user, at this door; somebody else as the scheduler asks in their name.

    Raises NotPermitted where there is no such user.
    """
    caller = http_caller(request, ExportLog.Door.ADMIN)
    if str(request.user.pk) == owner:
        return caller
    user = find_owner(owner)
    if user is None:
        raise NotPermitted(_("There is no such user any more."))
    return caller.acting_for(user)
