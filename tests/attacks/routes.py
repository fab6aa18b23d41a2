"""The URLconf, walked to its ends."""

from collections.abc import Iterator

from django.urls import URLResolver, get_resolver


def routes() -> list[str]:
    """The route of every view, spelled as `ResolverMatch.route` spells it."""
    return list(_below(get_resolver()))


def _below(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        part = str(pattern.pattern)
        route = before + (part.removeprefix("^") if before else part)
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, route)
        else:
            yield route
