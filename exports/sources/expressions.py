"""Database expressions that render a value as text."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler


class Rendered(Func):
    """An SQL template around an expression that may stand in it several times, its parameters with it."""

    output_field = TextField()

    def __init__(self, expression: Combinable, sql: str) -> None:
        super().__init__(expression, sql=sql)

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        inner, params = compiler.compile(self.get_source_expressions()[0])
        template: str = self.extra["sql"]
        return f"({template.replace('{x}', inner)})", tuple(params) * template.count("{x}")


class JsonText(Cast):
    """JSON as the text that the database holds, not decoded."""

    def __init__(self, expression: Combinable) -> None:
        super().__init__(expression, TextField())
