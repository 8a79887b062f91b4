"""Actions of the harvester plugin: run a feed, see how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict
from ckanext.harvest.model import HarvestJob, HarvestSource
from ckanext.steamcity.arguments import checked

from .. import config, jobs
from ..run import run

__all__ = ["harvest_send_job_to_gather_queue", "harvest_source_list", "steamcity_feed_run"]


@checked
def steamcity_feed_run(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Read a feed: its stations, then its readings since the last time. One run of a feed at a time.

    :param source_id: id of the harvest source
    :param wait: run it now and answer when it has ended; else the worker does it and the answer is `queued`
    """
    tk.check_access("steamcity_feed_run", context, data_dict)
    source_id = str(tk.get_or_bust(data_dict, "source_id"))
    source: Any = HarvestSource.get(source_id)
    if source is None or source.type != config.SOURCE_TYPE or not source.active:
        raise tk.ObjectNotFound(tk._("There is no such feed."))
    if tk.asbool(data_dict.get("wait", False)):
        return run(source_id)
    return {"state": "queued", "job": jobs.enqueue(source_id)}


@tk.chained_action
@checked
def harvest_send_job_to_gather_queue(
    up_func: Callable[..., Any], context: Context, data_dict: DataDict
) -> dict[str, Any]:
    """A job of a sensor feed goes to CKAN's worker, which picks it up in its run; others go where they always went."""
    job: Any = HarvestJob.get(tk.get_or_bust(data_dict, "id"))
    if job is None or job.source.type != config.SOURCE_TYPE:
        return up_func(context, data_dict)
    tk.check_access("harvest_send_job_to_gather_queue", context, {"source_id": job.source_id})
    jobs.enqueue(job.source_id)
    return tk.get_action("harvest_job_show")(context, {"id": job.id})


@tk.chained_action
@tk.side_effect_free
@checked
def harvest_source_list(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """ckanext-harvest forgets to ask whether the caller may see all sources with their configuration."""
    tk.check_access("harvest_source_list", context, data_dict)
    return up_func(context, data_dict)
