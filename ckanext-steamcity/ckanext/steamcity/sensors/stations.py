"""Stations, where they stood, and their datastreams (only `sensors/` imports this)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import AlchemySession as Session
from ckanext.steamcity import privacy

_NAMESPACE = uuid.UUID("5c4a7e0a-6f0e-5c1b-9d0e-7d1f5e2b9a41")
#: Half a step of two decimals, as floats know it.
_HALF = 0.005 + 1e-9
_FEED_FIELDS = ("provider", "license_id", "attribution", "source_url", "owner_org", "city", "dataset_id")


def station_id(feed_id: str, source_id: str) -> str:
    """The same station of the same feed has the same id for ever."""
    return str(uuid.uuid5(_NAMESPACE, f"{feed_id}/{source_id}"))


def published(latitude: float, longitude: float, exposure: str) -> tuple[float, float, str]:
    """Latitude, longitude and cell as they may be known."""
    return privacy.station_place(latitude, longitude, exposure)


def areas_of(place: str) -> list[str]:
    """Slugs of the areas that hold a published place, nearest first; none where no boundaries are loaded."""
    try:
        found = tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": place})
    except (tk.ObjectNotFound, KeyError):  # KeyError: the portal runs without places
        return []
    return [area.removeprefix("area:") for area in found["ancestors"]]


def fill_areas(session: Session) -> int:
    """Give places that have no areas theirs: those that are older than the column, or than the boundaries. Commits.
    Returns how many places were given some."""
    found = session.execute(
        sa.text("select distinct place from steamcity_sensors_deployment where areas = '{}' and place <> ''")
    ).scalars()
    filled = 0
    for place in found.all():
        if areas := areas_of(place):
            session.execute(
                sa.text("update steamcity_sensors_deployment set areas = :areas where place = :place and areas = '{}'"),
                {"areas": areas, "place": place},
            )
            filled += 1
    session.commit()
    return filled


def areas_loaded(_sender: Any = None, **_kwargs: Any) -> None:
    """Boundaries came after the stations they hold."""
    fill_areas(model.Session)


def upsert(session: Session, feed: dict[str, Any], station: dict[str, Any], since: datetime, digest: str = "") -> str:
    """Write a station's description, its place and its datastreams, in the caller's transaction. Returns its id."""
    identifier = station_id(feed["feed_id"], station["source_id"])
    values = {name: feed.get(name) for name in _FEED_FIELDS}
    session.execute(
        sa.text(
            """
            insert into steamcity_sensors_station
                (id, feed_id, source_id, code, exposure, digest,
                 provider, license_id, attribution, source_url, owner_org, city, dataset_id, synthetic)
            values (:id, :feed_id, :source_id, :code, :exposure, :digest,
                    :provider, :license_id, :attribution, :source_url, :owner_org, :city, :dataset_id, :synthetic)
            on conflict (id) do update set
                code = excluded.code, exposure = excluded.exposure, provider = excluded.provider,
                license_id = excluded.license_id, attribution = excluded.attribution,
                source_url = excluded.source_url, synthetic = excluded.synthetic,
                owner_org = excluded.owner_org, city = excluded.city,
                dataset_id = coalesce(excluded.dataset_id, steamcity_sensors_station.dataset_id),
                digest = case when excluded.digest = '' then steamcity_sensors_station.digest else excluded.digest
                end, described = case when excluded.digest = '' then steamcity_sensors_station.described else now()
                end
            """
        ),
        values
        | {
            "id": identifier,
            "feed_id": feed["feed_id"],
            "source_id": station["source_id"],
            "code": station["code"],
            "exposure": station["exposure"],
            "digest": digest,
            "source_url": feed.get("source_url") or "",
            "city": feed.get("city") or "",
            "synthetic": bool(feed.get("synthetic")),
        },
    )
    place = published(station["latitude"], station["longitude"], station["exposure"])
    _deploy(session, identifier, since.astimezone(UTC), place)
    _add_datastreams(session, identifier, station["datastreams"], feed["time_source"])
    return identifier


def mark_gone(session: Session, feed_id: str, present: list[str], today: date) -> list[str]:
    """Mark the stations that are not in a complete list of the source's, and take the mark from those that are back.
    Nothing is ever deleted. Returns the source's ids of those that are gone; in the caller's transaction."""
    values = {"feed": feed_id, "present": present, "today": today}
    session.execute(
        sa.text(
            "update steamcity_sensors_station set gone_since = case when source_id = any(:present) then null"
            " else :today end where feed_id = :feed and (gone_since is null) <> (source_id = any(:present))"
        ),
        values,
    )
    rows = session.execute(
        sa.text(
            "select source_id from steamcity_sensors_station where feed_id = :feed and gone_since is not null"
            " order by source_id"
        ),
        values,
    )
    return list(rows.scalars())


def _deploy(session: Session, station: str, since: datetime, place: tuple[float, float, str]) -> None:
    """Remember where the station stood from `since` on; late news of the same place move its beginning back."""
    rows = session.execute(
        sa.text(
            "select id, valid_from, ST_Y(geom) as lat, ST_X(geom) as lon from steamcity_sensors_deployment"
            " where station_id = :station order by valid_from for update"
        ),
        {"station": station},
    ).all()
    before = [row for row in rows if row.valid_from <= since]
    after = [row for row in rows if row.valid_from > since]
    lat, lon, cell = place
    if before and _same(before[-1].lat, lat) and _same(before[-1].lon, lon):
        return
    if after and (after[0].lat, after[0].lon) == (lat, lon):
        session.execute(
            sa.text("update steamcity_sensors_deployment set valid_from = :since where id = :id"),
            {"since": since, "id": after[0].id},
        )
        return
    session.execute(
        sa.text(
            "insert into steamcity_sensors_deployment (station_id, valid_from, geom, place, areas)"
            " values (:station, :since, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :cell, :areas)"
            " on conflict (station_id, valid_from) do update set geom = excluded.geom, place = excluded.place,"
            " areas = excluded.areas"
        ),
        {"station": station, "since": since, "lat": lat, "lon": lon, "cell": cell, "areas": areas_of(cell)},
    )


def _same(former: float, said: float) -> bool:
    """Whether a coordinate is the former one, or either is the other rounded to two decimals: networks round anew what
    they have, and nothing has moved."""
    finer, coarser = sorted((former, said), key=lambda one: round(one, 2) == one)
    return former == said or (coarser == round(coarser, 2) and abs(finer - coarser) <= _HALF)


def _add_datastreams(session: Session, station: str, streams: list[dict[str, Any]], time_source: str) -> None:
    for stream in streams:
        session.execute(
            sa.text(
                """
                insert into steamcity_sensors_datastream
                    (station_id, sensor, sensor_type, channel, property, unit, time_source)
                values (:station, :sensor, :sensor_type, :channel, :property, :unit, :time_source)
                on conflict do nothing
                """
            ),
            {name: stream[name] for name in ("sensor", "sensor_type", "channel", "property", "unit")}
            | {"station": station, "time_source": time_source},
        )
