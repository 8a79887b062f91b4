"""Actions of the harvester plugin: run a feed, see how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict
from ckanext.harvest.model import HarvestJob
from ckanext.steamcity.arguments import checked

from .. import config, jobs, pauses, preview, push, secrets, sources, uploads
from ..run import run
from .school_feeds import (
    steamcity_feed_create,
    steamcity_feed_list,
    steamcity_feed_pause,
    steamcity_feed_resume,
    steamcity_feed_show,
    steamcity_feed_stop,
    steamcity_feed_try,
    steamcity_feed_update,
)
from .source_doors import (
    harvest_source_create,
    harvest_source_reindex,
    harvest_source_update,
    package_create,
    package_update,
)

__all__ = [
    "harvest_job_list",
    "harvest_job_show",
    "harvest_log_list",
    "harvest_object_list",
    "harvest_object_show",
    "harvest_send_job_to_gather_queue",
    "harvest_source_create",
    "harvest_source_list",
    "harvest_source_reindex",
    "harvest_source_show",
    "harvest_source_update",
    "package_create",
    "package_update",
    "steamcity_feed_create",
    "steamcity_feed_list",
    "steamcity_feed_pause",
    "steamcity_feed_preview",
    "steamcity_feed_resume",
    "steamcity_feed_run",
    "steamcity_feed_show",
    "steamcity_feed_stop",
    "steamcity_feed_token_create",
    "steamcity_feed_token_list",
    "steamcity_feed_token_revoke",
    "steamcity_feed_try",
    "steamcity_feed_update",
    "steamcity_feed_upload",
]
_MOST_LINES, _MOST_PREVIEWED = 1000, 20
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@checked
def steamcity_feed_run(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Read a feed: its stations, then its readings since the last time. One run of a feed at a time.

    :param source_id: id of the harvest source
    :param wait: run it now and answer when it has ended; else the worker does it and the answer is `queued`
    """
    tk.check_access("steamcity_feed_run", context, data_dict)
    source_id = sources.asked_for(data_dict).id
    if pauses.since(source_id):
        raise tk.ValidationError({"source_id": [tk._("This feed is paused: start it again first.")]})
    if tk.asbool(data_dict.get("wait", False)):
        return run(source_id)
    jobs.enqueue_once(source_id)
    return {"state": "queued", "job": jobs.name(source_id)}


@checked
def steamcity_feed_preview(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What a run would store, without storing it: stations, first readings of each, what would be left out.

    :param source_id: id of the harvest source
    :param files: read at most so many files or pages (3)
    """
    tk.check_access("steamcity_feed_preview", context, data_dict)
    files = _number("files", data_dict.get("files") or 3, _MOST_PREVIEWED)
    return preview.preview(sources.asked_for(data_dict), files)


@checked
def steamcity_feed_upload(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give a file to a feed that others push to, as if it had been pushed; the answer is the same receipt.

    :param source_id: id of the harvest source
    :param upload: the file, or
    :param text: its content
    :param device: what tells this device from the feed's others; kept as a code only
    :param same_logger: without a `device`: the file is of the logger that wrote the former ones, although it does not
        fit them; a value that differs counts from now on, the former one is kept
    :param start_time: when a data log that counts was started; local time of the feed's zone unless it carries its own
    :param date_order: `dmy` or `mdy`, where the file leaves open which part of a date is the day
    :param dry_run: say what would be stored, and store nothing
    """
    tk.check_access("steamcity_feed_upload", context, data_dict)
    source = sources.asked_for(data_dict)
    if push.feed(source.id) is None:
        raise tk.ValidationError({"source_id": [tk._("This feed fetches its readings itself.")]})
    more = uploads.about(source, data_dict)
    data = uploads.content(data_dict)
    with push.readable(more["most"]):
        try:
            if tk.asbool(data_dict.get("dry_run", False)):
                return preview.of_parcel(push.preview(source, data, **more))
            alone = not more["device"] and not tk.asbool(data_dict.get("same_logger") or False)
            return push.receive(source, data, by_hand=True, alone=alone and uploads.is_table(source), **more)
        except push.Busy as error:
            raise tk.ValidationError({"source_id": [tk._("The feed is busy: try again in a minute.")]}) from error


@checked
def steamcity_feed_token_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A new token with which devices push to a feed. It is shown this once; only its digest is kept.

    :param source_id: id of the harvest source
    :param key: asking twice with the same key gives the same token (for forms that are sent twice)
    """
    tk.check_access("steamcity_feed_token_create", context, data_dict)
    source = sources.asked_for(data_dict)
    if push.feed(source.id) is None:
        raise tk.ValidationError({"source_id": [tk._("This feed fetches its readings itself.")]})
    try:
        return secrets.new_token(source.id, str(data_dict.get("key") or "")[:100]) | {"url": tk.url_for(
            "steamcity_harvester.receive", source_id=source.id, _external=True
        )}  # fmt: skip
    except secrets.TooMany as error:
        raise tk.ValidationError({"source_id": [tk._("Revoke a token first: this feed has many.")]}) from error


@tk.side_effect_free
@checked
def steamcity_feed_token_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The tokens of a feed: id, when made, when revoked; never the token itself.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_token_list", context, data_dict)
    return secrets.tokens(sources.asked_for(data_dict).id)


@checked
def steamcity_feed_token_revoke(context: Context, data_dict: DataDict) -> None:
    """From now on a token opens nothing.

    :param source_id: id of the harvest source
    :param id: id of the token
    """
    tk.check_access("steamcity_feed_token_revoke", context, data_dict)
    if not secrets.revoke(sources.asked_for(data_dict).id, str(tk.get_or_bust(data_dict, "id"))):
        raise tk.ObjectNotFound(tk._("There is no such token."))


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


def _looked_at(name: str) -> Any:
    """ckanext-harvest's action, once its parameters are of a type it can bear."""

    @tk.chained_action
    @tk.side_effect_free
    @checked
    def looked_at(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
        # Not for `checked`: what a source is shown with has a `status`, too, and is sent back with it.
        if not isinstance(data_dict.get("status"), str | None):
            raise tk.ValidationError({"status": [tk._("Write a text here.")]})
        return up_func(context, data_dict)

    looked_at.__name__ = name
    looked_at.auth_audit_exempt = True  # type: ignore[attr-defined]  # the one above asks
    return looked_at


harvest_job_list = _looked_at("harvest_job_list")
harvest_job_show = _looked_at("harvest_job_show")
harvest_object_list = _looked_at("harvest_object_list")
harvest_object_show = _looked_at("harvest_object_show")
harvest_source_show = _looked_at("harvest_source_show")


@tk.chained_action
@tk.side_effect_free
@checked
def harvest_log_list(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """ckanext-harvest hands whatever it is given to the database."""
    tk.check_access("harvest_log_list", context, data_dict)
    wanted: dict[str, Any] = {}
    for name, most in (("limit", _MOST_LINES), ("per_page", _MOST_LINES), ("offset", 2**31 - 1)):
        if name in data_dict:
            wanted[name] = _number(name, data_dict[name], most)
    if data_dict.get("level") is not None:
        level = str(data_dict["level"]).upper()
        if level not in _LEVELS:
            raise tk.ValidationError({"level": [tk._("Choose one of: {choices}").format(choices=", ".join(_LEVELS))]})
        wanted["level"] = level
    return up_func(context, wanted)


def _number(name: str, value: Any, most: int) -> int:
    try:
        return max(0, min(int(value), most))
    except (TypeError, ValueError, OverflowError) as error:  # no number is infinite
        raise tk.ValidationError({name: [tk._("Write a number here.")]}) from error
