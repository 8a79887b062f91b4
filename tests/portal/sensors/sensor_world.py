"""Readings for the tests of the store, put in as a run of a feed puts them in."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.places import outlines
from ckanext.steamcity.sensors import ingest, runs, stations

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
FEED = {
    "feed_id": "feed-1",
    "provider": "sensor_community",
    "license_id": "ODbL-1.0",
    "attribution": "Sensor.Community contributors",
    "time_source": "server",
    "city": "aix-en-provence",
}
TEMPERATURE = {
    "sensor": "72", "sensor_type": "BME280", "channel": "temperature", "property": "air_temperature", "unit": "Cel"
}  # fmt: skip
SOUND = {
    "sensor": "73", "sensor_type": "DNMS", "channel": "noise_LAeq", "property": "sound_level", "unit": "dB"
}  # fmt: skip
PLACES = {"900": (43.52912, 5.44748), "901": (43.54, 5.46), "902": (42.6977, 23.3219)}


def call_action(name, /, **parameters):
    """As the portal's own user, whom the activity stream knows."""
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return tk.get_action(name)({"user": user, "ignore_auth": True}, parameters)


def as_user(user, name, /, **parameters):
    """As somebody, with every permission checked."""
    return tk.get_action(name)({"user": user["name"], "auth_user_obj": model.User.get(user["name"])}, parameters)


def headers(user):
    """Of a request by somebody."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


def load_outlines():
    """The boundaries of the demo's cities."""
    about = outlines.source()
    keys = ("source", "licence", "attribution")
    call_action("steamcity_area_load", geojson=outlines.collection(), **{key: about[key] for key in keys})


def make_network(identifier):
    """The dataset of the feed."""
    return call_action(
        "package_create", id=identifier, type="monitoring", name="stations-of-aix", title="Air in Aix", feed="feed-1",
        owner_org=factories.Organization()["id"], license_id="ODbL-1.0", attribution=FEED["attribution"],
    )  # fmt: skip


def description(source_id="900"):
    latitude, longitude = PLACES[source_id]
    return {
        "source_id": source_id,
        "code": f"SC-{source_id}",
        "latitude": latitude,
        "longitude": longitude,
        "exposure": "outdoor",
        "datastreams": [TEMPERATURE, SOUND],
    }


def store(readings, since=START):
    """One run with one batch; returns its counts."""
    run = runs.claim(model.Session, "feed-1")
    assert run
    described = [(description(source_id), since) for source_id in sorted({reading[0] for reading in readings})]
    counts = ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, readings, described))
    runs.finish(model.Session, run["id"], run["attempt"])
    return counts


def station(source_id="900"):
    return stations.station_id("feed-1", source_id)


def course(source_id="900", days=4, seed=1, start=START):
    """Temperature and sound every ten minutes or so, with wild, missing and impossible values among them."""
    rng = random.Random(seed)
    rows, at = [], start
    while at < start + timedelta(days=days):
        for sensor, channel, middle in (("72", "temperature", 12.0), ("73", "noise_LAeq", 55.0)):
            kind = rng.random()
            value = None if kind < 0.02 else 999.0 if kind < 0.03 else round(middle + rng.gauss(0, 1.5), 1)
            rows.append((source_id, sensor, channel, at, value))
        at += timedelta(minutes=10, seconds=rng.randrange(60))
        if rng.random() < 0.01:
            at += timedelta(hours=7)
    return rows
