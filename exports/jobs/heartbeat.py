"""What a worker does beside its job: it says that it lives and how far it has got, and hears of its end."""

import logging
import threading
import time
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from django.db import connections

from .. import running
from ..conf import export_settings
from ..exceptions import ClaimLost, JobCancelled, TimeLimitExceeded
from ..recorded import describe
from ..stream import Progress
from .claims import Claim, let_go, renew

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 2.0
"""How often, at most: pages ask for progress as often. A third of the lease, where that is less."""


class Heartbeat:
    """Renews a claim from a thread of its own, until the block ends.

    Where the claim is lost, or its database has not answered for a whole lease, or somebody cancels the job,
    or its time is over, the export is ended. From then on the lease is renewed for once its length and no
    longer: a worker that hangs must not keep a job that nobody else could take up.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._lease = export_settings().job_lease_seconds
        self._max_seconds = export_settings().job_max_seconds
        self._every = min(BEAT_SECONDS, self._lease / 3)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="exports-heartbeat", daemon=True)
        self._watched: tuple[UUID, Progress] | None = None
        self.error: Exception | None = None
        """Why the attempt is to end."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def watch(self, export_id: UUID, progress: Progress) -> None:
        """This is the export that makes the file."""
        self._watched = export_id, progress

    def check(self) -> None:
        """Raises why the attempt is to end, if it is."""
        if self.error is not None:
            raise self.error

    def _beat(self) -> None:
        begun = answered = time.monotonic()
        ending: float | None = None
        try:
            while not self._stopped.wait(self._every):
                now = time.monotonic()
                if ending is not None and now - ending > self._lease:
                    self._give_up()
                    return
                try:
                    renewal = renew(self._claim, self._watched and self._watched[1])
                except Exception:
                    logger.warning("The lease of job %s was not renewed", self._claim.job_id, exc_info=True)
                    connections.close_all()
                    if now - answered > self._lease:
                        self._end(ClaimLost())
                    continue
                answered = time.monotonic()
                if not renewal.held:
                    self._end(ClaimLost())
                elif renewal.cancelling:
                    self._end(JobCancelled())
                elif self._max_seconds is not None and now - begun > self._max_seconds:
                    self._end(TimeLimitExceeded(self._max_seconds))
                if self.error is not None:
                    self._end(self.error)  # once more: it may not have begun before
                    ending = ending or answered
        finally:
            connections.close_all()

    def _give_up(self) -> None:
        """Whoever is to end has not ended: the job does instead, for the same reason."""
        error = self.error
        if isinstance(error, TimeLimitExceeded | JobCancelled):
            let_go(self._claim, error=describe(error), code=error.code, again=None)

    def _end(self, error: Exception) -> None:
        self.error = self.error or error
        if self._watched is not None:
            running.end(self._watched[0], self.error)
