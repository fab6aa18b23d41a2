"""The dialects of CSV that a file can be written in."""

from dataclasses import dataclass
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff".encode()
"""By it Excel knows UTF-8; without one it takes a file for the computer's own code page."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """RFC 4180 unless it says otherwise: all of them quote as that does, and end lines with CRLF."""

    delimiter: str = ","
    byte_order_mark: bool = False
    media_type: str = "text/csv"
    extension: str = "csv"


DIALECTS: Final[dict[str, Dialect]] = {
    "excel": Dialect(byte_order_mark=True),
    "excel-semicolon": Dialect(delimiter=";", byte_order_mark=True),
    "tsv": Dialect(delimiter="\t", media_type="text/tab-separated-values", extension="tsv"),
}
"""By the name that a request asks for. `excel-semicolon` is for where the comma parts a number's places."""
