"""A command line as a caller and parameters of the engine."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from ..caller import Caller
from ..models import ExportLog
from ..options import OPTION_NAMES


class UsageError(Exception):
    """Something on the command line is not valid; one line for each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))


def caller_for(user_id: str) -> Caller:
    """The user with this primary key, who must be active, at the command door. Raises UsageError."""
    model = get_user_model()
    try:
        user = model._default_manager.get(pk=user_id)
    except (model.DoesNotExist, ValidationError, ValueError, OverflowError):  # or no value of the key's type
        raise UsageError(_("--user: There is no user '%(id)s'.") % {"id": user_id}) from None
    if not user.is_active:
        raise UsageError(_("--user: The user '%(id)s' is not active.") % {"id": user_id})
    return Caller(user=user, door=ExportLog.Door.COMMAND)


def parameters(options: Mapping[str, Any], filters: Iterable[str]) -> QueryDict:
    """The API's parameters of the engine's options and of `NAME=VALUE`s.

    Raises UsageError naming each bad one. A filter that comes twice is handed over twice: the engine knows
    whether it may.
    """
    params = QueryDict(mutable=True)
    problems = []
    for text in filters:
        name, equals, value = text.partition("=")
        if not (name and equals):
            problems.append(_("--filter %(text)s: Give it as NAME=VALUE.") % {"text": text})
        elif name in OPTION_NAMES:
            problems.append(_("--filter %(name)s: This is no filter; use --%(name)s.") % {"name": name})
        else:
            params.appendlist(name, value)
    if problems:
        raise UsageError(*problems)
    params.update({name: options[name] for name in OPTION_NAMES if options.get(name) is not None})
    return params
