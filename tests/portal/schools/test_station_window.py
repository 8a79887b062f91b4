"""Two days of a station become a class's data, with the licence of the station."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
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
    filled = act("steamcity_draft_show", teacher, id=draft["id"])["answers"]
    assert {one["name"] for one in filled["data"]["instruments"]} == {"SDS011", "BME280"}
    assert filled["place"]["city"] == "aix-en-provence"
    assert filled["licence"]["license_id"] == "ODbL-1.0"
    assert 'value="SDS011"' in app.get(address, headers=token).body
    assert app.post(address, data={"do": "accept"}, headers=token).status_code == 200
    assert act("package_show", teacher, id=draft["id"])["synthetic"] is True
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    judged = act("steamcity_gate_check", teacher, id=draft["id"])
    # The class has chosen another licence since.
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


class TestFilledIn:
    """What a station says of itself saves the class typing, and goes with it."""

    WINDOW = {"from": "2026-03-02", "to": "2026-03-03"}

    def test_never_over_what_was_written(self, draft_of_air, station, people):
        teacher = people["teacher"]
        mine = {"place": ANSWERS["place"], "data": {"instruments": [{"name": "Ours"}]}}
        act("steamcity_draft_update", teacher, id=draft_of_air["id"], answers=mine)
        act("steamcity_draft_file_set", teacher, id=draft_of_air["id"], window={"station": station, **self.WINDOW})
        kept = act("steamcity_draft_show", teacher, id=draft_of_air["id"])["answers"]
        assert kept["place"] == ANSWERS["place"]
        assert [one["name"] for one in kept["data"]["instruments"]] == ["Ours"]

    def test_it_goes_with_the_days_of_the_station(self, draft_of_air, station, people):
        """Unless the class has changed it."""
        teacher = people["teacher"]
        act("steamcity_draft_file_set", teacher, id=draft_of_air["id"], window={"station": station, **self.WINDOW})
        changed = {"place": {"published_place": "area:aix-en-provence"}}
        act("steamcity_draft_update", teacher, id=draft_of_air["id"], answers=changed)
        text = "time,pm25,pm10\n" + "".join(
            f"2026-03-02T{n // 6:02d}:{n % 6}0:00Z,{8 + n % 5},{15 + n % 7}\n" for n in range(60)
        )
        act("steamcity_draft_file_set", teacher, id=draft_of_air["id"], text=text)
        kept = act("steamcity_draft_show", teacher, id=draft_of_air["id"])["answers"]
        assert not kept["data"].get("instruments")
        assert "license_id" not in kept["licence"]
        assert kept["place"]["published_place"] == "area:aix-en-provence"

    def test_flags_of_the_station_stay(self, draft_of_air, station, people):
        """What the station's own tests said is in the window, and in the table that is published."""
        model.Session.execute(
            sa.text(
                "update steamcity_sensors_observation set quality = 3"
                " where phenomenon_time = (select min(phenomenon_time) from steamcity_sensors_observation)"
            )
        )
        model.Session.commit()
        wanted = {"station": station, **self.WINDOW, "protocol": "outdoor-air"}
        lines = act("steamcity_observation_window", people["teacher"], **wanted)["text"].splitlines()
        assert lines[0].endswith(",quality_flag")
        assert lines[1].endswith(",3")
        teacher = people["teacher"]
        act("steamcity_draft_file_set", teacher, id=draft_of_air["id"], window={"station": station, **self.WINDOW})
        report = act("steamcity_draft_show", teacher, id=draft_of_air["id"])["report"]
        assert str(report["clean"]["preview"][0][-1]) == "3"


@pytest.fixture
def draft_of_air(people, school_class):
    """An empty draft about outdoor air."""
    given = {"protocol": "outdoor-air", "owner_org": people["school"]["id"], "class_id": school_class["id"]}
    return act("steamcity_draft_create", people["teacher"], **given)
