"""What the attacks share."""

from typing import Any

import pytest

from tests.attacks import world as worlds
from tests.attacks.world import World


@pytest.fixture
def world(user: Any, stranger: Any) -> World:
    return worlds.made(user, stranger)
