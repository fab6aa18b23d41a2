"""What the deletion of rows reaches."""

from collections import defaultdict
from itertools import chain
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Model


def reached_rows(model: type[Model], rows: Any) -> dict[type[Model], set[Any]]:
    """The primary keys of what is deleted with these rows (a list or a queryset) or protects them, by model.

    References that would be emptied do not count.
    """
    collector = NestedObjects(using=router.db_for_write(model), origin=rows)
    collector.collect(rows)
    found: dict[type[Model], set[Any]] = defaultdict(set)
    for row in chain(*collector.model_objs.values(), collector.protected):
        found[type(row)].add(row.pk)
    return found
