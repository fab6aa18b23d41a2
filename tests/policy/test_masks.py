"""Masks: the same text by Python and by each database, and never all of what is to be hidden."""

import subprocess
import sys

import pytest
from django.db.models import Case, CharField, ExpressionWrapper, F
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports import Column, engine, masks
from exports.caller import Caller
from exports.models import ExportLog
from exports.options import Options
from exports.sources.projection import project
from tests.policy.models import Contact
from tests.servers import ROOT

# What PostgreSQL can hold: no NUL, and no half of a surrogate pair.
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NEARLY = st.one_of(
    ANY_TEXT,
    st.text("+0123456789", max_size=16),
    st.text("a@.é", max_size=12),
    st.emails().filter(lambda text: len(text) < 250),
)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+17655559426", "+176***9426"),
        ("+4930123456", "+493***3456"),  # eleven characters, three of them hidden
        ("+493012345", "***45"),
        ("11833", "***33"),
        ("110", "***"),
        ("sip:alice@example.com", "sip:***.com"),
    ],
)
def test_it_works(number, shown):
    assert masks.phone_number(number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("alice@example.com", "a***@example.com"),
        ("a@example.com", "a***@example.com"),
        ("@example.com", "***@example.com"),
        ('"a@b"@example.com', '"***@example.com'),
        ("é.müller@example.com", "é***@example.com"),
        ("nobody", "***"),
        ("@", "***@"),
    ],
)
def test_addresses(address, shown):
    assert masks.email_address(address) == shown


@pytest.fixture
def masked(contact):
    """masked(mask, text): what the database makes of it."""

    def masked(mask: masks.Mask, text: str | None) -> str | None:
        Contact.objects.filter(pk=contact.pk).update(email=text)
        return Contact.objects.values_list(mask.expression(F("email")), flat=True).get()

    return masked


@pytest.mark.parametrize("mask", [masks.phone_number, masks.email_address])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=NEARLY)
def test_the_database_masks_as_python_does(masked, mask, text):
    assert masked(mask, text) == (mask(text) if text else text)


@pytest.mark.parametrize("mask", [masks.phone_number, masks.email_address])
def test_nothing_hides_nothing(masked, mask):
    assert masked(mask, None) is None
    assert masked(mask, "") == ""


@pytest.mark.postgresql
def test_what_is_hidden_does_not_leave_the_database(contact, user, monkeypatch):
    """Python masks nothing of it: the statement does."""
    for mask in (masks.PhoneNumberMask, masks.EmailAddressMask):
        monkeypatch.setattr(mask, "__call__", None)
    caller = Caller(user=user, door=ExportLog.Door.COMMAND)
    lines = b"".join(engine.start("contacts", caller, QueryDict("columns=phone,email"))).splitlines()
    assert lines == [b"phone,email", b"'+176***9426,a***@example.com"]


@pytest.mark.sqlite  # the other one holds none
@pytest.mark.parametrize("dataset", ["contacts", "computed-contacts"])
def test_a_nul_hides_no_less(contact, user, dataset):
    Contact.objects.update(email="alice\0bob@example.com", phone="12345\x00678901234")
    caller = Caller(user=user, door=ExportLog.Door.COMMAND)
    lines = b"".join(engine.start(dataset, caller, QueryDict("columns=phone,email"))).splitlines()
    assert lines == [b"phone,email", b"1234***1234,a***@example.com"]


@pytest.mark.postgresql
def test_a_collation_that_knows_no_search_is_masked_by_python(db):
    """As for addresses that are the same in any case; PostgreSQL before 18 refuses to look for an @ there."""

    def selected(collation: str | None) -> type:
        field = CharField(db_collation=collation)
        column = Column("email", ExpressionWrapper(F("email"), output_field=field), mask=masks.email_address)
        return type(project(column, Contact.objects.all(), Options()).select)

    assert (selected(None), selected("und-u-ks-level2")) == (Case, ExpressionWrapper)


def test_declarations_name_them_as_part_of_the_package():
    """In a process that has imported nothing else of it."""
    code = "import exports; print(exports.masks.phone_number('+17655559426'), exports.filters.__name__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True)
    assert done.stdout.split() == ["+176***9426", "exports.filters"], done.stderr


@given(ANY_TEXT.filter(bool))
def test_three_characters_of_a_number_are_hidden_at_least(text):
    shown = masks.phone_number(text).replace(masks.HIDDEN, "", 1)
    assert len(shown) <= max(0, len(text) - 3)


@given(st.emails())
def test_of_an_address_one_character_is_shown(address):
    local, _, domain = address.rpartition("@")
    assert masks.email_address(address) == f"{local[0]}***@{domain}"
