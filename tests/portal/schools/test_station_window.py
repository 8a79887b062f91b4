"""Two days of a station become a class's data, with the licence of the station."""

from __future__ import annotations

from datetime import date

import pytest
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.demo import feed as demo
from ckanext.steamcity.harvesters import feeds
from ckanext.steamcity.sensors import ingest, runs, stations
from schoolhelp import ANSWERS, act, refused, state

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

FEED = {
    "feed_id": "feed-1",
    "provider": "sensor_community",
    "license_id": "ODbL-1.0-DbCL-1.0",
    "attribution": "Sensor.Community contributors",
    "time_source": "server",
    "synthetic": True,
}


@pytest.fixture
def station(people):
    """Two days of the demo's station in Aix."""
    source, aix = feeds.adapter("sensor_community"), demo.STATIONS[0]
    readings, described = [], []
    for number, day in enumerate((date(2026, 3, 2), date(2026, 3, 3))):
        for kind, sensor, text in (
            ("SDS011", aix.particles, demo.particles(aix, day, number)),
            ("BME280", aix.climate, demo.climate(aix, day, number)),
        ):
            report = feeds.FileReport()
            file = feeds.FeedFile(day, f"{day}_{sensor}.csv", str(sensor), kind)
            readings += source.readings(file, text.encode(), report)
            for location, site in report.sites.items():
                described.append((source.describe(location, site, report.datastreams).to_dict(), site.since))
    run = runs.claim(model.Session, "feed-1")
    assert run
    ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, readings, described))
    model.Session.commit()
    return stations.station_id("feed-1", str(aix.location))


def test_a_window_is_published_under_the_licence_of_its_station(app, station, people, school_class):
    """Chosen on the page, licence carried over, marked as generated, approved like any other result."""
    teacher, owner = people["teacher"], people["school"]["name"]
    draft = act("steamcity_draft_create", teacher, protocol="outdoor-air", owner_org=owner, class_id=school_class["id"])
    token = {"Authorization": factories.APIToken(user=teacher["name"])["token"]}
    address = f"/publish/{draft['id']}/data"
    assert f'value="{station}"' in app.get(address, headers=token).body
    wrong = app.post(address, data={"do": "check", "station": station, "from": "2025-01-01", "to": ""}, headers=token)
    assert wrong.status_code == 422
    asked = {"do": "check", "station": station, "from": "2026-03-02", "to": "2026-03-03"}
    assert app.post(address, data=asked, headers=token).status_code == 200
    assert app.post(address, data={"do": "accept"}, headers=token).status_code == 200
    assert act("package_show", teacher, id=draft["id"])["synthetic"] is True
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    judged = act("steamcity_gate_check", teacher, id=draft["id"])
    assert [item["code"] for item in judged["items"] if not item["ok"]] == ["licence"]
    licences = app.get(f"/publish/{draft['id']}/licence", headers=token).body
    assert 'value="ODbL-1.0"' in licences
    assert 'value="CC-BY-4.0"' not in licences
    assert refused("steamcity_review_request", teacher, id=draft["id"])
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"licence": {"license_id": "ODbL-1.0"}})
    asked = act("steamcity_review_request", teacher, id=draft["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    assert state(draft["id"]) == "active"
    record = act("steamcity_version_show", None, id=draft["id"])["record"]
    assert record["licence"]["id"] == "ODbL-1.0"
    assert record["synthetic"] is True
    assert record["attribution"][0] == "Sensor.Community contributors"
    assert record["sources"][0]["url"].endswith(f"/station/{station}")
