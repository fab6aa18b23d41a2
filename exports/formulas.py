"""Which text a spreadsheet would run as a formula, and the apostrophe that stops it.

The rule stands here once; every encoder and source shares these code points. It is judged on the text
as it will stand in the file, that is after `strip_controls`: a check made before is none, because
`\\x07=1+1` comes out as a live `=1+1`.
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

TRIGGERS: Final = "=+@\uff1d\uff0b\uff0d\uff20\\-"
"""`=`, `+`, `-`, `@` and their full-width forms."""

_CONTROLS = re.compile(f"[{CONTROLS}]")
_DANGEROUS = re.compile(f"'*[\t\n\r]|[{IGNORED}']*[{TRIGGERS}]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def has_controls(text: str) -> bool:
    """Whether `text` holds a character that `strip_controls` takes out."""
    return _CONTROLS.search(text) is not None


def strip_controls(text: str) -> str:
    """`text` without the control characters that never reach a file."""
    return _CONTROLS.sub("", text)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run `text`, which holds no control characters any more.

    Leading apostrophes are looked through, so that the escape can be undone. A plain number, and so
    every E.164 telephone number, is no formula.
    """
    return _DANGEROUS.match(text) is not None and _NUMBER.fullmatch(text) is None


def escape_formula(text: str) -> str:
    """`text` with a leading apostrophe if a spreadsheet might run it."""
    return f"'{text}" if is_formula(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given: drops the one apostrophe that it set, and no other."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text
