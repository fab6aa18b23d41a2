"""One request, as any client makes it."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.processes.services import connect

WHO = "/api/exports/info"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str,
    path: str = WHO,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: Any = None,
) -> Answer:
    """The answer; a mapping or list as `body` goes as JSON."""
    sent = dict(headers or {})
    if body is not None and not isinstance(body, str):
        body, sent["Content-Type"] = json.dumps(body), "application/json"
    with closing(connect(url)) as client:
        client.request(method, path, body=body, headers=sent)
        response: http.client.HTTPResponse = client.getresponse()
        return Answer(response.status, response.headers, response.read())  # type: ignore[arg-type]
