"""Looking at a feed before it is there: what it would bring, or in one sentence why it brings nothing
(only `harvesters/` imports this).

Everything is asked for through the guarded client and within a time limit; nothing is stored.
"""

from __future__ import annotations

import dataclasses
import json
import secrets as chance
from collections import Counter
from datetime import datetime
from itertools import islice
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import privacy, turns
from ckanext.steamcity.messages import N_
from ckanext.steamcity.stamps import stamp

from . import choices, config, feeds, push, stages
from .feeds import reader
from .source import open_source

_SHOWN = 10
#: So many files or pages are read to show what readings look like.
_FILES = 3
#: Looking holds a thread as long as somebody else's server likes.
_TURNS = turns.Turns(config.tries_at_once)

SENTENCES = {
    "silent": N_("{host} does not answer. Look whether the address is right, or try again later."),
    "refused": N_("{host} answers, but not with data. Look whether the address is right, or try again later."),
    "slow": N_("{host} took too long to answer. Try again later, or choose a smaller area."),
    "private": N_("{host} is no public address. Only what everybody on the web can reach is read."),
    "gone": N_("{host} has nothing at this address. Look whether it is spelled right."),
    "shape": N_("{host} answers, but not like {network}. Look whether this is the right kind of feed."),
}


def attempt(plan: choices.Plan, kind: str, secret: str = "") -> dict[str, Any]:
    """The stations of a feed to be and some of its readings. ``secret``: of the feed, where it is there. Raises
    tk.ValidationError with a sentence for `source`."""
    try:
        with _TURNS.turn():
            return _look(plan, kind, secret)
    except turns.NoTurn as error:
        raise _refusal(tk._("Others are looking for stations just now. Try again in half a minute.")) from error


def _look(plan: choices.Plan, kind: str, secret: str) -> dict[str, Any]:
    url, settings = (plan.look[0], plan.look[1]) if plan.look else (plan.url, plan.settings)
    read = config.read(json.dumps(settings))
    adapter = read.adapter
    opened = open_source(url, read, secret or chance.token_hex(16), config.try_seconds())
    host = config.host(url)
    try:
        survey = adapter.survey(opened)
    except (feeds.Unreachable, feeds.Gone, feeds.FeedError) as error:
        raise _refusal(sentence(error, host, kind)) from error
    found = [station for station in survey.stations if station.datastreams]
    if not found:
        raise _refusal(_nothing(survey, host, kind))
    most = config.most_stations()
    if len(found) > most:
        raise _refusal(stages.sentence(stages.too_many(len(found), most).message))
    readings, troubles, refused = _readings(adapter, opened, found, host, kind)
    sensors = sorted({stream.sensor for station in found for stream in station.datastreams}, key=_number)
    troubles = [sentence(trouble, host, kind) for trouble in survey.troubles] + troubles
    return _told(found, readings, _left_out(survey, refused)) | {"sensors": sensors, "troubles": troubles}


def of_file(plan: choices.Plan, data: bytes, start: datetime | None, secret: str = "") -> dict[str, Any]:
    """The same for a file, or for what a device has sent. Raises tk.ValidationError for `upload`, or for what it leaves
    open."""
    most = config.file_rows()
    with push.readable(most):
        parcel = push.unpack(plan.read, plan.url, secret or chance.token_hex(16), data, start=start, most=most)
    stations = [station for station, _since in parcel.stations]
    if not secret:  # codes are made with what the feed will have: until then devices are numbered
        stations = [
            dataclasses.replace(one, code=tk._("Device {number}").format(number=n)) for n, one in enumerate(stations, 1)
        ]
    left_out = reasons(parcel.rejected)
    if not parcel.readings:
        raise tk.ValidationError({"upload": [" ".join([tk._("No value of this file can be read."), *left_out])]})
    return _told(stations, parcel.readings, left_out)


def _told(stations: list[feeds.Station], readings: list[feeds.Reading], left_out: list[str]) -> dict[str, Any]:
    """What was found, as `steamcity_feed_try` answers."""
    shown = [_station(station) for station in stations]
    return {
        "count": len(shown),
        "stations": shown,
        "properties": sorted({stream["property"] for station in shown for stream in station["datastreams"]}),
        "sensors": [],
        "city": _city(shown),
        "readings": len(readings),
        "first": _first(stations, readings),
        "left_out": left_out,
        "troubles": [],
    }


def sentence(error: Exception, host: str, kind: str) -> str:
    """Why nothing came, to somebody who has just typed an address."""
    what = stages.kind(error)
    if what in SENTENCES:
        network = tk._(feeds.adapter("push" if kind == "file" else kind).title)
        return tk._(SENTENCES[what]).format(host=host, network=network)
    return stages.reason(error)


