"""Actions of the sensors plugin: read stations and observations; take readings in (from inside only)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity import protocols
from ckanext.steamcity.arguments import checked
from ckanext.steamcity.stamps import stamp

from .. import deployments, ingest, network, published, query, runs, search, stations, window
from . import schema
from .networks import (
    steamcity_coverage_show,
    steamcity_latest_list,
    steamcity_month_list,
    steamcity_month_write,
)

__all__ = [
    "steamcity_coverage_show",
    "steamcity_feed_known",
    "steamcity_latest_list",
    "steamcity_month_list",
    "steamcity_month_write",
    "steamcity_observation_ingest",
    "steamcity_observation_search",
    "steamcity_observation_window",
    "steamcity_run_claim",
    "steamcity_run_finish",
    "steamcity_run_live",
    "steamcity_run_release",
    "steamcity_run_renew",
    "steamcity_run_show",
    "steamcity_run_stop",
    "steamcity_station_gone",
    "steamcity_station_list",
    "steamcity_station_refresh",
    "steamcity_station_search",
    "steamcity_station_show",
    "steamcity_station_upsert",
]


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.station_list)
def steamcity_station_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Stations by code: ``{"count": …, "readings": …, "results": […]}``. Places are the published ones.

    `readings` is about how many values all stations of the portal sent: an estimate, never a count.

    :param feed: only stations of the feed with this id
    :param city: only stations in the city with this slug
    :param limit: at most so many (100)
    :param offset: skip so many
    """
    tk.check_access("steamcity_station_list", context, data_dict)
    return query.stations(
        model.Session,
        feed_id=data_dict["feed"],
        city=data_dict["city"],
        limit=data_dict["limit"],
        offset=data_dict["offset"],
        hidden=published.hidden_from(context),
    )


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.station_search)
def steamcity_station_search(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Stations by place, quantity and activity: ``{"count": …, "results": […]}``, or GeoJSON. Places, also those the
    filters work on, are the published ones.

    :param near: `latitude,longitude`; nearest first
    :param radius: metres around `near` (1000)
    :param area: slug of an area, or a cell
    :param polygon: GeoJSON Polygon or MultiPolygon
    :param property: only stations that measure this observed property
    :param active_since: only stations (with `property`: of which this quantity) that sent a value since
    :param feed: only stations of the feed with this id
    :param city: only stations in the city with this slug
    :param format: `json`, or `geojson`: a FeatureCollection
    :param limit: at most so many (100)
    :param offset: skip so many
    """
    tk.check_access("steamcity_station_search", context, data_dict)
    found = search.find(model.Session, data_dict | {"hidden": published.hidden_from(context)})
    return search.geojson(found["results"]) if data_dict["format"] == "geojson" else found


@tk.side_effect_free
@checked
def steamcity_station_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One station: published place, licence, attribution, datastreams with their newest values, and its health: when
    it was last heard, whether it is silent, days without values.

    :param id: id of the station
    """
    tk.check_access("steamcity_station_show", context, data_dict)
    station = _station(context, str(tk.get_or_bust(data_dict, "id")))
    return station | {"health": search.health(model.Session, station["datastreams"], datetime.now(UTC))}


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.observation_search)
def steamcity_observation_search(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Observations of a station in order of time, with quality codes (QARTOD) and the tests that spoke.

    :param station: id of the station
    :param property: only this observed property
    :param from: from this day or moment (default: the last seven days that have data)
    :param to: before this moment; a day counts whole
    :param resolution: `raw`, or means of the values that did not fail by `hour` or `day`
    :param quality: `all`, `good` (code 1 only) or `usable` (neither failed nor missing); for raw observations
    :param limit: at most so many (1,000; at most 10,000)
    :param after: the `next` of the answer before, to go on
    """
    tk.check_access("steamcity_observation_search", context, data_dict)
    station = _station(context, data_dict["station"])
    streams = [s for s in station["datastreams"] if data_dict.get("property") in (None, s["property"])]
    begin, end = query.last_week(streams)
    begin, end = data_dict.get("from", begin), data_dict.get("to", end)
    found = query.observations(
        model.Session,
        streams,
        begin,
        end,
        resolution=data_dict["resolution"],
        limit=data_dict["limit"],
        after=_after(data_dict.get("after")),
        quality_at_most=query.WORST[data_dict["quality"]],
    )
    more = len(found) == min(data_dict["limit"], query.PAGE) and found
    return {
        "station": station["id"],
        "from": stamp(begin),
        "to": stamp(end),
        "license_id": station["license_id"],
        "attribution": station["attribution"],
        "datastreams": streams,
        "observations": found,
        "next": f"{found[-1]['time']}~{found[-1]['datastream']}" if more else None,
    }


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.observation_window)
def steamcity_observation_window(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A window of a station's data as CSV in the columns of a protocol, with the licence that goes with it.

    :param station: id of the station
    :param from: from this day (on the clock of the place where the station stands) or moment
    :param to: before this moment (a day counts whole), at most 93 days later
    :param protocol: slug of the protocol
    :returns: `{text, rows, place, instruments [{name, properties}], filename, licence_id, attribution, synthetic,
        source, url}`; the text has each row's worst flag in the column `quality_flag`
    """
    tk.check_access("steamcity_observation_window", context, data_dict)
    station = _station(context, data_dict["station"])
    begin, end, days = deployments.between(station["place"], data_dict["from"], data_dict["to"])
    if not begin < end:
        raise tk.ValidationError({"to": [tk._("The end lies before the beginning.")]})
    if (end - begin).days > 93:
        raise tk.ValidationError({"to": [tk._("Choose at most three months.")]})
    try:
        protocol = protocols.load(data_dict["protocol"])
    except KeyError as error:
        raise tk.ValidationError({"protocol": [tk._("There is no such protocol.")]}) from error
    streams = station["datastreams"]
    text, rows = window.table(protocol, streams, _all(streams, begin, end))
    if not rows:
        message = tk._("The station has no data for this protocol in this time.")
        raise tk.ValidationError({"station": [message]})
    return {
        "text": text,
        "rows": rows,
        "place": _place_at(station, begin),
        "instruments": window.instruments(protocol, streams),
        "filename": f"{station['code']}_{days}.csv",
        "licence_id": station["license_id"],
        "attribution": station["attribution"],
        "synthetic": station["synthetic"],
        "source": f"{station['attribution']}, {station['code']}",
        "url": tk.url_for("steamcity_sensors.station", identifier=station["id"], _external=True),
    }


@tk.side_effect_free
@checked
def steamcity_run_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The newest run of a feed (`run`) and the newest that has ended (`last`): state, counts, what could not be read;
    and what the feed holds by now.

    :param feed: id of the feed (its harvest source)
    """
    tk.check_access("steamcity_run_show", context, data_dict)
    feed = str(tk.get_or_bust(data_dict, "feed"))
    return {
        "run": runs.show(model.Session, feed),
        "last": runs.show(model.Session, feed, ended=True),
        "holds": query.summary(model.Session, feed),
    }


@checked
def steamcity_run_live(context: Context, data_dict: DataDict) -> dict[str, Any] | None:
    """The newest run of a feed, and nothing else of it: what is asked for at every push. From inside only.

    :param feed: id of the feed
    """
    tk.check_access("steamcity_run_live", context, data_dict)
    return runs.live(model.Session, str(tk.get_or_bust(data_dict, "feed")))


def steamcity_station_upsert(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write the description of a station. From inside only.

    :param feed: what the feed says of itself: feed_id, provider, license_id, attribution, time_source, …
    :param station: the description, as `feeds.Station.to_dict` gives it
    :param digest: digest of the description
    :param since: the station is there from this moment (now)
    """
    tk.check_access("steamcity_station_upsert", context, data_dict)
    feed, station = tk.get_or_bust(data_dict, ["feed", "station"])
    since = data_dict.get("since") or datetime.now(UTC)
    identifier = stations.upsert(model.Session, feed, station, since, data_dict.get("digest", ""))
    if not context.get("defer_commit"):
        model.Session.commit()
    return {"id": identifier}


def steamcity_station_refresh(context: Context, data_dict: DataDict) -> None:
    """Give all stations of a feed what the feed says of itself by now. From inside only.

    :param feed: as in `steamcity_station_upsert`
    :param exposure: how those stand that were said to stand outdoors and do not; their places are shown less exactly
    """
    tk.check_access("steamcity_station_refresh", context, data_dict)
    feed = tk.get_or_bust(data_dict, "feed")
    stations.refresh(model.Session, feed)
    if data_dict.get("exposure"):
        stations.take_indoors(model.Session, feed["feed_id"], data_dict["exposure"])
    if not context.get("defer_commit"):
        model.Session.commit()


def steamcity_station_gone(context: Context, data_dict: DataDict) -> list[str]:
    """Mark the stations of a feed that the source has no more, and unmark those that are back. From inside only.

    :param feed: id of the feed
    :param present: ids of all stations that the source has
    :returns: the source's ids of the stations that are gone
    """
    tk.check_access("steamcity_station_gone", context, data_dict)
    feed, present = tk.get_or_bust(data_dict, ["feed", "present"])
    gone = stations.mark_gone(model.Session, feed, list(present), datetime.now(UTC).date())
    if not context.get("defer_commit"):
        model.Session.commit()
    return gone


def steamcity_observation_ingest(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write one batch of a run, all or nothing. From inside only.

    :param run_id, attempt: the run, as `steamcity_run_claim` gave it
    :param feed: as in `steamcity_station_upsert`
    :param readings: list of (station, sensor, channel, time, result), or `readings.Readings`
    :param stations: list of (description, since) the readings speak of
    :param cursor: where the run goes on after this batch
    :param counts: numbers to add to the run's
    :param alone: write nothing when the readings seem to be another device's than those that are there
    """
    tk.check_access("steamcity_observation_ingest", context, data_dict)
    try:
        return ingest.ingest(model.Session, ingest.Batch(**data_dict))
    except ingest.Mixed as error:
        raise tk.ValidationError({"mixed": [str(error.count)]}) from error
    except runs.LeaseLost as error:
        raise _lost() from error


@checked
def steamcity_feed_known(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What is stored of a feed: `newest` moment by sensor, `digests` by station, `holds`. From inside only.

    :param feed: id of the feed
    """
    tk.check_access("steamcity_feed_known", context, data_dict)
    feed = tk.get_or_bust(data_dict, "feed")
    return {
        "newest": query.newest_by_sensor(model.Session, feed),
        "digests": query.digests(model.Session, feed),
        "holds": query.summary(model.Session, feed),
    }


@checked
def steamcity_run_claim(context: Context, data_dict: DataDict) -> dict[str, Any] | None:
    """Take the feed's live run or start one; None while somebody else holds it. From inside only.

    :param feed: id of the feed
    """
    tk.check_access("steamcity_run_claim", context, data_dict)
    return runs.claim(model.Session, tk.get_or_bust(data_dict, "feed"))


def steamcity_run_renew(context: Context, data_dict: DataDict) -> None:
    """Keep a run for some more minutes. From inside only.

    :param run_id, attempt: the run
    """
    tk.check_access("steamcity_run_renew", context, data_dict)
    try:
        runs.renew(model.Session, data_dict["run_id"], data_dict["attempt"])
    except runs.LeaseLost as error:
        raise _lost() from error


def steamcity_run_release(context: Context, data_dict: DataDict) -> None:
    """Give a run back, for the next who asks to go on. From inside only.

    :param run_id, attempt: the run
    """
    tk.check_access("steamcity_run_release", context, data_dict)
    runs.release(model.Session, data_dict["run_id"], data_dict["attempt"])


@checked
def steamcity_run_stop(context: Context, data_dict: DataDict) -> bool:
    """End the live run of a feed, whoever holds it. False when there was none. From inside only.

    :param feed: id of the feed
    """
    tk.check_access("steamcity_run_stop", context, data_dict)
    return runs.stop(model.Session, str(tk.get_or_bust(data_dict, "feed")))


def steamcity_run_finish(context: Context, data_dict: DataDict) -> None:
    """Close a run. From inside only.

    :param run_id, attempt: the run
    :param error: a message, when it failed
    """
    tk.check_access("steamcity_run_finish", context, data_dict)
    try:
        feed = runs.finish(model.Session, data_dict["run_id"], data_dict["attempt"], data_dict.get("error"))
    except runs.LeaseLost as error:
        raise _lost() from error
    network.count_days(model.Session, feed)


def _station(context: Context, identifier: str) -> dict[str, Any]:
    found = query.station(model.Session, identifier)
    if found is None or (found["dataset_id"] or "") in published.hidden_from(context):
        raise tk.ObjectNotFound(tk._("There is no such station."))
    return found


def _place_at(station: dict[str, Any], moment: datetime) -> str:
    """The published place where a station stood at a moment; where it stood first for what is older."""
    stood = [one for one in station["deployments"] if datetime.fromisoformat(one["since"]) <= moment]
    found = stood[:1] or station["deployments"][-1:]
    return found[0]["place"] if found else ""


def _after(text: str | None) -> tuple[datetime, int] | None:
    if not text:
        return None
    time, _sign, stream = text.partition("~")
    if not stream.isdecimal() or len(stream) > 10:  # noqa: PLR2004  more digits than a number of a row has
        raise tk.ValidationError({"after": [tk._("Take it from the answer before.")]})
    try:
        return schema.moment(time), int(stream)
    except tk.Invalid as error:
        raise tk.ValidationError({"after": [error.error]}) from error


def _all(streams: list[dict[str, Any]], begin: datetime, end: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while page := query.observations(model.Session, streams, begin, end, after=after):
        found += page
        after = (datetime.fromisoformat(page[-1]["time"]), page[-1]["datastream"])
        if len(page) < query.PAGE:
            break
    return found


def _lost() -> tk.ValidationError:
    return tk.ValidationError({"run": [tk._("Another worker has taken this run over.")]})
