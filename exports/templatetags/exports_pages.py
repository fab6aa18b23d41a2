"""What every page has to know, also one that no view of the engine has made."""

from typing import Any

from django import template

from ..history import may_see_all
from ..jobs import storage
from ..recorded import in_language, in_words

register = template.Library()

register.filter(in_language)
register.filter(in_words)


@register.simple_tag
def has_jobs() -> bool:
    """Whether there are background jobs in this project."""
    return storage.is_configured()


@register.simple_tag
def sees_all_records(user: Any) -> bool:
    """Whether the dashboard of what everybody exports is this user's to see."""
    return may_see_all(user)
