"""What the tests of schedules share."""

import pytest
from django.core.files.storage import storages
from django.tasks import default_task_backend

from exports.contrib.telephony.models import CallLog
from exports.exceptions import StorageFailed
from exports.jobs.storage import Part
from tests.engine.background import stored
from tests.schedules.made import DAY, MORNING


@pytest.fixture
def calls(transactional_db, user, stranger, settings):
    """Three calls of the user's and two of the stranger's, of the days before MORNING."""
    settings.EXPORTS = settings.EXPORTS | {"RATE": None, "BASE_URL": "https://exports.example.com"}
    default_task_backend.clear()
    for owner, count in ((user, 3), (stranger, 2)):
        owner.email = f"{owner.pk}@example.com"
        owner.save()
        for number in range(count):
            add_call(owner, MORNING - (number + 1) * DAY)
    yield
    for name in stored():
        storages["exports"].delete(name)


@pytest.fixture
def storage(monkeypatch) -> list[str]:
    """While it has an entry, the storage takes no file."""
    down: list[str] = []

    def publish(self):
        if down:
            raise StorageFailed
        return real(self)

    real = Part.publish
    monkeypatch.setattr(Part, "publish", publish)
    return down


def add_call(user, moment) -> CallLog:
    return CallLog.objects.create(user=user, livekit_room_name="r", started_at=moment, created_at=moment)
