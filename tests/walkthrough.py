"""The pages of docs/ that say what to do, as something that can be done: their fenced blocks, in order.

A `sh` block is commands. Any other block is a file, or, after the words "at the end of", something to add to
one: the first name in backquotes in the line above it says which.
"""

import re
from dataclasses import dataclass

from tests.servers import ROOT

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END_OF_FILE = "END-OF-THE-FILE"


@dataclass(frozen=True)
class Block:
    """`lead` is the line above; `language` is what stands after the fence."""

    lead: str
    language: str
    text: str

    @property
    def path(self) -> str:
        """The file that the block is, or belongs to."""
        return re.findall(r"`([^`]+)`", self.lead)[0]

    @property
    def script(self) -> str:
        """The block as shell commands."""
        if self.language == "sh":
            return self.text
        arrow = ">>" if "at the end of" in self.lead.lower() else ">"
        return f"cat {arrow} {self.path} <<'{_END_OF_FILE}'\n{self.text}{_END_OF_FILE}\n"


def blocks(page: str, heading: str) -> list[Block]:
    """The blocks under a heading of the second level."""
    _, found, text = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert found, f"{page} has no heading {heading!r}"
    text = text.partition("\n## ")[0]
    return [
        Block(text[: found.start()].rstrip().rpartition("\n")[2], found[1], found[2])
        for found in _FENCED.finditer(text)
    ]
