"""A browser window that notes whatever a clean page must not do."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, Route

# Chromium's own build without windows comes first: it takes a fourth less of a processor than the whole.
BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WIDE: Final = 1280
HEIGHT: Final = 900
PATIENCE: Final = 15_000  # milliseconds, for whatever a test waits for
NARROW: Final = 360  # the narrowest telephone that pages are made for
# The console tells of it, too, but in words of the browser's.
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", violation => console.error(
    `the policy forbids ${violation.violatedDirective}: ${violation.blockedURI} ${violation.sourceFile}`
));
"""
# Links change their colour slowly, and half-way it is hard to read. What is folded away would never end.
END_TRANSITIONS = "document.getAnimations().forEach(animation => animation.finish())"
# The rules of axe that look at colours.
OF_COLOURS: Final = ("color-contrast", "link-in-text-block")
IS_THERE = "'axe' in window"
RUN = "([context, options]) => axe.run(context, options).then(found => found.violations)"
# Said of every answer that is an error; `_answered` looks at those itself.
STATUS_MESSAGE = "Failed to load resource: the server responded with a status of "


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """What the page's events tell of: they come while playwright waits, and at no other time."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        page.wait_for_timeout(10)


class Window:
    """One window at `base_url`: `page` is playwright's, `problems` what went wrong so far.

    Problems are messages of the console that are errors, what the Content-Security-Policy forbade, requests
    to other hosts, parts of a page that were not there, and any 500. A page itself may answer 4xx.
    """

    def __init__(self, browser: Browser, base_url: str, *, width: int = WIDE, **options: Any) -> None:
        self.base_url = base_url
        self.problems: list[str] = []
        self.context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": HEIGHT},
            reduced_motion="reduce",
            **{"locale": "en-GB", **options},
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(TELL_VIOLATIONS)
        self.context.on("request", self._requested)
        self.context.on("response", self._answered)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and f"{address.scheme}://{address.netloc}" != self.base_url:
            self.problems.append(f"foreign: {request.url}")

    def _answered(self, response: Response) -> None:
        page_itself = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not page_itself):
            self.problems.append(f"{response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(STATUS_MESSAGE):
            self.problems.append(f"console: {message.text}")

    def open(self, path: str, status: int = 200) -> Page:
        """Goes to that path, which must answer with that status."""
        response = self.page.goto(path)
        assert response is not None
        assert response.status == status, f"{path}: {response.status}\n{self.text}"
        return self.page

    @contextmanager
    def before(self, script: str, path: str) -> Iterator[Page]:
        """The page of that path while that script is still on its way; it comes when the block ends."""
        held: list[Route] = []
        self.page.route(f"**/{script}*.js", lambda route: held.append(route), times=1)
        self.page.goto(path, wait_until="commit")
        yield self.page
        wait_until(self.page, lambda: held)
        held[0].continue_()

    def sign_in(self, user: str) -> None:
        """By the login page, with the id as password, as all users of the demo have."""
        self.open("/login/")
        # By names, which no language changes.
        for name in ("username", "password"):
            self.page.locator(f"[name={name}]").fill(user)
        self.page.locator("#login-form [type=submit]").click()
        self.arrive("/exports/")

    def sign_out_elsewhere(self) -> None:
        """In a second page of the same session."""
        second = self.context.new_page()
        second.goto("/exports/")
        second.get_by_role("button", name="Log out").click()
        # One that is closed while the next page comes may never close: github.com/microsoft/playwright#42366.
        second.wait_for_url("**/login/**")
        second.close()

    def download(self, button: Locator) -> tuple[str, bytes]:
        """Name and content of the file that this button gives."""
        with self.page.expect_download() as expected:
            button.click()
        return expected.value.suggested_filename, expected.value.path().read_bytes()

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.page.locator("body").inner_text()

    @property
    def path(self) -> str:
        """The address without the host and without the place on the page."""
        return self._path(self.page.url)

    def _path(self, url: str) -> str:
        return url.removeprefix(self.base_url).partition("#")[0]

    def arrive(self, path: str) -> None:
        """Waits until the page of that path is there. A click alone waits for nothing."""
        self.page.wait_for_url(lambda url: self._path(url) == path)

    def faults(
        self, exclude: Sequence[str] = (), *, schemes: Sequence[Literal["light", "dark"]] = ("light", "dark")
    ) -> list[str]:
        """What keeps people from using this page, in wide and narrow windows, in light and in dark.

        That is what axe finds (a line for each element; `exclude` selects those it does not look at), and
        a page that scrolls to the side.
        """
        found = []
        for scheme, width in product(schemes, (WIDE, NARROW)):
            # Which scheme it is matters for the colours alone.
            rules = {} if scheme == schemes[0] else {"runOnly": OF_COLOURS}
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(END_TRANSITIONS)
            where = f"{self.path}, {width}, {scheme}"
            found += [f"{where}: {violation}" for violation in self._violations(exclude, rules)]
            if (needed := self.page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{where}: scrolls to the side, {needed} wide")
        return found

    def _violations(self, exclude: Sequence[str], rules: Mapping[str, Any]) -> list[str]:
        """What axe finds by these rules: its option `runOnly`, or nothing for all of them."""
        if not self.page.evaluate(IS_THERE):
            self.page.evaluate(AXE_SCRIPT)
        context = {"exclude": [[selector] for selector in exclude]}
        violations = self.page.evaluate(RUN, [context, {"resultTypes": ["violations"], **rules}])
        return [
            f"{rule['id']}: {node['target']} {node['html'][:200]}\n{node['failureSummary']}"
            for rule in violations
            for node in rule["nodes"]
        ]

    def picture(self, path: Path) -> bytes:
        """A PNG of what the window shows, also written to that file."""
        return self.page.screenshot(path=path)
