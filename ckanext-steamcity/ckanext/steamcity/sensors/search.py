"""Finding stations (only `sensors/` imports this). Filters work on the published place where a station stands now.

A finer place is not even known here, so that asking again and again with moving circles finds nothing finer either.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ckan.types import AlchemySession as Session
from ckanext.steamcity.stamps import stamp

from . import query
from .sensorthings.relations import PUBLIC

#: Corners a polygon may have; more than an outline of a city needs.
CORNERS = 1000
#: A station that has sent nothing for so long is told as silent.
SILENT = timedelta(days=2)
#: What tells how long a station will go on.
BATTERY = ("battery_charge", "voltage")

_NOW = """
    steamcity_sensors_station s left join lateral (
        select geom, place, areas from steamcity_sensors_deployment d
        where d.station_id = s.id order by valid_from desc limit 1
    ) d on true
"""


def find(session: Session, wanted: dict[str, Any]) -> dict[str, Any]:
    """Stations that fulfil every condition given, nearest first when a point is given, else by code."""
    conditions, values = _conditions(wanted)
    where = " and ".join(conditions)
    point = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography"
    distance = f"ST_Distance(d.geom::geography, {point})" if "near" in wanted else "null::float8"
    order = "distance, " if "near" in wanted else ""
    columns = ", ".join(f"s.{name.strip()}" for name in query.STATION_FIELDS.split(","))
    statement = f"""
        select {columns}, ST_Y(d.geom) as latitude, ST_X(d.geom) as longitude, d.place, d.areas,
               round({distance}) as distance, last.latest as last_seen, last.properties
        from {_NOW} left join lateral (
            select max(latest_time) as latest, array_agg(distinct property order by property) as properties
            from steamcity_sensors_datastream x where x.station_id = s.id
        ) last on true
        where {where} order by {order}s.code, s.id limit :limit offset :offset
    """  # noqa: S608  fixed words; what was asked goes as values
    rows = session.execute(sa.text(statement), values | {"limit": wanted["limit"], "offset": wanted["offset"]}).all()
    count = session.scalar(sa.text(f"select count(*) from {_NOW} where {where}"), values)  # noqa: S608  fixed words
    return {"count": count, "results": [_found(row) for row in rows]}


def _conditions(wanted: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    parts: list[str] = [PUBLIC]
    values: dict[str, Any] = {"hidden": wanted.get("hidden", [])}
    if near := wanted.get("near"):
        values |= {"lat": near[0], "lon": near[1], "radius": wanted["radius"]}
        parts.append("ST_DWithin(d.geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius)")
    if area := wanted.get("area"):
        values["area"] = area.removeprefix("area:")
        parts.append("(d.areas @> array[:area] or d.place = 'cell:' || regexp_replace(:area, '^cell:', ''))")
    if polygon := wanted.get("polygon"):
        values["polygon"] = json.dumps(polygon)
        parts.append("ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON(:polygon), 4326), d.geom)")
    streams = []
    if wanted.get("property"):
        values["property"] = wanted["property"]
        streams.append("x.property = :property")
    if since := wanted.get("active_since"):
        values["since"] = since
        streams.append("x.latest_time >= :since")
    if streams:
        parts.append(
            "exists (select from steamcity_sensors_datastream x"  # noqa: S608  fixed words
            f" where x.station_id = s.id and {' and '.join(streams)})"
        )
    for name in ("feed", "city"):
        if wanted.get(name):
            values[name] = wanted[name]
            parts.append(f"s.{'feed_id' if name == 'feed' else name} = :{name}")
    return parts, values


def _found(row: Any) -> dict[str, Any]:
    shown = dict(row._mapping)
    shown |= {
        "last_seen": stamp(row.last_seen),
        "gone_since": query.day(row.gone_since),
        "properties": row.properties or [],
        "areas": row.areas or [],
    }
    if row.distance is None:
        del shown["distance"]
    return shown


def health(session: Session, streams: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """When the station was last heard, whether it is silent, the days without any value since it began, and what it
    said last of its battery (None when it says nothing of it)."""
    seen = [stream["latest"]["time"] for stream in streams if stream.get("latest")]
    if not seen:
        return {"last_seen": None, "silent": True, "gaps": [], "days": 0, "battery": None}
    rows = session.execute(
        sa.text(
            """
            select day, following, days from (
                select day, lead(day) over (order by day) as following, count(*) over () as days
                from (select distinct day from steamcity_sensors_day where datastream_id = any(:ids) and count > 0) x
            ) n order by day
            """
        ),
        {"ids": [stream["id"] for stream in streams]},
    ).all()
    day = timedelta(days=1)
    gaps = [
        {"from": (row.day + day).date().isoformat(), "to": (row.following - day).date().isoformat()}
        for row in rows
        if row.following and row.following - row.day > day
    ]
    latest = max(datetime.fromisoformat(time) for time in seen)
    return {
        "last_seen": stamp(latest),
        "silent": now - latest > SILENT,
        "gaps": gaps,
        "days": rows[0].days if rows else 0,
        "battery": _battery(streams),
    }


def _battery(streams: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The charge, else the voltage, as it was said last."""
    for observed in BATTERY:
        said = [one for one in streams if one["property"] == observed and one.get("latest")]
        if said:
            newest = max(said, key=lambda one: one["latest"]["time"])
            return {"property": observed, "unit": newest["unit"], **newest["latest"]}
    return None


def geojson(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Stations as a FeatureCollection (RFC 7946), each at its published place."""
    hidden = ("latitude", "longitude")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": one["id"],
                "geometry": {"type": "Point", "coordinates": [one["longitude"], one["latitude"]]}
                if one["latitude"] is not None
                else None,
                "properties": {name: value for name, value in one.items() if name not in hidden},
            }
            for one in found
        ],
    }
