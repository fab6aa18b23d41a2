"""A server that is told to stop, and what its clients meet meanwhile."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing

from tests import calls
from tests.processes.services import connect
from tests.servers import Server

# What a slow machine may take for what takes no time.
TIMEOUT = 40
# A worker of gunicorn that has stopped accepting still has its listening socket: nobody answers there.
ANSWER_SECONDS = 2


def readiness(server: Server, seconds: float = ANSWER_SECONDS) -> int | None:
    """The status of /readyz; None where nobody answers within so long."""
    try:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=seconds) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


def until[T](condition: Callable[[], T]) -> T:
    """What `condition` gives once it is true."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


class Download:
    """A download of which only a little has been read: the server waits for its client."""

    def __init__(self, server: Server, path: str = calls.PATH, user: str = calls.MANY) -> None:
        self._client = connect(server.url, 4096)
        self._client.request("GET", path, headers={"X-User-Id": user})
        self._answer = self._client.getresponse()
        assert self._answer.status == 200
        self.export_id = self._answer.headers["X-Export-Id"]
        self.request_id = self._answer.headers["X-Request-ID"]
        self.body = self._answer.read(1000)

    def read_to_end(self) -> None:
        """Raises what a client sees of a download that breaks off."""
        with closing(self._client):
            self.body += self._answer.read()

    def breaks(self) -> bool:
        try:
            self.read_to_end()
        except (http.client.HTTPException, OSError):
            return True
        return False
