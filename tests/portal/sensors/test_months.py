"""Files of closed months, the days that have data, and the page of a network."""

from __future__ import annotations

import csv
import hashlib
import io
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import ckan.plugins.toolkit as tk
import pytest
import sensor_world
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import blobs
from ckanext.steamcity.sensors import ingest, month_csv, months, partitions, runs, stations
from ckanext.steamcity.sensors.cli import steamcity_sensors
from click.testing import CliRunner
from sensor_world import FEED, START, call_action, course, description, station

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

DATASET = "5b1f7d0e-0000-4000-8000-000000000001"


@pytest.fixture
def network(clean_db, monkeypatch):
    """The dataset of the feed of `sensor_world`."""
    monkeypatch.setattr(sensor_world, "FEED", FEED | {"dataset_id": DATASET})
    sensor_world.make_network(DATASET)
    return sensor_world.store


def lines(file):
    """Head and rows of a file that was written."""
    text = blobs.read(file["sha256"]).decode()
    head = [line for line in text.splitlines() if line.startswith("#")]
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return head, list(csv.DictReader(io.StringIO(body)))


def stored():
    rows = model.Session.execute(
        sa.text(
            "select s.code, d.property, o.phenomenon_time, o.result, o.quality from steamcity_sensors_observation o"
            " join steamcity_sensors_datastream d on d.id = o.datastream_id"
            " join steamcity_sensors_station s on s.id = d.station_id"
        )
    ).all()
    model.Session.rollback()
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


def test_a_closed_month_becomes_a_file_with_every_value(network):
    network(course("900") + course("901", seed=2))
    (written,) = call_action("steamcity_month_write")
    head, rows = lines(written)
    assert (written["month"], written["number"], written["rows"]) == ("2026-03", 1, len(stored()))
    found = {
        (row["station"], row["property"], datetime.fromisoformat(row["time"])): (
            float(row["value"]) if row["value"] else None, int(row["quality"])
        )
        for row in rows
    }  # fmt: skip
    assert found == stored()
    assert {row["latitude"] for row in rows} == {"43.529", "43.54"}
    assert {row["unit"] for row in rows} == {"Cel", "dB"}
    assert "gross_range" in {test for row in rows for test in row["tests"].split("|")}
    text = "\n".join(head)
    assert "Open Data Commons Open Database License" in text
    assert "Sensor.Community contributors" in text
    assert "air_temperature in Cel" in text
    assert "SYNTHETIC" not in text
    assert hashlib.sha256(blobs.read(written["sha256"])).hexdigest() == written["sha256"]
    assert call_action("steamcity_month_write") == []


def test_generated_values_say_so(network, monkeypatch):
    monkeypatch.setitem(sensor_world.FEED, "synthetic", True)
    monkeypatch.setitem(sensor_world.FEED, "attribution", "two\nlines, and a =SUM(1)")
    network(course(days=1))
    (written,) = call_action("steamcity_month_write")
    head, rows = lines(written)
    assert head[1].startswith("# SYNTHETIC")
    assert "# Attribution: two lines, and a =SUM(1)" in head
    assert rows


def test_late_values_make_a_further_file_and_the_old_one_stays(app, network):
    network(course(days=2))
    (first,) = call_action("steamcity_month_write")
    before = blobs.read(first["sha256"])
    network([("900", "72", "temperature", START + timedelta(days=9), 11.0)])
    assert call_action("steamcity_month_write") == []  # others may come
    (second,) = call_action("steamcity_month_write", at_once=True)
    assert (second["number"], second["rows"]) == (2, first["rows"] + 1)
    assert blobs.read(first["sha256"]) == before
    listed = call_action("steamcity_month_list", feed="feed-1")
    assert [(file["number"], file["superseded_by"]) for file in listed] == [(2, None), (1, second["name"])]
    resources = {one["name"]: one for one in call_action("package_show", id=DATASET)["resources"]}
    assert resources[first["name"]]["superseded_by"] == second["name"]
    assert resources[second["name"]]["sha256"] == second["sha256"]
    assert int(resources[second["name"]]["rows"]) == second["rows"]
    old = app.get(f"/monitoring/{DATASET}/months/{first['name']}")
    assert old.data == before
    assert second["name"] in old.headers["Link"]
    assert old.headers["ETag"] == f'"{first["sha256"]}"'
    assert app.get(f"/monitoring/{DATASET}/months/nothing.csv", expect_errors=True).status_code == 404
    assert app.get(f"/monitoring/nothing/months/{first['name']}", expect_errors=True).status_code == 404
    body = app.get(f"/monitoring/{DATASET}").body
    assert "Superseded by" in body
    assert first["sha256"] in body


