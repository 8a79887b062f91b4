"""Reading stations and observations (only `sensors/` imports this). Places are always the published ones."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ckan.types import AlchemySession as Session
from ckanext.steamcity import quality
from ckanext.steamcity.stamps import stamp

from .sensorthings.relations import PUBLIC

#: Rows of one answer, at most.
PAGE = 10_000
#: The worst quality code each choice of a reader lets through.
WORST = {"all": quality.MISSING, "usable": quality.SUSPECT, "good": quality.GOOD}
_STEPS = {"hour": "hour", "day": "day"}
STATION_FIELDS = (
    "id, feed_id, provider, code, exposure, license_id, attribution, source_url, owner_org, city, dataset_id,"
    " synthetic, gone_since"
)


def stations(
    session: Session,
    *,
    feed_id: str = "",
    city: str = "",
    limit: int = 100,
    offset: int = 0,
    hidden: list[str] | None = None,
) -> dict[str, Any]:
    """Stations by code, with the place where each stands now; none of datasets that are `hidden`."""
    where = f"(:feed = '' or feed_id = :feed) and (:city = '' or city = :city) and {PUBLIC}"
    values = {"feed": feed_id, "city": city, "limit": limit, "offset": offset, "hidden": hidden or []}
    rows = session.execute(
        sa.text(
            f"select {STATION_FIELDS} from steamcity_sensors_station s where {where}"  # noqa: S608  fixed words
            " order by code, id limit :limit offset :offset"
        ),
        values,
    ).all()
    count = session.scalar(sa.text(f"select count(*) from steamcity_sensors_station s where {where}"), values)  # noqa: S608
    return {"count": count, "readings": _readings(session), "results": [_station(session, row) for row in rows]}


def _readings(session: Session) -> int:
    """About how many values all stations sent: PostgreSQL's own estimate, because counting millions takes seconds."""
    parts = "pg_inherits join pg_class on pg_class.oid = inhrelid"
    parent = "inhparent = 'steamcity_sensors_observation'::regclass"
    estimate = f"select coalesce(sum(greatest(reltuples, 0)), 0)::bigint from {parts} where {parent}"  # noqa: S608  fixed words
    return int(session.scalar(sa.text(estimate)) or 0)


def station(session: Session, identifier: str) -> dict[str, Any] | None:
    """One station with its datastreams; None when there is none."""
    row = session.execute(
        sa.text(f"select {STATION_FIELDS} from steamcity_sensors_station where id = :id"),  # noqa: S608  fixed words
        {"id": identifier},
    ).first()
    if row is None:
        return None
    streams = session.execute(
        sa.text("select * from steamcity_sensors_datastream where station_id = :id order by id"), {"id": identifier}
    ).all()
    return _station(session, row) | {"datastreams": [_datastream(stream) for stream in streams]}


def _station(session: Session, row: Any) -> dict[str, Any]:
    places = session.execute(
        sa.text(
            "select valid_from, ST_Y(geom) as latitude, ST_X(geom) as longitude, place, areas"
            " from steamcity_sensors_deployment where station_id = :id order by valid_from desc"
        ),
        {"id": row.id},
    ).all()
    deployments = [
        {
            "since": stamp(place.valid_from),
            "latitude": place.latitude,
            "longitude": place.longitude,
            "place": place.place,
            "areas": place.areas,
        }
        for place in places
    ]
    now = deployments[0] if deployments else {"latitude": None, "longitude": None, "place": ""}
    return (
        dict(row._mapping)
        | {"gone_since": day(row.gone_since)}
        | {name: now[name] for name in ("latitude", "longitude", "place")}
        | {"deployments": deployments}
    )


def _datastream(row: Any) -> dict[str, Any]:
    fields = ("id", "sensor", "sensor_type", "channel", "property", "unit", "time_source")
    return {name: getattr(row, name) for name in fields} | {
        "first_time": stamp(row.first_time),
        "latest": row.latest_time
        and {"time": stamp(row.latest_time), "result": row.latest_result, "quality": row.latest_quality},
    }


def observations(
    session: Session,
    streams: list[dict[str, Any]],
    begin: datetime,
    end: datetime,
    *,
    resolution: str = "raw",
    limit: int = PAGE,
    after: tuple[datetime, int] | None = None,
    quality_at_most: int = quality.MISSING,
) -> list[dict[str, Any]]:
    """Observations of these datastreams in [begin, end), in order of time; or what its hours or days hold."""
    values = {"ids": [stream["id"] for stream in streams], "begin": begin, "end": end, "limit": min(limit, PAGE)}
    values["worst"] = quality_at_most
    if after:
        values |= {"at": after[0], "last": after[1]}
    if resolution in _STEPS:
        rows = session.execute(_binned(_STEPS[resolution], after is not None), values).all()
        return [_binned_observation(*row) for row in rows]
    statement = _raw(after is not None, all_kept=quality_at_most >= quality.MISSING)
    return [
        {
            "datastream": datastream,
            "time": stamp(time),
            "result": result,
            "quality": code,
            "tests": quality.test_names(tests),
        }
        for datastream, time, result, code, tests in session.execute(statement, values)
    ]


