"""What staff may do with what is somebody else's."""

from django.http import QueryDict

from .. import engine
from ..caller import Caller
from ..exceptions import NotPermitted
from ..scope import own_scope


def require_rights_over(dataset: str, params: QueryDict, caller: Caller, owner: object) -> None:
    """Raises NotPermitted where the caller may not export for themselves what the owner would have by this.

    That takes the permission for the dataset, and the one for rows of the owner's tenant. Raises what
    `engine.check` does.
    """
    if "tenant" not in params:
        scope = own_scope(owner)
        if scope is None:
            raise NotPermitted
        params = params.copy()
        params["tenant"] = scope.tenant
    engine.check(dataset, caller, params)