def test_a_changed_value_makes_a_further_file_and_the_same_value_none(network):
    reading = ("900", "72", "temperature", START, 11.0)
    network([reading])
    call_action("steamcity_month_write")
    network([reading])
    assert call_action("steamcity_month_write", at_once=True) == []
    network([(*reading[:4], 12.0)])
    (second,) = call_action("steamcity_month_write", at_once=True)
    assert [row["value"] for row in lines(second)[1]] == ["12"]
    network([reading])
    (third,) = call_action("steamcity_month_write", at_once=True)
    assert third["number"] == 3


def test_a_month_that_is_not_over_waits(network):
    now = datetime.now(UTC)
    network([("900", "72", "temperature", now - timedelta(hours=1), 11.0)])
    assert months.write_due(at_once=True) == []
    later = datetime(now.year + now.month // 12, now.month % 12 + 1, 5, tzinfo=UTC)
    assert [one["rows"] for one in months.write_due(now=later)] == [1]


def test_a_turn_that_is_killed_has_written_nothing_and_the_next_begins_anew(network, monkeypatch):
    network(course(days=1))
    network(course(days=1, start=START + timedelta(days=31)))
    real = month_csv.write

    def dies(cursor, about, out):
        rows = real(cursor, about, out)
        if about.month == date(2026, 3, 1):
            raise MemoryError
        return rows

    monkeypatch.setattr(month_csv, "write", dies)
    assert [one["month"] for one in months.write_due()] == ["2026-04"]
    monkeypatch.setattr(month_csv, "write", real)
    assert [one["month"] for one in months.write_due()] == ["2026-03"]
    assert len(call_action("package_show", id=DATASET)["resources"]) == 2


def test_two_workers_write_one_file(network):
    network(course(days=2))

    def work(_number):
        try:
            return months.write_due(at_once=True)
        finally:
            model.Session.remove()

    with ThreadPoolExecutor(2) as pool:
        written = [one for turn in pool.map(work, range(2)) for one in turn]
    assert len(written) == 1
    assert len(call_action("steamcity_month_list", feed="feed-1")) == 1


def test_resources_that_somebody_took_away_come_back(network):
    network(course(days=1))
    (written,) = months.write_due()
    call_action("package_patch", id=DATASET, resources=[])
    months.write_due(feed="feed-1")
    assert [one["name"] for one in call_action("package_show", id=DATASET)["resources"]] == [written["name"]]
    assert months.show_in_dataset("feed-1") is False


def test_a_moved_station_keeps_its_places(network):
    network([("900", "72", "temperature", START, 11.0)])
    moved = description("900") | {"latitude": 43.6, "longitude": 5.5}
    stations.upsert(model.Session, sensor_world.FEED, moved, START + timedelta(days=1))
    model.Session.commit()
    run = runs.claim(model.Session, "feed-1")
    later = [("900", "72", "temperature", START + timedelta(days=2), 12.0)]
    ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], sensor_world.FEED, later))
    (written,) = call_action("steamcity_month_write")
    assert [(row["value"], row["latitude"]) for row in lines(written)[1]] == [("11", "43.529"), ("12", "43.6")]


