"""What the benchmark of the store does inside CKAN: `python ingest.py INI OBSERVATIONS`. Prints one line of JSON.

Files of the layout of the Sensor.Community archive (a sensor's day each, one row every two and a half minutes) go in
through our adapter and our ingest, from reading the file to flags and roll-ups. In the same run the same observations
go in bare (COPY into a temporary table and INSERT … ON CONFLICT into a table partitioned like ours), and a part of
them through `datastore_upsert`. What was written is taken away.
"""

from __future__ import annotations

import io
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import inside
from ckanext.steamcity.harvesters.ahead import ahead, undisturbed
from ckanext.steamcity.harvesters.feeds.base import FeedFile, FileReport
from ckanext.steamcity.harvesters.feeds.sensor_community import SensorCommunity
from ckanext.steamcity.readings import Readings

START = datetime(2025, 1, 1, tzinfo=UTC)
FEED = "bench"
#: Sensors there are at least; more where a year of these would not be enough.
SENSORS = 20
PER_DAY = 576
#: Sensor days of one batch: about as many readings as a run of a feed writes at once.
DAYS_OF_A_BATCH = 100
CHANNELS = (("temperature", "air_temperature", "Cel"), ("humidity", "relative_humidity", "%"))
#: `datastore_upsert` is measured on so many rows; it is slow and its speed does not depend on their number.
UPSERTED = 20_000


