"""As much of a browser as forms need: cookies, redirects, and the fields of a page."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin


@dataclass(frozen=True)
class Page:
    """An answer, whatever its status; `url` is where redirects have led to."""

    status: int
    url: str
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Form:
    """`fields` as they would be submitted: names with their values, in order. `names` are those of all."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def filled(self, **values: str) -> list[tuple[str, str]]:
        """The fields with these in the place of those of their names."""
        return [*(pair for pair in self.fields if pair[0] not in values), *values.items()]


class _Forms(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._page = page
        self._select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self._page.url, given.get("action", ""))))
        elif tag == "select" and self.forms:
            self._select = given.get("name", "")
            self.forms[-1].names.add(self._select)
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields.append((self._select, given.get("value", "")))
        elif tag == "input" and self.forms and given.get("name"):
            self._input(given)

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        self.forms[-1].names.add(given["name"])
        submitted = "checked" in given if kind in ("checkbox", "radio") else kind not in ("submit", "button")
        if submitted:
            self.forms[-1].fields.append((given["name"], given.get("value", "")))


def form(page: Page, name: str) -> Form:
    """The form of a page that has a field of this name, with what it would submit as it stands."""
    assert page.status == 200, page.text
    [found] = [form for form in _Forms(page).forms if name in form.names]
    return found


class Browser:
    """A visitor of the site at `url` (no slash at its end), with a cookie jar of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, fields: Any = ()) -> Page:
        address = urljoin(self.url, path)
        return self._open(urllib.request.Request(f"{address}?{urlencode(fields)}" if fields else address))

    def post(self, path: str, fields: Any) -> Page:
        address = urljoin(self.url, path)
        headers = {"Referer": address}
        return self._open(urllib.request.Request(address, urlencode(fields).encode(), headers))

    def sign_in(self, path: str, name: str) -> Page:
        """By the login page at `path`; each password is the name and `'s password`."""
        login = self.get(path)
        fields = form(login, "password").filled(username=name, password=f"{name}'s password")
        page = self.post(login.url, fields)
        assert page.url != login.url, page.text
        return page

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Page(answer.status, answer.url, answer.headers, answer.read())
