"""Names where a filter takes a key: what somebody types without the list of search.js, or quicker than it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ...caller import Caller
from ...definitions import ModelExport
from ...exceptions import ExportError, InvalidParameters, Text, TimeLimitExceeded
from ...filtering import validate_filters
from ...scope import Scope
from ...searching import Search
from ...sources.brief import BriefReading
from .search_fields import scope_of


def not_in_time(seconds: int) -> Text:
    """What is said where a search was given up after so many seconds."""
    text = _("Names could not be looked up within {seconds} seconds. An id can be typed.")
    return format_lazy(text, seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Named:
    """The parameters of the API, with keys for names; and by filter, what is wrong with other names."""

    params: QueryDict
    mistakes: Mapping[str, Text]

    def told(self, error: ExportError) -> ExportError:
        """The error in words for who has typed a name: the engine speaks of keys."""
        if not isinstance(error, InvalidParameters) or not self.mistakes:
            return error
        return InvalidParameters(
            [
                replace(problem, detail=self.mistakes.get(problem.attr, problem.detail))
                for problem in error.errors
            ]
        )


def named(definition: ModelExport, caller: Caller, params: QueryDict) -> Named:
    """Looks names up among the rows that the caller may have; who may have none keeps what was typed."""
    texts = {name: text for name in definition.searches if (text := _name_in(definition, params, name))}
    scope = scope_of(definition, caller, params) if texts else None
    if scope is None:
        return Named(params=params, mistakes={})
    found, mistakes = params.copy(), {}
    for name, text in texts.items():
        key, mistake = _key(definition.searches[name], scope, caller, text)
        if key is not None:
            found[name] = key
        elif mistake:
            mistakes[name] = mistake
    return Named(params=found, mistakes=mistakes)


def _name_in(definition: ModelExport, params: QueryDict, name: str) -> str:
    """What is given for this filter and is no value of it; empty: nothing, or one that is."""
    values = params.getlist(name)
    given = QueryDict(mutable=True)
    given.setlist(name, values)
    try:
        if len(values) == 1:
            validate_filters(definition, given, all_required=False)
    except InvalidParameters:
        return values[0]
    return ""


def _key(search: Search, scope: Scope, caller: Caller, text: str) -> tuple[str | None, Text]:
    """The key of the one row that is called so, or what is wrong; neither where it can be no name."""
    with BriefReading(search.get_queryset().db, caller.client) as brief:
        try:
            found = brief.read(partial(search.called, scope, text))
        except TimeLimitExceeded:
            return None, not_in_time(brief.seconds)
        except ExportError:  # nobody waits any more, or the server stops: who asks for the rows says so
            return None, ""
    if found is None:
        return None, ""
    if len(found) == 1:
        return found[0].value, ""
    if found:
        mistake = _("Several are called “{name}”. Choose one from the list, or give its id.")
    else:
        mistake = _("Nothing is called “{name}”. Give the whole name, or the id.")
    return None, format_lazy(mistake, name=text)
