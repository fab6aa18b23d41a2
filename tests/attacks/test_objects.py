"""Another tenant's object is answered as one that does not exist, by every method, and stays as it is.

In a short run each is asked for by the method made for it, and by one of the others, which goes round.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.attacks.asking import ask, filled_form
from tests.attacks.table import GROUPS, Aim
from tests.attacks.world import World, promoted, rows_of_others

pytestmark = pytest.mark.sqlite  # thousands of requests; which rows are whose, tests/api asks on both

WHO = ("tenant", "staff", "visitor")


def sign_in(client: Any, user: Any, who: str) -> None:
    if who == "staff":
        promoted(user)
    if who != "visitor":
        client.force_login(user)


def form_of(client: Any, aim: Aim, world: World) -> dict[str, str]:
    if not aim.own_form:
        return {}
    page = client.get(aim.address.format(id=world.mine[aim.kind]))
    return filled_form(page.text) if page.status_code == 200 else {}


def requests(group: str, who: str, *, by_all: bool) -> Iterator[tuple[Aim, list[str]]]:
    """The aims of a group, with the methods by which each is asked for."""
    for number, aim in enumerate(GROUPS[group]):
        others = [method for method in aim.methods if method != aim.by]
        if who == "visitor":
            others = []  # who is refused by every method before anything is looked for (test_urls.py)
        elif others and not by_all:
            others = [others[number % len(others)]]
        yield aim, [aim.by, *others]


@pytest.mark.parametrize(
    "by_all", [pytest.param(False, id="few"), pytest.param(True, id="all", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("who", WHO)
def test_it_is_as_one_that_does_not_exist(client, user, world, who, group, by_all):
    sign_in(client, user, who)
    before = rows_of_others(user)
    for aim, methods in requests(group, who, by_all=by_all):
        form = form_of(client, aim, world)
        for method in methods:
            # What is said of an object stands on the page that staff are led to; others see the login page.
            options = {"form": form, "follow": who == "staff"}
            missing = ask(client, method, aim, world, world.missing[aim.kind], **options)
            theirs = ask(client, method, aim, world, world.theirs[aim.kind], **options)
            assert not theirs.differences(missing), f"{method} of {aim}"
            assert theirs.status < 500, f"{method} of {aim}"
            if method == aim.by and who == (aim.shown_to or "staff") and aim.status:
                assert theirs.status == aim.status, str(aim)
    assert rows_of_others(user) == before


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("who", ["tenant", "staff"])
def test_an_own_one_is_answered_otherwise(client, user, world, who, group):
    """Without that the test above would compare nothing with nothing."""
    sign_in(client, user, who)
    for aim in GROUPS[group]:
        if aim.shown_to == who:
            form = form_of(client, aim, world)
            missing = ask(client, aim.by, aim, world, world.missing[aim.kind], form=form)
            with transaction.atomic():  # what is deleted is there again for the next
                own = ask(client, aim.by, aim, world, world.mine[aim.kind], form=form)
                transaction.set_rollback(True)
            assert own != missing, str(aim)
