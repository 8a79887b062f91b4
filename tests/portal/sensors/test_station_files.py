"""Files of a station's observations: the rows themselves, of any length, in bounded memory."""

from __future__ import annotations

import csv
import io
import json
import threading
import tracemalloc
from datetime import datetime, timedelta

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from arro3.io import read_parquet
from ckan import model
from ckanext.steamcity.sensors import downloads, query
from sensor_world import START, course, station, store

pytestmark = pytest.mark.usefixtures("clean_db")


@pytest.fixture
def four_days():
    store(course(days=4))


def table(app, words="", **more):
    answer = app.get(f"/station/{station()}/observations.csv?{words}", **more)
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def stored():
    found = model.Session.execute(
        sa.text(
            "select datastream_id, phenomenon_time, result, quality from steamcity_sensors_observation order by 1, 2"
        )
    ).all()
    model.Session.rollback()
    return [(stream, time.isoformat().replace("+00:00", "Z"), result, code) for stream, time, result, code in found]


def test_the_csv_holds_every_row_with_place_and_flags(app, four_days):
    rows = table(app)
    shown = [
        (int(row["datastream"]), row["time"], float(row["result"]) if row["result"] else None, int(row["quality"]))
        for row in rows
    ]
    assert shown == stored()
    assert {(row["station"], row["latitude"], row["longitude"]) for row in rows} == {("SC-900", "43.529", "5.447")}
    assert {(row["property"], row["unit"]) for row in rows} == {("air_temperature", "Cel"), ("sound_level", "dB")}
    assert any("gross_range" in row["tests"] for row in rows if row["quality"] == "4")


@pytest.mark.parametrize("words", ["", "resolution=hour"])
def test_licence_attribution_and_generated_or_not_stand_in_every_file(app, four_days, words):
    terms = ("ODbL-1.0", "Sensor.Community contributors")
    rows = table(app, words)
    assert {(row["license_id"], row["attribution"], row["synthetic"]) for row in rows} == {(*terms, "false")}
    answer = app.get(f"/station/{station()}/observations.csv?{words}")
    assert answer.headers["Link"] == '<https://opendatacommons.org/licenses/odbl/1-0/>; rel="license"'
    answer = app.get(f"/station/{station()}/observations.parquet?{words}")
    read = read_parquet(io.BytesIO(answer.get_data())).read_all()
    assert [set(read[name].to_pylist()) for name in ("license_id", "attribution", "synthetic")] == [
        {terms[0]}, {terms[1]}, {False},
    ]  # fmt: skip


def test_the_window_the_quantity_the_quality_and_the_steps_are_chosen(app, four_days):
    day = table(app, "from=2026-03-04&to=2026-03-04&property=sound_level")
    assert {row["time"][:10] for row in day} == {"2026-03-04"}
    assert {row["property"] for row in day} == {"sound_level"}
    assert {row["quality"] for row in table(app, "quality=good")} == {"1"}
    stream = day[0]["datastream"]
    assert {row["datastream"] for row in table(app, f"datastream={stream}")} == {stream}
    hours = table(app, f"datastream={stream}&resolution=hour")
    asked = {
        "station": station(),
        "property": "sound_level",
        "resolution": "hour",
        "from": "2026-03-03",
        "limit": 10000,
    }
    found = tk.get_action("steamcity_observation_search")({}, asked)["observations"]
    assert [(row["time"], float(row["result"]), int(row["valid"]), float(row["l50"])) for row in hours] == [
        (one["time"], one["result"], one["valid"], one["l50"]) for one in found
    ]
    assert len(table(app, "resolution=day")) == 2 * len({time[:10] for _s, time, _r, _q in stored()})
    assert table(app, "from=2027-01-01&to=2027-01-02") == []


def test_parquet_holds_the_same(app, four_days):
    answer = app.get(f"/station/{station()}/observations.parquet")
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert "SC-900_2026-03-03" in answer.headers["Content-Disposition"]
    read = read_parquet(io.BytesIO(answer.get_data())).read_all()
    columns = {name: read[name].to_pylist() for name in read.schema.names}
    shown = [
        (stream, time.isoformat().replace("+00:00", "Z"), result, code)
        for stream, time, result, code in zip(
            *(columns[name] for name in ("datastream", "time", "result", "quality")), strict=True
        )
    ]
    assert shown == stored()
    assert columns["station"] == ["SC-900"] * len(shown)
    empty = app.get(f"/station/{station()}/observations.parquet?from=2027-01-01&to=2027-01-02").get_data()
    assert read_parquet(io.BytesIO(empty)).read_all().num_rows == 0


