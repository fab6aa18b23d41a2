"""Which text a spreadsheet would run as a formula, and the apostrophe that stops it.

The rule stands here once, in Python and in SQL, and every encoder and source shares these code points. It is
judged on the text as it will stand in the file, and so looks through the control characters that never reach
one: `\\x07=1+1` would come out as a live `=1+1`.
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
"""The same, as UTF-8 holds them: each is one byte, which is part of no other character."""


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
    return _dangerous.match(text) is not None and _number.fullmatch(strip_controls(text)) is None


def escape_formula(text: str) -> str:
    """`text` with a leading apostrophe if a spreadsheet might run it."""
    return f"'{text}" if is_formula(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given: drops the one apostrophe that it set, and no other."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


def _literal(pattern: str) -> str:
    """A regular expression, or a list of characters, as a literal of PostgreSQL's, which knows no NUL.

    With the prefix E it means the same whatever `standard_conforming_strings` says.
    """
    characters = (
        char if " " < char < "\x7f" and char not in "'\\" else f"\\u{ord(char):04x}"
        for char in pattern.replace("\x00", "\x01")
    )
    return f"E'{''.join(characters)}'"


_LISTED = CONTROL_BYTES.decode().lstrip("\0")

UNESCAPED_SQL: Final = f'nullif({{x}} COLLATE "C", {_literal(NULL_MARKER)})'
"""A text `{x}` as it is, in PostgreSQL; NULL where COPY would take it for that, and quote it."""

# What the cheapest test looks for: first characters that are no part of the rule. PostgreSQL hashes the list.
_PLAIN = ",".join(str(code) for code in range(0x21, 0x7F) if not _dangerous.match(f"{chr(code)}="))

# In the order of what cells begin with. E.164 numbers are told by their bytes, and letters of other scripts
# by their codes: each of the two regular expressions takes ten times as long as the first comparison, and
# twice as long as the third. In the collation "C" their ranges are of codes too.
ESCAPED_SQL: Final = f"""CASE
    WHEN ascii({{x}}) = ANY ('{{{_PLAIN}}}') THEN {{x}}
    WHEN {{x}} IS NULL THEN NULL
    WHEN rtrim(textsend({{x}}), '0123456789') = '+' AND octet_length({{x}}) > 1 THEN {{x}}
    WHEN ascii({{x}}) BETWEEN 174 AND 1563 OR ascii({{x}}) BETWEEN 12289 AND 65278 THEN {{x}}
    WHEN {{x}} COLLATE "C" ~ {_literal(f"^{_NUMBER}$")} THEN {{x}}
    WHEN {{x}} COLLATE "C" ~ {_literal(f"^({_DANGEROUS})")}
        AND translate({{x}} COLLATE "C", {_literal(_LISTED)}, '') !~ {_literal(f"^{_NUMBER}$")}
    THEN chr(39) || {{x}} ELSE {UNESCAPED_SQL} END"""
"""`escape_formula` in PostgreSQL, around a text `{{x}}` in a database of the encoding UTF8."""
