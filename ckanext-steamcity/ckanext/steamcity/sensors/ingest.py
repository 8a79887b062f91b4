"""The one way observations get into the tables (only `sensors/` imports this).

A batch is one transaction: stations and datastreams, COPY into a temporary table, duplicates out, revisions kept,
flags on what is new and on its neighbours, newest values, hours and days, the run's cursor. Either all of it is
there or nothing.
The statements are in `ingest_sql.py` and `rollup_sql.py`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ckan.types import AlchemySession as Session
from ckanext.steamcity import quality
from ckanext.steamcity.copying import Parts
from ckanext.steamcity.readings import Readings

from . import ingest_sql as sql
from . import partitions, rollup_sql, runs, stations

_NULL = r"\N"
#: How far ahead of our clock a reading may be before it is flagged.
_AHEAD = "5 minutes"


class Mixed(Exception):  # noqa: N818  says what happened
    """So many values that are stored do not fit what came from the same device."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass
class Batch:
    """What one transaction writes. A reading is (station, sensor, channel, time, result), as the adapters give them, or
    they come column by column; ``alone``: nothing is written when they seem to be another device's than those that are
    there."""

    run_id: int
    attempt: int
    feed: dict[str, Any]
    readings: Readings | Sequence[tuple[str, str, str, datetime, float | None]]
    stations: list[tuple[dict[str, Any], datetime]] = field(default_factory=list)
    cursor: dict[str, Any] | None = None
    counts: dict[str, int] = field(default_factory=dict)
    alone: bool = False


def ingest(session: Session, batch: Batch) -> dict[str, int]:
    """Write a batch and commit. Returns what became of the readings: new, duplicate, changed. Raises
    runs.LeaseLost, Mixed."""
    readings = Readings.of(batch.readings)
    if readings:
        partitions.ensure(session, readings.months)
    try:
        runs.hold(session, batch.run_id, batch.attempt)
        for description, since in batch.stations:
            stations.upsert(session, batch.feed, description, since)
        counts = _write(session, batch, readings) if readings else {}
        runs.hold(session, batch.run_id, batch.attempt, cursor=batch.cursor, counts=batch.counts | counts)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return counts


def _write(session: Session, batch: Batch, readings: Readings) -> dict[str, int]:
    session.flush()
    connection = session.connection().connection
    with connection.cursor() as cursor:  # type: ignore[attr-defined]  # psycopg2's cursors close themselves
        streams = _datastreams(cursor, batch.feed["feed_id"], set(readings.keys))
        bounds, received = _stage(cursor, batch.run_id, readings, streams)
        changed, duplicate = _sort_out(cursor, bounds, doubled=received > bounds["keys"], alone=batch.alone)
        _flag(cursor, bounds["ids"])
        new = _insert(cursor, bounds)
        cursor.execute(sql.REFLAG)
        cursor.execute(sql.NEWEST, bounds)
        _roll_up(cursor, bounds["ids"], batch.feed["feed_id"])
        cursor.execute(sql.CLEAR)
    doubled = received - new - changed - duplicate
    return {"new": new, "changed": changed, "duplicate": duplicate + doubled}


def _stage(
    cursor: Any, run_id: int, readings: Readings, streams: dict[tuple[str, str, str], int]
) -> tuple[dict[str, Any], int]:
    """Bring the readings to the server, one for each key; what bounds them, and how many came."""
    cursor.execute(sql.ROOM)
    cursor.execute(sql.STAGE)
    cursor.copy_expert(sql.COPY, Parts(readings.copy(streams)))
    cursor.execute(sql.UNIQUE)
    cursor.execute(sql.UNIQUE_BOUNDS)
    lowest, highest, keys, received = cursor.fetchone()
    bounds = {"low": lowest, "high": highest, "keys": keys, "ids": sorted(set(streams.values())), "run": run_id}
    return bounds, received


def _sort_out(cursor: Any, bounds: dict[str, Any], *, doubled: bool, alone: bool) -> tuple[int, int]:
    """Keep what another value replaces, take out what is known; how many of each."""
    cursor.execute(sql.KNOWN, bounds)
    if alone:
        cursor.execute(sql.MIXED, bounds)
        if mixed := cursor.fetchone()[0]:
            raise Mixed(mixed)
    hidden = 0
    if doubled:
        cursor.execute(sql.HIDDEN, bounds)
        hidden = cursor.rowcount
    cursor.execute(sql.SORT_OUT, bounds)
    changed, duplicate = cursor.fetchone()
    return changed + hidden, duplicate


def _flag(cursor: Any, ids: list[int]) -> None:
    """Flags of what is new and of its neighbours."""
    cursor.execute(sql.LIMITS)
    cursor.copy_expert(sql.COPY_LIMITS, _limits(cursor, ids))
    cursor.execute(sql.MOVES, {"ids": ids})
    cursor.execute(sql.RANGES)
    cursor.execute(sql.WINDOWS)
    cursor.execute(sql.FLAGS, {"ahead": _AHEAD})


def _insert(cursor: Any, bounds: dict[str, Any]) -> int:
    """Write what is new, with its flags; how many."""
    cursor.execute(sql.INSERT, bounds)
    return cursor.rowcount


def _roll_up(cursor: Any, ids: list[int], feed_id: str) -> None:
    """Hours and days in which something has changed, from all their observations; a mark on their months."""
    for statement in (rollup_sql.HOURS_TOUCHED, rollup_sql.HOURS, rollup_sql.DAYS_TOUCHED, rollup_sql.DAYS):
        cursor.execute(statement)
    cursor.execute(rollup_sql.MONTHS, {"feed": feed_id})
    cursor.execute(rollup_sql.SOUND, {"ids": ids, "sound": list(rollup_sql.PERCENTILES)})
    if sound := [row[0] for row in cursor.fetchall()]:
        cursor.execute(rollup_sql.levels("hour", "h"), {"sound": sound})
        cursor.execute(rollup_sql.levels("day", "g"), {"sound": sound})
    cursor.execute(rollup_sql.CLEAR)


def _datastreams(cursor: Any, feed_id: str, keys: set[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Ids of the datastreams the readings belong to; the newest where a unit or type has changed."""
    cursor.execute(sql.DATASTREAMS, {"feed": feed_id})
    known = {(station, sensor, channel): identifier for station, sensor, channel, identifier in cursor.fetchall()}
    missing = keys - known.keys()
    if missing:
        raise LookupError(f"readings of {len(missing)} datastreams that nobody described: {sorted(missing)[:3]}")
    return {key: known[key] for key in keys}


def _limits(cursor: Any, ids: list[int]) -> io.StringIO:
    cursor.execute(sql.PROPERTIES, {"ids": ids})
    buffer = io.StringIO()
    for identifier, observed_property in cursor.fetchall():
        limits = quality.limits_for(observed_property)
        values = (getattr(limits, name) for name in sql.LIMIT_FIELDS)
        cells = "\t".join(_NULL if value is None else repr(float(value)) for value in values)
        buffer.write(f"{identifier}\t{'t' if limits.empty else 'f'}\t{cells}\n")
    buffer.seek(0)
    return buffer