@pytest.mark.parametrize(
    "words", ["from=yesterday", "resolution=year", "quality=best", "datastream=x", "datastream=-1"]
)
def test_what_cannot_be_asked_is_told(app, four_days, words):
    app.get(f"/station/{station()}/observations.csv?{words}", status=400)


def test_no_station_no_file(app):
    app.get("/station/nobody/observations.csv", status=404)
    app.get("/station/nobody/observations.xlsx", status=404)


def wanted():
    found = tk.get_action("steamcity_station_show")({}, {"id": station()})
    model.Session.rollback()
    return downloads.Wanted(found, found["datastreams"], *query.whole(found["datastreams"]))


@pytest.mark.parametrize("parts", [downloads.csv_parts, downloads.parquet_parts])
def test_memory_does_not_grow_with_the_file(four_days, monkeypatch, parts):
    """Many times as long a file, and hardly more at once."""
    monkeypatch.setattr(query, "PAGE", 50)
    monkeypatch.setattr(downloads, "ROW_GROUP", 200)
    short = wanted()
    long = downloads.Wanted(short.station, short.streams * 12, short.begin, short.end)

    def peak(asked):
        tracemalloc.start()
        size = sum(len(part) for part in parts(asked))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    peak(short)
    (size, most), (larger, more) = peak(short), peak(long)
    assert larger > 6 * size
    assert more < most + 200_000


def test_a_reader_who_leaves_ends_the_writing(four_days, monkeypatch):
    monkeypatch.setattr(query, "PAGE", 5)
    monkeypatch.setattr(downloads, "ROW_GROUP", 5)
    parts = downloads.parquet_parts(wanted())
    next(parts)
    parts.close()
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith("Thread") and "_write" in thread.name
    ]


def test_what_breaks_in_the_middle_is_no_complete_file(four_days, monkeypatch):
    monkeypatch.setattr(query, "PAGE", 100)
    real, pages = model.meta.engine.connect, iter(range(100))

    def breaking():
        if next(pages) == 3:
            raise RuntimeError("gone")
        return real()

    asked = wanted()
    monkeypatch.setattr(model.meta.engine, "connect", breaking)
    with pytest.raises(Exception, match="gone"):
        list(downloads.parquet_parts(asked))


def test_a_station_that_moved_has_the_place_of_each_row(app):
    from ckanext.steamcity.sensors import stations
    from sensor_world import FEED, description

    store([("900", "72", "temperature", START + timedelta(hours=n), float(n)) for n in range(4)])
    stations.upsert(model.Session, FEED, dict(description(), latitude=43.6, longitude=5.5), START + timedelta(hours=2))
    model.Session.commit()
    places = [(float(row["result"]), row["latitude"]) for row in table(app)]
    assert places == [(0.0, "43.529"), (1.0, "43.529"), (2.0, "43.6"), (3.0, "43.6")]


def test_stations_as_geojson_of_its_own(app, four_days):
    answer = app.get("/stations.geojson?near=43.53,5.45&radius=5000")
    assert answer.headers["Content-Type"] == "application/geo+json"
    found = json.loads(answer.get_data())
    assert found["type"] == "FeatureCollection"
    assert found["features"][0]["geometry"]["coordinates"] == [5.447, 43.529]
    assert json.loads(app.get("/stations.geojson?city=sofia").get_data())["features"] == []
    app.get("/stations.geojson?near=north", status=400)


def test_the_station_page_leads_to_its_files(app, four_days):
    page = app.get(f"/station/{station()}?from=2026-03-04&to=2026-03-05").get_data(as_text=True)
    window = "from=2026-03-04&amp;to=2026-03-05"
    for link in (
        f"/station/{station()}/observations.csv?{window}",
        f"/station/{station()}/observations.parquet?{window}",
    ):
        assert link in page
    assert f"/sensorthings/v1.1/Things(&#39;{station()}&#39;)" in page or f"Things('{station()}')" in page
    assert datetime.fromisoformat(table(app, window.replace("&amp;", "&"))[0]["time"]).day == 4
