"""SensorThings as clients of others read it, over HTTP: Fraunhofer's own, and the portal's harvester."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import frost_sta_client as fsc
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from sensor_world import course, store

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")


def stored(feed):
    rows = model.Session.execute(
        sa.text(
            "select x.property, x.unit, ST_AsText(d.geom), o.phenomenon_time, o.result, o.quality"
            " from steamcity_sensors_observation o join steamcity_sensors_datastream x on x.id = o.datastream_id"
            " join steamcity_sensors_station s on s.id = x.station_id"
            " join steamcity_sensors_deployment d on d.station_id = s.id"
            " where s.feed_id = :feed order by 1, 2, 3, 4"
        ),
        {"feed": feed},
    ).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


def test_the_client_of_frost_walks_through_everything(served):
    store(course("900", days=1))
    store(course("901", days=1, seed=2))
    service = fsc.SensorThingsService(served + "/sensorthings/v1.1")
    things = list(service.things().query().orderby("name", "asc").top(1).list())
    assert [thing.name for thing in things] == ["SC-900", "SC-901"], "the client followed the next page"
    read = []
    for thing in things:
        assert service.things().find(thing.id).name == thing.name
        (place,) = list(thing.get_locations().query().list())
        assert place.location["type"] == "Point"
        for stream in thing.get_datastreams().query().orderby("id").list():
            found = service.datastreams().find(stream.id)
            assert found.unit_of_measurement.symbol in ("°C", "dB")
            observations = stream.get_observations().query().orderby("phenomenonTime", "asc").top(50).list()
            read += [(stream.id, one.phenomenon_time, one.result) for one in observations]
    assert len(read) == len(stored("feed-1"))
    for dao in (service.sensors(), service.observed_properties(), service.historical_locations(),
                service.locations(), service.features_of_interest()):  # fmt: skip
        for entity in dao.query().list():
            assert dao.find(entity.id).id == entity.id
    expanded = service.datastreams().query().filter("ObservedProperty/id eq 'sound_level'")
    assert expanded.expand("Thing,ObservedProperty").list().get(0).observed_property.name == "Sound level"


def test_harvested_from_here_it_is_the_same_again(served):
    """Round trip: a feed that reads this very portal stores the same values, units, places and flags."""
    store(course("900", days=12))  # a datastream has more than one page
    store(course("901", days=1, seed=2))
    organization = factories.Organization()
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    config = {"provider": "sensorthings", "license_id": "ODbL-1.0", "attribution": "Us", "things": "name ne 'x'"}
    feed = tk.get_action("harvest_source_create")(
        {"user": user, "ignore_auth": True},
        {
            "url": served + "/sensorthings/v1.1/",
            "name": "round-trip",
            "title": "Round trip",
            "owner_org": organization["id"],
            "source_type": "steamcity_feed",
            "frequency": "MANUAL",
            "config": json.dumps(config),
        },
    )
    ran = tk.get_action("steamcity_feed_run")(
        {"user": user, "ignore_auth": True}, {"source_id": feed["id"], "wait": True}
    )
    assert ran == {"state": "finished"}
    assert stored(feed["id"]) == stored("feed-1")
    assert len(stored("feed-1")) > 2000
