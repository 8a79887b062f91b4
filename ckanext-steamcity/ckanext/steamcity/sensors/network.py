"""A network as a whole: its stations with newest values, and the days that have data (only `sensors/` imports this).

Days come from the daily roll-ups, counted once for each change of their month; newest values from the datastreams. No
observation is looked at.
"""

from __future__ import annotations

import bisect
import calendar
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ckan.types import AlchemySession as Session
from ckanext.steamcity.stamps import stamp

from . import month_csv, query

_DAY = timedelta(days=1)


_LATEST = sa.text("""
select s.id, s.code, s.gone_since, p.place, d.property, d.unit, d.latest_time, d.latest_result, d.latest_quality
from (select id, code, gone_since from steamcity_sensors_station where feed_id = :feed
      order by code, id limit :limit) s
left join lateral (select place from steamcity_sensors_deployment x where x.station_id = s.id
                   order by valid_from desc limit 1) p on true
left join steamcity_sensors_datastream d on d.station_id = s.id and d.latest_time is not null
order by s.code, s.id, d.property, d.latest_time
""")


def latest(session: Session, feed_id: str, limit: int) -> list[dict[str, Any]]:
    """Stations by code, each with place, newest value of every quantity, and since when it is gone."""
    found: dict[str, dict[str, Any]] = {}
    for identifier, code, gone, place, quantity, unit, moment, result, quality in session.execute(
        _LATEST, {"feed": feed_id, "limit": limit}
    ).all():
        station = found.get(identifier)
        if station is None:
            station = found[identifier] = {
                "id": identifier, "code": code, "gone_since": query.day(gone), "place": place or "", "latest": {},
                "newest": None,
            }  # fmt: skip
        if quantity:  # of several sensors of a quantity the one that spoke last comes last
            time = stamp(moment)
            station["latest"][quantity] = {"unit": unit, "time": time, "result": result, "quality": quality}
            station["newest"] = max(station["newest"] or "", time or "")
    return list(found.values())


_COUNTED = """
select day, count(*) as stations, sum(values) as values from (
    select r.day, d.station_id, sum(r.valid + r.failed) as values
    from steamcity_sensors_station s join steamcity_sensors_datastream d on d.station_id = s.id
        join steamcity_sensors_day r on r.datastream_id = d.id
    where s.feed_id = :feed and r.day >= :begin and r.day < :end and r.valid + r.failed > 0
    group by r.day, d.station_id
) x group by day order by day
"""


def count_days(session: Session, feed_id: str = "") -> int:
    """Count the days of months in which something has changed since they were counted, of a feed or of all, and keep
    what was counted; commits each month. Returns how many months there were. For the worker: reading writes nothing."""
    stale = session.execute(
        sa.text(
            "select feed_id, month, changes from steamcity_sensors_month where changes > counted"
            " and (:feed = '' or feed_id = :feed)"
        ),
        {"feed": feed_id},
    ).all()
    for one in stale:
        # What came meanwhile has a higher number and is counted next time.
        session.execute(
            sa.text(
                "update steamcity_sensors_month set days = cast(:days as jsonb), counted = :changes"
                " where feed_id = :feed and month = :month and counted < :changes"
            ),
            {
                "days": json.dumps(_counted(session, one.feed_id, one.month)),
                "changes": one.changes,
                "feed": one.feed_id,
                "month": one.month,
            },
        )
        session.commit()
    return len(stale)


def _counted(session: Session, feed_id: str, month: date) -> dict[str, list[int]]:
    """Day → how many stations sent values, and how many values."""
    begin, end = month_csv.bounds(month)
    rows = session.execute(sa.text(_COUNTED), {"feed": feed_id, "begin": begin, "end": end}).all()
    return {row.day.astimezone(UTC).date().isoformat(): [row.stations, int(row.values)] for row in rows}


def coverage(session: Session, feed_id: str, year: int) -> dict[str, Any]:
    """The days of a year: how many stations sent values, how many there were; `days_with` of `days`, longest gap."""
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    months = session.execute(
        sa.text(
            "select month, days, changes > counted as stale from steamcity_sensors_month"
            " where feed_id = :feed and extract(year from month) = :year"
        ),
        {"feed": feed_id, "year": year},
    ).all()
    counted = [_counted(session, feed_id, one.month) if one.stale else one.days for one in months]
    with_data = {date.fromisoformat(day): numbers for month in counted for day, numbers in month.items()}
    lives = session.execute(
        sa.text(
            "select min(d.first_time) as first, max(d.latest_time) as last, s.gone_since"
            " from steamcity_sensors_station s join steamcity_sensors_datastream d on d.station_id = s.id"
            " where s.feed_id = :feed and d.first_time is not null group by s.id, s.gone_since"
        ),
        {"feed": feed_id},
    ).all()
    firsts = sorted(life.first.astimezone(UTC).date() for life in lives)
    gone = sorted(life.gone_since for life in lives if life.gone_since)
    newest = max((life.last.astimezone(UTC).date() for life in lives), default=None)
    first, last = (max(firsts[0], begin.date()), min(newest, (end - _DAY).date())) if newest else (None, None)
    days = []
    if first and last:
        for number in range((last - first).days + 1):
            day = first + number * _DAY
            there = bisect.bisect_right(firsts, day) - bisect.bisect_left(gone, day)
            stations, values = with_data.get(day, (0, 0))
            days.append({"day": day.isoformat(), "stations": stations, "of": max(there, stations), "values": values})
    return {
        "year": year,
        "years": list(range(firsts[0].year, newest.year + 1)) if newest else [],
        "days": days,
        "days_with": sum(day["stations"] > 0 for day in days),
        "longest_gap": _longest_gap(days),
    }


def _longest_gap(days: list[dict[str, Any]]) -> dict[str, str] | None:
    """The longest row of days without any value."""
    best: list[str] = []
    now: list[str] = []
    for day in days:
        now = [] if day["stations"] else [*now, day["day"]]
        best = now if len(now) > len(best) else best
    return {"from": best[0], "to": best[-1]} if best else None


def sheet(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The year as rows of months with a cell for each day: `all`, `some`, `none`, or empty outside the period."""
    by_day = {day["day"]: day for day in found["days"]}
    months = []
    for month in range(1, 13):
        cells = []
        for number in range(1, 32):
            exists = number <= calendar.monthrange(found["year"], month)[1]
            day = by_day.get(date(found["year"], month, number).isoformat()) if exists else None
            state = ""
            if day:
                state = "none" if not day["stations"] else "all" if day["stations"] >= day["of"] else "some"
            cells.append({"state": state, **(day or {})})
        if any(cell["state"] for cell in cells):
            months.append({"month": f"{found['year']}-{month:02d}", "cells": cells})
    return months
