"""The whole way by one process: a template, its schedule, the job, the mail, the webhook."""

import datetime as dt
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from django.http import QueryDict
from standardwebhooks import Webhook as Verifier

from exports import scheduler
from exports.caller import Caller
from exports.contrib.telephony.models import CallLog
from exports.jobs import work
from exports.models import ExportJob, ExportLog, ExportMail, ScheduleRun, WebhookDelivery
from exports.notices import control as webhooks
from exports.notices.signing import secret_of
from exports.saved import control as saved
from exports.schedules import control

pytestmark = pytest.mark.django_db(transaction=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_works(user, receiver, settings):
    settings.EXPORTS = settings.EXPORTS | {
        "WEBHOOK_NETWORKS": ["127.0.0.0/8"],
        "BASE_URL": "https://x.example",
    }
    user.email = "a@example.com"
    user.save()
    caller = Caller(user=user, door=ExportLog.Door.API)
    now = dt.datetime(2026, 3, 10, 5, 59, tzinfo=dt.UTC)
    for day in (dt.datetime(2026, 2, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)):
        CallLog.objects.create(user=user, livekit_room_name="r", started_at=day, created_at=day)
    with time_machine.travel(now, tick=False):
        params = QueryDict("start_date=last month&end_date=last month&columns=id,startedAt")
        template = saved.create(saved.Choice(name="Calls", dataset="calls", parameters=params), caller)
        webhook = webhooks.create(caller, f"http://127.0.0.1:{receiver.server_port}/hook")
        schedule = control.create(
            control.Plan(
                template=template,
                rule="0 7 * * *",
                timezone="Europe/Berlin",
                recipients=["a@example.com"],
                incremental=True,
            ),
            caller,
        )
        assert scheduler.run_once() == 0
    with time_machine.travel(now + dt.timedelta(minutes=2), tick=True):
        assert scheduler.run_once() == 1
        job = ExportJob.objects.get()
        ExportJob.objects.update(due_at="2020-01-01T00:00:00Z")
        work.run_next()
        job.refresh_from_db()
        assert job.status == "succeeded", job.error
        assert job.row_count == 1, job.parameters
        schedule.refresh_from_db()
        assert schedule.cursor == job.cursor != ""
        assert ScheduleRun.objects.get().outcome == "succeeded"
        assert scheduler.run_once() == 2, list(ExportMail.objects.values()) + list(
            WebhookDelivery.objects.values()
        )
        headers, body = receiver.seen[0]
        Verifier(secret_of(webhook)).verify(body, headers)
