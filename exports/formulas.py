"""Which text a spreadsheet would run as a formula, and the apostrophe that stops it.

The rule stands here once, and every encoder and source shares it; PostgreSQL only picks the texts that it may
concern. It is judged on the text as it will stand in the file, and so looks through the control characters
that never reach one: `\\x07=1+1` would come out as a live `=1+1`.
"""

import re
from typing import Final

CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
"""C0 but tab, LF and CR; and DEL. They never reach a file."""

IGNORED: Final = (
    "\t\n\r "
    "\x80-\xa0"  # C1 controls, no-break space
    "\xad"  # soft hyphen
    "\u061c"  # Arabic letter mark
    "\u1680"  # Ogham space mark
    "\u180e"  # Mongolian vowel separator
    "\u2000-\u200f"  # spaces of all widths, zero-width marks, direction marks
    "\u2028-\u202f"  # line and paragraph separators, embeddings and overrides, narrow no-break space
    "\u205f-\u206f"  # mathematical space, word joiner, invisible operators, isolates
    "\u3000"  # ideographic space
    "\ufeff"  # byte-order mark
)
"""What a spreadsheet may drop before it looks at the first character."""

TRIGGERS: Final = "=+@\uff1d\uff0b\uff0d\uff20-"
"""`=`, `+`, `-`, `@` and their full-width forms."""

_DANGEROUS: Final = f"[{CONTROLS}']*[\t\n\r]|[{CONTROLS}{IGNORED}']*[{TRIGGERS}]"
_NUMBER: Final = "[+-]?[0-9]+([.][0-9]+)?"

_controls = re.compile(f"[{CONTROLS}]")
_dangerous = re.compile(_DANGEROUS)
_number = re.compile(_NUMBER)


NULL_MARKER: Final = "\x01"
"""What COPY writes for NULL. The encoder takes it out: an empty cell is left, as of an empty text."""

CONTROL_BYTES: Final = bytes(code for code in range(0x80) if _controls.match(chr(code)))
"""CONTROLS, as UTF-8 holds them: each is one byte, which is part of no other character."""


def strip_controls(text: str) -> str:
    """`text` without the control characters that never reach a file."""
    return _controls.sub("", text)


def has_controls(text: str) -> bool:
    """Whether `text` holds a character that `strip_controls` takes out."""
    return _controls.search(text) is not None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run `text` as it will stand in the file, without its control characters.

    Leading apostrophes are looked through, so that the escape can be undone. A plain number, and so
    every E.164 telephone number, is no formula.
    """
    if _dangerous.match(text) is None or _number.fullmatch(text):
        return False
    return not (has_controls(text) and _number.fullmatch(strip_controls(text)))


def escape_formula(text: str) -> str:
    """`text` with a leading apostrophe if a spreadsheet might run it."""
    return f"'{text}" if is_formula(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given: drops the one apostrophe that it set, and no other."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


MARK: Final = "\x02"
"""What the database sets before a text that may be a formula, for Python to judge. It reaches no file."""

# First characters that decide it: whatever comes after them, this is no formula. PostgreSQL hashes the list.
_PLAIN = ",".join(str(code) for code in range(0x21, 0x7F) if not _dangerous.match(f"{chr(code)}="))


# And ranges of codes that hold none of the rule's, in the order of how many people write with them.
_LETTERS = " OR ".join(
    f"ascii({{x}}) BETWEEN {first} AND {last}"
    for first, last in ((174, 1563), (12289, 65278), (1565, 5759), (65313, 1114111))
)

MARKED_SQL: Final = f"""CASE
    WHEN ascii({{x}}) = ANY ('{{{_PLAIN}}}') THEN {{x}}
    WHEN ascii({{x}}) > 127 AND ({_LETTERS}) THEN {{x}}
    ELSE E'\\x{ord(MARK):02x}' || {{x}} END"""
"""In PostgreSQL, the text `{{x}}`; with MARK before it where its first character does not rule out a formula.

In a database of the encoding UTF8: in others, ascii() is no code point.

Judged there to the end a row of calls took 0.4 µs longer, of 4.4, most of that for its telephone number. An
unknown text is left unknown; an empty one is marked, as its code is 0.
"""

UNESCAPED_SQL: Final = f"nullif({{x}} COLLATE \"C\", E'\\x{ord(NULL_MARKER):02x}')"
"""A text `{{x}}` as it is, in PostgreSQL; NULL where COPY would take it for that, and quote it."""
