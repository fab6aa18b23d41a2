"""What the form of a page would send."""

from urllib.parse import urlencode

from tests.web.html import Element


def shown(page: Element) -> dict[str, str]:
    """The value that each input and list of the form shows; ticks and hidden inputs are not among them."""
    return {found["name"]: _value(found) for found in choice_form(page).below() if _is_shown(found)}


def choice_form(page: Element) -> Element:
    """The form of a dataset's page, or the one of another."""
    [form] = page.all("form", id="exports-form") or page.all("form", class_="exports-form")
    return form


def _is_shown(found: Element) -> bool:
    """Of several boxes of which one can be chosen, that one; a field without a name is a script's."""
    if found.tag not in ("input", "select") or "name" not in found.attrs:
        return False
    kind = found.attrs.get("type")
    return "checked" in found.attrs if kind == "radio" else kind not in ("checkbox", "hidden")


def _value(element: Element) -> str:
    chosen = [option["value"] for option in element.all("option") if "selected" in option.attrs]
    return element.attrs.get("value", "") if element.tag == "input" else "".join(chosen)


def ticks(page: Element, name: str = "columns") -> list[str]:
    """The ticked boxes of that name, in their order."""
    return [box["value"] for box in page.all("input", type="checkbox", name=name) if "checked" in box.attrs]


def submitted(page: Element) -> str:
    """The query string that a browser sends of the form as it stands."""
    sent = [found for found in choice_form(page).all("input") if found["type"] in ("hidden", "checkbox")]
    others = [found for found in sent if found["type"] == "hidden" or "checked" in found.attrs]
    return urlencode([*shown(page).items(), *((found["name"], found["value"]) for found in others)])


def fields_of(form: Element) -> dict[str, str]:
    """What a browser sends of any form; of several values of one name the last one."""
    found = {}
    for field in form.below():
        if field.tag not in ("input", "select", "textarea"):
            continue
        if field.attrs.get("type") == "checkbox":
            if "checked" in field.attrs:
                found[field["name"]] = field.attrs.get("value", "on")
        elif field.tag == "textarea":
            found[field["name"]] = field.text.strip()
        else:
            found[field["name"]] = _value(field)
    return found


def table(page: Element) -> list[list[str]]:
    """The cells of the preview, as they stand; the first row is the header."""
    preview = page.one("div", aria_label="Preview").one("table")
    return [[cell.text for cell in row.below() if cell.tag in ("th", "td")] for row in preview.all("tr")]
