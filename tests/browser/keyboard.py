"""Going through a page by the keyboard alone, as people do who use no mouse."""

from playwright.sync_api import Locator, Page

# Everything that a stylesheet may show the focus with; then the same without the focus.
LOOKS = """
() => {
    const element = document.activeElement;
    const looks = () => {
        const style = getComputedStyle(element);
        const outline = style.outlineStyle === "none" ? "" : style.outline;
        const others = [style.border, style.boxShadow, style.backgroundColor, style.textDecoration];
        return [outline, ...others].join("|");
    };
    const focused = looks();
    element.blur();
    const without = looks();
    element.focus();
    return [focused, without];
}
"""
# Within a field of many stops, such as a date: to look at it would lead back to its first one.
STAYS = """
() => {
    const stays = window.lastStop === document.activeElement;
    window.lastStop = document.activeElement;
    return stays;
}
"""
FAR = 200  # more stops than any page here has


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until `wanted` has the focus. Each stop on the way must be seen to have it."""
    wanted.wait_for()
    for _ in range(FAR):
        page.keyboard.press("Tab")
        here = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        if here.startswith("<body"):
            continue  # past the last one: the next Tab begins at the top
        if page.evaluate(STAYS):
            continue
        focused, without = page.evaluate(LOOKS)
        assert focused != without, f"the focus can't be seen on {here}"
        if wanted.evaluate("element => element === document.activeElement"):  # it may be another by now
            return
    raise AssertionError(f"no Tab leads to {wanted}")