def sensors(observations: int) -> int:
    """How many sensors say so much within a year."""
    return max(SENSORS, -(-observations // (PER_DAY * len(CHANNELS) * 365)))


def days(observations: int) -> Iterator[list[tuple[str, str, str, datetime, float | None]]]:
    """Readings of one sensor and day after another."""
    rng = random.Random(5)
    per_file, many = PER_DAY * len(CHANNELS), sensors(observations)
    for number in range(observations // per_file):
        sensor, day = str(number % many), START + timedelta(days=number // many)
        values = [rng.uniform(5, 20), rng.uniform(40, 99)]
        rows: list[tuple[str, str, str, datetime, float | None]] = []
        for step in range(PER_DAY):
            at = day + timedelta(seconds=150 * step + rng.randrange(20))
            for place, (channel, _property, _unit) in enumerate(CHANNELS):
                values[place] += rng.gauss(0, 0.1)
                rows.append((sensor, sensor, channel, at, round(values[place], 2) if rng.random() > 0.002 else None))
        yield rows


def batches(observations: int) -> Iterator[list]:
    batch: list = []
    for number, rows in enumerate(days(observations), 1):
        batch += rows
        if number % DAYS_OF_A_BATCH == 0:
            yield batch
            batch = []
    if batch:
        yield batch


def archive(folder: Path, observations: int) -> list[tuple[FeedFile, Path]]:
    """Write the days as files of the archive's layout."""
    found = []
    for rows in days(observations):
        sensor, day = rows[0][0], rows[0][3].date()
        path = folder / f"{day}_dht22_sensor_{sensor}.csv"
        lines = ["sensor_id;sensor_type;location;lat;lon;timestamp;temperature;humidity"]
        for (_s, _n, _c, at, temperature), (*_rest, humidity) in zip(rows[::2], rows[1::2], strict=True):
            values = ";".join("" if value is None else str(value) for value in (temperature, humidity))
            lines.append(f"{sensor};DHT22;{sensor};{43.5 + int(sensor) / 100};5.4;{at:%Y-%m-%dT%H:%M:%S};{values}")
        path.write_text("\n".join(lines) + "\n")
        found.append((FeedFile(day, path.name, sensor, "DHT22"), path))
    return found


def ours(session: Any, observations: int) -> tuple[float, int, float]:
    """Seconds and number of observations of our ingest, everything included: flags, hours, days, newest values; and
    the seconds of its write path, which brings the readings in, sorts them out and inserts them."""
    from ckanext.steamcity.sensors import ingest, runs

    spent = [0.0]
    for step in ("_stage", "_sort_out", "_insert"):
        setattr(ingest, step, _clocked(getattr(ingest, step), spent))
    feed = {"feed_id": FEED, "provider": "bench", "license_id": "CC0-1.0", "attribution": "nobody", "time_source": "x"}
    run = runs.claim(session, FEED)
    if run is None:
        raise RuntimeError("another benchmark is at work")
    written, described = 0, stations(sensors(observations))
    with tempfile.TemporaryDirectory() as folder:
        files = archive(Path(folder), observations)
        started = time.perf_counter()
        for readings in ahead(_batches_of(files)):
            batch = ingest.Batch(run["id"], run["attempt"], feed, readings, described)
            written += ingest.ingest(session, batch)["new"]
            described = []
        seconds = time.perf_counter() - started
    runs.finish(session, run["id"], run["attempt"])
    return seconds, written, spent[0]


def _batches_of(files: list[tuple[FeedFile, Path]]) -> Generator[Readings, None, None]:
    adapter = SensorCommunity()
    for first in range(0, len(files), DAYS_OF_A_BATCH):
        readings: list[Any] = []
        for file, path in files[first : first + DAYS_OF_A_BATCH]:
            readings += adapter.readings(file, path.read_bytes(), FileReport())
        yield Readings.of(readings)


def _clocked(step: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def clocked(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return step(*arguments, **named)
        finally:
            spent[0] += time.perf_counter() - started

    return clocked


def stations(many: int) -> list[tuple[dict[str, Any], datetime]]:
    return [
        (
            {
                "source_id": str(number),
                "code": f"B-{number}",
                "latitude": 43.5 + number / 100,
                "longitude": 5.4,
                "exposure": "outdoor",
                "datastreams": [
                    {"sensor": str(number), "sensor_type": "X", "channel": channel, "property": prop, "unit": unit}
                    for channel, prop, unit in CHANNELS
                ],
            },
            START,
        )
        for number in range(many)
    ]


def bare(session: Any, observations: int) -> tuple[float, int]:
    """The same readings by COPY and INSERT … ON CONFLICT into a table with the same key, index and partitions."""
    connection = session.connection().connection
    seconds, written = 0.0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "create table steamcity_bench_bare (like steamcity_sensors_observation including all)"
            " partition by range (phenomenon_time)"
        )
        for month in range(12):
            low = datetime(2025, month + 1, 1, tzinfo=UTC)
            high = datetime(2025 + month // 11, (month + 1) % 12 + 1, 1, tzinfo=UTC)
            cursor.execute(
                f"create table steamcity_bench_bare_{month} partition of steamcity_bench_bare"
                f" for values from ('{low.isoformat()}') to ('{high.isoformat()}')"
            )
        connection.commit()
        for readings in batches(observations):
            started = time.perf_counter()
            cursor.execute(
                "create temp table b (datastream_id integer, phenomenon_time timestamptz, result float8) on commit drop"
            )
            cursor.copy_expert("copy b from stdin", _lines(readings))
            cursor.execute(
                "insert into steamcity_bench_bare (datastream_id, phenomenon_time, result, quality, tests, run_id)"
                " select datastream_id, phenomenon_time, result, 2, 0, 0 from b"
                " on conflict (datastream_id, phenomenon_time) do nothing"
            )
            written += cursor.rowcount
            connection.commit()
            seconds += time.perf_counter() - started
    return seconds, written


def _lines(readings: list) -> io.StringIO:
    text = io.StringIO()
    names = {channel: place for place, (channel, _property, _unit) in enumerate(CHANNELS)}
    for _station, sensor, channel, at, result in readings:
        value = r"\N" if result is None else repr(result)
        text.write(f"{int(sensor) * len(names) + names[channel]}\t{at.isoformat()}\t{value}\n")
    text.seek(0)
    return text


def upsert(observations: int) -> tuple[float, int]:
    """The same observations through CKAN's DataStore, in the batches its documentation advises (some thousand)."""
    import ckan.plugins.toolkit as tk

    context: Any = {"ignore_auth": True, "user": tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]}
    owner, package_id, resource_id = _resource()
    fields = [
        {"id": "stream", "type": "text"},
        {"id": "time", "type": "timestamptz"},
        {"id": "result", "type": "float"},
    ]
    tk.get_action("datastore_create")(
        context.copy(), {"resource_id": resource_id, "force": True, "fields": fields, "primary_key": ["stream", "time"]}
    )
    rows = [
        {"stream": f"{reading[1]}-{reading[2]}", "time": reading[3].isoformat(), "result": reading[4]}
        for day in days(min(observations, UPSERTED))
        for reading in day
    ]
    started = time.perf_counter()
    for first in range(0, len(rows), 5000):
        tk.get_action("datastore_upsert")(
            context.copy(), {"resource_id": resource_id, "force": True, "records": rows[first : first + 5000]}
        )
    seconds = time.perf_counter() - started
    tk.get_action("datastore_delete")(context.copy(), {"resource_id": resource_id, "force": True})
    tk.get_action("dataset_purge")(context.copy(), {"id": package_id})
    tk.get_action("organization_purge")(context.copy(), {"id": owner})
    return seconds, len(rows)


def _resource() -> tuple[str, str, str]:
    """Ids of a passing organisation, its dataset of plain CKAN's own kind, and the resource of that."""
    import uuid

    from ckan import model

    name = f"bench-{uuid.uuid4().hex[:8]}"
    owner = model.Group(name=name, title=name, type="organization", is_organization=True)
    model.Session.add(owner)
    model.Session.flush()
    package = model.Package(name=name, type="dataset", state="draft", owner_org=owner.id)
    model.Session.add(package)
    model.Session.flush()
    resource_ = model.Resource(package_id=package.id, url="")
    resource_.position = 0
    model.Session.add(resource_)
    model.Session.commit()
    return owner.id, package.id, resource_.id


def queries(session: Any) -> dict[str, dict[str, float]]:
    """Median milliseconds of what the pages and the API ask, and of the bare SQL for the same, in turn."""
    import sqlalchemy as sa
    from ckanext.steamcity.sensors import query
    from ckanext.steamcity.sensors import stations as known

    session.execute(sa.text("analyze steamcity_sensors_observation, steamcity_sensors_hour, steamcity_sensors_day"))
    session.commit()
    streams = (query.station(session, known.station_id(FEED, "3")) or {})["datastreams"][:1]
    ids = {"ids": [one["id"] for one in streams]}
    begin, end = START, START + timedelta(days=365)
    stored = session.scalar(sa.text("select count(*) from steamcity_sensors_day where datastream_id = any(:ids)"), ids)
    middle = START + timedelta(days=stored // 2)
    pairs: dict[str, tuple[Callable[[], object], tuple[str, dict[str, Any]]]] = {
        "days of a year": (
            lambda: query.observations(session, streams, begin, end, resolution="day"),
            (
                "select datastream_id, day, mean, minimum, maximum, count, valid, suspect + failed, l10, l50, l90"
                " from steamcity_sensors_day where datastream_id = any(:ids) order by day",
                ids,
            ),
        ),
        "raw page of 1,000, in the middle": (
            lambda: query.observations(session, streams, begin, end, limit=1000, after=(middle, 0)),
            (
                "select datastream_id, phenomenon_time, result, quality, tests"
                " from steamcity_sensors_observation where datastream_id = any(:ids)"
                " and phenomenon_time > :at order by phenomenon_time limit 1000",
                ids | {"at": middle},
            ),
        ),
        "newest values of a feed": (
            lambda: query.newest_by_sensor(session, FEED),
            (
                "select d.sensor, d.latest_time from steamcity_sensors_datastream d"
                " join steamcity_sensors_station s on s.id = d.station_id where s.feed_id = 'bench'",
                {},
            ),
        ),
    }
    found = {}
    for name, (mine, (statement, values)) in pairs.items():
        bare_sql = sa.text(statement)
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for _round in range(25):
            for side, ask in (("ours", mine), ("bare", lambda s=bare_sql, v=values: session.execute(s, v).all())):
                started = time.perf_counter()
                ask()
                times[side].append((time.perf_counter() - started) * 1000)
        found[name] = {side: round(statistics.median(all_), 2) for side, all_ in times.items()}
    return found


def clear(session: Any) -> None:
    """Take away what the benchmark wrote."""
    import sqlalchemy as sa

    inside.take_away(FEED)
    session.execute(sa.text("drop table if exists steamcity_bench_bare"))
    session.commit()


def main(ini: str, observations: int) -> None:
    with inside.ckan(ini):
        from ckan import model

        clear(model.Session)
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            with undisturbed():
                mine = ours(model.Session, observations)
            plain = bare(model.Session, observations)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            asked = queries(model.Session)
            stored = upsert(observations)
        finally:
            clear(model.Session)
    seconds, count, writing = mine
    rates = {
        "ours": (seconds, count),
        "write_path": (writing, count),
        "bare": plain,
        "datastore_upsert": stored,
    }
    result = {
        "observations": count,
        "per_second": {name: round(number / took) for name, (took, number) in rates.items()},
        "memory_mb": {"at_start": before // 1024, "most": after // 1024},
        "queries_ms": asked,
    }
    print(json.dumps(result))  # noqa: T201  the answer to the command


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
