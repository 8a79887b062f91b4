"""What the benchmark of a network does inside CKAN: `python feed.py INI FOLDER ADDRESS STATIONS`. Prints one line of
JSON.

An archive of one day of so many stations is written to FOLDER, which a local server gives out at ADDRESS; the feed is
run once to bring all in, and then again, when there is nothing new. Of those runs the time the source took is told
apart. Then the newest values of all stations are asked for, beside the bare SQL for the same.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import inside

DAY = datetime(2025, 1, 1, tzinfo=UTC)
PER_DAY = 576
RUNS = 5
#: The newest value of each quantity of each station, and nothing else: less than what the portal gives.
NEWEST = """
select s.code, p.place, d.property, d.unit, d.latest_time, d.latest_result, d.latest_quality
from steamcity_sensors_station s
left join lateral (select place from steamcity_sensors_deployment x where x.station_id = s.id
                   order by valid_from desc limit 1) p on true
join steamcity_sensors_datastream d on d.station_id = s.id where s.feed_id = :feed order by s.code, d.property
"""


def archive(folder: Path, stations: int) -> None:
    """A day's folder with one file for each station, as the archive of Sensor.Community has it."""
    rng = random.Random(7)
    day = folder / DAY.date().isoformat()
    day.mkdir(parents=True)
    for number in range(stations):
        lines = ["sensor_id;sensor_type;location;lat;lon;timestamp;temperature;humidity"]
        for step in range(PER_DAY):
            at = DAY + timedelta(seconds=150 * step)
            place = f"{40 + number % 20 / 10};{-4 + number // 20 / 10}"
            values = f"{rng.uniform(5, 20):.1f};{rng.uniform(40, 99):.1f}"
            lines.append(f"{number};DHT22;{number};{place};{at:%Y-%m-%dT%H:%M:%S};{values}")
        (day / f"{day.name}_dht22_sensor_{number}.csv").write_text("\n".join(lines) + "\n")


class SourceClock:
    """Seconds spent waiting for the source."""

    def __init__(self) -> None:
        from ckanext.steamcity.harvesters import source

        self.seconds = 0.0
        inner = source._Getter.__call__

        def timed(getter: Any, path: str, largest: int) -> bytes:
            started = time.perf_counter()
            try:
                return inner(getter, path, largest)
            finally:
                self.seconds += time.perf_counter() - started

        setattr(source._Getter, "__call__", timed)  # noqa: B010  a special method is looked up on its class


def measure(folder: Path, address: str, stations: int) -> dict[str, Any]:
    from ckan import model
    from ckanext.steamcity.harvesters import run

    mark = uuid.uuid4().hex[:8]
    place = folder / mark
    archive(place, stations)
    feed_id = create(f"{address}/{mark}/", mark)
    clock, runs = SourceClock(), []
    try:
        for _round in range(RUNS + 1):
            clock.seconds, started, cpu = 0.0, time.perf_counter(), time.process_time()
            state = run.run(feed_id)
            if state["state"] != "finished":
                raise RuntimeError(f"the run ended as {state}")
            took = time.perf_counter() - started
            runs.append({"seconds": took, "own": took - clock.seconds, "cpu": time.process_time() - cpu})
            model.Session.remove()
        asked = newest(feed_id, stations)
    finally:
        shutil.rmtree(place)
        clear(feed_id)
    first, *again = runs
    own = statistics.median(one["own"] for one in again)
    return {
        "stations": stations,
        "first_run_s": round(first["seconds"], 2),
        "nothing_new_s": round(statistics.median(one["seconds"] for one in again), 2),
        "nothing_new_own_s": round(own, 2),
        "nothing_new_cpu_s": round(statistics.median(one["cpu"] for one in again), 2),
        "newest_ms": asked,
    }


def create(address: str, mark: str) -> str:
    """A feed that reads the archive at this address, and nobody reads by itself; its id."""
    import ckan.plugins.toolkit as tk

    made = tk.get_action("harvest_source_create")(
        inside.context(),
        {"url": address, "name": f"bench-{mark}", "title": f"Benchmark {mark}", "owner_org": "demo-school-madrid-a",
         "source_type": "steamcity_feed", "frequency": "MANUAL",
         "config": json.dumps({"provider": "sensor_community"})},
    )  # fmt: skip
    return made["id"]


def newest(feed_id: str, stations: int) -> dict[str, float]:
    """Median milliseconds of the newest values of all stations, ours and bare, in turn."""
    import sqlalchemy as sa
    from ckan import model
    from ckanext.steamcity.sensors import network

    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for _round in range(25):
        started = time.perf_counter()
        found = network.latest(model.Session, feed_id, stations)
        times["ours"].append((time.perf_counter() - started) * 1000)
        if len(found) != stations or any(len(one["latest"]) != 2 for one in found):  # noqa: PLR2004  both quantities
            raise RuntimeError("not all stations have their newest values")
        started = time.perf_counter()
        model.Session.execute(sa.text(NEWEST), {"feed": feed_id}).all()
        times["bare"].append((time.perf_counter() - started) * 1000)
    return {side: round(statistics.median(all_), 2) for side, all_ in times.items()}


def clear(feed_id: str) -> None:
    """Take away what the benchmark wrote."""
    import ckan.plugins.toolkit as tk
    from ckanext.harvest.model import HarvestSource
    from ckanext.steamcity.harvesters import dataset

    inside.take_away(feed_id)
    found: Any = HarvestSource.get(feed_id)
    for identifier in (dataset.feed_of(found)["dataset_id"], feed_id):
        tk.get_action("package_delete")(inside.context(), {"id": identifier})


def main(ini: str, folder: str, address: str, stations: int) -> None:
    with inside.ckan(ini):
        print(json.dumps(measure(Path(folder), address, stations)))  # noqa: T201  the answer to the command


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