def test_memory_stays_small_however_long_the_month(network):
    network([("900", "72", "temperature", START, 11.0)])
    stream = model.Session.execute(sa.text("select id from steamcity_sensors_datastream order by id")).scalar()
    partitions.ensure(model.Session, [START])
    model.Session.execute(
        sa.text(
            "insert into steamcity_sensors_observation (datastream_id, phenomenon_time, result, quality, run_id)"
            " select :id, timestamptz '2026-03-05 00:00Z' + n * interval '5 seconds', n / 10.0, 1, 1"
            " from generate_series(1, 200000) n"
        ),
        {"id": stream},
    )
    model.Session.commit()
    tracemalloc.start()
    (written,) = months.write_due()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written["rows"] == 200_001
    assert written["bytes"] > 10_000_000
    assert peak < 8_000_000


def test_the_command_writes_what_is_due(network):
    network(course(days=1))
    done = CliRunner().invoke(steamcity_sensors, ["months", "--month", "2026-03"])
    assert done.exit_code == 0, done.output
    assert '"number": 1' in done.output
    assert CliRunner().invoke(steamcity_sensors, ["months", "--month", "March"]).exit_code == 1


def test_only_administrators_write_by_hand():
    with pytest.raises(tk.NotAuthorized):
        tk.get_action("steamcity_month_write")({"user": factories.User()["name"]}, {})


def test_the_days_that_have_data(network):
    days = (0, 1, 4)
    network([("900", "72", "temperature", START + timedelta(days=n), 11.0) for n in days])
    network([("901", "72", "temperature", START + timedelta(days=n), 11.0) for n in (1, 4)])
    found = call_action("steamcity_coverage_show", feed="feed-1")
    assert [(day["day"], day["stations"], day["of"]) for day in found["days"]] == [
        ("2026-03-03", 1, 1), ("2026-03-04", 2, 2), ("2026-03-05", 0, 2), ("2026-03-06", 0, 2), ("2026-03-07", 2, 2),
    ]  # fmt: skip
    assert (found["year"], found["years"], found["days_with"]) == (2026, [2026], 3)
    assert found["longest_gap"] == {"from": "2026-03-05", "to": "2026-03-06"}
    network([("900", "72", "temperature", START + timedelta(days=2), 11.0)])  # late: counted again
    found = call_action("steamcity_coverage_show", feed="feed-1", year=2026)
    assert (found["days_with"], found["longest_gap"]) == (4, {"from": "2026-03-06", "to": "2026-03-06"})
    assert call_action("steamcity_coverage_show", feed="feed-1", year=2025)["days"] == []
    with pytest.raises(tk.ValidationError):
        call_action("steamcity_coverage_show", feed="feed-1", year="then")


def test_the_page_of_a_network_and_the_mark_of_a_station_that_is_gone(app, network):
    network([("900", "72", "temperature", START, 11.0), ("901", "72", "temperature", START, None)])
    assert call_action("steamcity_station_gone", feed="feed-1", present=["901"]) == ["900"]
    today = datetime.now(UTC).date().isoformat()
    assert call_action("steamcity_station_show", id=station("900"))["gone_since"] == today
    found = call_action("steamcity_station_search", feed="feed-1")["results"]
    assert {one["code"]: one["gone_since"] for one in found} == {"SC-900": today, "SC-901": None}
    latest = call_action("steamcity_latest_list", feed="feed-1")
    assert [one["latest"].get("air_temperature", {}).get("result") for one in latest] == [11.0, None]
    body = app.get(f"/monitoring/{DATASET}").body
    for words in ("not read since", "Which days have data", "1 of 1 stations", "11 °C", "SC-901", "Licence"):
        assert words in body, words
    assert "Not read any more since" in app.get(f"/station/{station('900')}").body
    assert call_action("steamcity_station_gone", feed="feed-1", present=["900", "901"]) == []
    assert call_action("steamcity_station_show", id=station("900"))["gone_since"] is None
    assert app.get(f"/monitoring/{DATASET}?year=then").status_code == 200
