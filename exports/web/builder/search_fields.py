"""The inputs of filters whose values people find by a name."""

from collections.abc import Mapping

from django.http import QueryDict
from django.urls import reverse

from ... import engine
from ...caller import Caller
from ...definitions import ModelExport
from ...exceptions import ExportError
from ...scope import Scope
from ...widgets import SearchInput


def search_inputs(definition: ModelExport, caller: Caller, params: QueryDict) -> Mapping[str, SearchInput]:
    """The input of each filter that is found by a name, with the name of what `params` have chosen.

    Names are those of the tenant whose rows are asked for; none where that is refused.
    """
    asked = tenant_in(params)
    scope = scope_of(definition, caller, params) if definition.searches else None
    inputs = {}
    for name, search in definition.searches.items():
        value = str(params.get(name, ""))
        found = search.named(scope, value) if value and scope else None
        address = reverse("exports-web:search", args=[definition.get_name(), name])
        if asked:
            address += f"?{asked.urlencode()}"
        inputs[name] = SearchInput(address, found=found.name if found else "")
    return inputs


def scope_of(definition: ModelExport, caller: Caller, params: QueryDict) -> Scope | None:
    """Whose rows are asked for; None where the engine refuses that: who asks for the rows is told."""
    try:
        return engine.describe(definition.get_name(), caller, tenant_in(params)).scope
    except ExportError:
        return None


def tenant_in(params: QueryDict) -> QueryDict:
    """Of these parameters the one that says whose rows are asked for, if it does."""
    found = QueryDict(mutable=True)
    if tenant := params.get("tenant"):
        found["tenant"] = tenant
    return found