@functools.cache
def _raw(paged: bool, *, all_kept: bool) -> sa.TextClause:
    """A page of each datastream by its key, and the first of all those: at any depth it reads only what it needs."""
    keyset = "and o.phenomenon_time >= :at and (o.phenomenon_time, o.datastream_id) > (:at, :last)" if paged else ""
    return sa.text(f"""
        select o.* from unnest(cast(:ids as int[])) as d (id) cross join lateral (
            select datastream_id, phenomenon_time, result, quality, tests from steamcity_sensors_observation o
            where o.datastream_id = d.id and o.phenomenon_time >= :begin and o.phenomenon_time < :end {keyset}
                {"" if all_kept else "and o.quality <= :worst"}
            order by o.phenomenon_time limit :limit
        ) o order by o.phenomenon_time, o.datastream_id limit :limit
    """)  # noqa: S608  fixed words


@functools.cache
def _binned(step: str, paged: bool) -> sa.TextClause:
    """Hours or days that touch the range, from the roll-ups; the first one counts whole."""
    keyset = f"and ({step}, datastream_id) > (:at, :last)" if paged else ""
    return sa.text(f"""
        select datastream_id, {step} as phenomenon_time, mean as result, minimum, maximum, count, valid,
               suspect + failed as doubtful, l10, l50, l90
        from steamcity_sensors_{step}
        where datastream_id = any(:ids) and {step} >= date_trunc('{step}', cast(:begin as timestamptz), 'UTC')
            and {step} < :end {keyset}
        order by {step}, datastream_id limit :limit
    """)  # noqa: S608  fixed words


def _binned_observation(datastream: int, time: datetime, *figures: Any) -> dict[str, Any]:
    result, minimum, maximum, count, valid, doubtful, *levels = figures
    shown = {
        "datastream": datastream, "time": stamp(time), "result": result, "minimum": minimum, "maximum": maximum,
        "count": count, "valid": valid, "doubtful": doubtful,
    }  # fmt: skip
    if levels[1] is not None:  # only sound has levels
        shown |= zip(("l10", "l50", "l90"), levels, strict=True)
    return shown


def figures(
    session: Session, streams: list[dict[str, Any]], begin: datetime, end: datetime
) -> dict[int, dict[str, Any]]:
    """Lowest, mean, highest and numbers of values of each datastream in [begin, end), for the words beside a chart."""
    kept = f"result is not null and quality < {quality.FAIL}"
    rows = session.execute(
        sa.text(
            f"select datastream_id, min(result) filter (where {kept}) as lowest,"  # noqa: S608  fixed words
            f" avg(result) filter (where {kept}) as mean, max(result) filter (where {kept}) as highest,"
            f" count(*) filter (where {kept}) as valid, count(*) filter (where result is null) as missing,"
            f" count(*) filter (where quality = {quality.SUSPECT}) as suspect,"
            f" count(*) filter (where quality = {quality.FAIL}) as failed"
            " from steamcity_sensors_observation where datastream_id = any(:ids)"
            " and phenomenon_time >= :begin and phenomenon_time < :end group by datastream_id"
        ),
        {"ids": [stream["id"] for stream in streams], "begin": begin, "end": end},
    ).all()
    return {row.datastream_id: dict(row._mapping) for row in rows}


def newest_by_sensor(session: Session, feed_id: str) -> dict[str, str]:
    """The newest moment stored of each sensor of a feed: where the next run goes on, less an overlap."""
    rows = session.execute(
        sa.text(
            "select d.sensor, max(d.latest_time) as newest"
            " from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id"
            " where s.feed_id = :feed group by d.sensor"
        ),
        {"feed": feed_id},
    ).all()
    return {row.sensor: stamp(row.newest) or "" for row in rows if row.newest}


def digests(session: Session, feed_id: str) -> dict[str, str]:
    """What is known of each station of a feed: source id and digest of its description."""
    rows = session.execute(
        sa.text("select source_id, digest from steamcity_sensors_station where feed_id = :feed"), {"feed": feed_id}
    ).all()
    return {row.source_id: row.digest for row in rows}


def summary(session: Session, feed_id: str) -> dict[str, Any]:
    """Number of stations of a feed, its period and quantities, for its dataset."""
    row = session.execute(
        sa.text(
            "select count(distinct s.id) as stations, min(d.first_time) as first, max(d.latest_time) as latest,"
            " array_remove(array_agg(distinct d.property), null) as properties"
            " from steamcity_sensors_station s left join steamcity_sensors_datastream d on d.station_id = s.id"
            " where s.feed_id = :feed"
        ),
        {"feed": feed_id},
    ).one()
    return {
        "stations": row.stations,
        "first": stamp(row.first),
        "latest": stamp(row.latest),
        "properties": sorted(row.properties or []),
    }


def last_week(streams: list[dict[str, Any]], days: int = 7) -> tuple[datetime, datetime]:
    """The last days that have data: from midnight to midnight, UTC."""
    newest = [stream["latest"]["time"] for stream in streams if stream.get("latest")]
    latest = datetime.fromisoformat(max(newest)) if newest else datetime(2026, 1, 1, tzinfo=UTC)
    end = latest.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return end - timedelta(days=days), end


def whole(streams: list[dict[str, Any]]) -> tuple[datetime, datetime]:
    """All days that have data: from midnight to midnight, UTC; the last week where nothing was ever measured."""
    first = [stream["first_time"] for stream in streams if stream.get("first_time")]
    _begin, end = last_week(streams)
    if not first:
        return _begin, end
    return datetime.fromisoformat(min(first)).replace(hour=0, minute=0, second=0, microsecond=0), end


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None
