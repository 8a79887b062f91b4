"""Work that comes back by itself, on CKAN's own worker. For the frame and every feature.

What is to be done stands in PostgreSQL; the queue only wakes a worker up, so a lost message costs one turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ckan.lib import jobs
from rq.job import Job

log = logging.getLogger(__name__)


class Clock:
    """Calls ``work`` (a function of a module, which a worker can import) every ``seconds``; ``name`` is its own."""

    def __init__(self, name: str, seconds: int, work: Callable[[], Any]) -> None:
        self.name, self.seconds, self.work = name, seconds, work
        #: The turn this process has seen to.
        self.seen = 0

    def schedule(self) -> None:
        """See to it that the next turn comes, at a full multiple of ``seconds``. Called as often as anybody likes.

        Every turn has a job id of its own, made from its time: whoever comes second finds it waiting.
        """
        turn = int(time.time()) // self.seconds + 1
        job_id = f"steamcity-{self.name}-{turn}"
        try:
            queue = jobs.get_queue()
            if not Job.exists(job_id, connection=queue.connection):
                when = datetime.fromtimestamp(turn * self.seconds, UTC)
                queue.enqueue_at(
                    when, self.work, job_id=job_id, job_timeout=self.seconds, result_ttl=0, failure_ttl=self.seconds,
                    meta={"title": f"steamcity {self.name}"},
                )  # fmt: skip
        except Exception:  # noqa: BLE001  without the queue the next visitor, publication or start tries again
            log.exception("The queue did not take the next turn of %s", self.name)

    def keep_scheduled(self) -> None:
        """`schedule`, once in a turn for each process: for the site, whose visitors wind the clock."""
        turn = int(time.time()) // self.seconds
        if self.seen != turn:
            self.seen = turn
            self.schedule()
