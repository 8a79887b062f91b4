"""The clock of the feeds: starts those that are due, takes up runs whose worker died, ends jobs nobody works on
(only `harvesters/` imports this).

The truth is in PostgreSQL: a run is dead when its lease has passed. The queue only wakes a worker up, so a lost
message costs one turn of this clock and never a run.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest.model import HarvestJob, HarvestSource
from ckanext.steamcity.clock import Clock

from . import config, jobs, pauses, push
from .run import close_jobs

log = logging.getLogger(__name__)

#: Seconds between two turns.
_EVERY = 300
#: How often a feed is read, by the frequency of its source; `MANUAL` only when somebody asks.
_EACH = {
    "ALWAYS": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "BIWEEKLY": timedelta(weeks=2),
    "MONTHLY": timedelta(days=30),
}
#: A failed run is tried again sooner than its time, and less and less often, so that a source in trouble is let be.
_AFTER_FAILURE = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
#: A job of ckanext-harvest that nobody works on is left this long.
_PATIENCE = timedelta(minutes=10)


def scheduled() -> dict[str, list[str]]:
    schedule()
    return look()


_CLOCK = Clock("feeds", _EVERY, scheduled)
schedule, keep_scheduled = _CLOCK.schedule, _CLOCK.keep_scheduled


def look() -> dict[str, list[str]]:
    """One turn: ids of the feeds that were started, taken up again, or put in order."""
    done: dict[str, list[str]] = {"started": [], "taken_up": [], "closed": []}
    sources: list[Any] = model.Session.query(HarvestSource).filter_by(type=config.SOURCE_TYPE, active=True).all()
    for identifier in [source.id for source in sources]:
        try:
            what = _feed(identifier)
        except Exception:  # noqa: BLE001  one feed in trouble must not stop the clock of the others
            model.Session.rollback()
            log.exception("Feed %s could not be looked after", identifier)
            continue
        if what:
            done[what].append(identifier)
    return done


def _feed(identifier: str) -> str | None:
    source: Any = HarvestSource.get(identifier)
    run = tk.get_action("steamcity_run_show")({"ignore_auth": True}, {"feed": identifier})["run"]
    live = bool(run) and run["state"] in ("running", "queued")
    if live and run["held"]:
        return None
    if push.feed(identifier):
        if live:
            push.tidy(source)
        return "closed" if live else None
    if live:
        log.warning("The run %s of feed %s had stopped; the next worker takes it up", run["id"], identifier)
        return "taken_up" if jobs.enqueue_once(identifier) else None
    if pauses.since(identifier):
        return None
    waiting = _jobs_left(identifier)
    if "Running" in waiting:
        log.warning("A harvest job of feed %s was left running by nobody; it is closed", identifier)
        close_jobs(identifier)
    if "New" in waiting or _due(source, run):
        return "started" if jobs.enqueue_once(identifier) else None
    return "closed" if "Running" in waiting else None


def _jobs_left(identifier: str) -> set[str]:
    """States of ckanext-harvest's jobs that are old enough for somebody to have seen to them."""
    before = datetime.utcnow() - _PATIENCE  # noqa: DTZ003  as ckanext-harvest writes it
    found: Any = model.Session.query(HarvestJob).filter(
        HarvestJob.source_id == identifier, HarvestJob.status.in_(("New", "Running")), HarvestJob.created < before
    )
    return {job.status for job in found}


def _due(source: Any, run: dict[str, Any] | None) -> bool:
    next_run = due_at(source, run)
    return next_run is not None and next_run <= datetime.now(UTC)


def due_at(source: Any, run: dict[str, Any] | None) -> datetime | None:
    """When the feed is read next, given its newest run; None when somebody has to ask for it."""
    each = _EACH.get(source.frequency)
    if each is None:
        return None
    if run is None:
        return datetime.now(UTC)
    ended = datetime.fromisoformat(run["finished"] or run["created"])
    if run["state"] != "failed":
        return ended + each
    return ended + min(each, _AFTER_FAILURE[min(run["failures"], len(_AFTER_FAILURE)) - 1])
