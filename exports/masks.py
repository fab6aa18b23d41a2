"""Masks: what stands in a cell in place of a value that not everybody may see.

Each is written twice, in Python and as a database expression, and both give the same text. (But for one that
holds NUL, which SQLite alone can: its functions may end there, so Python masks what comes from it.)
"""

from abc import ABC, abstractmethod
from typing import Final

from django.db.models import Case, Expression, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Left, Length, Reverse, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThanOrEqual, IsNull

HIDDEN: Final = "***"
"""Always three: the number of stars tells nothing of the length."""


class Mask(ABC):
    """A function from a text to what is shown of it. NULL and the empty text hide nothing, and stay."""

    @abstractmethod
    def __call__(self, text: str) -> str:
        """What is shown of a text that is not empty."""

    def expression(self, text: Combinable) -> Expression | None:
        """The same in the database, for an expression that is text; None: only Python can do it."""
        return None


class PhoneNumberMask(Mask):
    """`+17655559426` becomes `+176***9426`.

    At least three characters are hidden: of fewer than eleven only the last two are shown, of fewer than
    five none.
    """

    ends: Final = 4
    least_for_ends: Final = 11
    least_for_two: Final = 5

    def __call__(self, text: str) -> str:
        if len(text) >= self.least_for_ends:
            return text[: self.ends] + HIDDEN + text[-self.ends :]
        return HIDDEN + (text[-2:] if len(text) >= self.least_for_two else "")

    def expression(self, text: Combinable) -> Expression | None:
        return _unless_blank(
            text,
            When(
                GreaterThanOrEqual(Length(text), self.least_for_ends),
                then=Concat(Left(text, self.ends), Value(HIDDEN), Right(text, self.ends)),
            ),
            When(
                GreaterThanOrEqual(Length(text), self.least_for_two),
                then=Concat(Value(HIDDEN), Right(text, 2)),
            ),
        )


class EmailAddressMask(Mask):
    """`alice@example.com` becomes `a***@example.com`; what is no address is hidden altogether."""

    def __call__(self, text: str) -> str:
        # The last one: a quoted local part may hold others (RFC 5321, section 4.1.2).
        local, at, domain = text.rpartition("@")
        return local[:1] + HIDDEN + at + domain if at else HIDDEN

    def expression(self, text: Combinable) -> Expression | None:
        # The length of the domain and its @; 0 without one.
        tail = StrIndex(Reverse(text), Value("@"))
        return _unless_blank(
            text,
            When(Exact(tail, 0), then=Value(HIDDEN)),
            When(Exact(tail, Length(text)), then=Concat(Value(HIDDEN), text)),
            When(GreaterThanOrEqual(tail, 1), then=Concat(Left(text, 1), Value(HIDDEN), Right(text, tail))),
        )


def _unless_blank(text: Combinable, *cases: When) -> Case:
    """The first of `cases` that holds, else nothing but stars."""
    return Case(
        When(IsNull(text, True), then=Value(None)),
        When(Exact(text, Value("")), then=Value("")),
        *cases,
        default=Value(HIDDEN),
        output_field=TextField(),
    )


phone_number: Final = PhoneNumberMask()
email_address: Final = EmailAddressMask()
