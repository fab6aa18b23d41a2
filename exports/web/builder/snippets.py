"""The same export by a program: lines to be copied from a page.

They read the credential from the environment, so that none stands in a page, a shell's history or a script.
"""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from ...conf import export_settings
from ...exceptions import Text
from ...jobs import storage
from ...options import OPTION_NAMES
from ...saved.relative import LAST_RUN
from ..addresses import api_address
from ..relative_dates import period_of, ranges
from .presets import OFFERED

KEY: Final = "EXPORTS_KEY"
"""The environment variable that the lines read."""

# From 7.83 on curl can remove what it has written of a download that breaks off: no short file looks whole.
_CURL: Final = """\
curl --fail --remove-on-error --remote-name --remote-header-name \\
  --header "Authorization: {scheme} ${key}" \\
  {url}
"""

# A chunked body that breaks off raises IncompleteRead; of one with a length, http.client tells how
# much is missing, and no more. The file gets its name once it is whole.
_PYTHON: Final = """\
import os
import shutil
from urllib.request import Request, urlopen

headers = {{"Authorization": f"{scheme} {{os.environ['{key}']}}"}}
request = Request({url}, headers=headers)
with urlopen(request, timeout=300) as response:
    name = os.path.basename(response.headers.get_filename())
    with open(name + ".part", "wb") as file:
        shutil.copyfileobj(response, file)
    if response.length:
        raise EOFError(f"{{response.length}} bytes are missing")
os.replace(name + ".part", name)
"""

_SCHEDULE: Final = """\
TEMPLATE=$(curl --fail-with-body --header "Authorization: {scheme} ${key}" \\
  --json {template} \\
  {templates} | jq --exit-status --raw-output .id) &&
curl --fail-with-body --header "Authorization: {scheme} ${key}" \\
  --json '{{"template": "'$TEMPLATE'", "rule": "0 6 * * *", "timezone": "UTC"}}' \\
  {schedules}
"""


_NOW: Final = "NOW"


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """Lines for a shell, or for Python. `name` is short, for ids."""

    name: str
    label: Text
    text: str


def snippets_for(request: HttpRequest, dataset: str, params: QueryDict) -> list[Snippet]:
    """Of that choice; none in a project without the REST door."""
    address = api_address(dataset, params)
    return list(_snippets(request, address, dataset, params)) if address else []


def _snippets(request: HttpRequest, address: str, dataset: str, params: QueryDict) -> Iterator[Snippet]:
    url, said = _absolute(request, address), {"scheme": export_settings().api_scheme, "key": KEY}
    yield Snippet(name="curl", label=_("curl"), text=_CURL.format(url=shlex.quote(url), **said))
    # An address is ASCII: as JSON it is a literal of Python's, too.
    yield Snippet(name="python", label=_("Python"), text=_PYTHON.format(url=json.dumps(url), **said))
    if not storage.is_configured():
        return
    try:
        templates, schedules = reverse("exports-api:template-list"), reverse("exports-api:schedule-list")
    except NoReverseMatch:
        return
    text = _SCHEDULE.format(
        # The name comes first: nothing that was chosen stands before it.
        template=shlex.quote(json.dumps(_template(dataset, params))).replace(_NOW, "'$(date +%s)'", 1),
        templates=shlex.quote(_absolute(request, templates)),
        schedules=shlex.quote(_absolute(request, schedules)),
        **said,
    )
    yield Snippet(name="schedule", label=_("Each day at six, by curl and jq"), text=text)


def _absolute(request: HttpRequest, address: str) -> str:
    base = export_settings().base_url
    return base.rstrip("/") + address if base else request.build_absolute_uri(address)


def _template(dataset: str, params: QueryDict) -> dict[str, Any]:
    """What asks the REST door to keep this choice, under a name that no other has.

    Each day would bring the same rows, were its dates those of today: they are told from the day of the run.
    """
    params = params.copy()
    for dates in ranges(dataset):
        if value := period_of(dates, params, now(), OFFERED):
            for name in dates.names:
                params[name] = value
    if "since" in params:
        params["since"] = LAST_RUN
    filters = {name: values for name, values in params.lists() if name not in OPTION_NAMES}
    options: dict[str, Any] = {name: params[name] for name in params if name in OPTION_NAMES}
    if "columns" in options:
        options["columns"] = options["columns"].split(",")
    single = {name: values[0] if len(values) == 1 else values for name, values in filters.items()}
    return {"name": f"{dataset} {_NOW}", "dataset": dataset, "filters": single, **options}
