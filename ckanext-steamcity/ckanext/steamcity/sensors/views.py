"""Pages of the sensors plugin: a station, and the picker of a window of its data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, Response
from ckanext.steamcity import blobs, protocols, turns
from flask import Blueprint, send_file
from flask import Response as ResponseBase

from . import downloads, drawing, months, query, window
from .logic import schema
from .sensorthings.views import steamcity_sensorthings

__all__ = ["steamcity_sensors", "steamcity_sensorthings"]

steamcity_sensors = Blueprint("steamcity_sensors", __name__)
steamcity_sensors.before_app_request(months.keep_scheduled)
#: Days a chart shows at most: hourly points of three months are about what a page may weigh.
_LONGEST = timedelta(days=93)
_INSTANT = timedelta(microseconds=1)


@steamcity_sensors.route("/station/<identifier>")
def station(identifier: str) -> str:
    """What a station measures: charts, the same in words and as a table, where it stands, licence."""
    found = _station(identifier)
    begin, end, error = _range(found["datastreams"])
    hours = _hours(found["datastreams"], begin, end)
    figures = query.figures(model.Session, found["datastreams"], begin, end)
    language = tk.h.steamcity_language()
    measured = [
        _measured(stream, hours.get(stream["id"], []), figures.get(stream["id"]), language)
        for stream in found["datastreams"]
    ]
    data = {
        "station": found,
        "measured": measured,
        "begin": begin.date().isoformat(),
        "last": (end - _INSTANT).date().isoformat(),
        "error": error,
    }
    return tk.render("steamcity_sensors/station.html", data)


_TURNS = turns.Turns(lambda: tk.config["steamcity.sensors.files_at_once"])
_FILES = {
    "csv": (downloads.csv_parts, "text/csv; charset=utf-8"),
    "parquet": (downloads.parquet_parts, "application/vnd.apache.parquet"),
}


@steamcity_sensors.route("/station/<identifier>/observations.<any(csv, parquet):kind>")
def observations_file(identifier: str, kind: str) -> Response:
    """A window of a station's observations as a file of any size, sent while it is made."""
    found = _station(identifier)
    asked, errors = tk.navl_validate(dict(tk.request.args), schema.observation_file(), {})
    if errors:
        tk.abort(400, " ".join(f"{name}: {' '.join(words)}" for name, words in errors.items()))
    tk.check_access("steamcity_observation_search", {}, {"station": identifier})
    streams = [
        stream
        for stream in found["datastreams"]
        if asked.get("property") in (None, stream["property"]) and asked.get("datastream") in (None, stream["id"])
    ]
    begin, end = query.whole(streams)
    wanted = downloads.Wanted(
        found,
        streams,
        asked.get("from", begin),
        asked.get("to", end),
        asked["resolution"],
        query.WORST[asked["quality"]],
    )
    parts, media_type = _FILES[kind]
    try:
        give_back = _TURNS.take()
    except turns.NoTurn:
        tk.abort(503, tk._(turns.BUSY))
    response = ResponseBase(_in_turn(parts(wanted), give_back), content_type=media_type)
    response.call_on_close(give_back)  # also where nobody has begun to read
    response.headers["Content-Disposition"] = f'attachment; filename="{wanted.name}.{kind}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    if (licence := protocols.licences().by_id.get(found["license_id"])) and licence.url:
        response.headers["Link"] = f'<{licence.url}>; rel="license"'
    return response


