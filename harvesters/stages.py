"""The stages of ckanext-harvest for a feed's stations (only `harvesters/` imports this).

One harvest object for each station whose description changed; readings never pass through here. Every stage catches
everything itself: an exception that gets out would kill ckanext-harvest's consumer and leave the job running for ever.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest.model import HarvestGatherError, HarvestJob, HarvestObject, HarvestObjectError
from ckanext.steamcity import net
from ckanext.steamcity.messages import N_, Message, fill
from flask import has_request_context

from . import config, dataset, feeds, secrets
from .source import open_source

log = logging.getLogger(__name__)


class Fenced(Exception):  # noqa: N818  says what happened
    """Another worker has taken the run over."""


class FeedStages:
    """What the plugin implements of IHarvester. ``present``: ids of the stations the source has named in this run,
    None while that is not known; ``refusal``: why none of them may be read. A run hands in what the adapter noted
    before, and how to wait for the source."""

    present: frozenset[str] | None = None
    refusal: Exception | None = None
    notes: dict[str, Any] | None = None
    wait: Callable[[Callable[[], feeds.Survey]], feeds.Survey] | None = None

    def info(self) -> dict[str, str]:
        return {
            "name": config.SOURCE_TYPE,
            "title": tk._("Sensor feed"),
            "description": tk._("Stations and readings of a sensor network, kept by this portal"),
        }

    def validate_config(self, text: str) -> str:
        config.read(text)
        return text

    def get_original_url(self, harvest_object_id: str) -> str | None:
        found: Any = HarvestObject.get(harvest_object_id)
        return config.folder(found.source.url) if found else None

    def gather_stage(self, job: Any) -> list[str]:
        try:
            notes = noted(job.source.id) if self.notes is None else self.notes
            identifiers, self.present = gather(job, notes, self.wait or _at_once)
        except Exception as error:  # noqa: BLE001  see the module's docstring
            model.Session.rollback()
            self.refusal = error if isinstance(error, (feeds.TooMany, Fenced)) else None
            return _gather_failed(job.id, error)
        return identifiers

    def fetch_stage(self, _harvest_object: Any) -> bool:
        return True  # gather has read the description already

    def import_stage(self, harvest_object: Any) -> bool:
        identifier = harvest_object.id
        try:
            import_station(harvest_object)
        except Exception as error:  # noqa: BLE001  see the module's docstring
            model.Session.rollback()
            log.exception("Station of harvest object %s could not be written", identifier)
            found = HarvestObject.get(identifier)
            if found:
                HarvestObjectError.create(message=reason(error), object=found, stage="Import")
            return False
        return True


def _at_once(make: Callable[[], feeds.Survey]) -> feeds.Survey:
    return make()


def noted(feed_id: str) -> dict[str, Any]:
    """What the adapter noted in the feed's newest run."""
    run = tk.get_action("steamcity_run_show")({"ignore_auth": True}, {"feed": feed_id})["run"]
    return ((run or {}).get("cursor") or {}).get("notes", {})


def gather(
    job: Any, notes: dict[str, Any], wait: Callable[[Callable[[], feeds.Survey]], feeds.Survey]
) -> tuple[list[str], frozenset[str] | None]:
    """Ask the source for its stations, and make objects for those that are new or described otherwise. The second
    value: the stations that are there, None when a part of the source did not answer."""
    source = job.source
    settings = config.read(source.config)
    opened = open_source(source.url, settings, secrets.secret(source.id), notes=notes)
    survey = wait(lambda: settings.adapter.survey(opened))
    if 0 < settings.most_stations < len(survey.stations):
        raise too_many(len(survey.stations), settings.most_stations)
    for trouble in survey.troubles:
        HarvestGatherError.create(message=reason(trouble), job=job)
    known = tk.get_action("steamcity_feed_known")({"ignore_auth": True}, {"feed": source.id})["digests"]
    changed = [s for s in survey.stations if known.get(s.source_id) != s.digest]
    objects: list[Any] = [
        HarvestObject(
            guid=f"{source.id}/{station.source_id}",
            job=job,
            harvest_source_id=source.id,
            content=json.dumps(
                {
                    "station": station.to_dict(),
                    "digest": station.digest,
                    "since": since.isoformat() if (since := survey.since.get(station.source_id)) else None,
                }
            ),
        )
        for station in changed
    ]
    model.Session.add_all(objects)
    model.Session.commit()
    silent = any(isinstance(trouble, feeds.Unreachable | feeds.FeedError) for trouble in survey.troubles)
    present = (
        None
        if silent or not settings.adapter.complete
        else frozenset(survey.named) | {station.source_id for station in survey.stations}
    )
    return [found.id for found in objects], present


def too_many(count: int, most: int) -> feeds.TooMany:
    text = N_("There are {count} stations, and this feed may read {most}. Choose a smaller area.")
    return feeds.TooMany(Message(text, {"count": count, "most": most}))


def import_station(harvest_object: Any) -> None:
    """Write the station, see that the feed's dataset is there, and make this object the current one of its guid."""
    content = json.loads(harvest_object.content)
    source = harvest_object.source
    feed = dataset.feed_of(source)
    dataset.ensure(source, feed)
    since = datetime.fromisoformat(content["since"]) if content.get("since") else None
    tk.get_action("steamcity_station_upsert")(
        {"ignore_auth": True},
        {"feed": feed, "station": content["station"], "digest": content["digest"], "since": since},
    )
    formers: Any = model.Session.query(HarvestObject).filter_by(guid=harvest_object.guid, current=True)
    for former in formers:
        former.current = False
    harvest_object.current = True
    harvest_object.package_id = feed["dataset_id"]
    model.Session.commit()


def _gather_failed(job_id: str, error: Exception) -> list[str]:
    log.exception("Stations of harvest job %s could not be gathered", job_id)
    job: Any = HarvestJob.get(job_id)
    if job:
        HarvestGatherError.create(message=reason(error), job=job)
    return []


def reason(error: Exception | None) -> str:
    """A sentence for the job's report; what only a programmer would understand stays in the log."""
    if isinstance(error, feeds.FeedError):
        return sentence(error.message)
    if isinstance(error, (net.FetchError, feeds.Unreachable, config.Wrong)):
        return str(error)
    if isinstance(error, feeds.Gone):
        return tk._("{address} is not there.").format(address=error)
    return tk._("Something went wrong inside the portal ({kind}).").format(kind=type(error).__name__)


def sentence(message: Message | dict[str, Any]) -> str:
    """A message in the reader's language; in English where nobody reads (a command, the worker)."""
    return tk.h.steamcity_message(message) if has_request_context() else fill(message)


def describe(error: Exception) -> dict[str, Any]:
    """The same as a message for a run, with what kind of trouble it was (`standing.py` knows what to do then)."""
    if isinstance(error, feeds.FeedError):
        return error.message.to_dict() | {"kind": kind(error)}
    return {"text": "{reason}", "params": {"reason": reason(error)}, "kind": kind(error)}


def kind(error: Exception) -> str:
    """`silent`, `private`, `refused`, `slow`, `gone`, `shape`, `too_many`, `settings` or `inside`."""
    if isinstance(error, feeds.Unreachable):
        return error.kind
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (feeds.TooMany, "too_many"), (feeds.FeedError, "shape"), (feeds.Gone, "gone"), (config.Wrong, "settings"),
        (net.Refused, "private"), (net.FetchError, "silent"),
    )  # fmt: skip
    return next((word for known, word in kinds if isinstance(error, known)), "inside")
