"""A signed-in person's HTTP, without a browser: cookies, and forms with their token."""

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tests.processes.services import Received, connect, read_to_end

Fields = Mapping[str, Any]


class Session:
    """Whoever has signed in at `url` by the login page. The password is the id, as seed_demo makes it."""

    def __init__(self, url: str, user: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        with self.answer("/login/") as response:  # brings the token
            assert response.status == 200, response.read()
        with self.answer("/login/", {"username": user, "password": user}) as response:
            assert response.status == 302, f"{user} can't sign in: {response.read()!r}"

    @contextmanager
    def answer(
        self, path: str, fields: Fields | None = None, *, window: int | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a GET, or to a form that is sent with these fields; for `window` see Service.answer.

        A field that is a list is sent as often as it has values. No redirect is followed.
        """
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        with closing(connect(self.url, window)) as client:
            if fields is None:
                client.request("GET", path, headers=headers)
            else:
                body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]}, doseq=True)
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                client.request("POST", path, body, headers)
            with client.getresponse() as response:
                for line in response.headers.get_all("Set-Cookie", ()):
                    self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
                yield response

    def receive(self, path: str, fields: Fields | None = None, *, keep: bool = False) -> Received:
        """The whole answer, as Service.receive reads it."""
        begun = time.monotonic()
        with self.answer(path, fields) as response:
            return read_to_end(response, begun, keep=keep)
