"""What the formats of text share."""

import re

_half_pairs = re.compile("[\ud800-\udfff]")


def utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has no encoding, becomes the replacement character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _half_pairs.sub("\ufffd", text).encode()
