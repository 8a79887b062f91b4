"""Stations, where they stood, and their datastreams (only `sensors/` imports this)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.types import AlchemySession as Session

from . import deployments

_NAMESPACE = uuid.UUID("5c4a7e0a-6f0e-5c1b-9d0e-7d1f5e2b9a41")
_FEED_FIELDS = ("provider", "license_id", "attribution", "source_url", "owner_org", "city", "dataset_id")


def station_id(feed_id: str, source_id: str) -> str:
    """The same station of the same feed has the same id for ever."""
    return str(uuid.uuid5(_NAMESPACE, f"{feed_id}/{source_id}"))


def fill_areas(session: Session) -> int:
    """Give places that have no areas theirs: those that are older than the column, or than the boundaries. Commits.
    Returns how many places were given some."""
    found = session.execute(
        sa.text("select distinct place from steamcity_sensors_deployment where areas = '{}' and place <> ''")
    ).scalars()
    filled = 0
    for place in found.all():
        if areas := deployments.areas_of(place):
            session.execute(
                sa.text("update steamcity_sensors_deployment set areas = :areas where place = :place and areas = '{}'"),
                {"areas": areas, "place": place},
            )
            filled += 1
    _fill_cities(session, "s.city = ''")
    session.commit()
    return filled


def _fill_cities(session: Session, which: str, **values: str) -> None:
    """Put stations whose feed states no city into that of their published place. In the caller's transaction."""
    newest = (
        "select place, areas from steamcity_sensors_deployment where station_id = s.id order by valid_from desc limit 1"
    )
    rows = session.execute(
        sa.text(
            f"select s.id, d.place from steamcity_sensors_station s cross join lateral ({newest}) d where {which}"  # noqa: S608
        ),
        values,
    ).all()
    cities = {place: deployments.city_of(place) for place in {row.place for row in rows}}
    for row in rows:
        session.execute(
            sa.text("update steamcity_sensors_station set city = :city where id = :id"),
            {"city": cities[row.place], "id": row.id},
        )


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
                owner_org = excluded.owner_org,
                city = coalesce(nullif(excluded.city, ''), steamcity_sensors_station.city),
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
    point = (station["latitude"], station["longitude"])
    said = (point, station["exposure"], station.get("place") or "")
    moved = deployments.deploy(session, identifier, since.astimezone(UTC), *said)
    if moved and not feed.get("city"):
        _fill_cities(session, "s.id = :station", station=identifier)
    _add_datastreams(session, identifier, station["datastreams"], feed["time_source"])
    return identifier


def refresh(session: Session, feed: dict[str, Any]) -> None:
    """What the feed says of itself by now, for all its stations; in the caller's transaction."""
    given = {name: feed.get(name) for name in _FEED_FIELDS if name != "dataset_id"}
    given |= {"source_url": given["source_url"] or "", "synthetic": bool(feed.get("synthetic"))}
    if not given["city"]:
        del given["city"]
        # What the feed once stated is taken away where the station does not stand there.
        _fill_cities(session, "s.feed_id = :feed and s.city <> '' and s.city <> all(d.areas)", feed=feed["feed_id"])
    now, said = (", ".join(prefix + name for name in given) for prefix in ("", ":"))
    session.execute(
        sa.text(
            f"update steamcity_sensors_station set ({now}) = ({said})"  # noqa: S608  names of our own
            f" where feed_id = :feed and ({now}) is distinct from ({said})"
        ),
        given | {"feed": feed["feed_id"]},
    )


def take_indoors(session: Session, feed_id: str, exposure: str) -> None:
    """The stations of a feed that were said to stand outdoors do not; in the caller's transaction."""
    found = session.execute(
        sa.text(
            "update steamcity_sensors_station set exposure = :exposure where feed_id = :feed and exposure = 'outdoor'"
            " returning id"
        ),
        {"feed": feed_id, "exposure": exposure},
    )
    for station in found.scalars().all():
        deployments.take_indoors(session, station, exposure)


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
