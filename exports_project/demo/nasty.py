"""Cells that break careless exports: a public list, for seeded rows and for tests.

Every value can be stored by SQLite and PostgreSQL alike, so none holds NUL or a lone surrogate.
"""

from collections.abc import Mapping, Sequence
from typing import Final

FORMULAS: Final[Sequence[str]] = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com","click")',
    "@handle",
    "-",
    "+",
    "=",
    "-5 degrees",
    "+49 (30) 1234",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\tplain after a tab",
    "\rplain after a return",
    "\nplain after a newline",
    " =1+1",
    "'=1+1",
    "''=1+1",
    "' '=1+1",
    "'\t",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1,1)",
)

# A spreadsheet, or the export itself, may drop what stands before the sign.
HIDDEN_FORMULAS: Final[Sequence[str]] = (
    "\x07=1+1",
    "\x01\x02=1+1",
    "\x7f=1+1",
    "\x1b[0m=1+1",
    "\x0b=1+1",
    "\x07\t=1+1",
    "\x07'=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u200d=1+1",
    "\u2060=1+1",
    "\u00ad=1+1",
    "\u00a0=1+1",
    "\u202f=1+1",
    "\u3000=1+1",
    "\u2028=1+1",
    "\u2029=1+1",
    "\u0085=1+1",
    "\u200e=1+1",
    "\u202e=1+1",
    "\u2066=1+1",
    "\u061c=1+1",
    "\u1680=1+1",
    "\u180e=1+1",
    "\u00a0\u200b＝1+1",
)

QUOTING: Final[Sequence[str]] = (
    '"',
    '""',
    '"quoted"',
    'a lone " in the middle',
    '","',
    "'",
    "''",
    "'apostrophe first",
    "it's",
    "comma, semicolon; tab\tpipe|",
    ",",
    "line\nfeed",
    "carriage\rreturn",
    "both\r\ntogether",
    "ends with newline\n",
    "\n",
    "\r\n",
    "\t",
    "\\.",
    "\\",
    "\\N",
    "\\n is not a newline",
    " leading and trailing ",
    " ",
    "NULL",
    "null",
    "None",
    "",
)

NUMBERS: Final[Sequence[str]] = (
    "+4915112345678",
    "+14155550123",
    "+49",
    "-5",
    "-5.25",
    "+0",
    "007",
    "1e5",
    "-1e5",
    "1-2",
    "-.5",
    "+5.",
    "-٣",
    "-５",
    "0x1F",
    "2024-01-01",
    "\x07+49",
)

SCRIPTS: Final[Sequence[str]] = (
    "مرحبا بالعالم",
    "שלום עולם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "你好，世界",
    "𠮷野家で寿司",
    "こんにちは カタカナ ｶﾅ",
    "안녕하세요 세계",
    "Здравствуй, мир",
    "Γειά σου Κόσμε",
    "ሰላም ልዑል",
    "Բարեւ աշխարհ",
    "გამარჯობა მსოფლიო",
    "হ্যালো বিশ্ব",
    "வணக்கம் உலகம்",
    "ආයුබෝවන්",
    "မင်္ဂလာပါ",
    "សួស្តី",
    "ᠰᠠᠶᠢᠨ",
    "ᏣᎳᎩ",
    "𐌼𐌰𐌲 𐌲𐌻𐌴𐍃",
    "Straße, İstanbul, naïve, Łódź, Tiếng Việt",
    "\u202eright to left\u202c",
)

MARKS: Final[Sequence[str]] = (
    "👩‍👩‍👧‍👦 family",
    "🏳️‍🌈",
    "🇩🇪🇯🇵",
    "👍🏽",
    "☎️ 1️⃣",
    "e\u0301 is not é",
    "Z\u0351\u036f\u0311a\u0300\u0316lgo",
    "zero\u200bwidth\ufeffinside",
    "soft\u00adhyphen",
    "\uffff\ufffe\U0010ffff",
    "\ufffd replacement",
    "bell\x07 escape\x1b delete\x7f inside",
    "\x01",
    "\x1f\x1f",
)

# Longer than any buffer, any chunk of the database's and any cell of a spreadsheet (32,767 characters).
LONG: Final[Sequence[str]] = (
    "long, " * 6_000,
    '"' * 5_000,
    "漢字\r\n" * 10_000,
)

SHORT_TEXTS: Final[Sequence[str]] = (*FORMULAS, *HIDDEN_FORMULAS, *QUOTING, *NUMBERS, *SCRIPTS, *MARKS)
TEXTS: Final[Sequence[str]] = (*SHORT_TEXTS, *LONG)
# How far apart the columns of a row are in the list: together they meet every cell soon, and each in the end.
APART: Final = 29

# Numbers are such that PostgreSQL's jsonb and Python spell them alike.
DOCUMENTS: Final[Sequence[Mapping[str, object]]] = (
    {},
    {"": ""},
    {"bb": 1, "a": 2, "ccc": 3, "B": 4, "aa": 5},
    {"é": 1, "zz": 2, "日本": 3, "😀": 4, "abc": 5, "abcd": 6, "ключ": 7},
    {"null": None, "yes": True, "no": False},
    {"int": 0, "negative": -17, "large": 9007199254740993, "decimal": 0.25, "small": 0.001, "kept": 1.0},
    {"quote": '"', "backslash": "\\", "slash": "/", "newline": "a\nb\r\n", "tab": "\t"},
    {"bell": "\x07", "escape": "\x1b[0m", "delete": "\x7f", "\x01": 1},
    {"formula": "=1+1", "@key": "+1", "=key": "-1"},
    {"nested": {"list": [1, [2, [3, {"deep": [None, True, ""]}]], {}], "empty": []}},
    {"text": "مرحبا שלום 你好 👩‍👩‍👧‍👦 e\u0301 \u200b\ufeff\u2028"},
    {"comma, and ; in a key": "a,b;c", 'quo"te': "it's"},
    {"long": "x" * 10_000},
)


def text(number: int, max_length: int | None = None) -> str:
    """The cell of that number, counted round and round; the long ones only where no length is given."""
    if max_length is None:
        return TEXTS[number % len(TEXTS)]
    return SHORT_TEXTS[number % len(SHORT_TEXTS)][:max_length]


def document(number: int) -> Mapping[str, object]:
    """The JSON object of that number, counted round and round."""
    return DOCUMENTS[number % len(DOCUMENTS)]
