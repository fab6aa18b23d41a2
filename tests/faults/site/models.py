"""Rows that arrive as a plan says, whether code reads them or the database writes the file itself."""

from collections.abc import Generator
from contextlib import closing
from itertools import count

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, F, Func, Value

from tests.faults import plans
from tests.faults.site.silence import be_silent


class PlannedQuerySet(models.QuerySet):
    """A queryset that obeys the plan of that name: in `.iterator()`, or in the database (gates.py)."""

    plan_name = ""

    def planned(self, name: str) -> "PlannedQuerySet":
        plan = plans.read(name)
        if plan.in_database:
            asked = (F("number"), Value(name), Value(plan.row), Value(plan.action))
            return self.filter(Func(*asked, function="faults_obey", output_field=BooleanField()))
        clone = self.exclude(number=plans.AFTER)
        clone.plan_name = name
        return clone

    def _clone(self) -> "PlannedQuerySet":
        clone = super()._clone()
        clone.plan_name = self.plan_name
        return clone

    def iterator(self, chunk_size: int | None = None) -> Generator:
        """Stops before it asks for the plan's row, or, where that is AFTER, once there is no other."""
        rows = super().iterator(chunk_size)
        if not self.plan_name:
            yield from rows
            return
        plan = plans.read(self.plan_name)
        with closing(rows):
            for number in count(1):
                if number == plan.row:
                    self._obey(plan)
                try:
                    row = next(rows)
                except StopIteration:
                    break
                yield row
            if plan.row == plans.AFTER:
                self._obey(plan)

    def _obey(self, plan: plans.Plan) -> None:
        plan.say_reached(plans.backend_pid(self.db))
        if plan.action == plans.RAISE:
            raise plans.BrokenRow("A row that cannot be read")
        if plan.action == plans.SILENT:
            try:
                be_silent(self.db)
            finally:
                plan.say_ended()
        else:
            plan.wait_for_go()


class Line(models.Model):
    """A line of the file: its number in the tenant's, and text that makes it long."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    text = models.TextField()

    objects = PlannedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "number"], name="line_user_number")]

    def __str__(self) -> str:
        return str(self.number)
