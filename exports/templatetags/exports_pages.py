"""What every page has to know, also one that no view of the engine has made."""

from django import template

from ..jobs import storage

register = template.Library()


@register.simple_tag
def has_jobs() -> bool:
    """Whether there are background jobs in this project."""
    return storage.is_configured()
