"""Whoever takes the file at the other end of a connection: whether they are still there, and hanging up."""

import asyncio
import select
import socket
from collections.abc import Callable
from contextlib import suppress

from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

# Linux and FreeBSD tell by it that the peer has closed its side, without reading what it has sent.
_LEFT = getattr(select, "POLLRDHUP", 0)


class Client:
    """A client of whose connection nothing is known: that it has left is noticed at the next write."""

    def __init__(self, *, needs_length: bool = False) -> None:
        self.needs_length = needs_length
        """Whether it could not tell a part of the file from the whole without a Content-Length."""

    def gone(self) -> bool:
        """Whether the client has left. Called from any thread; never waits."""
        return False

    def hang_up(self) -> None:
        """Breaks the connection, and with it whatever waits for the client. Called from any thread."""

    def attend[T](self, work: Callable[[], T]) -> T:
        """Does the work in this thread, and notices meanwhile when the client leaves."""
        return work()


class SocketClient(Client):
    """A client whose socket the server hands out, as gunicorn does. One that half-closes has left too."""

    def __init__(self, connection: socket.socket, *, needs_length: bool) -> None:
        super().__init__(needs_length=needs_length)
        self._connection = connection

    def gone(self) -> bool:
        poll = select.poll()
        try:
            poll.register(self._connection, _LEFT)
        except ValueError:  # closed: the server has noticed before us
            return True
        # What was not asked for is told too: a reset connection.
        return bool(poll.poll(0))

    def hang_up(self) -> None:
        with suppress(OSError):
            # Not SSLSocket's own, which first lets go of the encryption that a sending thread still needs.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


class AsgiClient(Client):
    """A client of an ASGI server. Django cancels the request's task when it leaves."""

    def __init__(self, *, needs_length: bool) -> None:
        super().__init__(needs_length=needs_length)
        self._left = False
        self._task: asyncio.Task[object] | None = None

    def gone(self) -> bool:
        return self._left

    def hang_up(self) -> None:
        if self._task is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    def attend[T](self, work: Callable[[], T]) -> T:
        """Waits on the event loop for work that is done in this thread: only there a cancellation arrives."""
        return async_to_sync(self.awaited)(work)

    async def awaited[T](self, work: Callable[[], T]) -> T:
        """Does the work in the request's thread. Raises CancelledError as soon as the client leaves."""
        try:
            return await sync_to_async(work)()
        except asyncio.CancelledError:
            self._left = True
            raise

    def sending(self) -> None:
        """The current task is the one that sends the body."""
        self._task = asyncio.current_task()


def _frames(request: HttpRequest) -> bool:
    """Whether the server marks the end of a body that has no length; some just close the connection.

    Those are runserver and others by wsgiref or CGI, and uWSGI. A body that broke would look finished.
    """
    return not request.META.keys() & {"GATEWAY_INTERFACE", "uwsgi.version"}


def client_of(request: HttpRequest) -> Client:
    """The client of this request, as far as its server lets us know it."""
    if isinstance(request, ASGIRequest):
        return AsgiClient(needs_length=request.scope.get("http_version") == "1.0")
    needs_length = request.META.get("SERVER_PROTOCOL") == "HTTP/1.0" or not _frames(request)
    connection = request.META.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        return SocketClient(connection, needs_length=needs_length)
    return Client(needs_length=needs_length)
