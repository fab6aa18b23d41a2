"""A demo, a browser, and windows of it that look at what goes on in them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.windows import ARGUMENTS, Window
from tests.databases import fresh_database
from tests.demo.processes import Demo, running
from tests.tools import need

OpenWindow = Callable[..., Window]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo")
    with fresh_database(directory) as url, running(directory, DATABASE_URL=url) as demo:
        yield demo


# Of a module, whose tests run one after the other: playwright leaves an event loop running in this thread, in
# which Django would refuse the database to other modules' tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = need("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
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

    def open_window(user: str = "", **options: Any) -> Window:
        windows.append(Window(browser, demo.url, **options))
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


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: to `--screenshots DIRECTORY`, or to where pytest throws them away."""
    chosen = request.config.getoption("--screenshots")
    directory = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
