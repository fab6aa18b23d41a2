"""The dataset, and the filter that names a plan: the audit record keeps the name with the other filters."""

import exports
from exports import filters
from tests.faults.site.models import Line, PlannedQuerySet


class LineFilters(filters.ExportFilterSet):
    plan = filters.CharFilter(method="obey")

    def obey(self, rows: PlannedQuerySet, name: str, value: str) -> PlannedQuerySet:
        return rows.planned(value)


@exports.register(Line)
class LineExport(exports.ModelExport):
    description = "Numbered lines."
    filterset_class = LineFilters
    scope_field = "user"
    columns = ["number", "text"]
    # By an index: PostgreSQL looks at a row when it is that row's turn, and sorts none.
    ordering = ["pk"]
