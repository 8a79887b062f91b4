"""SensorThings over the real tables: what a client sees."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.sensors.sensorthings import reading
from sensor_world import START, course, description, station, store

pytestmark = pytest.mark.usefixtures("clean_db")

ROOT = "/sensorthings/v1.1"


@pytest.fixture
def ask(app):
    """The JSON at a path; `ask.refused` the status and the words of an error."""

    def asked(path, status=200):
        answer = app.get(ROOT + path, status=status)
        assert answer.headers["Content-Type"].startswith("application/json")
        return json.loads(answer.body)

    return asked


@pytest.fixture
def two():
    """Two stations in Aix, with two datastreams each; the second begins a month later."""
    store(course("900", days=2))
    store(course("901", days=1, seed=2, start=START + timedelta(days=30)), since=START + timedelta(days=30))


def rows(statement, **values):
    return model.Session.execute(sa.text(statement), values).all()


def names(answer):
    return [one["name"] for one in answer["value"]]


def test_the_root_names_every_set(ask):
    root = ask("/")
    assert [one["name"] for one in root["value"]] == [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties",
        "Observations", "FeaturesOfInterest",
    ]  # fmt: skip
    assert ask("") == root
    for one in root["value"]:
        assert one["url"].endswith(f"{ROOT}/{one['name']}")
        assert ask("/" + one["name"]) == {"value": []}


def test_every_entity_is_where_its_links_say(two, ask, app):
    """From each set on, every self link gives the same entity again and every navigation link an answer."""
    for name in [one["name"] for one in ask("/")["value"]]:
        found = ask(f"/{name}?$top=3")["value"]
        assert found, name
        for one in found:
            path = one["@iot.selfLink"].partition(ROOT)[2]
            assert ask(path) == one
            for key, link in one.items():
                if key.endswith("@iot.navigationLink"):
                    answer = ask(link.partition(ROOT)[2] + "")
                    assert answer.get("value") or answer["@iot.id"], link


def test_observations_of_a_datastream_are_the_rows(two, ask):
    stream = ask("/Datastreams?$filter=properties/channel eq 'temperature' and Thing/name eq 'SC-900'")["value"][0]
    found = ask(f"/Datastreams({stream['@iot.id']})/Observations?$orderby=phenomenonTime asc&$top=10000")
    stored = rows(
        "select phenomenon_time, result, quality from steamcity_sensors_observation"
        " where datastream_id = :id order by phenomenon_time", id=stream["@iot.id"]
    )  # fmt: skip
    assert "@iot.nextLink" not in found
    shown = [(one["phenomenonTime"], one["result"], one["parameters"]["quality"]) for one in found["value"]]
    assert shown == [(t.isoformat().replace("+00:00", "Z"), r, q) for t, r, q in stored]
    assert stream["unitOfMeasurement"] == {"name": "degrees Celsius", "symbol": "°C", "definition": "ucum:Cel"}
