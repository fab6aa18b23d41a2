"""Exports that a thread of the service ends, because their clients wait: the connections are free again."""

from collections.abc import Callable

import pytest

from tests.calls import ENVIRONMENT, FEW, MANY, PATH
from tests.connections.fronts import POOL_SIZE, Front

pytestmark = pytest.mark.postgresql

LIMIT = {"EXPORTS_MAX_SECONDS": "5"}


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_it_works(start_server: Callable, filled, observer, expected, kind):
    """On a pool of two, which two exports take whole."""
    url = f"{filled}?pool_size={POOL_SIZE}"
    front = Front(start_server(url, kind=kind, env={**ENVIRONMENT, **LIMIT}), observer)
    with front.answer(PATH, MANY) as first, front.answer(PATH, MANY) as second:
        ids = [response.headers["X-Export-Id"] for response in (first, second)]
        assert [observer.record(export_id)["outcome"] for export_id in ids] == ["failed"] * 2
        # Both clients are still there; neither has taken its file, and others can.
        assert front.download(PATH, FEW)[1] == expected
        for response in (first, second):
            with pytest.raises(Exception, match="IncompleteRead|reset"):
                response.read()