def _in_turn(parts: Iterator[bytes], give_back: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from parts
    finally:
        give_back()


@steamcity_sensors.route("/stations.geojson")
def stations_geojson() -> Response:
    """Stations for maps of others: what `steamcity_station_search` finds, as GeoJSON without anything around it."""
    try:
        asked = {"limit": 1000} | dict(tk.request.args) | {"format": "geojson"}
        found = tk.get_action("steamcity_station_search")({}, asked)
    except tk.ValidationError as problem:
        tk.abort(400, " ".join(problem.error_summary.values()))
    response = ResponseBase(json.dumps(found, ensure_ascii=False), content_type="application/geo+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@steamcity_sensors.route("/station/<identifier>/window", methods=["GET", "POST"])
def window_picker(identifier: str) -> str | Response:
    """Choose days and protocol, see what the table would be, and go on to publishing it."""
    found = _station(identifier)
    if tk.request.method == "POST":
        return _begin_result(identifier)
    fitting = [one for one in map(protocols.load, protocols.slugs()) if window.fits(one, found["datastreams"])]
    begin, end, error = _range(found["datastreams"])
    chosen = tk.request.args.get("protocol") or (fitting[0].slug if fitting else "")
    table = None
    if chosen and not error and "protocol" in tk.request.args:
        asked = {"station": identifier, "from": begin.date(), "to": (end - _INSTANT).date(), "protocol": chosen}
        try:
            table = tk.get_action("steamcity_observation_window")({}, asked)
        except tk.ValidationError as problem:
            error = " ".join(problem.error_summary.values())
    data = {
        "station": found,
        "protocols": [{"value": one.slug, "label": tk.h.steamcity_local(one.titles)} for one in fitting],
        "chosen": chosen,
        "begin": begin.date().isoformat(),
        "last": (end - _INSTANT).date().isoformat(),
        "schools": [{"value": one["id"], "label": one["title"]} for one in _schools()],
        "table": table,
        "preview": [line.split(",") for line in table["text"].splitlines()[:6]] if table else [],
        "error": error,
    }
    return tk.render("steamcity_sensors/window.html", data)


@steamcity_sensors.route("/monitoring/<dataset_id>/months/<name>")
def month_file(dataset_id: str, name: str) -> Response:
    """The file of a closed month, the same bytes for ever."""
    try:
        user: Context = {"user": tk.current_user.name}
        dataset = tk.get_action("package_show")(user, {"id": dataset_id})
    except (tk.ObjectNotFound, tk.NotAuthorized, tk.ValidationError):
        tk.abort(404, tk._("There is no file here."))
    found = months.named(dataset.get("feed") or "", name)
    path = blobs.path(found["sha256"]) if found else None
    if found is None or path is None or not path.exists():
        return tk.abort(404, tk._("There is no file here."))
    answer = send_file(
        path, "text/csv", as_attachment=True, download_name=name, etag=found["sha256"], max_age=86400, conditional=True
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if found["superseded_by"]:
        address = tk.url_for("steamcity_sensors.month_file", dataset_id=dataset_id, name=found["superseded_by"])
        answer.headers["Link"] = f'<{address}>; rel="successor-version"'
    return answer


def _schools() -> list[dict[str, Any]]:
    """The schools in whose name the reader may publish; none for a reader who has not logged in."""
    if tk.current_user.is_anonymous:
        return []
    action = tk.get_action("organization_list_for_user")
    return action({"user": tk.current_user.name}, {"permission": "create_dataset"})


def _begin_result(identifier: str) -> Response:
    """A draft of the reader's school with this window as its file; the publishing pages take over from there."""
    form = tk.request.form
    schools = {one["id"] for one in _schools()}
    if form.get("school") not in schools:
        tk.abort(403, tk._("Only teachers and coordinators of a school publish its results."))
    wanted = {"station": identifier, "from": form.get("from", ""), "to": form.get("to", "")}
    user: Context = {"user": tk.current_user.name}
    try:
        draft = tk.get_action("steamcity_draft_create")(
            user, {"protocol": form.get("protocol"), "owner_org": form["school"], "language": tk.h.lang()}
        )
        tk.get_action("steamcity_draft_file_set")({**user}, {"id": draft["id"], "window": wanted})
    except tk.ValidationError as problem:
        model.Session.rollback()
        tk.h.flash_error(" ".join(problem.error_summary.values()))
        return tk.redirect_to("steamcity_sensors.window_picker", identifier=identifier)
    return tk.redirect_to("steamcity_schools.step", draft_id=draft["id"], step="data")


def _station(identifier: str) -> dict[str, Any]:
    try:
        return tk.get_action("steamcity_station_show")({}, {"id": identifier})
    except (tk.ObjectNotFound, tk.ValidationError):  # what is no id is nobody's
        return tk.abort(404, tk._("There is no such station."))


def _range(streams: list[dict[str, Any]]) -> tuple[datetime, datetime, str]:
    """The days the reader asked for (both included), else the last seven with data; and what was wrong with them."""
    begin, end = query.last_week(streams)
    try:
        if first := tk.request.args.get("from"):
            begin = schema.moment(first[:10])
            end = max(end, begin + timedelta(days=1))
        if last := tk.request.args.get("to"):
            end = schema.moment(last[:10]) + timedelta(days=1)
    except (tk.Invalid, OverflowError):
        return *query.last_week(streams), tk._("Write the days as 2026-03-03.")
    if not begin < end:
        return *query.last_week(streams), tk._("The end lies before the beginning.")
    if end - begin > _LONGEST:
        return begin, begin + _LONGEST, tk._("Only the first three months are shown.")
    return begin, end, ""


def _hours(streams: list[dict[str, Any]], begin: datetime, end: datetime) -> dict[int, list[dict[str, Any]]]:
    """Hourly means by datastream: three months of five datastreams are just over one page of the query."""
    found: dict[int, list[dict[str, Any]]] = {}
    for stream in streams:
        found[stream["id"]] = query.observations(model.Session, [stream], begin, end, resolution="hour")
    return found


def _measured(
    stream: dict[str, Any], hours: list[dict[str, Any]], figures: dict[str, Any] | None, language: str
) -> dict[str, Any]:
    title, unit = tk.h.steamcity_property_title(stream["property"]), tk.h.steamcity_unit_symbol(stream["unit"])
    words = (f"{title} ({unit})", tk._("Time (UTC)"), language)
    specs = {
        width: drawing.course(hours, *words, narrow=width == "narrow") if figures else {}
        for width in ("wide", "narrow")
    }
    return {"stream": stream, "title": title, "unit": unit, "figures": figures, "specs": specs, "days": _days(hours)}


def _days(hours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table beside the chart: lowest, mean and highest by day."""
    days: dict[str, list[dict[str, Any]]] = {}
    for hour in hours:
        if hour["valid"]:
            days.setdefault(hour["time"][:10], []).append(hour)
    return [
        {
            "day": day,
            "lowest": min(hour["minimum"] for hour in found),
            "mean": sum(hour["result"] * hour["valid"] for hour in found) / sum(hour["valid"] for hour in found),
            "highest": max(hour["maximum"] for hour in found),
        }
        for day, found in days.items()
    ]
