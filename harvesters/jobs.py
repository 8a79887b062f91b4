"""What CKAN's worker runs for a feed (only `harvesters/` imports this)."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib import jobs as queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

from .run import run

#: A first run over years of files takes hours; CKAN's own limit is three minutes.
_TIMEOUT = 12 * 3600


def enqueue(source_id: str) -> str:
    """Ask the worker to run a feed. Asking twice is harmless: the second finds the first at work, or nothing new."""
    job = tk.enqueue_job(work, [source_id], title=f"Sensor feed {source_id}", rq_kwargs={"timeout": _TIMEOUT})
    return job.id


def enqueue_once(source_id: str) -> bool:
    """The same unless a job for it is waiting already. False when there is one."""
    if waits(source_id):
        return False
    options = {"timeout": _TIMEOUT, "job_id": name(source_id)}
    tk.enqueue_job(work, [source_id], title=f"Sensor feed {source_id}", rq_kwargs=options)
    return True


def waits(source_id: str) -> bool:
    """Whether the worker has been asked to run the feed and has not begun."""
    try:
        found = Job.fetch(name(source_id), connection=queue.get_queue().connection)
        return found.get_status() == JobStatus.QUEUED
    except NoSuchJobError:
        return False


def name(source_id: str) -> str:
    """The id of the job that runs a feed."""
    return f"steamcity-feed-{source_id}"


def work(source_id: str) -> dict[str, Any]:
    return run(source_id)
