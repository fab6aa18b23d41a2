"""Schedules at the REST door: made, looked at, changed, paused, run and removed."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ..exceptions import JobNotFound, ScheduleNotFound
from ..models import ExportSchedule, ScheduleRun
from ..schedules import control
from ..schedules.plans import Plan
from .base import ObjectView
from .callers import caller_of
from .job_answers import accepted
from .pagination import LogPagination
from .schedule_bodies import READ_ONLY, content_of, plan_of
from .schedule_schema import CHANGE, CREATE, DELETE, DETAIL, LIST, PAUSE, REPLACE, RESUME, RUN, RUNS
from .schedule_serializers import ExportScheduleSerializer, ScheduleRunSerializer


class ScheduleEngineView(ObjectView):
    """What the views of schedules share."""

    def own_schedule(self) -> ExportSchedule:
        """The schedule that the path names, as it is now. Raises ScheduleNotFound."""
        return control.own_schedule(self.object_id(ScheduleNotFound), caller_of(self.request))

    def answer(self, schedule: ExportSchedule, status_code: int = status.HTTP_200_OK) -> Response:
        """The schedule as JSON."""
        return Response(ExportScheduleSerializer(schedule).data, status=status_code)


class ScheduleListView(ScheduleEngineView, ListAPIView[ExportSchedule]):
    """The caller's own schedules, newest first."""

    serializer_class = ExportScheduleSerializer
    pagination_class = LogPagination

    @LIST
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @CREATE
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        schedule = control.create(plan_of(request, caller), caller)
        answer = self.answer(schedule, status.HTTP_201_CREATED)
        answer["Location"] = reverse("exports-api:schedule-detail", args=[schedule.pk])
        return answer

    def get_queryset(self) -> QuerySet[ExportSchedule]:
        runs = ScheduleRun.objects.filter(schedule=OuterRef("pk")).values("pk")
        return control.own_schedules(caller_of(self.request)).annotate(newest_run=Subquery(runs[:1]))

    def paginate_queryset(self, queryset: Any) -> Any:
        """The page, with the newest run of each schedule: two queries, however many runs there are."""
        page = super().paginate_queryset(queryset) or []
        runs = ScheduleRun.objects.primary().in_bulk([schedule.newest_run for schedule in page])
        for schedule in page:
            schedule.newest_runs = [runs[key] for key in (schedule.newest_run,) if key in runs]
        return page


class ScheduleDetailView(ScheduleEngineView):
    """One of the caller's own schedules."""

    @DETAIL
    def get(self, request: Request, pk: str) -> Response:
        return self.answer(self.own_schedule())

    @REPLACE
    def put(self, request: Request, pk: str) -> Response:
        schedule = self.own_schedule()
        return self._changed(schedule, plan_of(request, caller_of(request), unread=READ_ONLY))

    @CHANGE
    def patch(self, request: Request, pk: str) -> Response:
        schedule = self.own_schedule()
        kept = content_of(schedule)
        return self._changed(schedule, plan_of(request, caller_of(request), kept, READ_ONLY))

    @DELETE
    def delete(self, request: Request, pk: str) -> Response:
        control.delete(self.own_schedule())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, schedule: ExportSchedule, plan: Plan) -> Response:
        control.change(schedule, plan, caller_of(self.request))
        return self.answer(self.own_schedule())


class SchedulePauseView(ScheduleEngineView):
    """Lets a schedule come no more."""

    @PAUSE
    def post(self, request: Request, pk: str) -> Response:
        control.pause(self.own_schedule())
        return self.answer(self.own_schedule())


class ScheduleResumeView(ScheduleEngineView):
    """Lets it come again."""

    @RESUME
    def post(self, request: Request, pk: str) -> Response:
        control.resume(self.own_schedule())
        return self.answer(self.own_schedule())


class ScheduleRunView(ScheduleEngineView):
    """Makes a run of a schedule at once."""

    @RUN
    def post(self, request: Request, pk: str) -> Response:
        run = control.run_now(self.own_schedule(), caller_of(request))
        if run.job is None:  # somebody has deleted it already
            raise JobNotFound
        return accepted(request, run.job)


class ScheduleRunsView(ScheduleEngineView, ListAPIView[ScheduleRun]):
    """The runs of one schedule, newest first."""

    serializer_class = ScheduleRunSerializer
    pagination_class = LogPagination

    @RUNS
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[ScheduleRun]:
        return ScheduleRun.objects.primary().filter(schedule=self.own_schedule())
