"""The ASGI application, which learns from the server that it begins to serve (the protocol's `lifespan`)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from exports_project.operations import shutdown
from exports_project.requests import UTF8ASGIRequest

type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


class Application(ASGIHandler):
    """Django's, which knows HTTP alone. uvicorn imports it before it installs its signal handlers."""

    request_class = UTF8ASGIRequest

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await serve_lifespan(receive, send)
        else:
            await super().__call__(scope, receive, send)


async def serve_lifespan(receive: Receive, send: Send) -> None:
    """Answers the server's messages about its own life until it ends."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            shutdown.install(drain=settings.DRAIN_SECONDS, grace=settings.GRACEFUL_SECONDS)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
