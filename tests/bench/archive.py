"""Harvest a whole archive and count it twice: `python archive.py INI FOLDER ADDRESS`. Prints one line of JSON.

FOLDER holds an archive in the layout of Sensor.Community's, which a local server gives out at ADDRESS. `counted` is
counted from the files with nothing of the portal's, `stored` is what the tables hold after one run of a feed.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import feed
import inside

#: What the archive's documentation says its columns are, by type of sensor.
COLUMNS = {
    "sds011": ("P1", "P2"),
    "dht22": ("temperature", "humidity"),
    "bme280": ("pressure", "temperature", "humidity"),
}
SATURATED = 99.9


def count(folder: Path) -> dict[str, int]:
    """The same moment of the same sensor is one observation; it is missing when none of its rows has a value."""
    found = {"files": 0, "rows": 0, "readings": 0}
    values: dict[tuple[str, str, str, str], str] = {}
    homes: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*/*.csv")):
        columns = COLUMNS.get(path.name.split("_")[1])
        if columns is None or "indoor" in path.name:
            continue
        found["files"] += 1
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        places = {name: number for number, name in enumerate(header.split(";"))}
        for line in lines:
            cells = line.split(";")
            found["rows"] += 1
            homes.setdefault(cells[0], set()).add(cells[2])
            for name in columns:
                if name not in places:
                    continue
                found["readings"] += 1
                value = cells[places[name]].lower()
                key = (cells[2], cells[0], name, cells[5])
                if value not in ("", "nan", "unknown") or key not in values:
                    values[key] = "" if value in ("", "nan", "unknown") else value
    humid = [float(value) for key, value in values.items() if key[2] == "humidity" and value]
    return found | {
        "observations": len(values),
        "doubled": found["readings"] - len(values),
        "missing": sum(not value for value in values.values()),
        "humidity": len(humid),
        "saturated": sum(value >= SATURATED for value in humid),
        "moved_sensors": sum(len(places) > 1 for places in homes.values()),
    }


def stored(feed_id: str) -> dict[str, int]:
    """What one run has stored, and what it said it did."""
    import ckan.plugins.toolkit as tk
    import sqlalchemy as sa
    from ckan import model
    from ckanext.steamcity.quality import MISSING, Test

    counts = tk.get_action("steamcity_run_show")({"ignore_auth": True}, {"feed": feed_id})["run"]["counts"]
    row = model.Session.execute(
        sa.text(
            "select count(*) as observations, count(*) filter (where o.quality = :missing) as missing,"
            " count(*) filter (where d.property = 'relative_humidity' and o.result is not null) as humidity,"
            " count(*) filter (where d.property = 'relative_humidity' and o.tests & :saturation > 0) as saturated"
            " from steamcity_sensors_station s join steamcity_sensors_datastream d on d.station_id = s.id"
            " join steamcity_sensors_observation o on o.datastream_id = d.id where s.feed_id = :feed"
        ),
        {"feed": feed_id, "missing": MISSING, "saturation": int(Test.SATURATION)},
    ).one()
    moved = model.Session.scalar(
        sa.text(
            "select count(*) from (select d.sensor from steamcity_sensors_station s"
            " join steamcity_sensors_datastream d on d.station_id = s.id where s.feed_id = :feed"
            " group by d.sensor having count(distinct s.id) > 1) x"
        ),
        {"feed": feed_id},
    )
    return {
        "files": counts["files"],
        "rows": counts["rows"],
        "readings": counts["readings"],
        "observations": row.observations,
        "doubled": counts.get("duplicate", 0) + counts.get("changed", 0),
        "missing": row.missing,
        "humidity": row.humidity,
        "saturated": row.saturated,
        "moved_sensors": moved,
    }


def measure(folder: Path, address: str) -> dict[str, Any]:
    from ckanext.steamcity.harvesters import run

    feed_id = feed.create(address, datetime.now().strftime("%H%M%S%f"))  # noqa: DTZ005  a name
    try:
        started = time.perf_counter()
        state = run.run(feed_id)
        seconds = time.perf_counter() - started
        if state["state"] != "finished":
            raise RuntimeError(f"the run ended as {state}")
        found = {"counted": count(folder), "stored": stored(feed_id), "seconds": round(seconds, 1)}
    finally:
        feed.clear(feed_id)
    return found


def main(ini: str, folder: str, address: str) -> None:
    with inside.ckan(ini):
        print(json.dumps(measure(Path(folder), address)))  # noqa: T201  the answer to the command


if __name__ == "__main__":
    main(*sys.argv[1:4])