def reasons(counts: dict[str, int]) -> list[str]:
    """Rows of a body that were left out, in words."""
    words = {
        "value": tk._("without a readable value"),
        "time": tk._("without a readable time"),
        "future": tk._("from the future"),
        "past": tk._("from before 2005"),
        "columns": tk._("with too few cells"),
        "quantity": tk._("of an unknown quantity"),
        "place": tk._("without a place"),
        "shape": tk._("in an unknown shape"),
        "missing_hour": tk._("at a time that was on no clock: the clocks went forward over it"),
        "restarted": tk._(
            "after the logger was switched off and counted from the start again: give these rows as a file of their"
            " own, with their own start"
        ),
        "status": tk._("that a device says of itself"),
        "devices": tk._("of more devices than a feed may have"),
    }
    return [
        tk.ungettext("{n} value {reason}", "{n} values {reason}", n).format(n=n, reason=words.get(reason, reason))
        for reason, n in sorted(counts.items())
        if n
    ]


def _refusal(text: str) -> tk.ValidationError:
    return tk.ValidationError({"source": [text]})


def _nothing(survey: feeds.Survey, host: str, kind: str) -> str:
    gone = [trouble for trouble in survey.troubles if isinstance(trouble, feeds.Gone)]
    if kind == "opensensemap" and gone:
        return tk._("There is no box with this id any more. Open its page and copy the address from there.")
    if survey.troubles:
        return sentence(survey.troubles[0], host, kind)
    if survey.dropped["mobile"]:
        return tk._("What was found moves about. Only stations that stand still are read.")
    if survey.dropped["quantity"]:
        return tk._("A station was found, but nothing it measures is known to the portal.")
    return tk._("No station was found there. Choose a larger area or look at the address again.")


def _readings(
    adapter: feeds.Adapter, opened: feeds.Source, stations: list[feeds.Station], host: str, kind: str
) -> tuple[list[feeds.Reading], list[str], Counter[str]]:
    """Some readings of the last hours; that none came in time is no reason against the feed."""
    newest = {stream.sensor: opened.now for station in stations for stream in station.datastreams}
    found: list[feeds.Reading] = []
    refused: Counter[str] = Counter()
    try:
        known = feeds.Known(newest=newest, asked_before=frozenset(newest), now=opened.now)
        for piece in islice(reader.read(adapter, opened, adapter.files(opened, known)), _FILES):
            found += piece.readings
            refused.update(piece.report.refused)
            if piece.reason:
                return found, [sentence(piece.reason, host, kind)], refused
    except (feeds.Unreachable, feeds.Gone, feeds.FeedError) as error:
        return found, [sentence(error, host, kind)], refused
    return found, [], refused


def _station(station: feeds.Station) -> dict[str, Any]:
    """A station as it will be published."""
    latitude, longitude, place = privacy.station_place(
        station.latitude, station.longitude, station.exposure, station.place
    )
    return {
        "code": station.code,
        "place": place,
        "latitude": latitude,
        "longitude": longitude,
        "exposure": station.exposure,
        "datastreams": [
            {"property": stream.property, "unit": stream.unit, "sensor_type": stream.sensor_type}
            for stream in station.datastreams
        ],
    }


def _first(stations: list[feeds.Station], readings: list[feeds.Reading]) -> list[dict[str, Any]]:
    """The first readings, each with the words of its datastream."""
    known = {
        (station.source_id, stream.sensor, stream.channel): (station, stream)
        for station in stations
        for stream in station.datastreams
    }
    shown = []
    for reading in readings:
        pair = known.get((reading.station, reading.sensor, reading.channel))
        if pair and len(shown) < _SHOWN:
            about = {"station": pair[0].code, "property": pair[1].property, "unit": pair[1].unit}
            shown.append(about | {"time": stamp(reading.time), "result": reading.result})
    return shown


def _city(stations: list[dict[str, Any]]) -> str:
    """The city that holds the stations, empty when there is none or several."""
    cities = set()
    for place in {station["place"] for station in stations}:
        try:
            cities.add(tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": place})["city"])
        except tk.ObjectNotFound:
            cities.add("")
    return (cities.pop() or "") if len(cities) == 1 else ""


def _left_out(survey: feeds.Survey, refused: Counter[str]) -> list[str]:
    n = survey.dropped
    words = {
        "mobile": tk.ungettext(
            "{n} station that moves: its way would be somebody’s way",
            "{n} stations that move: their ways would be somebody’s ways",
            n["mobile"],
        ),
        "place": tk.ungettext("{n} station without a place", "{n} stations without a place", n["place"]),
        "quantity": tk.ungettext(
            "{n} sensor whose quantity or unit the portal does not know",
            "{n} sensors whose quantity or unit the portal does not know",
            n["quantity"],
        ),
    }
    lines = [sentence.format(n=n[reason]) for reason, sentence in words.items() if n[reason]]
    return lines + reasons(dict(refused))


def _number(sensor: str) -> tuple[int, str]:
    return (int(sensor), "") if sensor.isdecimal() else (0, sensor)
