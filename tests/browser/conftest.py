"""A demo, a browser, and windows of it that look at what goes on in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.windows import ARGUMENTS, BROWSERS, PATIENCE, Window
from tests.databases import fresh_database
from tests.demo.processes import Demo, running
from tests.tools import need

OpenWindow = Callable[..., Window]

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Site:
    """A server at `url` that serves this process's own database."""

    url: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo")
    with fresh_database(directory) as url, running(directory, DATABASE_URL=url) as demo:
        yield demo


# Of this directory: playwright leaves an event loop running in this thread, in which Django refuses the
# database unless it is told not to. Other directories' tests find neither.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = need(*BROWSERS)
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """What a browser keeps of each user who has signed in: the others' tests need not sign in again."""
    return {}


@pytest.fixture
def open_window(browser: Browser, demo: Demo, cookies: dict[str, Any]) -> Iterator[OpenWindow]:
    """Window's own arguments, and `user`: who is signed in. No window may have had a problem at the end."""
    windows: list[Window] = []

    def open_window(user: str = "", base_url: str = demo.url, **options: Any) -> Window:
        windows.append(Window(browser, base_url, **options))
        window = windows[-1]
        if user in cookies:
            window.context.add_cookies(cookies[user])
        elif user:
            window.sign_in(user)
            cookies[user] = window.context.cookies()
        return window

    yield open_window
    for window in windows:
        window.context.close()
    assert [window.problems for window in windows] == [[] for _ in windows]


@pytest.fixture
def site(browser: Browser, live_server: Any) -> Site:
    """The project, served by a thread of this process: a test holds the worker, and looks what is shown."""
    return Site(live_server.url)


@pytest.fixture
def visit_site(browser: Browser, site: Site, client: Any) -> Iterator[OpenWindow]:
    """As `open_window`, on `site`; `user` is an object."""
    windows: list[Window] = []

    def visit_site(user: Any = None, **options: Any) -> Window:
        windows.append(Window(browser, site.url, **options))
        if user is not None:
            client.force_login(user)
            [session] = client.cookies.values()
            cookie = {"name": session.key, "value": session.value, "url": site.url}
            windows[-1].context.add_cookies([cookie])
        return windows[-1]

    yield visit_site
    for window in windows:
        window.context.close()
    assert [window.problems for window in windows] == [[] for _ in windows]


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: to `--screenshots DIRECTORY`, or to where pytest throws them away."""
    chosen = request.config.getoption("--screenshots")
    directory = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
