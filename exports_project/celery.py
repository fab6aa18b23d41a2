"""The Celery application, where EXPORTS_QUEUE=celery: `celery --app exports_project.celery worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exports_project.settings")

app = Celery("exports")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    # Others may use the same Redis, and Celery's own name for it.
    task_default_queue="exports",
    # What becomes of a job its row says; nobody reads a result.
    task_ignore_result=True,
    # A task is a word that there is work. One that is lost with its worker is enqueued again by the sweep.
    task_acks_late=False,
    # A task that a busy worker had reserved would wait for it, and another worker be idle.
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    broker_connection_retry_on_startup=True,
    # A request waits no longer for a broker that is down: its job is enqueued by the sweep.
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 5, "max_retries": 1},
    task_publish_retry=False,
)


def leave_logging_alone(**kwargs: Any) -> None:
    """LOGGING holds in workers too: Celery configures nothing where somebody listens to this signal."""


setup_logging.connect(leave_logging_alone)
