"""What a page tells of a download that it has taken over from the browser."""

from typing import Any

from tests.browser.windows import Window


def press(window: Window) -> None:
    window.page.get_by_role("button", name="Download", exact=True).click()


def saved(window: Window) -> tuple[str, bytes]:
    return window.download(window.page.get_by_role("button", name="Download", exact=True))


def facts(window: Window) -> dict[str, str]:
    """What the page tells of the download, by its names."""
    told = window.page.locator("#exports-transfer-told")
    names, values = told.locator("dt").all_inner_texts(), told.locator("dd").all_inner_texts()
    return dict(zip(names, values, strict=True))


def await_status(window: Window, text: str) -> None:
    window.page.locator("#exports-transfer-status").get_by_text(text, exact=True).wait_for()


def nothing_saved(window: Window) -> list[Any]:
    """Downloads that begin from now on."""
    begun: list[Any] = []
    window.page.on("download", lambda download: begun.append(download))
    return begun
