"""What a migration makes of what earlier versions have stored."""

from __future__ import annotations

import importlib.util
import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from ckan import model
from ckanext import steamcity
from ckanext.steamcity.harvesters.feeds.sensor_community import CHANNELS
from ckanext.steamcity.sensors import ingest, runs
from sensor_world import FEED, START, TEMPERATURE, description

pytestmark = pytest.mark.usefixtures("clean_db")

VERSIONS = Path(steamcity.__path__[0]) / "migration" / "steamcity_sensors" / "versions"


def migrate(name):
    spec = importlib.util.spec_from_file_location(name, VERSIONS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    context = MigrationContext.configure(model.Session.connection())
    with Operations.context(context):
        module.upgrade()
    model.Session.commit()


def rows(statement):
    found = [tuple(row) for row in model.Session.execute(sa.text(statement)).all()]
    model.Session.rollback()
    return found


def streams():
    return rows("select sensor, sensor_type, channel from steamcity_sensors_datastream order by id")


def described(*kinds):
    """A station with one sensor for each type."""
    sensors = [TEMPERATURE | {"sensor": f"7{n}", "sensor_type": kind} for n, kind in enumerate(kinds)]
    return description() | {"datastreams": sensors}


def batch(run, readings, *stations):
    return ingest.Batch(run["id"], run["attempt"], FEED, readings, [(one, START) for one in stations])


def test_words_in_types_of_sensors_are_taken_out_and_known_types_stay():
    known = [*sorted(CHANNELS), "HDC1080", "unknown"]
    run = runs.claim(model.Session, "feed-1")
    written = [*known, "Jeanne2", "Lena-7", "bme280", "SDS-011", ""]
    ingest.ingest(model.Session, batch(run, [], described(*written)))
    migrate("005_take_words_out")
    kept = [*known, "unknown", "unknown", "BME280", "SDS011", "unknown"]
    assert [kind for _sensor, kind, _channel in streams()] == kept
    migrate("005_take_words_out")  # again: nothing
    assert [kind for _sensor, kind, _channel in streams()] == kept


def test_two_datastreams_that_would_be_one_stay_two_and_readings_go_on_in_the_newest():
    run = runs.claim(model.Session, "feed-1")
    for hour, kind in enumerate(("Jeanne2", "unknown", "Jeanne3")):
        one = description() | {"datastreams": [TEMPERATURE | {"sensor_type": kind}]}
        reading = ("900", "72", "temperature", START + timedelta(hours=hour), float(hour))
        ingest.ingest(model.Session, batch(run, [reading], one))
    runs.finish(model.Session, run["id"], run["attempt"])
    ids = [identifier for (identifier,) in rows("select id from steamcity_sensors_datastream order by id")]
    migrate("005_take_words_out")
    names = [f"temperature~{ids[0]}", f"temperature~{ids[1]}", "temperature"]
    assert streams() == [("72", "unknown", name) for name in names]
    run = runs.claim(model.Session, "feed-1")
    again = description() | {"datastreams": [TEMPERATURE | {"sensor_type": "unknown"}]}
    late = ("900", "72", "temperature", START + timedelta(hours=9), 9.0)
    ingest.ingest(model.Session, batch(run, [late], again))
    counts = rows("select datastream_id, count(*) from steamcity_sensors_observation group by 1 order by 1")
    assert counts == [(ids[0], 1), (ids[1], 1), (ids[2], 2)]


OLD = {
    "uplinks": {"Jeanne's device": [1]},
    "name": "Jeanne",
    "after": ["2026-03-03", "a"],
    "checksum": "abc",
    "unread": [
        {"day": "2026-03-03", "path": "Datastreams('jeanne''s stream')/Observations?$top=1000", "sensor": "x0a",
         "sensor_type": "Jeanne2", "about": {"station": "1"}, "tries": 3, "first": "2026-03-03", "title": "Jeanne"},
        {"day": "2026-03-03", "path": "2026-03-03/", "sensor": "", "sensor_type": "listing"},
    ],
    "notes": {
        "older": True, "names": ["Jeanne"],
        "streams": {"72": {"had": [["temperatur", "Cel", "Jeanne2", "air_temperature"]], "now": 0, "edited": False}},
    },
}  # fmt: skip


def test_words_in_cursors_are_taken_out_and_what_a_run_needs_stays():
    run = runs.claim(model.Session, "feed-1")
    statement = sa.text("update steamcity_sensors_run set cursor = cast(:cursor as jsonb) where id = :id")
    model.Session.execute(statement, {"id": run["id"], "cursor": json.dumps(OLD)})
    model.Session.commit()
    migrate("005_take_words_out")
    ((cursor,),) = rows("select cursor from steamcity_sensors_run")
    assert "eanne" not in json.dumps(cursor)
    assert (cursor["after"], cursor["checksum"]) == (OLD["after"], "abc")
    first, second = cursor["unread"]
    assert first["path"] == "Datastreams(x0a)/Observations?$top=1000"
    assert (first["sensor_type"], first["tries"], first["about"]) == ("unknown", 3, {"station": "1"})
    assert second == OLD["unread"][1]
    assert cursor["notes"] == {
        "older": True,
        "streams": {"72": {"had": [["temperatur", "Cel", "unknown", "air_temperature"]], "now": 0, "edited": False}},
    }
