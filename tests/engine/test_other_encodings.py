"""Databases of PostgreSQL that are not in UTF-8: the code of a first character tells nothing there."""

import csv
import io
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from exports import Column
from exports.formulas import escape_formula
from exports.sources import choose_source
from exports_project import backends
from tests.databases import fresh_database
from tests.engine.models import Customer
from tests.engine.test_same_bytes_by_copy import file_of, query_of

pytestmark = pytest.mark.postgresql

ALIAS = "other_encoding"
# Before `=1`, which a spreadsheet may then still run: what each encoding has of that, and what it has beside.
TEXTS = {
    "SQL_ASCII": [
        "＝1",
        "＠a",
        "\u00a0=1",
        "\u00ad=1",
        "\u061c=1",
        "\u200b=1",
        "\u3000=1",
        "\ufeff=1",
        "é",
        "ア",
    ],
    "WIN866": ["\u00a0=1", "Ж"],
    "WIN1256": ["\u200e=1", "\u200f=1", "\u00a0=1", "é", "غ"],
    "LATIN1": ["\u00a0=1", "\u00ad=1", "é", "ÿ"],
    "EUC_JP": ["＝1", "＠a", "\u3000=1", "ア", "漢"],
}


@pytest.fixture(params=TEXTS)
def encoding(request, tmp_path, django_db_setup, django_db_blocker) -> Iterator[str]:
    """Of the database ALIAS, which has the table of customers. No test's transaction knows of it."""
    with django_db_blocker.unblock(), fresh_database(tmp_path, encoding=request.param) as url:
        settings = connection.settings_dict | {"NAME": backends.database(url)["NAME"]}
        connections.databases[ALIAS] = settings
        try:
            with connections[ALIAS].schema_editor() as editor:
                editor.create_model(Customer)
            yield request.param
        finally:
            connections[ALIAS].close()
            del connections[ALIAS], connections.databases[ALIAS]


def test_no_formula_gets_through(encoding):
    texts = [*TEXTS[encoding], "=1", "+1", "+a", "-1.5", "@a", "a", "", 'a,"b"']
    for text in texts:
        Customer.objects.using(ALIAS).create(email=text)
    rows = Customer.objects.using(ALIAS).order_by("pk")
    query = query_of(rows, [Column("pk"), Column("email")])
    source = choose_source(query)
    assert f"the database's encoding is {encoding}, not UTF8" in source.reason
    [_, *found] = csv.reader(io.StringIO(file_of(lambda _: source, query).decode(), newline=""))
    assert [text for _, text in found] == [escape_formula(text) for text in texts]
