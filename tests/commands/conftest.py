"""The commands as functions, and rows to export."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.api import rows
from tests.engine.models import Customer, Order


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, and what it said on standard output and standard error."""

    code: int
    out: str
    err: str


type Command = Callable[..., Done]


def run(name: str, *arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return Done(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
    return Done(0, out.getvalue(), err.getvalue())


@pytest.fixture
def export(tmp_path, monkeypatch) -> Command:
    """export("calls", "--user=…"): the command, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("export", *arguments)


@pytest.fixture
def verify() -> Command:
    return lambda *arguments: run("verify_export", *arguments)


@pytest.fixture
def five_calls(user, stranger) -> None:
    """Five calls of the user, and of the stranger two."""
    rows.calls(user, 5)
    rows.calls(stranger, 2)


def entries(directory: Path) -> list[str]:
    """What stands in a directory, hidden files too."""
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def make_orders(db) -> Callable[..., None]:
    """make_orders(tenant, "new", "paid"): one order of each status, numbered from 0."""

    def make(tenant: Any, *statuses: str) -> None:
        customer = Customer.objects.create(email="c@example.com")
        for number, status in enumerate(statuses):
            Order.objects.create(tenant=tenant, customer=customer, number=number, status=status)

    return make
