"""A page as a tree of elements, read by Python's own parser."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    """`all("td", class_="x")` finds by tag and attributes; `text` is that of all below, as it stands."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(
            child if isinstance(child, str) else child.text for child in self.children if self.shows
        )

    @property
    def shows(self) -> bool:
        """What stands in a template is no part of the page until a script puts it there."""
        return self.tag != "template"

    @property
    def words(self) -> str:
        """The text, its white space as a browser shows it."""
        return " ".join(self.text.split())

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    def below(self, *, templates: bool = False) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                if child.shows or templates:
                    yield from child.below(templates=templates)

    def all(self, tag: str, **attrs: str) -> list["Element"]:
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            element
            for element in self.below()
            if element.tag == tag and wanted.items() <= element.attrs.items()
        ]

    def one(self, tag: str, **attrs: str) -> "Element":
        [element] = self.all(tag, **attrs)
        return element

    def links(self) -> dict[str, str]:
        """Address by the words of each link; of several with the same words the last one's."""
        return {element.words: element["href"] for element in self.all("a") if "href" in element.attrs}

    def facts(self) -> dict[str, str]:
        """The words of each description by those of its term."""
        terms, descriptions = self.all("dt"), self.all("dd")
        return {dt.words: dd.words for dt, dd in zip(terms, descriptions, strict=True)}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("#document")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(text: str) -> Element:
    """The document. Every element must be closed where it was opened."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.open == [builder.root], builder.open[-1].tag
    return builder.root
