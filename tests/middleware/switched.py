"""Middleware such as projects have; a request chooses by a header which of it is around it."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth import get_user_model
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.deprecation import MiddlewareMixin

HEADER = "X-Test-Middleware"
OTHER = b"something else"


class Wraps(MiddlewareMixin):
    """Hands the stream through, in a generator."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if response.streaming:
            wrap: Any = _asynchronously if response.is_async else _through
            response.streaming_content = wrap(response.streaming_content)
        return response


def _through(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks


async def _asynchronously(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk


class ReadsAll(MiddlewareMixin):
    """Takes the whole stream and answers with it at once, as a cache would."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return HttpResponse(b"".join(response), headers=response.headers)


class ReadsContent(MiddlewareMixin):
    """What was written before there were streams."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        response["X-Length"] = str(len(response.content))
        return response


class NotModified(MiddlewareMixin):
    """Has the client use what it has."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return HttpResponseNotModified()


class Replaces(MiddlewareMixin):
    """Answers with something else."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return HttpResponse(OTHER)


class Raises(MiddlewareMixin):
    """Fails once the view has answered."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        raise RuntimeError("after the view")


class Writes(MiddlewareMixin):
    """Notes in the database who was here, once the view has answered, and reads it again."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        users = get_user_model().objects.filter(pk=request.headers["X-User-Id"])
        users.update(last_name=request.headers["X-Last-Name"])
        response["X-Last-Name"] = users.get().last_name
        return response


class Waits(MiddlewareMixin):
    """Takes its time before the server gets the answer."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        time.sleep(float(request.headers["X-Wait"]))
        return response


MIDDLEWARE: dict[str, Callable[..., Any]] = {
    "gzip": GZipMiddleware,
    "conditional": ConditionalGetMiddleware,
    "wraps": Wraps,
    "reads-all": ReadsAll,
    "reads-content": ReadsContent,
    "not-modified": NotModified,
    "replaces": Replaces,
    "raises": Raises,
}
ASKED: dict[str, Callable[..., Any]] = {"writes": Writes, "waits": Waits}
"""Those that a request has something to say to; they do not go with each of the others."""


class ChosenMiddleware:
    """Those that the header names, from the outermost to the innermost; as Django puts its own together."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        handler = self.get_response
        for name in reversed(request.headers.get(HEADER, "").split()):
            handler = convert_exception_to_response((MIDDLEWARE | ASKED)[name](handler))
        return handler(request)
